// SPDX-License-Identifier: MIT
// What lib does with a magazine.
#ifndef TEST_MAGAZINES_H
#define TEST_MAGAZINES_H

#include "core/magazine.h"
#include "fixture.h"

enum { TEST_HEAP_NUMBER = 7 };

// The address of a block that is in the magazine, 0 if there is none of that length.
static inline th_address test_magazine_take(th_magazine *m, uint32_t length) {
  const uint32_t taken = th_load_relaxed(&m->taken);
  if (taken == th_load_relaxed(&m->count) || length != th_load_relaxed(&m->length)) return 0;
  CHECK_EQ(th_load_relaxed(&m->heap), TEST_HEAP_NUMBER);
  th_store_relaxed(&m->taken, taken + 1);
  return th_load_relaxed(&m->addresses[taken]);
}

// The same, or of one that the heap allocates.
static inline th_status test_alloc_next(test_image *image, th_heap *heap, th_magazine *m,
                                        uint32_t length, th_address *address) {
  *address = test_magazine_take(m, length);
  if (*address) return TH_OK;
  const th_status status =
      TEST_CALL(image, heap, th_alloc_zeroed(heap, length, 1, TH_BLOCK_USER, address));
  if (status == TH_OK && th_magazine_ask(m, TEST_HEAP_NUMBER, length)) {
    th_magazine_load(heap, m, TEST_HEAP_NUMBER, length);
  }
  return status;
}

#endif
