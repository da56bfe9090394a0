// SPDX-License-Identifier: MIT
#include "core/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

enum { KEYS_MAX = 3000 };

static const uint32_t counts[] = {0, 1, 2, 3, 47, 48, 49, 50, 256, 257, KEYS_MAX};

enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

static uint64_t given[KEYS_MAX], first[KEYS_MAX], second[KEYS_MAX], expected[KEYS_MAX];

static int compare(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

// Random keys of that many bytes, of which only those in `mask` differ.
static void make(uint32_t count, uint32_t key_bytes, uint64_t mask) {
  const uint64_t whole = key_bytes == 8 ? UINT64_MAX : (1ull << key_bytes * 8) - 1;
  for (uint32_t i = 0; i < count; i++)
    given[i] = (test_random() & mask & whole) | (0x5a5a5a5a5a5a5a5au & ~mask & whole);
  memcpy(expected, given, count * sizeof(given[0]));
  qsort(expected, count, sizeof(given[0]), compare);
}

static const uint64_t masks[] = {UINT64_MAX, 0, 0xff, 0xff00ff00ff00ff00u, 0x0101010101010101u};

enum { MASKS = sizeof(masks) / sizeof(masks[0]) };

TEST(keys_of_any_length_are_sorted) {
  for (uint32_t i = 0; i < COUNTS * MASKS * 8; i++) {
    const uint32_t count = counts[i % COUNTS], key_bytes = 1 + i / COUNTS % 8;
    make(count, key_bytes, masks[i / COUNTS / 8]);
    memcpy(first, given, sizeof(first));
    uint64_t *keys = first, *spare = second;
    th__sort(&keys, &spare, count, key_bytes);
    CHECK((keys == first && spare == second) || (keys == second && spare == first));
    CHECK(memcmp(keys, expected, count * sizeof(*keys)) == 0);
  }
}

TEST(an_order_is_of_rising_keys_and_keeps_equal_ones_as_they_were) {
  static uint32_t orders[2][KEYS_MAX];
  for (uint32_t i = 0; i < COUNTS * MASKS * 8; i++) {
    const uint32_t count = counts[i % COUNTS], key_bytes = 1 + i / COUNTS % 8;
    make(count, key_bytes, masks[i / COUNTS / 8]);
    uint32_t *order = orders[0], *spare = orders[1];
    th__sort_order(given, &order, &spare, count, key_bytes);
    for (uint32_t j = 0; j < count; j++) {
      CHECK(order[j] < count);
      CHECK_EQ(given[order[j]], expected[j]);
      if (j > 0 && expected[j] == expected[j - 1]) CHECK(order[j] > order[j - 1]);
    }
  }
}

// The keys of numbers in rising order rise, and become those numbers again.
static void check_keys(th_element_type type, const void *numbers, uint32_t count) {
  const th_element element = {.type = type, .data_length = 1};
  const uint32_t bytes = th_element_bytes(&element);
  uint64_t keys[16], again[16];
  th__sort_keys(type, numbers, count, keys);
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) CHECK(keys[i] > keys[i - 1]);
    CHECK(bytes == 8 || keys[i] >> bytes * 8 == 0);
  }
  th__sort_numbers(type, keys, count, again);
  CHECK(memcmp(again, numbers, count * bytes) == 0);
}

#define CHECK_KEYS(name, c_type, ...)                                                              \
  do {                                                                                             \
    const c_type numbers[] = {__VA_ARGS__};                                                        \
    check_keys(TH_ELEMENT_##name, numbers, sizeof(numbers) / sizeof(numbers[0]));                  \
  } while (0)

TEST(keys_are_in_the_order_of_the_numbers_of_every_type) {
  CHECK_KEYS(Uint32, uint32_t, 0, 1, 255, 256, 1u << 31, UINT32_MAX);
  CHECK_KEYS(Int32, int32_t, INT32_MIN, -256, -1, 0, 1, 255, INT32_MAX);
  CHECK_KEYS(Int8, int8_t, INT8_MIN, -1, 0, 1, INT8_MAX);
  CHECK_KEYS(Uint8, uint8_t, 0, 1, 127, 128, UINT8_MAX);
  CHECK_KEYS(Uint8Clamped, uint8_t, 0, 1, 127, 128, UINT8_MAX);
  CHECK_KEYS(Int16, int16_t, INT16_MIN, -256, -1, 0, 1, 255, INT16_MAX);
  CHECK_KEYS(Uint16, uint16_t, 0, 255, 256, UINT16_MAX);
  CHECK_KEYS(BigInt64, int64_t, INT64_MIN, -1, 0, 1, 1ll << 32, INT64_MAX);
  CHECK_KEYS(BigUint64, uint64_t, 0, 1, 1ull << 32, 1ull << 63, UINT64_MAX);
  CHECK_KEYS(Float32, float, -INFINITY, -1.5f, -1e-45f, -0.0f, 0.0f, 1e-45f, 1.5f, INFINITY, NAN);
  CHECK_KEYS(Float64, double, -INFINITY, -1.5, -5e-324, -0.0, 0.0, 5e-324, 1.5, INFINITY, NAN);
}

TEST(a_nan_of_either_sign_comes_last) {
  const float singles[] = {-NAN, INFINITY};
  const double doubles[] = {-NAN, INFINITY};
  uint64_t keys[2];
  th__sort_keys(TH_ELEMENT_Float32, singles, 2, keys);
  CHECK(keys[0] > keys[1]);
  th__sort_keys(TH_ELEMENT_Float64, doubles, 2, keys);
  CHECK(keys[0] > keys[1]);
}
