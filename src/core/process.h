// SPDX-License-Identifier: MIT
// The process heap: the one heap that native code makes itself, in address space that it reserves
// once and never gives back. Every thread reaches it without being told an address.
//
// What is here is the only state of the core besides the table of records. One lock guards it all:
// making the heap, and enlarging it. The process itself holds a handle of the record, so the heap
// and what is in it stay when the threads that used it have ended.
#ifndef THREADHEAP_CORE_PROCESS_H
#define THREADHEAP_CORE_PROCESS_H

#include "name.h"

// Attaches this thread to the process heap, which is made by the first call, with that random seed.
// Where the system refuses 4 GiB of address space, the maximum is smaller.
// Returns TH_OK; TH_NO_MEMORY.
// Threads: safe. Memory: the caller gives the handle back with th_heap_detach.
th_status th_process_attach(uint64_t seed, th_heap **heap);

// The names of its refs. Call th_process_attach first. Cannot fail.
const th_names *th_process_names(void);

// Makes the heap larger by at least `room` bytes, unless it no longer has the committed size
// *known: then another thread has enlarged it. *known is then what it has. Returns TH_OK; TH_FULL;
// TH_NO_MEMORY. Threads: safe.
th_status th_process_grow(th_heap *heap, uint64_t room, uint64_t *known);

#endif
