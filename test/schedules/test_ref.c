// SPDX-License-Identifier: MIT
// Ids beside the ends of what they name, and threads that ask for one name at once.
#include "core/map.h"
#include "core/name.h"
#include "core/string.h"
#include "core/vector.h"
#include "scene.h"

static th_atomic_u64 shown; // the id that is there now

// Reads a ref whose value is the life that its id names, or finds it dropped.
static th_status read_life(th_heap *heap, uint64_t id) {
  th_ref_kind kind;
  th_handle string;
  th_value value;
  th_status status = th_ref_find(heap, id, &kind, &string);
  if (status != TH_OK) return status;
  CHECK_EQ(kind, TH_REF_NUMBER);
  status = TEST_CALL(&image, heap, th_string_get(&string, &value));
  if (status != TH_OK) return status;
  CHECK(value.type == TH_NUMBER && value.number == (double)(id & TH_REF_LIVES_MAX));
  return TH_OK;
}

// Thread 0 gives one slot one life after the other; the others use ids that they were shown, and
// guess those that come next, which nothing has told them of.
static void live_or_read(int index, void *context) {
  (void)context;
  th_heap *heap = heaps[index];
  for (uint32_t life = 1; life <= 4; life++) {
    if (index == 0) {
      const th_value value = test_number(life);
      th_handle string;
      TEST_OK(&image, heap, th_string_create(heap, &value, &string));
      const uint64_t made = th_ref_publish(&string, TH_REF_NUMBER);
      CHECK_EQ(made & TH_REF_LIVES_MAX, life);
      th_store_release(&shown, made);
      CHECK_EQ(TEST_CALL(&image, heap, th_ref_free(&string, TH_REF_NUMBER)), TH_OK);
      continue;
    }
    const uint64_t id = th_load_acquire(&shown);
    if (id == 0) continue;
    const th_status status = read_life(heap, id);
    CHECK(status == TH_OK || status == TH_FREED);
    const th_status guessed = read_life(heap, id + 1);
    CHECK(guessed == TH_OK || guessed == TH_FREED || guessed == TH_BAD_DESCRIPTOR);
  }
}

static void use_beside_drop(void) {
  scene_open();
  th_store_relaxed(&shown, 0ull);
  sim_run(3, live_or_read, NULL);
  scene_close();
}

TEST(an_id_reaches_its_own_life_or_none) {
  sim_explore(use_beside_drop);
}

static th_names names;
static uint64_t named[SIM_THREADS_MAX];

static uint64_t name_it(th_heap *heap) {
  const th_value name = test_text("a name that needs a block"), zero = test_number(0);
  uint64_t id = 0;
  th_status status;
  do {
    status = th_name_find(heap, &names, &name, TH_REF_NUMBER, &id);
    if (status != TH_VACANT) continue;
    th_handle string;
    TEST_OK(&image, heap, th_string_create(heap, &zero, &string));
    status = th_name_publish(&string, TH_REF_NUMBER, &names, &name, &id);
  } while (test_again(&image, heap, status));
  CHECK_EQ(status, TH_OK);
  return id;
}

static void name_at_once(int index, void *context) {
  (void)context;
  named[index] = name_it(heaps[index]);
}

static th_status drop(th_heap *heap, uint64_t id) {
  return TEST_CALL(&image, heap, th_name_drop(heap, &names, id, TH_REF_NUMBER));
}

static void free_names(void) {
  const th_descriptor *maps[] = {&names.ids, &names.names};
  for (int i = 0; i < 2; i++) {
    th_handle map;
    CHECK_EQ(th_map_open(heaps[0], maps[i], &map), TH_OK);
    CHECK_EQ(th_map_free(&map), TH_OK);
  }
}

static void open_named(void) {
  scene_open();
  TEST_OK(&image, heaps[0], th_names_create(heaps[0], &names));
}

static void name_together(void) {
  open_named();
  sim_run(3, name_at_once, NULL);
  CHECK(named[1] == named[0] && named[2] == named[0]);
  CHECK_EQ(drop(heaps[0], named[0]), TH_OK);
  free_names();
  scene_close();
}

TEST(threads_that_ask_for_a_name_at_once_get_one_ref) {
  sim_explore(name_together);
}

static void name_and_drop(int index, void *context) {
  (void)context;
  for (int i = 0; i < 2; i++) {
    const th_status status = drop(heaps[index], name_it(heaps[index]));
    CHECK(status == TH_OK || status == TH_FREED);
  }
}

static void drop_beside_naming(void) {
  open_named();
  sim_run(3, name_and_drop, NULL);
  // Whoever made the last has dropped it, or another has.
  CHECK_EQ(th_heap_used(heaps[0]), 2 * sizeof(th_control));
  free_names();
  scene_close();
}

TEST(a_dropped_ref_takes_its_own_name_along_and_no_other) {
  sim_explore(drop_beside_naming);
}

static th_handle vector;

// Thread 0 pushes and then frees; the others read what is there by then.
static void push_or_get(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&vector, index);
  for (uint32_t i = 0; i < 6; i++) {
    double number = 100 + i;
    uint32_t length = 0;
    bool found = false;
    if (index == 0) {
      TEST_OK(&image, heaps[0], th_vector_push(&own, &number, &length));
      continue;
    }
    th_status status = th_vector_length(&own, &length);
    if (status == TH_OK && length > 0) {
      status = th_vector_get(&own, length - 1, &number, sizeof(number), &found);
      if (status == TH_OK) CHECK(found && number == 100 + (length - 1));
    }
    CHECK(status == TH_OK || status == TH_FREED);
  }
  if (index > 0) return;
  // What was read before the free is used again at once, for something else.
  CHECK_EQ(TEST_CALL(&image, heaps[0], th_vector_free(&own)), TH_OK);
  th_address block;
  TEST_OK(&image, heaps[0], th_alloc_zeroed(heaps[0], 32, 16, TH_BLOCK_USER, &block));
  CHECK_EQ(th_free(heaps[0], block, TH_BLOCK_USER), TH_OK);
}

static void get_beside_push(void) {
  const th_vector_config config = {.element = {TH_ELEMENT_Float64, 1}, .buffer_length = 4};
  scene_open();
  TEST_OK(&image, heaps[0], th_vector_create(heaps[0], &config, &vector));
  sim_run(3, push_or_get, NULL);
  scene_close();
}

TEST(a_get_finds_the_elements_that_the_length_counts) {
  sim_explore(get_beside_push);
}
