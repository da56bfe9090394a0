// SPDX-License-Identifier: MIT
// What the C tests put into containers: elements and values that can be made again from a number,
// so that a model needs to keep the number only.
#ifndef TEST_SAMPLES_H
#define TEST_SAMPLES_H

#include <string.h>

#include "core/element.h"
#include "core/value.h"
#include "harness.h"

// ---- elements ----

// Stores a number as component i of an element.
static inline void test_component(const th_element *element, void *bytes, uint32_t i,
                                  double number) {
  switch (element->type) {
#define TEST_PUT(name, c_type)                                                                     \
  case TH_ELEMENT_##name: {                                                                        \
    const c_type component = (c_type)number;                                                       \
    memcpy((uint8_t *)bytes + i * sizeof(component), &component, sizeof(component));               \
    break;                                                                                         \
  }
    TH_ELEMENT_MAP(TEST_PUT)
#undef TEST_PUT
  default:
    test_fail(__FILE__, __LINE__, "no such element type");
  }
}

// Fills an element; different ids mostly give different elements.
static inline void test_element(const th_element *element, uint32_t id, void *bytes) {
  const uint32_t range = th_element_component_bytes(element) == 1 ? 101 : 30011;
  for (uint32_t i = 0; i < element->data_length; i++) {
    test_component(element, bytes, i, (id * 3 + i) % range);
  }
}

// ---- values ----

static inline th_value test_number(double number) {
  return (th_value){.type = TH_NUMBER, .number = number};
}

static inline th_value test_latin1(const void *bytes, size_t length) {
  return (th_value){.type = TH_LATIN1, .bytes = bytes, .length = length};
}

static inline th_value test_utf16(const uint16_t *units, size_t count) {
  return (th_value){.type = TH_UTF16, .bytes = units, .length = count * 2};
}

static inline th_value test_text(const char *text) {
  return test_latin1(text, strlen(text));
}

// Whether what was read is what was given.
static inline bool test_same(const th_heap *heap, const th_value *read, const th_value *given) {
  if (read->type != given->type) return false;
  if (read->type == TH_NUMBER) return memcmp(&read->number, &given->number, 8) == 0;
  if (read->type < TH_LATIN1) return true;
  return read->length == given->length &&
         memcmp(th_value_bytes(heap, read), given->bytes, read->length) == 0;
}

enum { TEST_VALUE_BYTES_MAX = 2416 };

// Makes value number `id` (1 and up): every type, and bytes of many lengths, inline and in blocks.
// `space` has TEST_VALUE_BYTES_MAX bytes for them and is aligned to 8.
static inline th_value test_value(uint32_t id, void *space) {
  static const th_type types[] = {TH_NUMBER, TH_LATIN1,    TH_UTF16,  TH_NUMBER,
                                  TH_BYTES,  TH_UNDEFINED, TH_NULL,   TH_FALSE,
                                  TH_TRUE,   TH_BIGINT,    TH_LATIN1, TH_UTF16};
  static const uint32_t words[] = {1, 0, 2, 1, 5, 12, 1, 3, 300};
  const th_type type = types[id % 12];
  if (type == TH_NUMBER) return test_number(id * 0.5 - 1000);
  if (type < TH_LATIN1) return (th_value){.type = type};
  uint32_t length = words[id / 12 % 9] * 8;
  if (type == TH_LATIN1 && length > 0) length -= id % 8;
  if (type == TH_UTF16 && length > 0) length -= id % 4 * 2;
  if (type == TH_BIGINT || type == TH_BYTES) length += 8;
  for (uint32_t i = 0; i < length / 2 + 1; i++) {
    ((uint16_t *)space)[i] = (uint16_t)(0x100 + id * 7 + i);
  }
  return (th_value){.type = type, .bytes = space, .length = length};
}

#endif
