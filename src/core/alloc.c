// SPDX-License-Identifier: MIT
#include "alloc.h"

#include "bytes.h"
#include "object.h"
#include "page.h"

enum {
  CACHE_BYTES = 8192, // what a thread keeps of one class, about
  SMALL_MAX = 8192,
  LINEAR_CLASSES = 8, // 16, 32 ... 128; then four per doubling
  KIND_BITS = 3,      // tag: unused bytes (at most 4096, of an empty page) << 3 | kind
};

_Static_assert(TH_BLOCK_DYING < 1 << KIND_BITS && TH_PAGE_SIZE << KIND_BITS <= UINT16_MAX,
               "a tag has 16 bits");
_Static_assert(TH_RUN_BLOCKS_MAX *TH_BLOCK_ALIGN == TH_PAGE_SIZE, "16-byte blocks fill one page");

static uint32_t class_size(uint32_t index) {
  if (index < LINEAR_CLASSES) return (index + 1) * TH_BLOCK_ALIGN;
  const uint32_t doubling = (index - LINEAR_CLASSES) / 4;
  const uint32_t quarter = (index - LINEAR_CLASSES) % 4;
  return (5 + quarter) << (5 + doubling);
}

static uint32_t class_of(uint32_t size) {
  if (size <= LINEAR_CLASSES * TH_BLOCK_ALIGN) return size == 0 ? 0 : (size - 1) / TH_BLOCK_ALIGN;
  uint32_t log = 7;
  while ((size - 1) >> (log + 1))
    log++;
  return LINEAR_CLASSES + (log - 7) * 4 + ((size - 1) >> (log - 2)) - 4;
}

// The fewest pages that waste at most an eighth.
static uint32_t pages_for(uint32_t block_size) {
  uint32_t pages = (block_size + TH_PAGE_SIZE - 1) >> TH_PAGE_SHIFT;
  while ((pages << TH_PAGE_SHIFT) % block_size > (pages << TH_PAGE_SHIFT) / 8)
    pages++;
  return pages;
}

static uint32_t cache_blocks_for(uint32_t block_size) {
  const uint32_t blocks = CACHE_BYTES / block_size;
  return blocks > TH_CACHE_BLOCKS_MAX ? TH_CACHE_BLOCKS_MAX : blocks;
}

void th__classes_init(th_record *record) {
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++) {
    th_class *size_class = &record->classes[i];
    size_class->block_size = i < TH_SMALL_CLASSES ? class_size(i) : sizeof(th_control);
    size_class->run_pages = pages_for(size_class->block_size);
    size_class->run_blocks = (size_class->run_pages << TH_PAGE_SHIFT) / size_class->block_size;
    size_class->cache_blocks = cache_blocks_for(size_class->block_size);
  }
}

static void add(th_atomic_i64 *count, int64_t change) {
  th_store_relaxed(count, th_load_relaxed(count) + change);
}

static void account_pages(th_heap *heap, int64_t blocks, uint32_t block_size) {
  add(&heap->account.blocks[TH_LARGE_CLASS], blocks);
  add(&heap->account.large_bytes, blocks * block_size);
}

static uint16_t tag_of(uint32_t block_size, uint64_t length, th_block_kind kind) {
  return (uint16_t)((block_size - length) << KIND_BITS | kind);
}

// A block as an address check finds it.
typedef struct place {
  th_run *run; // NULL: the address is in no block
  uint32_t index;
  uint32_t offset; // of the address in the block
  uint32_t size;   // of the block
} place;

// The block around the address. Whatever a racing release leaves in the run's fields, the index
// stays below its tag_count. All loads are acquires and pair with release stores: an optimistic
// reader that is sent astray by a run that was reused also sees the version that says so.
static place locate(const th_record *record, th_address address) {
  place at = {0};
  if (!th__record_has(record, address, 1)) return at;
  th_run *run = th_load_acquire(&record->page_map[address >> TH_PAGE_SHIFT]);
  if (!run) return at;
  const uint32_t within = address - (th_load_acquire(&run->first_page) << TH_PAGE_SHIFT);
  at.size = th_load_acquire(&run->block_size);
  at.index = (uint32_t)((uint64_t)within * th_load_relaxed(&run->reciprocal) >> 32);
  at.offset = within - at.index * at.size;
  if (at.index < run->tag_count && at.offset < at.size) at.run = run;
  return at;
}

th_run *th__locate(const th_record *record, th_address address, uint32_t *index) {
  const place at = locate(record, address);
  *index = at.index;
  return at.offset == 0 ? at.run : NULL;
}

static void run_setup(th_run *run, uint32_t block_size, uint32_t blocks) {
  th_store_relaxed(&run->reciprocal, (uint32_t)(((1ull << 32) + block_size - 1) / block_size));
  // Until now locate() found nothing in a new run; who finds a block also sees the run's objects.
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

static uint32_t lowest_bit(uint64_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
  unsigned long index;
  _BitScanForward64(&index, bits);
  return index;
#else
  return (uint32_t)__builtin_ctzll(bits);
#endif
}

// Moves free blocks of a run into the cache until it holds `want`. Caller holds the class lock.
static void run_drain(th_class *size_class, th_run *run, th_cache *cache, uint32_t want) {
  const th_address start = th_load_relaxed(&run->first_page) << TH_PAGE_SHIFT;
  for (uint32_t i = 0; i < TH_RUN_BLOCKS_MAX / 64; i++) {
    while (run->free_bits[i] && cache->count < want) {
      const uint32_t bit = lowest_bit(run->free_bits[i]);
      run->free_bits[i] &= run->free_bits[i] - 1;
      run->free_count--;
      cache->blocks[cache->count++] = start + (i * 64 + bit) * size_class->block_size;
    }
  }
  if (run->free_count == 0) partial_remove(size_class, run);
}

static th_status cache_fill(th_heap *heap, uint32_t class_index) {
  th_class *size_class = &heap->record->classes[class_index];
  th_cache *cache = &heap->caches[class_index];
  const uint32_t want = (size_class->cache_blocks + 1) / 2;
  th_status status = TH_OK;
  th_lock_wait(&size_class->lock, &heap->record->lock_waits);
  while (cache->count < want && status == TH_OK) {
    if (size_class->partial) {
      run_drain(size_class, size_class->partial, cache, want);
    } else if (cache->count > 0) {
      break;
    } else {
      status = run_add(heap, class_index);
    }
  }
  th_lock_release(&size_class->lock);
  return status;
}

// Gives a block back to its run; the run back to the pages when it was the last.
// Caller holds the class lock.
static void block_return(th_record *record, th_class *size_class, th_address address) {
  uint32_t index = 0;
  th_run *run = th__locate(record, address, &index);
  run->free_bits[index / 64] |= 1ull << (index % 64);
  if (run->free_count++ == 0) partial_push(size_class, run);
  if (run->free_count == run->block_count && !run->objects) {
    partial_remove(size_class, run);
    th__pages_give(record, run);
  }
}

static void cache_trim(th_heap *heap, uint32_t class_index, uint32_t keep) {
  th_class *size_class = &heap->record->classes[class_index];
  th_cache *cache = &heap->caches[class_index];
  if (cache->count <= keep) return;
  th_lock_wait(&size_class->lock, &heap->record->lock_waits);
  while (cache->count > keep) {
    block_return(heap->record, size_class, cache->blocks[--cache->count]);
  }
  th_lock_release(&size_class->lock);
}

void th__caches_flush(th_heap *heap) {
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++) {
    cache_trim(heap, i, 0);
  }
}

static th_status cache_take(th_heap *heap, uint32_t class_index, th_address *address) {
  th_cache *cache = &heap->caches[class_index];
  if (cache->count == 0) {
    const th_status status = cache_fill(heap, class_index);
    if (status != TH_OK) return status;
  }
  *address = cache->blocks[--cache->count];
  return TH_OK;
}

static th_status alloc_class(th_heap *heap, uint32_t class_index, uint64_t length,
                             th_block_kind kind, th_address *address) {
  const th_status status = cache_take(heap, class_index, address);
  if (status != TH_OK) return status;
  const uint32_t size = heap->record->classes[class_index].block_size;
  uint32_t index = 0;
  th_run *run = th__locate(heap->record, *address, &index);
  th_store_release(&run->tags[index], tag_of(size, length, kind)); // pairs with find and free
  add(&heap->account.blocks[class_index], 1);
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
  th_store_release(&run->tags[0], tag_of(size, length, kind));
  return TH_OK;
}

// The smallest class whose blocks all start at multiples of align: runs start at a page, so a
// block size that is a multiple of align will do.
static uint32_t aligned_class(uint32_t length, uint32_t align) {
  uint32_t index = class_of((length + align - 1) & ~(align - 1));
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

th_status th_alloc(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                   th_address *address) {
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

th_status th_alloc_zeroed(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                          th_address *address) {
  const th_status status = th_alloc(heap, length, align, kind, address);
  if (status == TH_OK) th_bytes_clear(th__at(heap, *address), (size_t)length);
  return status;
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

static uint32_t kind_of(uint16_t tag) {
  return tag & ((1u << KIND_BITS) - 1);
}

// The tag of a block. One that is being freed is waited for: the thread that frees it is between
// two stores.
static uint16_t settled_tag(th_run *run, uint32_t index) {
  for (uint32_t step = 0;; step++) {
    const uint16_t tag = th_load_acquire(&run->tags[index]); // pairs with alloc and kill
    if (kind_of(tag) != TH_BLOCK_DYING) return tag;
    th__wait_step(step);
  }
}

// Marks the block at the address as dying, which makes it the caller's; the next tag, to be stored
// soon, says what becomes of it. The run can be released and reused between the look-up and
// the swap only if the block was not live any more; the swap then hit a block of another run, which
// gets its tag back. Nobody takes that one for dead meanwhile, since it is marked as dying. Once
// the swap hit the right block the run stays: the block is on no free list.
static th_run *seize(const th_record *record, th_address address, th_block_kind kind,
                     uint32_t *index) {
  uint32_t again;
  th_run *run;
  uint16_t tag;
  do {
    run = th__locate(record, address, index);
    if (!run) return NULL;
    tag = settled_tag(run, *index);
    if (kind_of(tag) != (uint32_t)kind) return NULL;
    // The swap fails when another thread frees the block, and when one took it for the block of
    // such an old address and is about to give the tag back: only the next look tells which.
  } while (!th_cas_acq_rel(&run->tags[*index], &tag, (uint16_t)(tag | TH_BLOCK_DYING)));
  if (th__locate(record, address, &again) == run && again == *index) return run;
  th_store_release(&run->tags[*index], tag); // pairs with settled_tag
  return NULL;
}

// Makes the block at the address dead.
static th_run *kill(const th_record *record, th_address address, th_block_kind kind) {
  uint32_t index;
  th_run *run = seize(record, address, kind, &index);
  if (run) th_store_release(&run->tags[index], (uint16_t)0); // pairs with settled_tag
  return run;
}

th_status th_free(th_heap *heap, th_address address, th_block_kind kind) {
  th_run *run = kill(heap->record, address, kind);
  if (!run) return TH_FREED;
  const uint32_t class_index = run->class_index;
  if (class_index == TH_LARGE_CLASS) {
    account_pages(heap, -1, th_load_relaxed(&run->block_size));
    th__pages_give(heap->record, run);
    return TH_OK;
  }
  add(&heap->account.blocks[class_index], -1);
  th_cache *cache = &heap->caches[class_index];
  const uint32_t capacity = heap->record->classes[class_index].cache_blocks;
  if (cache->count == capacity) cache_trim(heap, class_index, capacity / 2);
  cache->blocks[cache->count++] = address;
  return TH_OK;
}

// The live block of that kind around the address.
static th_status find_around(const th_record *record, th_address address, th_block_kind kind,
                             th_block *block) {
  const place at = locate(record, address);
  if (!at.run) return TH_FREED;
  const uint16_t tag = settled_tag(at.run, at.index);
  const uint64_t asked = (uint64_t)at.size - (tag >> KIND_BITS);
  if (kind_of(tag) != (uint32_t)kind || asked > at.size ||
      !th__record_has(record, address - at.offset, asked)) {
    return TH_FREED;
  }
  *block = (th_block){.address = address - at.offset, .size = at.size, .length = asked};
  return TH_OK;
}

th_status th_block_containing(const th_record *record, th_address address, th_block_kind kind,
                              th_address *start, uint64_t *length) {
  th_block block;
  if (find_around(record, address, kind, &block) != TH_OK) return TH_FREED;
  *start = block.address;
  *length = block.length;
  return TH_OK;
}

th_status th_block_read(const th_record *record, th_address address, th_block_kind kind,
                        th_block *block) {
  th_block found;
  if (find_around(record, address, kind, &found) != TH_OK) return TH_FREED;
  if (found.address != address) return TH_FREED;
  *block = found;
  return TH_OK;
}

th_status th_block_find(const th_record *record, th_address address, th_block_kind kind,
                        uint64_t *length) {
  th_block block;
  if (th_block_read(record, address, kind, &block) != TH_OK) return TH_FREED;
  *length = block.length;
  return TH_OK;
}

typedef struct listing {
  th_block_kind kind;
  th_address from;
  th_block *blocks;
  uint32_t capacity;
  uint32_t count;
} listing;

// A run in use or free; the tags of a free span are 0. The page lock is held, so the run stays what
// it is, and a block with a tag has its size.
static bool list_run(th_run *run, void *context) {
  listing *l = context;
  const th_address start = th_load_relaxed(&run->first_page) << TH_PAGE_SHIFT;
  for (uint32_t i = 0; i < run->tag_count && l->count < l->capacity; i++) {
    const uint16_t tag = settled_tag(run, i);
    const uint32_t size = th_load_relaxed(&run->block_size);
    const th_address address = start + i * size;
    if (kind_of(tag) != (uint32_t)l->kind || address < l->from) continue;
    l->blocks[l->count++] =
        (th_block){.address = address, .size = size, .length = size - (tag >> KIND_BITS)};
  }
  return l->count < l->capacity;
}

uint32_t th_blocks_list(th_heap *heap, th_block_kind kind, th_address from, th_block *blocks,
                        uint32_t capacity) {
  listing l = {.kind = kind, .from = from, .blocks = blocks, .capacity = capacity};
  const uint32_t page = from >> TH_PAGE_SHIFT;
  th__pages_walk(heap->record, page > 1 ? page : 1, list_run, &l);
  return l.count;
}

// ---- other lengths ----

// Bytes that a block of that length takes.
static uint64_t size_for(uint64_t length, uint32_t align) {
  if (length <= SMALL_MAX && align <= TH_PAGE_SIZE) {
    return class_size(aligned_class((uint32_t)length, align));
  }
  return (length + TH_PAGE_SIZE - 1) & ~(uint64_t)(TH_PAGE_SIZE - 1);
}

// Gives the block another length where it is.
static th_status resize(const th_record *record, const th_block *block, th_block_kind kind,
                        uint64_t length, th_address *moved) {
  uint32_t index;
  th_run *run = seize(record, block->address, kind, &index);
  if (!run) return TH_FREED;
  // Freed and allocated anew since it was looked up, it may be another block.
  const uint32_t size = th_load_relaxed(&run->block_size);
  const uint16_t unused = th_load_relaxed(&run->tags[index]) >> KIND_BITS;
  const uint64_t kept = size == block->size ? length : size - unused;
  th_store_release(&run->tags[index], tag_of(size, kept, kind)); // pairs with settled_tag
  if (size != block->size) return TH_FREED;
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

// ---- verification ----

typedef struct audit {
  th_report *report;
  th_census *live;
  uint64_t live_bytes;
  uint32_t cached[TH_CLASS_COUNT];  // blocks that are neither live nor free
  uint32_t partial[TH_CLASS_COUNT]; // runs with a free block
} audit;

static uint32_t count_bits(uint64_t bits) {
  uint32_t count = 0;
  for (; bits; bits &= bits - 1)
    count++;
  return count;
}

static void audit_live(audit *a, uint16_t tag, uint32_t block_size) {
  a->live->blocks[kind_of(tag)]++;
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
  audit_blocks(a, run, address);
}

static void audit_partial(audit *a, const th_class *size_class, uint32_t class_index) {
  uint32_t runs = 0;
  for (const th_run *run = size_class->partial; run; run = run->next) {
    runs++;
    if (run->class_index != class_index) th__report(a->report, "a run is in the wrong list", 0);
  }
  if (runs != a->partial[class_index]) th__report(a->report, "a run with free blocks is lost", 0);
}

// What balances only while nothing is in flight.
static void audit_books(audit *a, th_heap *heap) {
  th_record *record = heap->record;
  uint32_t cached[TH_CLASS_COUNT] = {0};
  th_lock_wait(&record->thread_lock, &record->lock_waits);
  for (const th_heap *thread = record->threads; thread; thread = thread->next) {
    for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
      cached[i] += thread->caches[i].count;
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
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
    th_lock_wait(&record->classes[i].lock, &record->lock_waits);
  th__pages_verify(record, report, audit_run, &a);
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
    audit_partial(&a, &record->classes[i], i);
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
    th_lock_release(&record->classes[i].lock);
  if (exclusive) audit_books(&a, heap);
}
