// SPDX-License-Identifier: MIT
// The folded 64 x 64 -> 128 bit multiplication that wyhash and its relatives are built on: each
// step multiplies two seeded words and adds the halves of the product with exclusive or, so one
// multiplication consumes 16 bytes. Both factors of a product hold a secret of their own: with only
// one, a key that makes the other factor 0 loses the word beside it, whatever the seed, and who
// knows the constants makes any number of colliding keys.
#include "hash.h"

#include <string.h>

#define K0 0x9e3779b97f4a7c15u // 2^64 / golden ratio
#define K1 0xd1b54a32d192ed03u // odd constants from the R2 sequence
#define K2 0xabc98388fb8fac03u

static uint64_t fold(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
  const __uint128_t product = (__uint128_t)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
  const uint64_t a_lo = (uint32_t)a, a_hi = a >> 32, b_lo = (uint32_t)b, b_hi = b >> 32;
  const uint64_t cross = (a_lo * b_lo >> 32) + (uint32_t)(a_hi * b_lo) + a_lo * b_hi;
  const uint64_t high = a_hi * b_hi + (a_hi * b_lo >> 32) + (cross >> 32);
  return (a * b) ^ high;
#endif
}

// Up to 8 bytes, little-endian, the missing high ones zero.
static uint64_t word(const uint8_t *bytes, size_t length) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t value = 0;
  if (length >= 8) {
    memcpy(&value, bytes, 8);
    return value;
  }
#else
  uint64_t value = 0;
#endif
  for (size_t i = 0; i < length && i < 8; i++) {
    value |= (uint64_t)bytes[i] << (8 * i);
  }
  return value;
}

uint64_t th_hash_bytes(const void *bytes, size_t length, uint64_t seed) {
  const uint8_t *at = bytes;
  const uint64_t key = fold(seed ^ K2, K1);
  uint64_t state = seed ^ fold(seed ^ K0, (uint64_t)length ^ K1);
  size_t rest = length;
  for (; rest > 16; rest -= 16, at += 16) {
    state = fold(word(at, 8) ^ key, word(at + 8, 8) ^ state);
  }
  const uint64_t low = word(at, rest < 8 ? rest : 8);
  const uint64_t high = rest > 8 ? word(at + 8, rest - 8) : 0;
  return th_hash_mix(fold(low ^ state, high ^ key ^ length) ^ state);
}
