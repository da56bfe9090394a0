/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "harness.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SEED            0x7468726561646870u
#define DEFAULT_TIMEOUT_SECONDS 120

static test_case_t *first;
static test_case_t **end = &first;
static const char *running = "";
static uint64_t seed = DEFAULT_SEED; /* of the program */
static uint64_t test_seed;           /* the one that repeats what runs now */

static pthread_mutex_t report_mutex = PTHREAD_MUTEX_INITIALIZER;
static char trying[128];
static bool failed; /* the running test has failed; guarded by report_mutex */

static _Thread_local jmp_buf *way_out; /* where a failing check of this thread goes */
static _Thread_local uint64_t random_state;

void test_register(test_case_t *test) {
  *end = test;
  end = &test->next;
}

/* ---- failing ---- */

/* The first failure of a test is the one reported; the others follow from it. */
void test_fail(const char *file, int line, const char *format, ...) {
  pthread_mutex_lock(&report_mutex);
  if (!failed) {
    va_list args;
    failed = true;
    printf("FAIL %s: %s:%d: ", running, file, line);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    if (trying[0]) printf(", trying %s", trying);
    printf(" (TEST_SEED=0x%llx)\n", (unsigned long long)test_seed);
  }
  pthread_mutex_unlock(&report_mutex);
  if (!way_out) exit(1); /* a thread that run_threads() did not start */
  longjmp(*way_out, 1);
}

void test_check_equal(const char *file, int line, const char *text, uint64_t actual,
                      uint64_t expected) {
  if (actual == expected) return;
  test_fail(file, line, "%s: %llu (0x%llx) is not %llu (0x%llx)", text, (unsigned long long)actual,
            (unsigned long long)actual, (unsigned long long)expected, (unsigned long long)expected);
}

void test_trying(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(trying, sizeof(trying), format, args);
  va_end(args);
}

static bool has_failed(void) {
  pthread_mutex_lock(&report_mutex);
  const bool result = failed;
  pthread_mutex_unlock(&report_mutex);
  return result;
}

/* Only calls that are safe in a signal handler. */
static void write_text(const char *text) {
  if (write(STDOUT_FILENO, text, strlen(text)) < 0) _exit(1);
}

static void on_alarm(int signal_number) {
  (void)signal_number;
  write_text("FAIL ");
  write_text(running);
  write_text(": timed out\n");
  _exit(1);
}

/* ---- random numbers: splitmix64 ---- */

uint64_t test_random(void) {
  uint64_t z = random_state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void test_next_seed(void) {
  random_state = ++test_seed;
}

/* ---- threads ---- */

typedef struct {
  void (*body)(int index, void *context);
  void *context;
  pthread_mutex_t mutex;
  pthread_cond_t all_here;
  int missing; /* threads that have not reached the start; guarded by mutex */
} team_t;

typedef struct {
  team_t *team;
  int index;
  pthread_t thread;
} member_t;

static void wait_for_start(team_t *team) {
  pthread_mutex_lock(&team->mutex);
  if (--team->missing == 0) pthread_cond_broadcast(&team->all_here);
  while (team->missing > 0)
    pthread_cond_wait(&team->all_here, &team->mutex);
  pthread_mutex_unlock(&team->mutex);
}

static void *run_member(void *argument) {
  const member_t *member = argument;
  jmp_buf leave;
  random_state = test_seed + (uint64_t)member->index + 1;
  (void)test_random();
  way_out = &leave;
  wait_for_start(member->team);
  if (setjmp(leave) == 0) member->team->body(member->index, member->team->context);
  return NULL;
}

void run_threads(int count, void (*body)(int index, void *context), void *context) {
  team_t team = {body, context, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, count};
  member_t *members = calloc((size_t)count, sizeof *members);
  if (!members) abort();

  for (int i = 0; i < count; i++) {
    members[i] = (member_t){.team = &team, .index = i};
    if (pthread_create(&members[i].thread, NULL, run_member, &members[i])) abort();
  }
  for (int i = 0; i < count; i++)
    pthread_join(members[i].thread, NULL);

  free(members);
  if (has_failed()) longjmp(*way_out, 1);
}

/* ---- the program ---- */

/* Returns whether the test passed. */
static bool run_test(const test_case_t *test) {
  jmp_buf leave;
  running = test->name;
  failed = false;
  trying[0] = 0;
  random_state = test_seed = seed;
  way_out = &leave;
  if (setjmp(leave) == 0) test->run();
  if (failed) return false;
  printf("ok %s\n", test->name);
  return true;
}

int main(void) {
  const char *seed_text = getenv("TEST_SEED");
  const char *timeout_text = getenv("TEST_TIMEOUT");
  const bool bail = getenv("TEST_BAIL");
  int failures = 0;

  if (seed_text) seed = strtoull(seed_text, NULL, 0);
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGALRM, on_alarm);
  alarm(timeout_text ? (unsigned)strtoul(timeout_text, NULL, 10) : DEFAULT_TIMEOUT_SECONDS);

  for (const test_case_t *test = first; test && !(bail && failures); test = test->next)
    if (!run_test(test)) failures++;
  return failures ? 1 : 0;
}
