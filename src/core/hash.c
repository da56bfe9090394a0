// SPDX-License-Identifier: MIT
// Each step multiplies two seeded words and folds the product, so one multiplication consumes 16
// bytes. Both factors of a product hold a secret of their own: with only one, a key that makes the
// other factor 0 loses the word beside it, whatever the seed, and who knows the constants makes any
// number of colliding keys.
#include "hash.h"

// The last step of a hash: up to 16 bytes as two words, the missing ones zero.
static uint64_t last(uint64_t low, uint64_t high, uint64_t length, uint64_t key, uint64_t state) {
  return th_hash_mix(th__hash_fold(low ^ state, high ^ key ^ length) ^ state);
}

static uint64_t key_of(uint64_t seed) {
  return th__hash_fold(seed ^ TH__HASH_K2, TH__HASH_K1);
}

static uint64_t state_of(uint64_t length, uint64_t seed) {
  return seed ^ th__hash_fold(seed ^ TH__HASH_K0, length ^ TH__HASH_K1);
}

uint64_t th_hash_bytes(const void *bytes, size_t length, uint64_t seed) {
  const uint8_t *at = bytes;
  const uint64_t key = key_of(seed);
  uint64_t state = state_of(length, seed);
  size_t rest = length;
  for (; rest > 16; rest -= 16, at += 16) {
    state = th__hash_fold(th_word_of(at, 8) ^ key, th_word_of(at + 8, 8) ^ state);
  }
  const uint64_t low = th_word_of(at, rest < 8 ? rest : 8);
  const uint64_t high = rest > 8 ? th_word_of(at + 8, rest - 8) : 0;
  return last(low, high, length, key, state);
}
