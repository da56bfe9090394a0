// SPDX-License-Identifier: MIT
#include "heap.h"

#include <stdlib.h>

#include "alloc.h"
#include "page.h"

static th_status attach(th_record *record, th_heap **out) {
  th_heap *heap = calloc(1, sizeof(*heap));
  if (!heap) {
    th_record_release(record);
    return TH_NO_MEMORY;
  }
  heap->base = record->base;
  heap->record = record;
  th_lock_wait(&record->thread_lock);
  heap->next = record->threads;
  if (heap->next) heap->next->previous = heap;
  record->threads = heap;
  th_lock_release(&record->thread_lock);
  *out = heap;
  return TH_OK;
}

th_status th_heap_create(uint8_t *base, uint64_t length, const th_heap_config *config,
                         th_heap **heap) {
  th_record *record;
  const th_status status = th_record_create(base, length, config, &record);
  return status == TH_OK ? attach(record, heap) : status;
}

th_status th_heap_attach(uint8_t *base, uint64_t length, th_heap **heap) {
  th_record *record;
  const th_status status = th_record_find(base, length, &record);
  return status == TH_OK ? attach(record, heap) : status;
}

void th_heap_detach(th_heap *heap) {
  th_record *record = heap->record;
  th__caches_flush(heap);
  th_lock_wait(&record->thread_lock);
  if (heap->next) heap->next->previous = heap->previous;
  if (heap->previous) {
    heap->previous->next = heap->next;
  } else {
    record->threads = heap->next;
  }
  record->retired_used += th_load_relaxed(&heap->used);
  th_lock_release(&record->thread_lock);
  th_record_release(record);
  free(heap->buffer.data);
  free(heap);
}

th_status th_heap_commit(th_heap *heap, uint64_t length) {
  return th_record_commit(heap->record, length);
}

static int64_t used_locked(th_record *record, uint32_t *threads) {
  int64_t used = record->retired_used;
  for (th_heap *heap = record->threads; heap; heap = heap->next) {
    used += th_load_relaxed(&heap->used);
    ++*threads;
  }
  return used;
}

static uint64_t used_bytes(th_record *record, uint32_t *threads) {
  th_lock_wait(&record->thread_lock);
  const int64_t used = used_locked(record, threads);
  th_lock_release(&record->thread_lock);
  // Below 0 only while calls are in flight: a free was counted before its alloc.
  return used < 0 ? 0 : (uint64_t)used;
}

uint64_t th_heap_used(th_heap *heap) {
  uint32_t threads = 0;
  return used_bytes(heap->record, &threads);
}

void th_heap_stats_read(th_heap *heap, th_heap_stats *stats) {
  th_record *record = heap->record;
  *stats = (th_heap_stats){
      .committed = th_load_acquire(&record->committed) - TH_HEADER_SIZE,
      .maximum = record->max_length - TH_HEADER_SIZE,
      .largest_free = (uint64_t)th__pages_largest(record) << TH_PAGE_SHIFT,
  };
  stats->used = used_bytes(record, &stats->threads);
  th_lock_wait(&record->page_lock);
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
