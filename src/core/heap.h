// SPDX-License-Identifier: MIT
// A heap as one thread sees it: the record, and the caches and scratch memory of this thread.
#ifndef THREADHEAP_CORE_HEAP_H
#define THREADHEAP_CORE_HEAP_H

#include "record.h"

enum {
  TH_CACHE_BLOCKS_MAX = 64,
  TH_MAGAZINE_BLOCKS = 32,
  TH_MAGAZINE_BYTES = 2048,
  TH_GENERATION_RANGE = 256,
};

// A block of a cache or magazine. Its run stays while it is not free.
typedef struct th_cached {
  th_run *run;
  th_address address;
  uint32_t index; // in the run
} th_cached;

typedef struct th_cache {
  th_atomic_u32 count; // written by the owner, who alone reads the blocks
  uint32_t capacity;   // constant, as the next
  uint32_t block_size;
  th_cached blocks[TH_CACHE_BLOCKS_MAX];
} th_cache;

// Addresses of blocks that lib hands out without a call: magazine.h has the protocol. One per
// thread, in memory that outlives the thread's heaps. Zero-initialised is empty.
typedef struct th_magazine {
  th_atomic_u32 heap; // a number that lib knows the heap by
  th_atomic_u32 length;
  th_atomic_u32 count;
  th_atomic_u32 taken; // written by lib, as well
  th_atomic_u32 addresses[TH_MAGAZINE_BLOCKS];
  uint32_t asked_heap; // what th_magazine_ask was asked for last; lib reads none of these
  uint32_t asked_length;
  uint32_t asked_count; // how often in a row, or since it was used up
} th_magazine;

// The blocks of those addresses. The lock guards the rest, of which the owner alone writes all but
// `settled`, and reads it without.
typedef struct th_stock {
  th_lock lock;
  th_magazine *magazine; // NULL while it is in another heap, or none: then there are no blocks
  uint32_t class_index;
  uint32_t length;
  uint32_t count;
  uint32_t settled; // blocks that any thread has made live
  uint32_t want;    // blocks that it is loaded with next
  th_cached blocks[TH_MAGAZINE_BLOCKS];
} th_stock;

// Growable native scratch memory.
typedef struct th_buffer {
  uint8_t *data;
  size_t capacity;
  size_t length;
} th_buffer;

// Used by one thread only, except the account and the counts of the caches, which any thread may
// read, the links, which the record's thread_lock guards, and the stock.
typedef struct th_heap {
  uint8_t *base;
  th_record *record;
  th_account account;
  uint64_t room_needed;
  uint64_t generation; // [generation, generation_end) are this thread's to hand out
  uint64_t generation_end;
  th_buffer buffer; // what reads copy strings and bytes to
  struct th_heap *next;
  struct th_heap *previous;
  th_stock stock;
  th_cache caches[TH_CLASS_COUNT];
} th_heap;

typedef struct th_heap_stats {
  uint64_t used;                       // bytes of live blocks
  uint64_t committed;                  // bytes of the image in use or free, header excluded
  uint64_t maximum;                    // bytes the same may grow to
  uint64_t free;                       // bytes in free spans
  uint64_t largest_free;               // bytes of the largest free span
  uint64_t blocks[TH_CLASS_COUNT + 1]; // live blocks by class; the last ones are whole pages
  uint64_t large_bytes;                // of those
  uint64_t lock_waits; // how often a call found a lock taken, since the heap was made
  uint32_t threads;    // attached handles
} th_heap_stats;

// Formats the fresh image [base, base + length) and attaches this thread to it. length is at least
// TH_HEADER_SIZE; base is page aligned and stays mapped up to config->max_length.
// Returns TH_OK; TH_NO_MEMORY. Threads: safe.
// Memory: the caller gives the handle back with th_heap_detach.
th_status th_heap_create(uint8_t *base, uint64_t length, const th_heap_config *config,
                         th_heap **heap);

// Attaches this thread to an image that th_heap_create formatted, in this or another thread.
// Returns TH_OK; TH_NO_MEMORY; TH_BAD_DESCRIPTOR; TH_OTHER_INSTANCE. Threads: safe.
th_status th_heap_attach(uint8_t *base, uint64_t length, th_heap **heap);

// Attaches this thread to the heap of an image, and makes it if the image has none: of threads that
// do so at once one makes it. `config` is for a new one.
// Returns TH_OK; TH_NO_MEMORY; TH_OTHER_INSTANCE; TH_TAKEN when the backing holds a heap that
// begins elsewhere. Threads: safe.
th_status th_heap_ensure(uint8_t *base, uint64_t length, const th_heap_config *config,
                         th_heap **heap);

// The image of a heap that one thread uses, and whose containers are not open, has moved to base
// with all that is in it. Returns TH_OK; TH_ATTACHED when the heap has another handle.
th_status th_heap_rebase(th_heap *heap, uint8_t *base);

// Gives back the handle's caches and the handle. Cannot fail. May be called by another thread when
// the owner makes no more calls.
void th_heap_detach(th_heap *heap);

// Tells the record that the backing now has length bytes. Returns TH_OK; TH_NO_MEMORY.
// Threads: safe.
th_status th_heap_commit(th_heap *heap, uint64_t length);

// Bytes the image must grow by for the call that just returned TH_NEED_ROOM.
static inline uint64_t th_heap_room_needed(const th_heap *heap) {
  return heap->room_needed;
}

// Bytes of live blocks, exact when no call is in flight. Threads: safe. O(threads).
uint64_t th_heap_used(th_heap *heap);

// Exact when no call is in flight; beside other threads' calls the figures need not fit each other.
// Threads: safe. O(threads * classes).
void th_heap_stats_read(th_heap *heap, th_heap_stats *stats);

// A number below 2^53 that no other call on this heap's record returns. Cannot fail.
uint64_t th__heap_generation(th_heap *heap);

// Makes the blocks live that were taken out of the magazine, and counts them in the account. Caller
// holds the lock of the stock.
void th__stock_settle(th_heap *heap, th_account *account);

// The same for all threads. Threads: safe, takes the thread_lock and those of the stocks.
// O(threads).
void th__stocks_settle(th_record *record);

// How many blocks were taken. Caller holds the lock, or is the owner.
static inline uint32_t th__stock_taken(const th_stock *stock) {
  const uint32_t taken = stock->magazine ? th_load_relaxed(&stock->magazine->taken) : 0;
  return taken < stock->count ? taken : stock->count;
}

// Blocks of the class in the cache, and in the magazine and not taken. Threads: safe, under the
// thread_lock for another thread's.
uint32_t th__heap_cached(th_heap *heap, uint32_t class_index);

// Makes room for length bytes behind buffer->length. Returns TH_OK; TH_NO_MEMORY.
th_status th__buffer_reserve(th_buffer *buffer, size_t length);

static inline void *th__at(const th_heap *heap, th_address address) {
  return heap->base + address;
}

#endif
