// SPDX-License-Identifier: MIT
// How tables keep their keys: narrow and wide entries, slots of 16 and of 32 bits; and how what is
// read of them is kept.
#include "maps.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "core/map_table.h"

enum { TEXT_MAX = 32 };

// A key of that length, which tells its number.
static th_value text_key(char *text, uint32_t number, int length) {
  snprintf(text, TEXT_MAX, "%0*u", length, number);
  return test_latin1(text, (size_t)length);
}

static void set_text(const th_handle *map, uint32_t number, int length) {
  char text[TEXT_MAX];
  const th_value key = text_key(text, number, length), value = test_number(number);
  set(map, &key, &value);
}

static bool has_text(const th_handle *map, uint32_t number, int length) {
  char text[TEXT_MAX];
  const th_value key = text_key(text, number, length);
  th_value value;
  bool found;
  TEST_OK(&image, map->heap, th_map_get(map, &key, &value, &found));
  return found && value.type == TH_NUMBER && value.number == number;
}

static bool has_number(const th_handle *map, uint32_t number) {
  double value = -1;
  return get_number(map, number, &value) && value == number;
}

// Number i of many keys that wide tables keep.
static int long_length(uint32_t i) {
  return TH_CELL_SHORT + 1 + (int)i % (TH_CELL_LONG - TH_CELL_SHORT);
}

static uint32_t key_blocks(th_heap *heap) {
  th_block blocks[8];
  return th_blocks_list(heap, TH_BLOCK_CELL, 0, blocks, 8);
}

TEST(a_key_of_up_to_14_bytes_lies_in_the_table) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (int length = 1; length <= 20; length++) {
    const th_handle map = make(heap);
    set_number(&map, 1, 1);
    set_text(&map, 7, length);
    CHECK_EQ(key_blocks(heap), length > TH_CELL_LONG);
    CHECK(has_text(&map, 7, length) && has_number(&map, 1));
    CHECK(!has_text(&map, 8, length) && !has_text(&map, 7, length + 1));
    test_heap_is_sound(heap);
    CHECK_EQ(th_map_free(&map), TH_OK);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// Numbers up to `count` come first, and then a key that makes the tables wide.
static void check_widening(uint32_t count) {
  static th_map_batch batch;
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  for (uint32_t i = 0; i < count; i++)
    set_number(&map, i, i);
  for (uint32_t i = 1; i < count; i += 3)
    CHECK(drop(&map, i));
  th_map_cursor cursor = {0};
  CHECK_EQ(th_map_next(&map, &cursor, true, &batch), TH_OK);
  const double first = batch.keys[0].number;
  for (int length = 1; length <= 20; length++)
    set_text(&map, 3, length);
  for (uint32_t i = 0; i < count; i++)
    CHECK_EQ(has_number(&map, i), i % 3 != 1);
  for (int length = 1; length <= 20; length++)
    CHECK(has_text(&map, 3, length));
  cursor = (th_map_cursor){0};
  CHECK_EQ(th_map_next(&map, &cursor, true, &batch), TH_OK);
  CHECK_EQ(batch.keys[0].number, first);
  test_heap_is_sound(heap);
  free_and_check(heap, &map);
}

TEST(tables_widen_for_a_longer_key_and_keep_what_they_have) {
  static const uint32_t counts[] = {2, 5, 6, 100, 1000, 1024, 1281, 5000, 20000};
  for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
    check_widening(counts[i]);
}

TEST(wide_tables_grow_split_and_shrink) {
  enum { COUNT = 20000 };
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  for (uint32_t i = 0; i < COUNT; i++)
    set_text(&map, i, long_length(i));
  for (uint32_t i = 0; i < COUNT; i++)
    CHECK(has_text(&map, i, long_length(i)));
  CHECK_EQ(key_blocks(heap), 0);
  test_heap_is_sound(heap);
  for (uint32_t i = 100; i < COUNT; i++) {
    char text[TEXT_MAX];
    const th_value key = text_key(text, i, long_length(i));
    bool found;
    TEST_OK(&image, heap, th_map_delete(&map, &key, &found));
    CHECK(found);
  }
  for (uint32_t i = 0; i < COUNT; i++)
    CHECK_EQ(has_text(&map, i, long_length(i)), i < 100);
  test_heap_is_sound(heap);
  free_and_check(heap, &map);
}

// Readers of a table that another thread makes wide and then empties.
static void widen(const th_handle *map, crowd *c, uint32_t index) {
  enum { NUMBERS = 40, ROUNDS = 3000 };
  for (uint32_t round = 0; index == 0 && round < ROUNDS; round++) {
    for (uint32_t i = 1; i < NUMBERS; i++)
      set_number(map, i, i);
    set_text(map, round, 12);
    CHECK(has_text(map, round, 12));
    for (uint32_t i = 1; i < NUMBERS; i++)
      CHECK(drop(map, i));
    char text[TEXT_MAX];
    const th_value key = text_key(text, round, 12);
    bool found;
    TEST_OK(&image, map->heap, th_map_delete(map, &key, &found));
    CHECK(found);
  }
  if (index == 0) th_fetch_add_relaxed(&c->finished, 1u);
  while (index > 0 && still_writing(c, 1)) {
    double value = 0;
    const uint32_t number = (uint32_t)(test_random() % NUMBERS);
    if (get_number(map, number, &value)) CHECK_EQ(value, number);
  }
}

static void widen_thread(int index, void *context) {
  as_thread(context, index, widen);
}

TEST(readers_see_a_table_that_widens_whole) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  run_threads(3, widen_thread, &c);
  free_and_check(heap, &c.map);
}

static th_key key_of(const th_heap *heap, const th_value *value) {
  th_key key;
  th__key_of(heap->record, value, &key);
  return key;
}

// Numbers whose keys all belong to the first shard.
TEST(a_shard_of_more_than_2_to_the_13_slots_has_wider_ones) {
  enum { COUNT = 5200 };
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  static uint32_t numbers[COUNT];
  for (uint32_t i = 0, count = 0; count < COUNT; i++) {
    const th_value key = test_number(i);
    if (th__map_shard_index(key_of(heap, &key).hash) != 0) continue;
    numbers[count++] = i;
    set_number(&map, i, i);
  }
  uint64_t slots;
  CHECK_EQ(th_map_slots(&map, &slots), TH_OK);
  CHECK(slots > 1 << 13);
  for (uint32_t i = 0; i < COUNT; i++) {
    CHECK(has_number(&map, numbers[i]));
    CHECK(i == 0 || numbers[i - 1] + 1 == numbers[i] || !has_number(&map, numbers[i] - 1));
  }
  test_heap_is_sound(heap);
  free_and_check(heap, &map);
}

// ---- entries ----

static th_entry *first_entry(const th_handle *map) {
  const uint64_t word = th_load_acquire(&((th_map *)(void *)map->object)->single.table);
  return (th_entry *)(void *)th__table_of(map->heap->base, word).entries;
}

TEST(a_narrow_entry_that_says_its_key_is_longer_is_corrupt) {
  static th_map_batch batch;
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (uint64_t length = TH_CELL_SHORT + 1; length <= TH_CELL_LONG; length++) {
    const th_handle map = make(heap);
    set_text(&map, 1, TH_CELL_SHORT);
    th_entry *entry = first_entry(&map);
    const uint64_t meta = th_load_relaxed(&entry->meta);
    const uint64_t tag = th__cell_tag(TH_LATIN1, (size_t)length);
    th_store_relaxed(&entry->meta, (meta & ~0xff00ull) | tag << 8);
    CHECK(!has_text(&map, 1, (int)length));
    th_map_cursor cursor = {0};
    CHECK_EQ(th_map_next(&map, &cursor, true, &batch), TH_CORRUPT);
    CHECK_EQ(th_object_check(&map), TH_CORRUPT);
  }
  test_heap_close(&image, heap);
}

// Of the values that are read together, the last ones are short: where their bytes end, the buffer
// may end, too.
TEST(a_batch_of_values_stays_within_its_buffer) {
  th_heap *heap = test_heap_open(&image, MIB, 64 * MIB);
  static char text[8000];
  memset(text, 'x', sizeof(text));
  for (uint32_t length = 5000; length < 5064; length++) {
    const th_handle map = make(heap);
    const th_value first = test_number(1), second = test_number(2), empty = test_latin1("", 0);
    th_value value = test_latin1(text, length), read;
    bool found;
    free(heap->buffer.data);
    heap->buffer = (th_buffer){0};
    set(&map, &first, &value);
    CHECK_EQ(th_map_get(&map, &first, &read, &found), TH_OK); // sets the capacity, odd or even
    value.length = (heap->buffer.capacity - 24 + 7) / 8 * 8 + 1;
    set(&map, &first, &value);
    set(&map, &second, &empty);
    static th_map_batch batch;
    th_map_cursor cursor = {0};
    CHECK_EQ(th_map_next(&map, &cursor, true, &batch), TH_OK); // AddressSanitizer watches
    CHECK_EQ(batch.count, 2);
    CHECK_EQ(th_map_free(&map), TH_OK);
  }
  test_heap_close(&image, heap);
}
