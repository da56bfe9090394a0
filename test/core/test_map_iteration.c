// SPDX-License-Identifier: MIT
// Iterating a map: a key that is there throughout comes exactly once, no key comes twice, whatever
// else happens to the map meanwhile.
#include "fixture.h"

#include "core/map.h"
#include "samples.h"

enum { MIB = 1 << 20, KEYS = 8000 };

static test_image image;

static th_handle make(th_heap *heap) {
  th_handle map;
  TEST_OK(&image, heap, th_map_create(heap, &map));
  return map;
}

static th_handle seen_by(th_heap *heap, const th_handle *map) {
  const th_descriptor descriptor = {.address = map->address, .generation = map->generation};
  th_handle handle;
  CHECK_EQ(th_map_open(heap, &descriptor, &handle), TH_OK);
  return handle;
}

static void set(const th_handle *map, uint32_t key, double number) {
  const th_value k = test_number(key), value = test_number(number);
  TEST_OK(&image, map->heap, th_map_set(map, &k, &value));
}

static void set_range(const th_handle *map, uint32_t from, uint32_t to) {
  for (uint32_t key = from; key < to; key++)
    set(map, key, key);
}

static void drop(const th_handle *map, uint32_t key) {
  const th_value k = test_number(key);
  bool found;
  TEST_OK(&image, map->heap, th_map_delete(map, &k, &found));
}

static void drop_range(const th_handle *map, uint32_t from, uint32_t to) {
  for (uint32_t key = from; key < to; key++)
    drop(map, key);
}

static bool is_split(const th_handle *map) {
  return th_load_acquire(&((th_map *)(void *)map->object)->shard_count) > 1;
}

// ---- one iteration ----

typedef struct walk {
  th_map_cursor cursor;
  th_map_batch batch;
  uint8_t seen[KEYS];
  uint32_t total;
} walk;

static void begin(walk *w) {
  memset(w, 0, sizeof(*w));
}

// Notes the keys of the next batch; false at the end.
static bool go_on(const th_handle *map, walk *w) {
  TEST_OK(&image, map->heap, th_map_next(map, &w->cursor, true, &w->batch));
  for (uint32_t i = 0; i < w->batch.count; i++) {
    CHECK_EQ(w->batch.keys[i].type, TH_NUMBER);
    const uint32_t key = (uint32_t)w->batch.keys[i].number;
    CHECK(key < KEYS);
    CHECK_EQ(w->seen[key], 0);
    w->seen[key] = 1;
    w->total++;
  }
  return w->batch.count > 0;
}

static uint32_t finish(const th_handle *map, walk *w) {
  uint32_t batches = 0;
  while (go_on(map, w))
    batches++;
  CHECK(!go_on(map, w)); // it stays at its end
  return batches;
}

static void check_seen(const walk *w, uint32_t from, uint32_t to) {
  for (uint32_t key = from; key < to; key++)
    CHECK_EQ(w->seen[key], 1);
}

static walk one; // for the tests of one thread

TEST(an_undisturbed_iteration_returns_every_key_once) {
  static const uint32_t sizes[] = {0, 1, 2, 63, 64, 65, 128, 640, 1023, 1024, 1025, 1300, KEYS};
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    const th_handle map = make(heap);
    set_range(&map, 0, sizes[i]);
    begin(&one);
    finish(&map, &one);
    CHECK_EQ(one.total, sizes[i]);
    check_seen(&one, 0, sizes[i]);
    CHECK_EQ(th_map_free(&map), TH_OK);
  }
  test_heap_close(&image, heap);
}

TEST(keys_come_in_the_order_of_insertion_before_the_split) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  for (uint32_t key = 900; key-- > 0;)
    set(&map, key, 0);
  set(&map, 500, 1); // an update keeps its place
  uint32_t expected = 900;
  begin(&one);
  while (go_on(&map, &one)) {
    for (uint32_t i = 0; i < one.batch.count; i++)
      CHECK_EQ(one.batch.keys[i].number, --expected);
  }
  CHECK_EQ(expected, 0);
  test_heap_close(&image, heap);
}

TEST(long_values_come_in_smaller_batches_and_all_come) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  static uint8_t bytes[10000];
  const th_value value = test_latin1(bytes, sizeof(bytes));
  for (uint32_t key = 0; key < 200; key++) {
    const th_value k = test_number(key);
    TEST_OK(&image, heap, th_map_set(&map, &k, &value));
  }
  begin(&one);
  while (go_on(&map, &one)) {
    CHECK(heap->buffer.length < 1 << 18);
    for (uint32_t i = 0; i < one.batch.count; i++)
      CHECK(test_same(heap, &one.batch.values[i], &value));
  }
  check_seen(&one, 0, 200);
  test_heap_close(&image, heap);
}

// ---- disturbed between batches ----

typedef void (*disturbance)(const th_handle *map);

// Runs an iteration over keys [0, count) and disturbs it once, after `before` batches; every key
// below `staying` must come.
static void disturb_after(th_heap *heap, uint32_t count, uint32_t before, disturbance disturb,
                          uint32_t staying) {
  const th_handle map = make(heap);
  set_range(&map, 0, count);
  begin(&one);
  for (uint32_t i = 0; i < before; i++)
    go_on(&map, &one);
  disturb(&map);
  finish(&map, &one);
  check_seen(&one, 0, staying);
  CHECK_EQ(th_map_free(&map), TH_OK);
}

// A split for which there is no room is put off.
static void make_room(th_heap *heap) {
  th_address address;
  TEST_OK(&image, heap, th_alloc(heap, MIB, 16, TH_BLOCK_USER, &address));
  CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
}

static void split_it(const th_handle *map) {
  make_room(map->heap);
  set_range(map, 2000, 6000);
  CHECK(is_split(map));
}

static void split_it_and_empty_it(const th_handle *map) {
  split_it(map);
  drop_range(map, 2000, 6000);
}

static void rebuild_it(const th_handle *map) {
  for (int i = 0; i < 3; i++) {
    set_range(map, 2000, 2100);
    drop_range(map, 2000, 2100);
  }
  CHECK(!is_split(map));
}

static void shrink_it(const th_handle *map) {
  drop_range(map, 10, 700);
}

static void update_it(const th_handle *map) {
  for (uint32_t key = 0; key < 700; key++) {
    const th_value k = test_number(key), text = test_text("a long text instead of a number");
    TEST_OK(&image, map->heap, th_map_set(map, &k, &text));
  }
}

static void insert_it_again(const th_handle *map) {
  drop_range(map, 300, 700);
  set_range(map, 300, 700);
}

TEST(an_iteration_goes_on_after_a_split_at_any_point) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (uint32_t before = 0; before < 14; before++) { // 11 batches; the last ones are beyond the end
    disturb_after(heap, 700, before, split_it, 700);
    disturb_after(heap, 700, before, split_it_and_empty_it, 700);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(an_iteration_that_had_finished_the_one_shard_is_over_after_the_split) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (uint32_t count = 60; count < 70; count++) {
    const th_handle map = make(heap);
    set_range(&map, 0, count);
    begin(&one);
    while (one.total < count)
      CHECK(go_on(&map, &one));
    split_it(&map);
    CHECK(!go_on(&map, &one));
    CHECK_EQ(one.total, count);
    CHECK_EQ(th_map_free(&map), TH_OK);
  }
  test_heap_close(&image, heap);
}

TEST(an_iteration_of_many_shards_stands_disturbances_at_any_point) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (uint32_t before = 0; before < 70; before += 7) {
    disturb_after(heap, 1800, before, update_it, 1800);
    disturb_after(heap, 1800, before, split_it_and_empty_it, 1800);
    disturb_after(heap, 1800, before, insert_it_again, 300);
    disturb_after(heap, 1800, before, shrink_it, 10);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(an_iteration_stands_rebuilds_and_updates_at_any_point) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (uint32_t before = 0; before < 12; before++) {
    disturb_after(heap, 700, before, rebuild_it, 700);
    disturb_after(heap, 700, before, update_it, 700);
    disturb_after(heap, 700, before, insert_it_again, 300);
    disturb_after(heap, 700, before, shrink_it, 10);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(an_iteration_ends_when_the_map_is_cleared) {
  static const uint32_t sizes[] = {700, KEYS / 2};
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (int i = 0; i < 2; i++) {
    const th_handle map = make(heap);
    set_range(&map, 0, sizes[i]);
    begin(&one);
    CHECK(go_on(&map, &one));
    CHECK_EQ(th_map_clear(&map), TH_OK);
    CHECK(!go_on(&map, &one));
  }
  test_heap_close(&image, heap);
}

// What has happened to a key since the iteration began.
typedef struct history {
  bool present[KEYS];
  bool stayed[KEYS];
} history;

static void change_something(const th_handle *map, history *h, uint32_t range) {
  const uint32_t key = (uint32_t)(test_random() % range);
  if (test_random() % 2) {
    set(map, key, 1);
    h->present[key] = true;
  } else {
    drop(map, key);
    h->present[key] = h->stayed[key] = false;
  }
}

TEST(random_changes_between_batches_neither_hide_nor_repeat_a_key) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  static history h;
  for (uint32_t round = 0; round < 60; round++) {
    const uint32_t range = round % 2 ? 1500 : 3000;
    const th_handle map = make(heap);
    memset(&h, 0, sizeof(h));
    for (uint32_t i = 0; i < range; i++)
      change_something(&map, &h, range);
    memcpy(h.stayed, h.present, sizeof(h.stayed));
    begin(&one);
    while (go_on(&map, &one)) {
      for (uint32_t i = 0; i < 100; i++)
        change_something(&map, &h, range);
    }
    for (uint32_t key = 0; key < range; key++)
      CHECK(!h.stayed[key] || one.seen[key]);
    CHECK_EQ(th_map_free(&map), TH_OK);
  }
  test_heap_close(&image, heap);
}

// ---- beside threads ----

enum { THREADS = 4, CHANGERS = 2, STAYING = 600, PASSES = 30 * TEST_SCALE };

typedef struct crowd {
  th_handle map;
  th_atomic_u32 finished;
} crowd;

// Inserts, updates and removes keys from STAYING on: through rebuilds, and once through the split.
static void change_until_finished(const th_handle *map, crowd *c, uint32_t index) {
  const uint32_t first = STAYING + index * 1500;
  while (th_load_acquire(&c->finished) < THREADS - CHANGERS) {
    const uint32_t from = first + (uint32_t)(test_random() % 1000);
    set_range(map, from, from + 300);
    set_range(map, from, from + 100);
    for (uint32_t i = 0; i < 300; i++)
      set(map, (uint32_t)(test_random() % STAYING), i);
    drop_range(map, from, from + 300);
  }
}

static void iterate_passes(const th_handle *map, crowd *c) {
  static _Thread_local walk w;
  for (int i = 0; i < PASSES; i++) {
    begin(&w);
    finish(map, &w);
    check_seen(&w, 0, STAYING);
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

static void change_or_iterate(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle map = seen_by(heap, &c->map);
  if (index < CHANGERS) {
    change_until_finished(&map, c, (uint32_t)index);
  } else {
    iterate_passes(&map, c);
  }
  th_heap_detach(heap);
}

TEST(an_iteration_beside_threads_returns_what_stays_exactly_once) {
  for (int round = 0; round < 5; round++) { // each with a split of its own
    th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
    crowd c = {.map = make(heap)};
    set_range(&c.map, 0, STAYING);
    run_threads(THREADS, change_or_iterate, &c);
    test_heap_is_sound(heap);
    CHECK_EQ(th_map_free(&c.map), TH_OK);
    CHECK_EQ(th_heap_used(heap), 0);
    test_heap_close(&image, heap);
  }
}
