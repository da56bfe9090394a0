// SPDX-License-Identifier: MIT
#ifndef THREADHEAP_CORE_HASH_H
#define THREADHEAP_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t th__word_portable(const uint8_t *bytes, size_t length) {
  uint64_t word = 0;
  for (size_t i = 0; i < length && i < 8; i++) {
    word |= (uint64_t)bytes[i] << (8 * i);
  }
  return word;
}

// Up to 8 bytes as a number, the first byte lowest whatever the machine, the missing ones zero.
static inline uint64_t th_word_of(const void *bytes, size_t length) {
  const uint8_t *at = bytes;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t word;
  uint32_t low, high;
  if (length >= 8) {
    memcpy(&word, at, 8);
    return word;
  }
  if (length >= 4) { // the two halves overlap
    memcpy(&low, at, 4);
    memcpy(&high, at + length - 4, 4);
    return low | (uint64_t)high << (8 * (length - 4));
  }
#endif
  return th__word_portable(at, length);
}

// A bijective mix of 64 bits: every input bit reaches every output bit (the finaliser of
// SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
static inline uint64_t th_hash_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

#define TH__HASH_K0 0x9e3779b97f4a7c15u // 2^64 / golden ratio
#define TH__HASH_K1 0xd1b54a32d192ed03u // odd constants from the R2 sequence
#define TH__HASH_K2 0xabc98388fb8fac03u

// The folded 64 x 64 -> 128 bit multiplication that wyhash and its relatives are built on: the
// halves of the product, added with exclusive or.
static inline uint64_t th__hash_fold_portable(uint64_t a, uint64_t b) {
  const uint64_t a_lo = (uint32_t)a, a_hi = a >> 32, b_lo = (uint32_t)b, b_hi = b >> 32;
  const uint64_t cross = (a_lo * b_lo >> 32) + (uint32_t)(a_hi * b_lo) + a_lo * b_hi;
  const uint64_t high = a_hi * b_hi + (a_hi * b_lo >> 32) + (cross >> 32);
  return (a * b) ^ high;
}

static inline uint64_t th__hash_fold(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
  const __uint128_t product = (__uint128_t)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
  return th__hash_fold_portable(a, b);
#endif
}

// Hashes length bytes with a secret seed, so that keys from outside cannot be made to collide.
// Reads the bytes as little-endian words whatever the machine. Cannot fail. O(length).
uint64_t th_hash_bytes(const void *bytes, size_t length, uint64_t seed);

// Hashes two words with four secret ones. The sum of the products is a universal hash: two pairs of
// words have the same for one in 2^32 of all secrets (Thorup, "High Speed Hashing for Integers and
// Strings", 2015, pair-multiply-shift; after Black et al., UMAC, 1999). The mix, which adds no
// collisions, spreads it over all bits. No product has more than 64 bits, since WebAssembly has
// none.
typedef struct th_hash_secret {
  uint64_t words[4];
} th_hash_secret;

static inline th_hash_secret th_hash_secret_of(uint64_t seed) {
  th_hash_secret secret;
  for (uint64_t i = 0; i < 4; i++) {
    secret.words[i] = th_hash_mix(seed + i * TH__HASH_K0);
  }
  return secret;
}

static inline uint64_t th_hash_words(const th_hash_secret *secret, uint64_t low, uint64_t high) {
  const uint64_t *s = secret->words;
  const uint64_t first = ((uint32_t)low + s[0]) * ((low >> 32) + s[1]);
  const uint64_t second = ((uint32_t)high + s[2]) * ((high >> 32) + s[3]);
  return th_hash_mix(first + second);
}

#endif
