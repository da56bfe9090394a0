// SPDX-License-Identifier: MIT
// Blocks filled with a pattern of their own, so that a block that overlaps another, or that is
// handed out twice, is found out when it is checked.
#ifndef TEST_BLOCKS_H
#define TEST_BLOCKS_H

#include "fixture.h"

#include <string.h>

typedef struct test_block {
  th_address address;
  uint64_t length;
  th_block_kind kind;
  uint64_t salt;
} test_block;

static inline void test_block_fill(th_heap *heap, const test_block *block) {
  uint64_t *words = th__at(heap, block->address);
  const uint64_t count = block->length / 8;
  for (uint64_t i = 0; i < count; i++) {
    words[i] = block->salt + i;
  }
  memset(words + count, (uint8_t)block->salt, block->length % 8);
}

static inline void test_block_check(th_heap *heap, const test_block *block) {
  const uint64_t *words = th__at(heap, block->address);
  const uint64_t count = block->length / 8;
  uint64_t wrong = 0;
  for (uint64_t i = 0; i < count; i++) {
    wrong |= words[i] ^ (block->salt + i);
  }
  const uint8_t *tail = (const uint8_t *)(words + count);
  for (uint64_t i = 0; i < block->length % 8; i++) {
    wrong |= tail[i] ^ (uint8_t)block->salt;
  }
  CHECK_EQ(wrong, 0);
}

// What th_alloc promises of a block it has just made.
static inline void test_block_made(th_heap *heap, const test_block *block, uint32_t align) {
  uint64_t length = 0;
  CHECK_EQ(block->address % TH_BLOCK_ALIGN, 0);
  CHECK_EQ(block->address % align, 0);
  CHECK_EQ(th_block_find(heap->record, block->address, block->kind, &length), TH_OK);
  CHECK_EQ(length, block->length);
}

// Allocates a block and fills it. Returns the last status of th_alloc.
static inline th_status test_block_try(test_image *image, th_heap *heap, uint64_t length,
                                       uint32_t align, test_block *block) {
  *block = (test_block){.length = length, .kind = TH_BLOCK_USER, .salt = test_random()};
  const th_status status =
      TEST_CALL(image, heap, th_alloc(heap, length, align, block->kind, &block->address));
  if (status != TH_OK) return status;
  test_block_made(heap, block, align);
  test_block_fill(heap, block);
  return TH_OK;
}

// The same where it has to succeed.
static inline test_block test_block_take(test_image *image, th_heap *heap, uint64_t length,
                                         uint32_t align) {
  test_block block;
  CHECK_EQ(test_block_try(image, heap, length, align, &block), TH_OK);
  return block;
}

// Checks a block and frees it.
static inline void test_block_give(th_heap *heap, const test_block *block) {
  test_block_check(heap, block);
  CHECK_EQ(th_free(heap, block->address, block->kind), TH_OK);
}

// A length of the kind that programs ask for: mostly small, sometimes some pages.
static inline uint64_t test_block_length(void) {
  const uint64_t random = test_random();
  switch (random % 16) {
  case 0:
    return (random >> 8) % 40000;
  case 1:
  case 2:
    return (random >> 8) % 9000;
  default:
    return (random >> 8) % 300;
  }
}

// All the free area must be one block: nothing is live and every cache was given back.
static inline void test_whole_area_is_free(test_image *image, th_heap *heap) {
  const uint64_t pages = image->maximum / TH_PAGE_SIZE - 1;
  th_address address;
  CHECK_EQ(th_heap_used(heap), 0);
  TEST_OK(image, heap, th_alloc(heap, pages * TH_PAGE_SIZE, 1, TH_BLOCK_USER, &address));
  CHECK_EQ(address, TH_HEADER_SIZE);
  CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
}

#endif
