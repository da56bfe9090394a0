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
static size_t integer_key(uint32_t n, uint8_t *key) {
  const double number = (double)n - KEYS / 2;
  memcpy(key, &number, 8);
  return 8;
}

static size_t fraction_key(uint32_t n, uint8_t *key) {
  const double number = n / 1024.0;
  memcpy(key, &number, 8);
  return 8;
}

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

typedef uint64_t (*hash_of)(const uint8_t *key, size_t length, uint64_t seed);

static uint64_t hash_bytes(const uint8_t *key, size_t length, uint64_t seed) {
  return th_hash_bytes(key, length, seed);
}

// Of keys of up to 14 bytes, as those of a cell.
static uint64_t hash_words(const uint8_t *key, size_t length, uint64_t seed) {
  const th_hash_secret secret = th_hash_secret_of(seed);
  const uint64_t high = length > 8 ? th_word_of(key + 8, length - 8) : 0;
  return th_hash_words(&secret, th_word_of(key, length), high | (uint64_t)length << 56);
}

// The map chooses the shard by the top 8 bits, and the slot by low ones.
static void check_keys(hash_of hash_key, size_t (*make)(uint32_t n, uint8_t *key), uint64_t seed) {
  static uint32_t top[256], low[1024], both[262144];
  memset(top, 0, sizeof(top));
  memset(low, 0, sizeof(low));
  memset(both, 0, sizeof(both));
  forget_seen();
  for (uint32_t n = 0; n < KEYS; n++) {
    uint8_t key[KEY_MAX];
    const uint64_t hash = hash_key(key, make(n, key), seed);
    CHECK(see(hash));
    top[hash >> 56]++;
    low[hash % 1024]++;
    both[hash >> 56 << 10 | hash % 1024]++;
  }
  CHECK(unevenness(top, 256) < 256 + 8 * 23);
  CHECK(unevenness(low, 1024) < 1024 + 8 * 45);
  CHECK(unevenness(both, 262144) < 262144 + 8 * 724);
}

TEST(a_million_decimal_keys_do_not_collide_and_spread_evenly) {
  check_keys(hash_bytes, decimal_key, test_random());
}

TEST(a_million_utf16_keys_do_not_collide_and_spread_evenly) {
  check_keys(hash_bytes, utf16_key, test_random());
}

TEST(a_million_words_do_not_collide_and_spread_evenly) {
  check_keys(hash_bytes, word_key, test_random());
}

TEST(a_million_long_keys_do_not_collide_and_spread_evenly) {
  check_keys(hash_bytes, long_key, test_random());
}

TEST(seeds_0_and_those_of_the_constants_spread_evenly_too) {
  check_keys(hash_bytes, decimal_key, 0);
  check_keys(hash_bytes, decimal_key, TH__HASH_K0);
}

TEST(a_million_short_keys_do_not_collide_and_spread_evenly) {
  check_keys(hash_words, decimal_key, test_random());
  check_keys(hash_words, word_key, test_random());
  check_keys(hash_words, integer_key, test_random());
  check_keys(hash_words, fraction_key, test_random());
  check_keys(hash_words, decimal_key, 0);
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
static uint64_t hash_of_words(uint64_t first, uint64_t second, size_t length, uint64_t seed) {
  uint64_t words[5] = {first, second, 3, 4, 5};
  return th_hash_bytes(words, length, seed);
}

// A word that cancels a constant makes a factor 0, and the other word lost.
static void check_no_word_is_lost(uint64_t cancels, size_t length, uint64_t seed) {
  const uint64_t a = test_random(), b = test_random();
  CHECK(hash_of_words(cancels, a, length, seed) != hash_of_words(cancels, b, length, seed));
  CHECK(hash_of_words(a, cancels, length, seed) != hash_of_words(b, cancels, length, seed));
}

// The factors of a product can be exchanged, if a key can turn the one into the other.
static void check_no_exchange(uint64_t constant, size_t length, uint64_t seed) {
  const uint64_t a = test_random(), b = test_random();
  CHECK(hash_of_words(a, b, length, seed) !=
        hash_of_words(b ^ constant, a ^ constant, length, seed));
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
static void check_avalanche(hash_of hash_key, size_t length, size_t bit) {
  enum { SAMPLES = 64 };
  uint32_t flipped = 0;
  for (int i = 0; i < SAMPLES; i++) {
    uint8_t key[KEY_MAX];
    for (size_t j = 0; j < length; j++) {
      key[j] = (uint8_t)test_random();
    }
    const uint64_t seed = test_random();
    const uint64_t before = hash_key(key, length, seed);
    key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    flipped += bits_set(before ^ hash_key(key, length, seed));
  }
  // 2048 of 4096 bits are expected, with a standard deviation of 32.
  CHECK(flipped > 2048 - 7 * 32 && flipped < 2048 + 7 * 32);
}

TEST(every_bit_of_a_key_reaches_half_of_the_hash) {
  for (size_t length = 1; length <= 40; length++) {
    for (size_t bit = 0; bit < length * 8; bit += length < 9 ? 1 : 3) {
      check_avalanche(hash_bytes, length, bit);
      if (length <= 14) check_avalanche(hash_words, length, bit);
    }
  }
}

// Half of the secrets must tell any two keys apart by any bit of the hash; these are such that many
// a hash of words loses one in them.
TEST(short_keys_that_differ_in_high_bits_only_collide_no_more_often_than_others) {
  static const uint64_t differences[] = {1ull << 63,         1ull << 31, 1ull << 63 | 1ull << 31,
                                         1ull << 32,         UINT64_MAX, UINT32_MAX,
                                         0xffffffffull << 32};
  uint32_t same = 0;
  for (uint32_t i = 0; i < 200000; i++) {
    const th_hash_secret secret = th_hash_secret_of(test_random());
    const uint64_t low = test_random(), high = test_random() >> 16;
    const uint64_t change = differences[i % (sizeof(differences) / sizeof(differences[0]))];
    const uint64_t hash = th_hash_words(&secret, low, high);
    const uint64_t of_low = th_hash_words(&secret, low ^ change, high);
    const uint64_t of_both = th_hash_words(&secret, low ^ change, high ^ change >> 16);
    CHECK(of_low != hash && of_both != hash);
    same += of_low % 4096 == hash % 4096; // 49 are expected, with a standard deviation of 7
    same += of_both % 4096 == hash % 4096;
  }
  CHECK(same < 98 + 7 * 10);
}

TEST(the_mix_has_no_collisions) {
  forget_seen();
  for (uint64_t n = 1; n < KEYS; n++) {
    CHECK(see(th_hash_mix(n << 20)));
  }
}
