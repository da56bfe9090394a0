// SPDX-License-Identifier: MIT
// Other lengths for a block, and lists of blocks.
#include "blocks.h"

enum { MIB = 1 << 20, BLOCKS = 2000 };

static th_status resize(test_image *image, th_heap *heap, test_block *block, uint64_t length,
                        uint32_t align) {
  const uint64_t kept = length < block->length ? length : block->length;
  th_address moved = 0;
  const th_status status =
      TEST_CALL(image, heap, th_realloc(heap, block->address, block->kind, length, align, &moved));
  if (status != TH_OK) {
    CHECK_EQ(moved, 0);
    test_block_check(heap, block);
    return status;
  }
  block->address = moved;
  block->length = kept & ~7ull; // the pattern of whole words stays
  test_block_check(heap, block);
  block->length = length;
  test_block_made(heap, block, align);
  test_block_fill(heap, block);
  return TH_OK;
}

TEST(a_block_of_another_length_keeps_its_bytes) {
  static const uint64_t lengths[] = {0, 1, 16, 17, 100, 128, 129, 4096, 8192, 8193, 70000, 5, 0};
  enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 16 * MIB);
  for (size_t i = 0; i < LENGTHS; i++) {
    for (size_t j = 0; j < LENGTHS; j++) {
      for (uint32_t align = 1; align <= 4 * TH_PAGE_SIZE; align *= 64) {
        test_block block = test_block_take(&image, heap, lengths[i], 1);
        CHECK_EQ(resize(&image, heap, &block, lengths[j], align), TH_OK);
        test_block_give(heap, &block);
        CHECK_EQ(th_heap_used(heap), 0);
      }
    }
  }
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

TEST(a_block_stays_where_it_is_while_its_size_does) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  test_block block = test_block_take(&image, heap, 100, 1);
  const th_address address = block.address;
  for (uint64_t length = 97; length <= 112; length++) {
    CHECK_EQ(resize(&image, heap, &block, length, 16), TH_OK);
    CHECK_EQ(block.address, address);
  }
  CHECK_EQ(resize(&image, heap, &block, 113, 16), TH_OK);
  CHECK(block.address != address);
  test_block_give(heap, &block);
  test_heap_close(&image, heap);
}

TEST(what_is_no_block_gets_no_other_length) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  const test_block block = test_block_take(&image, heap, 100, 1);
  th_address moved = 0;
  CHECK_EQ(th_realloc(heap, block.address + 16, block.kind, 10, 16, &moved), TH_FREED);
  CHECK_EQ(th_realloc(heap, block.address, TH_BLOCK_NODE, 100, 16, &moved), TH_FREED);
  CHECK_EQ(th_realloc(heap, 0, block.kind, 100, 16, &moved), TH_FREED);
  test_block_check(heap, &block);
  test_block_give(heap, &block);
  CHECK_EQ(th_realloc(heap, block.address, block.kind, 100, 16, &moved), TH_FREED);
  CHECK_EQ(th_realloc(heap, block.address, block.kind, 5000, 16, &moved), TH_FREED);
  CHECK_EQ(moved, 0);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

TEST(a_block_that_finds_no_room_stays_as_it_is) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 4 * TH_PAGE_SIZE);
  test_block block = test_block_take(&image, heap, 3 * TH_PAGE_SIZE, 1);
  CHECK_EQ(resize(&image, heap, &block, 4 * TH_PAGE_SIZE, 1), TH_FULL);
  CHECK_EQ(resize(&image, heap, &block, 1ull << 33, 1), TH_FULL);
  test_block_made(heap, &block, 1);
  test_block_give(heap, &block);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

// Lists the blocks of a kind in parts; checks them against those that are live.
static void check_list(th_heap *heap, const test_block *blocks, uint32_t count, uint32_t part) {
  th_block listed[64];
  uint32_t seen = 0, got;
  th_address from = 0;
  while ((got = th_blocks_list(heap, TH_BLOCK_USER, from, listed, part)) > 0) {
    CHECK(got <= part);
    for (uint32_t i = 0; i < got; i++) {
      CHECK(listed[i].address >= from);
      from = listed[i].address + 1;
      th_block block;
      CHECK_EQ(th_block_read(heap->record, listed[i].address, TH_BLOCK_USER, &block), TH_OK);
      CHECK_EQ(block.length, listed[i].length);
      CHECK_EQ(block.size, listed[i].size);
    }
    seen += got;
  }
  uint32_t live = 0;
  for (uint32_t i = 0; i < count; i++) {
    live += blocks[i].kind == TH_BLOCK_USER;
  }
  CHECK_EQ(seen, live);
}

TEST(all_blocks_of_a_kind_are_listed_once_in_order) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 256ull * MIB);
  static test_block blocks[BLOCKS];
  for (uint32_t i = 0; i < BLOCKS; i++) {
    blocks[i] = test_block_take(&image, heap, test_block_length(), 1);
    // Of every other kind, too.
    th_address node;
    if (i % 3 == 0) TEST_OK(&image, heap, th_alloc(heap, 40, 1, TH_BLOCK_NODE, &node));
  }
  for (uint32_t part = 1; part <= 64; part *= 8) {
    check_list(heap, blocks, BLOCKS, part);
  }
  for (uint32_t i = 0; i < BLOCKS; i++) {
    if (test_random() % 2) continue;
    test_block_give(heap, &blocks[i]);
    blocks[i].kind = 0;
  }
  check_list(heap, blocks, BLOCKS, 64);
  test_heap_close(&image, heap);
}

typedef struct race {
  test_image image;
  test_block kept[64];
  th_atomic_u32 stop;
} race;

static void churn_or_list(int index, void *argument) {
  race *r = argument;
  th_heap *heap = test_heap_attach(&r->image);
  for (int i = 0; i < 200 * TEST_SCALE; i++) {
    if (index > 0) {
      test_block block = test_block_take(&r->image, heap, test_block_length() % 20000, 1);
      CHECK_EQ(resize(&r->image, heap, &block, test_block_length() % 20000, 1), TH_OK);
      test_block_give(heap, &block);
      continue;
    }
    th_block listed[64];
    uint32_t found = 0, got;
    for (th_address from = 0; (got = th_blocks_list(heap, TH_BLOCK_USER, from, listed, 64)) > 0;
         from = listed[got - 1].address + 1) {
      for (uint32_t j = 0; j < got; j++) {
        for (uint32_t k = 0; k < 64; k++) {
          found += listed[j].address == r->kept[k].address && listed[j].length == r->kept[k].length;
        }
      }
    }
    CHECK_EQ(found, 64);
  }
  th_heap_detach(heap);
}

TEST(what_stays_is_listed_whatever_other_threads_do) {
  race r;
  th_heap *heap = test_heap_open(&r.image, 0, 256ull * MIB);
  for (int i = 0; i < 64; i++) {
    r.kept[i] = test_block_take(&r.image, heap, test_block_length() % 20000, 1);
  }
  run_threads(4, churn_or_list, &r);
  for (int i = 0; i < 64; i++) {
    test_block_give(heap, &r.kept[i]);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_is_sound(heap);
  test_heap_close(&r.image, heap);
}

static void resize_or_free(int index, void *argument) {
  race *r = argument;
  th_heap *heap = test_heap_attach(&r->image);
  test_block *block = &r->kept[index];
  th_address moved = 0;
  if (index % 2) {
    th_free(heap, r->kept[4].address, TH_BLOCK_USER);
  } else {
    TEST_CALL(&r->image, heap,
              th_realloc(heap, r->kept[4].address, TH_BLOCK_USER, block->length, 1, &moved));
  }
  block->address = moved;
  th_heap_detach(heap);
}

// A free that comes late can hit what a realloc has made of the room, but no block is lost.
TEST(a_block_that_threads_free_and_resize_at_once_is_not_lost) {
  for (int round = 0; round < 100 * TEST_SCALE; round++) {
    race r;
    th_heap *heap = test_heap_open(&r.image, 0, MIB);
    r.kept[4] = test_block_take(&r.image, heap, test_block_length(), 1);
    for (int i = 0; i < 4; i++) {
      r.kept[i].length = test_block_length();
    }
    run_threads(4, resize_or_free, &r);
    for (int i = 0; i < 4; i++) {
      if (r.kept[i].address) th_free(heap, r.kept[i].address, TH_BLOCK_USER);
    }
    CHECK_EQ(th_heap_used(heap), 0);
    test_heap_is_sound(heap);
    test_heap_close(&r.image, heap);
  }
}
