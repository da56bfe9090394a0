// SPDX-License-Identifier: MIT
#ifndef THREADHEAP_CORE_HASH_H
#define THREADHEAP_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

// A bijective mix of 64 bits: every input bit reaches every output bit (the finaliser of
// SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
static inline uint64_t th_hash_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Hashes length bytes with a secret seed, so that keys from outside cannot be made to collide.
// Reads the bytes as little-endian words whatever the machine. Cannot fail. O(length).
uint64_t th_hash_bytes(const void *bytes, size_t length, uint64_t seed);

#endif
