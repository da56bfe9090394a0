// SPDX-License-Identifier: MIT
#include "blocks.h"

#include <stdlib.h>

enum { KIB = 1024, MIB = 1 << 20, SMALL_MAX = 8192 };

// ---- lengths, alignments, contents ----

// Bytes a block takes: multiples of 16 up to 128, then four sizes per doubling, then whole pages.
static uint64_t block_bytes(uint64_t length) {
  uint64_t step = TH_BLOCK_ALIGN;
  if (length > SMALL_MAX) {
    step = TH_PAGE_SIZE;
  } else {
    while (length > step * 8)
      step *= 2;
  }
  return length == 0 ? step : (length + step - 1) / step * step;
}

static void check_length(test_image *image, th_heap *heap, uint64_t length) {
  const uint64_t before = th_heap_used(heap);
  const test_block block = test_block_take(image, heap, length, 1);
  CHECK_EQ(th_heap_used(heap) - before, block_bytes(length));
  test_block_give(heap, &block);
  CHECK_EQ(th_heap_used(heap), before);
}

TEST(a_freed_block_is_counted_off) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  th_address address;
  TEST_OK(&image, heap, th_alloc_zeroed(heap, 40, 16, TH_BLOCK_USER, &address));
  CHECK_EQ(th_heap_used(heap), 48);
  CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(every_small_length_comes_back_and_takes_its_size_class) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (uint64_t length = 0; length <= SMALL_MAX + 1; length++) {
    check_length(&image, heap, length);
  }
  test_heap_close(&image, heap);
}

TEST(lengths_beside_page_boundaries_come_back) {
  static const uint64_t lengths[] = {
      2 * TH_PAGE_SIZE, 3 * TH_PAGE_SIZE, 4 * TH_PAGE_SIZE, 64 * KIB, MIB, MIB + 12 * KIB, 5 * MIB,
  };
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 64 * MIB);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    for (uint64_t length = lengths[i] - 1; length <= lengths[i] + 1; length++) {
      check_length(&image, heap, length);
    }
  }
  test_heap_close(&image, heap);
}

TEST(blocks_of_every_length_start_at_multiples_of_every_alignment) {
  static const uint64_t lengths[] = {0,    1,    15,   16,   17,   127,  128,  129,
                                     4000, 4096, 4097, 8191, 8192, 8193, 70000};
  enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 128 * MIB);
  for (uint32_t align = 1; align <= TH_ALIGN_MAX; align *= 2) {
    test_block blocks[LENGTHS];
    for (size_t i = 0; i < LENGTHS; i++) {
      blocks[i] = test_block_take(&image, heap, lengths[i], align);
    }
    for (size_t i = 0; i < LENGTHS; i++) {
      test_block_give(heap, &blocks[i]);
    }
  }
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

static bool all_zero(const uint8_t *bytes, uint64_t length) {
  uint8_t all = 0;
  for (uint64_t i = 0; i < length; i++) {
    all |= bytes[i];
  }
  return all == 0;
}

TEST(zeroed_blocks_are_zero_in_dirty_memory) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 64 * KIB, 64 * KIB);
  for (uint64_t length = 0; length <= 64 * KIB; length += 1 + length / 8) {
    memset(image.base + TH_HEADER_SIZE, 0xa5, 64 * KIB);
    th_address address;
    CHECK_EQ(th_alloc_zeroed(heap, length, 1, TH_BLOCK_USER, &address), TH_OK);
    CHECK(all_zero(th__at(heap, address), length));
    CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
  }
  test_heap_close(&image, heap);
}

TEST(zeroing_touches_nothing_else) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  test_block blocks[64];
  for (int i = 0; i < 64; i++) {
    blocks[i] = test_block_take(&image, heap, 40, 1);
  }
  for (int i = 0; i < 64; i += 2) {
    th_address address;
    test_block_give(heap, &blocks[i]);
    CHECK_EQ(th_alloc_zeroed(heap, 37, 1, TH_BLOCK_USER, &address), TH_OK);
    test_block_check(heap, &blocks[i + 1]);
  }
  test_heap_close(&image, heap);
}

TEST(live_blocks_never_overlap) {
  enum { SLOTS = 400, STEPS = 40000 };
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 64 * MIB);
  static test_block blocks[SLOTS];
  memset(blocks, 0, sizeof(blocks));
  uint64_t used = 0;
  for (int i = 0; i < STEPS; i++) {
    test_block *block = &blocks[test_random() % SLOTS];
    if (block->address) {
      test_block_give(heap, block);
      used -= block_bytes(block->length);
      block->address = 0;
    } else {
      *block = test_block_take(&image, heap, test_block_length(), 1);
      used += block_bytes(block->length);
    }
    CHECK_EQ(th_heap_used(heap), used);
  }
  for (int i = 0; i < SLOTS; i++) {
    if (blocks[i].address) test_block_give(heap, &blocks[i]);
  }
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

// ---- wrong addresses ----

TEST(a_second_free_is_detected) {
  static const uint64_t lengths[] = {0, 16, 100, 8192, 8193, MIB};
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 16 * MIB);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    const test_block block = test_block_take(&image, heap, lengths[i], 1);
    test_block_give(heap, &block);
    uint64_t length = 77;
    CHECK_EQ(th_free(heap, block.address, block.kind), TH_FREED);
    CHECK_EQ(th_block_find(heap->record, block.address, block.kind, &length), TH_FREED);
    CHECK_EQ(length, 77);
    CHECK_EQ(th_heap_used(heap), 0);
  }
  test_heap_close(&image, heap);
}

TEST(a_block_has_one_kind) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (th_block_kind kind = TH_BLOCK_USER; kind <= TH_BLOCK_CONTROL; kind++) {
    for (uint64_t length = 1; length < 20000; length *= 11) {
      th_address address;
      TEST_OK(&image, heap, th_alloc(heap, length, 1, kind, &address));
      for (th_block_kind other = TH_BLOCK_USER; other <= TH_BLOCK_CONTROL; other++) {
        uint64_t found = 0;
        const th_status status = th_block_find(heap->record, address, other, &found);
        CHECK_EQ(status, other == kind ? TH_OK : TH_FREED);
        CHECK_EQ(found, other == kind ? length : 0);
        if (other != kind) CHECK_EQ(th_free(heap, address, other), TH_FREED);
      }
      CHECK_EQ(th_free(heap, address, kind), TH_OK);
    }
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// Live blocks of one image, and for every 16 bytes of it the number of the block there, 0 for none.
enum { CROWD_PAGES = 64, CROWD_MAX = 2000, CROWD_BYTES = (CROWD_PAGES + 1) * TH_PAGE_SIZE };

typedef struct crowd {
  int count;
  test_block blocks[CROWD_MAX];
  uint16_t owner[CROWD_BYTES / TH_BLOCK_ALIGN];
} crowd;

static crowd people;

static void crowd_mark(const test_block *block, uint64_t bytes, int number) {
  for (uint64_t at = block->address; at < block->address + bytes; at += TH_BLOCK_ALIGN) {
    people.owner[at / TH_BLOCK_ALIGN] = (uint16_t)number;
  }
}

// Fills the image with blocks and frees every third, so that all states of a block occur.
static th_heap *crowd_open(test_image *image) {
  th_heap *heap = test_heap_open(image, CROWD_PAGES * TH_PAGE_SIZE, CROWD_PAGES * TH_PAGE_SIZE);
  memset(&people, 0, sizeof(people));
  while (people.count < CROWD_MAX - 1) {
    const uint64_t before = th_heap_used(heap);
    test_block *block = &people.blocks[people.count + 1];
    if (test_block_try(image, heap, test_block_length(), 1, block) != TH_OK) break;
    crowd_mark(block, th_heap_used(heap) - before, ++people.count);
  }
  for (int i = 3; i <= people.count; i += 3) {
    const uint64_t before = th_heap_used(heap);
    test_block_give(heap, &people.blocks[i]);
    crowd_mark(&people.blocks[i], before - th_heap_used(heap), 0);
  }
  return heap;
}

static const test_block *crowd_at(uint32_t address) {
  const int number = address < CROWD_BYTES ? people.owner[address / TH_BLOCK_ALIGN] : 0;
  return number ? &people.blocks[number] : NULL;
}

static void check_lookup(th_heap *heap, th_address address) {
  const test_block *block = crowd_at(address);
  const bool starts = block && block->address == address;
  th_address start = 1;
  uint64_t length = 1, found = 1;
  CHECK_EQ(th_block_find(heap->record, address, TH_BLOCK_USER, &found), starts ? TH_OK : TH_FREED);
  CHECK_EQ(found, starts ? block->length : 1);
  CHECK_EQ(th_block_containing(heap->record, address, TH_BLOCK_USER, &start, &length),
           block ? TH_OK : TH_FREED);
  CHECK_EQ(start, block ? block->address : 1);
  CHECK_EQ(length, block ? block->length : 1);
}

TEST(every_address_finds_the_block_around_it_or_none) {
  test_image image;
  th_heap *heap = crowd_open(&image);
  for (th_address address = 0; address < CROWD_BYTES + 2 * TH_PAGE_SIZE; address++) {
    check_lookup(heap, address);
  }
  for (int i = 0; i < 200000; i++) {
    check_lookup(heap, (th_address)test_random());
  }
  check_lookup(heap, UINT32_MAX);
  check_lookup(heap, 1u << 31);
  test_heap_close(&image, heap);
}

static void try_wrong_free(th_heap *heap, th_address address) {
  const test_block *block = crowd_at(address);
  const th_block_kind kind = (th_block_kind)(TH_BLOCK_USER + test_random() % TH_BLOCK_CONTROL);
  if (block && block->address == address && block->kind == kind) return;
  CHECK_EQ(th_free(heap, address, kind), TH_FREED);
}

TEST(freeing_what_is_no_block_changes_nothing) {
  test_image image;
  th_heap *heap = crowd_open(&image);
  const uint64_t used = th_heap_used(heap);
  for (th_address address = 0; address < CROWD_BYTES + 2 * TH_PAGE_SIZE; address++) {
    try_wrong_free(heap, address);
  }
  for (int i = 0; i < 200000; i++) {
    try_wrong_free(heap, (th_address)test_random());
  }
  CHECK_EQ(th_heap_used(heap), used);
  for (int i = 1; i <= people.count; i++) {
    if (i % 3 != 0) test_block_give(heap, &people.blocks[i]);
  }
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

TEST(nothing_is_found_where_the_image_has_not_grown_yet) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 16 * MIB);
  for (th_address address = 0; address < 16 * MIB + 2 * TH_HEADER_SIZE; address += 16) {
    uint64_t length;
    CHECK_EQ(th_block_find(heap->record, address, TH_BLOCK_USER, &length), TH_FREED);
    CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_FREED);
  }
  test_heap_close(&image, heap);
}

// ---- merging ----

// Fills the heap with blocks of one length, 0 for various.
static int fill(test_image *image, th_heap *heap, uint64_t length, test_block *blocks) {
  int count = 0;
  while (test_block_try(image, heap, length ? length : test_block_length(), 1, &blocks[count]) ==
         TH_OK) {
    count++;
  }
  return count;
}

static void shuffle(test_block *blocks, int count) {
  for (int i = count - 1; i > 0; i--) {
    const int other = (int)(test_random() % (uint64_t)(i + 1));
    const test_block block = blocks[i];
    blocks[i] = blocks[other];
    blocks[other] = block;
  }
}

// Fills the heap, frees everything on the other handle's account in random order, and asks for all.
static void check_merging(test_image *image, th_heap *heap, th_heap *other, uint64_t length) {
  test_block *blocks = calloc(MIB / TH_BLOCK_ALIGN + 1, sizeof(*blocks));
  const int count = fill(image, heap, length, blocks);
  CHECK((uint64_t)count * block_bytes(length) > (length ? MIB * 3 / 4 : 0));
  shuffle(blocks, count);
  for (int i = 0; i < count; i++) {
    test_block_give(other, &blocks[i]);
  }
  free(blocks);
  CHECK_EQ(th_heap_used(heap), 0);
}

static const uint64_t merging_lengths[] = {0, 1, 33, 112, 113, 1000, 2500, 5000, 7000, 8192, 9000};

enum { MERGING_LENGTHS = sizeof(merging_lengths) / sizeof(merging_lengths[0]) };

TEST(freed_neighbours_merge_when_the_heap_is_full) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (int i = 0; i < MERGING_LENGTHS; i++) {
    check_merging(&image, heap, heap, merging_lengths[i]);
    test_whole_area_is_free(&image, heap);
  }
  test_heap_close(&image, heap);
}

TEST(a_detached_handle_gives_its_caches_back) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (int i = 0; i < MERGING_LENGTHS; i++) {
    th_heap *other = test_heap_attach(&image);
    check_merging(&image, heap, other, merging_lengths[i]);
    th_heap_detach(other);
    test_whole_area_is_free(&image, heap);
  }
  test_heap_close(&image, heap);
}

TEST(a_thread_keeps_little_of_what_it_freed) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB), *other = test_heap_attach(&image);
  for (int i = 0; i < MERGING_LENGTHS; i++) {
    check_merging(&image, heap, other, merging_lengths[i]);
    th__caches_flush(heap);
    th_heap_stats stats;
    th_heap_stats_read(heap, &stats);
    // A class keeps at most 8 KiB, and with it perhaps as many runs as that is blocks.
    if (merging_lengths[i] >= 1000) CHECK(stats.free >= MIB - 128 * KIB);
    th__caches_flush(other);
    test_whole_area_is_free(&image, heap);
  }
  th_heap_detach(other);
  test_heap_close(&image, heap);
}

TEST(control_blocks_keep_their_page) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  th_address address;
  TEST_OK(&image, heap, th__alloc_control(heap, TH_SMALL_CLASSES, &address));
  CHECK_EQ(th_heap_used(heap), sizeof(th_control));
  CHECK_EQ(th_free(heap, address, TH_BLOCK_CONTROL), TH_OK);
  th__caches_flush(heap);
  CHECK_EQ(th_heap_used(heap), 0);
  CHECK_EQ(TEST_CALL(&image, heap, th_alloc(heap, MIB, 1, TH_BLOCK_USER, &address)), TH_FULL);
  TEST_OK(&image, heap, th_alloc(heap, MIB - TH_PAGE_SIZE, 1, TH_BLOCK_USER, &address));
  test_heap_close(&image, heap);
}

// ---- room ----

// Calls th_alloc, grows by what it asks for and by no byte more, and calls it again.
static th_status alloc_in_exact_room(test_image *image, th_heap *heap, uint64_t length,
                                     uint32_t align, test_block *block) {
  *block = (test_block){.length = length, .kind = TH_BLOCK_USER, .salt = test_random()};
  const uint64_t used = th_heap_used(heap);
  th_status status = th_alloc(heap, length, align, block->kind, &block->address);
  if (status == TH_NEED_ROOM) {
    CHECK_EQ(block->address, 0);
    CHECK_EQ(th_heap_used(heap), used);
    const uint64_t grown = image->length + th_heap_room_needed(heap);
    CHECK(grown <= image->maximum);
    CHECK_EQ(th_heap_commit(heap, grown - 1), TH_OK);
    CHECK_EQ(th_alloc(heap, length, align, block->kind, &block->address), TH_NEED_ROOM);
    CHECK_EQ(th_heap_room_needed(heap), 1);
    CHECK_EQ(th_heap_commit(heap, grown), TH_OK);
    th_store_release(&image->length, grown);
    status = th_alloc(heap, length, align, block->kind, &block->address);
    CHECK_EQ(status, TH_OK);
  }
  if (status == TH_OK) {
    test_block_made(heap, block, align);
    test_block_fill(heap, block);
  }
  return status;
}

static void check_exact_room(uint64_t initial, uint64_t maximum) {
  enum { SLOTS = 3000 };
  static test_block blocks[SLOTS];
  test_image image;
  th_heap *heap = test_heap_open(&image, initial, maximum);
  int count = 0;
  th_status status = TH_OK;
  while (status == TH_OK && count < SLOTS) {
    const uint32_t align = 1u << test_random() % (test_random() % 8 ? 5 : 18);
    status = alloc_in_exact_room(&image, heap, test_block_length(), align, &blocks[count]);
    count += status == TH_OK;
    if (count > 2 && test_random() % 4 == 0) test_block_give(heap, &blocks[--count]);
  }
  CHECK_EQ(status, TH_FULL);
  while (count > 0) {
    test_block_give(heap, &blocks[--count]);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(the_room_asked_for_is_exactly_enough) {
  for (int i = 0; i < 20; i++) {
    const uint64_t maximum = MIB + test_random() % MIB;
    check_exact_room(test_random() % (i % 2 ? 20000 : 1), maximum);
  }
}

TEST(a_full_heap_keeps_everything) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  test_block *blocks = calloc(MIB / TH_BLOCK_ALIGN, sizeof(*blocks));
  const int count = fill(&image, heap, 0, blocks);
  const uint64_t used = th_heap_used(heap);
  static const uint64_t lengths[] = {40000, MIB, 5ull << 30, UINT64_MAX};
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    th_address address = 123;
    CHECK_EQ(th_alloc(heap, lengths[i], 1, TH_BLOCK_USER, &address), TH_FULL);
    CHECK_EQ(th_alloc_zeroed(heap, lengths[i], 1, TH_BLOCK_USER, &address), TH_FULL);
    CHECK_EQ(address, 123);
  }
  CHECK_EQ(th_heap_used(heap), used);
  for (int i = 0; i < count; i++) {
    test_block_give(heap, &blocks[i]);
  }
  free(blocks);
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

// A run of 320-byte blocks has several pages; where only one is left, a block still fits.
TEST(the_last_page_serves_any_small_block) {
  for (uint64_t length = 0; length <= TH_PAGE_SIZE; length += 16) {
    test_image image;
    th_heap *heap = test_heap_open(&image, 0, TH_PAGE_SIZE);
    const test_block block = test_block_take(&image, heap, length, 1);
    test_block_give(heap, &block);
    test_whole_area_is_free(&image, heap);
    test_heap_close(&image, heap);
  }
}

// Buffers that are no multiple of the page size leave the end of the image inside a page.
static void check_odd_buffers(uint64_t buffer_size, uint64_t buffers) {
  test_image image;
  th_heap *heap = test_heap_open(&image, buffer_size, buffer_size * buffers);
  uint64_t grown = TH_HEADER_SIZE + buffer_size;
  for (uint64_t pages = 0;; pages++) {
    test_block block = {.length = TH_PAGE_SIZE, .kind = TH_BLOCK_USER, .salt = test_random()};
    th_status status;
    while ((status = th_alloc(heap, TH_PAGE_SIZE, 1, block.kind, &block.address)) == TH_NEED_ROOM) {
      grown += buffer_size;
      CHECK(grown <= image.maximum);
      CHECK_EQ(th_heap_commit(heap, grown), TH_OK);
    }
    if (status == TH_FULL) {
      CHECK_EQ(pages, image.maximum / TH_PAGE_SIZE - 1);
      break;
    }
    test_block_made(heap, &block, 1);
    CHECK(block.address + block.length <= grown);
  }
  test_heap_close(&image, heap);
}

TEST(buffers_of_any_size_yield_all_their_whole_pages) {
  static const uint64_t sizes[] = {1, 100, 1000, 4095, 4097, 6000, 8191, 12288, 100001};
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    check_odd_buffers(sizes[i], 1 + 300000 / sizes[i]);
  }
}

// ---- the largest heap ----

#define LARGEST ((1ull << 32) - TH_HEADER_SIZE)

TEST(a_heap_of_4_gib_can_be_one_block) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, LARGEST);
  th_address address, start;
  uint64_t length;
  TEST_OK(&image, heap, th_alloc(heap, LARGEST - 5, 1, TH_BLOCK_USER, &address));
  CHECK_EQ(address, TH_HEADER_SIZE);
  CHECK_EQ(th_heap_used(heap), LARGEST);
  CHECK_EQ(th_block_containing(heap->record, UINT32_MAX, TH_BLOCK_USER, &start, &length), TH_OK);
  CHECK_EQ(start, address);
  CHECK_EQ(length, LARGEST - 5);
  CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(the_last_addresses_of_4_gib_are_usable) {
  test_image image;
  th_heap *heap = test_heap_open(&image, LARGEST, LARGEST);
  th_address most;
  CHECK_EQ(th_alloc(heap, LARGEST - 16 * TH_PAGE_SIZE, 1, TH_BLOCK_USER, &most), TH_OK);
  test_block *blocks = calloc(5000, sizeof(*blocks));
  const int count = fill(&image, heap, 24, blocks);
  CHECK_EQ(count, 16 * TH_PAGE_SIZE / 32);
  for (int i = 0; i < count; i++) {
    CHECK(blocks[i].address >= 0xffff0000u);
    test_block_give(heap, &blocks[i]);
  }
  free(blocks);
  CHECK_EQ(th_free(heap, most, TH_BLOCK_USER), TH_OK);
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}
