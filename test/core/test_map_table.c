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
TEST(a_shard_of_more_than_2_to_the_16_slots_has_wider_ones) {
  enum { COUNT = 42000 };
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  static uint32_t numbers[COUNT];
  for (uint32_t i = 0, count = 0; count < COUNT; i++) {
    const th_value key = test_number(i);
    if (key_of(heap, &key).hash >> 58) continue;
    numbers[count++] = i;
    set_number(&map, i, i);
  }
  uint64_t slots;
  CHECK_EQ(th_map_slots(&map, &slots), TH_OK);
  CHECK(slots > 1 << 16);
  for (uint32_t i = 0; i < COUNT; i++) {
    CHECK(has_number(&map, numbers[i]));
    CHECK(i == 0 || numbers[i - 1] + 1 == numbers[i] || !has_number(&map, numbers[i] - 1));
  }
  test_heap_is_sound(heap);
  free_and_check(heap, &map);
}

// ---- what JavaScript reads ----

static th_map_sight sight_of(const th_handle *map, uint32_t shard) {
  th_map_sight sight;
  CHECK_EQ(th_map_show(map, shard, &sight), TH_OK);
  return sight;
}

static th_table_header *header_at(const th_handle *map, th_address table) {
  return th__table_header(map->heap, table);
}

static th_map_shard *single_of(const th_handle *map) {
  return &((th_map *)(void *)map->object)->single;
}

// The header repeats a version that no writer holds.
static void check_version(const th_handle *map) {
  const uint64_t version = th_load_relaxed(&single_of(map)->version);
  const th_map_sight sight = sight_of(map, 0);
  CHECK_EQ(version % 2, 0);
  CHECK_EQ(th_load_relaxed(&header_at(map, sight.table)->version), (uint32_t)version);
}

TEST(a_table_shows_the_version_of_its_shard) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  uint64_t last = 0;
  for (uint32_t i = 0; i < 500; i++) {
    set_number(&map, i, i);
    check_version(&map);
  }
  CHECK_EQ(th_load_relaxed(&single_of(&map)->version), last += 2 * 8); // the tables it has had
  const th_value key = test_number(7), text = test_latin1("text", 4);
  CHECK_EQ(th_map_set(&map, &key, &text), TH_OK);
  check_version(&map);
  CHECK_EQ(th_load_relaxed(&single_of(&map)->version), last += 2);
  CHECK(drop(&map, 7));
  check_version(&map);
  CHECK_EQ(th_load_relaxed(&single_of(&map)->version), last += 2);
  free_and_check(heap, &map);
}

TEST(a_table_that_is_replaced_loses_its_id_and_stays_odd) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  CHECK_EQ(sight_of(&map, 0).table, 0);
  uint64_t last = 0;
  for (uint32_t i = 0; i < 1200; i++) {
    const th_address before = sight_of(&map, 0).table;
    set_number(&map, i, i);
    const th_map_sight now = sight_of(&map, 0);
    CHECK_EQ(now.shard_count, i < 1279 ? 1 : TH_MAP_SHARDS);
    const uint64_t id = th_load_relaxed(&header_at(&map, now.table)->id);
    CHECK(id != 0 && (now.table == before) == (id == last));
    if (before && before != now.table) {
      CHECK_EQ(th_load_relaxed(&header_at(&map, before)->id), 0);
      CHECK_EQ(th_load_relaxed(&header_at(&map, before)->version) % 2, 1);
    }
    last = id;
  }
  const th_address table = sight_of(&map, 0).table;
  CHECK_EQ(th_map_clear(&map), TH_OK);
  CHECK_EQ(sight_of(&map, 0).table, 0);
  CHECK_EQ(th_load_relaxed(&header_at(&map, table)->id), 0);
  free_and_check(heap, &map);
}

TEST(a_table_is_not_shown_while_it_is_changed) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  set_number(&map, 1, 1);
  const th_map_sight before = sight_of(&map, 0);
  double id;
  const uint64_t bits = th_load_relaxed(&header_at(&map, before.table)->id);
  memcpy(&id, &bits, sizeof(id));
  CHECK(before.id == id && id >= 1 && id < 2);
  th__map_write_begin(heap, single_of(&map));
  CHECK_EQ(sight_of(&map, 0).table, 0);
  th__map_write_end(heap, single_of(&map));
  CHECK_EQ(sight_of(&map, 0).table, before.table);
  th_lock_wait(&single_of(&map)->lock, &heap->record->lock_waits);
  CHECK_EQ(sight_of(&map, 0).table, before.table); // takes no lock
  th_lock_release(&single_of(&map)->lock);
  free_and_check(heap, &map);
}

TEST(every_shard_shows_its_table) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  set_number(&map, 0, 0);
  const th_address single = sight_of(&map, 5).table;
  CHECK_EQ(sight_of(&map, 0).table, single);
  for (uint32_t i = 1; i < 5000; i++)
    set_number(&map, i, i);
  for (uint32_t shard = 0; shard < TH_MAP_SHARDS; shard++) {
    const th_map_sight sight = sight_of(&map, shard);
    CHECK_EQ(sight.shard_count, TH_MAP_SHARDS);
    CHECK_EQ(sight.stride, sizeof(th_entry));
    CHECK_EQ((sight.mask + 1) / 8 * 5 - 1, (sight.index - sight.entries) / sight.stride);
    CHECK_EQ(sight.table == sight_of(&map, (shard + 1) % TH_MAP_SHARDS).table, 0);
  }
  free_and_check(heap, &map);
}

static th_entry *first_entry(const th_handle *map) {
  const uint64_t word = th_load_acquire(&((th_map *)(void *)map->object)->single.table);
  return (th_entry *)(void *)th__table_of(map->heap, word).entries;
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
