// SPDX-License-Identifier: MIT
// Maps that split, are cleared and are freed beside readers and writers.
#include "fixture.h"

#include "maps.h"

// ---- the split ----

// Makes one map after another, all of which split.
static void split_maps(crowd *c, th_heap *heap) {
  for (uint32_t round = 0; round < 20 * TEST_SCALE; round++) {
    const th_handle map = make(heap);
    for (uint32_t key = 0; key < 2000; key++) {
      set_number(&map, key, key);
      if (key != 9) continue;
      th_store_release(&c->address, map.address);
      th_store_release(&c->generation, map.generation);
    }
    TEST_OK(&image, heap, th_map_free(&map));
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

// Reads keys that were there before this thread could come to the map.
static void find_first_keys(crowd *c, th_heap *heap) {
  const th_descriptor descriptor = {.generation = th_load_acquire(&c->generation),
                                    .address = th_load_acquire(&c->address)};
  th_handle map;
  th_status status = TH_OK;
  if (!descriptor.generation || th_map_open(heap, &descriptor, &map) != TH_OK) return;
  for (uint32_t i = 0; status == TH_OK; i++) {
    const th_value key = test_number(i % 10);
    th_value value;
    bool found;
    status = TEST_CALL(&image, heap, th_map_get(&map, &key, &value, &found));
    if (status == TH_OK) CHECK(found && value.number == key.number);
  }
  CHECK_EQ(status, TH_FREED);
}

static void split_or_find(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  if (index == 0) split_maps(c, heap);
  while (still_writing(c, 1)) {
    find_first_keys(c, heap);
    sched_yield();
  }
  th_heap_detach(heap);
}

TEST(a_key_is_found_in_the_moment_of_the_split) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {0};
  run_threads(THREADS, split_or_find, &c);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- clear in one step ----

enum { ROUNDS = 60 * TEST_SCALE, FILLED = 1500 };

// Fills the map with the number of the round, tells so, and clears it.
static void fill_and_clear(const th_handle *map, crowd *c) {
  for (uint32_t round = 1; round <= ROUNDS; round++) {
    for (uint32_t key = 0; key < FILLED; key++)
      set_number(map, key, round);
    th_store_release(&c->generation, round);
    TEST_OK(&image, map->heap, th_map_clear(map));
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

// Once one key of a round is missing, no other has that round's number any more.
static void look_for_leftovers(const th_handle *map, crowd *c) {
  while (still_writing(c, 1)) {
    const double round = th_load_acquire(&c->generation);
    double number;
    if (get_number(map, (uint32_t)(test_random() % FILLED), &number) && number <= round) continue;
    for (int i = 0; i < 4; i++) {
      if (get_number(map, (uint32_t)(test_random() % FILLED), &number)) CHECK(number > round);
    }
  }
}

static void clear_or_look(const th_handle *map, crowd *c, uint32_t index) {
  if (index == 0) {
    fill_and_clear(map, c);
  } else {
    look_for_leftovers(map, c);
  }
}

static void clear_or_look_as(int index, void *context) {
  as_thread(context, index, clear_or_look);
}

TEST(clear_removes_all_keys_in_one_step) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  run_threads(THREADS, clear_or_look_as, &c);
  free_and_check(heap, &c.map);
}

// ---- clear and free beside both ----

static bool ok_or_freed(th_status status) {
  CHECK(status == TH_OK || status == TH_FREED);
  return status == TH_OK;
}

// Keys below KEPT are set before other threads come to a map, and not removed until it is freed.
enum { KEPT = 10 };

static void read_one(const th_handle *map, uint32_t from) {
  const uint32_t key = from + (uint32_t)(test_random() % (test_random() % 2 ? 20 : 1500));
  const th_value k = test_number(key);
  th_value value;
  bool found;
  uint32_t letter;
  if (!ok_or_freed(TEST_CALL(&image, map->heap, th_map_get(map, &k, &value, &found)))) return;
  CHECK(found || key >= KEPT);
  if (!found) return;
  CHECK(is_word(map->heap, &value, &letter));
  CHECK_EQ(letter, key % LETTERS);
}

static void write_one(const th_handle *map) {
  static _Thread_local uint8_t space[WORD_MAX];
  const uint32_t key = KEPT + (uint32_t)(test_random() % 1500);
  const th_value k = test_number(key), value = word(key % LETTERS, space);
  bool found;
  if (test_random() % 2) {
    ok_or_freed(TEST_CALL(&image, map->heap, th_map_set(map, &k, &value)));
  } else {
    ok_or_freed(TEST_CALL(&image, map->heap, th_map_delete(map, &k, &found)));
  }
}

static void iterate_once(const th_handle *map) {
  static _Thread_local th_map_batch batch;
  th_map_cursor cursor = {0};
  uint32_t letter;
  do {
    if (!ok_or_freed(TEST_CALL(&image, map->heap, th_map_next(map, &cursor, true, &batch)))) return;
    for (uint32_t i = 0; i < batch.count; i++) {
      CHECK(is_word(map->heap, &batch.values[i], &letter));
      CHECK_EQ(letter, (uint32_t)batch.keys[i].number % LETTERS);
    }
  } while (batch.count > 0);
}

// Reads keys from `from` on.
static void use(const th_handle *map, uint32_t index, uint32_t from) {
  if (index == 1) write_one(map);
  read_one(map, from);
  if (index == 3 && test_random() % 50 == 0) iterate_once(map);
}

static void set_words(const th_handle *map, uint32_t from, uint32_t to) {
  static _Thread_local uint8_t space[WORD_MAX];
  for (uint32_t key = from; key < to; key++) {
    const th_value k = test_number(key), value = word(key % LETTERS, space);
    set(map, &k, &value);
  }
}

static void clear_and_fill(const th_handle *map, crowd *c) {
  for (uint32_t round = 0; round < 16 * TEST_SCALE; round++) {
    set_words(map, 0, 300 + round % 2 * 1200);
    TEST_OK(&image, map->heap, th_map_clear(map));
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

static void clear_or_use(const th_handle *map, crowd *c, uint32_t index) {
  if (index == 0) clear_and_fill(map, c);
  while (still_writing(c, 1))
    use(map, index, KEPT);
}

static void clear_or_use_as(int index, void *context) {
  as_thread(context, index, clear_or_use);
}

TEST(clear_beside_readers_and_writers_leaves_nothing_behind) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  run_threads(THREADS, clear_or_use_as, &c);
  test_heap_is_sound(heap);
  CHECK_EQ(th_map_clear(&c.map), TH_OK);
  CHECK_EQ(th_heap_used(heap), sizeof(th_control) + directory_bytes(&c.map));
  free_and_check(heap, &c.map);
}

// Fills and frees maps in one slot, some of them beyond the split.
static void replace_map(crowd *c, th_heap *heap) {
  for (uint32_t round = 0; round < 150 * TEST_SCALE; round++) {
    const th_handle map = make(heap);
    set_words(&map, 0, KEPT);
    th_store_release(&c->address, map.address);
    th_store_release(&c->generation, map.generation);
    set_words(&map, KEPT, round % 8 ? 50 : 1500);
    TEST_OK(&image, heap, th_map_free(&map));
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

static void replace_or_use(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  if (index == 0) replace_map(c, heap);
  while (still_writing(c, 1)) {
    const th_descriptor descriptor = {.generation = th_load_acquire(&c->generation),
                                      .address = th_load_acquire(&c->address)};
    th_handle map;
    if (descriptor.generation && th_map_open(heap, &descriptor, &map) == TH_OK) {
      for (int i = 0; i < 20; i++)
        use(&map, (uint32_t)index, 0);
    }
    sched_yield();
  }
  th_heap_detach(heap);
}

TEST(calls_beside_free_give_the_right_value_or_say_freed) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {0};
  run_threads(THREADS, replace_or_use, &c);
  test_heap_is_sound(heap);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}
