// SPDX-License-Identifier: MIT
#include "core/kernel.h"

#include <math.h>
#include <string.h>

#include "samples.h"

enum { NUMBERS_MAX = 3000 };

static const uint32_t counts[] = {0,  1,  2,    7,    8,    9,    15,
                                  16, 17, 1023, 1024, 1025, 2100, NUMBERS_MAX};

enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

static _Alignas(8) uint8_t numbers[NUMBERS_MAX * 8];

static th_element of(th_element_type type) {
  return (th_element){.type = type, .data_length = 1};
}

static bool is_signed(th_element_type type) {
  return type == TH_ELEMENT_Int8 || type == TH_ELEMENT_Int16 || type == TH_ELEMENT_Int32 ||
         type == TH_ELEMENT_BigInt64;
}

static bool is_real(th_element_type type) {
  return type == TH_ELEMENT_Float32 || type == TH_ELEMENT_Float64;
}

// A small number that the type has.
static double small(th_element_type type) {
  const double number = (double)(test_random() % 100);
  return is_signed(type) || is_real(type) ? number - 50 : number;
}

// Fills `numbers`; returns their sum, which is exact in a double, and the least and the greatest.
static double fill(th_element_type type, uint32_t count, double *least, double *greatest) {
  const th_element element = of(type);
  double sum = 0;
  *least = INFINITY;
  *greatest = -INFINITY;
  for (uint32_t i = 0; i < count; i++) {
    const double number = small(type);
    test_component(&element, numbers, i, number);
    sum += number;
    if (number < *least) *least = number;
    if (number > *greatest) *greatest = number;
  }
  return sum;
}

TEST(a_sum_is_that_of_all_numbers_of_every_type) {
  for (th_element_type type = 0; type < TH_ELEMENT_TYPES; type++) {
    for (uint32_t i = 0; i < COUNTS; i++) {
      double least, greatest;
      const double expected = fill(type, counts[i], &least, &greatest);
      th_sum sum = {0};
      th__kernel_add(type, numbers, counts[i], &sum);
      CHECK(th__kernel_real(type, &sum) == expected);
      if (is_real(type)) continue;
      CHECK_EQ(sum.low, (uint64_t)(int64_t)expected);
      CHECK_EQ(sum.high, expected < 0 ? UINT64_MAX : 0);
    }
  }
}

TEST(a_sum_goes_on_from_piece_to_piece) {
  for (th_element_type type = 0; type < TH_ELEMENT_TYPES; type++) {
    const th_element element = of(type);
    double least, greatest;
    const double expected = fill(type, NUMBERS_MAX, &least, &greatest);
    th_sum sum = {0};
    for (uint32_t i = 0, count; i < NUMBERS_MAX; i += count) {
      count = 1 + (uint32_t)(test_random() % 50);
      if (count > NUMBERS_MAX - i) count = NUMBERS_MAX - i;
      th__kernel_add(type, numbers + i * th_element_bytes(&element), count, &sum);
    }
    CHECK(th__kernel_real(type, &sum) == expected);
  }
}

// The sum of count times the word, by additions of 128 bits.
static void check_large_sum(th_element_type type, uint64_t word, uint64_t extension) {
  uint64_t low = 0, high = 0;
  for (uint32_t i = 0; i < NUMBERS_MAX; i++) {
    memcpy(numbers + i * 8, &word, 8);
    low += word;
    high += extension + (low < word);
  }
  th_sum sum = {0};
  th__kernel_add(type, numbers, NUMBERS_MAX, &sum);
  CHECK_EQ(sum.low, low);
  CHECK_EQ(sum.high, high);
}

TEST(a_sum_of_large_integers_is_exact) {
  check_large_sum(TH_ELEMENT_BigUint64, UINT64_MAX, 0);
  check_large_sum(TH_ELEMENT_BigUint64, 1ull << 63 | 12345, 0);
  check_large_sum(TH_ELEMENT_BigInt64, (uint64_t)INT64_MAX, 0);
  check_large_sum(TH_ELEMENT_BigInt64, (uint64_t)INT64_MIN, UINT64_MAX);
  check_large_sum(TH_ELEMENT_BigInt64, UINT64_MAX, UINT64_MAX);
}

static double number_of(th_element_type type, const void *number) {
  switch (type) {
#define NUMBER_OF(name, c_type)                                                                    \
  case TH_ELEMENT_##name:                                                                          \
    return (double)*(const c_type *)number;
    TH_ELEMENT_MAP(NUMBER_OF)
#undef NUMBER_OF
  default:
    return 0;
  }
}

TEST(the_least_and_the_greatest_are_found_among_numbers_of_every_type) {
  for (th_element_type type = 0; type < TH_ELEMENT_TYPES; type++) {
    for (uint32_t i = 0; i < COUNTS; i++) {
      double least, greatest;
      fill(type, counts[i], &least, &greatest);
      uint64_t low = 0, high = 0; // any number
      const double before = number_of(type, &low);
      th__kernel_least(type, numbers, counts[i], &low);
      th__kernel_greatest(type, numbers, counts[i], &high);
      CHECK(number_of(type, &low) == (least < before ? least : before));
      CHECK(number_of(type, &high) == (greatest > before ? greatest : before));
    }
  }
}

TEST(the_ends_of_the_range_of_a_type_are_its_least_and_greatest) {
  const int64_t integers[] = {INT64_MIN, -1, 0, INT64_MAX};
  int64_t low = 0, high = 0;
  th__kernel_least(TH_ELEMENT_BigInt64, integers, 4, &low);
  th__kernel_greatest(TH_ELEMENT_BigInt64, integers, 4, &high);
  CHECK(low == INT64_MIN && high == INT64_MAX);
  const uint64_t naturals[] = {1, UINT64_MAX, 1ull << 63};
  uint64_t first = 5, last = 5;
  th__kernel_least(TH_ELEMENT_BigUint64, naturals, 3, &first);
  th__kernel_greatest(TH_ELEMENT_BigUint64, naturals, 3, &last);
  CHECK(first == 1 && last == UINT64_MAX);
}

static void check_real(th_element_type type, uint32_t count, double least, double greatest) {
  uint64_t low, high;
  memcpy(&low, numbers, sizeof(low));
  high = low;
  th__kernel_least(type, numbers, count, &low);
  th__kernel_greatest(type, numbers, count, &high);
  const double found[] = {number_of(type, &low), number_of(type, &high)};
  const double expected[] = {least, greatest};
  for (int i = 0; i < 2; i++) {
    CHECK(isnan(found[i]) == isnan(expected[i]));
    if (isnan(found[i])) continue;
    CHECK(found[i] == expected[i] && signbit(found[i]) == signbit(expected[i]));
  }
}

// All numbers are `other` but for one.
static void check_one(th_element_type type, double one, double other, double least,
                      double greatest) {
  const th_element element = of(type);
  for (uint32_t i = 1; i < COUNTS; i++) {
    for (uint32_t place = 0; place < counts[i]; place += 1 + counts[i] / 5) {
      for (uint32_t j = 0; j < counts[i]; j++)
        test_component(&element, numbers, j, j == place ? one : other);
      if (counts[i] > 1) check_real(type, counts[i], least, greatest);
    }
  }
}

TEST(a_nan_is_the_result_and_zeros_have_signs) {
  for (th_element_type type = TH_ELEMENT_Float32; type <= TH_ELEMENT_Float64; type++) {
    check_one(type, NAN, 1, NAN, NAN);
    check_one(type, -NAN, -INFINITY, NAN, NAN);
    check_one(type, -0.0, 0.0, -0.0, 0.0);
    check_one(type, 0.0, -0.0, -0.0, 0.0);
    check_one(type, -0.0, 1, -0.0, 1);
    check_one(type, 0.0, -1, -1, 0.0);
    check_one(type, INFINITY, -INFINITY, -INFINITY, INFINITY);
    check_one(type, 1.5, 2.5, 1.5, 2.5);
  }
}

TEST(one_component_of_many_is_brought_together) {
  static _Alignas(8) uint8_t elements[50 * 3 * 8], together[50 * 8];
  for (uint32_t i = 0; i < sizeof(elements); i++)
    elements[i] = (uint8_t)test_random();
  for (uint32_t bytes = 1; bytes <= 8; bytes *= 2) {
    for (uint32_t component = 0; component < 3; component++) {
      memset(together, 0xee, sizeof(together));
      th__kernel_gather(elements + component * bytes, bytes, 3, 49, together);
      for (uint32_t i = 0; i < 49; i++)
        CHECK(memcmp(together + i * bytes, elements + (3 * i + component) * bytes, bytes) == 0);
      CHECK_EQ(together[49 * bytes], 0xee);
    }
  }
}
