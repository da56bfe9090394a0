// SPDX-License-Identifier: MIT
#include "simulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "harness.h"

enum {
  HISTORY = 8, // stores a location keeps
  LOCATIONS = 1 << 16,
  HISTORIES = 1 << 17,
  GRANULE = 8, // bytes; no access is wider
  STACK_BYTES = 1 << 18,
  FRESH_LOADS = 16,    // up-to-date loads after a yield
  STEPS_MAX = 1 << 22, // operations of one schedule; more is a livelock
  DEFAULT_SCHEDULES = 1000,
};

typedef struct vector_clock {
  uint32_t time[SIM_THREADS_MAX];
} vector_clock;

// A store, or the value that was there before the first.
typedef struct store {
  uint64_t value;
  int thread;
  uint32_t time;        // of its thread; 0 happens before everything
  vector_clock sync;    // what a load that acquires it joins
  vector_clock read_by; // when each thread last read it; 0: never
} store;

typedef struct history {
  uint32_t count;
  store stores[HISTORY]; // oldest first
} history;

// The words of 8 aligned bytes. widths[i] is the width of the word that starts at byte i, or 0.
typedef struct location {
  uintptr_t granule; // address / GRANULE
  uint64_t run;      // the sim_run it belongs to; of an earlier one: a vacant slot
  uint8_t widths[GRANULE];
  history *words[GRANULE];
} location;

typedef struct thread {
  ucontext_t context;
  vector_clock clock;
  uint32_t fresh; // loads to come that are up to date
  bool done;
  void *stack;
} thread;

static location *locations; // hashed by granule, linear probing
static history *histories;
static uint32_t histories_used;
static thread threads[SIM_THREADS_MAX];
static ucontext_t home;
static int thread_count; // 0: nothing is simulated, operations are plain
static int current;
static uint64_t run_number;
static uint32_t steps;
static uint32_t switch_one_in; // how often another thread goes on
static uint32_t stale_one_in;  // how often a load looks at older stores; 0: never

static uint32_t below(uint32_t limit) {
  return (uint32_t)(test_random() % limit);
}

// ---- plain memory always holds the last store ----

static uint64_t plain_load(const void *at, size_t size) {
  uint64_t value = 0;
  memcpy(&value, at, size);
  return value;
}

static void plain_store(void *at, size_t size, uint64_t value) {
  memcpy(at, &value, size);
}

// ---- clocks ----

static void join(vector_clock *clock, const vector_clock *other) {
  for (int i = 0; i < SIM_THREADS_MAX; i++) {
    if (other->time[i] > clock->time[i]) clock->time[i] = other->time[i];
  }
}

// Whether the calling thread must not see anything older than this store.
static bool bounds(const store *s) {
  const vector_clock *now = &threads[current].clock;
  if (s->time <= now->time[s->thread]) return true;
  for (int i = 0; i < SIM_THREADS_MAX; i++) {
    if (s->read_by.time[i] != 0 && s->read_by.time[i] <= now->time[i]) return true;
  }
  return false;
}

// ---- histories ----

static location *find_location(uintptr_t granule) {
  uint32_t at = (uint32_t)((granule * 0x9e3779b97f4a7c15u) >> 48) % LOCATIONS;
  for (uint32_t i = 0; i < LOCATIONS; i++, at = (at + 1) % LOCATIONS) {
    location *l = &locations[at];
    if (l->run == run_number && l->granule == granule) return l;
    if (l->run == run_number) continue;
    *l = (location){.granule = granule, .run = run_number};
    return l;
  }
  test_fail(__FILE__, __LINE__, "a schedule touches too many words");
}

// Begins a history with the value in plain memory, which carries `sync`.
static void begin(history *h, uint64_t value, const vector_clock *sync) {
  h->count = 1;
  h->stores[0] = (store){.value = value, .sync = *sync};
}

// Forgets the words that overlap [offset, offset + size) but are not that word; joins what their
// last stores carried.
static void forget_overlaps(location *l, size_t offset, size_t size, vector_clock *sync) {
  for (size_t i = 0; i < GRANULE; i++) {
    const size_t width = l->widths[i];
    if (width == 0 || i >= offset + size || i + width <= offset) continue;
    join(sync, &l->words[i]->stores[l->words[i]->count - 1].sync);
    l->widths[i] = 0;
  }
}

static history *new_history(void) {
  if (histories_used == HISTORIES)
    test_fail(__FILE__, __LINE__, "a schedule touches too many words");
  return &histories[histories_used++];
}

static history *history_of(const void *at, size_t size) {
  const uintptr_t address = (uintptr_t)at;
  if (address % size != 0) test_fail(__FILE__, __LINE__, "an atomic access is not aligned");
  location *l = find_location(address / GRANULE);
  const size_t offset = address % GRANULE;
  history *h = l->words[offset];
  const uint64_t now = plain_load(at, size);
  vector_clock sync = {0};
  if (l->widths[offset] == size) {
    // Native memory that was freed, allocated again and zeroed has no history.
    if (h->stores[h->count - 1].value != now) begin(h, now, &sync);
    return h;
  }
  forget_overlaps(l, offset, size, &sync);
  l->widths[offset] = (uint8_t)size;
  if (!h) h = l->words[offset] = new_history();
  begin(h, now, &sync);
  return h;
}

static store *append(history *h) {
  if (h->count == HISTORY) {
    memmove(&h->stores[0], &h->stores[1], sizeof(store) * (HISTORY - 1));
    h->count--;
  }
  return &h->stores[h->count++];
}

static uint32_t oldest_visible(const history *h) {
  uint32_t i = h->count - 1;
  while (i > 0 && !bounds(&h->stores[i]))
    i--;
  return i;
}

static store *choose(history *h) {
  const uint32_t newest = h->count - 1;
  thread *self = &threads[current];
  if (self->fresh > 0) {
    self->fresh--;
    return &h->stores[newest];
  }
  if (stale_one_in == 0 || below(stale_one_in) != 0) return &h->stores[newest];
  const uint32_t oldest = oldest_visible(h);
  return &h->stores[oldest + below(newest - oldest + 1)];
}

static uint64_t read_store(store *s, sim_order order) {
  thread *self = &threads[current];
  s->read_by.time[current] = self->clock.time[current];
  if (order == SIM_ACQUIRE || order == SIM_ACQ_REL) join(&self->clock, &s->sync);
  return s->value;
}

// `passed` is what a read-modify-write passes on of the store that it read, or NULL.
static void write_store(history *h, void *at, size_t size, uint64_t value, sim_order order,
                        const vector_clock *passed) {
  const thread *self = &threads[current];
  store *s = append(h);
  *s = (store){.thread = current, .time = self->clock.time[current]};
  if (order == SIM_RELEASE || order == SIM_ACQ_REL) s->sync = self->clock;
  if (passed) join(&s->sync, passed);
  plain_store(at, size, value);
  s->value = plain_load(at, size);
}

// ---- the scheduler ----

static void go_on_with(int next) {
  const int previous = current;
  current = next;
  if (next != previous) swapcontext(&threads[previous].context, &threads[next].context);
}

// Another thread that has not ended, or the same when there is none.
static int another(void) {
  const int first = (int)below((uint32_t)thread_count);
  for (int i = 0; i < thread_count; i++) {
    const int candidate = (first + i) % thread_count;
    if (candidate != current && !threads[candidate].done) return candidate;
  }
  return current;
}

// What every operation begins with.
static void step(void) {
  if (++steps > STEPS_MAX) test_fail(__FILE__, __LINE__, "the threads wait for each other");
  if (below(switch_one_in) == 0) go_on_with(another());
  threads[current].clock.time[current]++;
}

int sim_yield(void) {
  if (thread_count == 0) return 0;
  threads[current].fresh = FRESH_LOADS;
  if (++steps > STEPS_MAX) test_fail(__FILE__, __LINE__, "the threads wait for each other");
  go_on_with(another());
  return 0;
}

// ---- operations ----

uint64_t sim_load(const void *at, size_t size, sim_order order) {
  if (thread_count == 0) return plain_load(at, size);
  step();
  return read_store(choose(history_of(at, size)), order);
}

void sim_store(void *at, size_t size, uint64_t value, sim_order order) {
  if (thread_count == 0) {
    plain_store(at, size, value);
    return;
  }
  step();
  write_store(history_of(at, size), at, size, value, order, NULL);
}

typedef uint64_t (*update)(uint64_t old, uint64_t operand);

static uint64_t replaced(uint64_t old, uint64_t operand) {
  (void)old;
  return operand;
}

static uint64_t added(uint64_t old, uint64_t operand) {
  return old + operand;
}

static uint64_t read_modify_write(void *at, size_t size, update new_value, uint64_t operand,
                                  sim_order order) {
  if (thread_count == 0) {
    const uint64_t old = plain_load(at, size);
    plain_store(at, size, new_value(old, operand));
    return old;
  }
  step();
  history *h = history_of(at, size);
  store *last = &h->stores[h->count - 1];
  const vector_clock passed = last->sync;
  const uint64_t old = read_store(last, order);
  write_store(h, at, size, new_value(old, operand), order, &passed);
  return old;
}

uint64_t sim_exchange(void *at, size_t size, uint64_t value, sim_order order) {
  return read_modify_write(at, size, replaced, value, order);
}

uint64_t sim_add(void *at, size_t size, uint64_t value, sim_order order) {
  return read_modify_write(at, size, added, value, order);
}

bool sim_compare_exchange(void *at, void *expected, size_t size, uint64_t value) {
  if (thread_count > 0) step();
  const uint64_t wanted = plain_load(expected, size);
  const uint64_t now = plain_load(at, size);
  if (now != wanted) {
    if (thread_count > 0) {
      history *h = history_of(at, size);
      read_store(&h->stores[h->count - 1], SIM_ACQUIRE);
    }
    plain_store(expected, size, now);
    return false;
  }
  if (thread_count == 0) {
    plain_store(at, size, value);
    return true;
  }
  history *h = history_of(at, size);
  store *last = &h->stores[h->count - 1];
  const vector_clock passed = last->sync;
  read_store(last, SIM_ACQ_REL);
  write_store(h, at, size, value, SIM_ACQ_REL, &passed);
  return true;
}

// ---- running ----

static struct {
  void (*body)(int index, void *context);
  void *context;
} job;

static void run_thread(void) {
  job.body(current, job.context);
  threads[current].done = true;
  const int next = another();
  if (next == current) setcontext(&home);
  current = next;
  setcontext(&threads[next].context);
}

static void prepare(int index) {
  thread *t = &threads[index];
  if (!t->stack) t->stack = malloc(STACK_BYTES);
  if (!t->stack) abort();
  t->done = false;
  t->fresh = 0;
  memset(&t->clock, 0, sizeof(t->clock));
  getcontext(&t->context);
  t->context.uc_stack.ss_sp = t->stack;
  t->context.uc_stack.ss_size = STACK_BYTES;
  t->context.uc_link = NULL;
  makecontext(&t->context, run_thread, 0);
}

void sim_run(int count, void (*body)(int index, void *context), void *context) {
  static const uint32_t switches[] = {2, 4, 16, 64, 256};
  static const uint32_t stales[] = {0, 1, 2, 8};
  if (!locations) {
    locations = calloc(LOCATIONS, sizeof(*locations));
    histories = calloc(HISTORIES, sizeof(*histories));
    if (!locations || !histories) abort();
  }
  histories_used = 0;
  job.body = body;
  job.context = context;
  run_number++;
  steps = 0;
  switch_one_in = switches[below(sizeof(switches) / sizeof(*switches))];
  stale_one_in = stales[below(sizeof(stales) / sizeof(*stales))];
  for (int i = 0; i < count; i++) {
    prepare(i);
  }
  current = (int)below((uint32_t)count);
  thread_count = count;
  swapcontext(&home, &threads[current].context);
  thread_count = 0;
}

static double now_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void sim_explore(void (*scenario)(void)) {
  const char *count_text = getenv("SCHEDULES");
  const char *seconds_text = getenv("SCHEDULE_SECONDS");
  const uint64_t wanted = count_text ? strtoull(count_text, NULL, 0) : DEFAULT_SCHEDULES;
  const double end = seconds_text ? now_seconds() + strtod(seconds_text, NULL) : 0;
  uint64_t done = 0;
  thread_count = 0; // a test before may have failed inside a schedule
  while (end > 0 ? now_seconds() < end : done < wanted) {
    if (done > 0) test_next_seed();
    scenario();
    done++;
  }
  printf("# %llu schedules\n", (unsigned long long)done);
}
