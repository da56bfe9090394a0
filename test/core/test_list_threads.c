// SPDX-License-Identifier: MIT
#include "fixture.h"

#include "lists.h"

enum { MIB = 1 << 20, THREADS = 4, PER_THREAD = 5000 * TEST_SCALE, STAYING = 50 };

typedef struct crowd {
  th_handle list;
  th_atomic_u8 taken[THREADS * PER_THREAD];
  th_atomic_u32 finished;
} crowd;

static void note_taken(crowd *c, uint32_t number) {
  CHECK(number < THREADS * PER_THREAD);
  CHECK_EQ(th_fetch_add_relaxed(&c->taken[number], 1), 0);
}

static void push_and_take(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle list = seen_by(heap, &c->list);
  uint32_t number;
  for (uint32_t i = 0; i < PER_THREAD; i++) {
    push(&list, (uint32_t)index * PER_THREAD + i);
    if (i % 2) continue;
    const int64_t end = index % 2 ? 0 : -1;
    CHECK(take(&list, end, &number));
    note_taken(c, number);
  }
  th_heap_detach(heap);
}

TEST(threads_that_push_and_remove_lose_and_double_nothing) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  static crowd c;
  memset(&c, 0, sizeof(c));
  c.list = make_u32(heap);
  run_threads(THREADS, push_and_take, &c);
  test_heap_is_sound(heap);
  const uint32_t rest = THREADS * PER_THREAD / 2;
  CHECK_EQ(th_load_acquire(&c.list.control->length), rest);
  uint32_t number;
  for (uint32_t i = 0; i < rest; i++) {
    CHECK(take(&c.list, 0, &number));
    note_taken(&c, number);
  }
  CHECK(!take(&c.list, 0, &number));
  CHECK_EQ(th_list_free(&c.list), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

enum { BATCH = 20 };

static void push_batches(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle list = seen_by(heap, &c->list);
  for (uint32_t i = 0; i < PER_THREAD; i += BATCH) {
    uint32_t numbers[BATCH];
    for (uint32_t j = 0; j < BATCH; j++)
      numbers[j] = (uint32_t)index * PER_THREAD + i + j;
    TEST_OK(&image, heap, th_list_push_many(&list, numbers, sizeof(numbers)));
  }
  th_heap_detach(heap);
}

TEST(batches_of_threads_stay_together) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  static crowd c;
  static uint32_t read[THREADS * PER_THREAD];
  uint32_t length;
  memset(&c, 0, sizeof(c));
  c.list = make_u32(heap);
  run_threads(THREADS, push_batches, &c);
  test_heap_is_sound(heap);
  CHECK_EQ(th_list_copy(&c.list, read, THREADS * PER_THREAD, &length), TH_OK);
  CHECK_EQ(length, THREADS * PER_THREAD);
  for (uint32_t i = 0; i < length; i++) {
    note_taken(&c, read[i]);
    CHECK_EQ(read[i] % BATCH, i % BATCH);
    if (i % BATCH) CHECK_EQ(read[i], read[i - 1] + 1);
  }
  CHECK_EQ(th_list_free(&c.list), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// The numbers below STAYING are in the list throughout.
static void check_pass(const th_handle *list) {
  batch_space space = {.batch = {.capacity = 1 + (uint32_t)(test_random() % BATCH_MAX)}};
  uint32_t expected = 0;
  uint64_t last = 0;
  while (next(list, &space.batch)) {
    for (uint32_t i = 0; i < space.batch.count; i++) {
      const uint64_t sequence = space.batch.items[i].sequence;
      CHECK(sequence > last && sequence <= space.batch.limit);
      last = sequence;
      const uint32_t number = number_at(list, space.batch.items[i].address + sizeof(th_node));
      if (number < STAYING) CHECK_EQ(number, expected++);
    }
  }
  CHECK_EQ(expected, STAYING);
}

// Pushes numbers of its own and removes them again, from the end or from a batch.
static void push_and_remove_until_finished(const th_handle *list, crowd *c) {
  batch_space space;
  uint32_t number;
  bool found;
  while (!th_load_acquire(&c->finished)) {
    for (uint32_t i = 0; i < 20; i++)
      push(list, STAYING + i);
    space.batch = (th_list_batch){.capacity = BATCH_MAX};
    while (next(list, &space.batch)) {
      const uint32_t last = space.batch.count - 1;
      const th_address node = space.batch.items[last].address;
      if (number_at(list, node + sizeof(th_node)) < STAYING) continue;
      TEST_OK(&image, list->heap,
              th_list_remove_node(list, node, space.batch.items[last].sequence, &number, &found));
      // The node may have been removed, and its block reused, after the batch was made.
      if (found) CHECK(number >= STAYING);
    }
  }
}

static void iterate_or_disturb(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle list = seen_by(heap, &c->list);
  if (index < 2) {
    push_and_remove_until_finished(&list, c);
  } else {
    for (int i = 0; i < 40 * TEST_SCALE; i++)
      check_pass(&list);
    th_store_release(&c->finished, 1u);
  }
  th_heap_detach(heap);
}

TEST(an_iteration_beside_threads_returns_what_stays_exactly_once) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  static crowd c;
  memset(&c, 0, sizeof(c));
  c.list = make_u32(heap);
  for (uint32_t i = 0; i < STAYING; i++)
    push(&c.list, i);
  run_threads(THREADS, iterate_or_disturb, &c);
  test_heap_is_sound(heap);
  CHECK_EQ(th_list_free(&c.list), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

static void push_and_clear(const th_handle *list, crowd *c, bool clear) {
  for (uint32_t i = 0; i < 2000 * TEST_SCALE; i++) {
    for (uint32_t number = 0; number < 8; number++)
      push(list, number);
    if (clear) TEST_OK(&image, list->heap, th_list_clear(list));
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

// Tries again and again to remove nodes that may be gone, and their blocks in use anew.
static void remove_remembered(const th_handle *list, crowd *c) {
  uint32_t number;
  bool found;
  while (th_load_acquire(&c->finished) < 2) {
    batch_space space = {.batch = {.capacity = BATCH_MAX}};
    if (!next(list, &space.batch)) continue;
    for (uint32_t i = 0; i < 8 * space.batch.count; i++) {
      const uint32_t item = i % space.batch.count;
      TEST_OK(&image, list->heap,
              th_list_remove_node(list, space.batch.items[item].address,
                                  space.batch.items[item].sequence, &number, &found));
    }
  }
}

static void clear_or_remove(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle list = seen_by(heap, &c->list);
  if (index < 2) {
    push_and_clear(&list, c, index == 0);
  } else {
    remove_remembered(&list, c);
  }
  th_heap_detach(heap);
}

TEST(a_node_remembered_from_before_a_clear_is_not_taken_for_a_new_one) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  static crowd c;
  memset(&c, 0, sizeof(c));
  c.list = make_u32(heap);
  run_threads(THREADS, clear_or_remove, &c);
  test_heap_is_sound(heap);
  CHECK_EQ(th_list_free(&c.list), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- freed beside threads ----

typedef struct reuse {
  th_atomic_u32 address;
  th_atomic_u32 finished;
} reuse;

// Elements of very different sizes follow one another in the slot.
static void replace_list(reuse *r, th_heap *heap) {
  for (uint32_t i = 0; i < 4000 * TEST_SCALE; i++) {
    const th_handle list = make(heap, TH_ELEMENT_Float64, i % 2 ? 1 : 200);
    th_store_release(&r->address, list.address);
    TEST_OK(&image, heap, th_list_free(&list));
  }
  th_store_release(&r->finished, 1u);
}

static void push_to_whatever_is_there(reuse *r, th_heap *heap) {
  static _Thread_local double element[200], out[200];
  bool found;
  while (!th_load_acquire(&r->finished)) {
    const th_descriptor descriptor = {.address = th_load_acquire(&r->address)};
    th_handle list;
    if (!descriptor.address || th_list_open(heap, &descriptor, &list) != TH_OK) continue;
    th_status status = TEST_CALL(&image, heap, th_list_push(&list, element, NULL));
    CHECK(status == TH_OK || status == TH_FREED);
    status = TEST_CALL(&image, heap, th_list_remove_at(&list, 0, out, &found));
    CHECK(status == TH_OK || status == TH_FREED);
  }
}

static void replace_or_push(int index, void *context) {
  reuse *r = context;
  th_heap *heap = test_heap_attach(&image);
  if (index == 0) {
    replace_list(r, heap);
  } else {
    push_to_whatever_is_there(r, heap);
  }
  th_heap_detach(heap);
}

TEST(a_push_to_a_list_freed_beside_it_never_touches_the_next_one) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  reuse r = {0};
  run_threads(3, replace_or_push, &r);
  test_heap_is_sound(heap);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}
