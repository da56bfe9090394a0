// SPDX-License-Identifier: MIT
// Walks a whole heap and says what is wrong with it: the page map, the free spans, the runs and
// their bitmaps, every live container and all that hangs on it.
#ifndef THREADHEAP_CORE_VERIFY_H
#define THREADHEAP_CORE_VERIFY_H

#include "heap.h"
#include "report.h"

// Checks the heap. While other threads use it, only what must hold at every moment is checked: the
// allocator is stopped for one walk over its runs, each container while it is walked. With
// `exclusive`, nobody else uses the heap during the call, and the books must balance too: bytes in
// use, blocks in caches, and every block of a container hangs on exactly one. A container found
// corrupt is marked so, as by any other call. Waits for locks.
// Returns TH_OK; TH_NO_MEMORY when there is none to look the keys of maps up with, which is all
// that was left out then. O(pages + blocks + elements).
th_status th_heap_verify(th_heap *heap, bool exclusive, th_report *report);

#endif
