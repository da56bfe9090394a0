// SPDX-License-Identifier: MIT
#ifdef _WIN32
#include <windows.h>
#else
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include <sys/mman.h>
#endif

#include "process.h"

#define MAXIMUM  (1ull << 32)
#define SMALLEST (1ull << 24) // less address space than that is as good as none

enum { GROWTH_UNIT = 1 << 18, GROWTH_DIVISOR = 8 };

static th_lock lock; // guards all of this, and the growth
static th_atomic_u64 waits;
static th_record *record;
static th_names names;

// ---- the system ----

static uint8_t *reserve(uint64_t length) {
#ifdef _WIN32
  return VirtualAlloc(NULL, (SIZE_T)length, MEM_RESERVE, PAGE_NOACCESS);
#else
#ifdef MAP_NORESERVE
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#else
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
  void *base = mmap(NULL, (size_t)length, PROT_NONE, flags, -1, 0);
  return base == MAP_FAILED ? NULL : base;
#endif
}

static bool commit(uint8_t *from, uint64_t length) {
#ifdef _WIN32
  return VirtualAlloc(from, (SIZE_T)length, MEM_COMMIT, PAGE_READWRITE) != NULL;
#else
  return mprotect(from, (size_t)length, PROT_READ | PROT_WRITE) == 0;
#endif
}

static void give_back(uint8_t *base, uint64_t length) {
#ifdef _WIN32
  (void)length;
  VirtualFree(base, 0, MEM_RELEASE);
#else
  munmap(base, (size_t)length);
#endif
}

bool th_process_can_reserve(uint64_t length) {
  uint8_t *base = length <= SIZE_MAX ? reserve(length) : NULL;
  if (base) give_back(base, length);
  return base != NULL;
}

// ---- the heap ----

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
  if (!commit(base, GROWTH_UNIT)) return TH_NO_MEMORY;
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
    uint8_t *base = reserve(length);
    if (!base) continue;
    const th_status status = create_at(base, length, seed);
    if (status != TH_OK) give_back(base, length);
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
  if (!commit(record->base + committed, target - committed)) return TH_NO_MEMORY;
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
