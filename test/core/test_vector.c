// SPDX-License-Identifier: MIT
#include "fixture.h"

#include "core/vector.h"
#include "samples.h"

enum { MIB = 1 << 20, THREADS = 4 };

static test_image image;

static th_handle make(th_heap *heap, th_element_type type, uint32_t data_length,
                      uint32_t buffer_length) {
  const th_vector_config config = {.element = {type, data_length}, .buffer_length = buffer_length};
  th_handle vector;
  TEST_OK(&image, heap, th_vector_create(heap, &config, &vector));
  return vector;
}

static th_handle make_u32(th_heap *heap, uint32_t buffer_length) {
  return make(heap, TH_ELEMENT_Uint32, 1, buffer_length);
}

static th_handle seen_by(th_heap *heap, const th_handle *vector) {
  const th_descriptor descriptor = {.address = vector->address, .generation = vector->generation};
  th_handle handle;
  CHECK_EQ(th_vector_open(heap, &descriptor, &handle), TH_OK);
  return handle;
}

static uint32_t push(const th_handle *vector, uint32_t number) {
  uint32_t index;
  TEST_OK(&image, vector->heap, th_vector_push(vector, &number, &index));
  return index;
}

static bool pop(const th_handle *vector, uint32_t *number) {
  bool found;
  TEST_OK(&image, vector->heap, th_vector_pop(vector, number, &found));
  return found;
}

static uint32_t length_of(const th_handle *vector) {
  return th_load_acquire(&vector->control->length);
}

// The chunk of an element, and how many elements lie before it in the chunk.
static uint32_t chunk_of(const th_handle *vector, uint32_t index, uint32_t *before) {
  uint32_t chunk = 0, start = 0, size = 1u << th_vector_first_log2(vector);
  while (index >= start + size) {
    start += size;
    if (chunk++ > 0) size *= 2;
  }
  *before = index - start;
  return chunk;
}

// The address of an element, worked out from the chunks as JavaScript does.
static th_address address_of(const th_handle *vector, uint32_t index) {
  uint32_t before;
  th_address address;
  const uint32_t chunk = chunk_of(vector, index, &before);
  TEST_OK(&image, vector->heap, th_vector_chunk(vector, chunk, &address));
  CHECK(address != 0);
  const th_element element = th_vector_element(vector);
  return address + before * th_element_bytes(&element);
}

static uint32_t number_at(const th_handle *vector, uint32_t index) {
  return th_load_acquire((th_atomic_u32 *)th__at(vector->heap, address_of(vector, index)));
}

// ---- against a plain array ----

enum { MODEL_MAX = 300, ELEMENT_MAX = 40 };

typedef struct model {
  th_handle vector;
  th_element element;
  uint32_t bytes;
  uint32_t length;
  uint32_t next_id;
  uint8_t items[MODEL_MAX][ELEMENT_MAX];
} model;

static void try_push(model *m) {
  if (m->length == MODEL_MAX) return;
  uint32_t index;
  test_element(&m->element, m->next_id++, m->items[m->length]);
  TEST_OK(&image, m->vector.heap, th_vector_push(&m->vector, m->items[m->length], &index));
  CHECK_EQ(index, m->length);
  m->length++;
}

// Fills items from the index on with new elements, and a batch of the same.
static const void *make_many(model *m, uint32_t index, uint32_t count) {
  static uint8_t many[8 * ELEMENT_MAX];
  for (uint32_t i = 0; i < count; i++) {
    test_element(&m->element, m->next_id++, m->items[index + i]);
    memcpy(many + i * m->bytes, m->items[index + i], m->bytes);
  }
  return many;
}

static void try_push_many(model *m) {
  const uint32_t count = (uint32_t)(test_random() % 9);
  if (m->length + count > MODEL_MAX) return;
  const void *many = make_many(m, m->length, count);
  uint32_t index;
  TEST_OK(&image, m->vector.heap, th_vector_push_many(&m->vector, many, count * m->bytes, &index));
  CHECK_EQ(index, m->length);
  m->length += count;
}

static void try_set_many(model *m) {
  const uint32_t index = (uint32_t)(test_random() % (m->length + 2));
  const uint32_t count = (uint32_t)(test_random() % 9);
  static const uint8_t zeros[8 * ELEMENT_MAX];
  const bool fits = index + count <= m->length;
  const void *many = fits ? make_many(m, index, count) : zeros;
  bool found;
  CHECK_EQ(th_vector_set_many(&m->vector, index, many, count * m->bytes, &found), TH_OK);
  CHECK_EQ(found, fits);
}

static void try_pop(model *m) {
  uint8_t out[ELEMENT_MAX];
  bool found;
  CHECK_EQ(th_vector_pop(&m->vector, out, &found), TH_OK);
  CHECK_EQ(found, m->length > 0);
  if (found) CHECK(memcmp(out, m->items[--m->length], m->bytes) == 0);
}

static void try_set(model *m) {
  const uint32_t index = (uint32_t)(test_random() % (m->length + 2));
  uint8_t element[ELEMENT_MAX];
  bool found;
  test_element(&m->element, m->next_id++, element);
  CHECK_EQ(th_vector_set(&m->vector, index, element, &found), TH_OK);
  CHECK_EQ(found, index < m->length);
  if (found) memcpy(m->items[index], element, ELEMENT_MAX);
}

static void try_remove_at(model *m) {
  const uint32_t index = (uint32_t)(test_random() % (m->length + 2));
  bool found;
  CHECK_EQ(th_vector_remove_at(&m->vector, index, &found), TH_OK);
  CHECK_EQ(found, index < m->length);
  if (!found) return;
  m->length--;
  memmove(m->items[index], m->items[index + 1], (m->length - index) * (size_t)ELEMENT_MAX);
}

static void check_all(const model *m) {
  static uint8_t out[MODEL_MAX * ELEMENT_MAX];
  const uint32_t capacity = (uint32_t)(test_random() % (MODEL_MAX + 1));
  uint32_t length;
  memset(out, 0xee, sizeof(out));
  CHECK_EQ(th_vector_copy(&m->vector, out, capacity, &length), TH_OK);
  CHECK_EQ(length, m->length);
  const uint32_t copied = length < capacity ? length : capacity;
  for (uint32_t i = 0; i < copied; i++)
    CHECK(memcmp(out + i * m->bytes, m->items[i], m->bytes) == 0);
  if (copied < MODEL_MAX) CHECK_EQ(out[copied * m->bytes], 0xee);
  const uint32_t at = (uint32_t)(test_random() % (length + 2));
  bool found;
  CHECK_EQ(th_vector_get(&m->vector, at, out, m->bytes, &found), TH_OK);
  CHECK_EQ(found, at < length);
  if (found) CHECK(memcmp(out, m->items[at], m->bytes) == 0);
  CHECK_EQ(th_vector_length(&m->vector, &length), TH_OK);
  CHECK_EQ(length, m->length);
  if (length == 0) return;
  const uint32_t any = (uint32_t)(test_random() % length);
  CHECK(memcmp(th__at(m->vector.heap, address_of(&m->vector, any)), m->items[any], m->bytes) == 0);
}

static void try_anything(model *m) {
  switch (test_random() % 16) {
  case 0:
  case 1:
    try_pop(m);
    break;
  case 2:
  case 3:
    try_set(m);
    break;
  case 4:
  case 5:
    try_remove_at(m);
    break;
  case 6:
    check_all(m);
    break;
  case 8:
    try_push_many(m);
    break;
  case 9:
    try_set_many(m);
    break;
  case 7:
    if (test_random() % 32) break;
    CHECK_EQ(th_vector_clear(&m->vector), TH_OK);
    m->length = 0;
    break;
  default:
    try_push(m);
  }
  CHECK_EQ(length_of(&m->vector), m->length);
}

static void compare_with_model(th_heap *heap, th_element_type type, uint32_t data_length,
                               uint32_t buffer_length) {
  static model m;
  m = (model){.vector = make(heap, type, data_length, buffer_length),
              .element = {type, data_length}};
  m.bytes = th_element_bytes(&m.element);
  CHECK_EQ(th_vector_element(&m.vector).type, type);
  CHECK_EQ(th_vector_element(&m.vector).data_length, data_length);
  for (int i = 0; i < 600; i++)
    try_anything(&m);
  check_all(&m);
  test_heap_is_sound(heap);
  CHECK_EQ(th_vector_free(&m.vector), TH_OK);
}

TEST(a_vector_behaves_as_an_array_for_every_element_type_and_buffer_length) {
  static const uint32_t buffer_lengths[] = {1, 3, 4, 100};
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  for (uint32_t i = 0; i < TH_ELEMENT_TYPES * 5 * 4; i++) {
    compare_with_model(heap, (th_element_type)(i % TH_ELEMENT_TYPES), 1 + i % 5,
                       buffer_lengths[i / (TH_ELEMENT_TYPES * 5)]);
    CHECK_EQ(th_heap_used(heap), 0);
  }
  test_heap_close(&image, heap);
}

// ---- chunks ----

TEST(the_buffer_length_is_rounded_up_to_a_power_of_two) {
  static const uint32_t lengths[][2] = {{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {100, 128}};
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for (int i = 0; i < 6; i++) {
    const th_handle vector = make_u32(heap, lengths[i][0]);
    uint64_t capacity;
    CHECK_EQ(th_vector_capacity(&vector, &capacity), TH_OK);
    CHECK_EQ(capacity, lengths[i][1]);
    for (uint32_t number = 0; number <= lengths[i][1]; number++)
      push(&vector, number);
    CHECK_EQ(th_vector_capacity(&vector, &capacity), TH_OK);
    CHECK_EQ(capacity, 2 * lengths[i][1]);
  }
  test_heap_close(&image, heap);
}

TEST(a_chunk_that_was_not_made_has_no_address) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle vector = make_u32(heap, 4);
  th_address address;
  for (uint32_t chunk = 0; chunk < 40; chunk++) {
    CHECK_EQ(th_vector_chunk(&vector, chunk, &address), TH_OK);
    CHECK_EQ(address, 0);
  }
  CHECK_EQ(th_vector_chunk(&vector, UINT32_MAX, &address), TH_OK);
  CHECK_EQ(address, 0);
  test_heap_close(&image, heap);
}

enum { GROWN = 5000 };

TEST(elements_keep_their_address_while_the_vector_grows) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  static th_address addresses[GROWN];
  const th_handle vector = make_u32(heap, 3);
  for (uint32_t i = 0; i < GROWN; i++) {
    CHECK_EQ(push(&vector, i * 7), i);
    addresses[i] = address_of(&vector, i);
  }
  for (uint32_t i = 0; i < GROWN; i++) {
    CHECK_EQ(address_of(&vector, i), addresses[i]);
    CHECK_EQ(number_at(&vector, i), i * 7);
  }
  CHECK_EQ(th_vector_clear(&vector), TH_OK);
  push(&vector, 1);
  CHECK_EQ(address_of(&vector, 0), addresses[0]);
  test_heap_close(&image, heap);
}

TEST(removing_at_any_place_moves_the_later_ones_down_over_chunk_borders) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle vector = make_u32(heap, 4);
  for (uint32_t length = 1; length < 40; length++) {
    for (uint32_t removed = 0; removed < length; removed++) {
      bool found;
      CHECK_EQ(th_vector_clear(&vector), TH_OK);
      for (uint32_t i = 0; i < length; i++)
        push(&vector, i);
      CHECK_EQ(th_vector_remove_at(&vector, removed, &found), TH_OK);
      CHECK(found);
      CHECK_EQ(length_of(&vector), length - 1);
      for (uint32_t i = 0; i + 1 < length; i++)
        CHECK_EQ(number_at(&vector, i), i < removed ? i : i + 1);
    }
  }
  test_heap_close(&image, heap);
}

TEST(a_vector_over_a_zeroed_block_holds_single_numbers) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  th_descriptor descriptor = {0};
  th_handle vector;
  TEST_OK(&image, heap, th_alloc_zeroed(heap, 16, 16, TH_BLOCK_USER, &descriptor.address));
  TEST_OK(&image, heap, th_vector_open(heap, &descriptor, &vector));
  CHECK_EQ(th_vector_element(&vector).type, TH_ELEMENT_Uint32);
  CHECK_EQ(th_vector_element(&vector).data_length, 1);
  CHECK_EQ(push(&vector, 9), 0);
  CHECK_EQ(number_at(&vector, 0), 9);
  test_heap_close(&image, heap);
}

// ---- all elements ----

// Numbers that a vector of many chunks holds in one of its components.
static th_handle make_numbered(th_heap *heap, uint32_t data_length, uint32_t component) {
  const th_handle vector = make(heap, TH_ELEMENT_Int32, data_length, 1);
  for (uint32_t i = 0; i < GROWN; i++) {
    int32_t element[3] = {0, 0, 0};
    uint32_t index;
    element[component] = (int32_t)(i * 7919 % GROWN) - 100;
    TEST_OK(&image, heap, th_vector_push(&vector, element, &index));
  }
  return vector;
}

TEST(sums_extremes_and_order_are_those_of_a_component_in_all_chunks) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  for (uint32_t data_length = 1; data_length <= 3; data_length++) {
    const uint32_t component = data_length - 1;
    const th_handle vector = make_numbered(heap, data_length, component);
    th_sum sum;
    int32_t least, greatest;
    bool found;
    CHECK_EQ(th_vector_sum(&vector, component, &sum), TH_OK);
    CHECK_EQ(sum.low, GROWN * (GROWN - 1) / 2 - 100 * GROWN);
    CHECK_EQ(th_vector_least(&vector, component, &least, &found), TH_OK);
    CHECK(found && least == -100);
    CHECK_EQ(th_vector_greatest(&vector, component, &greatest, &found), TH_OK);
    CHECK(found && greatest == GROWN - 101);
    TEST_OK(&image, heap, th_vector_sort(&vector, component));
    for (uint32_t i = 0; i < GROWN; i++) {
      int32_t element[3];
      CHECK_EQ(th_vector_get(&vector, i, element, 4 * data_length, &found), TH_OK);
      CHECK(found && element[component] == (int32_t)i - 100);
    }
    CHECK_EQ(th_vector_free(&vector), TH_OK);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(an_empty_vector_has_no_least_and_a_sum_of_0) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle vector = make_u32(heap, 4);
  uint32_t number = 77;
  bool found = true;
  th_sum sum = {.low = 5, .high = 5};
  CHECK_EQ(th_vector_least(&vector, 0, &number, &found), TH_OK);
  CHECK(!found && number == 77);
  CHECK_EQ(th_vector_sum(&vector, 0, &sum), TH_OK);
  CHECK(sum.low == 0 && sum.high == 0);
  CHECK_EQ(th_vector_sort(&vector, 0), TH_OK);
  CHECK_EQ(length_of(&vector), 0);
  test_heap_close(&image, heap);
}

// ---- without room ----

static void check_counts_up(const th_handle *vector, uint32_t length) {
  CHECK_EQ(length_of(vector), length);
  for (uint32_t i = 0; i < length; i++)
    CHECK_EQ(number_at(vector, i), i);
}

TEST(a_push_into_a_full_heap_leaves_all_intact) {
  static const uint32_t buffer_lengths[] = {1, 3, 4, 100};
  for (int i = 0; i < 4; i++) {
    th_heap *heap = test_heap_open(&image, 8192, 128 << 10);
    const th_handle vector = make_u32(heap, buffer_lengths[i]);
    uint32_t count = 0, index = 99, number;
    while (TEST_CALL(&image, heap, th_vector_push(&vector, &count, &index)) == TH_OK)
      CHECK_EQ(index, count++);
    CHECK(count > 1000);
    const uint64_t used = th_heap_used(heap);
    CHECK_EQ(TEST_CALL(&image, heap, th_vector_push(&vector, &count, &index)), TH_FULL);
    CHECK_EQ(th_heap_used(heap), used);
    check_counts_up(&vector, count);
    CHECK(pop(&vector, &number) && number == count - 1);
    CHECK_EQ(push(&vector, count - 1), count - 1);
    check_counts_up(&vector, count);
    CHECK_EQ(th_vector_free(&vector), TH_OK);
    CHECK_EQ(th_heap_used(heap), 0);
    test_heap_close(&image, heap);
  }
}

TEST(a_push_that_needs_room_has_changed_nothing) {
  th_heap *heap = test_heap_open(&image, 0, 8 * MIB);
  th_handle vector = make_u32(heap, 100);
  uint32_t refused = 0;
  for (uint32_t i = 0; i < 20000; i++) {
    uint32_t index = 77;
    const uint64_t used = th_heap_used(heap);
    const th_status status = th_vector_push(&vector, &i, &index);
    if (status == TH_OK) continue;
    CHECK_EQ(status, TH_NEED_ROOM);
    CHECK_EQ(index, 77);
    CHECK_EQ(th_heap_used(heap), used);
    CHECK_EQ(length_of(&vector), i);
    CHECK_EQ(push(&vector, i), i);
    refused++;
  }
  CHECK(refused > 3);
  check_counts_up(&vector, 20000);
  test_heap_close(&image, heap);
}

TEST(a_batch_that_needs_room_has_changed_nothing) {
  enum { MANY = 20000 };
  static uint32_t numbers[MANY];
  th_heap *heap = test_heap_open(&image, 0, 8 * MIB);
  const th_handle vector = make_u32(heap, 1);
  for (uint32_t i = 0; i < MANY; i++)
    numbers[i] = i;
  push(&vector, 0);
  uint32_t index = 77, refused = 0;
  const uint64_t used = th_heap_used(heap);
  while (th_vector_push_many(&vector, numbers + 1, sizeof(numbers) - 4, &index) == TH_NEED_ROOM) {
    CHECK_EQ(index, 77);
    CHECK_EQ(th_heap_used(heap), used);
    CHECK_EQ(length_of(&vector), 1);
    CHECK(test_again(&image, heap, TH_NEED_ROOM));
    refused++;
  }
  CHECK(refused > 3);
  CHECK_EQ(index, 1);
  check_counts_up(&vector, MANY);
  test_heap_close(&image, heap);
}

TEST(a_first_chunk_larger_than_the_heap_is_refused) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle vector = make(heap, TH_ELEMENT_Float64, TH_DATA_LENGTH_MAX, UINT32_MAX);
  static double element[TH_DATA_LENGTH_MAX];
  uint32_t index;
  bool found;
  CHECK_EQ(TEST_CALL(&image, heap, th_vector_push(&vector, element, &index)), TH_FULL);
  CHECK_EQ(th_vector_pop(&vector, element, &found), TH_OK);
  CHECK(!found);
  CHECK_EQ(th_vector_free(&vector), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_freed_vector_says_so_in_every_call) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_handle vector = make_u32(heap, 4);
  uint32_t number = push(&vector, 1);
  uint64_t elements;
  bool found;
  CHECK_EQ(th_vector_free(&vector), TH_OK);
  CHECK_EQ(th_vector_push(&vector, &number, &number), TH_FREED);
  CHECK_EQ(th_vector_push_many(&vector, &number, sizeof(number), &number), TH_FREED);
  CHECK_EQ(th_vector_set_many(&vector, 0, &number, sizeof(number), &found), TH_FREED);
  CHECK_EQ(th_vector_sum(&vector, 0, &(th_sum){0}), TH_FREED);
  CHECK_EQ(th_vector_least(&vector, 0, &number, &found), TH_FREED);
  CHECK_EQ(th_vector_greatest(&vector, 0, &number, &found), TH_FREED);
  CHECK_EQ(th_vector_sort(&vector, 0), TH_FREED);
  CHECK_EQ(th_vector_pop(&vector, &number, &found), TH_FREED);
  CHECK_EQ(th_vector_set(&vector, 0, &number, &found), TH_FREED);
  CHECK_EQ(th_vector_remove_at(&vector, 0, &found), TH_FREED);
  CHECK_EQ(th_vector_clear(&vector), TH_FREED);
  CHECK_EQ(th_vector_copy(&vector, &number, 1, &number), TH_FREED);
  CHECK_EQ(th_vector_chunk(&vector, 0, &number), TH_FREED);
  CHECK_EQ(th_vector_capacity(&vector, &elements), TH_FREED);
  CHECK_EQ(th_vector_free(&vector), TH_FREED);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- threads ----

enum { PER_THREAD = 8000 * TEST_SCALE };

typedef struct crowd {
  th_handle vector;
  th_atomic_u8 taken[THREADS * PER_THREAD];
  th_atomic_u32 finished;
} crowd;

static void note_taken(crowd *c, uint32_t number) {
  CHECK(number < THREADS * PER_THREAD);
  CHECK_EQ(th_fetch_add_relaxed(&c->taken[number], 1), 0);
}

static void push_and_pop(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle vector = seen_by(heap, &c->vector);
  uint32_t number;
  for (uint32_t i = 0; i < PER_THREAD; i++) {
    push(&vector, (uint32_t)index * PER_THREAD + i);
    if (i % 3) continue;
    CHECK(pop(&vector, &number));
    note_taken(c, number);
  }
  th_heap_detach(heap);
}

TEST(threads_that_push_and_pop_lose_and_double_nothing) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  static crowd c;
  memset(&c, 0, sizeof(c));
  c.vector = make_u32(heap, 1);
  run_threads(THREADS, push_and_pop, &c);
  test_heap_is_sound(heap);
  const uint32_t popped = (PER_THREAD + 2) / 3;
  const uint32_t rest = THREADS * (PER_THREAD - popped);
  CHECK_EQ(length_of(&c.vector), rest);
  uint32_t number;
  for (uint32_t i = 0; i < rest; i++) {
    CHECK(pop(&c.vector, &number));
    note_taken(&c, number);
  }
  CHECK(!pop(&c.vector, &number));
  CHECK_EQ(th_vector_free(&c.vector), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

enum { BATCH = 20 };

// Pushes batches of numbers that follow each other, sorts now and then what others push too.
static void push_batches(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle vector = seen_by(heap, &c->vector);
  for (uint32_t i = 0; i < PER_THREAD; i += BATCH) {
    uint32_t numbers[BATCH], at;
    for (uint32_t j = 0; j < BATCH; j++)
      numbers[j] = (uint32_t)index * PER_THREAD + i + j;
    TEST_OK(&image, heap, th_vector_push_many(&vector, numbers, sizeof(numbers), &at));
    CHECK_EQ(at % BATCH, 0);
    th_sum sum;
    TEST_OK(&image, heap, th_vector_sum(&vector, 0, &sum));
    CHECK_EQ(sum.low % (BATCH / 2), 0); // as of every batch
  }
  th_heap_detach(heap);
}

TEST(batches_of_threads_stay_together) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  static crowd c;
  memset(&c, 0, sizeof(c));
  c.vector = make_u32(heap, 1);
  run_threads(THREADS, push_batches, &c);
  test_heap_is_sound(heap);
  CHECK_EQ(length_of(&c.vector), THREADS * PER_THREAD);
  for (uint32_t i = 0; i < THREADS * PER_THREAD; i++) {
    const uint32_t number = number_at(&c.vector, i);
    note_taken(&c, number);
    CHECK_EQ(number % BATCH, i % BATCH);
    if (i % BATCH) CHECK_EQ(number, number_at(&c.vector, i - 1) + 1);
  }
  test_heap_close(&image, heap);
}

static void push_and_sort(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle vector = seen_by(heap, &c->vector);
  for (uint32_t i = 0; i < PER_THREAD / 8; i++) {
    push(&vector, (uint32_t)index * PER_THREAD + i);
    if (i % 100 == 0) TEST_OK(&image, heap, th_vector_sort(&vector, 0));
  }
  th_heap_detach(heap);
}

TEST(a_sort_beside_threads_that_push_loses_nothing) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  static crowd c;
  memset(&c, 0, sizeof(c));
  c.vector = make_u32(heap, 1);
  run_threads(THREADS, push_and_sort, &c);
  TEST_OK(&image, heap, th_vector_sort(&c.vector, 0));
  CHECK_EQ(length_of(&c.vector), THREADS * (PER_THREAD / 8));
  for (uint32_t i = 0; i < THREADS * (PER_THREAD / 8); i++) {
    const uint32_t thread = i / (PER_THREAD / 8);
    CHECK_EQ(number_at(&c.vector, i), thread * PER_THREAD + i % (PER_THREAD / 8));
  }
  test_heap_close(&image, heap);
}

// Each thread replaces the elements of its own residue while all push.
static void push_and_set(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle vector = seen_by(heap, &c->vector);
  uint64_t element[3], copy[3] = {0};
  bool found;
  for (uint64_t i = 0; i < PER_THREAD; i++) {
    const uint32_t place = (uint32_t)(test_random() % 100 * THREADS) + (uint32_t)index;
    element[0] = element[1] = element[2] = i << 8 | (uint64_t)index;
    TEST_OK(&image, heap, th_vector_set(&vector, place, element, &found));
    CHECK(found);
    if (i % 8) continue;
    TEST_OK(&image, heap, th_vector_push(&vector, element, &(uint32_t){0}));
    TEST_OK(&image, heap, th_vector_copy(&vector, copy, 1, &(uint32_t){0}));
    CHECK(copy[0] == copy[1] && copy[1] == copy[2]); // set replaces an element whole
  }
  th_heap_detach(heap);
}

TEST(elements_set_by_threads_are_whole_and_where_they_were_set) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  static crowd c;
  static uint64_t all[(100 * THREADS + THREADS * PER_THREAD / 8) * 3];
  const uint64_t zero[3] = {0};
  uint32_t length;
  c.vector = make(heap, TH_ELEMENT_BigUint64, 3, 4);
  for (uint32_t i = 0; i < 100 * THREADS; i++)
    TEST_OK(&image, heap, th_vector_push(&c.vector, zero, &length));
  run_threads(THREADS, push_and_set, &c);
  test_heap_is_sound(heap);
  TEST_OK(&image, heap, th_vector_copy(&c.vector, all, sizeof(all) / 24, &length));
  CHECK_EQ(length, 100 * THREADS + THREADS * PER_THREAD / 8);
  for (uint32_t i = 0; i < length; i++) {
    CHECK(all[3 * i] == all[3 * i + 1] && all[3 * i] == all[3 * i + 2]);
    if (i < 100 * THREADS && all[3 * i] > 255) CHECK_EQ(all[3 * i] & 255, i & (THREADS - 1));
  }
  test_heap_close(&image, heap);
}

// An element through views of the chunks that were made once, so without the lock.
static uint32_t viewed_at(const th_handle *vector, th_address *views, uint32_t index) {
  uint32_t before;
  const uint32_t chunk = chunk_of(vector, index, &before);
  if (!views[chunk]) TEST_OK(&image, vector->heap, th_vector_chunk(vector, chunk, &views[chunk]));
  return th_load_acquire((th_atomic_u32 *)th__at(vector->heap, views[chunk] + 4 * before));
}

// A view reader: length first, then an element below it, as JavaScript does.
static void read_what_the_length_shows(const th_handle *vector, crowd *c) {
  th_address views[TH_VECTOR_CHUNKS] = {0};
  while (!th_load_acquire(&c->finished)) {
    const uint32_t length = length_of(vector);
    if (length == 0) continue;
    CHECK_EQ(viewed_at(vector, views, length - 1), length + 4);
    CHECK_EQ(viewed_at(vector, views, length / 2), length / 2 + 5);
  }
}

static void push_or_read(int index, void *context) {
  crowd *c = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle vector = seen_by(heap, &c->vector);
  if (index > 0) {
    read_what_the_length_shows(&vector, c);
  } else {
    for (uint32_t i = 0; i < 50000 * TEST_SCALE; i++)
      push(&vector, i + 5);
    th_store_release(&c->finished, 1u);
  }
  th_heap_detach(heap);
}

TEST(an_element_is_there_before_the_length_that_shows_it) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  static crowd c;
  memset(&c, 0, sizeof(c));
  c.vector = make_u32(heap, 1);
  run_threads(THREADS, push_or_read, &c);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

// ---- freed beside threads ----

typedef struct reuse {
  th_atomic_u32 address;
  th_atomic_u32 finished;
} reuse;

static void replace_vector(reuse *r, th_heap *heap) {
  for (uint32_t i = 0; i < 4000 * TEST_SCALE; i++) {
    const th_handle vector = make(heap, TH_ELEMENT_Float64, i % 2 ? 1 : 200, 1 + i % 5);
    th_store_release(&r->address, vector.address);
    TEST_OK(&image, heap, th_vector_free(&vector));
  }
  th_store_release(&r->finished, 1u);
}

static void use_whatever_is_there(reuse *r, th_heap *heap) {
  static _Thread_local double element[200];
  bool found;
  uint32_t index;
  while (!th_load_acquire(&r->finished)) {
    const th_descriptor descriptor = {.address = th_load_acquire(&r->address)};
    th_handle vector;
    if (!descriptor.address || th_vector_open(heap, &descriptor, &vector) != TH_OK) continue;
    th_status status = TEST_CALL(&image, heap, th_vector_push(&vector, element, &index));
    CHECK(status == TH_OK || status == TH_FREED);
    status = TEST_CALL(&image, heap, th_vector_pop(&vector, element, &found));
    CHECK(status == TH_OK || status == TH_FREED);
  }
}

static void replace_or_use(int index, void *context) {
  th_heap *heap = test_heap_attach(&image);
  if (index == 0) {
    replace_vector(context, heap);
  } else {
    use_whatever_is_there(context, heap);
  }
  th_heap_detach(heap);
}

TEST(calls_beside_free_and_reuse_of_the_slot_lose_nothing) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  reuse r = {0};
  run_threads(3, replace_or_use, &r);
  test_heap_is_sound(heap);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}
