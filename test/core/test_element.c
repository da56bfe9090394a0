// SPDX-License-Identifier: MIT
#include "core/element.h"

#include <math.h>
#include <string.h>

#include "harness.h"

enum { COUNT = 5, BYTES = COUNT * 8 };

TEST(every_type_has_the_size_of_its_typed_array) {
  static const uint32_t sizes[TH_ELEMENT_TYPES] = {
      [TH_ELEMENT_Uint32] = 4,       [TH_ELEMENT_Int32] = 4,    [TH_ELEMENT_Float32] = 4,
      [TH_ELEMENT_Float64] = 8,      [TH_ELEMENT_Int8] = 1,     [TH_ELEMENT_Uint8] = 1,
      [TH_ELEMENT_Uint8Clamped] = 1, [TH_ELEMENT_Int16] = 2,    [TH_ELEMENT_Uint16] = 2,
      [TH_ELEMENT_BigInt64] = 8,     [TH_ELEMENT_BigUint64] = 8};
  for (th_element_type type = 0; type < TH_ELEMENT_TYPES; type++) {
    const th_element element = {type, 3};
    CHECK_EQ(th_element_component_bytes(&element), sizes[type]);
    CHECK_EQ(th_element_bytes(&element), 3 * sizes[type]);
  }
}

TEST(the_longest_element_has_a_size) {
  const th_element element = {TH_ELEMENT_Float64, TH_DATA_LENGTH_MAX};
  CHECK_EQ(th_element_bytes(&element), 65535 * 8);
}

TEST(the_default_type_is_uint32) {
  CHECK_EQ(TH_ELEMENT_Uint32, 0);
}

TEST(equal_bytes_are_equal_elements_of_every_type) {
  for (th_element_type type = 0; type < TH_ELEMENT_TYPES; type++) {
    const th_element element = {type, COUNT};
    _Alignas(8) uint8_t a[BYTES], b[BYTES];
    for (int i = 0; i < BYTES; i++) {
      a[i] = b[i] = (uint8_t)test_random();
    }
    CHECK(th_element_equals(&element, a, b, COUNT));
    CHECK(th_element_equals(&element, a, b, 0));
  }
}

// Flips the lowest bit of each component in turn: of these numbers that is never 0 or NaN.
TEST(one_different_component_makes_elements_differ) {
  for (th_element_type type = 0; type < TH_ELEMENT_TYPES; type++) {
    const th_element element = {type, COUNT};
    const uint32_t size = th_element_component_bytes(&element);
    _Alignas(8) uint8_t a[BYTES], b[BYTES];
    memset(a, 0x3f, BYTES);
    for (uint32_t i = 0; i < COUNT; i++) {
      memcpy(b, a, BYTES);
      b[i * size] ^= 1;
      CHECK(!th_element_equals(&element, a, b, COUNT));
      CHECK(th_element_equals(&element, a, b, i)); // what comes after is not looked at
    }
  }
}

TEST(floats_compare_as_includes_does) {
  const th_element element = {TH_ELEMENT_Float32, 1};
  const uint32_t other_nan_bits = 0xffc12345u;
  const float zero = 0.0f, minus_zero = -0.0f, one = 1.0f, nan_float = NAN, infinity = INFINITY;
  float other_nan;
  memcpy(&other_nan, &other_nan_bits, 4);
  CHECK(th_element_equals(&element, &zero, &minus_zero, 1));
  CHECK(th_element_equals(&element, &nan_float, &other_nan, 1));
  CHECK(!th_element_equals(&element, &nan_float, &one, 1));
  CHECK(!th_element_equals(&element, &infinity, &nan_float, 1));
  CHECK(!th_element_equals(&element, &zero, &one, 1));
}

TEST(doubles_compare_as_includes_does) {
  const th_element element = {TH_ELEMENT_Float64, 1};
  const uint64_t other_nan_bits = 0xfff8000000012345u;
  const double zero = 0.0, minus_zero = -0.0, one = 1.0, nan_double = NAN, infinity = INFINITY;
  double other_nan;
  memcpy(&other_nan, &other_nan_bits, 8);
  CHECK(th_element_equals(&element, &zero, &minus_zero, 1));
  CHECK(th_element_equals(&element, &nan_double, &other_nan, 1));
  CHECK(!th_element_equals(&element, &nan_double, &one, 1));
  CHECK(!th_element_equals(&element, &infinity, &nan_double, 1));
  CHECK(!th_element_equals(&element, &zero, &one, 1));
}

TEST(zeros_of_both_signs_differ_in_integers) {
  const th_element element = {TH_ELEMENT_BigInt64, 1};
  const uint64_t zero = 0, sign_bit = 1ull << 63;
  CHECK(!th_element_equals(&element, &zero, &sign_bit, 1));
}
