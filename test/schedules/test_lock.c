// SPDX-License-Identifier: MIT
// Locks, and the simulator itself: that it shows what it is for.
#include "core/lock.h"
#include "harness.h"

enum { THREADS = 3, ROUNDS = 4 };

static th_lock lock;
static th_atomic_u64 waits;
static uint32_t plain;          // as native state that a lock guards
static th_atomic_u32 shared[2]; // as words of the image

static void add_under_lock(int index, void *context) {
  (void)index;
  (void)context;
  for (int i = 0; i < ROUNDS; i++) {
    th_lock_wait(&lock, &waits);
    const uint32_t seen = plain;
    const uint32_t first = th_load_relaxed(&shared[0]);
    th_store_relaxed(&shared[0], first + 1);
    th_store_relaxed(&shared[1], th_load_relaxed(&shared[1]) + 1);
    CHECK_EQ(first, seen);
    plain = seen + 1;
    th_lock_release(&lock);
  }
}

static void counters_under_a_lock(void) {
  plain = 0;
  th_store_relaxed(&shared[0], 0);
  th_store_relaxed(&shared[1], 0);
  sim_run(THREADS, add_under_lock, NULL);
  CHECK_EQ(plain, THREADS * ROUNDS);
  CHECK_EQ(th_load_relaxed(&shared[0]), THREADS * ROUNDS);
  CHECK_EQ(th_load_relaxed(&shared[1]), THREADS * ROUNDS);
}

TEST(a_lock_admits_one_thread_and_shows_it_all_that_was_written_under_it) {
  sim_explore(counters_under_a_lock);
}

static void try_under_lock(int index, void *context) {
  (void)index;
  (void)context;
  for (int i = 0; i < ROUNDS; i++) {
    while (th_lock_try(&lock, &waits) == TH_BUSY) {
    }
    th_store_relaxed(&shared[0], th_load_relaxed(&shared[0]) + 1);
    th_lock_release(&lock);
  }
}

static void counters_by_trying(void) {
  th_store_relaxed(&shared[0], 0);
  sim_run(THREADS, try_under_lock, NULL);
  CHECK_EQ(th_load_relaxed(&shared[0]), THREADS * ROUNDS);
}

TEST(a_lock_that_was_tried_is_as_good) {
  sim_explore(counters_by_trying);
}

// ---- what the simulator must and must not show, as C11 has it ----

static uint32_t outcomes[4]; // how often flag and data were seen as 0 0, 0 1, 1 0, 1 1
static sim_order store_order, load_order;

static void pass_message(int index, void *context) {
  (void)context;
  if (index == 0) {
    sim_store(&shared[0], 4, 1, SIM_RELAXED);
    sim_store(&shared[1], 4, 1, store_order);
  } else {
    const uint64_t flag = sim_load(&shared[1], 4, load_order);
    const uint64_t data = sim_load(&shared[0], 4, SIM_RELAXED);
    outcomes[flag * 2 + data]++;
  }
}

static void message(void) {
  th_store_relaxed(&shared[0], 0);
  th_store_relaxed(&shared[1], 0);
  sim_run(2, pass_message, NULL);
}

static void explore_message(sim_order store, sim_order load) {
  for (int i = 0; i < 4; i++)
    outcomes[i] = 0;
  store_order = store;
  load_order = load;
  sim_explore(message);
}

TEST(the_simulator_lets_a_relaxed_store_be_seen_before_an_earlier_one) {
  explore_message(SIM_RELAXED, SIM_ACQUIRE);
  CHECK(outcomes[2] > 0);
  explore_message(SIM_RELEASE, SIM_RELAXED);
  CHECK(outcomes[2] > 0);
}

TEST(the_simulator_keeps_what_is_released_and_acquired_in_order) {
  explore_message(SIM_RELEASE, SIM_ACQUIRE);
  CHECK_EQ(outcomes[2], 0);
  CHECK(outcomes[0] > 0);
  CHECK(outcomes[3] > 0);
}

static void read_twice(int index, void *context) {
  (void)context;
  if (index == 0) {
    sim_store(&shared[0], 4, 1, SIM_RELAXED);
    sim_store(&shared[0], 4, 2, SIM_RELAXED);
    return;
  }
  const uint64_t first = sim_load(&shared[0], 4, SIM_RELAXED);
  CHECK(sim_load(&shared[0], 4, SIM_RELAXED) >= first);
}

static void coherence(void) {
  th_store_relaxed(&shared[0], 0);
  sim_run(3, read_twice, NULL);
}

TEST(the_simulator_never_goes_back_in_one_word) {
  sim_explore(coherence);
}

static void add_without_lock(int index, void *context) {
  (void)index;
  (void)context;
  for (int i = 0; i < ROUNDS; i++) {
    th_fetch_add_relaxed(&shared[0], 1);
  }
}

static void counters_by_adding(void) {
  th_store_relaxed(&shared[0], 0);
  sim_run(THREADS, add_without_lock, NULL);
  CHECK_EQ(th_load_relaxed(&shared[0]), THREADS * ROUNDS);
}

TEST(the_simulator_loses_no_atomic_addition) {
  sim_explore(counters_by_adding);
}
