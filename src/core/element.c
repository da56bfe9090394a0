// SPDX-License-Identifier: MIT
#include "element.h"

#include <string.h>

uint32_t th_element_component_bytes(const th_element *element) {
  static const uint8_t sizes[TH_ELEMENT_TYPES] = {
#define TH_ELEMENT_SIZE(name, c_type) sizeof(c_type),
      TH_ELEMENT_MAP(TH_ELEMENT_SIZE)
#undef TH_ELEMENT_SIZE
  };
  return sizes[element->type];
}

uint32_t th_element_bytes(const th_element *element) {
  return th_element_component_bytes(element) * element->data_length;
}

static bool same(double a, double b) {
  return a == b || (a != a && b != b);
}

static bool floats_equal(const void *a, const void *b, uint32_t count) {
  const float *x = a, *y = b;
  for (uint32_t i = 0; i < count; i++) {
    if (!same((double)x[i], (double)y[i])) return false;
  }
  return true;
}

static bool doubles_equal(const void *a, const void *b, uint32_t count) {
  const double *x = a, *y = b;
  for (uint32_t i = 0; i < count; i++) {
    if (!same(x[i], y[i])) return false;
  }
  return true;
}

bool th_element_equals(const th_element *element, const void *a, const void *b, uint32_t count) {
  switch (element->type) {
  case TH_ELEMENT_Float32:
    return floats_equal(a, b, count);
  case TH_ELEMENT_Float64:
    return doubles_equal(a, b, count);
  default:
    return memcmp(a, b, (size_t)count * th_element_component_bytes(element)) == 0;
  }
}

// Whether no other number equals this one.
static bool has_one_form(double number) {
  return number < 0 || number > 0;
}

bool th_element_equals_by_bytes(const th_element *element, const void *a, uint32_t count) {
  const float *floats = a;
  const double *doubles = a;
  for (uint32_t i = 0; i < count; i++) {
    if (element->type == TH_ELEMENT_Float32 && !has_one_form((double)floats[i])) return false;
    if (element->type == TH_ELEMENT_Float64 && !has_one_form(doubles[i])) return false;
  }
  return true;
}
