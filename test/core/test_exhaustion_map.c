// SPDX-License-Identifier: MIT
// The map before the call has the keys [removed, size), each with the value of its own number, in
// tables that have seen the removed ones too. `key` is the key of the call and `id` its value.
#include "exhaustion.h"

#include <stdio.h>

#include "samples.h"

enum { ABSENT = 0, ADDED = UINT16_MAX, DELTA = 2, FEW = 64 };

// Of the first keys every second one, of the others every eighth, is a text that needs a block.
static th_value key_of(uint32_t number) {
  static char texts[2][64];
  static uint32_t turn;
  char *text = texts[turn++ % 2];
  if (number % (number < FEW ? 2 : 8) != 1) return test_number(number);
  snprintf(text, sizeof(texts[0]), "the text of key number %u", number);
  return test_text(text);
}

static th_value value_of(uint32_t id) {
  static uint64_t space[TEST_VALUE_BYTES_MAX / 8];
  return id == ADDED ? test_number(DELTA) : test_value(id, space);
}

// Of the first keys every type, inline and in a block; of the others a number of their own.
static uint32_t id_of(uint32_t number) {
  return number < FEW ? number + 1 : number * 12;
}

static th_status run_create(trial *t) {
  return th_map_create(t->heap, &t->out.handle);
}

static void make_map(trial *t) {
  TEST_OK(&t->image, t->heap, th_map_create(t->heap, &t->handle));
  for (uint32_t i = 0; i < t->op->size; i++) {
    const th_value key = key_of(i), value = value_of(id_of(i));
    TEST_OK(&t->image, t->heap, th_map_set(&t->handle, &key, &value));
  }
  for (uint32_t i = 0; i < t->op->removed; i++) {
    const th_value key = key_of(i);
    bool found;
    TEST_OK(&t->image, t->heap, th_map_delete(&t->handle, &key, &found));
    CHECK(found);
  }
  memset(&t->cursor, 0, sizeof(t->cursor));
}

static void free_map(trial *t) {
  CHECK_EQ(th_map_free(&t->handle), TH_OK);
}

static bool holds(trial *t, uint32_t number, uint32_t id) {
  const th_value key = key_of(number);
  th_value read;
  bool found;
  CHECK_EQ(th_map_get(&t->handle, &key, &read, &found), TH_OK);
  if (id == ABSENT || !found) return id == ABSENT && !found;
  const th_value value = value_of(id);
  return test_same(t->heap, &read, &value);
}

// All keys are as before the call, but for that of the call, which has the value `id`.
static void check_map(trial *t, uint32_t id) {
  const operation *op = t->op;
  uint64_t entries;
  uint32_t expected = 0;
  const uint32_t end = op->key < op->size ? op->size : op->key + 1;
  for (uint32_t i = 0; i < end; i++) {
    const uint32_t before = i < op->removed || i >= op->size ? ABSENT : id_of(i);
    const uint32_t now = i == op->key ? id : before;
    CHECK(holds(t, i, now));
    expected += now != ABSENT;
  }
  CHECK_EQ(th_map_size(&t->handle, &entries), TH_OK);
  CHECK_EQ(entries, expected);
}

static uint32_t id_before(const operation *op) {
  return op->key < op->removed || op->key >= op->size ? ABSENT : id_of(op->key);
}

static void check_kept(trial *t, bool done) {
  (void)done;
  check_map(t, id_before(t->op));
}

static void check_changed(trial *t, bool done) {
  check_map(t, done ? t->op->id : id_before(t->op));
}

static void check_created(trial *t, bool done) {
  if (!done) return;
  t->handle = t->out.handle;
  check_map(t, ABSENT);
}

// ---- the calls ----

static th_status run_set(trial *t) {
  const th_value key = key_of(t->op->key), value = value_of(t->op->id);
  return th_map_set(&t->handle, &key, &value);
}

static th_status run_add(trial *t) {
  const th_value key = key_of(t->op->key);
  return th_map_add(&t->handle, &key, DELTA, &t->out.sum);
}

static void check_added(trial *t, bool done) {
  if (done) CHECK(t->out.sum == DELTA);
  check_changed(t, done);
}

// Expects the value of the number `other`.
static th_status run_compare_and_set(trial *t) {
  static uint64_t space[TEST_VALUE_BYTES_MAX / 8];
  const th_value undefined = {.type = TH_UNDEFINED};
  const th_value key = key_of(t->op->key), value = value_of(t->op->id);
  const th_value expected = t->op->other == ABSENT ? undefined : test_value(t->op->other, space);
  return th_map_compare_and_set(&t->handle, &key, &expected, &value, &t->out.flag);
}

static void check_stored(trial *t, bool done) {
  if (done) CHECK(t->out.flag);
  check_changed(t, done);
}

static void check_refused(trial *t, bool done) {
  if (done) CHECK(!t->out.flag);
  check_kept(t, done);
}

static th_status run_get_or_insert(trial *t) {
  const th_value key = key_of(t->op->key), value = value_of(t->op->id);
  return th_map_get_or_insert(&t->handle, &key, &value, &t->out.value, &t->out.flag);
}

static void check_present(trial *t, bool done) {
  const th_value value = value_of(id_before(t->op));
  if (done) CHECK(!t->out.flag && test_same(t->heap, &t->out.value, &value));
  check_kept(t, done);
}

static th_status run_get(trial *t) {
  const th_value key = key_of(t->op->key);
  return th_map_get(&t->handle, &key, &t->out.value, &t->out.flag);
}

static void check_got(trial *t, bool done) {
  const th_value value = value_of(id_before(t->op));
  if (done) CHECK(t->out.flag && test_same(t->heap, &t->out.value, &value));
  check_kept(t, done);
}

static th_status run_looks(trial *t) {
  const th_value key = key_of(t->op->key);
  CHECK_EQ(th_map_has(&t->handle, &key, &t->out.flag), TH_OK);
  CHECK(t->out.flag);
  CHECK_EQ(th_map_slots(&t->handle, &t->out.number), TH_OK);
  return th_map_size(&t->handle, &t->out.number);
}

static th_map_batch batch;

static th_status run_next(trial *t) {
  return th_map_next(&t->handle, &t->cursor, true, &batch);
}

static void check_next(trial *t, bool done) {
  static const th_map_cursor begin;
  if (done) CHECK_EQ(batch.count, t->op->size);
  if (!done) CHECK(memcmp(&t->cursor, &begin, sizeof(begin)) == 0);
  check_kept(t, done);
}

// Iterates over the map to its end, in batches each of which needs memory.
static void walk(trial *t) {
  make_map(t);
  TEST_OK(&t->image, t->heap, run_next(t));
}

static void check_second(trial *t, bool done) {
  if (done) CHECK_EQ(batch.count, t->op->size - TH_MAP_BATCH);
  check_kept(t, done);
}

static th_status run_delete(trial *t) {
  const th_value key = key_of(t->op->key);
  return th_map_delete(&t->handle, &key, &t->out.flag);
}

static void check_deleted(trial *t, bool done) {
  CHECK(done && t->out.flag);
  check_map(t, ABSENT);
}

static th_status run_clear(trial *t) {
  return th_map_clear(&t->handle);
}

static void check_cleared(trial *t, bool done) {
  uint64_t entries;
  CHECK(done);
  CHECK_EQ(th_map_size(&t->handle, &entries), TH_OK);
  CHECK_EQ(entries, 0);
  for (uint32_t i = 0; i < t->op->size; i++)
    CHECK(holds(t, i, ABSENT));
}

static th_status run_free(trial *t) {
  return th_map_free(&t->handle);
}

static void check_freed(trial *t, bool done) {
  CHECK(done);
  CHECK_EQ(th_object_check(&t->handle), TH_FREED);
}

static th_status run_verify(trial *t) {
  th_report report;
  const th_status status = th_heap_verify(t->heap, true, &report);
  CHECK_EQ(report.count, 0);
  return status;
}

// ---- the tables ----

#define CALL(what, run_it, check_it, ...)                                                          \
  {                                                                                                \
    .name = (what), .prepare = make_map, .run = (run_it), .check = (check_it), .finish = free_map, \
    __VA_ARGS__                                                                                    \
  }
#define SET(entries, number, value)                                                                \
  CALL("set", run_set, check_changed, .size = (entries), .key = (number), .id = (value))

TEST(a_map_that_finds_no_memory_for_an_entry_is_as_before) {
  static const operation ops[] = {
      {.name = "create", .run = run_create, .check = check_created, .finish = free_map},
      // Into no table, a table with room, and a full one.
      SET(0, 0, 3),
      SET(0, 1, 3),
      SET(4, 5, 1),
      SET(5, 5, 3),
      SET(5, 7, 1),
      SET(20, 21, 4),
      SET(640, 641, 8),
      // A value of each type, inline and in a block, for a key that is there.
      SET(30, 3, 1),
      SET(30, 3, 2),
      SET(30, 3, 3),
      SET(30, 3, 4),
      SET(30, 3, 5),
      SET(30, 3, 6),
      SET(30, 3, 7),
      SET(30, 3, 8),
      SET(30, 3, 9),
      SET(30, 3, 13),
      SET(30, 3, 14),
      SET(30, 3, 100),
      SET(30, 3, 101),
      SET(30, 3, 105),
      // A full table, most of whose entries were removed.
      CALL("set among removed ones", run_set, check_changed, .size = 20, .removed = 12, .key = 21,
           .id = 13),
      CALL("add", run_add, check_added, .size = 5, .key = 5, .id = ADDED),
      CALL("add", run_add, check_added, .size = 10, .key = 11, .id = ADDED),
      CALL("compare and set", run_compare_and_set, check_stored, .size = 10, .key = 11, .id = 13),
      CALL("compare and set", run_compare_and_set, check_stored, .size = 20, .key = 13, .id = 13,
           .other = 14),
      CALL("compare and not set", run_compare_and_set, check_refused, .size = 20, .key = 13,
           .id = 13, .other = 2),
      CALL("insert", run_get_or_insert, check_stored, .size = 10, .key = 11, .id = 13),
      CALL("do not insert", run_get_or_insert, check_present, .size = 20, .key = 13, .id = 1),
  };
  EXHAUST(ops);
}

TEST(a_map_that_finds_no_memory_for_its_split_is_as_before) {
  static const operation ops[] = {
      CALL("split and set", run_set, check_changed, .reshapes = true, .size = 1194, .key = 1195,
           .id = 13),
      SET(1195, 1197, 13),
  };
  EXHAUST(ops);
}

TEST(a_map_that_finds_no_memory_to_read_is_as_before) {
  static const operation ops[] = {
      CALL("get", run_get, check_got, .size = 20, .key = 13),
      CALL("next", run_next, check_next, .size = 20),
      {.name = "next",
       .prepare = walk,
       .run = run_next,
       .check = check_second,
       .finish = free_map,
       .size = 2 * TH_MAP_BATCH},
      CALL("verify", run_verify, check_kept, .size = 20),
  };
  EXHAUST(ops);
}

TEST(a_map_needs_no_memory_to_become_smaller) {
#define SURE(what, run_it, check_it, ...)                                                          \
  CALL(what, run_it, check_it, .cannot_fail = true, __VA_ARGS__)
  static const operation ops[] = {
      SURE("look", run_looks, check_kept, .size = 20, .key = 13),
      SURE("delete", run_delete, check_deleted, .size = 20, .key = 13),
      SURE("delete the last", run_delete, check_deleted, .size = 1, .key = 0),
      SURE("delete and shrink", run_delete, check_deleted, .size = 40, .removed = 35, .key = 37),
      SURE("delete of many", run_delete, check_deleted, .size = 1281, .key = 37),
      SURE("clear", run_clear, check_cleared, .size = 20),
      SURE("clear many", run_clear, check_cleared, .size = 1281),
      {.name = "free",
       .prepare = make_map,
       .run = run_free,
       .check = check_freed,
       .cannot_fail = true,
       .size = 20},
      {.name = "free many",
       .prepare = make_map,
       .run = run_free,
       .check = check_freed,
       .cannot_fail = true,
       .size = 1281},
  };
  EXHAUST(ops);
}
