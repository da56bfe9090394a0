// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <stdio.h>

#include "core/map.h"
#include "samples.h"

enum { MIB = 1 << 20, THREADS = 4 };

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

static void set(const th_handle *map, const th_value *key, const th_value *value) {
  TEST_OK(&image, map->heap, th_map_set(map, key, value));
}

static void set_number(const th_handle *map, uint32_t key, double number) {
  const th_value k = test_number(key), value = test_number(number);
  set(map, &k, &value);
}

static bool get_number(const th_handle *map, uint32_t key, double *number) {
  const th_value k = test_number(key);
  th_value value;
  bool found;
  TEST_OK(&image, map->heap, th_map_get(map, &k, &value, &found));
  if (found) CHECK_EQ(value.type, TH_NUMBER);
  if (found) *number = value.number;
  return found;
}

static bool drop(const th_handle *map, uint32_t key) {
  const th_value k = test_number(key);
  bool found;
  TEST_OK(&image, map->heap, th_map_delete(map, &k, &found));
  return found;
}

static uint64_t size_of(const th_handle *map) {
  uint64_t entries;
  CHECK_EQ(th_map_size(map, &entries), TH_OK);
  return entries;
}

static void free_and_check(th_heap *heap, const th_handle *map) {
  CHECK_EQ(th_map_free(map), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

typedef struct crowd {
  th_handle map;
  th_atomic_u32 address; // of the map that is there now, where it is replaced
  th_atomic_u64 generation;
  th_atomic_u32 finished;
  th_atomic_u32 inserted;
} crowd;

static bool still_writing(crowd *c, uint32_t writers) {
  return th_load_acquire(&c->finished) < writers;
}

// Attaches this thread and calls body with its own handle.
static void as_thread(crowd *c, int index, void (*body)(const th_handle *, crowd *, uint32_t)) {
  th_heap *heap = test_heap_attach(&image);
  const th_handle map = seen_by(heap, &c->map);
  body(&map, c, (uint32_t)index);
  th_heap_detach(heap);
}

// ---- writers ----

enum { OWN_KEYS = 1000, CHANGES = 10000 * TEST_SCALE };

// Writes keys of its own and finds in them what it wrote last, whatever the others do.
static void change_own_keys(const th_handle *map, crowd *c, uint32_t index) {
  (void)c;
  double held[OWN_KEYS] = {0}, number;
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
  CHECK_EQ(th_heap_used(heap), sizeof(th_control));
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

enum { WRITERS = 2, WORD_MAX = 700, LETTERS = 12, HOT_KEYS = 3, WRITES = 20000 * TEST_SCALE };

// A value that shows whether it is whole: a number, or one letter repeated as often as only that
// letter is. Letters in turn are numbers, and texts in the cell, in small and in larger blocks.
static th_value word(uint32_t letter, uint8_t *space) {
  static const uint32_t lengths[4] = {0, 6, 30, 600};
  if (letter % 4 == 0) return test_number(letter * 1.25 + 1000);
  const uint32_t length = lengths[letter % 4] + letter;
  memset(space, 'a' + (int)letter, length);
  return test_latin1(space, length);
}

static bool is_word(const th_heap *heap, const th_value *read, uint32_t *letter) {
  static _Thread_local uint8_t space[WORD_MAX];
  if (read->type == TH_NUMBER) {
    *letter = (uint32_t)((read->number - 1000) / 1.25);
  } else {
    if (read->type != TH_LATIN1 || read->length == 0) return false;
    *letter = *(const uint8_t *)th_value_bytes(heap, read) - (uint32_t)'a';
  }
  if (*letter >= LETTERS) return false;
  const th_value whole = word(*letter, space);
  return test_same(heap, read, &whole);
}

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
  CHECK_EQ(th_heap_used(heap), sizeof(th_control));
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
