// SPDX-License-Identifier: MIT
#include "magazine.h"

#include <string.h>

#include "bytes.h"

bool th_magazine_ask(th_magazine *m, uint32_t number, uint64_t length) {
  if (length > TH_MAGAZINE_BYTES / 2) return false;
  const uint32_t count = th_load_relaxed(&m->count);
  const bool is_used_up =
      count > 0 && th_load_relaxed(&m->heap) == number && th_load_relaxed(&m->length) == length;
  if (m->asked_heap != number || m->asked_length != length || is_used_up) m->asked_count = 0;
  m->asked_heap = number;
  m->asked_length = (uint32_t)length;
  m->asked_count++;
  return is_used_up || (m->asked_count > 1 && m->asked_count > count);
}

// For lib and the stock. Caller holds the lock.
static void set_counts(th_stock *stock, uint32_t count) {
  stock->count = count;
  stock->settled = 0;
  th_store_relaxed(&stock->magazine->taken, 0u);
  th_store_relaxed(&stock->magazine->count, count);
}

void th_magazine_unload(th_heap *heap) {
  th_stock *stock = &heap->stock;
  if (!stock->magazine) return;
  th_cached rest[TH_MAGAZINE_BLOCKS];
  th_lock_wait(&stock->lock, &heap->record->lock_waits);
  th__stock_settle(heap, &heap->account);
  uint32_t count = stock->count - stock->settled;
  memcpy(rest, &stock->blocks[stock->settled], count * sizeof(rest[0]));
  set_counts(stock, 0);
  stock->magazine = NULL;
  th_lock_release(&stock->lock); // the cache takes locks that come before it
  // The first to be handed out goes back last, and so comes first again.
  while (count > 0) {
    th__cache_return(heap, stock->class_index, rest[--count]);
  }
}

void th__magazine_return(th_heap *heap, uint32_t class_index) {
  const th_stock *stock = &heap->stock;
  const bool has_rest = th__stock_taken(stock) < stock->count;
  if (has_rest && stock->class_index == class_index) th_magazine_unload(heap);
}

static uint32_t most_blocks(uint32_t length) {
  const uint32_t fit = length ? TH_MAGAZINE_BYTES / length : TH_MAGAZINE_BLOCKS;
  return fit < TH_MAGAZINE_BLOCKS ? fit : TH_MAGAZINE_BLOCKS;
}

// For that length. Caller holds the lock.
static void set_up(th_stock *stock, th_magazine *magazine, uint32_t number, uint32_t length) {
  stock->magazine = magazine;
  stock->class_index = th__class_of(length);
  stock->length = length;
  stock->want = 1;
  th_store_relaxed(&magazine->heap, number);
  th_store_relaxed(&magazine->length, length);
}

// Caller holds the lock.
static void fill(th_heap *heap) {
  th_stock *stock = &heap->stock;
  th_cache *cache = &heap->caches[stock->class_index];
  uint32_t count = 0;
  for (; count < stock->want && th_load_relaxed(&cache->count) > 0; count++) {
    const th_cached block = th__cache_take(cache);
    th_bytes_clear(th__at(heap, block.address), stock->length);
    stock->blocks[count] = block;
    th_store_relaxed(&stock->magazine->addresses[count], block.address);
  }
  set_counts(stock, count);
}

void th_magazine_load(th_heap *heap, th_magazine *magazine, uint32_t number, uint32_t length) {
  th_stock *stock = &heap->stock;
  const bool is_same = stock->magazine && stock->length == length;
  if (!is_same) th_magazine_unload(heap);
  th_lock_wait(&stock->lock, &heap->record->lock_waits);
  if (!is_same) set_up(stock, magazine, number, length);
  th__stock_settle(heap, &heap->account);
  fill(heap);
  const uint32_t most = most_blocks(length);
  stock->want = 2 * stock->want < most ? 2 * stock->want : most;
  th_lock_release(&stock->lock);
}
