// SPDX-License-Identifier: MIT
// Whether runs, caches and accounts agree.
#include "alloc.h"
#include "page.h"

typedef struct audit {
  th_report *report;
  th_census *live;
  uint64_t live_bytes;
  uint32_t cached[TH_CLASS_COUNT];  // blocks that are neither live nor free
  uint32_t partial[TH_CLASS_COUNT]; // runs with a free block
  uint64_t taken[TH_CLASS_COUNT];   // blocks that are not free
} audit;

static uint32_t count_bits(uint64_t bits) {
  uint32_t count = 0;
  for (; bits; bits &= bits - 1)
    count++;
  return count;
}

static void audit_live(audit *a, uint16_t tag, uint32_t block_size) {
  a->live->blocks[th__tag_kind(tag)]++;
  a->live_bytes += block_size;
}

static void audit_blocks(audit *a, th_run *run, th_address address) {
  const uint32_t size = th_load_relaxed(&run->block_size);
  for (uint32_t i = 0; i < run->block_count; i++) {
    const uint16_t tag = th_load_acquire(&run->tags[i]);
    const bool is_free = run->free_bits[i / 64] >> (i % 64) & 1;
    if (tag) audit_live(a, tag, size);
    if (!tag && !is_free) a->cached[run->class_index]++;
    if (tag && is_free) th__report(a->report, "a live block counts as free", address + i * size);
  }
}

// A run in use. The class locks and the page lock are held.
static void audit_run(th_run *run, void *context) {
  audit *a = context;
  const th_address address = th_load_relaxed(&run->first_page) << TH_PAGE_SHIFT;
  if (run->class_index == TH_LARGE_CLASS) {
    const uint16_t tag = th_load_acquire(&run->tags[0]);
    if (tag) audit_live(a, tag, th_load_relaxed(&run->block_size));
    return;
  }
  uint32_t free_count = 0;
  for (uint32_t i = 0; i < TH_RUN_BLOCKS_MAX / 64; i++) {
    free_count += count_bits(run->free_bits[i]);
  }
  if (free_count != run->free_count) {
    th__report(a->report, "a run's free blocks and their number differ", address);
  }
  if (free_count == run->block_count && !run->objects) {
    th__report(a->report, "an empty run was not given back", address);
  }
  if (free_count > 0) a->partial[run->class_index]++;
  a->taken[run->class_index] += run->block_count - free_count;
  audit_blocks(a, run, address);
}

static void audit_class(audit *a, const th_class *size_class, uint32_t class_index) {
  uint32_t runs = 0;
  for (const th_run *run = size_class->partial; run; run = run->next) {
    runs++;
    if (run->class_index != class_index) th__report(a->report, "a run is in the wrong list", 0);
  }
  if (runs != a->partial[class_index]) th__report(a->report, "a run with free blocks is lost", 0);
  if (size_class->taken != a->taken[class_index]) {
    th__report(a->report, "the blocks taken from the runs and their number differ", 0);
  }
}

// What balances only while nothing is in flight.
static void audit_books(audit *a, th_heap *heap) {
  th_record *record = heap->record;
  uint32_t cached[TH_CLASS_COUNT] = {0};
  th_lock_wait(&record->thread_lock, &record->lock_waits);
  for (th_heap *thread = record->threads; thread; thread = thread->next) {
    for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
      cached[i] += th__heap_cached(thread, i);
  }
  th_lock_release(&record->thread_lock);
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++) {
    if (cached[i] != a->cached[i]) th__report(a->report, "a block is in no cache and not free", 0);
  }
  if (a->live_bytes != th_heap_used(heap)) {
    th__report(a->report, "the bytes in use and the live blocks differ", 0);
  }
}

void th__alloc_verify(th_heap *heap, bool exclusive, th_report *report, th_census *live) {
  th_record *record = heap->record;
  audit a = {.report = report, .live = live};
  th__stocks_settle(record);
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
    th_lock_wait(&record->classes[i].lock, &record->lock_waits);
  th__pages_verify(record, report, audit_run, &a);
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
    audit_class(&a, &record->classes[i], i);
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
    th_lock_release(&record->classes[i].lock);
  if (exclusive) audit_books(&a, heap);
}
