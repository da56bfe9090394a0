// SPDX-License-Identifier: MIT
#include "fixture.h"

enum { MIB = 1 << 20 };

TEST(a_freed_block_is_counted_off) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  th_address address;
  TEST_OK(&image, heap, th_alloc_zeroed(heap, 40, 16, TH_BLOCK_USER, &address));
  CHECK_EQ(th_heap_used(heap), 48);
  uint64_t length;
  CHECK_EQ(th_block_find(heap->record, address, TH_BLOCK_USER, &length), TH_OK);
  CHECK_EQ(length, 40);
  CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
  CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_FREED);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}
