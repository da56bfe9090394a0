// SPDX-License-Identifier: MIT
// The one heap of this process: the tests share it, and leave it as they found it.
#include "fixture.h"

#include "core/process.h"
#include "refs.h"

static th_heap *attach(void) {
  th_heap *heap;
  CHECK_EQ(th_process_attach(test_random(), &heap), TH_OK);
  return heap;
}

static uint64_t committed_of(const th_heap *heap) {
  return th_load_acquire(&heap->record->committed);
}

// Allocates so many bytes, making room.
static th_address alloc_growing(th_heap *heap, uint64_t length, uint64_t *known) {
  th_address address;
  th_status status = th_alloc(heap, length, 16, TH_BLOCK_USER, &address);
  while (status == TH_NEED_ROOM) {
    CHECK_EQ(th_process_grow(heap, th_heap_room_needed(heap), known), TH_OK);
    status = th_alloc(heap, length, 16, TH_BLOCK_USER, &address);
  }
  CHECK_EQ(status, TH_OK);
  return address;
}

static void attach_and_make(int index, void *context) {
  uint64_t *ids = context;
  th_heap *heap = attach();
  const th_value number = test_number(index);
  th_handle made;
  CHECK_EQ(th_string_create(heap, &number, &made), TH_OK);
  ids[index] = th_ref_publish(&made, TH_REF_NUMBER);
  th_heap_detach(heap);
}

// First of the tests: the threads make the heap, and nobody is attached when they have ended.
TEST(threads_that_come_first_at_once_make_one_heap_that_outlives_them) {
  uint64_t ids[THREADS];
  run_threads(THREADS, attach_and_make, ids);
  th_heap *heap = attach();
  for (int i = 0; i < THREADS; i++) {
    th_handle handle;
    th_value value;
    CHECK_EQ(th_ref_open(heap, ids[i], TH_REF_NUMBER, &handle), TH_OK);
    CHECK_EQ(th_string_get(&handle, &value), TH_OK);
    CHECK(value.number == i);
    CHECK_EQ(th_name_drop(heap, th_process_names(), ids[i], TH_REF_NUMBER), TH_OK);
  }
  CHECK_EQ(th_heap_used(heap), 2 * sizeof(th_control));
  th_heap_detach(heap);
}

TEST(it_stays_when_others_take_the_place_of_heaps_that_nobody_uses) {
  uint64_t ids[THREADS];
  run_threads(THREADS, attach_and_make, ids);
  enum { OTHERS = 2 * TH_ORPHANS_MAX };
  test_image images[OTHERS];
  for (int i = 0; i < OTHERS; i++)
    th_heap_detach(test_heap_open(&images[i], 8192, MIB));
  th_heap *heap = attach();
  for (int i = 0; i < THREADS; i++)
    CHECK_EQ(th_name_drop(heap, th_process_names(), ids[i], TH_REF_NUMBER), TH_OK);
  CHECK_EQ(th_heap_used(heap), 2 * sizeof(th_control));
  th_heap_detach(heap);
  for (int i = 0; i < OTHERS; i++)
    munmap(images[i].base, images[i].maximum);
}

TEST(it_grows_only_for_who_knows_its_size) {
  th_heap *heap = attach();
  const uint64_t before = committed_of(heap);
  uint64_t known = 0;
  CHECK_EQ(th_process_grow(heap, 1, &known), TH_OK);
  CHECK_EQ(known, before);
  CHECK_EQ(committed_of(heap), before);
  CHECK_EQ(th_process_grow(heap, 3 * MIB, &known), TH_OK);
  CHECK(known >= before + 3 * MIB);
  CHECK_EQ(committed_of(heap), known);
  th_heap_detach(heap);
}

TEST(what_it_cannot_hold_is_refused_and_changes_nothing) {
  th_heap *heap = attach();
  uint64_t known = committed_of(heap);
  const uint64_t before = known;
  CHECK_EQ(th_process_grow(heap, heap->record->max_length, &known), TH_FULL);
  CHECK_EQ(known, before);
  CHECK_EQ(committed_of(heap), before);
  th_heap_detach(heap);
}

enum { BLOCKS = 40, LENGTH = 200000 };

// Fills blocks while the others make the heap larger; all of it can be written at once.
static void grow_at_once(int index, void *context) {
  (void)context;
  th_heap *heap = attach();
  th_address blocks[BLOCKS];
  uint64_t known = 0;
  for (int i = 0; i < BLOCKS; i++) {
    blocks[i] = alloc_growing(heap, LENGTH, &known);
    memset(heap->base + blocks[i], index + 1, LENGTH);
  }
  for (int i = 0; i < BLOCKS; i++) {
    for (uint32_t at = 0; at < LENGTH; at++)
      CHECK_EQ(heap->base[blocks[i] + at], index + 1);
    CHECK_EQ(th_free(heap, blocks[i], TH_BLOCK_USER), TH_OK);
  }
  th_heap_detach(heap);
}

TEST(threads_that_grow_it_at_once_all_get_their_room) {
  run_threads(THREADS, grow_at_once, NULL);
  th_heap *heap = attach();
  test_heap_is_sound(heap);
  CHECK_EQ(th_heap_used(heap), 2 * sizeof(th_control));
  CHECK(committed_of(heap) >= (uint64_t)BLOCKS * LENGTH);
  th_heap_detach(heap);
}
