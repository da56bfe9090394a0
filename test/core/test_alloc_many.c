// SPDX-License-Identifier: MIT
// Many blocks in one call, and frees of blocks of a known length.
#include "blocks.h"

enum { KIB = 1024, MIB = 1 << 20, COUNT = 5000, THREADS = 4 };

static th_address addresses[COUNT];

static th_status take_many(test_image *image, th_heap *heap, uint32_t count, uint64_t length) {
  return TEST_CALL(image, heap, th_alloc_many(heap, count, length, 1, TH_BLOCK_USER, addresses));
}

static void check_zeroed_blocks(th_heap *heap, uint32_t count, uint64_t length) {
  static const uint8_t zeros[20000];
  for (uint32_t i = 0; i < count; i++) {
    const test_block block = {addresses[i], length, TH_BLOCK_USER, i};
    test_block_made(heap, &block, 1);
    CHECK(memcmp(th__at(heap, block.address), zeros, length) == 0);
  }
}

// Every block is whole when all are filled: none overlaps another.
static void fill_and_check(th_heap *heap, uint32_t count, uint64_t length) {
  for (uint32_t i = 0; i < count; i++) {
    const test_block block = {addresses[i], length, TH_BLOCK_USER, i};
    test_block_fill(heap, &block);
  }
  for (uint32_t i = 0; i < count; i++) {
    const test_block block = {addresses[i], length, TH_BLOCK_USER, i};
    test_block_check(heap, &block);
  }
}

TEST(many_blocks_come_zeroed_and_apart) {
  static const uint64_t lengths[] = {0, 1, 16, 100, 3000, 8192, 8193, 20000};
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 128 * MIB);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    for (int round = 0; round < 2; round++) { // the second one finds dirty blocks
      CHECK_EQ(take_many(&image, heap, COUNT, lengths[i]), TH_OK);
      check_zeroed_blocks(heap, COUNT, lengths[i]);
      fill_and_check(heap, COUNT, lengths[i]);
      CHECK_EQ(th_free_many(heap, addresses, COUNT, TH_BLOCK_USER), COUNT);
      CHECK_EQ(th_heap_used(heap), 0);
    }
  }
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

TEST(no_blocks_are_no_failure) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  CHECK_EQ(th_alloc_many(heap, 0, 64, 1, TH_BLOCK_USER, NULL), TH_OK);
  CHECK_EQ(th_free_many(heap, NULL, 0, TH_BLOCK_USER), 0);
  test_heap_close(&image, heap);
}

TEST(many_blocks_start_at_multiples_of_their_alignment) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 64 * MIB);
  for (uint32_t align = 1; align <= TH_ALIGN_MAX; align *= 2) {
    TEST_OK(&image, heap, th_alloc_many(heap, 20, 40, align, TH_BLOCK_USER, addresses));
    for (int i = 0; i < 20; i++) {
      CHECK_EQ(addresses[i] % align, 0);
    }
    CHECK_EQ(th_free_many(heap, addresses, 20, TH_BLOCK_USER), 20);
  }
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

// Each call of th_alloc_many begins anew, so there must not be one for each run of blocks.
TEST(the_room_for_many_blocks_is_asked_for_in_a_few_calls) {
  static const uint64_t lengths[] = {16, 1000, 5000, 8193};
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    test_image image;
    th_heap *heap = test_heap_open(&image, 0, 128 * MIB);
    uint32_t calls = 0;
    TEST_OK(&image, heap,
            (calls++, th_alloc_many(heap, COUNT, lengths[i], 1, TH_BLOCK_USER, addresses)));
    CHECK(calls <= 6);
    test_heap_close(&image, heap);
  }
}

TEST(more_blocks_than_there_can_be_are_refused_before_the_image_grows) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  const test_block block = test_block_take(&image, heap, MIB / 2, 1);
  const uint64_t length = th_load_relaxed(&image.length);
  const uint64_t used = th_heap_used(heap);
  CHECK_EQ(take_many(&image, heap, COUNT, 128), TH_FULL);
  CHECK_EQ(take_many(&image, heap, UINT32_MAX, UINT32_MAX), TH_FULL);
  CHECK_EQ(take_many(&image, heap, 1, UINT64_MAX), TH_FULL);
  CHECK_EQ(th_load_relaxed(&image.length), length);
  CHECK_EQ(th_heap_used(heap), used);
  test_block_give(heap, &block);
  test_heap_close(&image, heap);
}

TEST(all_the_area_can_be_had_in_one_call) {
  static const uint64_t lengths[] = {16, 64, 4096, 5120, 8192, 12288};
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    test_image image;
    th_heap *heap = test_heap_open(&image, 0, 240 * KIB);
    // With single pages for the last ones, where no whole run fits any more.
    const uint64_t size = lengths[i] == 5120 ? 8192 : lengths[i];
    const uint32_t count = (uint32_t)(240 * KIB / size);
    static th_address all[240 * KIB / 16];
    TEST_OK(&image, heap, th_alloc_many(heap, count, lengths[i], 1, TH_BLOCK_USER, all));
    CHECK_EQ(th_free_many(heap, all, count, TH_BLOCK_USER), count);
    test_whole_area_is_free(&image, heap);
    test_heap_close(&image, heap);
  }
}

TEST(a_block_that_is_none_keeps_no_other_from_being_freed) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  CHECK_EQ(take_many(&image, heap, 10, 64), TH_OK);
  CHECK_EQ(th_free(heap, addresses[7], TH_BLOCK_USER), TH_OK);
  addresses[4] = addresses[2]; // twice
  CHECK_EQ(th_free_many(heap, addresses, 10, TH_BLOCK_USER), 4);
  CHECK_EQ(th_heap_used(heap), 64); // what was number 4
  addresses[0] = 0;
  CHECK_EQ(th_free_many(heap, addresses, 10, TH_BLOCK_USER), 0);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

// ---- frees of a known length ----

TEST(a_block_of_another_length_or_kind_is_not_freed) {
  static const uint64_t lengths[] = {0, 1, 15, 16, 17, 100, 5000, 8192, 8193, 20000};
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    const test_block block = test_block_take(&image, heap, lengths[i], 1);
    CHECK_EQ(th__free_sized(heap, block.address, block.kind, lengths[i] + 1), TH_FREED);
    CHECK_EQ(th__free_sized(heap, block.address, block.kind, lengths[i] - 1), TH_FREED);
    CHECK_EQ(th__free_sized(heap, block.address, block.kind, lengths[i] + (1ull << 32)), TH_FREED);
    CHECK_EQ(th__free_sized(heap, block.address, TH_BLOCK_NODE, lengths[i]), TH_FREED);
    CHECK_EQ(th__free_sized(heap, block.address + 16, block.kind, lengths[i]), TH_FREED);
    test_block_made(heap, &block, 1);
    CHECK_EQ(th__free_sized(heap, block.address, block.kind, lengths[i]), TH_OK);
    CHECK_EQ(th__free_sized(heap, block.address, block.kind, lengths[i]), TH_FREED);
  }
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

// ---- several threads ----

typedef struct contest {
  test_image image;
  th_heap *heap;
  th_address blocks[COUNT];
  _Atomic uint32_t freed;
  _Atomic uint32_t wrong; // frees that found another length and freed nothing
} contest;

// By the right length and by a wrong one, which gives back what it has seized.
static void free_sized_or_wrong(int index, void *context) {
  contest *c = context;
  th_heap *heap = test_heap_attach(&c->image);
  for (uint32_t i = 0; i < COUNT; i++) {
    const uint64_t length = 40 + (uint64_t)(index % 2);
    if (th__free_sized(heap, c->blocks[i], TH_BLOCK_USER, length) != TH_OK) continue;
    if (length == 40) c->freed++;
    if (length != 40) c->wrong++;
  }
  th_heap_detach(heap);
}

TEST(of_concurrent_frees_by_length_one_wins_and_a_wrong_one_never) {
  static contest c;
  c.heap = test_heap_open(&c.image, 0, 4 * MIB);
  for (int round = 0; round < TEST_SCALE; round++) {
    c.freed = c.wrong = 0;
    TEST_OK(&c.image, c.heap, th_alloc_many(c.heap, COUNT, 40, 1, TH_BLOCK_USER, c.blocks));
    run_threads(THREADS, free_sized_or_wrong, &c);
    CHECK_EQ(c.freed, COUNT);
    CHECK_EQ(c.wrong, 0);
  }
  test_whole_area_is_free(&c.image, c.heap);
  test_heap_close(&c.image, c.heap);
}

enum { BATCH = 200, BATCHES = 300 };

// Batches that no other thread's touch, until the heap is full and after.
static void take_and_give_batches(int index, void *context) {
  contest *c = context;
  th_heap *heap = test_heap_attach(&c->image);
  th_address own[BATCH];
  for (int i = 0; i < BATCHES; i++) {
    const uint64_t length = 1 + test_random() % 3000;
    const th_status status =
        TEST_CALL(&c->image, heap, th_alloc_many(heap, BATCH, length, 1, TH_BLOCK_USER, own));
    CHECK(status == TH_OK || status == TH_FULL);
    if (status != TH_OK) continue;
    for (uint32_t k = 0; k < BATCH; k++) {
      test_block block = {own[k], length, TH_BLOCK_USER, (uint64_t)index << 32 | k};
      test_block_fill(heap, &block);
    }
    for (uint32_t k = 0; k < BATCH; k++) {
      test_block block = {own[k], length, TH_BLOCK_USER, (uint64_t)index << 32 | k};
      test_block_check(heap, &block);
    }
    CHECK_EQ(th_free_many(heap, own, BATCH, TH_BLOCK_USER), BATCH);
    c->freed++;
  }
  th_heap_detach(heap);
}

TEST(threads_that_take_many_at_once_keep_apart_and_leave_nothing_of_what_failed) {
  static contest c;
  c.heap = test_heap_open(&c.image, 0, MIB);
  run_threads(THREADS, take_and_give_batches, &c);
  CHECK(c.freed > 0);
  test_whole_area_is_free(&c.image, c.heap);
  test_heap_close(&c.image, c.heap);
}
