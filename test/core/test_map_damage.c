// SPDX-License-Identifier: MIT
// Maps whose tables and blocks were overwritten: JavaScript can write any byte of the image. Calls
// then return some status, and end; they touch nothing outside the heap.
#include "fixture.h"

#include <stdio.h>

#include "core/alloc.h"
#include "core/map_table.h"
#include "samples.h"

enum { MIB = 1 << 20, THREADS = 3 };

static test_image image;

static th_handle make(th_heap *heap) {
  th_handle map;
  TEST_OK(&image, heap, th_map_create(heap, &map));
  return map;
}

static void set_number(const th_handle *map, double key, double number) {
  const th_value k = test_number(key), value = test_number(number);
  TEST_OK(&image, map->heap, th_map_set(map, &k, &value));
}

static bool drop(const th_handle *map, double key) {
  const th_value k = test_number(key);
  bool found;
  TEST_OK(&image, map->heap, th_map_delete(map, &k, &found));
  return found;
}

// ---- the table of the one shard ----

static uint64_t table_word(const th_handle *map) {
  return th_load_acquire(&((th_map *)(void *)map->object)->single.table);
}

static uint32_t capacity_of(const th_handle *map) {
  return th__table_of(map->heap->base, table_word(map)).capacity;
}

static th_entry *entries_of(const th_handle *map) {
  return (th_entry *)(void *)th__table_of(map->heap->base, table_word(map)).entries;
}

static th_atomic_u64 *words_of(const th_handle *map, uint64_t *count) {
  uint64_t length = 0;
  CHECK_EQ(th_block_find(map->heap->record, (th_address)table_word(map), TH_BLOCK_TABLE, &length),
           TH_OK);
  *count = length / 8;
  return th__at(map->heap, (th_address)table_word(map));
}

// ---- every call, whatever comes ----

static bool known(th_status status) {
  return status == TH_OK || status == TH_CORRUPT || status == TH_FULL;
}

// Iterates to the end, which comes: no shard gives more entries than it has room for.
static void iterate(const th_handle *map) {
  static _Thread_local th_map_batch batch;
  th_map_cursor cursor = {0};
  uint64_t count = 0;
  do {
    const th_status status = TEST_CALL(&image, map->heap, th_map_next(map, &cursor, true, &batch));
    CHECK(known(status));
    if (status != TH_OK) return;
    count += batch.count;
    CHECK(count < 100000);
  } while (batch.count > 0);
}

// A key that fill() has stored, or one like them.
static th_value any_key(char *text) {
  const uint32_t i = (uint32_t)(test_random() % 300);
  if (i % 2) return test_number(i);
  snprintf(text, 40, i % 4 ? "%u" : "a longer key with number %u", i);
  return test_text(text);
}

static void fill(const th_handle *map, uint32_t count) {
  static _Thread_local _Alignas(8) uint8_t space[TEST_VALUE_BYTES_MAX];
  for (uint32_t i = 0; i < count; i++) {
    char text[40];
    const th_value key = any_key(text), value = test_value(1 + i, space);
    TEST_OK(&image, map->heap, th_map_set(map, &key, &value));
  }
}

static void change_anything(const th_handle *map) {
  static _Thread_local _Alignas(8) uint8_t space[TEST_VALUE_BYTES_MAX];
  char text[40], other[40];
  const th_value key = any_key(text), expected = any_key(other);
  const th_value value = test_value(1 + (uint32_t)(test_random() % 200), space);
  th_heap *heap = map->heap;
  th_value read;
  double sum;
  bool flag;
  th_status status = TH_OK;
  switch (test_random() % 6) {
  case 0:
    status = TEST_CALL(&image, heap, th_map_delete(map, &key, &flag));
    break;
  case 1:
    status = TEST_CALL(&image, heap, th_map_add(map, &key, 1, &sum));
    break;
  case 2:
    status = TEST_CALL(&image, heap, th_map_compare_and_set(map, &key, &expected, &value, &flag));
    break;
  case 3:
    status = TEST_CALL(&image, heap, th_map_get_or_insert(map, &key, &value, &read, &flag));
    break;
  default:
    status = TEST_CALL(&image, heap, th_map_set(map, &key, &value));
  }
  CHECK(known(status) || status == TH_NOT_A_NUMBER);
}

static void call_anything(const th_handle *map) {
  char text[40];
  const th_value key = any_key(text);
  th_value value;
  bool found;
  uint64_t entries;
  change_anything(map);
  CHECK(known(TEST_CALL(&image, map->heap, th_map_get(map, &key, &value, &found))));
  CHECK(known(TEST_CALL(&image, map->heap, th_map_has(map, &key, &found))));
  CHECK(known(th_map_size(map, &entries)));
  if (test_random() % 64 == 0) iterate(map);
  if (test_random() % 512 == 0) CHECK(known(TEST_CALL(&image, map->heap, th_map_clear(map))));
}

static void call_everything(const th_handle *map) {
  iterate(map);
  for (int i = 0; i < 300 && th_object_check(map) == TH_OK; i++)
    call_anything(map);
  iterate(map);
  CHECK(known(TEST_CALL(&image, map->heap, th_map_free(map))));
}

// ---- chosen damage ----

enum { SMALL = 36 }; // which a table has just room for

// A table of SMALL numbers in which every entry that `keep` does not divide was removed.
static th_handle make_with_gaps(th_heap *heap, uint32_t keep) {
  const th_handle map = make(heap);
  for (uint32_t i = 0; i < SMALL; i++)
    set_number(&map, i, i);
  for (uint32_t i = 0; i < SMALL; i++) {
    if (i % keep) drop(&map, i);
  }
  return map;
}

static void revive(th_entry *entry) {
  const uint64_t meta = th_load_relaxed(&entry->meta);
  th_store_relaxed(&entry->meta, meta | TH_NUMBER << 8 | TH_NUMBER);
}

TEST(entries_that_come_alive_by_themselves_do_not_overflow_a_table) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (uint32_t keep = 2; keep < 6; keep++) {
    const th_handle map = make_with_gaps(heap, keep);
    for (uint32_t i = 0; i < SMALL; i++)
      revive(&entries_of(&map)[i]);
    th_status status = TH_OK;
    for (uint32_t i = 0; i < 20000 && status == TH_OK; i++) {
      const th_value key = test_number(1000 + i);
      status = TEST_CALL(&image, heap, th_map_set(&map, &key, &key));
    }
    CHECK_EQ(status, TH_CORRUPT);
    CHECK_EQ(th_object_check(&map), TH_CORRUPT);
  }
  test_heap_close(&image, heap);
}

// As many entries as the next table has room for, with fewer on record.
TEST(a_table_that_a_rebuild_fills_to_the_brim_is_corrupt) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  for (uint32_t i = 0; i < 4; i++)
    set_number(&map, i, i);
  CHECK_EQ(capacity_of(&map), 4);
  for (uint32_t i = 1; i < 4; i++)
    CHECK(drop(&map, i));
  for (uint32_t i = 1; i < 4; i++)
    revive(&entries_of(&map)[i]);
  const th_value key = test_number(99);
  CHECK_EQ(TEST_CALL(&image, heap, th_map_set(&map, &key, &key)), TH_CORRUPT);
  test_heap_close(&image, heap);
}

TEST(a_removed_entry_that_comes_alive_is_noticed_by_the_split) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  uint32_t next = 0;
  while (capacity_of(&map) < TH_MAP_SPLIT || next < TH_MAP_SPLIT + 100)
    set_number(&map, next, next), next++;
  CHECK(drop(&map, 5));
  revive(&entries_of(&map)[5]);
  th_status status = TH_OK;
  for (; status == TH_OK && next < 5000; next++) {
    const th_value key = test_number(next);
    status = TEST_CALL(&image, heap, th_map_set(&map, &key, &key));
  }
  CHECK_EQ(status, TH_CORRUPT);
  test_heap_close(&image, heap);
}

static void store_sequence(th_entry *entry, uint64_t sequence, bool live) {
  const uint64_t tags = live ? TH_NUMBER << 8 | TH_NUMBER : 0;
  th_store_relaxed(&entry->meta, sequence << 16 | tags);
}

// The search for the place to go on finds the removed entry each time, and behind it a batch of
// entries that do not lead beyond it.
TEST(sequences_that_do_not_rise_cannot_make_an_iteration_endless) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  static th_map_batch batch;
  th_map_cursor cursor = {0};
  for (uint32_t i = 0; i < 800; i++)
    set_number(&map, i, i);
  for (uint32_t i = 0; i < 800; i++)
    store_sequence(&entries_of(&map)[i], i == 100 || i % 200 == 0 ? i + 1 : 0, i != 100);
  iterate(&map);
  CHECK_EQ(th_map_next(&map, &cursor, true, &batch), TH_CORRUPT);
  test_heap_close(&image, heap);
}

TEST(a_value_of_no_type_is_corrupt) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  for (uint32_t tag = 0; tag < 256; tag++) {
    const th_handle map = make(heap);
    const th_value key = test_number(1);
    th_value value;
    bool found;
    set_number(&map, 1, 1);
    th_entry *entry = entries_of(&map);
    th_store_relaxed(&entry->meta, (th_load_relaxed(&entry->meta) & ~255ull) | tag);
    th_store_relaxed(&entry->value, test_random());
    const th_status status = th_map_get(&map, &key, &value, &found);
    CHECK(known(status));
    if ((tag & 15) == TH_ABSENT || (tag & 15) > TH_BYTES) CHECK_EQ(status, TH_CORRUPT);
    if ((tag & 15) >= TH_LATIN1 && tag >> 4 > 8) CHECK_EQ(status, TH_CORRUPT); // no such block
    CHECK_EQ(th_object_check(&map), status);
  }
  test_heap_close(&image, heap);
}

TEST(a_map_found_corrupt_refuses_every_later_call) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make_with_gaps(heap, 1);
  const th_value key = test_number(3);
  th_value value;
  bool flag;
  uint64_t count;
  double sum;
  th_store_relaxed(&entries_of(&map)[3].meta, th_load_relaxed(&entries_of(&map)[3].meta) | 255);
  CHECK_EQ(th_map_get(&map, &key, &value, &flag), TH_CORRUPT);
  CHECK_EQ(th_map_get(&map, &key, &value, &flag), TH_CORRUPT);
  CHECK_EQ(th_map_set(&map, &key, &key), TH_CORRUPT);
  CHECK_EQ(th_map_delete(&map, &key, &flag), TH_CORRUPT);
  CHECK_EQ(th_map_add(&map, &key, 1, &sum), TH_CORRUPT);
  CHECK_EQ(th_map_size(&map, &count), TH_CORRUPT);
  CHECK_EQ(th_map_clear(&map), TH_CORRUPT);
  CHECK_EQ(th_map_free(&map), TH_CORRUPT);
  test_heap_close(&image, heap);
}

// ---- any damage ----

// Random bits, a small change, or a word from another place of the image.
static uint64_t other_word(th_heap *heap, uint64_t word) {
  const uint64_t end = th_load_acquire(&heap->record->committed);
  switch (test_random() % 4) {
  case 0:
    return test_random();
  case 1:
    return word ^ 1ull << test_random() % 64;
  case 2:
    return 0;
  default:
    return th_load_relaxed(
        (th_atomic_u64 *)th__at(heap, (th_address)(test_random() % (end - 8)) & ~7u));
  }
}

TEST(calls_on_an_overwritten_table_return) {
  for (uint32_t round = 0; round < 300; round++) {
    th_heap *heap = test_heap_open(&image, 8192, 4 * MIB);
    const th_handle map = make(heap);
    fill(&map, 20 + round % 200);
    uint64_t count;
    th_atomic_u64 *words = words_of(&map, &count);
    for (uint32_t i = 0; i < 1 + round % 40; i++) {
      th_atomic_u64 *word = &words[test_random() % count];
      th_store_relaxed(word, other_word(heap, th_load_relaxed(word)));
    }
    call_everything(&map);
    test_heap_close(&image, heap);
  }
}

// Overwrites words anywhere: tables, and the blocks of keys and values.
static void scribble(th_heap *heap) {
  const uint64_t end = th_load_acquire(&heap->record->committed);
  const uint64_t at = TH_HEADER_SIZE + test_random() % (end - TH_HEADER_SIZE - 8);
  th_atomic_u64 *word = th__at(heap, (th_address)at & ~7u);
  th_store_relaxed(word, other_word(heap, th_load_relaxed(word)));
}

TEST(calls_on_an_overwritten_image_return) {
  for (uint32_t round = 0; round < 60; round++) {
    th_heap *heap = test_heap_open(&image, 8192, 4 * MIB);
    const th_handle map = make(heap);
    fill(&map, 300);
    for (uint32_t number = 0; number < (round % 2 ? 2000u : 0); number++)
      set_number(&map, 1000 + number, 0); // beyond the split
    for (uint32_t i = 0; i < 10 + round * 20; i++)
      scribble(heap);
    call_everything(&map);
    test_heap_close(&image, heap);
  }
}

static void scribble_or_call(int index, void *context) {
  th_heap *heap = test_heap_attach(&image);
  th_handle map = *(const th_handle *)context;
  map.heap = heap;
  for (int i = 0; i < 500; i++) {
    if (index == 0) {
      scribble(heap);
    } else {
      call_anything(&map);
    }
  }
  th_heap_detach(heap);
}

TEST(calls_beside_a_thread_that_overwrites_the_image_return) {
  for (int round = 0; round < 40; round++) {
    th_heap *heap = test_heap_open(&image, 8192, 4 * MIB);
    th_handle map = make(heap);
    fill(&map, 300);
    for (int number = 0; number < round * 50; number++)
      set_number(&map, 1000 + number, 0);
    run_threads(THREADS, scribble_or_call, &map);
    CHECK(known(TEST_CALL(&image, heap, th_map_free(&map))));
    test_heap_close(&image, heap);
  }
}
