// SPDX-License-Identifier: MIT
#include "magazine.h"

#include "bytes.h"

enum {
  BYTES_MAX = 2048, // of all blocks together
  COUNT_MIN = 2,    // of blocks that a magazine is worth the while for
};

void th__magazine_settle(th_heap *heap) {
  th_stock *stock = &heap->stock;
  th_magazine *magazine = th_load_relaxed(&stock->magazine);
  const uint32_t size = heap->caches[th_load_relaxed(&stock->class_index)].block_size;
  const uint32_t length = th_load_relaxed(&magazine->length);
  const uint32_t taken = th_load_relaxed(&magazine->taken);
  uint32_t i = th_load_relaxed(&magazine->settled);
  th_store_relaxed(&magazine->settled, taken);
  for (; i < taken; i++) {
    th__cached_wake(heap, &stock->blocks[i], size, length, TH_BLOCK_USER);
  }
}

static void set_counts(th_magazine *magazine, uint32_t count) {
  th_store_relaxed(&magazine->settled, 0u);
  th_store_relaxed(&magazine->taken, 0u);
  th_store_relaxed(&magazine->count, count);
}

void th_magazine_unload(th_heap *heap) {
  th_stock *stock = &heap->stock;
  th_magazine *magazine = th_load_relaxed(&stock->magazine);
  if (!magazine) return;
  th_magazine_settle(heap);
  const uint32_t class_index = th_load_relaxed(&stock->class_index);
  uint32_t count = th_load_relaxed(&magazine->count);
  const uint32_t taken = th_load_relaxed(&magazine->taken);
  set_counts(magazine, 0);
  th_store_relaxed(&stock->magazine, NULL);
  // The first to be handed out goes back last, and so comes first again.
  while (count > taken) {
    th__cache_return(heap, class_index, stock->blocks[--count]);
  }
}

// With as many as the stock wants, if the cache has them.
static void fill(th_heap *heap, th_magazine *magazine, uint32_t length) {
  th_stock *stock = &heap->stock;
  th_cache *cache = &heap->caches[th_load_relaxed(&stock->class_index)];
  uint32_t count = 0;
  for (; count < stock->want && th_load_relaxed(&cache->count) > 0; count++) {
    const th_cached block = th__cache_take(cache);
    th_bytes_clear(th__at(heap, block.address), length);
    stock->blocks[count] = block;
    th_store_relaxed(&magazine->addresses[count], block.address);
  }
  set_counts(magazine, count);
}

static void begin(th_heap *heap, th_magazine *magazine, uint32_t number, uint32_t length) {
  th_magazine_unload(heap);
  th_store_relaxed(&magazine->heap, number);
  th_store_relaxed(&magazine->length, length);
  th_store_relaxed(&heap->stock.class_index, th__class_of(length));
  th_store_release(&heap->stock.magazine, magazine); // pairs with th__stock_pending
  heap->stock.want = 1;
}

static uint32_t most_blocks(uint32_t length) {
  const uint32_t fit = length ? BYTES_MAX / length : TH_MAGAZINE_BLOCKS;
  return fit < TH_MAGAZINE_BLOCKS ? fit : TH_MAGAZINE_BLOCKS;
}

void th_magazine_load(th_heap *heap, th_magazine *magazine, uint32_t number, uint64_t length) {
  th_stock *stock = &heap->stock;
  if (length > BYTES_MAX / COUNT_MIN) return;
  if (th_load_relaxed(&stock->magazine) != magazine ||
      th_load_relaxed(&magazine->length) != length) {
    begin(heap, magazine, number, (uint32_t)length);
    return;
  }
  if (th__stock_rest(stock) > 0) return;
  th_magazine_settle(heap);
  fill(heap, magazine, (uint32_t)length);
  const uint32_t most = most_blocks((uint32_t)length);
  stock->want = 2 * stock->want < most ? 2 * stock->want : most;
}
