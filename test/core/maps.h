// SPDX-License-Identifier: MIT
// What the tests of maps and threads share. A test has one heap at a time, in `image`.
#ifndef TEST_MAPS_H
#define TEST_MAPS_H

#include "fixture.h"

#include "core/map.h"
#include "peek.h"
#include "samples.h"

enum { MIB = 1 << 20, THREADS = 4 };

static test_image image;

static inline th_handle make(th_heap *heap) {
  th_handle map;
  TEST_OK(&image, heap, th_map_create(heap, &map));
  return map;
}

static inline th_handle seen_by(th_heap *heap, const th_handle *map) {
  const th_descriptor descriptor = {.address = map->address, .generation = map->generation};
  th_handle handle;
  CHECK_EQ(th_map_open(heap, &descriptor, &handle), TH_OK);
  return handle;
}

static inline void set(const th_handle *map, const th_value *key, const th_value *value) {
  TEST_OK(&image, map->heap, th_map_set(map, key, value));
}

static inline void set_number(const th_handle *map, uint32_t key, double number) {
  const th_value k = test_number(key), value = test_number(number);
  set(map, &k, &value);
}

static inline bool get_number(const th_handle *map, uint32_t key, double *number) {
  const th_value k = test_number(key);
  th_value value;
  bool found;
  if (peek_sometimes(map, &k, number, &found)) return found;
  TEST_OK(&image, map->heap, th_map_get(map, &k, &value, &found));
  if (found) CHECK_EQ(value.type, TH_NUMBER);
  if (found) *number = value.number;
  return found;
}

static inline bool drop(const th_handle *map, uint32_t key) {
  const th_value k = test_number(key);
  bool found;
  TEST_OK(&image, map->heap, th_map_delete(map, &k, &found));
  return found;
}

static inline uint64_t size_of(const th_handle *map) {
  uint64_t entries;
  CHECK_EQ(th_map_size(map, &entries), TH_OK);
  return entries;
}

static inline void free_and_check(th_heap *heap, const th_handle *map) {
  CHECK_EQ(th_map_free(map), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

typedef struct crowd {
  th_handle map;
  th_atomic_u32 address; // of the map that is there now, where it is replaced
  th_atomic_u64 generation;
  th_atomic_u32 finished;
  th_atomic_u32 inserted;
} crowd;

static inline bool still_writing(crowd *c, uint32_t writers) {
  return th_load_acquire(&c->finished) < writers;
}

// Attaches this thread and calls body with its own handle.
static inline void as_thread(crowd *c, int index,
                             void (*body)(const th_handle *, crowd *, uint32_t)) {
  th_heap *heap = test_heap_attach(&image);
  const th_handle map = seen_by(heap, &c->map);
  body(&map, c, (uint32_t)index);
  th_heap_detach(heap);
}

enum { WORD_MAX = 700, LETTERS = 12 };

// A value that shows whether it is whole: a number, or one letter repeated as often as only that
// letter is. Letters in turn are numbers, and texts in the cell, in small and in larger blocks.
static inline th_value word(uint32_t letter, uint8_t *space) {
  static const uint32_t lengths[4] = {0, 6, 30, 600};
  if (letter % 4 == 0) return test_number(letter * 1.25 + 1000);
  const uint32_t length = lengths[letter % 4] + letter;
  memset(space, 'a' + (int)letter, length);
  return test_latin1(space, length);
}

static inline bool is_word(const th_heap *heap, const th_value *read, uint32_t *letter) {
  static _Thread_local uint8_t space[WORD_MAX];
  if (read->type == TH_NUMBER) {
    *letter = (uint32_t)((read->number - 1000) / 1.25);
  } else {
    if (read->type != TH_LATIN1 || read->length == 0) return false;
    *letter = *(const uint8_t *)th_value_bytes(heap, read) - (uint32_t)'a';
  }
  if (*letter >= LETTERS) return false;
  const th_value whole = word(*letter, space);
  return test_same(heap, read, &whole);
}

#endif
