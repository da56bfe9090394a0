// SPDX-License-Identifier: MIT
#include "blocks.h"

#include <stdlib.h>

enum { THREADS = 4, MIB = 1 << 20, PAGES = 64, AREA = PAGES * TH_PAGE_SIZE };

// ---- attaching ----

TEST(attached_handles_share_the_record_and_see_the_blocks) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA), *other = test_heap_attach(&image);
  CHECK(other != heap && other->record == heap->record && other->base == heap->base);
  const test_block block = test_block_take(&image, heap, 100, 1);
  test_block_made(other, &block, 1);
  test_block_give(other, &block);
  CHECK_EQ(th_free(heap, block.address, block.kind), TH_FREED);
  th_heap_detach(other);
  test_heap_close(&image, heap);
}

TEST(what_is_no_heap_cannot_be_attached_to) {
  uint8_t *page = aligned_alloc(TH_PAGE_SIZE, TH_PAGE_SIZE);
  memset(page, 0, TH_PAGE_SIZE);
  th_heap *heap = NULL;
  CHECK_EQ(th_heap_attach(page, TH_PAGE_SIZE, &heap), TH_BAD_DESCRIPTOR);
  CHECK(!heap);
  free(page);
}

TEST(an_image_of_a_header_alone_grows_from_there) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, AREA);
  th_address address;
  CHECK_EQ(th_alloc(heap, 1, 1, TH_BLOCK_USER, &address), TH_NEED_ROOM);
  CHECK_EQ(th_heap_room_needed(heap), TH_PAGE_SIZE);
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

// Handles go in any order, also the one that made the heap first.
TEST(handles_detach_in_any_order) {
  enum { HANDLES = 12 };
  for (int round = 0; round < 50; round++) {
    test_image image;
    th_heap *heaps[HANDLES];
    heaps[0] = test_heap_open(&image, AREA, AREA);
    for (int i = 1; i < HANDLES; i++) {
      heaps[i] = test_heap_attach(&image);
    }
    for (int left = HANDLES; left > 1; left--) {
      const uint64_t i = test_random() % (uint64_t)left;
      th_heap_detach(heaps[i]);
      heaps[i] = heaps[left - 1];
      th_heap_stats stats;
      th_heap_stats_read(heaps[0], &stats);
      CHECK_EQ(stats.threads, left - 1);
    }
    test_heap_close(&image, heaps[0]);
  }
}

static void make_and_leave(int index, void *context) {
  th_heap **heaps = context;
  th_heap *heap = heaps[index];
  for (int i = 0; i < 1000; i++) {
    th_address address;
    CHECK_EQ(th_alloc(heap, 40, 1, TH_BLOCK_USER, &address), TH_OK);
    CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
  }
}

TEST(another_thread_can_detach_a_handle_that_is_used_no_more) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA), *heaps[THREADS];
  for (int i = 0; i < THREADS; i++) {
    heaps[i] = test_heap_attach(&image);
  }
  run_threads(THREADS, make_and_leave, heaps);
  for (int i = 0; i < THREADS; i++) {
    th_heap_detach(heaps[i]);
  }
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

static void come_and_go(int index, void *context) {
  (void)index;
  for (int i = 0; i < 2000; i++) {
    th_heap *heap = test_heap_attach(context);
    th_heap_stats stats;
    th_heap_stats_read(heap, &stats);
    CHECK(stats.threads >= 1 && stats.threads <= THREADS + 1);
    th_heap_detach(heap);
  }
}

TEST(threads_attach_and_detach_at_once) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  run_threads(THREADS, come_and_go, &image);
  th_heap_stats stats;
  th_heap_stats_read(heap, &stats);
  CHECK_EQ(stats.threads, 1);
  test_heap_close(&image, heap);
}

// Threads that make, share out and drop whole heaps, beside the orphans that they leave.
static void own_heaps(int index, void *context) {
  (void)index, (void)context;
  for (int i = 0; i < 100; i++) {
    test_image image;
    th_heap *heap = test_heap_open(&image, 0, AREA), *other = test_heap_attach(&image);
    const test_block block = test_block_take(&image, heap, 1000, 1);
    th_heap_detach(heap);
    test_block_give(other, &block);
    test_heap_close(&image, other);
  }
}

TEST(threads_make_and_drop_heaps_at_once) {
  run_threads(THREADS, own_heaps, NULL);
}

// ---- counting ----

TEST(used_counts_what_all_handles_hold) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA), *other = test_heap_attach(&image);
  const test_block mine = test_block_take(&image, heap, 100, 1);
  const test_block theirs = test_block_take(&image, other, 5000, 1);
  CHECK_EQ(th_heap_used(heap), 112 + 5120);
  CHECK_EQ(th_heap_used(other), 112 + 5120);
  test_block_give(other, &mine); // below 0 on its own account
  CHECK_EQ(th_heap_used(heap), 5120);
  th_heap_detach(other);
  CHECK_EQ(th_heap_used(heap), 5120);
  test_block_give(heap, &theirs);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

static void check_stats(th_heap *heap, uint64_t used, uint64_t committed, uint64_t free_bytes,
                        uint64_t largest) {
  th_heap_stats stats;
  th_heap_stats_read(heap, &stats);
  CHECK_EQ(stats.used, used);
  CHECK_EQ(stats.committed, committed);
  CHECK_EQ(stats.maximum, AREA);
  CHECK_EQ(stats.free, free_bytes);
  CHECK_EQ(stats.largest_free, largest);
  CHECK_EQ(stats.threads, 1);
}

TEST(stats_tell_what_is_used_free_and_in_one_piece) {
  enum { PAGE = TH_PAGE_SIZE };
  test_image image;
  th_heap *heap = test_heap_open(&image, 10 * PAGE + 100, AREA);
  check_stats(heap, 0, 10 * PAGE + 100, 10 * PAGE, 10 * PAGE);
  const test_block low = test_block_take(&image, heap, 3 * PAGE, 1);
  const test_block high = test_block_take(&image, heap, 4 * PAGE, 1);
  check_stats(heap, 7 * PAGE, 10 * PAGE + 100, 3 * PAGE, 3 * PAGE);
  test_block_give(heap, &low);
  check_stats(heap, 4 * PAGE, 10 * PAGE + 100, 6 * PAGE, 3 * PAGE);
  CHECK_EQ(th_heap_commit(heap, image.maximum), TH_OK);
  check_stats(heap, 4 * PAGE, AREA, (PAGES - 4) * PAGE, (PAGES - 7) * PAGE);
  test_block_give(heap, &high);
  check_stats(heap, 0, AREA, AREA, AREA);
  test_heap_close(&image, heap);
}

// Blocks move to and fro between the accounts while somebody looks at the sum.
typedef struct exchange {
  test_image image;
  th_atomic_u32 slots[16];
  th_atomic_u32 working;
} exchange;

static void pass_on(exchange *e, th_heap *heap) {
  for (int i = 0; i < 10000; i++) {
    th_address address;
    TEST_OK(&e->image, heap, th_alloc(heap, 64, 1, TH_BLOCK_USER, &address));
    const th_address other = atomic_exchange(&e->slots[test_random() % 16], address);
    if (other) CHECK_EQ(th_free(heap, other, TH_BLOCK_USER), TH_OK);
  }
  e->working--;
}

static void exchange_thread(int index, void *context) {
  exchange *e = context;
  th_heap *heap = test_heap_attach(&e->image);
  if (index > 0) {
    pass_on(e, heap);
  } else {
    while (th_load_acquire(&e->working) > 0) {
      CHECK(th_heap_used(heap) <= AREA);
    }
  }
  th_heap_detach(heap);
}

TEST(used_is_exact_when_no_call_is_in_flight) {
  exchange e = {.working = THREADS - 1};
  th_heap *heap = test_heap_open(&e.image, 0, AREA);
  run_threads(THREADS, exchange_thread, &e);
  uint64_t live = 0;
  for (int i = 0; i < 16; i++) {
    live += e.slots[i] ? 64 : 0;
  }
  CHECK_EQ(th_heap_used(heap), live);
  test_heap_close(&e.image, heap);
}

// ---- generations ----

enum { GENERATIONS = 20000 };

typedef struct draw {
  test_image image;
  th_atomic_u32 seen[THREADS * (GENERATIONS + 100 * TH_GENERATION_RANGE)];
} draw;

static void draw_generations(int index, void *context) {
  (void)index;
  draw *d = context;
  th_heap *heap = test_heap_attach(&d->image);
  for (int i = 0; i < GENERATIONS; i++) {
    const uint64_t generation = th__heap_generation(heap);
    CHECK(generation > 0 && generation < sizeof(d->seen) / sizeof(d->seen[0]));
    CHECK_EQ(th_fetch_add_relaxed(&d->seen[generation], 1u), 0);
    if (test_random() % 256 == 0) { // a new handle draws a new range
      th_heap_detach(heap);
      heap = test_heap_attach(&d->image);
    }
  }
  th_heap_detach(heap);
}

TEST(no_generation_is_drawn_twice) {
  static draw d;
  memset(&d, 0, sizeof(d));
  th_heap *heap = test_heap_open(&d.image, 0, AREA);
  run_threads(THREADS, draw_generations, &d);
  test_heap_close(&d.image, heap);
}

// ---- scratch memory ----

TEST(the_buffer_keeps_its_contents_when_it_grows) {
  th_buffer buffer = {0};
  for (size_t length = 1; length < 100000; length += length / 2 + 1) {
    CHECK_EQ(th__buffer_reserve(&buffer, length), TH_OK);
    CHECK(buffer.capacity >= buffer.length + length);
    memset(buffer.data + buffer.length, (int)(buffer.length % 251), length);
    buffer.length += length;
  }
  size_t at = 0;
  for (size_t length = 1; length < 100000; at += length, length += length / 2 + 1) {
    for (size_t i = 0; i < length; i++) {
      CHECK_EQ(buffer.data[at + i], at % 251);
    }
  }
  CHECK_EQ(at, buffer.length);
  free(buffer.data);
}

TEST(reserving_what_is_there_moves_nothing) {
  th_buffer buffer = {0};
  CHECK_EQ(th__buffer_reserve(&buffer, 1), TH_OK);
  const uint8_t *data = buffer.data;
  CHECK_EQ(th__buffer_reserve(&buffer, buffer.capacity), TH_OK);
  CHECK(buffer.data == data);
  CHECK_EQ(buffer.length, 0);
  free(buffer.data);
}
