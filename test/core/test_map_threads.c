// SPDX-License-Identifier: MIT
// Maps that threads write and read at once.
#include "fixture.h"

#include <stdio.h>

#include "maps.h"

// ---- writers ----

enum { OWN_KEYS = 1000, CHANGES = 10000 * TEST_SCALE };

// Writes keys of its own and finds in them what it wrote last, whatever the others do.
static void change_own_keys(const th_handle *map, crowd *c, uint32_t index) {
  (void)c;
  double held[OWN_KEYS] = {0}, number = 0;
  for (uint32_t i = 1; i <= CHANGES; i++) {
    const uint32_t own = (uint32_t)(test_random() % OWN_KEYS);
    const uint32_t key = own * THREADS + index;
    CHECK_EQ(get_number(map, key, &number), held[own] != 0);
    if (held[own] != 0) CHECK(number == held[own]);
    if (held[own] != 0 && i % 3 == 0) {
      CHECK(drop(map, key));
      held[own] = 0;
    } else {
      set_number(map, key, i);
      held[own] = i;
    }
  }
  for (uint32_t own = 0; own < OWN_KEYS; own++)
    set_number(map, own * THREADS + index, own);
}

static void change_own_keys_as(int index, void *context) {
  as_thread(context, index, change_own_keys);
}

TEST(writers_on_keys_of_their_own_lose_nothing) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  run_threads(THREADS, change_own_keys_as, &c);
  test_heap_is_sound(heap);
  CHECK_EQ(size_of(&c.map), THREADS * OWN_KEYS);
  for (uint32_t key = 0; key < THREADS * OWN_KEYS; key++) {
    double number;
    CHECK(get_number(&c.map, key, &number) && number == key / THREADS);
    CHECK(drop(&c.map, key));
  }
  CHECK_EQ(th_heap_used(heap), sizeof(th_control) + directory_bytes(&c.map));
  free_and_check(heap, &c.map);
}

enum { ADDITIONS = 10000 };

// Counts up one key, by add and by compare and set, while the map grows around it and splits.
static void count_up(const th_handle *map, crowd *c, uint32_t index) {
  (void)c;
  const th_value hot = test_text("the one counter of all threads");
  for (uint32_t i = 0; i < ADDITIONS; i++) {
    double sum, old = 0;
    bool stored = false;
    TEST_OK(&image, map->heap, th_map_add(map, &hot, 1, &sum));
    if (i % 4 == 0) set_number(map, (i << 2) + index, i);
    while (i % 8 == 0 && !stored) {
      const bool present = get_number(map, 1u << 30, &old);
      const th_value absent = {.type = TH_UNDEFINED}, expected = test_number(old);
      const th_value key = test_number(1u << 30), next = test_number(old + 1);
      TEST_OK(&image, map->heap,
              th_map_compare_and_set(map, &key, present ? &expected : &absent, &next, &stored));
    }
  }
}

static void count_up_as(int index, void *context) {
  as_thread(context, index, count_up);
}

TEST(a_counter_that_all_threads_raise_is_exact) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  run_threads(THREADS, count_up_as, &c);
  test_heap_is_sound(heap);
  const th_value hot = test_text("the one counter of all threads");
  double sum;
  TEST_OK(&image, heap, th_map_add(&c.map, &hot, 0, &sum));
  CHECK(sum == THREADS * ADDITIONS);
  CHECK(get_number(&c.map, 1u << 30, &sum));
  CHECK(sum == THREADS * ADDITIONS / 8);
  CHECK_EQ(size_of(&c.map), THREADS * ADDITIONS / 4 + 2);
  free_and_check(heap, &c.map);
}

enum { CONTESTED = 3000 * TEST_SCALE };

static void insert_contested(const th_handle *map, crowd *c, uint32_t index) {
  for (uint32_t i = 0; i < CONTESTED; i++) {
    char text[40];
    snprintf(text, sizeof(text), "a contested key with number %u", i);
    const th_value key = test_text(text), value = test_number(index);
    th_value present;
    bool inserted;
    TEST_OK(&image, map->heap, th_map_get_or_insert(map, &key, &value, &present, &inserted));
    if (inserted) th_fetch_add_relaxed(&c->inserted, 1u);
    if (!inserted) CHECK(present.type == TH_NUMBER && present.number < THREADS);
  }
}

static void insert_contested_as(int index, void *context) {
  as_thread(context, index, insert_contested);
}

TEST(of_threads_that_insert_a_key_at_once_one_does) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  run_threads(THREADS, insert_contested_as, &c);
  test_heap_is_sound(heap);
  CHECK_EQ(th_load_acquire(&c.inserted), CONTESTED);
  CHECK_EQ(size_of(&c.map), CONTESTED);
  free_and_check(heap, &c.map);
}

// ---- readers beside writers ----

enum { WRITERS = 2, HOT_KEYS = 3, WRITES = 20000 * TEST_SCALE };

// Key number i, in a block when odd.
static th_value hot_key(uint32_t i) {
  static const char *texts[] = {"short", "a key longer than a cell", "another",
                                "one more in a block"};
  return test_text(texts[i]);
}

static void write_words(const th_handle *map, crowd *c) {
  static _Thread_local uint8_t space[WORD_MAX];
  for (int i = 0; i < WRITES; i++) {
    const th_value key = hot_key((uint32_t)(test_random() % HOT_KEYS));
    const th_value value = word((uint32_t)(test_random() % LETTERS), space);
    set(map, &key, &value);
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

static void read_words(const th_handle *map, crowd *c) {
  uint32_t letter;
  while (still_writing(c, WRITERS)) {
    const th_value key = hot_key((uint32_t)(test_random() % HOT_KEYS));
    th_value value;
    bool found;
    TEST_OK(&image, map->heap, th_map_get(map, &key, &value, &found));
    CHECK(found); // it is never removed
    CHECK(is_word(map->heap, &value, &letter));
  }
}

static void write_or_read(const th_handle *map, crowd *c, uint32_t index) {
  if (index < WRITERS) {
    write_words(map, c);
  } else {
    read_words(map, c);
  }
}

static void write_or_read_as(int index, void *context) {
  as_thread(context, index, write_or_read);
}

TEST(a_reader_never_sees_parts_of_two_values) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  for (uint32_t i = 0; i < HOT_KEYS; i++) {
    const th_value key = hot_key(i), value = test_number(1000);
    set(&c.map, &key, &value);
  }
  run_threads(THREADS, write_or_read_as, &c);
  test_heap_is_sound(heap);
  free_and_check(heap, &c.map);
}

enum { PAIRS = 40 };

// A key and, of two values that belong to no other key, one. Both are in blocks of one size, so
// that a block of one pair soon holds another pair's bytes.
static void make_pair(uint32_t i, char *key, char *value, uint32_t version) {
  snprintf(key, 40, "the key of the pair with number %04u", i);
  snprintf(value, 40, "the value v%u of the pair of number %02u", version, i);
}

static void remove_and_insert(const th_handle *map, crowd *c) {
  for (uint32_t n = 0; n < WRITES; n++) {
    char key_text[40], value_text[40];
    const uint32_t i = (uint32_t)(test_random() % PAIRS);
    make_pair(i, key_text, value_text, n % 2);
    const th_value key = test_text(key_text), value = test_text(value_text);
    bool found;
    if (n % 2) {
      TEST_OK(&image, map->heap, th_map_delete(map, &key, &found));
    } else {
      set(map, &key, &value);
    }
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

static void read_pairs(const th_handle *map, crowd *c) {
  while (still_writing(c, WRITERS)) {
    char key_text[40], value_text[2][40];
    const uint32_t i = (uint32_t)(test_random() % PAIRS);
    make_pair(i, key_text, value_text[0], 0);
    make_pair(i, key_text, value_text[1], 1);
    const th_value key = test_text(key_text);
    th_value value;
    bool found;
    TEST_OK(&image, map->heap, th_map_get(map, &key, &value, &found));
    if (!found) continue;
    const th_value first = test_text(value_text[0]), second = test_text(value_text[1]);
    CHECK(test_same(map->heap, &value, &first) || test_same(map->heap, &value, &second));
  }
}

static void remove_or_read(const th_handle *map, crowd *c, uint32_t index) {
  if (index < WRITERS) {
    remove_and_insert(map, c);
  } else {
    read_pairs(map, c);
  }
}

static void remove_or_read_as(int index, void *context) {
  as_thread(context, index, remove_or_read);
}

TEST(a_reader_beside_removals_finds_the_value_of_its_key_or_none) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  crowd c = {.map = make(heap)};
  run_threads(THREADS, remove_or_read_as, &c);
  test_heap_is_sound(heap);
  free_and_check(heap, &c.map);
}

enum { STAYING = 200, GROWTHS = 3 * TEST_SCALE, GROWN = 1200 };

static void grow_and_shrink(const th_handle *map, crowd *c, uint32_t index) {
  for (uint32_t n = 0; n < GROWTHS; n++) {
    const uint32_t from = STAYING + index * GROWN;
    for (uint32_t i = 0; i < GROWN; i++)
      set_number(map, from + i, i);
    for (uint32_t i = 0; i < GROWN; i++)
      CHECK(drop(map, from + i));
  }
  th_fetch_add_relaxed(&c->finished, 1u);
}

static void find_what_stays(const th_handle *map, crowd *c) {
  while (still_writing(c, WRITERS)) {
    const uint32_t key = (uint32_t)(test_random() % STAYING);
    double number;
    CHECK(get_number(map, key, &number));
    CHECK(number == key * 3);
  }
}

static void grow_or_find(const th_handle *map, crowd *c, uint32_t index) {
  if (index < WRITERS) {
    grow_and_shrink(map, c, index);
  } else {
    find_what_stays(map, c);
  }
}

static void grow_or_find_as(int index, void *context) {
  as_thread(context, index, grow_or_find);
}

TEST(a_key_that_stays_is_found_through_rebuilds_and_the_split) {
  for (int round = 0; round < 4; round++) {
    th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
    crowd c = {.map = make(heap)};
    for (uint32_t key = 0; key < STAYING; key++)
      set_number(&c.map, key, key * 3);
    run_threads(THREADS, grow_or_find_as, &c);
    test_heap_is_sound(heap);
    CHECK_EQ(size_of(&c.map), STAYING);
    free_and_check(heap, &c.map);
  }
}
