// SPDX-License-Identifier: MIT
// A heap that is new in every schedule, with a handle for each simulated thread.
#ifndef TEST_SCENE_H
#define TEST_SCENE_H

#include "core/object.h"
#include "fixture.h"
#include "samples.h"

enum { SCENE_MAX = 1 << 22 };

static test_image image;
static th_heap *heaps[SIM_THREADS_MAX];

static inline void scene_open(void) {
  heaps[0] = test_heap_open(&image, 1 << 16, SCENE_MAX);
  for (int i = 1; i < SIM_THREADS_MAX; i++) {
    heaps[i] = test_heap_attach(&image);
  }
}

// What a container of thread 0 is for another thread.
static inline th_handle scene_handle(const th_handle *handle, int index) {
  th_handle other = *handle;
  other.heap = heaps[index];
  return other;
}

// Everything was freed, and the heap is in order.
static inline void scene_close(void) {
  CHECK_EQ(th_heap_used(heaps[0]), 0);
  test_heap_is_sound(heaps[0]);
  for (int i = SIM_THREADS_MAX - 1; i > 0; i--) {
    th_heap_detach(heaps[i]);
  }
  test_heap_is_sound(heaps[0]);
  test_heap_close(&image, heaps[0]);
}

// Text number `id`: one letter as often as only that letter is, so that parts of two texts show.
// Some lie in the cell, and some that follow each other in blocks of one size, which are used again
// at once.
enum { SCENE_TEXT_MAX = 80, SCENE_TEXTS = 8 };

static inline th_value scene_text(uint32_t id, uint8_t *space) {
  static const uint32_t lengths[SCENE_TEXTS] = {3, 17, 18, 19, 40, 5, 41, 20};
  const uint32_t length = lengths[id % SCENE_TEXTS];
  memset(space, 'a' + (int)(id % SCENE_TEXTS), length);
  return test_latin1(space, length);
}

// The number of a text that was read; fails unless it is whole.
static inline uint32_t scene_text_id(const th_heap *heap, const th_value *text) {
  uint8_t space[SCENE_TEXT_MAX];
  CHECK(text->type == TH_LATIN1 && text->length > 0);
  const uint32_t id = *(const uint8_t *)th_value_bytes(heap, text) - (uint32_t)'a';
  CHECK(id < SCENE_TEXTS);
  const th_value whole = scene_text(id, space);
  CHECK(test_same(heap, text, &whole));
  return id;
}

#endif
