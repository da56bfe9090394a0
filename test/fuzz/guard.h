// SPDX-License-Identifier: MIT
// A heap whose image lies between guards, and what watches the core while it works there.
//
//   guard | image: committed, then guard up to its maximum | guard | neighbour's image | guard
//
// Whatever a 32-bit address and length lead to from the start of the image is in this range: an
// access outside the committed bytes ends the process, or changes the neighbour's image.
//
// The core is compiled with -fsanitize-coverage=trace-loads, which calls the watch before each
// load. It counts them, so that a call that does not end is found out, and it can overwrite what is
// about to be read: what another thread could do at that moment.
#ifndef TEST_GUARD_H
#define TEST_GUARD_H

#include "../core/harness.h"
#include "core/heap.h"

typedef struct guarded {
  uint8_t *base;
  uint64_t length; // bytes committed, header included; the rest is not accessible
} guarded;

// Makes the guarded heap, the same one each time.
th_heap *guard_open(void);

// Detaches it. Fails if that leaves any native memory allocated.
void guard_close(th_heap *heap);

// What lib does with a status: true when the call is to be repeated. Fails on TH_BUSY, since
// nobody else holds a lock.
bool guard_again(th_heap *heap, th_status status);

// The status of a call, repeated while there is room to give it. Fails if it does not end.
#define GUARD_CALL(heap, call)                                                                     \
  __extension__({                                                                                  \
    th_status guard_status_;                                                                       \
    do {                                                                                           \
      guard_watch();                                                                               \
      guard_status_ = (call);                                                                      \
    } while (guard_again((heap), guard_status_));                                                  \
    guard_unwatch();                                                                               \
    guard_status_;                                                                                 \
  })

// Counts the loads of the core from here on.
void guard_watch(void);

// Ends that, and forgets an ambush that did not happen.
void guard_unwatch(void);

// Overwrites 4 bytes, `offset` bytes from the word that the core loads from the image as the n-th
// one (from 0) from now on.
void guard_ambush(uint32_t n, uint32_t offset, uint32_t word);

// The image as it is now.
guarded guard_image(void);

// Fails if the neighbour's image is not as it was.
void guard_check_neighbour(void);

#endif
