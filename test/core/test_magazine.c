// SPDX-License-Identifier: MIT
#include "blocks.h"

#include <stdlib.h>

#include "magazines.h"

enum { LENGTH = 64, MIB = 1 << 20, LOADED = 200 };

typedef struct thread {
  test_image *image;
  th_heap *heap;
  th_magazine *magazine;
} thread;

static th_address take(const thread *t, uint32_t length) {
  th_address address;
  CHECK_EQ(test_alloc_next(t->image, t->heap, t->magazine, length, &address), TH_OK);
  const uint8_t *bytes = th__at(t->heap, address);
  for (uint32_t i = 0; i < length; i++) {
    CHECK_EQ(bytes[i], 0);
  }
  memset(th__at(t->heap, address), 0xff, length);
  return address;
}

static th_status give(const thread *t, th_address address) {
  return th_free(t->heap, address, TH_BLOCK_USER);
}

// ---- one thread ----

static thread open_thread(test_image *image, uint64_t maximum) {
  th_heap *heap = test_heap_open(image, 0, maximum);
  return (thread){image, heap, calloc(1, sizeof(th_magazine))};
}

static void close_thread(const thread *t) {
  th_magazine_unload(t->heap);
  test_whole_area_is_free(t->image, t->heap);
  test_heap_close(t->image, t->heap);
  free(t->magazine);
}

static bool is_live(const thread *t, th_address address) {
  uint64_t length;
  return th_block_find(t->heap->record, address, TH_BLOCK_USER, &length) == TH_OK;
}

static uint32_t rest_of(const thread *t) {
  return th_load_relaxed(&t->magazine->count) - th_load_relaxed(&t->magazine->taken);
}

// Takes blocks until some have come out of the magazine, which nobody has looked for, and there are
// more.
static uint32_t take_until_loaded(const thread *t, th_address *addresses) {
  uint32_t count = 0;
  do {
    CHECK(count < LOADED);
    addresses[count++] = take(t, LENGTH);
  } while (th_load_relaxed(&t->magazine->taken) < 2 || rest_of(t) < 4);
  CHECK_EQ(t->heap->stock.settled, 0);
  return count;
}

static th_address next_of(const thread *t) {
  return th_load_relaxed(&t->magazine->addresses[th_load_relaxed(&t->magazine->taken)]);
}

static void give_all(const thread *t, const th_address *addresses, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    CHECK_EQ(give(t, addresses[i]), TH_OK);
  }
}

TEST(what_is_handed_out_is_counted_and_nothing_else) {
  test_image image;
  const thread t = open_thread(&image, MIB);
  th_address addresses[LOADED];
  th_heap_stats stats;
  for (uint32_t i = 0; i < LOADED; i++) {
    addresses[i] = take(&t, LENGTH);
    CHECK_EQ(th_heap_used(t.heap), (i + 1) * LENGTH);
    th_heap_stats_read(t.heap, &stats);
    CHECK_EQ(stats.used, (i + 1) * LENGTH);
    CHECK_EQ(stats.blocks[LENGTH / TH_BLOCK_ALIGN - 1], i + 1);
    if (i % 10 == 0) test_heap_is_sound(t.heap);
  }
  for (uint32_t i = 0; i < LOADED; i++) {
    CHECK_EQ(give(&t, addresses[i]), TH_OK);
    CHECK_EQ(th_heap_used(t.heap), (LOADED - i - 1) * LENGTH);
  }
  close_thread(&t);
}

TEST(a_length_that_comes_again_and_again_takes_ever_fewer_calls) {
  test_image image;
  const thread t = open_thread(&image, MIB);
  uint32_t calls = 0;
  for (uint32_t i = 0; i < LOADED; i++) {
    const th_address address = test_magazine_take(t.magazine, LENGTH);
    if (address) continue;
    take(&t, LENGTH);
    calls++;
  }
  CHECK(calls <= LOADED / 16);
  test_heap_is_sound(t.heap);
  th_heap_detach(t.heap);
  free(t.magazine);
}

TEST(a_block_is_found_once_it_is_taken_and_not_before) {
  test_image image;
  const thread t = open_thread(&image, MIB);
  th_address addresses[LOADED], start;
  uint64_t length;
  uint32_t count = take_until_loaded(&t, addresses);
  CHECK(is_live(&t, addresses[count - 1]));
  CHECK(!is_live(&t, next_of(&t)));
  CHECK_EQ(th_free(t.heap, next_of(&t), TH_BLOCK_USER), TH_FREED);
  addresses[count++] = take(&t, LENGTH);
  CHECK_EQ(th_block_containing(t.heap->record, addresses[count - 1] + LENGTH / 2, TH_BLOCK_USER,
                               &start, &length),
           TH_OK);
  CHECK_EQ(start, addresses[count - 1]);
  addresses[count++] = take(&t, LENGTH);
  CHECK_EQ(th_free(t.heap, addresses[count - 1], TH_BLOCK_USER), TH_OK);
  CHECK_EQ(th_free(t.heap, addresses[count - 1], TH_BLOCK_USER), TH_FREED);
  test_heap_is_sound(t.heap);
  give_all(&t, addresses, count - 1);
  close_thread(&t);
}

TEST(another_length_has_to_come_more_often_than_the_magazine_was_loaded_with) {
  test_image image;
  const thread t = open_thread(&image, MIB);
  th_address addresses[LOADED], others[LOADED];
  const uint32_t count = take_until_loaded(&t, addresses);
  const uint32_t loaded = th_load_relaxed(&t.magazine->count);
  const th_address next = next_of(&t);
  for (uint32_t i = 0; i < loaded; i++) {
    others[i] = take(&t, 2 * LENGTH);
    CHECK_EQ(next_of(&t), next);
  }
  others[loaded] = take(&t, 2 * LENGTH);
  CHECK_EQ(th_load_relaxed(&t.magazine->length), 2 * LENGTH);
  CHECK_EQ(th_heap_used(t.heap), count * LENGTH + (loaded + 1) * 2 * LENGTH);
  test_heap_is_sound(t.heap);
  const th_address again = take(&t, LENGTH);
  CHECK_EQ(again, next);
  give_all(&t, addresses, count);
  give_all(&t, others, loaded + 1);
  give_all(&t, &again, 1);
  close_thread(&t);
}

TEST(a_length_that_comes_less_often_leaves_the_magazine_alone) {
  test_image image;
  const thread t = open_thread(&image, MIB);
  th_address addresses[LOADED];
  uint32_t calls = 0;
  for (uint32_t i = 0; i < LOADED; i++) {
    const uint32_t length = i % 3 == 2 ? 2 * LENGTH : LENGTH;
    const bool is_loaded = rest_of(&t) > 0 && th_load_relaxed(&t.magazine->length) == length;
    if (!is_loaded && length == LENGTH) calls++;
    addresses[i] = take(&t, length);
  }
  CHECK(calls <= LOADED / 3 * 2 / 8);
  give_all(&t, addresses, LOADED);
  close_thread(&t);
}

TEST(lengths_that_take_turns_are_not_loaded) {
  test_image image;
  const thread t = open_thread(&image, MIB);
  th_address addresses[LOADED];
  for (uint32_t i = 0; i < LOADED; i++) {
    addresses[i] = take(&t, i % 2 ? LENGTH : 2 * LENGTH);
    CHECK_EQ(th_load_relaxed(&t.magazine->count), 0);
  }
  give_all(&t, addresses, LOADED);
  close_thread(&t);
}

TEST(a_magazine_is_used_before_the_heap_grows) {
  test_image image;
  const thread t = open_thread(&image, MIB);
  th_address addresses[LOADED];
  uint32_t count = take_until_loaded(&t, addresses);
  const uint32_t all = (uint32_t)(th_load_acquire(&image.length) - TH_HEADER_SIZE) / LENGTH;
  while (th_alloc(t.heap, LENGTH, 1, TH_BLOCK_USER, &addresses[count]) == TH_OK) {
    CHECK(++count < LOADED);
  }
  CHECK_EQ(count, all);
  give_all(&t, addresses, count);
  close_thread(&t);
}

TEST(lengths_from_none_to_the_longest_come_out) {
  static const uint32_t lengths[] = {0, 1, 15, 16, 17, 100, 128, 129, 512, 1000, 1024, 1025, 9000};
  test_image image;
  const thread t = open_thread(&image, 4 * MIB);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    th_address addresses[LOADED];
    for (int j = 0; j < LOADED; j++) {
      addresses[j] = take(&t, lengths[i]);
      if (lengths[i] > 1024) CHECK(th_load_relaxed(&t.magazine->length) != lengths[i]);
    }
    test_heap_is_sound(t.heap);
    give_all(&t, addresses, LOADED);
  }
  close_thread(&t);
}

TEST(the_last_room_of_a_heap_is_not_kept_in_a_magazine) {
  test_image image;
  const thread t = open_thread(&image, 8 * TH_PAGE_SIZE);
  enum { ALL = 8 * TH_PAGE_SIZE / LENGTH };
  th_address addresses[ALL + 1];
  uint32_t count = 0;
  while (test_alloc_next(&image, t.heap, t.magazine, LENGTH, &addresses[count]) == TH_OK) {
    CHECK(++count <= ALL);
  }
  CHECK_EQ(count, ALL);
  give_all(&t, addresses, count);
  count = take_until_loaded(&t, addresses);
  give_all(&t, addresses, count);
  CHECK(rest_of(&t) > 0);
  TEST_OK(&image, t.heap, th_alloc(t.heap, 8 * TH_PAGE_SIZE, 1, TH_BLOCK_USER, &addresses[0]));
  CHECK_EQ(give(&t, addresses[0]), TH_OK);
  close_thread(&t);
}

TEST(a_magazine_goes_from_heap_to_heap) {
  test_image image, other_image;
  const thread t = open_thread(&image, MIB);
  const thread other = {&other_image, test_heap_open(&other_image, 0, MIB), t.magazine};
  th_address addresses[LOADED];
  const uint32_t count = take_until_loaded(&t, addresses);
  th_magazine_unload(t.heap);
  CHECK_EQ(th_heap_used(t.heap), count * LENGTH);
  CHECK(is_live(&t, addresses[count - 1]));
  th_address others[LOADED];
  const uint32_t other_count = take_until_loaded(&other, others);
  CHECK_EQ(th_heap_used(t.heap), count * LENGTH);
  CHECK_EQ(th_heap_used(other.heap), other_count * LENGTH);
  test_heap_is_sound(t.heap);
  give_all(&other, others, other_count);
  th_magazine_unload(other.heap);
  test_whole_area_is_free(&other_image, other.heap);
  test_heap_close(&other_image, other.heap);
  give_all(&t, addresses, count);
  close_thread(&t);
}

// ---- other threads ----

static thread open_other(const thread *t) {
  return (thread){t->image, test_heap_attach(t->image), calloc(1, sizeof(th_magazine))};
}

static void close_other(const thread *other) {
  th_heap_detach(other->heap);
  free(other->magazine);
}

TEST(what_a_thread_took_is_counted_listed_and_freed_by_others) {
  test_image image;
  const thread t = open_thread(&image, MIB), other = open_other(&t);
  th_address addresses[LOADED];
  th_block blocks[LOADED];
  uint32_t count = take_until_loaded(&other, addresses);
  CHECK_EQ(th_heap_used(t.heap), count * LENGTH);
  addresses[count++] = take(&other, LENGTH);
  CHECK_EQ(th_blocks_list(t.heap, TH_BLOCK_USER, 0, blocks, LOADED), count);
  addresses[count++] = take(&other, LENGTH);
  CHECK_EQ(th_free(t.heap, addresses[count - 1], TH_BLOCK_USER), TH_OK);
  CHECK_EQ(th_free(other.heap, addresses[count - 1], TH_BLOCK_USER), TH_FREED);
  CHECK_EQ(th_heap_used(other.heap), (count - 1) * LENGTH);
  test_heap_is_sound(t.heap);
  give_all(&t, addresses, count - 1);
  close_other(&other);
  close_thread(&t);
}

TEST(a_thread_that_ends_leaves_what_was_taken_and_nothing_else) {
  test_image image;
  const thread t = open_thread(&image, MIB), other = open_other(&t);
  th_address addresses[LOADED];
  const uint32_t count = take_until_loaded(&other, addresses);
  close_other(&other);
  CHECK_EQ(th_heap_used(t.heap), count * LENGTH);
  test_heap_is_sound(t.heap);
  give_all(&t, addresses, count);
  close_thread(&t);
}

enum { THREADS = 4, MAIL = 8, KEPT = 50, STEPS = 4000 };

typedef struct shared {
  test_image image;
  th_heap *heap; // of the main thread
  th_atomic_u64 mail[MAIL];
} shared;

// A block goes to whoever comes next, who frees the one that was there.
static void pass_on(shared *s, const thread *t, th_address address) {
  th_atomic_u64 *slot = &s->mail[test_random() % MAIL];
  uint64_t before = th_load_acquire(slot);
  while (!th_cas_acq_rel(slot, &before, (uint64_t)address)) {
  }
  if (before) CHECK_EQ(give(t, (th_address)before), TH_OK);
}

static void step(shared *s, const thread *t, th_address *kept) {
  static const uint32_t lengths[] = {16, LENGTH, LENGTH, LENGTH, 200};
  th_address *place = &kept[test_random() % KEPT];
  if (*place && test_random() % 4 == 0) {
    pass_on(s, t, *place);
  } else if (*place) {
    CHECK_EQ(give(t, *place), TH_OK);
  }
  *place = take(t, lengths[test_random() / KEPT % 5]);
  if (test_random() % 64 == 0) th_heap_used(t->heap);
}

static void exchange(int index, void *context) {
  (void)index;
  shared *s = context;
  thread t = {&s->image, test_heap_attach(&s->image), calloc(1, sizeof(th_magazine))};
  th_address kept[KEPT] = {0};
  for (int i = 0; i < STEPS * TEST_SCALE; i++) {
    step(s, &t, kept);
  }
  for (int i = 0; i < KEPT; i++) {
    if (kept[i]) CHECK_EQ(give(&t, kept[i]), TH_OK);
  }
  th_heap_detach(t.heap);
  free(t.magazine);
}

TEST(threads_free_what_came_out_of_each_others_magazines) {
  shared s = {0};
  s.heap = test_heap_open(&s.image, 0, 8 * MIB);
  run_threads(THREADS, exchange, &s);
  for (int i = 0; i < MAIL; i++) {
    const th_address address = (th_address)th_load_acquire(&s.mail[i]);
    if (address) CHECK_EQ(th_free(s.heap, address, TH_BLOCK_USER), TH_OK);
  }
  test_whole_area_is_free(&s.image, s.heap);
  test_heap_close(&s.image, s.heap);
}
