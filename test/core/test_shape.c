// SPDX-License-Identifier: MIT
#include "core/shape.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "inject.h"

enum { THREADS = 4, COMMON = 500, LENGTH = 32 };

// The table is the process's, so each test has texts of its own, and the last one fills it.

static uint32_t number_of(const char *text) {
  uint32_t number = UINT32_MAX;
  CHECK(th_shape_number(text, strlen(text), &number));
  return number;
}

static void check_text(uint32_t number, const char *expected) {
  const char *text = NULL;
  size_t length = 0;
  CHECK(th_shape_text(number, &text, &length));
  CHECK_EQ(length, strlen(expected));
  CHECK(memcmp(text, expected, length) == 0);
}

TEST(a_text_has_one_number) {
  const uint32_t first = number_of("[\"x\",\"y\"]"), second = number_of("[\"y\",\"x\"]");
  CHECK(first != second);
  CHECK_EQ(number_of("[\"x\",\"y\"]"), first);
  check_text(first, "[\"x\",\"y\"]");
  check_text(second, "[\"y\",\"x\"]");
  const uint32_t empty = number_of("");
  CHECK_EQ(number_of(""), empty);
  check_text(empty, "");
}

TEST(texts_are_what_their_length_says) {
  uint32_t cut, zero;
  CHECK(th_shape_number("cut here", 3, &cut));
  CHECK_EQ(number_of("cut"), cut);
  CHECK(th_shape_number("cut\0", 4, &zero));
  CHECK(zero != cut);
}

TEST(numbers_that_nobody_was_given_have_no_text) {
  const char *text = "untouched";
  size_t length = 7;
  CHECK(!th_shape_text(TH_SHAPES_MAX - 1, &text, &length));
  CHECK(!th_shape_text(TH_SHAPES_MAX, &text, &length));
  CHECK(!th_shape_text(UINT32_MAX, &text, &length));
  CHECK_EQ(length, 7);
  CHECK(strcmp(text, "untouched") == 0);
}

TEST(a_text_that_is_too_long_gets_none) {
  char text[TH_SHAPE_LENGTH_MAX + 1];
  uint32_t number = 7;
  memset(text, 'k', sizeof(text));
  CHECK(!th_shape_number(text, sizeof(text), &number));
  CHECK_EQ(number, 7);
  CHECK(th_shape_number(text, sizeof(text) - 1, &number));
}

TEST(without_memory_a_text_gets_none_until_there_is_some) {
  uint32_t number = 7;
  const uint32_t known = number_of("known");
  inject_begin(1, 2, TH_NO_MEMORY);
  CHECK(!th_shape_number("short of memory", 15, &number));
  CHECK_EQ(number_of("known"), known);
  CHECK_EQ(inject_end(), 1);
  CHECK_EQ(number, 7);
  check_text(number_of("short of memory"), "short of memory");
}

static void number_common(int index, void *context) {
  uint32_t(*numbers)[COMMON] = context;
  char text[LENGTH];
  for (uint32_t i = 0; i < COMMON; i++) {
    const uint32_t n = (i + (uint32_t)index * 7) % COMMON;
    snprintf(text, sizeof(text), "common %u", n);
    numbers[index][n] = number_of(text);
    check_text(numbers[index][n], text);
  }
}

TEST(threads_give_the_same_number_to_the_same_text) {
  static uint32_t numbers[THREADS][COMMON];
  run_threads(THREADS, number_common, numbers);
  for (uint32_t i = 0; i < COMMON; i++) {
    for (uint32_t t = 1; t < THREADS; t++)
      CHECK_EQ(numbers[t][i], numbers[0][i]);
    for (uint32_t j = 0; j < i; j++)
      CHECK(numbers[0][i] != numbers[0][j]);
  }
}

static void number_all(int index, void *context) {
  (void)context;
  char text[LENGTH];
  for (uint32_t i = 0; i < TH_SHAPES_MAX; i++) {
    uint32_t number;
    snprintf(text, sizeof(text), "of thread %d: %u", index, i);
    if (!th_shape_number(text, strlen(text), &number)) return;
    check_text(number, text);
  }
}

TEST(when_all_numbers_are_given_new_texts_get_none) {
  const uint32_t first = number_of("before it was full");
  run_threads(THREADS, number_all, NULL);
  uint32_t number = 7;
  CHECK(!th_shape_number("after", 5, &number));
  CHECK_EQ(number, 7);
  CHECK_EQ(number_of("before it was full"), first);
  for (uint32_t i = 0; i < TH_SHAPES_MAX; i++) {
    const char *text;
    size_t length;
    CHECK(th_shape_text(i, &text, &length));
    CHECK(th_shape_number(text, length, &number));
    CHECK_EQ(number, i);
  }
}
