// SPDX-License-Identifier: MIT
#include "core/bytes.h"

#include <string.h>

#include "core/atomic.h"
#include "harness.h"

enum { ALIGNS = 8, LENGTHS = 41, ROOM = 128 };

// Two areas that are aligned as blocks are, and what they should hold.
static _Alignas(16) uint8_t image[ROOM];
static _Alignas(16) uint8_t native[ROOM];
static uint8_t expected[ROOM];

static void randomise(void) {
  for (int i = 0; i < ROOM; i++) {
    image[i] = expected[i] = (uint8_t)test_random();
    native[i] = (uint8_t)test_random();
  }
}

// Calls check with every pair of alignments and every length.
static void each_case(void (*check)(size_t image_at, size_t native_at, size_t length)) {
  for (size_t i = 0; i < ALIGNS; i++) {
    for (size_t j = 0; j < ALIGNS; j++) {
      for (size_t length = 0; length < LENGTHS; length++) {
        randomise();
        check(16 + i, 16 + j, length);
      }
    }
  }
}

static void check_store(size_t image_at, size_t native_at, size_t length) {
  memcpy(expected + image_at, native + native_at, length);
  th_bytes_store(image + image_at, native + native_at, length);
  CHECK(memcmp(image, expected, ROOM) == 0);
}

TEST(store_copies_the_bytes_and_no_others) {
  each_case(check_store);
}

static void check_load(size_t image_at, size_t native_at, size_t length) {
  memcpy(expected, native, ROOM);
  memcpy(expected + native_at, image + image_at, length);
  th_bytes_load(native + native_at, image + image_at, length);
  CHECK(memcmp(native, expected, ROOM) == 0);
}

TEST(load_copies_the_bytes_and_no_others) {
  each_case(check_load);
}

static void check_move(size_t to, size_t from, size_t length) {
  memmove(expected + to, expected + from, length);
  th_bytes_move(image + to, image + from, length);
  CHECK(memcmp(image, expected, ROOM) == 0);
}

TEST(move_copies_between_places_that_do_not_overlap) {
  for (size_t to = 0; to < ALIGNS; to++) {
    for (size_t from = 0; from < ALIGNS; from++) {
      for (size_t length = 0; length < LENGTHS; length++) {
        randomise();
        check_move(to, 64 + from, length);
        check_move(64 + to, from, length);
      }
    }
  }
}

TEST(move_down_copies_between_places_that_overlap) {
  for (size_t to = 0; to < ALIGNS; to++) {
    for (size_t distance = 0; distance < LENGTHS; distance++) {
      for (size_t length = 0; length < LENGTHS; length++) {
        randomise();
        check_move(to, to + distance, length);
      }
    }
  }
}

TEST(clear_zeroes_the_bytes_and_no_others) {
  for (size_t at = 0; at < ALIGNS; at++) {
    for (size_t length = 0; length < LENGTHS; length++) {
      randomise();
      memset(expected + at, 0, length);
      th_bytes_clear(image + at, length);
      CHECK(memcmp(image, expected, ROOM) == 0);
    }
  }
}

// ---- beside readers ----

enum { ROUNDS = 20000, WORDS = 16 };

typedef struct wide {
  _Alignas(16) uint8_t from[WORDS * 8];
  _Alignas(16) uint8_t to[WORDS * 8];
  th_atomic_u32 writing;
} wide;

static void write_equal_bytes(wide *w) {
  uint8_t bytes[WORDS * 8];
  for (int i = 0; i < ROUNDS; i++) {
    memset(bytes, (int)test_random(), sizeof(bytes));
    // The last two begin inside a word, as elements of narrow types do.
    th_bytes_store(w->from, bytes, sizeof(bytes));
    th_bytes_move(w->to + 2, w->from + 2, sizeof(bytes) - 2);
    th_bytes_clear(w->to + 4, sizeof(bytes) - 8);
  }
  w->writing = 0;
}

static void check_whole(const uint8_t *area) {
  uint64_t word;
  th_bytes_load(&word, area + 8 * (1 + test_random() % (WORDS - 2)), 8);
  CHECK_EQ(word, (word & 0xff) * 0x0101010101010101u);
}

static void write_or_read(int index, void *context) {
  wide *w = context;
  if (index == 0) {
    write_equal_bytes(w);
    return;
  }
  while (w->writing) {
    check_whole(w->from);
    check_whole(w->to);
  }
}

TEST(aligned_words_are_never_seen_torn) {
  static wide w;
  memset(&w, 0, sizeof(w));
  w.writing = 1;
  run_threads(2, write_or_read, &w);
}
