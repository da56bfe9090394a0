// SPDX-License-Identifier: MIT
// What JavaScript finds in the image alone. That it finds what th_map_get does, beside writers too,
// the other tests of maps show: they ask the one or the other (peek_sometimes).
#include "maps.h"

#include "core/map_table.h"

static th_map_shard *single_of(const th_handle *map) {
  return &((th_map *)(void *)map->object)->single;
}

static th_map_control *control_of(const th_handle *map) {
  return (th_map_control *)(void *)map->control;
}

static th_peek peek_number(const th_handle *map, double key, double *number) {
  const th_value k = test_number(key);
  return peek_at(map, &k, number);
}

TEST(a_key_has_a_number_or_another_value_or_none) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  double number = 0;
  CHECK_EQ(peek_number(&map, 1, &number), TH_PEEK_ABSENT);
  set_number(&map, 1, 0.5);
  CHECK_EQ(peek_number(&map, 1, &number), TH_PEEK_NUMBER);
  CHECK(number == 0.5);
  CHECK_EQ(peek_number(&map, 2, &number), TH_PEEK_ABSENT);
  const th_value key = test_number(2), text = test_latin1("text", 4);
  set(&map, &key, &text);
  CHECK_EQ(peek_number(&map, 2, &number), TH_PEEK_OTHER);
  CHECK(drop(&map, 2));
  CHECK_EQ(peek_number(&map, 2, &number), TH_PEEK_ABSENT);
  CHECK_EQ(th_map_clear(&map), TH_OK);
  CHECK_EQ(peek_number(&map, 1, &number), TH_PEEK_ABSENT);
  free_and_check(heap, &map);
}

// Texts that fill their cell to each length, beside each other.
TEST(texts_of_each_length_are_found) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  double number = 0;
  for (size_t length = 0; length <= TH_CELL_LONG; length++) {
    const th_value key = test_latin1("abcdefghijklmn", length), value = test_number((double)length);
    CHECK_EQ(peek_at(&map, &key, &number), TH_PEEK_ABSENT);
    set(&map, &key, &value);
    for (size_t shorter = 0; shorter <= length; shorter++) {
      const th_value other = test_latin1("abcdefghijklmn", shorter);
      CHECK_EQ(peek_at(&map, &other, &number), TH_PEEK_NUMBER);
      CHECK(number == (double)shorter);
    }
  }
  free_and_check(heap, &map);
}

TEST(all_keys_are_found_while_a_map_grows_and_splits_and_shrinks) {
  enum { MOST = 5000 };
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  double number = 0;
  for (uint32_t i = 0; i < MOST; i++) {
    CHECK_EQ(peek_number(&map, i, &number), TH_PEEK_ABSENT);
    set_number(&map, i, i * 0.5);
    CHECK_EQ(peek_number(&map, i, &number), TH_PEEK_NUMBER);
    CHECK(number == i * 0.5);
    CHECK_EQ(peek_number(&map, i / 2, &number), TH_PEEK_NUMBER);
    CHECK(number == i / 2 * 0.5);
  }
  test_heap_is_sound(heap);
  for (uint32_t i = 0; i < MOST; i++) {
    CHECK(drop(&map, i));
    CHECK_EQ(peek_number(&map, i, &number), TH_PEEK_ABSENT);
    CHECK_EQ(peek_number(&map, MOST - 1, &number), i < MOST - 1 ? TH_PEEK_NUMBER : TH_PEEK_ABSENT);
  }
  test_heap_is_sound(heap);
  free_and_check(heap, &map);
}

TEST(who_looks_while_a_writer_is_at_work_has_to_ask) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  double number = 0;
  set_number(&map, 1, 1);
  th__map_write_begin(heap, single_of(&map));
  CHECK_EQ(peek_number(&map, 1, &number), TH_PEEK_ASK);
  th__map_write_end(heap, single_of(&map));
  CHECK_EQ(peek_number(&map, 1, &number), TH_PEEK_NUMBER);
  th_lock_wait(&single_of(&map)->lock, &heap->record->lock_waits);
  CHECK_EQ(peek_number(&map, 1, &number), TH_PEEK_NUMBER); // takes no lock
  th_lock_release(&single_of(&map)->lock);
  free_and_check(heap, &map);
}

TEST(who_looks_where_a_map_had_one_shard_is_told_of_the_directory) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  th_map_sight sight = sight_of(&map);
  uint64_t value = 0;
  CHECK_EQ(th_map_directory_of(&map, &sight.directory), TH_OK);
  CHECK_EQ(sight.directory, 0);
  for (uint32_t i = 0; i < 1195; i++) {
    const th_value key = test_number(i);
    CHECK_EQ(peek_by(&sight, &map, &key, &value), TH_PEEK_ABSENT);
    set_number(&map, i, i);
    sight.length = sight_of(&map).length;
    CHECK_EQ(peek_by(&sight, &map, &key, &value), i < 1194 ? TH_PEEK_NUMBER : TH_PEEK_SPLIT);
  }
  CHECK_EQ(th_map_directory_of(&map, &sight.directory), TH_OK);
  for (uint32_t i = 0; i < 1195; i++) {
    const th_value key = test_number(i);
    CHECK_EQ(peek_by(&sight, &map, &key, &value), TH_PEEK_NUMBER);
  }
  CHECK_EQ(th_map_clear(&map), TH_OK); // it has the directory for good
  const th_value key = test_number(7);
  CHECK_EQ(peek_by(&sight, &map, &key, &value), TH_PEEK_ABSENT);
  set_number(&map, 7, 1);
  CHECK_EQ(peek_by(&sight, &map, &key, &value), TH_PEEK_NUMBER);
  CHECK_EQ(th_map_free(&map), TH_OK);
  CHECK_EQ(peek_by(&sight, &map, &key, &value), TH_PEEK_ASK);
  test_heap_close(&image, heap);
}

TEST(a_map_that_was_freed_or_is_corrupt_has_to_be_asked) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle first = make(heap);
  double number = 0;
  set_number(&first, 1, 1);
  CHECK_EQ(th_map_free(&first), TH_OK);
  CHECK_EQ(peek_number(&first, 1, &number), TH_PEEK_ASK);
  const th_handle second = make(heap);
  CHECK_EQ(second.address, first.address);
  set_number(&second, 1, 2);
  CHECK_EQ(peek_number(&first, 1, &number), TH_PEEK_ASK);
  CHECK_EQ(peek_number(&second, 1, &number), TH_PEEK_NUMBER);
  th__object_corrupt(&second);
  CHECK_EQ(peek_number(&second, 1, &number), TH_PEEK_ASK);
  test_heap_close(&image, heap);
}

// What is written over the mirrors is found when the heap is verified.
TEST(a_mirror_that_was_overwritten_is_corrupt) {
  for (uint32_t word = 0; word < 3; word++) {
    for (uint32_t split = 0; split < 2; split++) {
      th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
      const th_handle map = make(heap);
      for (uint32_t i = 0; i < (split ? 2000 : 3); i++)
        set_number(&map, i, i);
      th_map_place *place = &control_of(&map)->single;
      if (split && word != 2) {
        place = th__at(heap, th__map_place_at(th__table_place_load(place).index, 63));
      }
      th_atomic_u64 *words[] = {&place->version, &place->addresses, &place->shape};
      test_heap_is_sound(heap);
      th_store_relaxed(words[word], th_load_relaxed(words[word]) ^ 16);
      th_census reached = {0};
      CHECK_EQ(th_map_verify(&map, &reached), TH_CORRUPT);
      test_heap_close(&image, heap);
    }
  }
}
