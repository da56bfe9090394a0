// SPDX-License-Identifier: MIT
// A magazine: blocks of one length that a thread took from its cache ahead of need, so that lib can
// hand them out without a call. (The name is that of Bonwick and Adams, "Magazines and Vmem",
// 2001.)
//
//   th_magazine   what lib reads, and `taken`, which it writes
//     addresses   | settled      | taken, not settled | rest                |
//                 0              settled              taken                 count
//   th_stock      the same blocks as the allocator knows them; native
//
// lib gives its blocks the addresses in order and counts them in `taken`. Until it is settled such
// a block is what it was in the cache: cleared, its tag 0. Only objects of this thread know it, and
// they settle before they tell its address to anybody (lib/memory.js). So does each call of the
// thread that looks up a block of the heap: it makes the blocks before `taken` live, as th_alloc
// would have. Thus no look-up misses a block that was handed out, and a stale address of one that
// was not finds none: nothing is live that nobody has.
//
// All of it belongs to one thread; others read the counts, relaxed, to know what is in use. The
// thread may end anywhere: th_heap_detach settles what was taken, since the program may have
// counted on it, and gives the rest back.
#ifndef THREADHEAP_CORE_MAGAZINE_H
#define THREADHEAP_CORE_MAGAZINE_H

#include "alloc.h"

// After an allocation of that length, by lib's number of the heap: settles, and loads the magazine
// if it is empty and was used up by this length. It holds twice as much each time, up to
// TH_MAGAZINE_BLOCKS blocks and as far as the cache has them, so that what a change of lengths
// gives back was less than what was saved. The magazine is in no other heap (th_magazine_unload).
// O(blocks).
void th_magazine_load(th_heap *heap, th_magazine *magazine, uint32_t number, uint64_t length);

// Settles, and gives the blocks that were not taken back to the cache. Cannot fail.
void th_magazine_unload(th_heap *heap);

// Makes all blocks that were taken live.
void th__magazine_settle(th_heap *heap);
static inline void th_magazine_settle(th_heap *heap) {
  if (th__stock_pending(&heap->stock) > 0) th__magazine_settle(heap);
}

// th_free of a block that may have come out of the magazine. Settling many at a time takes less, so
// only one that is not settled waits for it.
static inline th_status th_magazine_free(th_heap *heap, th_address address) {
  const th_status status = th_free(heap, address, TH_BLOCK_USER);
  if (status == TH_OK || th__stock_pending(&heap->stock) == 0) return status;
  th__magazine_settle(heap);
  return th_free(heap, address, TH_BLOCK_USER);
}

#endif
