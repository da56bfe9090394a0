// SPDX-License-Identifier: MIT
// Blocks as an address finds them: in the page map the run, in the run the block and its tag. A
// look-up takes no lock, and may race with anything the allocator does (alloc.h); one of a user's
// block that finds none takes those of magazines (magazine.h) and looks again.
#ifndef THREADHEAP_CORE_BLOCK_H
#define THREADHEAP_CORE_BLOCK_H

#include "heap.h"

typedef enum th_block_kind {
  TH_BLOCK_USER = 1, // AllocatedMemory
  TH_BLOCK_NODE,     // list node
  TH_BLOCK_CHUNK,    // vector elements
  TH_BLOCK_TABLE,    // map table
  TH_BLOCK_CELL,     // bytes of a string, a bigint or an object
  TH_BLOCK_CONTROL,  // control block
  TH_BLOCK_DYING,    // none of these any more: it is being freed
} th_block_kind;

// A live block.
typedef struct th_block {
  th_address address;
  uint32_t size;   // bytes that the allocator sets aside for it
  uint64_t length; // bytes that were asked for
} th_block;

// Looks up the live block of that kind that starts at the address: *length is what was asked for.
// Returns TH_OK; TH_FREED. Threads: safe, takes no lock. O(1).
th_status th_block_find(const th_record *record, th_address address, th_block_kind kind,
                        uint64_t *length);

// The same, and all there is to know.
th_status th_block_read(const th_record *record, th_address address, th_block_kind kind,
                        th_block *block);

// The same for an address anywhere in a block: *start is the block's.
th_status th_block_containing(const th_record *record, th_address address, th_block_kind kind,
                              th_address *start, uint64_t *length);

// The live blocks of that kind that start at `from` or behind, up to `capacity` (at least 1) of
// them in the order of their addresses; returns how many. Threads: safe, takes the page lock,
// and for blocks of users those of magazines. Blocks that come or go meanwhile may be among them or
// not. O(pages + capacity * TH_RUN_BLOCKS_MAX).
uint32_t th_blocks_list(th_heap *heap, th_block_kind kind, th_address from, th_block *blocks,
                        uint32_t capacity);

// ---- tags: unused bytes (at most 4096, of an empty page) and kind; 0 when the block is not live
// --

enum { TH_KIND_BITS = 3 };

_Static_assert(TH_BLOCK_DYING < 1 << TH_KIND_BITS && TH_PAGE_SIZE << TH_KIND_BITS <= UINT16_MAX,
               "a tag has 16 bits");

static inline uint16_t th__tag_make(uint32_t block_size, uint64_t length, th_block_kind kind) {
  return (uint16_t)((block_size - length) << TH_KIND_BITS | kind);
}

static inline uint32_t th__tag_kind(uint16_t tag) {
  return tag & ((1u << TH_KIND_BITS) - 1);
}

static inline uint32_t th__tag_unused(uint16_t tag) {
  return tag >> TH_KIND_BITS;
}

// The tag of a block when nobody is freeing it any more: the thread that does is between two
// stores.
uint16_t th__tag_await(th_run *run, uint32_t index);

// The tag of a block, when nobody is freeing it.
static inline uint16_t th__tag_settled(th_run *run, uint32_t index) {
  const uint16_t tag = th_load_acquire(&run->tags[index]); // pairs with alloc.c
  return th__tag_kind(tag) == TH_BLOCK_DYING ? th__tag_await(run, index) : tag;
}

// ---- places ----

typedef struct th_place {
  th_run *run; // NULL: the address is in no block
  uint32_t index;
  uint32_t offset; // of the address in the block
  uint32_t size;   // of the block
} th_place;

// The block around the address, live or not. The page map has an entry for each page below the
// maximum, and names a run that is in use only where the image is committed. Whatever a racing
// release leaves in the run's fields, the index stays below its tag_count. All loads are acquires
// and pair with release stores: an optimistic reader that is sent astray by a run that was reused
// also sees the version that says so. Threads: safe, takes no lock; the answer can be stale when
// the run is being released.
static inline th_place th__place_of(const th_record *record, th_address address) {
  th_place at = {0};
  if (address >= record->max_length) return at;
  th_run *run = th_load_acquire(&record->page_map[address >> TH_PAGE_SHIFT]);
  if (!run) return at;
  const uint32_t within = address - (th_load_acquire(&run->first_page) << TH_PAGE_SHIFT);
  at.size = th_load_acquire(&run->block_size);
  at.index = (uint32_t)((uint64_t)within * th_load_relaxed(&run->reciprocal) >> 32);
  at.offset = within - at.index * at.size;
  if (at.index < run->tag_count && at.offset < at.size) at.run = run;
  return at;
}

// The run and index of the block at exactly that address, live or not; NULL when there is none.
static inline th_run *th__locate(const th_record *record, th_address address, uint32_t *index) {
  const th_place at = th__place_of(record, address);
  *index = at.index;
  return at.offset == 0 ? at.run : NULL;
}

// ---- neighbours ----

// The run that a walk over blocks of one kind and length has found the last one in: those beside it
// are found without the page map. A run keeps its place while one of its blocks is live, so what is
// remembered is right as long as the walk's last block cannot be freed. Where it is freed all the
// same, since the image was overwritten and so another container took it for its own, the struct
// may stand for another run by now: what is found then is as stale as what th__place_of finds
// beside a release, and like it lies in the image.
typedef struct th_vicinity {
  th_run *run;
  uint32_t start;      // address of its first block
  uint32_t span;       // bytes of all its blocks; 0: no address lies in it
  uint32_t block_size; // bytes
  uint32_t reciprocal;
  uint16_t tag; // that the blocks which are looked for have there
} th_vicinity;

// The vicinity of the address for blocks of that kind and length; one in which nothing lies when
// there can be none. Threads: safe, takes no lock.
th_vicinity th__vicinity_of(const th_record *record, th_address address, th_block_kind kind,
                            uint32_t length);

// The index that a block at the address, which is in the vicinity, has in the run.
static inline uint32_t th__vicinity_index(const th_vicinity *v, th_address address) {
  return (uint32_t)((uint64_t)(address - v->start) * v->reciprocal >> 32);
}

// Whether a live block of the vicinity's kind and length starts at the address, which is in it. The
// index is below the run's tag_count, since its place is in the span, whatever a racing release has
// left in the other fields.
static inline bool th__vicinity_has(const th_vicinity *v, th_address address) {
  const uint32_t index = th__vicinity_index(v, address);
  return (uint64_t)index * v->block_size == address - v->start &&
         (th_load_acquire(&v->run->tags[index]) == v->tag || // pairs with alloc.c
          th__tag_await(v->run, index) == v->tag);
}

#endif
