// SPDX-License-Identifier: MIT
#include "core/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

enum { KEYS = 1000000, KEY_MAX = 64 };

TEST(the_portable_way_reads_the_same_words) {
  for (int i = 0; i < 100000; i++) {
    uint8_t bytes[16];
    for (size_t j = 0; j < sizeof(bytes); j++) {
      bytes[j] = (uint8_t)test_random();
    }
    for (size_t length = 0; length <= sizeof(bytes); length++) {
      CHECK_EQ(th_word_of(bytes, length), th__word_portable(bytes, length));
    }
  }
}

TEST(the_portable_multiplication_folds_to_the_same) {
  for (int i = 0; i < 1000000; i++) {
    const uint64_t a = test_random() >> test_random() % 64, b = test_random() >> test_random() % 64;
    CHECK_EQ(th__hash_fold_portable(a, b), th__hash_fold(a, b));
  }
  CHECK_EQ(th__hash_fold_portable(UINT64_MAX, UINT64_MAX), th__hash_fold(UINT64_MAX, UINT64_MAX));
}

TEST(words_hash_as_their_bytes_do) {
  for (int i = 0; i < 100000; i++) {
    uint8_t bytes[16];
    uint64_t words[2] = {0};
    const size_t length = test_random() % 17;
    for (size_t j = 0; j < length; j++) {
      bytes[j] = (uint8_t)test_random();
      words[j / 8] |= (uint64_t)bytes[j] << (8 * (j % 8));
    }
    const uint64_t seed = test_random();
    CHECK_EQ(th_hash_words(words[0], words[1], length, seed), th_hash_bytes(bytes, length, seed));
  }
}

TEST(every_bit_of_an_integer_key_reaches_half_of_its_hash) {
  static th_tabulation tabulation;
  th_tabulation_fill(&tabulation, 7);
  for (uint32_t bit = 0; bit < 32; bit++) {
    uint32_t changed = 0;
    for (uint32_t i = 0; i < 1000; i++) {
      const uint32_t key = (uint32_t)test_random();
      const uint32_t change =
          th_tabulate(&tabulation, key) ^ th_tabulate(&tabulation, key ^ 1u << bit);
      CHECK(change != 0);
      changed += (uint32_t)__builtin_popcount(change);
    }
    CHECK(changed > 15000 && changed < 17000);
  }
}

TEST(every_byte_of_a_text_counts_where_it_is) {
  static th_tabulation tabulation;
  th_tabulation_fill(&tabulation, 7);
  for (uint32_t i = 0; i < 1000; i++) {
    const uint64_t words[2] = {test_random(), test_random() >> 16};
    const uint32_t hash = th_tabulate_text(&tabulation, words[0], words[1]);
    for (size_t byte = 0; byte < TH_TABULATION_BYTES; byte++) {
      uint64_t changed[2] = {words[0], words[1]};
      changed[byte / 8] ^= 1ull << (byte % 8 * 8 + test_random() % 8);
      CHECK(th_tabulate_text(&tabulation, changed[0], changed[1]) != hash);
    }
    CHECK(th_tabulate_text(&tabulation, words[0] << 8 | words[0] >> 56, words[1]) != hash);
    const uint32_t integer = (uint32_t)words[0];
    CHECK_EQ(th_tabulate_text(&tabulation, integer, 0), th_tabulate(&tabulation, integer));
  }
}

TEST(no_byte_beyond_the_length_counts) {
  for (size_t length = 0; length <= 40; length++) {
    uint8_t longer[48];
    memset(longer, 0x55, sizeof(longer));
    uint8_t *exact = malloc(length ? length : 1); // AddressSanitizer sees a read beyond it
    memcpy(exact, longer, length);
    CHECK_EQ(th_hash_bytes(exact, length, 1), th_hash_bytes(longer, length, 1));
    free(exact);
  }
}

TEST(the_place_of_the_key_does_not_count) {
  uint8_t bytes[64];
  for (size_t i = 0; i < 48; i++) {
    bytes[i] = (uint8_t)(i * 7);
  }
  const uint64_t hash = th_hash_bytes(bytes, 40, 99);
  for (size_t at = 1; at < 16; at++) {
    uint8_t moved[64];
    memcpy(moved + at, bytes, 40);
    CHECK_EQ(th_hash_bytes(moved + at, 40, 99), hash);
  }
}

// ---- collisions ----

// An open table of the hashes seen; 0 is an empty slot, and no hash of these tests.
enum { SEEN_SLOTS = 1 << 21 };

static uint64_t seen[SEEN_SLOTS];

static void forget_seen(void) {
  memset(seen, 0, sizeof(seen));
}

// Whether the hash is new.
static bool see(uint64_t hash) {
  size_t slot = hash % SEEN_SLOTS;
  while (seen[slot] && seen[slot] != hash) {
    slot = (slot + 1) % SEEN_SLOTS;
  }
  if (seen[slot]) return false;
  seen[slot] = hash;
  return true;
}

TEST(lengths_and_seeds_make_different_hashes) {
  static const uint8_t zeros[300];
  forget_seen();
  for (uint64_t seed = 0; seed < 200; seed++) {
    for (size_t length = 0; length <= sizeof(zeros); length++) {
      CHECK(see(th_hash_bytes(zeros, length, seed)));
    }
  }
}

// Key families: each writes key number n and returns its length.
static size_t decimal_key(uint32_t n, uint8_t *key) {
  char digits[16];
  size_t count = 0, length = 5;
  memcpy(key, "user:", 5);
  do {
    digits[count++] = (char)('0' + n % 10);
  } while (n /= 10);
  while (count > 0) {
    key[length++] = (uint8_t)digits[--count];
  }
  return length;
}

static size_t utf16_key(uint32_t n, uint8_t *key) {
  uint8_t latin1[32];
  const size_t units = decimal_key(n, latin1);
  for (size_t i = 0; i < units; i++) {
    key[2 * i] = latin1[i];
    key[2 * i + 1] = 0x30;
  }
  return 2 * units;
}

static size_t word_key(uint32_t n, uint8_t *key) {
  const uint64_t word = (uint64_t)n << 40; // only the high bytes differ
  memcpy(key, &word, 8);
  return 8;
}

static size_t long_key(uint32_t n, uint8_t *key) {
  memset(key, 'x', KEY_MAX);
  memcpy(key + 24, &n, 4);
  return KEY_MAX;
}

// Chi-squared of the counts against an even spread: about `bins` for good hashes, with a standard
// deviation of sqrt(2 * bins).
static double unevenness(const uint32_t *counts, uint32_t bins) {
  const double even = (double)KEYS / bins;
  double sum = 0;
  for (uint32_t i = 0; i < bins; i++) {
    sum += (counts[i] - even) * (counts[i] - even) / even;
  }
  return sum;
}

// The map chooses the shard by the top 6 bits, and the slot by low ones.
static void check_keys(size_t (*make)(uint32_t n, uint8_t *key), uint64_t seed) {
  static uint32_t top[64], low[1024], both[65536];
  memset(top, 0, sizeof(top));
  memset(low, 0, sizeof(low));
  memset(both, 0, sizeof(both));
  forget_seen();
  for (uint32_t n = 0; n < KEYS; n++) {
    uint8_t key[KEY_MAX];
    const uint64_t hash = th_hash_bytes(key, make(n, key), seed);
    CHECK(see(hash));
    top[hash >> 58]++;
    low[hash % 1024]++;
    both[hash >> 58 << 10 | hash % 1024]++;
  }
  CHECK(unevenness(top, 64) < 64 + 8 * 11);
  CHECK(unevenness(low, 1024) < 1024 + 8 * 45);
  CHECK(unevenness(both, 65536) < 65536 + 8 * 362);
}

TEST(a_million_decimal_keys_do_not_collide_and_spread_evenly) {
  check_keys(decimal_key, test_random());
}

TEST(a_million_utf16_keys_do_not_collide_and_spread_evenly) {
  check_keys(utf16_key, test_random());
}

TEST(a_million_words_do_not_collide_and_spread_evenly) {
  check_keys(word_key, test_random());
}

TEST(a_million_long_keys_do_not_collide_and_spread_evenly) {
  check_keys(long_key, test_random());
}

TEST(seeds_0_and_those_of_the_constants_spread_evenly_too) {
  check_keys(decimal_key, 0);
  check_keys(decimal_key, TH__HASH_K0);
}

// ---- keys made by somebody who knows the source but not the seed ----

static const uint64_t constants[] = {0,
                                     TH__HASH_K0,
                                     TH__HASH_K1,
                                     TH__HASH_K2,
                                     TH__HASH_K0 ^ TH__HASH_K1,
                                     TH__HASH_K0 ^ TH__HASH_K2,
                                     TH__HASH_K1 ^ TH__HASH_K2,
                                     TH__HASH_K0 ^ TH__HASH_K1 ^ TH__HASH_K2};

enum { CONSTANTS = sizeof(constants) / sizeof(constants[0]) };

// Two words in front of a tail; a length of 16 makes them the last words, 40 makes them inner ones.
static uint64_t hash_words(uint64_t first, uint64_t second, size_t length, uint64_t seed) {
  uint64_t words[5] = {first, second, 3, 4, 5};
  return th_hash_bytes(words, length, seed);
}

// A word that cancels a constant makes a factor 0, and the other word lost.
static void check_no_word_is_lost(uint64_t cancels, size_t length, uint64_t seed) {
  const uint64_t a = test_random(), b = test_random();
  CHECK(hash_words(cancels, a, length, seed) != hash_words(cancels, b, length, seed));
  CHECK(hash_words(a, cancels, length, seed) != hash_words(b, cancels, length, seed));
}

// The factors of a product can be exchanged, if a key can turn the one into the other.
static void check_no_exchange(uint64_t constant, size_t length, uint64_t seed) {
  const uint64_t a = test_random(), b = test_random();
  CHECK(hash_words(a, b, length, seed) != hash_words(b ^ constant, a ^ constant, length, seed));
}

TEST(keys_made_from_the_constants_do_not_collide) {
  static const size_t lengths[] = {16, 17, 24, 32, 33, 40};
  for (int i = 0; i < 20; i++) {
    const uint64_t seed = test_random();
    for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
      for (int k = 0; k < CONSTANTS; k++) {
        check_no_word_is_lost(constants[k], lengths[j], seed);
        check_no_word_is_lost(constants[k] ^ lengths[j], lengths[j], seed);
        check_no_exchange(constants[k], lengths[j], seed);
        check_no_exchange(constants[k] ^ lengths[j], lengths[j], seed);
      }
    }
  }
}

// ---- avalanche ----

static uint32_t bits_set(uint64_t bits) {
  uint32_t count = 0;
  for (; bits; bits &= bits - 1) {
    count++;
  }
  return count;
}

// Flips one bit of random keys: each time about half of the hash's bits must change.
static void check_avalanche(size_t length, size_t bit) {
  enum { SAMPLES = 64 };
  uint32_t flipped = 0;
  for (int i = 0; i < SAMPLES; i++) {
    uint8_t key[KEY_MAX];
    for (size_t j = 0; j < length; j++) {
      key[j] = (uint8_t)test_random();
    }
    const uint64_t seed = test_random();
    const uint64_t before = th_hash_bytes(key, length, seed);
    key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    flipped += bits_set(before ^ th_hash_bytes(key, length, seed));
  }
  // 2048 of 4096 bits are expected, with a standard deviation of 32.
  CHECK(flipped > 2048 - 7 * 32 && flipped < 2048 + 7 * 32);
}

TEST(every_bit_of_a_key_reaches_half_of_the_hash) {
  for (size_t length = 1; length <= 40; length++) {
    for (size_t bit = 0; bit < length * 8; bit += length < 9 ? 1 : 3) {
      check_avalanche(length, bit);
    }
  }
}

TEST(the_mix_has_no_collisions) {
  forget_seen();
  for (uint64_t n = 1; n < KEYS; n++) {
    CHECK(see(th_hash_mix(n << 20)));
  }
}
