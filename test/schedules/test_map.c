// SPDX-License-Identifier: MIT
// Readers of a map beside growth, the split, removals and clear.
#include "core/list.h"
#include "core/map.h"
#include "peek.h"
#include "scene.h"

static th_handle map;

static void set_number(const th_handle *handle, uint32_t key, double number) {
  const th_value k = test_number(key), value = test_number(number);
  TEST_OK(&image, handle->heap, th_map_set(handle, &k, &value));
}

// Reads the number of a key; returns whether it is there.
static bool get_number(const th_handle *handle, uint32_t key, double *number) {
  const th_value k = test_number(key);
  th_value value;
  bool found;
  if (peek_sometimes(handle, &k, number, &found)) return found;
  TEST_OK(&image, handle->heap, th_map_get(handle, &k, &value, &found));
  if (!found) return false;
  CHECK_EQ(value.type, TH_NUMBER);
  *number = value.number;
  return true;
}

static void open_map(uint32_t keys) {
  scene_open();
  TEST_OK(&image, heaps[0], th_map_create(heaps[0], &map));
  for (uint32_t i = 0; i < keys; i++) {
    set_number(&map, i, i);
  }
}

static void close_map(void) {
  CHECK_EQ(th_map_free(&map), TH_OK);
  scene_close();
}

// ---- growth ----

static uint32_t first_new; // keys below are there from the beginning
static uint32_t last_new;  // keys below are there at the end

static void insert_or_read(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index);
  double number, last = 0;
  if (index == 0) {
    for (uint32_t key = first_new; key < last_new; key++) {
      set_number(&own, key, key);
      set_number(&own, 0, key);
    }
    return;
  }
  for (uint32_t i = 0; i < 6; i++) {
    const uint32_t old = 1 + (uint32_t)(test_random() % (first_new - 1));
    CHECK(get_number(&own, old, &number)); // a key that stays is always found
    CHECK(number == old);
    CHECK(get_number(&own, 0, &number));
    CHECK(number >= last); // and no value comes back
    last = number;
    const uint32_t any = (uint32_t)(test_random() % last_new);
    if (any > 0 && get_number(&own, any, &number)) CHECK(number == any);
  }
}

static void grow(uint32_t from, uint32_t to) {
  first_new = from;
  last_new = to;
  open_map(from);
  sim_run(3, insert_or_read, NULL);
  double number;
  for (uint32_t key = 1; key < to; key++) {
    CHECK(get_number(&map, key, &number) && number == key);
  }
  close_map();
}

static void small_growth(void) {
  grow(4, 14);
}

TEST(keys_and_values_stay_while_a_table_is_replaced) {
  sim_explore(small_growth);
}

// The table of one shard has 1194 entries when the map is split.
enum { SPLIT_AT = 1194 };

static void split(void) {
  grow(SPLIT_AT - 1, SPLIT_AT + 2);
}

TEST(keys_and_values_stay_while_the_map_is_split) {
  uint64_t before, after;
  open_map(SPLIT_AT - 1);
  CHECK_EQ(th_map_slots(&map, &before), TH_OK);
  set_number(&map, SPLIT_AT, 0);
  set_number(&map, SPLIT_AT + 1, 0);
  CHECK_EQ(th_map_slots(&map, &after), TH_OK);
  CHECK(before != after);
  close_map();
  sim_explore(split);
}

static uint32_t inserted;

static void insert_the_same(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index);
  for (uint32_t key = 0; key < 8; key++) {
    const th_value k = test_number(key), value = test_number(index);
    th_value present;
    bool is_new;
    double sum;
    TEST_OK(&image, own.heap, th_map_get_or_insert(&own, &k, &value, &present, &is_new));
    if (is_new) inserted++;
    const th_value counter = test_number(1000);
    TEST_OK(&image, own.heap, th_map_add(&own, &counter, 1, &sum));
  }
}

static void insert_together(void) {
  inserted = 0;
  open_map(0);
  sim_run(3, insert_the_same, NULL);
  double sum;
  CHECK_EQ(inserted, 8);
  CHECK(get_number(&map, 1000, &sum) && sum == 24);
  close_map();
}

TEST(of_threads_that_insert_a_key_one_does_and_no_addition_is_lost) {
  sim_explore(insert_together);
}

// ---- values that change their type and block, keys that go ----

static void set_text(const th_handle *handle, const th_value *key, uint32_t id) {
  uint8_t space[SCENE_TEXT_MAX];
  const th_value text = scene_text(id, space);
  TEST_OK(&image, handle->heap, th_map_set(handle, key, &text));
}

static void replace_or_read(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index);
  const th_value key = test_text("a key that does not fit into a cell");
  th_value value;
  uint32_t last = 0;
  for (uint32_t i = 1; i < SCENE_TEXTS; i++) {
    bool found;
    if (index == 0) {
      set_text(&own, &key, i);
      set_number(&own, 1, i);
      if (i % 3 == 0) TEST_OK(&image, own.heap, th_map_delete(&own, &key, &found));
      continue;
    }
    TEST_OK(&image, own.heap, th_map_get(&own, &key, &value, &found));
    if (!found) continue;
    const uint32_t now = scene_text_id(own.heap, &value);
    CHECK(now >= last);
    last = now;
  }
}

static void replace(void) {
  open_map(0);
  const th_value key = test_text("a key that does not fit into a cell");
  set_text(&map, &key, 0);
  sim_run(3, replace_or_read, NULL);
  close_map();
}

TEST(values_are_whole_and_in_order_while_they_are_replaced_and_removed) {
  sim_explore(replace);
}

static void number_or_text(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index);
  const th_value key = test_number(7);
  for (uint32_t i = 0; i < 6; i++) {
    th_value value;
    bool found;
    if (index == 0) {
      if (i % 2) {
        set_number(&own, 7, 0.5);
      } else {
        set_text(&own, &key, i);
      }
      continue;
    }
    double number = 0.5;
    CHECK(peek_at(&own, &key, &number) != TH_PEEK_ABSENT);
    CHECK(number == 0.5);
    TEST_OK(&image, own.heap, th_map_get(&own, &key, &value, &found));
    CHECK(found);
    if (value.type == TH_NUMBER) {
      CHECK(value.number == 0.5);
    } else {
      scene_text_id(own.heap, &value);
    }
  }
}

static void change_type(void) {
  open_map(0);
  set_number(&map, 7, 0.5);
  sim_run(3, number_or_text, NULL);
  close_map();
}

TEST(a_value_is_never_read_with_the_type_of_another) {
  sim_explore(change_type);
}

// ---- blocks that hold something else by now ----

static th_handle list;

// A list node with one number and a text of 40 letters take blocks of the same size.
static void reuse_or_read(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index), nodes = scene_handle(&list, index);
  const th_value key = test_number(7);
  for (uint32_t i = 0; i < 4; i++) {
    th_value value;
    bool found;
    if (index > 0) {
      TEST_OK(&image, own.heap, th_map_get(&own, &key, &value, &found));
      CHECK(found);
      if (value.type != TH_NUMBER) scene_text_id(own.heap, &value);
      continue;
    }
    uint32_t element;
    set_number(&own, 7, 0.5);
    TEST_OK(&image, own.heap, th_list_push(&nodes, &i, NULL));
    TEST_OK(&image, own.heap, th_list_push(&nodes, &i, NULL));
    TEST_OK(&image, own.heap, th_list_remove_at(&nodes, 0, &element, &found));
    TEST_OK(&image, own.heap, th_list_remove_at(&nodes, 0, &element, &found));
    set_text(&own, &key, 4);
  }
}

static void reuse(void) {
  static const th_element number = {.type = TH_ELEMENT_Uint32, .data_length = 1};
  open_map(0);
  TEST_OK(&image, heaps[0], th_list_create(heaps[0], &number, &list));
  const th_value key = test_number(7);
  set_text(&map, &key, 4);
  sim_run(3, reuse_or_read, NULL);
  CHECK_EQ(th_list_free(&list), TH_OK);
  close_map();
}

TEST(a_reader_drops_what_it_read_from_a_block_that_became_a_list_node) {
  sim_explore(reuse);
}

// ---- verification ----

// Until others see the split, or for a while.
static void await_split(void) {
  th_map *m = (th_map *)(void *)map.object;
  for (int i = 0; i < 3000 && th_load_acquire(&m->shard_count) == 1; i++) {
    sim_yield();
  }
}

static void check_sound(const th_handle *handle) {
  th_census reached = {0};
  const th_status status = th_map_verify(handle, &reached);
  CHECK(status == TH_OK || status == TH_BUSY || status == TH_FREED);
}

static void split_or_verify(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index);
  if (index == 0) {
    set_number(&own, SPLIT_AT, SPLIT_AT);
    return;
  }
  if (test_random() % 2) await_split();
  check_sound(&own);
}

static void verify(void) {
  open_map(SPLIT_AT);
  sim_run(2, split_or_verify, NULL);
  CHECK_EQ(th_object_check(&map), TH_OK);
  close_map();
}

TEST(a_map_is_sound_in_the_moment_of_the_split) {
  sim_explore(verify);
}

static void split_or_find(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index);
  if (index == 0) {
    set_number(&own, SPLIT_AT, SPLIT_AT);
    return;
  }
  th_address directory;
  await_split();
  CHECK_EQ(th_map_directory_of(&own, &directory), TH_OK);
  if (directory == 0) return;
  th_map_control *control = (th_map_control *)(void *)own.control;
  const th_table_place place = th__table_place_load(&control->single);
  CHECK(th__table_place_is_directory(&place) && place.index == directory);
}

static void find_directory(void) {
  open_map(SPLIT_AT);
  sim_run(3, split_or_find, NULL);
  close_map();
}

TEST(who_sees_the_shards_finds_the_directory) {
  sim_explore(find_directory);
}

// ---- free ----

static th_handle next_map; // in the same place

static void split_or_free(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index);
  const th_value key = test_number(SPLIT_AT), first = test_number(1);
  double number = 1;
  if (index == 0) {
    const th_status status = TEST_CALL(&image, own.heap, th_map_set(&own, &key, &key));
    CHECK(status == TH_OK || status == TH_FREED);
    return;
  }
  if (index == 1) {
    await_split();
    CHECK_EQ(TEST_CALL(&image, own.heap, th_map_free(&own)), TH_OK);
    TEST_OK(&image, own.heap, th_map_create(own.heap, &next_map));
    CHECK_EQ(next_map.address, map.address);
    CHECK(peek_at(&next_map, &first, &number) != TH_PEEK_NUMBER);
    set_number(&next_map, 7, 0.5);
    return;
  }
  for (int i = 0; i < 3; i++) {
    const th_peek peek = peek_at(&own, &first, &number);
    CHECK(number == 1);
    CHECK(peek == TH_PEEK_NUMBER || peek == TH_PEEK_ASK); // it is there as long as the map lives
  }
}

static void replace_map(void) {
  double number = 0;
  open_map(SPLIT_AT);
  sim_run(3, split_or_free, NULL);
  const th_value key = test_number(7);
  CHECK_EQ(peek_at(&next_map, &key, &number), TH_PEEK_NUMBER);
  CHECK(number == 0.5);
  check_sound(&next_map);
  CHECK_EQ(th_object_check(&next_map), TH_OK);
  map = next_map;
  map.heap = heaps[0];
  close_map();
}

TEST(a_map_in_the_place_of_one_that_was_splitting_is_another) {
  sim_explore(replace_map);
}

// ---- clear ----

static void clear_or_read(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&map, index);
  double number;
  if (index == 0) {
    CHECK_EQ(TEST_CALL(&image, own.heap, th_map_clear(&own)), TH_OK);
    return;
  }
  bool is_gone = false;
  for (int i = 0; i < 6; i++) {
    const uint32_t key = (uint32_t)(test_random() % SPLIT_AT);
    const bool found = get_number(&own, key, &number);
    CHECK(!(is_gone && found)); // in one step: after one miss there is nothing
    is_gone = !found;
  }
}

static void clear(void) {
  open_map(SPLIT_AT + 2);
  sim_run(3, clear_or_read, NULL);
  close_map();
}

TEST(clear_removes_all_keys_of_all_shards_in_one_step) {
  sim_explore(clear);
}
