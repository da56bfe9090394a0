// SPDX-License-Identifier: MIT
// The allocator. Blocks up to 8 KiB come from 32 size classes, cut from runs of pages, through a
// cache per thread; larger ones are whole pages. All bookkeeping is native (record.h): nothing
// that is written into a block, live or freed, can damage it. The shape is that of mimalloc and
// its forebears (Leijen, Zorn and de Moura, "Mimalloc: Free List Sharding in Action", 2019), with
// bitmaps out of line in place of free lists inside the blocks.
//
// A block is in one of these states:
//   live      its tag is not 0; for two stores of the thread that frees it, it is "dying"
//   cached    tag 0, its address in one thread's cache, or in its magazine and not taken; nobody
//             else can see it
//   taken     tag 0, handed out by lib from the magazine (magazine.h); whoever looks for it and
//             finds the tag 0 makes it live first
//   free      tag 0, its bit set in its run
// alloc: free -> cached (class lock) -> live (owner stores the tag), or -> taken -> live
// free:  live -> cached (compare-and-swap of the tag; a second free finds 0) -> free (class lock)
// A thread that ends makes live what it has taken and gives its caches back (th_heap_detach). But
// for a taken block, it cannot end between these steps: each is inside one native call.
#ifndef THREADHEAP_CORE_ALLOC_H
#define THREADHEAP_CORE_ALLOC_H

#include "block.h"
#include "report.h"

enum { TH_ALIGN_MAX = 1 << 20 };

// Allocates length bytes (0 is allowed) at a multiple of align (a power of two up to TH_ALIGN_MAX)
// from the start of the backing.
// Returns TH_OK with the block's address; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
// Threads: safe between heaps of different threads; a th_heap belongs to one thread.
// Memory: the block is not cleared; th_free or the owning container gives it back.
// O(1) up to 8 KiB, O(pages) above.
th_status th_alloc(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                   th_address *address);

// th_alloc, and clears the block.
th_status th_alloc_zeroed(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                          th_address *address);

// th_alloc_zeroed, `count` times. All or nothing: a call that fails has freed what it got.
// TH_NEED_ROOM asks for the room of all that is missing, as far as the maximum allows. O(count).
th_status th_alloc_many(th_heap *heap, uint32_t count, uint64_t length, uint32_t align,
                        th_block_kind kind, th_address *addresses);

// Frees the block of that kind at the address.
// Returns TH_OK; TH_FREED when no live block of that kind starts there.
// Threads: safe, also for blocks that another thread allocated. Of two frees one gets TH_OK.
th_status th_free(th_heap *heap, th_address address, th_block_kind kind);

// th_free, `count` times; frees every block that is live. Returns the index of the first address
// where none was, or `count`: an address that comes twice is such a one. Cannot fail. O(count).
uint32_t th_free_many(th_heap *heap, const th_address *addresses, uint32_t count,
                      th_block_kind kind);

// The same as th_free for block `index` of the run, which was found at the address and may be freed
// by another thread meanwhile.
th_status th__free_found(th_heap *heap, th_run *run, uint32_t index, th_address address,
                         th_block_kind kind);

// The same as th_free for a block of which the length is known as well: TH_FREED when it has
// another one.
th_status th__free_sized(th_heap *heap, th_address address, th_block_kind kind, uint64_t length);

// Gives the block of that kind at the address another length, at another address if need be: what
// both lengths have in common is copied there, and the block freed. It stays where it is when the
// new length takes as many bytes and the address is a multiple of align.
// Returns TH_OK with the new address; TH_FREED, TH_NEED_ROOM, TH_FULL and TH_NO_MEMORY as above.
// Threads: safe; of two calls that free one block, one gets TH_OK. What other threads write to the
// block meanwhile may be lost. O(length).
th_status th_realloc(th_heap *heap, th_address address, th_block_kind kind, uint64_t length,
                     uint32_t align, th_address *moved);

// After a th_alloc that returned TH_NEED_ROOM: asks for room for `rest` further blocks as well.
void th__ask_more(th_heap *heap, uint64_t rest, uint64_t length, uint32_t align);

// Allocates the control block of one object class; its run and index tell the object (object.c).
th_status th__alloc_control(th_heap *heap, uint32_t class_index, th_address *address);

// The allocator's part of th_heap_verify; adds the live blocks to the census. Stops the allocator.
void th__alloc_verify(th_heap *heap, bool exclusive, th_report *report, th_census *live);

// Adds to a count that nobody else writes now.
static inline void th__count(th_atomic_i64 *count, int64_t change) {
  th_store_relaxed(count, th_load_relaxed(count) + change);
}

// The class of blocks of up to 8 KiB.
uint32_t th__class_of(uint32_t length);

// Takes a block out of a cache that has one.
static inline th_cached th__cache_take(th_cache *cache) {
  const uint32_t count = th_load_relaxed(&cache->count) - 1;
  th_store_relaxed(&cache->count, count);
  return cache->blocks[count];
}

// Puts a block that is not live into this thread's cache.
void th__cache_return(th_heap *heap, uint32_t class_index, th_cached block);

// Makes a block that was taken out of a cache live.
static inline void th__cached_wake(th_account *account, const th_cached *block, uint32_t size,
                                   uint64_t length, th_block_kind kind) {
  // Pairs with th__tag_settled.
  th_store_release(&block->run->tags[block->index], th__tag_make(size, length, kind));
  th__count(&account->used, size);
}

// Called once on a new record.
void th__classes_init(th_record *record);

// Called once on a new heap.
void th__caches_init(th_heap *heap);

// Gives back everything the heap's caches hold, and every run that is empty then.
void th__caches_flush(th_heap *heap);

#endif
