// SPDX-License-Identifier: MIT
// The calls that all kinds of containers have, for tests of what they have in common. A test has
// one heap at a time, in `image`.
#ifndef TEST_KINDS_H
#define TEST_KINDS_H

#include "core/list.h"
#include "core/map.h"
#include "core/store.h"
#include "core/string.h"
#include "core/vector.h"
#include "fixture.h"
#include "samples.h"

static test_image image;

typedef struct kind_calls {
  th_object_kind kind;
  th_status (*create)(th_heap *heap, th_handle *handle);
  th_status (*open)(th_heap *heap, const th_descriptor *descriptor, th_handle *handle);
  th_status (*free)(const th_handle *handle);
} kind_calls;

static inline th_status list_create(th_heap *heap, th_handle *handle) {
  const th_element element = {.type = TH_ELEMENT_Uint32, .data_length = 1};
  return th_list_create(heap, &element, handle);
}

static inline th_status vector_create(th_heap *heap, th_handle *handle) {
  const th_vector_config config = {.element = {.data_length = 1}, .buffer_length = 4};
  return th_vector_create(heap, &config, handle);
}

static inline th_status string_create(th_heap *heap, th_handle *handle) {
  const th_value text = test_text("a text that needs a block");
  return th_string_create(heap, &text, handle);
}

static inline th_status store_create(th_heap *heap, th_handle *handle) {
  return th_store_create(heap, 0, handle);
}

static inline th_status store_open(th_heap *heap, const th_descriptor *descriptor,
                                   th_handle *handle) {
  return th_store_open(heap, descriptor, 0, handle);
}

static const kind_calls kinds[TH_OBJECT_KINDS] = {
    {TH_LIST, list_create, th_list_open, th_list_free},
    {TH_VECTOR, vector_create, th_vector_open, th_vector_free},
    {TH_MAP, th_map_create, th_map_open, th_map_free},
    {TH_STRING, string_create, th_string_open, th_string_free},
    {TH_STORE, store_create, store_open, th_map_free},
};

#define EACH_KIND(k) (const kind_calls *k = kinds; k < kinds + TH_OBJECT_KINDS; k++)

static inline th_handle make(th_heap *heap, const kind_calls *k) {
  th_handle handle;
  TEST_OK(&image, heap, k->create(heap, &handle));
  return handle;
}

static inline void drop(const kind_calls *k, const th_handle *handle) {
  TEST_OK(&image, handle->heap, k->free(handle));
}

static inline th_descriptor descriptor_of(const th_handle *handle) {
  return (th_descriptor){.address = handle->address,
                         .heap_id = handle->heap->record->heap_id,
                         .generation = handle->generation};
}

static inline th_status open_it(th_heap *heap, const kind_calls *k,
                                const th_descriptor *descriptor) {
  th_handle handle;
  return TEST_CALL(&image, heap, k->open(heap, descriptor, &handle));
}

static inline th_status open_address(th_heap *heap, const kind_calls *k, th_address address) {
  const th_descriptor descriptor = {.address = address};
  return open_it(heap, k, &descriptor);
}

#endif
