/* SPDX-License-Identifier: MIT */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

/* A small harness for the C tests, on POSIX threads and without Node. A test file defines tests
 * and nothing else; harness.c has main(), which runs them in order:
 *
 *   #include "core/list.h"
 *   #include "harness.h"
 *
 *   TEST(push_appends) {
 *     CHECK_EQ(count, 1);
 *   }
 *
 * Environment: TEST_SEED (random seed), TEST_TIMEOUT (seconds for the whole program), TEST_BAIL (no
 * test after one that failed). */

#include <stdint.h>

typedef struct test_case {
  const char *name;
  void (*run)(void);
  struct test_case *next;
} test_case_t;

/* Defines a test; it registers itself before main(). */
#define TEST(name)                                                                                 \
  static void test_##name(void);                                                                   \
  __attribute__((constructor)) static void register_##name(void) {                                 \
    static test_case_t entry = {#name, test_##name, 0};                                            \
    test_register(&entry);                                                                         \
  }                                                                                                \
  static void test_##name(void)

/* Fails and leaves the running test unless expr holds. May stand in any function of the test and
 * in a body of run_threads(), where it ends that thread, and the test once all have returned. */
#define CHECK(expr)                                                                                \
  do {                                                                                             \
    if (!(expr)) test_fail(__FILE__, __LINE__, #expr);                                             \
  } while (0)

/* CHECK for two integers up to 64 bits, which prints both on failure. */
#define CHECK_EQ(actual, expected)                                                                 \
  test_check_equal(__FILE__, __LINE__, #actual " == " #expected, (uint64_t)(actual),               \
                   (uint64_t)(expected))

void test_register(test_case_t *test);

/* Fails the test with a message in the manner of printf. Does not return. */
__attribute__((noreturn, format(printf, 3, 4))) void test_fail(const char *file, int line,
                                                               const char *format, ...);

void test_check_equal(const char *file, int line, const char *text, uint64_t actual,
                      uint64_t expected);

/* What the running test is about to try, in the manner of printf: a failure says it too. */
__attribute__((format(printf, 1, 2))) void test_trying(const char *format, ...);

/* A random number. Each thread of run_threads() has its own sequence, which depends on the seed
 * and its index alone, so a failure can be repeated with the seed it prints. */
uint64_t test_random(void);

/* Goes on with the next seed, which a failure then prints and which repeats what follows. */
void test_next_seed(void);

/* Runs body(index, context) on `count` threads, which start together, and waits for them all. */
void run_threads(int count, void (*body)(int index, void *context), void *context);

#endif
