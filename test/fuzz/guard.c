// SPDX-License-Identifier: MIT
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif

#include "guard.h"

#include <sanitizer/allocator_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../core/samples.h"
#include "core/list.h"
#include "core/map.h"

enum {
  MARGIN = 1 << 20,
  INITIAL = TH_HEADER_SIZE + 16 * TH_PAGE_SIZE,
  MAXIMUM = TH_HEADER_SIZE + 256 * TH_PAGE_SIZE,
  NEIGHBOUR_AT = MAXIMUM + 16 * TH_PAGE_SIZE,
  NEIGHBOUR_LENGTH = TH_HEADER_SIZE + 8 * TH_PAGE_SIZE,
  LOADS_MAX = 50 * 1000 * 1000,
};
#define RANGE (2 * (1ull << 32)) // any address, and any length behind it

static guarded image;
static uint8_t neighbour_as_made[NEIGHBOUR_LENGTH];

static struct {
  bool on;
  uint64_t loads;
  bool armed;
  uint32_t loads_before; // loads from the image until the ambush
  uint32_t offset;
  uint32_t word;
} watch;

// ---- failing ----

void test_fail(const char *file, int line, const char *format, ...) {
  va_list args;
  fprintf(stderr, "FAIL %s:%d: ", file, line);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fprintf(stderr, "\n");
  abort(); // libFuzzer keeps the input
}

void test_check_equal(const char *file, int line, const char *text, uint64_t actual,
                      uint64_t expected) {
  if (actual == expected) return;
  test_fail(file, line, "%s: %llu is not %llu", text, (unsigned long long)actual,
            (unsigned long long)expected);
}

// ---- watching the core ----

void guard_watch(void) {
  watch.on = true;
  watch.loads = 0;
}

void guard_unwatch(void) {
  watch.on = watch.armed = false;
}

void guard_ambush(uint32_t n, uint32_t offset, uint32_t word) {
  watch.armed = true;
  watch.loads_before = n;
  watch.offset = offset;
  watch.word = word;
}

static void on_load(const void *pointer) {
  if (!watch.on) return;
  if (++watch.loads > LOADS_MAX) test_fail(__FILE__, __LINE__, "a call does not end");
  const uint64_t at = (uintptr_t)pointer - (uintptr_t)image.base;
  if (!watch.armed || at >= image.length || watch.loads_before-- > 0) return;
  watch.armed = false;
  const uint64_t target = (at & ~3ull) + watch.offset;
  if (target + sizeof(watch.word) > image.length) return;
  memcpy(image.base + target, &watch.word, sizeof(watch.word));
}

#define ON_LOAD(size)                                                                              \
  void __sanitizer_cov_load##size(const void *pointer);                                            \
  void __sanitizer_cov_load##size(const void *pointer) {                                           \
    on_load(pointer);                                                                              \
  }
ON_LOAD(1)
ON_LOAD(2)
ON_LOAD(4)
ON_LOAD(8)
ON_LOAD(16)

// ---- the neighbour ----

static th_heap *heap_at(uint8_t *base, uint64_t length, uint64_t maximum) {
  const th_heap_config config = {.buffer_size = 8192, .max_length = maximum, .seed = 1};
  th_heap *heap;
  CHECK_EQ(th_heap_create(base, length, &config, &heap), TH_OK);
  return heap;
}

static void make_neighbour(void) {
  uint8_t *base = image.base + NEIGHBOUR_AT;
  CHECK(mprotect(base, NEIGHBOUR_LENGTH, PROT_READ | PROT_WRITE) == 0);
  th_heap *heap = heap_at(base, NEIGHBOUR_LENGTH, NEIGHBOUR_LENGTH);
  th_handle list, map;
  const th_element element = {.type = TH_ELEMENT_Uint32, .data_length = 1};
  CHECK_EQ(th_list_create(heap, &element, &list), TH_OK);
  CHECK_EQ(th_map_create(heap, &map), TH_OK);
  for (uint32_t i = 0; i < 100; i++) {
    const th_value value = test_number(i);
    CHECK_EQ(th_list_push(&list, &i, NULL), TH_OK);
    CHECK_EQ(th_map_set(&map, &value, &value), TH_OK);
  }
  memcpy(neighbour_as_made, base, NEIGHBOUR_LENGTH);
}

void guard_check_neighbour(void) {
  if (memcmp(image.base + NEIGHBOUR_AT, neighbour_as_made, NEIGHBOUR_LENGTH) != 0) {
    test_fail(__FILE__, __LINE__, "the neighbour's image was written to");
  }
}

// ---- native memory ----

// Allocations of this thread that were not freed: libFuzzer's own threads also make some.
static _Thread_local int64_t allocations;
static int64_t allocations_of_heap; // with the heap open and nothing in it

static void on_malloc(const volatile void *memory, size_t size) {
  (void)memory;
  (void)size;
  allocations++;
}

static void on_free(const volatile void *memory) {
  (void)memory;
  allocations--;
}

// ---- the image ----

static void reserve(void) {
  uint8_t *range =
      mmap(NULL, MARGIN + RANGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(range != MAP_FAILED);
  CHECK(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
  image.base = range + MARGIN;
  make_neighbour();
}

// Makes the image that long; zeroed, except that it keeps what it has when it grows.
static void resize(uint64_t length) {
  if (length < image.length) {
    CHECK(madvise(image.base + length, image.length - length, MADV_DONTNEED) == 0);
    CHECK(mprotect(image.base + length, image.length - length, PROT_NONE) == 0);
  } else if (length > image.length) {
    CHECK(mprotect(image.base, length, PROT_READ | PROT_WRITE) == 0);
  }
  image.length = length;
}

static th_heap *open_zeroed(void) {
  if (!image.base) reserve();
  resize(INITIAL);
  memset(image.base, 0, INITIAL);
  return heap_at(image.base, INITIAL, MAXIMUM);
}

th_heap *guard_open(void) {
  th_heap *heap = open_zeroed();
  allocations_of_heap = allocations;
  return heap;
}

void guard_close(th_heap *heap) {
  th_heap_detach(heap);
  heap = open_zeroed(); // which takes the addresses of the one before, whose record goes therefore
  CHECK_EQ(allocations, allocations_of_heap);
  th_heap_detach(heap);
}

bool guard_again(th_heap *heap, th_status status) {
  if (status == TH_BUSY) test_fail(__FILE__, __LINE__, "a lock was not given back");
  if (status != TH_NEED_ROOM) return false;
  const uint64_t needed = image.length + th_heap_room_needed(heap);
  const uint64_t length = (needed + TH_PAGE_SIZE - 1) & ~(uint64_t)(TH_PAGE_SIZE - 1);
  if (length > MAXIMUM) return false;
  resize(length);
  CHECK_EQ(th_heap_commit(heap, length), TH_OK);
  return true;
}

guarded guard_image(void) {
  return image;
}
