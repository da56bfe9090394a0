// SPDX-License-Identifier: MIT
#include "core/lock.h"
#include "harness.h"

enum { THREADS = 4, ROUNDS = 20000 };

// The counter is plain: without mutual exclusion additions are lost, and ThreadSanitizer sees it.
typedef struct counter {
  th_lock lock;
  th_atomic_u64 waits;
  uint64_t count;
  _Atomic uint64_t busy;
} counter;

static void add_waiting(int index, void *context) {
  (void)index;
  counter *c = context;
  for (int i = 0; i < ROUNDS; i++) {
    th_lock_wait(&c->lock, &c->waits);
    c->count++;
    th_lock_release(&c->lock);
  }
}

static void add_trying(int index, void *context) {
  (void)index;
  counter *c = context;
  for (int i = 0; i < ROUNDS; i++) {
    if (th_lock_try(&c->lock, &c->waits) != TH_OK) {
      c->busy++;
      continue;
    }
    c->count++;
    th_lock_release(&c->lock);
  }
}

TEST(a_waited_for_lock_has_one_holder) {
  counter c = {0};
  run_threads(THREADS, add_waiting, &c);
  CHECK_EQ(c.count, THREADS * ROUNDS);
}

TEST(a_tried_lock_has_one_holder) {
  counter c = {0};
  run_threads(THREADS, add_trying, &c);
  CHECK_EQ(c.count + c.busy, THREADS * ROUNDS);
}

TEST(trying_a_held_lock_is_busy_and_leaves_it_held) {
  th_lock lock = {0};
  th_atomic_u64 waits = 0;
  CHECK_EQ(th_lock_try(&lock, &waits), TH_OK);
  CHECK_EQ(th_lock_try(&lock, &waits), TH_BUSY);
  CHECK_EQ(waits, 1);
  CHECK_EQ(th_lock_try(&lock, &waits), TH_BUSY);
  CHECK_EQ(waits, 2);
  th_lock_release(&lock);
  CHECK_EQ(th_lock_try(&lock, &waits), TH_OK);
}
