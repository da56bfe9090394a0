// SPDX-License-Identifier: MIT
// What the tests of refs and names share. A test has one heap at a time, in `image`.
#ifndef TEST_REFS_H
#define TEST_REFS_H

#include "core/map.h"
#include "core/ref.h"
#include "core/string.h"
#include "core/vector.h"
#include "fixture.h"
#include "samples.h"

enum { MIB = 1 << 20, THREADS = 4 };

static test_image image;

// A container such as a ref of that kind is made of, not yet a ref.
static inline th_handle make_container(th_heap *heap, th_ref_kind kind) {
  const th_vector_config ids = {.element = {TH_ELEMENT_Float64, 1}, .buffer_length = 4};
  const th_value text = test_text("a text that needs a block"), number = test_number(1.5);
  th_handle made;
  switch (kind) {
  case TH_REF_VECTOR:
    TEST_OK(&image, heap, th_vector_create(heap, &ids, &made));
    break;
  case TH_REF_MAP:
  case TH_REF_STRUCT:
    TEST_OK(&image, heap, th_map_create(heap, &made));
    break;
  default:
    TEST_OK(&image, heap, th_string_create(heap, kind == TH_REF_NUMBER ? &number : &text, &made));
  }
  return made;
}

static inline uint64_t make_ref(th_heap *heap, th_ref_kind kind) {
  const th_handle made = make_container(heap, kind);
  return th_ref_publish(&made, kind);
}

// Waits for locks; returns what the call returned at last.
static inline th_status drop_ref(th_heap *heap, uint64_t id, th_ref_kind kind) {
  th_handle handle;
  const th_status status = th_ref_open(heap, id, kind, &handle);
  return status == TH_OK ? TEST_CALL(&image, heap, th_ref_free(&handle, kind)) : status;
}

#endif
