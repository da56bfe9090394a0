// SPDX-License-Identifier: MIT
// What the tests of lists share. A test has one heap at a time, in `image`.
#ifndef TEST_LISTS_H
#define TEST_LISTS_H

#include "core/list.h"
#include "fixture.h"
#include "samples.h"

static test_image image;

static inline th_handle make(th_heap *heap, th_element_type type, uint32_t data_length) {
  const th_element element = {.type = type, .data_length = data_length};
  th_handle list;
  TEST_OK(&image, heap, th_list_create(heap, &element, &list));
  return list;
}

static inline th_handle make_u32(th_heap *heap) {
  return make(heap, TH_ELEMENT_Uint32, 1);
}

// The list as another thread's heap sees it.
static inline th_handle seen_by(th_heap *heap, const th_handle *list) {
  const th_descriptor descriptor = {.address = list->address, .generation = list->generation};
  th_handle handle;
  CHECK_EQ(th_list_open(heap, &descriptor, &handle), TH_OK);
  return handle;
}

static inline void push(const th_handle *list, uint32_t number) {
  TEST_OK(&image, list->heap, th_list_push(list, &number, NULL));
}

static inline bool take(const th_handle *list, int64_t index, uint32_t *number) {
  bool found;
  TEST_OK(&image, list->heap, th_list_remove_at(list, index, number, &found));
  return found;
}

static inline uint32_t number_at(const th_handle *list, th_address element) {
  return th_load_acquire((th_atomic_u32 *)th__at(list->heap, element));
}

enum { BATCH_MAX = 16 };

typedef union batch_space {
  th_list_batch batch;
  uint8_t bytes[sizeof(th_list_batch) + BATCH_MAX * 16];
} batch_space;

// Fills the next batch; false at the end.
static inline bool next(const th_handle *list, th_list_batch *batch) {
  TEST_OK(&image, list->heap, th_list_next(list, batch));
  CHECK(batch->count <= batch->capacity);
  return batch->count > 0;
}

#endif
