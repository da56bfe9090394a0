// SPDX-License-Identifier: MIT
// What operations of the core cost. scripts/instructions.js compiles this with the core and runs it
// under Callgrind, which counts the instructions and nothing else: no clock, no other thread. The
// heap's seed is the harness's, so every run does the same.
#include "fixture.h"

#include <stdio.h>

#include <valgrind/callgrind.h>

#include "core/list.h"
#include "core/map.h"
#include "core/string.h"
#include "core/vector.h"
#include "samples.h"

enum { MIB = 1 << 20, KEY_UNITS = 12 };

static test_image image;
static const th_element single = {.type = TH_ELEMENT_Uint32, .data_length = 1};

// Makes the call for each i below CALLS and leaves what that took under the name. The call is true
// when it did what it is measured for.
#define MEASURE(name, call)                                                                        \
  do {                                                                                             \
    uint32_t done = 0;                                                                             \
    CALLGRIND_ZERO_STATS;                                                                          \
    for (uint32_t i = 0; i < CALLS; i++)                                                           \
      done += (call);                                                                              \
    CALLGRIND_DUMP_STATS_AT(name);                                                                 \
    CHECK_EQ(done, CALLS);                                                                         \
  } while (0)

static th_heap *open_heap(void) {
  return test_heap_open(&image, 64 * MIB, 64 * MIB);
}

// ---- maps ----

static inline bool set(const th_handle *map, th_value key, double number) {
  const th_value value = test_number(number);
  return th_map_set(map, &key, &value) == TH_OK;
}

static inline bool get(const th_handle *map, th_value key) {
  th_value value;
  bool found;
  return th_map_get(map, &key, &value, &found) == TH_OK && found;
}

static inline bool drop(const th_handle *map, th_value key) {
  bool found;
  return th_map_delete(map, &key, &found) == TH_OK && found;
}

TEST(map_of_numbers) {
  th_heap *heap = open_heap();
  th_handle map;
  CHECK_EQ(th_map_create(heap, &map), TH_OK);
  MEASURE("map set, new number", set(&map, test_number(i), i));
  MEASURE("map set, present number", set(&map, test_number(i), i + 1));
  MEASURE("map get, number", get(&map, test_number(i)));
  MEASURE("map delete, number", drop(&map, test_number(i)));
  test_heap_close(&image, heap);
}

TEST(map_of_strings) {
  static char keys[CALLS][KEY_UNITS + 1];
  for (uint32_t i = 0; i < CALLS; i++) {
    snprintf(keys[i], sizeof(keys[i]), "user:%07u", i);
  }
  th_heap *heap = open_heap();
  th_handle map;
  CHECK_EQ(th_map_create(heap, &map), TH_OK);
  MEASURE("map set, new string", set(&map, test_latin1(keys[i], KEY_UNITS), i));
  MEASURE("map set, present string", set(&map, test_latin1(keys[i], KEY_UNITS), i + 1));
  MEASURE("map get, string", get(&map, test_latin1(keys[i], KEY_UNITS)));
  MEASURE("map delete, string", drop(&map, test_latin1(keys[i], KEY_UNITS)));
  test_heap_close(&image, heap);
}

// ---- lists and vectors ----

static inline bool shift(const th_handle *list) {
  uint32_t number;
  bool found;
  return th_list_remove_at(list, 0, &number, &found) == TH_OK && found;
}

static inline bool copy(const th_handle *list) {
  static uint32_t numbers[CALLS];
  uint32_t length;
  return th_list_copy(list, numbers, CALLS, &length) == TH_OK && length == CALLS;
}

static inline bool search(const th_handle *list) {
  const uint32_t wanted = CALLS; // which is not there
  uint32_t number;
  bool found;
  return th_list_remove_equal(list, &wanted, 1, &number, &found) == TH_OK && !found;
}

TEST(list) {
  th_heap *heap = open_heap();
  th_handle list;
  CHECK_EQ(th_list_create(heap, &single, &list), TH_OK);
  MEASURE("list push", th_list_push(&list, &i, NULL) == TH_OK);
  MEASURE("list copy, one element", i > 0 || copy(&list));
  MEASURE("list search, one element", i > 0 || search(&list));
  MEASURE("list shift", shift(&list));
  test_heap_close(&image, heap);
}

static inline bool push(const th_handle *vector, uint32_t number) {
  uint32_t index;
  return th_vector_push(vector, &number, &index) == TH_OK;
}

static inline bool element_at(const th_handle *vector, uint32_t index) {
  uint32_t number;
  bool found;
  return th_vector_get(vector, index, &number, sizeof(number), &found) == TH_OK && found;
}

TEST(vector) {
  const th_vector_config config = {.element = single, .buffer_length = 1024};
  th_heap *heap = open_heap();
  th_handle vector;
  CHECK_EQ(th_vector_create(heap, &config, &vector), TH_OK);
  MEASURE("vector push", push(&vector, i));
  MEASURE("vector get", element_at(&vector, i));
  test_heap_close(&image, heap);
}

// ---- strings and blocks ----

static inline bool read(const th_handle *string) {
  th_value text;
  return th_string_get(string, &text) == TH_OK;
}

TEST(string) {
  const th_value text = test_text("ten units!");
  th_heap *heap = open_heap();
  th_handle string;
  CHECK_EQ(th_string_create(heap, &text, &string), TH_OK);
  MEASURE("string set, 10 units", th_string_set(&string, &text) == TH_OK);
  MEASURE("string get, 10 units", read(&string));
  test_heap_close(&image, heap);
}

static inline bool take_and_give(th_heap *heap) {
  th_address address;
  return th_alloc(heap, 64, TH_BLOCK_ALIGN, TH_BLOCK_USER, &address) == TH_OK &&
         th_free(heap, address, TH_BLOCK_USER) == TH_OK;
}

TEST(block) {
  th_heap *heap = open_heap();
  MEASURE("alloc and free, 64 bytes", take_and_give(heap));
  test_heap_close(&image, heap);
}
