// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "core/map.h"
#include "peek.h"
#include "samples.h"

enum { MIB = 1 << 20 };

static test_image image;

static th_handle make(th_heap *heap) {
  th_handle map;
  TEST_OK(&image, heap, th_map_create(heap, &map));
  return map;
}

static void set(const th_handle *map, const th_value *key, const th_value *value) {
  TEST_OK(&image, map->heap, th_map_set(map, key, value));
}

static void set_number(const th_handle *map, double key, double number) {
  const th_value k = test_number(key), value = test_number(number);
  set(map, &k, &value);
}

static bool get(const th_handle *map, const th_value *key, th_value *value) {
  bool found;
  TEST_OK(&image, map->heap, th_map_get(map, key, value, &found));
  return found;
}

static bool take(const th_handle *map, const th_value *key) {
  bool found;
  TEST_OK(&image, map->heap, th_map_delete(map, key, &found));
  return found;
}

static uint64_t size_of(const th_handle *map) {
  uint64_t entries;
  CHECK_EQ(th_map_size(map, &entries), TH_OK);
  return entries;
}

static bool is_number(const th_handle *map, double key, double number) {
  const th_value k = test_number(key);
  th_value value;
  return get(map, &k, &value) && value.type == TH_NUMBER && value.number == number;
}

static uint64_t slots_of(const th_handle *map) {
  uint64_t slots;
  CHECK_EQ(th_map_slots(map, &slots), TH_OK);
  return slots;
}

// ---- keys ----

enum { KEYS_MAX = 400, LONG_KEY = 10000 };

static th_value keys[KEYS_MAX];
static uint32_t key_count;

static void add_number_keys(void) {
  static const double special[] = {0,      0.5,       -0.5,        -1,      1,          1.0 / 3,
                                   1e-7,   4503599.5, 0x1p53,      -0x1p53, 0x1p53 + 2, 0x1p63,
                                   5e-324, -5e-324,   0x0.8p-1022, DBL_MIN, DBL_MAX,    -DBL_MAX};
  for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
    keys[key_count++] = test_number(special[i]);
  keys[key_count++] = test_number(INFINITY);
  keys[key_count++] = test_number(-INFINITY);
  keys[key_count++] = test_number(NAN);
  for (int i = 2; i < 40; i++)
    keys[key_count++] = test_number(i);
}

// Two keys of each length, which differ in their last unit only.
static void add_text_keys(size_t length) {
  static uint16_t space[4 * (41 * 42 + 2 * LONG_KEY)];
  static size_t used;
  for (int i = 0; i < (length ? 4 : 1); i++) {
    uint16_t *units = space + used;
    used += length;
    for (size_t j = 0; j < length; j++)
      units[j] = (uint16_t)(i < 2 ? 0x6161 : 0x4e00 + j);
    const bool wide = i >= 2;
    if (length > 0 && wide) units[length - 1] += (uint16_t)(i % 2);
    if (length > 0 && !wide) ((uint8_t *)units)[length - 1] += (uint8_t)(i % 2);
    keys[key_count++] = wide ? test_utf16(units, length) : test_latin1(units, length);
  }
}

static void make_keys(void) {
  static const uint16_t same_bytes_as_latin1[] = {0x6161, 0x6161};
  if (key_count > 0) return;
  add_number_keys();
  for (size_t length = 0; length <= 40; length++)
    add_text_keys(length);
  add_text_keys(LONG_KEY);
  keys[key_count++] = test_utf16(same_bytes_as_latin1, 1);
  keys[key_count++] = test_utf16(same_bytes_as_latin1, 2);
  keys[key_count++] = test_text("1");
  keys[key_count++] = test_text("NaN");
  CHECK(key_count <= KEYS_MAX);
}

// ---- against a plain table ----

// What a key is to hold.
typedef struct held {
  uint32_t id; // of test_value; 0: absent; PLAIN: the number
  double number;
} held;

#define PLAIN UINT32_MAX

typedef struct model {
  th_handle map;
  held held[KEYS_MAX];
  uint64_t size;
  uint32_t next_id;
} model;

static _Alignas(8) uint8_t value_space[TEST_VALUE_BYTES_MAX];

static th_value value_of(const held *h) {
  return h->id == PLAIN ? test_number(h->number) : test_value(h->id, value_space);
}

static void check_read(const model *m, uint32_t k, bool found, const th_value *read) {
  CHECK_EQ(found, m->held[k].id != 0);
  if (!found) return;
  const th_value expected = value_of(&m->held[k]);
  CHECK(test_same(m->map.heap, read, &expected));
}

static void hold(model *m, uint32_t k, held h) {
  m->size += (uint64_t)(h.id != 0) - (uint64_t)(m->held[k].id != 0);
  m->held[k] = h;
}

static held next_value(model *m) {
  return (held){.id = ++m->next_id};
}

static void try_get(model *m, uint32_t k) {
  th_value value;
  bool found = get(&m->map, &keys[k], &value);
  check_read(m, k, found, &value);
  CHECK_EQ(th_map_has(&m->map, &keys[k], &found), TH_OK);
  CHECK_EQ(found, m->held[k].id != 0);
}

static void try_set(model *m, uint32_t k) {
  const held h = next_value(m);
  const th_value value = value_of(&h);
  set(&m->map, &keys[k], &value);
  hold(m, k, h);
}

static void try_delete(model *m, uint32_t k) {
  CHECK_EQ(take(&m->map, &keys[k]), m->held[k].id != 0);
  hold(m, k, (held){0});
}

static void try_add(model *m, uint32_t k) {
  const th_value before = m->held[k].id ? value_of(&m->held[k]) : test_number(0);
  const double delta = (double)(test_random() % 100) - 50;
  double sum = 1e9;
  const th_status status =
      TEST_CALL(&image, m->map.heap, th_map_add(&m->map, &keys[k], delta, &sum));
  if (before.type != TH_NUMBER) {
    CHECK_EQ(status, TH_NOT_A_NUMBER);
    return;
  }
  CHECK_EQ(status, TH_OK);
  CHECK(sum == before.number + delta);
  hold(m, k, (held){PLAIN, sum});
}

static void try_compare_and_set(model *m, uint32_t k) {
  static _Alignas(8) uint8_t space[TEST_VALUE_BYTES_MAX];
  const bool right = test_random() % 2;
  th_value expected = {.type = TH_UNDEFINED};
  if (right && m->held[k].id == PLAIN) expected = test_number(m->held[k].number);
  if (right && m->held[k].id && m->held[k].id != PLAIN) expected = test_value(m->held[k].id, space);
  if (!right) expected = test_text("what no key holds");
  const bool equal = right && expected.type != TH_BYTES; // an object equals nothing
  const held h = next_value(m);
  const th_value value = value_of(&h);
  bool stored;
  TEST_OK(&image, m->map.heap,
          th_map_compare_and_set(&m->map, &keys[k], &expected, &value, &stored));
  CHECK_EQ(stored, equal);
  if (stored) hold(m, k, h);
}

static void try_get_or_insert(model *m, uint32_t k) {
  const held h = next_value(m);
  const th_value value = value_of(&h);
  th_value present;
  bool inserted;
  TEST_OK(&image, m->map.heap,
          th_map_get_or_insert(&m->map, &keys[k], &value, &present, &inserted));
  CHECK_EQ(inserted, m->held[k].id == 0);
  if (inserted) {
    hold(m, k, h);
  } else {
    check_read(m, k, true, &present);
  }
}

static void try_anything(model *m) {
  static void (*const tries[])(model *, uint32_t) = {
      try_get, try_set, try_set, try_delete, try_add, try_compare_and_set, try_get_or_insert};
  tries[test_random() % 7](m, (uint32_t)(test_random() % key_count));
  CHECK_EQ(size_of(&m->map), m->size);
}

static uint32_t key_index(const th_heap *heap, const th_value *read) {
  uint32_t k = 0;
  while (k < key_count && !test_same(heap, read, &keys[k]))
    k++;
  CHECK(k < key_count);
  return k;
}

static void check_iteration(const model *m) {
  static th_map_batch batch;
  th_map_cursor cursor = {0};
  bool seen[KEYS_MAX] = {false};
  uint64_t count = 0;
  do {
    TEST_OK(&image, m->map.heap, th_map_next(&m->map, &cursor, true, &batch));
    for (uint32_t i = 0; i < batch.count; i++, count++) {
      const uint32_t k = key_index(m->map.heap, &batch.keys[i]);
      CHECK(!seen[k]);
      seen[k] = true;
      check_read(m, k, true, &batch.values[i]);
    }
  } while (batch.count > 0);
  CHECK_EQ(count, m->size);
}

static void check_all(model *m) {
  for (uint32_t k = 0; k < key_count; k++)
    try_get(m, k);
  check_iteration(m);
  test_heap_is_sound(m->map.heap);
}

TEST(a_map_behaves_as_a_table_for_all_keys_and_values) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  static model m;
  make_keys();
  m = (model){.map = make(heap)};
  const uint64_t empty = th_heap_used(heap);
  for (int round = 0; round < 12; round++) {
    for (int i = 0; i < 2500; i++)
      try_anything(&m);
    check_all(&m);
    for (uint32_t k = 0; k < key_count && round % 3 == 1; k++)
      try_delete(&m, k);
    if (round % 3 != 0) CHECK_EQ(th_map_clear(&m.map), TH_OK);
    if (round % 3 == 0) continue;
    memset(m.held, 0, sizeof(m.held));
    m.size = 0;
    CHECK_EQ(th_heap_used(heap), empty);
    check_all(&m);
  }
  CHECK_EQ(th_map_free(&m.map), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(equal_numbers_are_one_key) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle map = make(heap);
  static th_map_batch batch;
  th_map_cursor cursor = {0};
  set_number(&map, -0.0, 1);
  CHECK(is_number(&map, 0.0, 1));
  TEST_OK(&image, heap, th_map_next(&map, &cursor, false, &batch));
  CHECK_EQ(batch.count, 1);
  CHECK(!signbit(batch.keys[0].number)); // a Map keeps -0 as 0
  set_number(&map, 0.0, 2);
  CHECK(is_number(&map, -0.0, 2));
  set_number(&map, NAN, 3);
  set_number(&map, -NAN, 4);
  CHECK(is_number(&map, NAN, 4));
  CHECK_EQ(size_of(&map), 2);
  test_heap_close(&image, heap);
}

TEST(a_value_keeps_the_sign_of_its_zero) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle map = make(heap);
  const th_value key = test_number(1);
  th_value value;
  set_number(&map, 1, -0.0);
  CHECK(get(&map, &key, &value) && signbit(value.number));
  test_heap_close(&image, heap);
}

TEST(a_replaced_value_gives_its_block_back) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  const th_handle map = make(heap);
  const th_value key = test_number(1);
  set_number(&map, 1, 1);
  const uint64_t used = th_heap_used(heap);
  for (uint32_t id = 1; id < 500; id++) {
    const th_value value = test_value(id, value_space);
    set(&map, &key, &value);
    if (id % 7) continue;
    set_number(&map, 1, id);
    CHECK_EQ(th_heap_used(heap), used);
  }
  test_heap_close(&image, heap);
}

// ---- compare and set ----

static bool compare_and_set(const th_handle *map, const th_value *expected, const th_value *value) {
  const th_value key = test_number(7);
  bool stored;
  TEST_OK(&image, map->heap, th_map_compare_and_set(map, &key, expected, value, &stored));
  return stored;
}

TEST(compare_and_set_compares_as_keys_are_compared) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle map = make(heap);
  const th_value absent = {.type = TH_UNDEFINED}, null = {.type = TH_NULL};
  const th_value nan = test_number(NAN), zero = test_number(0), minus_zero = test_number(-0.0);
  const th_value text = test_text("longer than a cell"), same = test_text("longer than a cell");
  th_value object = test_text("8 bytes of checksum, then more");
  object.type = TH_BYTES;
  CHECK(!compare_and_set(&map, &null, &nan));
  CHECK_EQ(size_of(&map), 0);
  CHECK(compare_and_set(&map, &absent, &nan));
  CHECK(!compare_and_set(&map, &absent, &zero));
  CHECK(compare_and_set(&map, &nan, &zero));
  CHECK(compare_and_set(&map, &minus_zero, &text));
  CHECK(compare_and_set(&map, &same, &absent));
  CHECK(compare_and_set(&map, &absent, &object)); // undefined that is there
  CHECK(!compare_and_set(&map, &object, &zero));
  CHECK_EQ(size_of(&map), 1);
  test_heap_close(&image, heap);
}

// ---- growing and shrinking ----

enum { MANY = 6000 };

static void fill(const th_handle *map, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    set_number(map, i, i * 2.0);
}

static bool compare_and_delete(const th_handle *map, const th_value *expected) {
  const th_value key = test_number(7);
  bool found;
  TEST_OK(&image, map->heap, th_map_compare_and_delete(map, &key, expected, &found));
  return found;
}

TEST(compare_and_delete_deletes_what_is_expected_only) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle map = make(heap);
  const th_value absent = {.type = TH_UNDEFINED}, key = test_number(7), one = test_number(1);
  const th_value text = test_text("longer than a cell"), same = test_text("longer than a cell");
  CHECK(!compare_and_delete(&map, &absent));
  set(&map, &key, &text);
  CHECK(!compare_and_delete(&map, &one));
  CHECK(!compare_and_delete(&map, &absent));
  CHECK_EQ(size_of(&map), 1);
  CHECK(compare_and_delete(&map, &same));
  CHECK(!compare_and_delete(&map, &same));
  CHECK_EQ(size_of(&map), 0);
  CHECK_EQ(th_heap_used(heap), sizeof(th_control));
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

TEST(a_map_grows_through_the_split_and_back_to_an_empty_one) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  th_handle map = make(heap);
  const uint64_t empty = th_heap_used(heap);
  for (int round = 0; round < 4; round++) {
    fill(&map, MANY);
    CHECK_EQ(size_of(&map), MANY);
    CHECK_EQ(((th_map *)(void *)map.object)->shard_count, TH_MAP_SHARDS);
    CHECK(slots_of(&map) >= MANY && slots_of(&map) < 8 * MANY);
    for (uint32_t i = 0; i < MANY; i++) {
      const uint32_t key = round % 2 ? i : MANY - 1 - i;
      const th_value k = test_number(key);
      CHECK(is_number(&map, key, key * 2.0));
      CHECK(take(&map, &k));
      CHECK(!take(&map, &k));
    }
    CHECK_EQ(size_of(&map), 0);
    CHECK_EQ(slots_of(&map), 0);
    CHECK_EQ(th_heap_used(heap), empty + directory_bytes(&map));
    if (round % 2) {
      CHECK_EQ(th_map_free(&map), TH_OK);
      map = make(heap); // in the same slot, whose shards are used again
    }
  }
  test_heap_close(&image, heap);
}

TEST(a_map_that_shrinks_gives_room_back_on_the_way) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  fill(&map, MANY);
  const uint64_t full = th_heap_used(heap), slots = slots_of(&map);
  for (uint32_t i = 100; i < MANY; i++) {
    const th_value k = test_number(i);
    CHECK(take(&map, &k));
  }
  CHECK(th_heap_used(heap) < full / 4);
  CHECK(slots_of(&map) < slots / 4);
  for (uint32_t i = 0; i < 100; i++)
    CHECK(is_number(&map, i, i * 2.0));
  test_heap_close(&image, heap);
}

TEST(keys_that_come_and_go_do_not_make_a_map_grow) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle map = make(heap);
  fill(&map, 10);
  const uint64_t slots = slots_of(&map);
  for (uint32_t i = 0; i < 20000; i++) {
    const th_value k = test_number(100 + i);
    set_number(&map, 100 + i, 0);
    CHECK(take(&map, &k));
    CHECK(slots_of(&map) <= 2 * slots);
  }
  test_heap_close(&image, heap);
}

TEST(a_freed_map_says_so_in_every_call) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle map = make(heap);
  static th_map_batch batch;
  th_map_cursor cursor = {0};
  const th_value key = test_text("a key in a block");
  th_value value = key;
  double sum;
  uint64_t count;
  bool flag;
  set(&map, &key, &key);
  CHECK_EQ(th_map_free(&map), TH_OK);
  CHECK_EQ(th_map_get(&map, &key, &value, &flag), TH_FREED);
  CHECK_EQ(th_map_has(&map, &key, &flag), TH_FREED);
  CHECK_EQ(th_map_set(&map, &key, &key), TH_FREED);
  CHECK_EQ(th_map_delete(&map, &key, &flag), TH_FREED);
  CHECK_EQ(th_map_add(&map, &key, 1, &sum), TH_FREED);
  CHECK_EQ(th_map_compare_and_set(&map, &key, &key, &key, &flag), TH_FREED);
  CHECK_EQ(th_map_get_or_insert(&map, &key, &key, &value, &flag), TH_FREED);
  CHECK_EQ(th_map_size(&map, &count), TH_FREED);
  CHECK_EQ(th_map_slots(&map, &count), TH_FREED);
  CHECK_EQ(th_map_next(&map, &cursor, true, &batch), TH_FREED);
  CHECK_EQ(th_map_clear(&map), TH_FREED);
  CHECK_EQ(th_map_free(&map), TH_FREED);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- without room ----

typedef struct pair {
  char text[32];
  th_value key, value;
} pair;

// Pair number i: the key needs a block, and the value mostly.
static void make_pair(uint32_t i, pair *p) {
  snprintf(p->text, sizeof(p->text), "the key with number %010u", i);
  p->key = test_text(p->text);
  p->value = test_latin1(p->text, (size_t)i * 7 % 31);
}

static void check_pairs(const th_handle *map, uint32_t count) {
  pair p;
  th_value value;
  CHECK_EQ(size_of(map), count);
  for (uint32_t i = 0; i < count; i++) {
    make_pair(i, &p);
    CHECK(get(map, &p.key, &value) && test_same(map->heap, &value, &p.value));
  }
  make_pair(count, &p);
  CHECK(!get(map, &p.key, &value));
}

// Gives the heap a little more room, too little for most of what may be missing.
static void grow_by(th_heap *heap, uint64_t bytes) {
  th_store_release(&image.length, th_load_acquire(&image.length) + bytes);
  CHECK_EQ(th_heap_commit(heap, th_load_acquire(&image.length)), TH_OK);
}

TEST(a_set_that_needs_room_has_changed_nothing) {
  th_heap *heap = test_heap_open(&image, 0, 64 * MIB);
  const th_handle map = make(heap);
  uint32_t refused = 0;
  pair p;
  for (uint32_t i = 0; i < 3000; i++) {
    make_pair(i, &p);
    const uint64_t used = th_heap_used(heap);
    while (th_map_set(&map, &p.key, &p.value) != TH_OK) {
      CHECK_EQ(th_heap_used(heap), used);
      if (refused++ % 8 == 0) check_pairs(&map, i);
      grow_by(heap, 1024);
    }
  }
  CHECK(refused > 200);
  check_pairs(&map, 3000);
  CHECK_EQ(th_map_free(&map), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

static void fill_and_empty(th_heap *heap, const th_handle *map, uint64_t empty) {
  uint32_t count = 0;
  pair p;
  for (;; count++) {
    make_pair(count, &p);
    const uint64_t used = th_heap_used(heap);
    const th_status status = TEST_CALL(&image, heap, th_map_set(map, &p.key, &p.value));
    if (status == TH_OK) continue;
    CHECK_EQ(status, TH_FULL);
    CHECK_EQ(th_heap_used(heap), used);
    break;
  }
  check_pairs(map, count);
  test_heap_is_sound(heap);
  while (count > 0) { // without room for anything, removal works
    make_pair(--count, &p);
    CHECK(take(map, &p.key));
  }
  CHECK_EQ(th_heap_used(heap), empty + directory_bytes(map));
}

TEST(a_full_heap_keeps_every_pair_whatever_its_size) {
  for (uint32_t pages = 3; pages < 70; pages += 1 + pages / 20) {
    th_heap *heap = test_heap_open(&image, 0, pages * 4096);
    const th_handle map = make(heap);
    const uint64_t empty = th_heap_used(heap);
    fill_and_empty(heap, &map, empty);
    fill_and_empty(heap, &map, empty);
    test_heap_close(&image, heap);
  }
}

TEST(an_update_in_a_full_heap_keeps_the_old_value) {
  th_heap *heap = test_heap_open(&image, 0, 64 << 10);
  const th_handle map = make(heap);
  static uint8_t large[60000];
  const th_value too_large = test_latin1(large, sizeof(large));
  const th_value key = test_number(1), value = test_text("the value from before");
  th_value read;
  bool flag;
  set(&map, &key, &value);
  const uint64_t used = th_heap_used(heap);
  CHECK_EQ(TEST_CALL(&image, heap, th_map_set(&map, &key, &too_large)), TH_FULL);
  CHECK_EQ(TEST_CALL(&image, heap, th_map_compare_and_set(&map, &key, &value, &too_large, &flag)),
           TH_FULL);
  CHECK_EQ(th_heap_used(heap), used);
  CHECK(get(&map, &key, &read) && test_same(heap, &read, &value));
  CHECK_EQ(TEST_CALL(&image, heap, th_map_set(&map, &too_large, &key)), TH_FULL);
  CHECK_EQ(TEST_CALL(&image, heap, th_map_get_or_insert(&map, &too_large, &key, &read, &flag)),
           TH_FULL);
  CHECK_EQ(th_heap_used(heap), used);
  CHECK_EQ(size_of(&map), 1);
  test_heap_close(&image, heap);
}
