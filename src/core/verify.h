// SPDX-License-Identifier: MIT
// Walks a whole heap and says what is wrong with it: the page map, the free spans, the runs and
// their bitmaps, every live container and all that hangs on it.
#ifndef THREADHEAP_CORE_VERIFY_H
#define THREADHEAP_CORE_VERIFY_H

#include "heap.h"

enum { TH_PROBLEMS_MAX = 64 };

typedef struct th_problem {
  const char *what;
  th_address address; // of the page, block or control block it is about; 0: of the heap
} th_problem;

typedef struct th_report {
  uint32_t count; // problems found; the first TH_PROBLEMS_MAX are kept
  th_problem problems[TH_PROBLEMS_MAX];
} th_report;

// Checks the heap. While other threads use it, only what must hold at every moment is checked: the
// allocator is stopped for one walk over its runs, each container while it is walked. With
// `exclusive`, nobody else uses the heap during the call, and the books must balance too: bytes in
// use, blocks in caches, and every block of a container hangs on exactly one. A container found
// corrupt is marked so, as by any other call. Waits for locks.
// Cannot fail. O(pages + blocks + elements).
void th_heap_verify(th_heap *heap, bool exclusive, th_report *report);

// Adds a problem to the report.
void th__report(th_report *report, const char *what, th_address address);

// Blocks by kind (th_block_kind).
typedef struct th_census {
  uint64_t blocks[8];
} th_census;

#endif
