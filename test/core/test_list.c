// SPDX-License-Identifier: MIT
#include "fixture.h"

#include "lists.h"

enum { MIB = 1 << 20 };

static bool take_equal(const th_handle *list, uint32_t number) {
  uint32_t out;
  bool found;
  TEST_OK(&image, list->heap, th_list_remove_equal(list, &number, 1, &out, &found));
  return found;
}

// ---- against a plain array ----

enum { MODEL_MAX = 200, ELEMENT_MAX = 40 };

typedef struct model {
  th_handle list;
  th_element element;
  uint32_t bytes;
  uint32_t length;
  uint32_t next_id;
  _Alignas(8) uint8_t items[MODEL_MAX][ELEMENT_MAX];
} model;

static void model_remove(model *m, uint32_t index) {
  m->length--;
  memmove(m->items[index], m->items[index + 1], (m->length - index) * (size_t)ELEMENT_MAX);
}

static void try_push(model *m) {
  if (m->length == MODEL_MAX) return;
  test_element(&m->element, m->next_id++, m->items[m->length]);
  TEST_OK(&image, m->list.heap, th_list_push(&m->list, m->items[m->length], NULL));
  m->length++;
}

static void try_push_many(model *m) {
  static uint8_t many[8 * ELEMENT_MAX];
  const uint32_t count = (uint32_t)(test_random() % 9);
  if (m->length + count > MODEL_MAX) return;
  for (uint32_t i = 0; i < count; i++) {
    test_element(&m->element, m->next_id++, m->items[m->length + i]);
    memcpy(many + i * m->bytes, m->items[m->length + i], m->bytes);
  }
  TEST_OK(&image, m->list.heap, th_list_push_many(&m->list, many, count * m->bytes));
  m->length += count;
}

// An index that may be negative or, by a little, out of range, and where it is in the array.
static int64_t random_index(const model *m, bool *exists, uint32_t *place) {
  const int64_t range = m->length + 2;
  const int64_t index = (int64_t)(test_random() % (uint64_t)(2 * range)) - range;
  const int64_t from_start = index < 0 ? index + m->length : index;
  *exists = from_start >= 0 && from_start < m->length;
  *place = (uint32_t)from_start;
  return index;
}

static void try_at(model *m) {
  bool exists;
  uint32_t place;
  const int64_t index = random_index(m, &exists, &place);
  th_address address;
  CHECK_EQ(th_list_at(&m->list, index, &address), TH_OK);
  CHECK_EQ(address != 0, exists);
  if (exists) CHECK(memcmp(th__at(m->list.heap, address), m->items[place], m->bytes) == 0);
}

static void try_remove_at(model *m) {
  bool exists, found;
  uint32_t place;
  const int64_t index = random_index(m, &exists, &place);
  _Alignas(8) uint8_t out[ELEMENT_MAX];
  CHECK_EQ(th_list_remove_at(&m->list, index, out, &found), TH_OK);
  CHECK_EQ(found, exists);
  if (!exists) return;
  CHECK(memcmp(out, m->items[place], m->bytes) == 0);
  model_remove(m, place);
}

static void try_remove_equal(model *m) {
  _Alignas(8) uint8_t wanted[ELEMENT_MAX], out[ELEMENT_MAX];
  const uint32_t count = 1 + (uint32_t)(test_random() % m->element.data_length);
  const size_t compared = count * (m->bytes / m->element.data_length);
  test_element(&m->element, (uint32_t)(test_random() % (m->next_id + 3)), wanted);
  uint32_t place = 0;
  while (place < m->length && memcmp(m->items[place], wanted, compared) != 0)
    place++;
  bool found;
  CHECK_EQ(th_list_remove_equal(&m->list, wanted, count, out, &found), TH_OK);
  CHECK_EQ(found, place < m->length);
  if (!found) return;
  CHECK(memcmp(out, m->items[place], m->bytes) == 0);
  model_remove(m, place);
}

static void try_copy(model *m) {
  static uint8_t out[MODEL_MAX * ELEMENT_MAX];
  const uint32_t capacity = (uint32_t)(test_random() % (MODEL_MAX + 1));
  uint32_t length;
  memset(out, 0xee, sizeof(out));
  CHECK_EQ(th_list_copy(&m->list, out, capacity, &length), TH_OK);
  CHECK_EQ(length, m->length);
  const uint32_t copied = length < capacity ? length : capacity;
  for (uint32_t i = 0; i < copied; i++)
    CHECK(memcmp(out + i * m->bytes, m->items[i], m->bytes) == 0);
  if (copied < MODEL_MAX) CHECK_EQ(out[copied * m->bytes], 0xee);
}

static void try_anything(model *m) {
  switch (test_random() % 16) {
  case 0:
  case 1:
  case 2:
    try_remove_at(m);
    break;
  case 3:
    try_remove_equal(m);
    break;
  case 4:
    try_at(m);
    break;
  case 5:
    try_copy(m);
    break;
  case 7:
    try_push_many(m);
    break;
  case 6:
    if (test_random() % 16) break;
    CHECK_EQ(th_list_clear(&m->list), TH_OK);
    m->length = 0;
    break;
  default:
    try_push(m);
  }
  CHECK_EQ(th_load_acquire(&m->list.control->length), m->length);
}

static void compare_with_model(th_heap *heap, th_element_type type, uint32_t data_length) {
  static model m;
  m = (model){.list = make(heap, type, data_length), .element = {type, data_length}};
  m.bytes = th_element_bytes(&m.element);
  CHECK_EQ(th_list_element(&m.list).type, type);
  CHECK_EQ(th_list_element(&m.list).data_length, data_length);
  for (int i = 0; i < 600; i++)
    try_anything(&m);
  test_heap_is_sound(heap);
  CHECK_EQ(th_list_free(&m.list), TH_OK);
}

TEST(a_list_behaves_as_an_array_for_every_element_type) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  for (int type = 0; type < TH_ELEMENT_TYPES; type++) {
    for (uint32_t data_length = 1; data_length <= 5; data_length++) {
      compare_with_model(heap, (th_element_type)type, data_length);
      CHECK_EQ(th_heap_used(heap), 0);
    }
  }
  test_heap_close(&image, heap);
}

TEST(the_largest_element_comes_back_whole) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  static double given[TH_DATA_LENGTH_MAX], read[TH_DATA_LENGTH_MAX];
  const th_handle list = make(heap, TH_ELEMENT_Float64, TH_DATA_LENGTH_MAX);
  const th_element element = th_list_element(&list);
  for (uint32_t round = 0; round < 3; round++) {
    test_element(&element, round, given);
    TEST_OK(&image, heap, th_list_push(&list, given, NULL));
  }
  bool found;
  CHECK_EQ(th_list_remove_at(&list, -1, read, &found), TH_OK);
  CHECK(found && memcmp(read, given, sizeof(given)) == 0);
  CHECK_EQ(th_list_free(&list), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(numbers_are_found_as_includes_compares_them) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for (int type = TH_ELEMENT_Float32; type <= TH_ELEMENT_Float64; type++) {
    const th_handle list = make(heap, (th_element_type)type, 1);
    const th_element element = th_list_element(&list);
    const double pairs[][2] = {{0.0, -0.0}, {-0.0, 0.0}, {0.0 / 0.0, -(0.0 / 0.0)}, {1.5, 1.5}};
    for (int i = 0; i < 4; i++) {
      double stored, wanted, out;
      bool found;
      test_component(&element, &stored, 0, pairs[i][0]);
      test_component(&element, &wanted, 0, pairs[i][1]);
      TEST_OK(&image, heap, th_list_push(&list, &stored, NULL));
      CHECK_EQ(th_list_remove_equal(&list, &wanted, 1, &out, &found), TH_OK);
      CHECK(found);
    }
  }
  test_heap_close(&image, heap);
}

TEST(an_emptied_list_holds_what_an_empty_one_holds) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  const th_handle list = make_u32(heap);
  const uint64_t empty = th_heap_used(heap);
  for (int way = 0; way < 3; way++) {
    for (uint32_t i = 0; i < 3000; i++)
      push(&list, i);
    CHECK(th_heap_used(heap) >= empty + 3000 * sizeof(th_node));
    uint32_t number;
    if (way == 0) CHECK_EQ(th_list_clear(&list), TH_OK);
    while (take(&list, way == 1 ? 0 : -1, &number)) {
    }
    CHECK_EQ(th_heap_used(heap), empty);
  }
  CHECK_EQ(th_list_free(&list), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_push_without_room_leaves_the_list_as_it_was) {
  th_heap *heap = test_heap_open(&image, 8192, 64 << 10);
  const th_handle list = make_u32(heap);
  uint32_t count = 0, number;
  while (TEST_CALL(&image, heap, th_list_push(&list, &count, NULL)) == TH_OK)
    count++;
  CHECK_EQ(TEST_CALL(&image, heap, th_list_push(&list, &count, NULL)), TH_FULL);
  CHECK_EQ(th_load_acquire(&list.control->length), count);
  const uint64_t full = th_heap_used(heap);
  CHECK(take(&list, 0, &number) && number == 0);
  push(&list, count);
  CHECK_EQ(th_heap_used(heap), full);
  for (uint32_t i = 1; i <= count; i++)
    CHECK(take(&list, 0, &number) && number == i);
  test_heap_close(&image, heap);
}

TEST(a_batch_asks_for_all_its_room_at_once) {
  enum { MANY = 100000 };
  static uint32_t numbers[MANY], read[MANY];
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  const th_handle list = make_u32(heap);
  const uint64_t used = th_heap_used(heap);
  for (uint32_t i = 0; i < MANY; i++)
    numbers[i] = i;
  uint32_t refused = 0, length;
  while (th_list_push_many(&list, numbers, sizeof(numbers)) == TH_NEED_ROOM) {
    CHECK_EQ(th_heap_used(heap), used);
    CHECK(th_heap_room_needed(heap) > 0);
    CHECK(test_again(&image, heap, TH_NEED_ROOM));
    refused++;
  }
  CHECK(refused <= 2); // the last page of the runs may be missing
  CHECK_EQ(th_list_copy(&list, read, MANY, &length), TH_OK);
  CHECK_EQ(length, MANY);
  CHECK(memcmp(read, numbers, sizeof(read)) == 0);
  test_heap_close(&image, heap);
}

TEST(a_batch_that_can_never_fit_is_refused_and_leaves_nothing) {
  static uint32_t numbers[100000];
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle list = make_u32(heap);
  const uint64_t used = th_heap_used(heap);
  for (int i = 0; i < 2; i++)
    CHECK_EQ(TEST_CALL(&image, heap, th_list_push_many(&list, numbers, sizeof(numbers))), TH_FULL);
  CHECK_EQ(th_heap_used(heap), used);
  CHECK_EQ(th_load_acquire(&list.control->length), 0);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

// The walk remembers runs: what it finds stays right when their blocks come and go.
TEST(a_list_is_walked_through_runs_that_are_released_and_used_again) {
  static uint32_t read[4000];
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  const th_handle list = make_u32(heap), other = make(heap, TH_ELEMENT_Uint32, 3);
  for (uint32_t round = 0; round < 20; round++) {
    const uint32_t numbers[3] = {round};
    uint32_t number, length;
    for (uint32_t i = 0; i < 2000; i++) {
      push(&list, i);
      TEST_OK(&image, heap, th_list_push(&other, numbers, NULL));
    }
    CHECK_EQ(th_list_copy(&list, read, 4000, &length), TH_OK);
    CHECK_EQ(length, 2000);
    for (uint32_t i = 0; i < length; i++)
      CHECK_EQ(read[i], i);
    CHECK_EQ(th_list_clear(round % 2 ? &list : &other), TH_OK);
    while (round % 2 == 0 && take(&list, 0, &number)) {
    }
    if (round % 2) CHECK_EQ(th_list_clear(&other), TH_OK);
  }
  test_heap_close(&image, heap);
}

TEST(a_push_that_finds_the_list_busy_keeps_no_node) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  const th_handle list = make_u32(heap);
  const uint32_t numbers[3] = {1, 2, 3};
  push(&list, 0);
  const uint64_t used = th_heap_used(heap);
  th_lock_wait(&list.object->lock, &heap->record->lock_waits);
  CHECK_EQ(th_list_push(&list, numbers, NULL), TH_BUSY);
  CHECK_EQ(th_list_push_many(&list, numbers, sizeof(numbers)), TH_BUSY);
  th_lock_release(&list.object->lock);
  CHECK_EQ(th_heap_used(heap), used);
  test_heap_is_sound(heap);
  CHECK_EQ(th_list_free(&list), TH_OK);
  test_heap_close(&image, heap);
}

TEST(a_freed_list_says_so_in_every_call) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle list = make_u32(heap);
  uint32_t number = 1;
  bool found;
  th_address address;
  th_list_batch batch = {.capacity = 0};
  push(&list, 1);
  CHECK_EQ(th_list_free(&list), TH_OK);
  CHECK_EQ(th_list_push(&list, &number, NULL), TH_FREED);
  CHECK_EQ(th_list_push_many(&list, &number, sizeof(number)), TH_FREED);
  CHECK_EQ(th_list_at(&list, 0, &address), TH_FREED);
  CHECK_EQ(th_list_remove_at(&list, 0, &number, &found), TH_FREED);
  CHECK_EQ(th_list_remove_equal(&list, &number, 1, &number, &found), TH_FREED);
  CHECK_EQ(th_list_remove_node(&list, 4096, 1, &number, &found), TH_FREED);
  CHECK_EQ(th_list_next(&list, &batch), TH_FREED);
  CHECK_EQ(th_list_copy(&list, &number, 1, &number), TH_FREED);
  CHECK_EQ(th_list_clear(&list), TH_FREED);
  CHECK_EQ(th_list_free(&list), TH_FREED);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- iteration ----

enum { OLD = 60, TOTAL = 4000 };

// A list of 0, 1, 2 ...: those below OLD are pushed before the iteration, the others during it.
typedef struct walk_test {
  th_handle one, other; // two threads' handles
  bool present[TOTAL];
  uint32_t pushed;
  uint32_t reached; // numbers below were returned or were removed before their turn
} walk_test;

static void check_batch(walk_test *w, const th_list_batch *batch) {
  for (uint32_t i = 0; i < batch->count; i++) {
    const uint32_t number = number_at(&w->one, batch->items[i].address + sizeof(th_node));
    CHECK(number >= w->reached); // nothing is repeated
    CHECK(number < OLD);         // nothing beyond the limit
    for (; w->reached < number; w->reached++)
      CHECK(!w->present[w->reached]); // nothing is skipped
    CHECK(w->present[number]);
    w->reached++;
  }
}

static void remove_from_batch(walk_test *w, const th_handle *by, const th_list_batch *batch) {
  const uint32_t i = (uint32_t)(test_random() % batch->count);
  uint32_t number;
  bool found;
  CHECK_EQ(
      th_list_remove_node(by, batch->items[i].address, batch->items[i].sequence, &number, &found),
      TH_OK);
  if (!found) return;
  CHECK(w->present[number]);
  w->present[number] = false;
}

static void disturb(walk_test *w, const th_list_batch *batch) {
  const th_handle *by = test_random() % 2 ? &w->one : &w->other;
  const uint32_t number = (uint32_t)(test_random() % w->pushed);
  switch (test_random() % 4) {
  case 0:
    CHECK_EQ(take_equal(by, number), w->present[number]);
    w->present[number] = false;
    break;
  case 1:
    push(by, w->pushed);
    w->present[w->pushed++] = true;
    break;
  default:
    remove_from_batch(w, by, batch);
  }
}

static void walk_with_removals(walk_test *w, uint32_t capacity) {
  batch_space space = {.batch = {.capacity = capacity}};
  w->reached = w->pushed = 0;
  for (; w->pushed < OLD; w->pushed++) {
    push(&w->one, w->pushed);
    w->present[w->pushed] = true;
  }
  const uint64_t disturbances = test_random() % (3 * capacity + 1);
  while (next(&w->one, &space.batch)) {
    check_batch(w, &space.batch);
    for (uint64_t i = 0; i < disturbances; i++)
      disturb(w, &space.batch);
  }
  for (; w->reached < OLD; w->reached++)
    CHECK(!w->present[w->reached]);
  CHECK_EQ(th_list_clear(&w->one), TH_OK);
}

TEST(an_iteration_skips_and_repeats_nothing_beside_removals) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  th_heap *other = test_heap_attach(&image);
  static walk_test w;
  w.one = make_u32(heap);
  w.other = seen_by(other, &w.one);
  for (int round = 0; round < 300; round++) {
    static const uint32_t capacities[] = {1, 2, BATCH_MAX};
    walk_with_removals(&w, capacities[round % 3]);
  }
  th_heap_detach(other);
  test_heap_close(&image, heap);
}

TEST(an_iteration_ends_when_the_list_is_cleared) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle list = make_u32(heap);
  for (uint32_t i = 0; i < 10; i++)
    push(&list, i);
  batch_space space = {.batch = {.capacity = 2}};
  CHECK(next(&list, &space.batch));
  CHECK_EQ(th_list_clear(&list), TH_OK);
  for (uint32_t i = 0; i < 10; i++)
    push(&list, i);
  CHECK(!next(&list, &space.batch));
  test_heap_close(&image, heap);
}

TEST(a_node_is_removed_once_and_never_for_a_later_one) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle list = make_u32(heap);
  batch_space space = {.batch = {.capacity = 1}};
  uint32_t number;
  bool found;
  push(&list, 5);
  CHECK(next(&list, &space.batch));
  const th_address node = space.batch.items[0].address;
  const uint64_t sequence = space.batch.items[0].sequence;
  CHECK_EQ(th_list_remove_node(&list, node, sequence, &number, &found), TH_OK);
  CHECK(found && number == 5);
  push(&list, 6); // takes the same block
  CHECK_EQ(th_list_remove_node(&list, node, sequence, &number, &found), TH_OK);
  CHECK(!found);
  const th_handle another = make_u32(heap);
  CHECK_EQ(th_list_remove_node(&another, node, sequence + 2, &number, &found), TH_OK);
  CHECK(!found);
  CHECK_EQ(th_list_remove_node(&list, node, sequence + 2, &number, &found), TH_OK);
  CHECK(found && number == 6);
  test_heap_close(&image, heap);
}
