// SPDX-License-Identifier: MIT
// A radix sort from the lowest digit up (Knuth, The Art of Computer Programming 3, 5.2.5). All
// digits are counted in one pass, and one that all keys share is skipped.
#include "sort.h"

#include <string.h>

enum {
  DIGIT_BITS = 8,
  DIGITS = 1 << DIGIT_BITS,
  KEY_BYTES = 8,
  INSERTION_MAX = 48, // keys that are not worth the tables
};

// ---- keys ----

#define KEYS(name, c_type, key_of, number_of)                                                      \
  static void keys_##name(const void *numbers, size_t count, uint64_t *keys) {                     \
    const c_type *x = numbers;                                                                     \
    for (size_t i = 0; i < count; i++)                                                             \
      keys[i] = key_of(x[i]);                                                                      \
  }                                                                                                \
  static void numbers_##name(const uint64_t *keys, size_t count, void *numbers) {                  \
    c_type *x = numbers;                                                                           \
    for (size_t i = 0; i < count; i++)                                                             \
      x[i] = number_of(keys[i]);                                                                   \
  }

#define UNSIGNED_KEYS(name, word)                                                                  \
  static uint64_t key_of_##name(word number) {                                                     \
    return number;                                                                                 \
  }                                                                                                \
  static word number_of_##name(uint64_t key) {                                                     \
    return (word)key;                                                                              \
  }                                                                                                \
  KEYS(name, word, key_of_##name, number_of_##name)

#define SIGNED_KEYS(name, c_type, word, least)                                                     \
  static uint64_t key_of_##name(c_type number) {                                                   \
    return (word)((word)number - (word)(least));                                                   \
  }                                                                                                \
  static c_type number_of_##name(uint64_t key) {                                                   \
    return (c_type)((word)key + (word)(least));                                                    \
  }                                                                                                \
  KEYS(name, c_type, key_of_##name, number_of_##name)

// Positive numbers are in the order of their bits, negative ones in the opposite one.
#define REAL_KEYS(name, c_type, word, infinity)                                                    \
  static const word sign_##name = ~((word)-1 >> 1);                                                \
  static uint64_t key_of_##name(c_type number) {                                                   \
    word bits;                                                                                     \
    memcpy(&bits, &number, sizeof(bits));                                                          \
    const word size = bits & ~sign_##name;                                                         \
    return bits == size || size > (infinity) ? size | sign_##name : ~bits;                         \
  }                                                                                                \
  static c_type number_of_##name(uint64_t key) {                                                   \
    const word bits = (word)key & sign_##name ? (word)key ^ sign_##name : ~(word)key;              \
    c_type number;                                                                                 \
    memcpy(&number, &bits, sizeof(number));                                                        \
    return number;                                                                                 \
  }                                                                                                \
  KEYS(name, c_type, key_of_##name, number_of_##name)

UNSIGNED_KEYS(Uint32, uint32_t)
SIGNED_KEYS(Int32, int32_t, uint32_t, INT32_MIN)
REAL_KEYS(Float32, float, uint32_t, 0x7f800000u)
REAL_KEYS(Float64, double, uint64_t, 0x7ff0000000000000u)
SIGNED_KEYS(Int8, int8_t, uint8_t, INT8_MIN)
UNSIGNED_KEYS(Uint8, uint8_t)
UNSIGNED_KEYS(Uint8Clamped, uint8_t)
SIGNED_KEYS(Int16, int16_t, uint16_t, INT16_MIN)
UNSIGNED_KEYS(Uint16, uint16_t)
SIGNED_KEYS(BigInt64, int64_t, uint64_t, INT64_MIN)
UNSIGNED_KEYS(BigUint64, uint64_t)

void th__sort_keys(th_element_type type, const void *numbers, size_t count, uint64_t *keys) {
  static void (*const all[TH_ELEMENT_TYPES])(const void *, size_t, uint64_t *) = {
#define KEYS_ENTRY(name, c_type) keys_##name,
      TH_ELEMENT_MAP(KEYS_ENTRY)
#undef KEYS_ENTRY
  };
  all[type](numbers, count, keys);
}

void th__sort_numbers(th_element_type type, const uint64_t *keys, size_t count, void *numbers) {
  static void (*const all[TH_ELEMENT_TYPES])(const uint64_t *, size_t, void *) = {
#define NUMBERS_ENTRY(name, c_type) numbers_##name,
      TH_ELEMENT_MAP(NUMBERS_ENTRY)
#undef NUMBERS_ENTRY
  };
  all[type](keys, count, numbers);
}

// ---- sorting ----

static void insertion_sort(uint64_t *keys, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const uint64_t key = keys[i];
    size_t place = i;
    for (; place > 0 && keys[place - 1] > key; place--)
      keys[place] = keys[place - 1];
    keys[place] = key;
  }
}

static uint32_t digit_of(uint64_t key, uint32_t digit) {
  return key >> digit * DIGIT_BITS & (DIGITS - 1);
}

static void count_digits(const uint64_t *keys, size_t count, uint32_t key_bytes,
                         size_t counts[KEY_BYTES][DIGITS]) {
  memset(counts, 0, sizeof(counts[0]) * KEY_BYTES);
  for (size_t i = 0; i < count; i++) {
    for (uint32_t digit = 0; digit < key_bytes; digit++)
      counts[digit][digit_of(keys[i], digit)]++;
  }
}

// Makes of the number of keys with each digit the place of the first.
static void places_of(size_t *counts) {
  size_t place = 0;
  for (uint32_t value = 0; value < DIGITS; value++) {
    const size_t same = counts[value];
    counts[value] = place;
    place += same;
  }
}

static void radix_sort(uint64_t **keys, uint64_t **spare, size_t count, uint32_t key_bytes) {
  size_t counts[KEY_BYTES][DIGITS];
  count_digits(*keys, count, key_bytes, counts);
  for (uint32_t digit = 0; digit < key_bytes; digit++) {
    if (counts[digit][digit_of(**keys, digit)] == count) continue;
    places_of(counts[digit]);
    uint64_t *const from = *keys, *const to = *spare;
    for (size_t i = 0; i < count; i++)
      to[counts[digit][digit_of(from[i], digit)]++] = from[i];
    *keys = to;
    *spare = from;
  }
}

void th__sort(uint64_t **keys, uint64_t **spare, size_t count, uint32_t key_bytes) {
  if (count <= INSERTION_MAX) {
    insertion_sort(*keys, count);
  } else {
    radix_sort(keys, spare, count, key_bytes);
  }
}

void th__sort_order(const uint64_t *keys, uint32_t **order, uint32_t **spare, uint32_t count,
                    uint32_t key_bytes) {
  size_t counts[KEY_BYTES][DIGITS];
  count_digits(keys, count, key_bytes, counts);
  for (uint32_t i = 0; i < count; i++)
    (*order)[i] = i;
  for (uint32_t digit = 0; digit < key_bytes; digit++) {
    if (count == 0 || counts[digit][digit_of(keys[0], digit)] == count) continue;
    places_of(counts[digit]);
    uint32_t *const from = *order, *const to = *spare;
    for (uint32_t i = 0; i < count; i++)
      to[counts[digit][digit_of(keys[from[i]], digit)]++] = from[i];
    *order = to;
    *spare = from;
  }
}
