// SPDX-License-Identifier: MIT
// The record: what the process knows about one image, in native memory where JavaScript cannot
// write. One per image, found by base address and heap id, shared by all threads.
//
// A record outlives its last handle: the image may be on its way to another thread in a message
// just then. Records without handles ("orphans") go when a new image takes their addresses, and
// beyond TH_ORPHANS_MAX the oldest goes.
#ifndef THREADHEAP_CORE_RECORD_H
#define THREADHEAP_CORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "hash.h"
#include "layout.h"
#include "lock.h"

enum {
  TH_SMALL_CLASSES = 32,                               // block sizes 16 to 8192, see alloc.c
  TH_OBJECT_KINDS = 5,                                 // one control class each, see object.h
  TH_LARGE_CLASS = TH_SMALL_CLASSES + TH_OBJECT_KINDS, // whole pages; also free spans
  TH_CLASS_COUNT = TH_LARGE_CLASS,
  TH_RUN_BLOCKS_MAX = 256,
  TH_SPAN_BINS = 96,
  TH_ORPHANS_MAX = 16,
};

// A run of whole pages: cut into equal blocks of one size class, or one large block, or a free
// span. The struct is never given back to the C library while the record lives, only reused for
// another run with as many tags, so an address check that raced with its release reads stale
// numbers at worst and no freed memory.
//
// tags[i] is 0 when block i is not live, else its kind and its unused bytes (block.h). It is the
// one place that decides whether a block is live: set by the thread that hands the block out,
// or in its place by another (magazine.h), cleared by the compare-and-swap of the thread that frees
// it.
typedef struct th_run {
  struct th_run *next; // in the list that `state` names; guarded by that list's lock
  struct th_run *previous;
  th_atomic_u32 first_page; // written by the owner of the pages, read by address checks
  th_atomic_u32 block_size; // bytes
  th_atomic_u32 reciprocal; // ceil(2^32 / block_size), 0 for one large block
  uint32_t page_count;      // guarded by the page lock while free, constant while in use
  uint16_t class_index;     // constant: which pool of structs it returns to
  uint16_t tag_count;       // constant: length of tags
  bool is_free;             // a free span; guarded by the page lock
  uint16_t block_count;     // blocks cut from the run; guarded by the class lock
  uint16_t free_count;      // bits set in free_bits; guarded by the class lock
  uint64_t free_bits[TH_RUN_BLOCKS_MAX / 64]; // guarded by the class lock
  char *objects;                              // th_object per block of a control run, else NULL
  th_atomic_u16 tags[];
} th_run;

typedef _Atomic(th_run *) th_run_ref;

typedef struct th_class {
  th_lock lock;
  uint32_t block_size;
  uint32_t run_pages;
  uint32_t run_blocks;
  th_run *partial; // runs with a free bit; guarded by lock
  uint64_t taken;  // blocks that are live or cached; guarded by lock
} th_class;

// Free spans by size, guarded by the record's page lock.
typedef struct th_spans {
  uint64_t bin_bits[2]; // bin i is not empty
  th_run *bins[TH_SPAN_BINS];
  th_run *pools[TH_CLASS_COUNT + 1]; // retired structs by class
  uint64_t free_pages;
} th_spans;

// Live blocks that were allocated and not freed through one handle, whose thread alone writes; any
// may read. Negative where it frees for others.
typedef struct th_account {
  th_atomic_i64 used;         // bytes
  th_atomic_i64 large_blocks; // of whole pages
  th_atomic_i64 large_bytes;  // of those
} th_account;

struct th_heap;

typedef struct th_record {
  uint8_t *base;              // changed by th_record_rebase alone
  uint64_t before;            // bytes of the backing before base; constant, as all down to page_map
  uint64_t heap_id;           // random, not 0, below 2^53
  uint64_t secret;            // keys the hashes of long map keys, checksums and forwarding words
  th_hash_secret hash_secret; // the same, of map keys that are inline in cells
  uint32_t buffer_size;
  uint64_t max_length;           // bytes of the image, header included; at most 2^32
  th_run_ref *page_map;          // per page: the run that owns it, NULL inside free spans
  th_atomic_u64 committed;       // bytes of the image that may be touched; only rises
  th_atomic_u64 next_generation; // below 2^53; threads draw ranges
  th_atomic_u64 lock_waits;      // of all locks that belong to the heap (lock.h)
  th_lock page_lock;
  th_spans spans;
  th_class classes[TH_CLASS_COUNT];
  th_lock forward_lock;
  th_lock thread_lock;
  struct th_heap *threads; // the attached handles; guarded by thread_lock
  th_account retired;      // of detached handles, and what was settled for others; same guard
  struct th_owned *owned;  // th__record_calloc; guarded by thread_lock
  uint32_t handles;        // guarded by the registry lock, as the rest
  struct th_record *next;
} th_record;

typedef struct th_heap_config {
  uint32_t buffer_size; // bytes, what the area grows by multiples of
  uint64_t max_length;  // bytes of the image the backing may grow to, header included
  uint64_t before;      // bytes of the backing before the image, in whole pages
  uint64_t seed;        // random
} th_heap_config;

// Formats a fresh image of length bytes at base and makes its record with one handle.
// Returns TH_OK; TH_NO_MEMORY.
// Threads: safe. Memory: the caller gives the handle back with th_record_release.
th_status th_record_create(uint8_t *base, uint64_t length, const th_heap_config *config,
                           th_record **record);

// Finds the record of the image at base and takes a handle to it, or else makes both, if the
// backing has no image: of threads that do so at once one makes them. length is at least
// TH_HEADER_SIZE. Returns TH_OK; TH_NO_MEMORY; TH_TAKEN when an image is elsewhere in the backing;
// TH_OTHER_INSTANCE. Threads: safe.
th_status th_record_ensure(uint8_t *base, uint64_t length, const th_heap_config *config,
                           th_record **record);

// Whether there is an image in the backing of length bytes at start: *before bytes of it come
// first. Threads: safe.
bool th_record_locate(const uint8_t *start, uint64_t length, uint64_t *before);

// Finds the record of the image at base and takes a handle to it.
// Returns TH_OK; TH_BAD_DESCRIPTOR for an image that is not a heap, or whose record is gone;
// TH_OTHER_INSTANCE for one that another copy of the addon formatted.
// Threads: safe.
th_status th_record_find(uint8_t *base, uint64_t length, th_record **record);

// Gives a handle back. Cannot fail. Threads: safe.
void th_record_release(th_record *record);

// Lets the record use the image up to length bytes; does nothing if it already may.
// Returns TH_OK; TH_NO_MEMORY. Threads: safe.
th_status th_record_commit(th_record *record, uint64_t length);

// The image has moved to base, with all that is in it. Not for an image that other threads see: its
// only handle is the caller's.
// Returns TH_OK; TH_ATTACHED when there are more.
th_status th_record_rebase(th_record *record, uint8_t *base);

// Zeroed native memory that lives as long as the record; NULL when there is none.
// Threads: safe.
void *th__record_calloc(th_record *record, size_t count, size_t size);

// Whether [address, address + length) lies in the usable image, beyond the header.
static inline bool th__record_has(const th_record *record, th_address address, uint64_t length) {
  return address >= TH_HEADER_SIZE &&
         (uint64_t)address + length <= th_load_acquire(&((th_record *)record)->committed);
}

#endif
