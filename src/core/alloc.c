// SPDX-License-Identifier: MIT
#include "alloc.h"

#include "bytes.h"
#include "compiler.h"
#include "magazine.h"
#include "object.h"
#include "page.h"

enum {
  CACHE_BYTES = 8192, // what a thread keeps of one class, about
  SMALL_MAX = 8192,
  LINEAR_CLASSES = 8, // 16, 32 ... 128; then four per doubling
};

_Static_assert(TH_RUN_BLOCKS_MAX *TH_BLOCK_ALIGN == TH_PAGE_SIZE, "16-byte blocks fill one page");

static uint32_t class_size(uint32_t index) {
  if (index < LINEAR_CLASSES) return (index + 1) * TH_BLOCK_ALIGN;
  const uint32_t doubling = (index - LINEAR_CLASSES) / 4;
  const uint32_t quarter = (index - LINEAR_CLASSES) % 4;
  return (5 + quarter) << (5 + doubling);
}

uint32_t th__class_of(uint32_t size) {
  if (size <= LINEAR_CLASSES * TH_BLOCK_ALIGN) return size == 0 ? 0 : (size - 1) / TH_BLOCK_ALIGN;
  const uint32_t log = th__floor_log2(size - 1);
  return LINEAR_CLASSES + (log - 7) * 4 + ((size - 1) >> (log - 2)) - 4;
}

// The fewest pages that waste at most an eighth.
static uint32_t pages_for(uint32_t block_size) {
  uint32_t pages = (block_size + TH_PAGE_SIZE - 1) >> TH_PAGE_SHIFT;
  while ((pages << TH_PAGE_SHIFT) % block_size > (pages << TH_PAGE_SHIFT) / 8)
    pages++;
  return pages;
}

void th__classes_init(th_record *record) {
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++) {
    th_class *size_class = &record->classes[i];
    size_class->block_size = i < TH_SMALL_CLASSES ? class_size(i) : sizeof(th_control);
    size_class->run_pages = pages_for(size_class->block_size);
    size_class->run_blocks = (size_class->run_pages << TH_PAGE_SHIFT) / size_class->block_size;
  }
}

void th__caches_init(th_heap *heap) {
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++) {
    th_cache *cache = &heap->caches[i];
    cache->block_size = heap->record->classes[i].block_size;
    const uint32_t blocks = CACHE_BYTES / cache->block_size;
    cache->capacity = blocks > TH_CACHE_BLOCKS_MAX ? TH_CACHE_BLOCKS_MAX : blocks;
  }
}

static void account_pages(th_heap *heap, int64_t blocks, uint32_t block_size) {
  th__count(&heap->account.used, blocks * block_size);
  th__count(&heap->account.large_blocks, blocks);
  th__count(&heap->account.large_bytes, blocks * block_size);
}

static void run_setup(th_run *run, uint32_t block_size, uint32_t blocks) {
  th_store_relaxed(&run->reciprocal, (uint32_t)(((1ull << 32) + block_size - 1) / block_size));
  // Until now th__place_of found nothing in a new run; who finds a block also sees the run's
  // objects.
  th_store_release(&run->block_size, block_size);
  run->block_count = (uint16_t)blocks;
  run->free_count = (uint16_t)blocks;
  for (uint32_t i = 0; i < TH_RUN_BLOCKS_MAX / 64; i++) {
    const uint32_t below = blocks > i * 64 ? blocks - i * 64 : 0;
    run->free_bits[i] = below >= 64 ? ~0ull : (1ull << below) - 1;
  }
}

static void partial_push(th_class *size_class, th_run *run) {
  run->previous = NULL;
  run->next = size_class->partial;
  if (run->next) run->next->previous = run;
  size_class->partial = run;
}

static void partial_remove(th_class *size_class, th_run *run) {
  if (run->next) run->next->previous = run->previous;
  if (run->previous) {
    run->previous->next = run->next;
  } else {
    size_class->partial = run->next;
  }
}

// A control run never goes back to the pages, so its objects live as long as the record.
static th_status objects_setup(th_record *record, uint32_t class_index, char **objects) {
  if (class_index < TH_SMALL_CLASSES) return TH_OK;
  *objects = th__record_calloc(record, record->classes[class_index].run_blocks,
                               th__object_size(class_index - TH_SMALL_CLASSES));
  return *objects ? TH_OK : TH_NO_MEMORY;
}

// Caller holds the class lock.
static th_status run_add(th_heap *heap, uint32_t class_index) {
  th_class *size_class = &heap->record->classes[class_index];
  th_run *run;
  th_status status = th__pages_take(heap->record, size_class->run_pages, 1, (uint16_t)class_index,
                                    (uint16_t)size_class->run_blocks, &run, &heap->room_needed);
  if (status != TH_OK) return status;
  status = objects_setup(heap->record, class_index, &run->objects);
  if (status != TH_OK) {
    th__pages_give(heap->record, run);
    return status;
  }
  run_setup(run, size_class->block_size, size_class->run_blocks);
  partial_push(size_class, run);
  return TH_OK;
}

static inline void cache_put(th_cache *cache, th_cached block) {
  const uint32_t count = th_load_relaxed(&cache->count);
  cache->blocks[count] = block;
  th_store_relaxed(&cache->count, count + 1);
}

// Moves free blocks of a run into the cache until it holds `want`. Caller holds the class lock.
static void run_drain(th_class *size_class, th_run *run, th_cache *cache, uint32_t want) {
  const th_address start = th_load_relaxed(&run->first_page) << TH_PAGE_SHIFT;
  for (uint32_t i = 0; i < TH_RUN_BLOCKS_MAX / 64; i++) {
    while (run->free_bits[i] && th_load_relaxed(&cache->count) < want) {
      const uint32_t index = i * 64 + th__lowest_bit(run->free_bits[i]);
      run->free_bits[i] &= run->free_bits[i] - 1;
      run->free_count--;
      size_class->taken++;
      const th_address address = start + index * size_class->block_size;
      cache_put(cache, (th_cached){.run = run, .address = address, .index = index});
    }
  }
  if (run->free_count == 0) partial_remove(size_class, run);
}

// Blocks are taken from the end: what was drained last, at the highest address, would come first,
// and lists would lie in memory backwards.
static void cache_turn(th_cache *cache) {
  const uint32_t count = th_load_relaxed(&cache->count);
  for (uint32_t i = 0; i < count / 2; i++) {
    const th_cached first = cache->blocks[i];
    cache->blocks[i] = cache->blocks[count - 1 - i];
    cache->blocks[count - 1 - i] = first;
  }
}

// Caller finds the cache empty.
static th_status cache_fill(th_heap *heap, uint32_t class_index) {
  th_class *size_class = &heap->record->classes[class_index];
  th_cache *cache = &heap->caches[class_index];
  const uint32_t want = (cache->capacity + 1) / 2;
  th_status status = TH_OK;
  th_lock_wait(&size_class->lock, &heap->record->lock_waits);
  while (th_load_relaxed(&cache->count) < want && status == TH_OK) {
    if (size_class->partial) {
      run_drain(size_class, size_class->partial, cache, want);
    } else if (th_load_relaxed(&cache->count) > 0) {
      break;
    } else {
      status = run_add(heap, class_index);
    }
  }
  th_lock_release(&size_class->lock);
  cache_turn(cache);
  return status;
}

// Blocks of one run whose bits are in one word of it.
typedef struct returned {
  th_run *run;
  uint32_t word;
  uint64_t bits;
  uint32_t count;
} returned;

// Takes the last blocks off the first `count` of the cache that go together, but none of the first
// `keep`.
static returned take_last(const th_cache *cache, uint32_t count, uint32_t keep) {
  const th_cached *last = &cache->blocks[count - 1];
  returned some = {.run = last->run, .word = last->index / 64};
  for (; count > keep; count--) {
    const th_cached *block = &cache->blocks[count - 1];
    if (block->run != some.run || block->index / 64 != some.word) break;
    some.bits |= 1ull << (block->index % 64);
    some.count++;
  }
  return some;
}

// Gives blocks back to their run; the run back to the pages when they were the last.
// Caller holds the class lock.
static void blocks_return(th_record *record, th_class *size_class, const returned *some) {
  th_run *run = some->run;
  run->free_bits[some->word] |= some->bits;
  size_class->taken -= some->count;
  if (run->free_count == 0) partial_push(size_class, run);
  run->free_count += (uint16_t)some->count;
  if (run->free_count == run->block_count && !run->objects) {
    partial_remove(size_class, run);
    th__pages_give(record, run);
  }
}

TH_COLD static void cache_trim(th_heap *heap, uint32_t class_index, uint32_t keep) {
  th_class *size_class = &heap->record->classes[class_index];
  th_cache *cache = &heap->caches[class_index];
  uint32_t count = th_load_relaxed(&cache->count);
  if (count <= keep) return;
  th_lock_wait(&size_class->lock, &heap->record->lock_waits);
  while (count > keep) {
    const returned some = take_last(cache, count, keep);
    blocks_return(heap->record, size_class, &some);
    count -= some.count;
  }
  th_store_relaxed(&cache->count, count);
  th_lock_release(&size_class->lock);
}

void th__caches_flush(th_heap *heap) {
  th_magazine_unload(heap);
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++) {
    cache_trim(heap, i, 0);
  }
}

void th__cache_return(th_heap *heap, uint32_t class_index, th_cached block) {
  th_cache *cache = &heap->caches[class_index];
  if (th_load_relaxed(&cache->count) == cache->capacity) {
    cache_trim(heap, class_index, cache->capacity / 2);
  }
  cache_put(cache, block);
}

// Makes a block of a cache that has one live.
static inline th_address wake(th_heap *heap, th_cache *cache, uint64_t length, th_block_kind kind) {
  const th_cached block = th__cache_take(cache);
  th__cached_wake(&heap->account, &block, cache->block_size, length, kind);
  return block.address;
}

static th_status alloc_class(th_heap *heap, uint32_t class_index, uint64_t length,
                             th_block_kind kind, th_address *address) {
  th_cache *cache = &heap->caches[class_index];
  if (th_load_relaxed(&cache->count) == 0) {
    const th_status status = cache_fill(heap, class_index);
    if (status == TH_NEED_ROOM) th__magazine_return(heap, class_index);
    if (status != TH_OK && th_load_relaxed(&cache->count) == 0) return status;
  }
  *address = wake(heap, cache, length, kind);
  return TH_OK;
}

static th_status alloc_pages(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                             th_address *address) {
  const uint32_t pages = length ? (uint32_t)((length + TH_PAGE_SIZE - 1) >> TH_PAGE_SHIFT) : 1;
  const uint32_t align_pages = align > TH_PAGE_SIZE ? align >> TH_PAGE_SHIFT : 1;
  th_run *run;
  const th_status status =
      th__pages_take(heap->record, pages, align_pages, TH_LARGE_CLASS, 1, &run, &heap->room_needed);
  if (status != TH_OK) return status;
  const uint32_t size = pages << TH_PAGE_SHIFT;
  th_store_relaxed(&run->reciprocal, 0u);
  th_store_release(&run->block_size, size);
  *address = th_load_relaxed(&run->first_page) << TH_PAGE_SHIFT;
  account_pages(heap, 1, size);
  // From here on a stale free of that address can hit the block, and the run be another's.
  th_store_release(&run->tags[0], th__tag_make(size, length, kind));
  return TH_OK;
}

// The smallest class whose blocks all start at multiples of align: runs start at a page, so a
// block size that is a multiple of align will do.
static uint32_t aligned_class(uint32_t length, uint32_t align) {
  uint32_t index = th__class_of((length + align - 1) & ~(align - 1));
  while (class_size(index) % align)
    index++;
  return index;
}

static th_status alloc_once(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                            th_address *address) {
  if (length > SMALL_MAX || align > TH_PAGE_SIZE) {
    return alloc_pages(heap, length, align, kind, address);
  }
  const uint32_t class_index = aligned_class((uint32_t)length, align);
  return alloc_class(heap, class_index, length, kind, address);
}

TH_COLD static th_status alloc_any(th_heap *heap, uint64_t length, uint32_t align,
                                   th_block_kind kind, th_address *address) {
  if (length > heap->record->max_length) return TH_FULL;
  if (align < TH_BLOCK_ALIGN) align = TH_BLOCK_ALIGN;
  th_status status = alloc_once(heap, length, align, kind, address);
  if (status == TH_FULL) {
    th__caches_flush(heap);
    status = alloc_once(heap, length, align, kind, address);
  }
  if (status == TH_FULL) {
    // No room for a whole run of its class, but perhaps for the block alone.
    status = alloc_pages(heap, length, align, kind, address);
  }
  return status;
}

static inline th_status alloc(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                              th_address *address) {
  if (length <= SMALL_MAX && align <= TH_BLOCK_ALIGN) {
    th_cache *cache = &heap->caches[th__class_of((uint32_t)length)];
    if (th_load_relaxed(&cache->count) > 0) {
      *address = wake(heap, cache, length, kind);
      return TH_OK;
    }
  }
  return alloc_any(heap, length, align, kind, address);
}

th_status th_alloc(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                   th_address *address) {
  return alloc(heap, length, align, kind, address);
}

th_status th_alloc_zeroed(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                          th_address *address) {
  const th_status status = alloc(heap, length, align, kind, address);
  if (status == TH_OK) th_bytes_clear(th__at(heap, *address), (size_t)length);
  return status;
}

// Bytes that a block of that length takes.
static uint64_t size_for(uint64_t length, uint32_t align) {
  if (length <= SMALL_MAX && align <= TH_PAGE_SIZE) {
    return class_size(aligned_class((uint32_t)length, align));
  }
  return (length + TH_PAGE_SIZE - 1) & ~(uint64_t)(TH_PAGE_SIZE - 1);
}

// Where there cannot be as much, smaller pieces than whole runs may do, which only shows when all
// is there.
void th__ask_more(th_heap *heap, uint64_t rest, uint64_t length, uint32_t align) {
  const uint64_t room = heap->record->max_length - th_load_acquire(&heap->record->committed);
  const uint64_t wanted = heap->room_needed + rest * size_for(length, align);
  if (heap->room_needed < room) heap->room_needed = wanted < room ? wanted : room;
}

th_status th_alloc_many(th_heap *heap, uint32_t count, uint64_t length, uint32_t align,
                        th_block_kind kind, th_address *addresses) {
  const uint64_t area = heap->record->max_length - TH_HEADER_SIZE;
  const uint64_t size = size_for(length, align);
  // Or the image would grow to its maximum before it shows.
  if (length > area || count * size + th_heap_used(heap) > area) return TH_FULL;
  for (uint32_t i = 0; i < count; i++) {
    const th_status status = th_alloc(heap, length, align, kind, &addresses[i]);
    if (status == TH_OK) continue;
    if (status == TH_NEED_ROOM) th__ask_more(heap, count - i - 1, length, align);
    th_free_many(heap, addresses, i, kind);
    return status;
  }
  for (uint32_t i = 0; i < count; i++) {
    th_bytes_clear(th__at(heap, addresses[i]), (size_t)length);
  }
  return TH_OK;
}

th_status th__alloc_control(th_heap *heap, uint32_t class_index, th_address *address) {
  const uint64_t length = sizeof(th_control);
  th_status status = alloc_class(heap, class_index, length, TH_BLOCK_CONTROL, address);
  if (status == TH_FULL) {
    th__caches_flush(heap);
    status = alloc_class(heap, class_index, length, TH_BLOCK_CONTROL, address);
  }
  return status;
}

// A block that is marked as dying, which makes it the caller's: the next tag, to be stored soon,
// says what becomes of it.
typedef struct seized {
  th_run *run;
  uint32_t index;
  uint32_t size;
  uint16_t tag; // that it had
} seized;

static inline void settle(const seized *block, uint16_t tag) {
  th_store_release(&block->run->tags[block->index], tag); // pairs with th__tag_settled
}

// Marks the block at the address as dying. The run can be released and reused between the look-up
// and the swap only if the block was not live any more; the swap then hit a block of another run,
// which gets its tag back. Nobody takes that one for dead meanwhile, since it is marked as dying.
// The block that the swap hit was live, so that its run stays as long as the mark does, on no list
// of free ones: what the run's fields say behind the swap is what they said when the tag was
// stored, and tells whether that block is the one at the address.
static inline bool seize_at(const th_record *record, th_place at, th_address address,
                            th_block_kind kind, seized *block) {
  uint16_t tag;
  for (;; at = th__place_of(record, address)) {
    if (!at.run || at.offset != 0) return false;
    tag = th__tag_settled(at.run, at.index);
    if (th__tag_kind(tag) != (uint32_t)kind) return false;
    // The swap fails when another thread frees the block, and when one took it for the block of
    // such an old address and is about to give the tag back: only the next look tells which.
    if (th_cas_acq_rel(&at.run->tags[at.index], &tag, (uint16_t)(tag | TH_BLOCK_DYING))) break;
  }
  const th_address start = th_load_relaxed(&at.run->first_page) << TH_PAGE_SHIFT;
  const uint32_t size = th_load_relaxed(&at.run->block_size);
  *block = (seized){.run = at.run, .index = at.index, .size = size, .tag = tag};
  if (start + at.index * size == address) return true;
  settle(block, tag);
  return false;
}

static inline bool seize(const th_record *record, th_address address, th_block_kind kind,
                         seized *block) {
  return seize_at(record, th__place_of(record, address), address, kind, block);
}

TH_COLD static void free_pages(th_heap *heap, const seized *block) {
  account_pages(heap, -1, block->size);
  th__pages_give(heap->record, block->run);
}

// Makes a seized block dead, and keeps it for the next one who asks.
static inline void bury(th_heap *heap, th_address address, const seized *block) {
  const uint32_t class_index = block->run->class_index;
  settle(block, 0);
  if (class_index == TH_LARGE_CLASS) {
    free_pages(heap, block);
    return;
  }
  th__count(&heap->account.used, -(int64_t)block->size);
  const th_cached dead = {.run = block->run, .address = address, .index = block->index};
  th__cache_return(heap, class_index, dead);
}

// A block that is taken and not settled looks as if it was none. Most come out of the own magazine.
TH_COLD static bool seize_taken(th_heap *heap, th_address address, seized *block) {
  th_lock_wait(&heap->stock.lock, &heap->record->lock_waits);
  th__stock_settle(heap, &heap->account);
  th_lock_release(&heap->stock.lock);
  if (seize(heap->record, address, TH_BLOCK_USER, block)) return true;
  th__stocks_settle(heap->record);
  return seize(heap->record, address, TH_BLOCK_USER, block);
}

static inline bool seize_any(th_heap *heap, th_address address, th_block_kind kind, seized *block) {
  if (seize(heap->record, address, kind, block)) return true;
  return kind == TH_BLOCK_USER && seize_taken(heap, address, block);
}

th_status th_free(th_heap *heap, th_address address, th_block_kind kind) {
  seized block;
  if (!seize_any(heap, address, kind, &block)) return TH_FREED;
  bury(heap, address, &block);
  return TH_OK;
}

th_status th__free_found(th_heap *heap, th_run *run, uint32_t index, th_address address,
                         th_block_kind kind) {
  seized block;
  const th_place at = {.run = run, .index = index};
  if (!seize_at(heap->record, at, address, kind, &block)) return TH_FREED;
  bury(heap, address, &block);
  return TH_OK;
}

uint32_t th_free_many(th_heap *heap, const th_address *addresses, uint32_t count,
                      th_block_kind kind) {
  uint32_t first = count;
  for (uint32_t i = 0; i < count; i++) {
    if (th_free(heap, addresses[i], kind) != TH_OK && first == count) first = i;
  }
  return first;
}

th_status th__free_sized(th_heap *heap, th_address address, th_block_kind kind, uint64_t length) {
  seized block;
  if (!seize_any(heap, address, kind, &block)) return TH_FREED;
  if (block.size - th__tag_unused(block.tag) != length) {
    settle(&block, block.tag);
    return TH_FREED;
  }
  bury(heap, address, &block);
  return TH_OK;
}

// ---- other lengths ----

// Gives the block another length where it is.
static th_status resize(const th_record *record, const th_block *block, th_block_kind kind,
                        uint64_t length, th_address *moved) {
  seized found;
  if (!seize(record, block->address, kind, &found)) return TH_FREED;
  // Freed and allocated anew since it was looked up, it may be another block.
  const bool is_same = found.size == block->size;
  settle(&found, is_same ? th__tag_make(found.size, length, kind) : found.tag);
  if (!is_same) return TH_FREED;
  *moved = block->address;
  return TH_OK;
}

static th_status move(th_heap *heap, const th_block *block, th_block_kind kind, uint64_t length,
                      uint32_t align, th_address *moved) {
  th_address to;
  const th_status status = th_alloc(heap, length, align, kind, &to);
  if (status != TH_OK) return status;
  const uint64_t common = length < block->length ? length : block->length;
  th_bytes_move(th__at(heap, to), th__at(heap, block->address), (size_t)common);
  // Freed by another thread meanwhile, the block may even be the new one.
  if (to == block->address || th_free(heap, block->address, kind) != TH_OK) {
    th_free(heap, to, kind);
    return TH_FREED;
  }
  *moved = to;
  return TH_OK;
}

th_status th_realloc(th_heap *heap, th_address address, th_block_kind kind, uint64_t length,
                     uint32_t align, th_address *moved) {
  const th_record *record = heap->record;
  th_block block;
  if (th_block_read(record, address, kind, &block) != TH_OK) return TH_FREED;
  if (length > record->max_length) return TH_FULL;
  const bool is_aligned = (record->before + address) % align == 0;
  return is_aligned && size_for(length, align) == block.size
             ? resize(record, &block, kind, length, moved)
             : move(heap, &block, kind, length, align, moved);
}
