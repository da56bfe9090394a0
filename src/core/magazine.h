// SPDX-License-Identifier: MIT
// A magazine: blocks of one length that a thread took from its cache ahead of need, so that lib can
// hand them out without a call. (The name is that of Bonwick and Adams, "Magazines and Vmem",
// 2001.)
//
//   th_magazine   what lib reads, and `taken`, which it writes
//     addresses   | settled      | taken, not settled | rest                |
//                 0              settled              taken                 count
//   th_stock      the same blocks as the allocator knows them, and `settled`; native
//
// lib gives its blocks the addresses in order and counts them in `taken`, by a plain store. Until
// it is settled such a block is what it was in the cache, its tag 0, but cleared: like calloc, this
// takes for granted that nobody writes to what was freed. Settling makes it live, as th_alloc would
// have. Any thread may do that, under the stock's lock, and does where it matters: when it counts
// or lists blocks, and when it looks for one and finds none. Who was told of a block by its thread
// also sees the `taken` that was stored before. Thus no look-up misses a block that was handed out,
// and a stale address of one that was not finds none: nothing is live that nobody has.
//
// The owner loads and unloads the magazine, also under the lock. Since lib takes blocks meanwhile
// only in the same thread, `taken` stands still then. The thread may end anywhere: th_heap_detach
// settles what was taken, since the program may have counted on it, and gives the rest back.
#ifndef THREADHEAP_CORE_MAGAZINE_H
#define THREADHEAP_CORE_MAGAZINE_H

#include "alloc.h"

// To be called when the magazine could not serve an allocation of blocks that are aligned as all
// are, by lib's number of the heap. Whether it is to be loaded for those: it was used up by them,
// or more came in a row than it was loaded with, so that what it gives back took less than they
// did. Never for lengths of which it would hold less than two.
bool th_magazine_ask(th_magazine *magazine, uint32_t number, uint64_t length);

// Loads the magazine, of which th_magazine_ask was just asked. It holds twice as much each time, up
// to TH_MAGAZINE_BLOCKS blocks of TH_MAGAZINE_BYTES together, as far as the cache has them. The
// caller has unloaded it if it is in another heap. O(blocks).
void th_magazine_load(th_heap *heap, th_magazine *magazine, uint32_t number, uint32_t length);

// Settles, and gives the blocks that were not taken back to the cache. Cannot fail.
void th_magazine_unload(th_heap *heap);

// The same, if it has blocks of that class that were not taken.
void th__magazine_return(th_heap *heap, uint32_t class_index);

#endif
