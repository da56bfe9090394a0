// SPDX-License-Identifier: MIT
#include "heap.h"

#include <stdlib.h>

#include "alloc.h"
#include "page.h"

// Adds the heap to the threads of its record, if it has got one.
static th_status attach(th_heap *heap, th_status status, th_heap **out) {
  th_record *record = heap->record;
  if (status != TH_OK) {
    free(heap);
    return status;
  }
  heap->base = record->base;
  th__caches_init(heap);
  th_lock_wait(&record->thread_lock, &record->lock_waits);
  heap->next = record->threads;
  if (heap->next) heap->next->previous = heap;
  record->threads = heap;
  th_lock_release(&record->thread_lock);
  *out = heap;
  return TH_OK;
}

// The heap comes first: a record once made cannot be taken back.
th_status th_heap_create(uint8_t *base, uint64_t length, const th_heap_config *config,
                         th_heap **out) {
  th_heap *heap = calloc(1, sizeof(*heap));
  if (!heap) return TH_NO_MEMORY;
  return attach(heap, th_record_create(base, length, config, &heap->record), out);
}

th_status th_heap_attach(uint8_t *base, uint64_t length, th_heap **out) {
  th_heap *heap = calloc(1, sizeof(*heap));
  if (!heap) return TH_NO_MEMORY;
  return attach(heap, th_record_find(base, length, &heap->record), out);
}

th_status th_heap_ensure(uint8_t *base, uint64_t length, const th_heap_config *config,
                         th_heap **out) {
  th_heap *heap = calloc(1, sizeof(*heap));
  if (!heap) return TH_NO_MEMORY;
  return attach(heap, th_record_ensure(base, length, config, &heap->record), out);
}

th_status th_heap_rebase(th_heap *heap, uint8_t *base) {
  const th_status status = th_record_rebase(heap->record, base);
  if (status == TH_OK) heap->base = base;
  return status;
}

static void add(th_atomic_i64 *sum, th_atomic_i64 *count) {
  th_store_relaxed(sum, th_load_relaxed(sum) + th_load_relaxed(count));
}

static void account_add(th_account *sum, th_account *account) {
  add(&sum->used, &account->used);
  add(&sum->large_blocks, &account->large_blocks);
  add(&sum->large_bytes, &account->large_bytes);
}

void th_heap_detach(th_heap *heap) {
  th_record *record = heap->record;
  th__caches_flush(heap);
  th_lock_wait(&record->thread_lock, &record->lock_waits);
  if (heap->next) heap->next->previous = heap->previous;
  if (heap->previous) {
    heap->previous->next = heap->next;
  } else {
    record->threads = heap->next;
  }
  account_add(&record->retired, &heap->account);
  th_lock_release(&record->thread_lock);
  th_record_release(record);
  free(heap->buffer.data);
  free(heap);
}

th_status th_heap_commit(th_heap *heap, uint64_t length) {
  return th_record_commit(heap->record, length);
}

// ---- what was taken out of magazines ----

void th__stock_settle(th_heap *heap, th_account *account) {
  th_stock *stock = &heap->stock;
  const uint32_t taken = th__stock_taken(stock);
  const uint32_t size = heap->caches[stock->class_index].block_size;
  for (; stock->settled < taken; stock->settled++) {
    const th_cached *block = &stock->blocks[stock->settled];
    th__cached_wake(account, block, size, stock->length, TH_BLOCK_USER);
  }
}

// Caller holds the thread_lock, under which one thread at a time writes the account.
static void settle_all(th_record *record) {
  for (th_heap *heap = record->threads; heap; heap = heap->next) {
    th_lock_wait(&heap->stock.lock, &record->lock_waits);
    th__stock_settle(heap, &record->retired);
    th_lock_release(&heap->stock.lock);
  }
}

void th__stocks_settle(th_record *record) {
  th_lock_wait(&record->thread_lock, &record->lock_waits);
  settle_all(record);
  th_lock_release(&record->thread_lock);
}

// ---- what is in use ----

// Sums up all accounts; returns how many handles are attached.
static uint32_t sum_accounts(th_record *record, th_account *sum) {
  uint32_t threads = 0;
  *sum = (th_account){0};
  th_lock_wait(&record->thread_lock, &record->lock_waits);
  settle_all(record);
  account_add(sum, &record->retired);
  for (th_heap *heap = record->threads; heap; heap = heap->next, threads++) {
    account_add(sum, &heap->account);
  }
  th_lock_release(&record->thread_lock);
  return threads;
}

// A sum is below 0 only while calls are in flight: a free was counted before its alloc.
static uint64_t counted(th_atomic_i64 *sum) {
  const int64_t count = th_load_relaxed(sum);
  return count < 0 ? 0 : (uint64_t)count;
}

uint64_t th_heap_used(th_heap *heap) {
  th_account sum;
  sum_accounts(heap->record, &sum);
  return counted(&sum.used);
}

uint32_t th__heap_cached(th_heap *heap, uint32_t class_index) {
  th_stock *stock = &heap->stock;
  th_lock_wait(&stock->lock, &heap->record->lock_waits);
  uint32_t count = th_load_relaxed(&heap->caches[class_index].count);
  if (stock->class_index == class_index) count += stock->count - th__stock_taken(stock);
  th_lock_release(&stock->lock);
  return count;
}

static uint64_t cached_blocks(th_record *record, uint32_t class_index) {
  uint64_t blocks = 0;
  th_lock_wait(&record->thread_lock, &record->lock_waits);
  for (th_heap *heap = record->threads; heap; heap = heap->next) {
    blocks += th__heap_cached(heap, class_index);
  }
  th_lock_release(&record->thread_lock);
  return blocks;
}

// The class lock keeps blocks from moving between runs and caches.
static uint64_t live_blocks(th_record *record, uint32_t class_index) {
  th_class *size_class = &record->classes[class_index];
  th_lock_wait(&size_class->lock, &record->lock_waits);
  const uint64_t taken = size_class->taken;
  const uint64_t cached = cached_blocks(record, class_index);
  th_lock_release(&size_class->lock);
  return cached > taken ? 0 : taken - cached; // below 0 as in counted
}

void th_heap_stats_read(th_heap *heap, th_heap_stats *stats) {
  th_record *record = heap->record;
  *stats = (th_heap_stats){
      .committed = th_load_acquire(&record->committed) - TH_HEADER_SIZE,
      .maximum = record->max_length - TH_HEADER_SIZE,
      .largest_free = (uint64_t)th__pages_largest(record) << TH_PAGE_SHIFT,
      .lock_waits = th_load_relaxed(&record->lock_waits),
  };
  th_account sum;
  stats->threads = sum_accounts(record, &sum);
  stats->used = counted(&sum.used);
  stats->large_bytes = counted(&sum.large_bytes);
  stats->blocks[TH_LARGE_CLASS] = counted(&sum.large_blocks);
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++) {
    stats->blocks[i] = live_blocks(record, i);
  }
  th_lock_wait(&record->page_lock, &record->lock_waits);
  stats->free = record->spans.free_pages << TH_PAGE_SHIFT;
  th_lock_release(&record->page_lock);
}

uint64_t th__heap_generation(th_heap *heap) {
  if (heap->generation == heap->generation_end) {
    heap->generation =
        th_fetch_add_relaxed(&heap->record->next_generation, (uint64_t)TH_GENERATION_RANGE);
    heap->generation_end = heap->generation + TH_GENERATION_RANGE;
  }
  return heap->generation++;
}

th_status th__buffer_reserve(th_buffer *buffer, size_t length) {
  const size_t needed = buffer->length + length;
  if (needed <= buffer->capacity) return TH_OK;
  const size_t capacity = needed < 4096 ? 4096 : needed + needed / 2;
  uint8_t *data = realloc(buffer->data, capacity);
  if (!data) return TH_NO_MEMORY;
  buffer->data = data;
  buffer->capacity = capacity;
  return TH_OK;
}
