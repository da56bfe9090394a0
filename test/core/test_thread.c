// SPDX-License-Identifier: MIT
#include "core/thread.h"

#include <stddef.h>

#include "harness.h"

enum { THREADS = 4, EACH = 20000 };

// The table is the process's, so each test has numbers of its own.
enum { FIRST = 1000, SECOND = 5000, THIRD = 1 << 20 };

TEST(a_thread_has_ended_once_it_is_said) {
  CHECK(!th_thread_has_ended(FIRST));
  th_thread_end(FIRST);
  th_thread_end(FIRST);
  CHECK(th_thread_has_ended(FIRST));
  for (uint32_t i = 1; i < 20; i++) {
    CHECK(!th_thread_has_ended(FIRST - i));
    CHECK(!th_thread_has_ended(FIRST + i));
  }
}

TEST(numbers_out_of_range_never_end) {
  th_thread_end(TH_THREADS_MAX);
  th_thread_end(UINT32_MAX);
  CHECK(!th_thread_has_ended(TH_THREADS_MAX));
  CHECK(!th_thread_has_ended(UINT32_MAX));
}

TEST(any_numbers_end_as_in_a_model) {
  bool ended[4096] = {false};
  for (int i = 0; i < 20000; i++) {
    const uint32_t n = (uint32_t)(test_random() % 4096);
    if (test_random() % 4 == 0) {
      th_thread_end(SECOND + n);
      ended[n] = true;
    }
    CHECK_EQ(th_thread_has_ended(SECOND + n), ended[n]);
  }
}

static void end_own(int index, void *context) {
  (void)context;
  for (uint32_t i = 0; i < EACH; i++) {
    const uint32_t thread = THIRD + i * THREADS + (uint32_t)index;
    CHECK(!th_thread_has_ended(thread));
    th_thread_end(thread);
    CHECK(th_thread_has_ended(thread));
  }
}

TEST(threads_end_side_by_side) {
  run_threads(THREADS, end_own, NULL);
  for (uint32_t i = 0; i < THREADS * EACH; i++) {
    CHECK(th_thread_has_ended(THIRD + i));
  }
}
