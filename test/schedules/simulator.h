// SPDX-License-Identifier: MIT
// Runs threads one at a time on a simulated shared memory, so that a schedule, and what each load
// returns, follow from a random seed and can be repeated.
//
// Schedules: before every atomic operation the simulator may go on with another thread.
//
// Memory: a weaker one than any processor at hand. Every atomic location keeps its last stores in
// modification order. A load may return any of them that C11 allows: not one that is older than a
// store that happens before the load, nor than what a read that happens before it returned.
// Happens-before is kept in vector clocks (Mattern, "Virtual Time and Global States of Distributed
// Systems", 1989): a release store carries the clock of its thread, an acquire load that reads it
// joins it, and read-modify-writes read the last store and pass on what it carried. The idea of
// checking C11 in this way is that of CDSChecker (Norris and Demsky, OOPSLA 2013); here behaviours
// are sampled, not enumerated.
//
// Not simulated: stores that take effect before an earlier load of their thread (load buffering),
// stores that enter the modification order behind later ones, accesses that are not atomic (they
// see the last value; ThreadSanitizer looks for races between them), sequential consistency (the
// core does not use it). When a word is accessed with another width than before, its history is
// forgotten and every thread sees the last value.
#ifndef TEST_SIMULATOR_H
#define TEST_SIMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_THREADS_MAX = 4 };

typedef enum sim_order { SIM_RELAXED, SIM_ACQUIRE, SIM_RELEASE, SIM_ACQ_REL } sim_order;

// Calls scenario() over and over, each time with the next seed, as often as SCHEDULES says or, with
// SCHEDULE_SECONDS, for so long.
void sim_explore(void (*scenario)(void));

// Runs body(index, context) on `count` simulated threads to their ends, under the schedule that
// the seed gives. What happened before the call happens before the threads, and they before what
// follows. A failing check in any of them ends the test.
void sim_run(int count, void (*body)(int index, void *context), void *context);

uint64_t sim_load(const void *at, size_t size, sim_order order);
void sim_store(void *at, size_t size, uint64_t value, sim_order order);
uint64_t sim_exchange(void *at, size_t size, uint64_t value, sim_order order);
uint64_t sim_add(void *at, size_t size, uint64_t value, sim_order order);
bool sim_compare_exchange(void *at, void *expected, size_t size, uint64_t value);

// The calling thread waits for others: one of them goes on, and its own next loads are up to date,
// as every store is seen some time. Returns 0, as sched_yield does.
int sim_yield(void);

#endif
