// SPDX-License-Identifier: MIT
#include "process.h"

#include "system.h"

#define MAXIMUM  (1ull << 32)
#define SMALLEST (1ull << 24) // less address space than that is as good as none

enum { GROWTH_UNIT = 1 << 18, GROWTH_DIVISOR = 8 };

static th_lock lock; // guards all of this, and the growth
static th_atomic_u64 waits;
static th_record *record;
static th_names names;

// Makes the heap's names, through a handle of its own.
static th_status create_names(uint8_t *base) {
  th_heap *heap;
  th_status status = th_heap_attach(base, GROWTH_UNIT, &heap);
  if (status != TH_OK) return status;
  status = th_names_create(heap, &names);
  th_heap_detach(heap);
  return status;
}

static th_status create_at(uint8_t *base, uint64_t length, uint64_t seed) {
  const th_heap_config config = {.buffer_size = GROWTH_UNIT, .max_length = length, .seed = seed};
  th_record *made;
  if (!th_system_commit(base, GROWTH_UNIT)) return TH_NO_MEMORY;
  th_status status = th_record_create(base, GROWTH_UNIT, &config, &made);
  if (status != TH_OK) return status;
  status = create_names(base);
  if (status == TH_OK) {
    record = made;
  } else {
    th_record_release(made);
  }
  return status;
}

static th_status create(uint64_t seed) {
  for (uint64_t length = MAXIMUM; length >= SMALLEST; length /= 2) {
    uint8_t *base = th_system_reserve(length);
    if (!base) continue;
    const th_status status = create_at(base, length, seed);
    if (status != TH_OK) th_system_release(base, length);
    return status == TH_OK ? TH_OK : TH_NO_MEMORY;
  }
  return TH_NO_MEMORY;
}

th_status th_process_attach(uint64_t seed, th_heap **heap) {
  th_lock_wait(&lock, &waits);
  const th_status status = record ? TH_OK : create(seed);
  th_lock_release(&lock);
  return status == TH_OK ? th_heap_attach(record->base, GROWTH_UNIT, heap) : status;
}

const th_names *th_process_names(void) {
  return &names;
}

// Caller holds the lock. The pages are there before anybody can be given them.
static th_status enlarge(th_heap *heap, uint64_t committed, uint64_t room, uint64_t *out) {
  const uint64_t least = committed + room;
  const uint64_t wanted = committed + committed / GROWTH_DIVISOR;
  uint64_t target = wanted > least ? wanted : least;
  target = (target + GROWTH_UNIT - 1) / GROWTH_UNIT * GROWTH_UNIT;
  if (target > record->max_length) target = record->max_length;
  if (target < least) return TH_FULL;
  if (!th_system_commit(record->base + committed, target - committed)) return TH_NO_MEMORY;
  const th_status status = th_heap_commit(heap, target);
  if (status == TH_OK) *out = target;
  return status;
}

th_status th_process_grow(th_heap *heap, uint64_t room, uint64_t *known) {
  th_status status = TH_OK;
  th_lock_wait(&lock, &waits);
  uint64_t committed = th_load_acquire(&record->committed);
  if (committed == *known) status = enlarge(heap, committed, room, &committed);
  th_lock_release(&lock);
  if (status == TH_OK) *known = committed;
  return status;
}
