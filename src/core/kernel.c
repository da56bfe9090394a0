// SPDX-License-Identifier: MIT
#include "kernel.h"

#include <math.h>
#include <string.h>

enum {
  LANES = 8,    // results that run side by side, since each step waits for the one before
  BLOCK = 1024, // numbers that stay in the cache to be looked at again
};

// ---- sums ----

static void add_words(th_sum *sum, uint64_t low, uint64_t high) {
  sum->low += low;
  sum->high += high + (sum->low < low);
}

static void add_signed(th_sum *sum, int64_t integer) {
  add_words(sum, (uint64_t)integer, integer < 0 ? UINT64_MAX : 0);
}

static void add_unsigned(th_sum *sum, uint64_t integer) {
  add_words(sum, integer, 0);
}

// A vector has less than 2^32 numbers, so that a sum of such as have 32 bits fits in 64.
#define SUM_OF_SMALL(name, c_type, wide, add)                                                      \
  static void sum_##name(const void *numbers, size_t count, th_sum *sum) {                         \
    const c_type *x = numbers;                                                                     \
    wide total = 0;                                                                                \
    for (size_t i = 0; i < count; i++)                                                             \
      total += x[i];                                                                               \
    add(sum, total);                                                                               \
  }
SUM_OF_SMALL(Uint32, uint32_t, uint64_t, add_unsigned)
SUM_OF_SMALL(Int32, int32_t, int64_t, add_signed)
SUM_OF_SMALL(Int8, int8_t, int64_t, add_signed)
SUM_OF_SMALL(Uint8, uint8_t, uint64_t, add_unsigned)
SUM_OF_SMALL(Uint8Clamped, uint8_t, uint64_t, add_unsigned)
SUM_OF_SMALL(Int16, int16_t, int64_t, add_signed)
SUM_OF_SMALL(Uint16, uint16_t, uint64_t, add_unsigned)

// The halves are added up for themselves.
#define SUM_OF_LARGE(name, c_type)                                                                 \
  static void sum_##name(const void *numbers, size_t count, th_sum *sum) {                         \
    const c_type *x = numbers;                                                                     \
    uint64_t low = 0;                                                                              \
    c_type high = 0;                                                                               \
    for (size_t i = 0; i < count; i++) {                                                           \
      const c_type number = x[i];                                                                  \
      low += (uint32_t)number;                                                                     \
      high += number >> 32;                                                                        \
    }                                                                                              \
    add_unsigned(sum, low);                                                                        \
    add_words(sum, (uint64_t)high << 32, (uint64_t)(high >> 32));                                  \
  }
SUM_OF_LARGE(BigInt64, int64_t)
SUM_OF_LARGE(BigUint64, uint64_t)

#define SUM_OF_REALS(name, c_type)                                                                 \
  static void sum_##name(const void *numbers, size_t count, th_sum *sum) {                         \
    const c_type *x = numbers;                                                                     \
    double lanes[LANES] = {0};                                                                     \
    size_t i = 0;                                                                                  \
    for (; i + LANES <= count; i += LANES) {                                                       \
      for (size_t j = 0; j < LANES; j++)                                                           \
        lanes[j] += (double)x[i + j];                                                              \
    }                                                                                              \
    for (; i < count; i++)                                                                         \
      sum->real += (double)x[i];                                                                   \
    for (size_t j = 0; j < LANES; j++)                                                             \
      sum->real += lanes[j];                                                                       \
  }
SUM_OF_REALS(Float32, float)
SUM_OF_REALS(Float64, double)

void th__kernel_add(th_element_type type, const void *numbers, size_t count, void *sum) {
  static void (*const sums[TH_ELEMENT_TYPES])(const void *, size_t, th_sum *) = {
#define SUM_ENTRY(name, c_type) sum_##name,
      TH_ELEMENT_MAP(SUM_ENTRY)
#undef SUM_ENTRY
  };
  sums[type](numbers, count, sum);
}

double th__kernel_real(th_element_type type, const th_sum *sum) {
  switch (type) {
  case TH_ELEMENT_Float32:
  case TH_ELEMENT_Float64:
    return sum->real;
  case TH_ELEMENT_Uint32:
    return (double)sum->low;
  default:
    return (double)(int64_t)sum->low;
  }
}

// ---- the least and the greatest ----

#define EXTREME_OF_INTEGERS(verb, name, c_type, before)                                            \
  static void verb##_##name(const void *numbers, size_t count, void *best) {                       \
    const c_type *x = numbers;                                                                     \
    c_type found = *(c_type *)best;                                                                \
    for (size_t i = 0; i < count; i++) {                                                           \
      const c_type number = x[i];                                                                  \
      found = number before found ? number : found;                                                \
    }                                                                                              \
    *(c_type *)best = found;                                                                       \
  }

// The result of `found` and a block without NaN. Of zeros, comparing does not tell which: then no
// number is beyond them, and the signs of all decide, joined by `or` or `and`.
#define EXTREME_OF_BLOCK(verb, name, c_type, word, before, join)                                   \
  static c_type verb##_block_##name(const c_type *x, size_t count, c_type found) {                 \
    c_type lanes[LANES];                                                                           \
    word bits, signs;                                                                              \
    size_t i = 0;                                                                                  \
    memcpy(&signs, &found, sizeof(signs));                                                         \
    for (size_t j = 0; j < LANES; j++)                                                             \
      lanes[j] = found;                                                                            \
    for (; i + LANES <= count; i += LANES) {                                                       \
      for (size_t j = 0; j < LANES; j++)                                                           \
        lanes[j] = x[i + j] before lanes[j] ? x[i + j] : lanes[j];                                 \
    }                                                                                              \
    for (; i < count; i++)                                                                         \
      found = x[i] before found ? x[i] : found;                                                    \
    for (size_t j = 0; j < LANES; j++)                                                             \
      found = lanes[j] before found ? lanes[j] : found;                                            \
    if (found != 0) return found;                                                                  \
    for (i = 0; i < count; i++) {                                                                  \
      memcpy(&bits, &x[i], sizeof(bits));                                                          \
      signs = signs join bits;                                                                     \
    }                                                                                              \
    return signs >> (sizeof(signs) * 8 - 1) ? (c_type)-0.0 : (c_type)0.0;                          \
  }

// A NaN makes the sum of a block one; so do infinities of both signs, which a second look tells.
#define NAN_IN_BLOCK(name, c_type)                                                                 \
  static bool has_nan_##name(const c_type *x, size_t count) {                                      \
    th_sum sum = {0};                                                                              \
    sum_##name(x, count, &sum);                                                                    \
    if (sum.real == sum.real) return false;                                                        \
    for (size_t i = 0; i < count; i++) {                                                           \
      if (x[i] != x[i]) return true;                                                               \
    }                                                                                              \
    return false;                                                                                  \
  }

#define EXTREME_OF_REALS(verb, name, c_type)                                                       \
  static void verb##_##name(const void *numbers, size_t count, void *best) {                       \
    const c_type *x = numbers;                                                                     \
    c_type *found = best;                                                                          \
    for (size_t i = 0; i < count && *found == *found; i += BLOCK) {                                \
      const size_t block = count - i < BLOCK ? count - i : BLOCK;                                  \
      *found =                                                                                     \
          has_nan_##name(x + i, block) ? (c_type)NAN : verb##_block_##name(x + i, block, *found);  \
    }                                                                                              \
  }

#define EXTREMES_OF_INTEGERS(name, c_type)                                                         \
  EXTREME_OF_INTEGERS(least, name, c_type, <)                                                      \
  EXTREME_OF_INTEGERS(greatest, name, c_type, >)
#define EXTREMES_OF_REALS(name, c_type, word)                                                      \
  NAN_IN_BLOCK(name, c_type)                                                                       \
  EXTREME_OF_BLOCK(least, name, c_type, word, <, |)                                                \
  EXTREME_OF_BLOCK(greatest, name, c_type, word, >, &)                                             \
  EXTREME_OF_REALS(least, name, c_type)                                                            \
  EXTREME_OF_REALS(greatest, name, c_type)

EXTREMES_OF_INTEGERS(Uint32, uint32_t)
EXTREMES_OF_INTEGERS(Int32, int32_t)
EXTREMES_OF_REALS(Float32, float, uint32_t)
EXTREMES_OF_REALS(Float64, double, uint64_t)
EXTREMES_OF_INTEGERS(Int8, int8_t)
EXTREMES_OF_INTEGERS(Uint8, uint8_t)
EXTREMES_OF_INTEGERS(Uint8Clamped, uint8_t)
EXTREMES_OF_INTEGERS(Int16, int16_t)
EXTREMES_OF_INTEGERS(Uint16, uint16_t)
EXTREMES_OF_INTEGERS(BigInt64, int64_t)
EXTREMES_OF_INTEGERS(BigUint64, uint64_t)

void th__kernel_least(th_element_type type, const void *numbers, size_t count, void *best) {
  static void (*const leasts[TH_ELEMENT_TYPES])(const void *, size_t, void *) = {
#define LEAST_ENTRY(name, c_type) least_##name,
      TH_ELEMENT_MAP(LEAST_ENTRY)
#undef LEAST_ENTRY
  };
  leasts[type](numbers, count, best);
}

void th__kernel_greatest(th_element_type type, const void *numbers, size_t count, void *best) {
  static void (*const greatests[TH_ELEMENT_TYPES])(const void *, size_t, void *) = {
#define GREATEST_ENTRY(name, c_type) greatest_##name,
      TH_ELEMENT_MAP(GREATEST_ENTRY)
#undef GREATEST_ENTRY
  };
  greatests[type](numbers, count, best);
}

// ---- one component of many ----

void th__kernel_gather(const void *from, size_t number_bytes, size_t data_length, size_t count,
                       void *numbers) {
#define GATHER(word)                                                                               \
  for (size_t i = 0; i < count; i++)                                                               \
    ((word *)numbers)[i] = ((const word *)from)[i * data_length];
  switch (number_bytes) {
  case 1:
    GATHER(uint8_t)
    break;
  case 2:
    GATHER(uint16_t)
    break;
  case 4:
    GATHER(uint32_t)
    break;
  default:
    GATHER(uint64_t)
  }
#undef GATHER
}
