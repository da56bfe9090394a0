// SPDX-License-Identifier: MIT
#include "maps.h"

#include <math.h>
#include <stdio.h>

#include "core/map_shards.h"

enum { COUNT = 5000 };

static double numbers[COUNT], values[COUNT], read[COUNT];

static const th_map_keys keys = {.numbers = numbers, .count = COUNT},
                         no_keys = {.numbers = numbers};

static th_map_keys first(uint32_t count) {
  return (th_map_keys){.numbers = numbers, .count = count};
}

static void number_all(void) {
  for (uint32_t i = 0; i < COUNT; i++) {
    numbers[i] = i * 3.0;
    values[i] = i + 0.25;
  }
}

// Sets what is left; returns how often the call was repeated.
static uint32_t set_all(const th_handle *map, uint32_t *done) {
  uint32_t calls = 0;
  CHECK_EQ(TEST_CALL(&image, map->heap, (calls++, th_map_set_many(map, &keys, values, done))),
           TH_OK);
  return calls - 1;
}

// That all keys have their values; deletes the second half of them.
static void check_values_are_there_and_half_go(const th_handle *map, const th_map_keys *all) {
  const uint32_t half = all->count / 2;
  uint32_t done = 0, deleted = 0;
  CHECK_EQ(size_of(map), all->count);
  CHECK_EQ(th_map_get_many(map, all, NAN, read, &done), TH_OK);
  CHECK_EQ(done, all->count);
  CHECK(memcmp(read, values, all->count * sizeof(read[0])) == 0);
  done = half;
  CHECK_EQ(th_map_delete_many(map, all, &deleted, &done), TH_OK);
  CHECK_EQ(done, all->count);
  CHECK_EQ(deleted, all->count - half);
  done = 0;
  CHECK_EQ(th_map_get_many(map, all, -7, read, &done), TH_OK);
  for (uint32_t i = 0; i < all->count; i++)
    CHECK(read[i] == (i < half ? values[i] : -7));
}

TEST(numbers_are_set_read_and_deleted) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  uint32_t done = 0;
  number_all();
  CHECK(set_all(&map, &done) > 3); // the heap had to grow
  CHECK_EQ(done, COUNT);
  check_values_are_there_and_half_go(&map, &keys);
  free_and_check(heap, &map);
}

enum { FORMS = 6, LONGEST = 40 };

// A key of one of the forms that a table keeps: numbers, texts in the words of an entry, in those
// of a wide one, in blocks, and all texts in both widths.
static th_value key_in_form(uint32_t i, char text[LONGEST], uint16_t units[LONGEST]) {
  static const int widths[FORMS] = {0, 5, 12, 30, 3, 20};
  const uint32_t form = i % FORMS;
  if (form == 0) return test_number(i);
  snprintf(text, LONGEST, "%0*u", widths[form], i);
  for (uint32_t at = 0; at < LONGEST; at++)
    units[at] = (uint16_t)(0x100 + text[at]);
  return form < 4 ? test_text(text) : test_utf16(units, strlen(text));
}

TEST(keys_of_every_form_are_set_read_and_deleted) {
  enum { KEYS = 3000 };
  static char texts[KEYS][LONGEST];
  static uint16_t units[KEYS][LONGEST];
  static th_value given[KEYS];
  th_heap *heap = test_heap_open(&image, 0, 64 * MIB);
  const th_handle map = make(heap);
  const th_map_keys all = {.values = given, .count = KEYS};
  uint32_t done = 0;
  number_all();
  for (uint32_t i = 0; i < KEYS; i++)
    given[i] = key_in_form(i, texts[i], units[i]);
  TEST_OK(&image, heap, th_map_set_many(&map, &all, values, &done));
  check_values_are_there_and_half_go(&map, &all);
  free_and_check(heap, &map);
}

TEST(a_long_key_is_not_in_a_table_of_narrow_entries) {
  th_heap *heap = test_heap_open(&image, 0, 64 * MIB);
  const th_handle map = make(heap);
  const th_value given[] = {test_text("short"), test_text("a longer one"), test_text("short ")};
  const th_map_keys all = {.values = given, .count = 3};
  const th_value value = test_number(5);
  uint32_t done = 0;
  set(&map, &given[0], &value);
  CHECK_EQ(th_map_get_many(&map, &all, -1, read, &done), TH_OK);
  CHECK(read[0] == 5 && read[1] == -1 && read[2] == -1);
  free_and_check(heap, &map);
}

TEST(a_value_that_is_no_number_stops_the_reading_before_it) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  const th_value key = test_number(6), text = test_text("text");
  uint32_t done = 0;
  number_all();
  set_number(&map, 0, 1);
  set(&map, &key, &text);
  read[2] = 99;
  const th_map_keys four = first(4);
  CHECK_EQ(th_map_get_many(&map, &four, NAN, read, &done), TH_NOT_A_NUMBER);
  CHECK_EQ(done, 2);
  CHECK(read[0] == 1 && isnan(read[1]) && read[2] == 99);
  free_and_check(heap, &map);
}

enum { IN_PLACE = 200, ROUNDS = TEST_SCALE * TEST_SCALE };

// A writer that keeps its lock, and stops again and again in the middle of a change.
static void change_slowly(const th_handle *map, crowd *c, uint32_t index) {
  th_map_shard *shard = &((th_map *)(void *)map->object)->single;
  th_lock_wait(&shard->lock, &map->heap->record->lock_waits);
  while (still_writing(c, 1)) {
    th__map_write_begin(map->heap, shard);
    for (uint32_t i = 0; i < 6000; i++)
      th_cpu_relax();
    th__map_write_end(map->heap, shard);
    for (uint32_t i = 0; i < 60; i++)
      th_cpu_relax();
  }
  th_lock_release(&shard->lock);
  (void)index;
}

static bool reads_in_place(const th_handle *map) {
  double own[IN_PLACE];
  const th_map_keys own_keys = {.numbers = own, .count = IN_PLACE};
  uint32_t done = 0;
  memcpy(own, numbers, sizeof(own));
  th_status status = TH_BUSY;
  while (status == TH_BUSY)
    status = th_map_get_many(map, &own_keys, NAN, own, &done);
  return status == TH_OK && memcmp(own, values, sizeof(own)) == 0;
}

static void read_in_place(const th_handle *map, crowd *c, uint32_t index) {
  uint32_t right = 0;
  for (uint32_t round = 0; round < ROUNDS; round++)
    right += reads_in_place(map);
  th_fetch_add_relaxed(&c->finished, 1u); // before a check that ends this thread
  CHECK_EQ(right, ROUNDS);
  (void)index;
}

static void in_place_thread(int index, void *context) {
  as_thread(context, index, index == 0 ? change_slowly : read_in_place);
}

TEST(values_may_go_where_the_keys_are_even_beside_a_writer) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  number_all();
  for (uint32_t i = 0; i < IN_PLACE; i++)
    set_number(&c.map, (uint32_t)numbers[i], values[i]);
  run_threads(2, in_place_thread, &c);
  free_and_check(heap, &c.map);
}

TEST(a_freed_map_has_nothing_done) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  uint32_t done = 0, deleted = 0;
  CHECK_EQ(th_map_free(&map), TH_OK);
  CHECK_EQ(th_map_get_many(&map, &keys, NAN, read, &done), TH_FREED);
  CHECK_EQ(th_map_set_many(&map, &keys, values, &done), TH_FREED);
  CHECK_EQ(th_map_delete_many(&map, &keys, &deleted, &done), TH_FREED);
  CHECK_EQ(th_map_get_many(&map, &no_keys, NAN, read, &done), TH_FREED);
  CHECK_EQ(th_map_set_many(&map, &no_keys, values, &done), TH_FREED);
  CHECK_EQ(th_map_delete_many(&map, &no_keys, &deleted, &done), TH_FREED);
  CHECK_EQ(done, 0);
  CHECK_EQ(deleted, 0);
  test_heap_close(&image, heap);
}

// One thread sets and deletes all again and again; the others find each number whole, or none.
static void churn(const th_handle *map, crowd *c, uint32_t index) {
  double own[200];
  const th_map_keys some = first(200);
  for (uint32_t round = 0; index == 0 && round < 100; round++) {
    uint32_t done = 0, deleted = 0;
    set_all(map, &done);
    done = 0;
    TEST_OK(&image, map->heap, th_map_delete_many(map, &keys, &deleted, &done));
    CHECK_EQ(deleted, COUNT);
  }
  if (index == 0) th_fetch_add_relaxed(&c->finished, 1u);
  while (index > 0 && still_writing(c, 1)) {
    uint32_t done = 0;
    TEST_OK(&image, map->heap, th_map_get_many(map, &some, -1, own, &done));
    for (uint32_t i = 0; i < 200; i++)
      CHECK(own[i] == values[i] || own[i] == -1);
  }
}

static void churn_thread(int index, void *context) {
  as_thread(context, index, churn);
}

TEST(readers_see_numbers_whole_while_many_are_set_and_deleted) {
  th_heap *heap = test_heap_open(&image, 0, 64 * MIB);
  crowd c = {.map = make(heap)};
  number_all();
  run_threads(3, churn_thread, &c);
  free_and_check(heap, &c.map);
}
