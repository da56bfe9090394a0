// SPDX-License-Identifier: MIT
#include "exhaustion.h"

#include "core/list.h"
#include "core/store.h"
#include "core/string.h"
#include "core/vector.h"
#include "samples.h"

// ---- heaps ----

static th_heap *no_heap(trial *t) {
  th_heap *heap = t->heap;
  t->heap = NULL;
  return heap;
}

static void close_heap(trial *t) {
  th_heap_detach(no_heap(t));
  memset(t->image.base, 0, TH_HEADER_SIZE);
}

static th_status run_create(trial *t) {
  return trial_create_heap(t, &t->out.heap);
}

static th_status run_ensure(trial *t) {
  const th_heap_config config = {
      .buffer_size = 8192, .max_length = t->image.maximum, .seed = test_random()};
  return th_heap_ensure(t->image.base, th_load_relaxed(&t->image.length), &config, &t->out.heap);
}

static void check_created(trial *t, bool done) {
  th_heap *found = NULL;
  const th_status status = th_heap_attach(t->image.base, th_load_relaxed(&t->image.length), &found);
  CHECK_EQ(status, done ? TH_OK : TH_BAD_DESCRIPTOR);
  if (!done) return;
  th_heap_detach(found);
  t->heap = t->out.heap;
}

static th_status run_attach(trial *t) {
  return th_heap_attach(t->image.base, th_load_relaxed(&t->image.length), &t->out.heap);
}

static uint32_t threads_of(trial *t) {
  th_heap_stats stats;
  th_heap_stats_read(t->heap, &stats);
  return stats.threads;
}

static void check_attached(trial *t, bool done) {
  CHECK_EQ(threads_of(t), done ? 2 : 1);
}

static void detach_other(trial *t) {
  th_heap_detach(t->out.heap);
  CHECK_EQ(threads_of(t), 1);
}

static void attach_and_allocate(trial *t) {
  th_heap *other;
  CHECK_EQ(run_attach(t), TH_OK);
  other = t->out.heap;
  TEST_OK(&t->image, other, th_alloc(other, 40, 1, TH_BLOCK_USER, &t->block));
  t->handle.heap = other;
}

static th_status run_detach(trial *t) {
  th_heap_detach(t->handle.heap);
  return TH_OK;
}

static void check_detached(trial *t, bool done) {
  CHECK(done);
  CHECK_EQ(threads_of(t), 1);
}

static uint64_t committed(trial *t) {
  return th_load_relaxed(&t->heap->record->committed);
}

// As if the buffer had just been enlarged.
static th_status run_commit(trial *t) {
  return th_heap_commit(t->heap, t->image.maximum);
}

static void check_committed(trial *t, bool done) {
  CHECK_EQ(committed(t), done ? t->image.maximum : th_load_relaxed(&t->image.length));
  if (done) th_store_relaxed(&t->image.length, t->image.maximum);
}

static th_status run_read(trial *t) {
  th_heap_stats stats;
  th_report report;
  th_heap_stats_read(t->heap, &stats);
  CHECK_EQ(stats.used, th_heap_used(t->heap));
  CHECK_EQ(th_heap_verify(t->heap, true, &report), TH_OK);
  CHECK_EQ(report.count, 0);
  return TH_OK;
}

static void check_nothing(trial *t, bool done) {
  (void)t;
  CHECK(done);
}

TEST(a_heap_that_finds_no_memory_is_as_before) {
  static const operation ops[] = {
      {.name = "create", .prepare = close_heap, .run = run_create, .check = check_created},
      {.name = "ensure", .prepare = close_heap, .run = run_ensure, .check = check_created},
      {.name = "attach", .run = run_attach, .check = check_attached, .finish = detach_other},
      {.name = "detach",
       .prepare = attach_and_allocate,
       .run = run_detach,
       .check = check_detached,
       .cannot_fail = true},
      {.name = "commit", .run = run_commit, .check = check_committed, .native_only = true},
      {.name = "stats and verify", .run = run_read, .check = check_nothing, .cannot_fail = true},
  };
  EXHAUST(ops);
}

enum { MANY_MAX = 600 };

// ---- blocks: size is the length, other the alignment ----

static th_status run_alloc(trial *t) {
  return th_alloc(t->heap, t->op->size, t->op->other, TH_BLOCK_USER, &t->out.address);
}

static th_status run_alloc_zeroed(trial *t) {
  return th_alloc_zeroed(t->heap, t->op->size, t->op->other, TH_BLOCK_USER, &t->out.address);
}

static void check_alloc(trial *t, bool done) {
  uint64_t length;
  if (!done) return;
  CHECK_EQ(th_block_find(t->heap->record, t->out.address, TH_BLOCK_USER, &length), TH_OK);
  CHECK_EQ(length, t->op->size);
  t->block = t->out.address;
}

static void make_block(trial *t) {
  TEST_OK(&t->image, t->heap, th_alloc(t->heap, t->op->size, 1, TH_BLOCK_USER, &t->block));
}

static th_status run_free(trial *t) {
  return th_free(t->heap, t->block, TH_BLOCK_USER);
}

static void check_block_freed(trial *t, bool done) {
  uint64_t length;
  CHECK(done);
  CHECK_EQ(th_block_find(t->heap->record, t->block, TH_BLOCK_USER, &length), TH_FREED);
  t->block = 0;
}

static th_status run_realloc(trial *t) {
  return th_realloc(t->heap, t->block, TH_BLOCK_USER, t->op->other, 1, &t->out.address);
}

static void check_realloc(trial *t, bool done) {
  uint64_t length;
  if (done) t->block = t->out.address;
  CHECK_EQ(th_block_find(t->heap->record, t->block, TH_BLOCK_USER, &length), TH_OK);
  CHECK_EQ(length, done ? t->op->other : t->op->size);
}

// ---- many blocks: size is the length of each, other their number ----

static th_address many[MANY_MAX];

static th_status run_alloc_many(trial *t) {
  return th_alloc_many(t->heap, t->op->other, t->op->size, 1, TH_BLOCK_USER, many);
}

static void check_alloc_many(trial *t, bool done) {
  uint64_t length;
  for (uint32_t i = 0; done && i < t->op->other; i++) {
    CHECK_EQ(th_block_find(t->heap->record, many[i], TH_BLOCK_USER, &length), TH_OK);
    CHECK_EQ(length, t->op->size);
  }
}

static void free_many(trial *t) {
  CHECK_EQ(th_free_many(t->heap, many, t->op->other, TH_BLOCK_USER), t->op->other);
}

static void make_many(trial *t) {
  TEST_OK(&t->image, t->heap, run_alloc_many(t));
}

static th_status run_free_many(trial *t) {
  free_many(t);
  return TH_OK;
}

static void check_many_freed(trial *t, bool done) {
  CHECK(done);
  CHECK_EQ(th_free_many(t->heap, many, t->op->other, TH_BLOCK_USER), 0);
}

TEST(many_blocks_that_find_no_memory_are_not_made) {
#define ALLOC_MANY(length, number)                                                                 \
  {                                                                                                \
    .name = "alloc_many", .run = run_alloc_many, .check = check_alloc_many, .finish = free_many,   \
    .size = (length), .other = (number)                                                            \
  }
  static const operation ops[] = {
      ALLOC_MANY(64, 1),
      ALLOC_MANY(16, MANY_MAX),
      ALLOC_MANY(1000, 20),
      ALLOC_MANY(5000, 9),
      ALLOC_MANY(10000, 5),
      {.name = "free_many",
       .prepare = make_many,
       .run = run_free_many,
       .check = check_many_freed,
       .cannot_fail = true,
       .size = 1000,
       .other = 20},
  };
  EXHAUST(ops);
}

TEST(a_block_that_finds_no_memory_is_not_made) {
#define ALLOC(call, length, align)                                                                 \
  { .name = #call, .run = run_##call, .check = check_alloc, .size = (length), .other = (align) }
  static const operation ops[] = {
      ALLOC(alloc, 0, 1),
      ALLOC(alloc, 100, 16),
      ALLOC(alloc, 3000, 1),
      ALLOC(alloc, 64, 4096),
      ALLOC(alloc, 8192, 1),
      ALLOC(alloc, 8193, 1),
      ALLOC(alloc, 100, 1 << 16),
      ALLOC(alloc, 200000, 1 << 14),
      ALLOC(alloc_zeroed, 100, 16),
      ALLOC(alloc_zeroed, 20000, 16),
      {.name = "free",
       .prepare = make_block,
       .run = run_free,
       .check = check_block_freed,
       .cannot_fail = true,
       .size = 100},
      {.name = "free",
       .prepare = make_block,
       .run = run_free,
       .check = check_block_freed,
       .cannot_fail = true,
       .size = 100000},
#define REALLOC(from, to)                                                                          \
  {.name = "realloc",                                                                              \
   .prepare = make_block,                                                                          \
   .run = run_realloc,                                                                             \
   .check = check_realloc,                                                                         \
   .native_only = true,                                                                            \
   .size = (from),                                                                                 \
   .other = (to)}
      REALLOC(100, 200),
      REALLOC(100, 3000),
      REALLOC(3000, 200000),
  };
  EXHAUST(ops);
}

// ---- lists: size is the elements there are, other the numbers of an element ----

enum { NUMBERS_MAX = 40000, BATCH = 5 };

static uint32_t numbers[NUMBERS_MAX];

// Element number i.
static const uint32_t *element(const trial *t, uint32_t i) {
  for (uint32_t j = 0; j < t->op->other; j++)
    numbers[j] = i * 1000 + j;
  return numbers;
}

static bool is_element(const trial *t, const uint32_t *read, uint32_t i) {
  return memcmp(read, element(t, i), t->op->other * sizeof(*read)) == 0;
}

static th_status run_list_create(trial *t) {
  const th_element e = {.type = TH_ELEMENT_Uint32, .data_length = t->op->other};
  return th_list_create(t->heap, &e, &t->out.handle);
}

static th_status run_list_push(trial *t) {
  return th_list_push(&t->handle, element(t, t->op->size), NULL);
}

static th_status run_list_push_many(trial *t) {
  static uint32_t batch[BATCH * NUMBERS_MAX];
  for (uint32_t i = 0; i < BATCH; i++)
    memcpy(batch + i * t->op->other, element(t, t->op->size + i), t->op->other * sizeof(*batch));
  return th_list_push_many(&t->handle, batch, BATCH * t->op->other * sizeof(*batch));
}

static void make_list(trial *t) {
  TEST_OK(&t->image, t->heap, run_list_create(t));
  t->handle = t->out.handle;
  for (uint32_t i = 0; i < t->op->size; i++)
    TEST_OK(&t->image, t->heap, th_list_push(&t->handle, element(t, i), NULL));
}

// The list has the elements [from, end).
static void check_list(trial *t, uint32_t from, uint32_t end) {
  static uint32_t read[2 * NUMBERS_MAX];
  uint32_t length;
  CHECK_EQ(th_list_copy(&t->handle, read, 2 * NUMBERS_MAX / t->op->other, &length), TH_OK);
  CHECK_EQ(length, end - from);
  CHECK_EQ(th_load_relaxed(&t->handle.control->length), length);
  for (uint32_t i = 0; i < length; i++)
    CHECK(is_element(t, read + i * t->op->other, from + i));
}

static void check_list_created(trial *t, bool done) {
  if (!done) return;
  t->handle = t->out.handle;
  check_list(t, 0, 0);
}

static void check_list_pushed(trial *t, bool done) {
  check_list(t, 0, t->op->size + done);
}

static void check_list_pushed_many(trial *t, bool done) {
  check_list(t, 0, t->op->size + done * BATCH);
}

static void free_list(trial *t) {
  CHECK_EQ(th_list_free(&t->handle), TH_OK);
}

static th_status run_list_reads(trial *t) {
  union {
    th_list_batch batch;
    uint8_t bytes[sizeof(th_list_batch) + 4 * 16];
  } space = {.batch = {.capacity = 4}};
  th_census reached = {0};
  CHECK_EQ(th_list_at(&t->handle, 2, &t->out.address), TH_OK);
  CHECK_EQ(th_list_next(&t->handle, &space.batch), TH_OK);
  CHECK_EQ(space.batch.count, 4);
  return th_list_verify(&t->handle, &reached);
}

static void check_list_kept(trial *t, bool done) {
  CHECK(done);
  check_list(t, 0, t->op->size);
}

static th_status run_list_removes(trial *t) {
  uint32_t read;
  bool found;
  union {
    th_list_batch batch;
    uint8_t bytes[sizeof(th_list_batch) + 16];
  } space = {.batch = {.capacity = 1}};
  CHECK_EQ(th_list_remove_at(&t->handle, 0, &read, &found), TH_OK);
  CHECK_EQ(th_list_remove_equal(&t->handle, element(t, 1), 1, &read, &found), TH_OK);
  CHECK_EQ(th_list_next(&t->handle, &space.batch), TH_OK);
  return th_list_remove_node(&t->handle, space.batch.items[0].address,
                             space.batch.items[0].sequence, &read, &found);
}

static void check_list_removed(trial *t, bool done) {
  CHECK(done);
  check_list(t, 3, t->op->size);
}

static th_status run_list_clear(trial *t) {
  return th_list_clear(&t->handle);
}

static void check_list_cleared(trial *t, bool done) {
  CHECK(done);
  check_list(t, 0, 0);
}

static th_status run_list_free(trial *t) {
  return th_list_free(&t->handle);
}

static void check_freed(trial *t, bool done) {
  CHECK(done);
  CHECK_EQ(th_object_check(&t->handle), TH_FREED);
}

TEST(a_list_that_finds_no_memory_is_as_before) {
#define PUSH(elements, data_length)                                                                \
  {                                                                                                \
    .name = "push", .prepare = make_list, .run = run_list_push, .check = check_list_pushed,        \
    .finish = free_list, .size = (elements), .other = (data_length)                                \
  }
#define PUSH_MANY(elements, data_length)                                                           \
  {                                                                                                \
    .name = "push many", .prepare = make_list, .run = run_list_push_many,                          \
    .check = check_list_pushed_many, .finish = free_list, .size = (elements),                      \
    .other = (data_length)                                                                         \
  }
#define LIST(what, run_it, check_it, free_it)                                                      \
  {                                                                                                \
    .name = (what), .prepare = make_list, .run = (run_it), .check = (check_it),                    \
    .finish = (free_it), .cannot_fail = true, .size = 5, .other = 1                                \
  }
  static const operation ops[] = {
      {.name = "create",
       .run = run_list_create,
       .check = check_list_created,
       .finish = free_list,
       .other = 1},
      PUSH(0, 1),
      PUSH(5, 1),
      PUSH(3, 700),
      PUSH(1, 40000),
      PUSH_MANY(0, 1),
      PUSH_MANY(5, 1),
      PUSH_MANY(3, 700),
      PUSH_MANY(1, 10000),
      LIST("reads", run_list_reads, check_list_kept, free_list),
      LIST("removals", run_list_removes, check_list_removed, free_list),
      LIST("clear", run_list_clear, check_list_cleared, free_list),
      LIST("free", run_list_free, check_freed, NULL),
  };
  EXHAUST(ops);
}

// ---- vectors: size is the elements there are, other the numbers of an element ----

static th_status run_vector_create(trial *t) {
  const th_vector_config config = {
      .element = {.type = TH_ELEMENT_Uint32, .data_length = t->op->other}, .buffer_length = 4};
  return th_vector_create(t->heap, &config, &t->out.handle);
}

static void make_vector(trial *t) {
  uint32_t index;
  TEST_OK(&t->image, t->heap, run_vector_create(t));
  t->handle = t->out.handle;
  for (uint32_t i = 0; i < t->op->size; i++)
    TEST_OK(&t->image, t->heap, th_vector_push(&t->handle, element(t, i), &index));
}

static th_status run_vector_push(trial *t) {
  return th_vector_push(&t->handle, element(t, t->op->size), &t->out.index);
}

static th_status run_vector_push_many(trial *t) {
  static uint32_t batch[BATCH * NUMBERS_MAX];
  for (uint32_t i = 0; i < BATCH; i++)
    memcpy(batch + i * t->op->other, element(t, t->op->size + i), t->op->other * sizeof(*batch));
  const size_t bytes = BATCH * t->op->other * sizeof(*batch);
  return th_vector_push_many(&t->handle, batch, bytes, &t->out.index);
}

// The vector has the elements [0, end).
static void check_vector(trial *t, uint32_t end) {
  static uint32_t read[5 * NUMBERS_MAX];
  uint32_t length;
  CHECK_EQ(th_vector_copy(&t->handle, read, 5 * NUMBERS_MAX / t->op->other, &length), TH_OK);
  CHECK_EQ(length, end);
  CHECK_EQ(th_load_relaxed(&t->handle.control->length), length);
  for (uint32_t i = 0; i < length; i++)
    CHECK(is_element(t, read + i * t->op->other, i));
}

static void check_vector_created(trial *t, bool done) {
  if (!done) return;
  t->handle = t->out.handle;
  check_vector(t, 0);
}

static void check_vector_pushed(trial *t, bool done) {
  uint64_t capacity;
  if (done) CHECK_EQ(t->out.index, t->op->size);
  check_vector(t, t->op->size + done);
  if (done) return;
  CHECK_EQ(th_vector_capacity(&t->handle, &capacity), TH_OK);
  CHECK_EQ(capacity, t->op->size ? t->op->size : 4); // a push needs memory at a chunk's end only
}

static void check_vector_pushed_many(trial *t, bool done) {
  if (done) CHECK_EQ(t->out.index, t->op->size);
  check_vector(t, t->op->size + done * BATCH);
}

static th_status run_vector_sort(trial *t) {
  return th_vector_sort(&t->handle, 0);
}

static void check_vector_sorted(trial *t, bool done) {
  (void)done;
  check_vector(t, t->op->size); // as it was made: it was in order
}

static void free_vector(trial *t) {
  CHECK_EQ(th_vector_free(&t->handle), TH_OK);
}

static th_status run_vector_reads(trial *t) {
  th_census reached = {0};
  th_sum sum;
  CHECK_EQ(th_vector_sum(&t->handle, 0, &sum), TH_OK);
  CHECK_EQ(sum.low, 1000 * 36);
  CHECK_EQ(th_vector_least(&t->handle, 0, t->out.element, &t->out.flag), TH_OK);
  CHECK_EQ(th_vector_greatest(&t->handle, 0, t->out.element, &t->out.flag), TH_OK);
  CHECK_EQ(th_vector_capacity(&t->handle, &t->out.number), TH_OK);
  CHECK_EQ(th_vector_chunk(&t->handle, 1, &t->out.address), TH_OK);
  return th_vector_verify(&t->handle, &reached);
}

static void check_vector_kept(trial *t, bool done) {
  CHECK(done);
  check_vector(t, t->op->size);
}

static th_status run_vector_changes(trial *t) {
  uint32_t read;
  bool found;
  CHECK_EQ(th_vector_pop(&t->handle, &read, &found), TH_OK);
  CHECK_EQ(th_vector_set(&t->handle, 0, element(t, 1), &found), TH_OK);
  CHECK_EQ(th_vector_set_many(&t->handle, 1, element(t, 0), sizeof(uint32_t), &found), TH_OK);
  return th_vector_remove_at(&t->handle, 0, &found);
}

static void check_vector_changed(trial *t, bool done) {
  CHECK(done);
  check_vector(t, 1);
}

static th_status run_vector_clear(trial *t) {
  return th_vector_clear(&t->handle);
}

static void check_vector_cleared(trial *t, bool done) {
  CHECK(done);
  check_vector(t, 0);
}

static th_status run_vector_free(trial *t) {
  return th_vector_free(&t->handle);
}

TEST(a_vector_that_finds_no_memory_is_as_before) {
#define VECTOR_PUSH(elements, data_length)                                                         \
  {                                                                                                \
    .name = "push", .prepare = make_vector, .run = run_vector_push, .check = check_vector_pushed,  \
    .finish = free_vector, .size = (elements), .other = (data_length)                              \
  }
#define VECTOR_PUSH_MANY(elements, data_length)                                                    \
  {                                                                                                \
    .name = "push many", .prepare = make_vector, .run = run_vector_push_many,                      \
    .check = check_vector_pushed_many, .finish = free_vector, .size = (elements),                  \
    .other = (data_length)                                                                         \
  }
#define VECTOR(what, run_it, check_it, free_it, elements)                                          \
  {                                                                                                \
    .name = (what), .prepare = make_vector, .run = (run_it), .check = (check_it),                  \
    .finish = (free_it), .cannot_fail = true, .size = (elements), .other = 1                       \
  }
  static const operation ops[] = {
      {.name = "create",
       .run = run_vector_create,
       .check = check_vector_created,
       .finish = free_vector,
       .other = 1},
      VECTOR_PUSH(0, 1),
      VECTOR_PUSH(4, 1),
      VECTOR_PUSH(64, 3),
      VECTOR_PUSH(4, 40000),
      VECTOR_PUSH_MANY(0, 1),
      VECTOR_PUSH_MANY(4, 1),
      VECTOR_PUSH_MANY(62, 3),
      VECTOR_PUSH_MANY(3, 10000),
      {.name = "sort",
       .prepare = make_vector,
       .run = run_vector_sort,
       .check = check_vector_sorted,
       .finish = free_vector,
       .native_only = true,
       .size = 100,
       .other = 1},
      VECTOR("push with room", run_vector_push, check_vector_pushed, free_vector, 5),
      VECTOR("reads", run_vector_reads, check_vector_kept, free_vector, 9),
      VECTOR("changes", run_vector_changes, check_vector_changed, free_vector, 3),
      VECTOR("clear", run_vector_clear, check_vector_cleared, free_vector, 9),
      VECTOR("free", run_vector_free, check_freed, NULL, 9),
  };
  EXHAUST(ops);
}

// ---- strings: id is the text before, other the text after ----

enum { LONG_TEXT = 30000 };

static th_value text(uint32_t id) {
  static uint8_t letters[LONG_TEXT];
  static const uint16_t wide[] = {0x3b1, 0x3b2, 0x3b3, 0x3b4, 0x3b5, 0x3b6};
  memset(letters, 'x', sizeof(letters));
  const th_value texts[] = {test_text(""), test_text("inline"), test_text("a text with a block"),
                            test_utf16(wide, 6), test_latin1(letters, LONG_TEXT)};
  return texts[id];
}

static th_status run_string_create(trial *t) {
  const th_value value = text(t->op->other);
  return th_string_create(t->heap, &value, &t->out.handle);
}

static void make_string(trial *t) {
  const th_value value = text(t->op->id);
  TEST_OK(&t->image, t->heap, th_string_create(t->heap, &value, &t->handle));
}

static th_status run_string_set(trial *t) {
  const th_value value = text(t->op->other);
  return th_string_set(&t->handle, &value);
}

static void check_string(trial *t, uint32_t id) {
  const th_value value = text(id);
  th_value read;
  CHECK_EQ(th_string_get(&t->handle, &read), TH_OK);
  CHECK(test_same(t->heap, &read, &value));
  CHECK_EQ(th_load_relaxed(&t->handle.control->length),
           value.type == TH_UTF16 ? value.length / 2 : value.length);
}

static void check_string_created(trial *t, bool done) {
  if (!done) return;
  t->handle = t->out.handle;
  check_string(t, t->op->other);
}

static void check_string_set(trial *t, bool done) {
  check_string(t, done ? t->op->other : t->op->id);
}

static th_status run_string_get(trial *t) {
  return th_string_get(&t->handle, &t->out.value);
}

static void check_string_got(trial *t, bool done) {
  const th_value value = text(t->op->id);
  if (done) CHECK(test_same(t->heap, &t->out.value, &value));
  check_string(t, t->op->id);
}

static th_status run_string_verify(trial *t) {
  th_census reached = {0};
  return th_string_verify(&t->handle, &reached);
}

static void check_string_kept(trial *t, bool done) {
  CHECK(done);
  check_string(t, t->op->id);
}

static void free_string(trial *t) {
  CHECK_EQ(th_string_free(&t->handle), TH_OK);
}

static th_status run_string_free(trial *t) {
  return th_string_free(&t->handle);
}

TEST(a_string_that_finds_no_memory_is_as_before) {
#define CREATE(after)                                                                              \
  {                                                                                                \
    .name = "create", .run = run_string_create, .check = check_string_created,                     \
    .finish = free_string, .other = (after)                                                        \
  }
#define SET(before, after, never_fails)                                                            \
  {                                                                                                \
    .name = "set", .prepare = make_string, .run = run_string_set, .check = check_string_set,       \
    .finish = free_string, .cannot_fail = (never_fails), .id = (before), .other = (after)          \
  }
#define STRING(what, run_it, check_it, free_it, never_fails)                                       \
  {                                                                                                \
    .name = (what), .prepare = make_string, .run = (run_it), .check = (check_it),                  \
    .finish = (free_it), .cannot_fail = (never_fails), .id = 3                                     \
  }
  static const operation ops[] = {
      CREATE(0),
      CREATE(1),
      CREATE(2),
      CREATE(3),
      CREATE(4),
      SET(0, 2, false),
      SET(1, 3, false),
      SET(2, 4, false),
      SET(4, 3, false),
      SET(3, 1, true),
      STRING("get", run_string_get, check_string_got, free_string, false),
      STRING("verify", run_string_verify, check_string_kept, free_string, true),
      STRING("free", run_string_free, check_freed, NULL, true),
  };
  EXHAUST(ops);
}

// ---- containers in a user's block: id is the kind ----

typedef struct kind_calls {
  th_status (*create)(th_heap *heap, th_handle *handle);
  th_status (*open)(th_heap *heap, const th_descriptor *descriptor, th_handle *handle);
  th_status (*free)(const th_handle *handle);
} kind_calls;

static th_status create_list(th_heap *heap, th_handle *handle) {
  const th_element e = {.type = TH_ELEMENT_Uint32, .data_length = 1};
  return th_list_create(heap, &e, handle);
}

static th_status create_vector(th_heap *heap, th_handle *handle) {
  const th_vector_config config = {.element = {.data_length = 1}, .buffer_length = 4};
  return th_vector_create(heap, &config, handle);
}

static th_status create_string(th_heap *heap, th_handle *handle) {
  const th_value value = test_text("a text with a block");
  return th_string_create(heap, &value, handle);
}

static th_status create_store(th_heap *heap, th_handle *handle) {
  return th_store_create(heap, 0, handle);
}

static th_status open_store(th_heap *heap, const th_descriptor *descriptor, th_handle *handle) {
  return th_store_open(heap, descriptor, 0, handle);
}

static const kind_calls kinds[TH_OBJECT_KINDS] = {
    [TH_LIST] = {create_list, th_list_open, th_list_free},
    [TH_VECTOR] = {create_vector, th_vector_open, th_vector_free},
    [TH_MAP] = {th_map_create, th_map_open, th_map_free},
    [TH_STRING] = {create_string, th_string_open, th_string_free},
    [TH_STORE] = {create_store, open_store, th_map_free},
};

static void make_zeroed_block(trial *t) {
  TEST_OK(&t->image, t->heap, th_alloc_zeroed(t->heap, 16, 1, TH_BLOCK_USER, &t->block));
}

static void make_container(trial *t) {
  make_zeroed_block(t);
  TEST_OK(&t->image, t->heap, kinds[t->op->id].create(t->heap, &t->handle));
}

static void make_bound_container(trial *t) {
  make_container(t);
  CHECK_EQ(th_object_bind(&t->handle, (th_object_kind)t->op->id, t->block), TH_OK);
}

static th_status run_open(trial *t) {
  const th_descriptor descriptor = {.address = t->block};
  return kinds[t->op->id].open(t->heap, &descriptor, &t->out.handle);
}

static bool block_is_zero(trial *t) {
  static const uint8_t zeros[16];
  return memcmp(th__at(t->heap, t->block), zeros, sizeof(zeros)) == 0;
}

static void check_opened(trial *t, bool done) {
  CHECK_EQ(block_is_zero(t), !done);
  if (!done) return;
  t->handle = t->out.handle;
  CHECK_EQ(t->handle.address, t->block);
  CHECK_EQ(th_object_check(&t->handle), TH_OK);
}

static th_status run_bind(trial *t) {
  return th_object_bind(&t->handle, (th_object_kind)t->op->id, t->block);
}

static void check_bound(trial *t, bool done) {
  CHECK(done);
  CHECK_EQ(run_open(t), TH_OK);
  CHECK(t->out.handle.object == t->handle.object);
}

static th_status run_container_free(trial *t) {
  return kinds[t->op->id].free(&t->handle);
}

static void check_unbound(trial *t, bool done) {
  check_freed(t, done);
  CHECK(block_is_zero(t));
}

static void free_container(trial *t) {
  CHECK_EQ(run_container_free(t), TH_OK);
}

TEST(a_block_whose_container_finds_no_memory_is_as_before) {
#define EACH_KIND(call)                                                                            \
  call(TH_LIST), call(TH_VECTOR), call(TH_MAP), call(TH_STRING), call(TH_STORE)
#define OPEN_ZEROED(kind)                                                                          \
  {                                                                                                \
    .name = "open a zeroed block", .prepare = make_zeroed_block, .run = run_open,                  \
    .check = check_opened, .finish = free_container, .id = (kind)                                  \
  }
#define OPEN_BOUND(kind)                                                                           \
  {                                                                                                \
    .name = "open a bound block", .prepare = make_bound_container, .run = run_open,                \
    .check = check_opened, .finish = free_container, .cannot_fail = true, .id = (kind)             \
  }
#define BIND(kind)                                                                                 \
  {                                                                                                \
    .name = "bind", .prepare = make_container, .run = run_bind, .check = check_bound,              \
    .finish = free_container, .cannot_fail = true, .id = (kind)                                    \
  }
#define UNBIND(kind)                                                                               \
  {                                                                                                \
    .name = "free a bound container", .prepare = make_bound_container, .run = run_container_free,  \
    .check = check_unbound, .cannot_fail = true, .id = (kind)                                      \
  }
  static const operation ops[] = {EACH_KIND(OPEN_ZEROED), EACH_KIND(OPEN_BOUND), EACH_KIND(BIND),
                                  EACH_KIND(UNBIND)};
  EXHAUST(ops);
}
