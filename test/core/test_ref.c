// SPDX-License-Identifier: MIT
#include "fixture.h"

#include "refs.h"

#define EACH_REF_KIND(k)                                                                           \
  th_ref_kind k = TH_REF_STRING;                                                                   \
  k < TH_REF_KINDS;                                                                                \
  k++

static th_status find(th_heap *heap, uint64_t id) {
  th_ref_kind kind;
  th_handle handle;
  return th_ref_find(heap, id, &kind, &handle);
}

static th_object *object_of(th_heap *heap, uint64_t id, th_ref_kind kind) {
  th_handle handle;
  CHECK_EQ(th_ref_open(heap, id, kind, &handle), TH_OK);
  return handle.object;
}

// ---- ids ----

TEST(an_id_is_a_safe_integer_that_finds_its_ref) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for (EACH_REF_KIND(k)) {
    const th_handle made = make_container(heap, k);
    const uint64_t id = th_ref_publish(&made, k);
    th_ref_kind kind;
    th_handle found;
    CHECK(id < 1ull << 53);
    CHECK_EQ(th_ref_find(heap, id, &kind, &found), TH_OK);
    CHECK_EQ(kind, k);
    CHECK(found.object == made.object && found.control == made.control);
    CHECK(found.generation == made.generation && found.address == made.address);
    CHECK_EQ(drop_ref(heap, id, k), TH_OK);
  }
  test_heap_is_sound(heap);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(an_id_of_another_kind_is_refused) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for (EACH_REF_KIND(k)) {
    const uint64_t id = make_ref(heap, k);
    for (EACH_REF_KIND(other)) {
      th_handle handle;
      CHECK_EQ(th_ref_open(heap, id, other, &handle), other == k ? TH_OK : TH_BAD_DESCRIPTOR);
    }
  }
  test_heap_close(&image, heap);
}

TEST(a_number_that_was_never_an_id_is_refused) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const uint64_t id = make_ref(heap, TH_REF_MAP);
  const uint64_t slot = 1ull << TH_REF_LIVES_BITS;
  const uint64_t wrong[] = {0,         1,         342,           id + 1,           id - 1,
                            id + slot, id - slot, id + slot / 2, (1ull << 53) - 1, UINT64_MAX};
  for (uint32_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    test_trying("%llu, the id is %llu", (unsigned long long)wrong[i], (unsigned long long)id);
    CHECK_EQ(find(heap, wrong[i]), TH_BAD_DESCRIPTOR);
  }
  for (int i = 0; i < 100000; i++) {
    const uint64_t any = test_random();
    if (any != id) CHECK(find(heap, any) != TH_OK);
  }
  test_heap_close(&image, heap);
}

TEST(an_id_does_not_find_what_is_not_a_ref) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const uint64_t id = make_ref(heap, TH_REF_STRING);
  CHECK_EQ(drop_ref(heap, id, TH_REF_STRING), TH_OK);
  const th_handle plain = make_container(heap, TH_REF_STRING);
  CHECK_EQ((id >> TH_REF_LIVES_BITS) * sizeof(th_control), plain.address);
  CHECK_EQ(find(heap, id), TH_FREED);
  CHECK_EQ(find(heap, id + 1), TH_BAD_DESCRIPTOR);
  test_heap_close(&image, heap);
}

TEST(no_id_is_given_out_twice_though_its_memory_is) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  uint64_t slots[2] = {0};
  enum { LIVES = 1000 };
  for (uint32_t life = 1; life <= LIVES; life++) {
    const th_ref_kind kind = life % 2 ? TH_REF_MAP : TH_REF_STRUCT;
    const uint64_t id = make_ref(heap, kind);
    CHECK_EQ(id & TH_REF_LIVES_MAX, life);
    slots[life % 2] = id >> TH_REF_LIVES_BITS;
    if (life > 1) {
      CHECK_EQ(slots[0], slots[1]);
      CHECK_EQ(find(heap, id - 1), TH_FREED);
      CHECK_EQ(drop_ref(heap, id - 1, kind), TH_FREED);
    }
    CHECK_EQ(drop_ref(heap, id, kind), TH_OK);
    CHECK_EQ(find(heap, id), TH_FREED);
    CHECK_EQ(drop_ref(heap, id, kind), TH_FREED);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_slot_that_has_had_all_its_lives_is_used_no_more) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for (EACH_REF_KIND(k)) {
    const uint64_t before = th_heap_used(heap);
    const uint64_t first = make_ref(heap, k);
    th_store_release(&object_of(heap, first, k)->ref,
                     (uint32_t)k << TH_REF_LIVES_BITS | (TH_REF_LIVES_MAX - 1));
    const uint64_t next_to_last = (first | TH_REF_LIVES_MAX) - 1;
    CHECK_EQ(drop_ref(heap, next_to_last, k), TH_OK);
    CHECK_EQ(th_heap_used(heap), before);
    const uint64_t last = make_ref(heap, k);
    CHECK_EQ(last, first | TH_REF_LIVES_MAX);
    CHECK_EQ(drop_ref(heap, last, k), TH_OK);
    CHECK_EQ(th_heap_used(heap), before + sizeof(th_control));
    const uint64_t after = make_ref(heap, k);
    CHECK(after >> TH_REF_LIVES_BITS != last >> TH_REF_LIVES_BITS);
    CHECK_EQ(find(heap, last), TH_FREED);
    CHECK_EQ(drop_ref(heap, after, k), TH_OK);
    test_heap_is_sound(heap);
  }
  test_heap_close(&image, heap);
}

TEST(a_ref_found_corrupt_is_said_to_be) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for (EACH_REF_KIND(k)) {
    const uint64_t id = make_ref(heap, k);
    th_handle handle;
    CHECK_EQ(th_ref_open(heap, id, k, &handle), TH_OK);
    th__object_corrupt(&handle);
    CHECK_EQ(find(heap, id), TH_CORRUPT);
    CHECK_EQ(drop_ref(heap, id, k), TH_CORRUPT);
  }
  test_heap_close(&image, heap);
}

// ---- threads ----

// The ids that one thread after the other puts up for the others to use and drop.
enum { SHOWN = 8, TURNS = 20000 * TEST_SCALE };

typedef struct stage {
  th_atomic_u64 ids[SHOWN];
  th_atomic_u64 made, dropped;
} stage;

// A map holds the life its id names, so that a call that reached another life's map shows.
static void put_up(th_heap *heap, stage *s, uint32_t place) {
  const th_handle map = make_container(heap, TH_REF_MAP);
  const th_value key = test_text("life");
  const uint32_t life = (th_load_relaxed(&map.object->ref) & TH_REF_LIVES_MAX) + 1;
  const th_value value = test_number(life);
  TEST_OK(&image, heap, th_map_set(&map, &key, &value));
  const uint64_t id = th_ref_publish(&map, TH_REF_MAP);
  CHECK_EQ(id & TH_REF_LIVES_MAX, life);
  th_fetch_add_relaxed(&s->made, 1ull);
  th_store_release(&s->ids[place], id);
}

static void read_it(th_heap *heap, uint64_t id) {
  th_handle map;
  th_status status = th_ref_open(heap, id, TH_REF_MAP, &map);
  if (status == TH_FREED) return;
  CHECK_EQ(status, TH_OK);
  const th_value key = test_text("life");
  th_value value;
  bool found = false;
  status = TEST_CALL(&image, heap, th_map_get(&map, &key, &value, &found));
  if (status == TH_FREED) return;
  CHECK_EQ(status, TH_OK);
  CHECK(found && value.number == (double)(id & TH_REF_LIVES_MAX));
}

static void take_turns(int index, void *context) {
  stage *s = context;
  th_heap *heap = test_heap_attach(&image);
  for (int turn = 0; turn < TURNS; turn++) {
    const uint32_t place = (uint32_t)(test_random() % SHOWN);
    const uint64_t id = th_load_acquire(&s->ids[place]);
    if (id == 0 || (turn + index) % 16 == 0) {
      put_up(heap, s, place);
    } else if (turn % 4 == 0) {
      const th_status status = drop_ref(heap, id, TH_REF_MAP);
      CHECK(status == TH_OK || status == TH_FREED);
      if (status == TH_OK) th_fetch_add_relaxed(&s->dropped, 1ull);
    } else {
      read_it(heap, id);
    }
  }
  th_heap_detach(heap);
}

TEST(no_call_reaches_another_life_of_a_slot) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  stage s = {0};
  run_threads(THREADS, take_turns, &s);
  test_heap_is_sound(heap);
  th_heap_stats stats;
  th_heap_stats_read(heap, &stats);
  // Each drop that went through dropped one, and one once.
  CHECK_EQ(stats.blocks[TH_SMALL_CLASSES + TH_MAP],
           th_load_relaxed(&s.made) - th_load_relaxed(&s.dropped));
  test_heap_close(&image, heap);
}

enum { ROUNDS = 500 * TEST_SCALE };

typedef struct droppers {
  uint64_t ids[ROUNDS];
  th_atomic_u64 dropped[ROUNDS];
} droppers;

static void drop_all(int index, void *context) {
  (void)index;
  droppers *d = context;
  th_heap *heap = test_heap_attach(&image);
  for (int i = 0; i < ROUNDS; i++) {
    const th_ref_kind kind = TH_REF_STRING + i % (TH_REF_KINDS - 1);
    const th_status status = drop_ref(heap, d->ids[i], kind);
    CHECK(status == TH_OK || status == TH_FREED);
    if (status == TH_OK) th_fetch_add_relaxed(&d->dropped[i], 1ull);
  }
  th_heap_detach(heap);
}

TEST(of_many_that_drop_a_ref_one_does) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  static droppers d;
  for (int i = 0; i < ROUNDS; i++)
    d.ids[i] = make_ref(heap, TH_REF_STRING + i % (TH_REF_KINDS - 1));
  run_threads(THREADS, drop_all, &d);
  for (int i = 0; i < ROUNDS; i++)
    CHECK_EQ(th_load_relaxed(&d.dropped[i]), 1);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- the vector of ids, which is read without a lock ----

enum { PUSHED = 2000 * TEST_SCALE };

// Pushes numbers that fit their places, so that what is read shows where it comes from.
static void push_numbers(int index, void *context) {
  const uint64_t *id = context;
  th_heap *heap = test_heap_attach(&image);
  th_handle vector;
  CHECK_EQ(th_ref_open(heap, *id, TH_REF_VECTOR, &vector), TH_OK);
  uint32_t length = 0;
  for (uint32_t i = 0; index == 0 && i < PUSHED; i++) {
    const double number = i;
    uint32_t at;
    TEST_OK(&image, heap, th_vector_push(&vector, &number, &at));
    CHECK_EQ(at, i);
  }
  while (index > 0 && length < PUSHED) {
    double number;
    bool found;
    CHECK_EQ(th_vector_length(&vector, &length), TH_OK);
    const uint32_t at = (uint32_t)(test_random() % (length + 1));
    CHECK_EQ(th_vector_get(&vector, at, &number, sizeof(number), &found), TH_OK);
    CHECK(found ? number == at : at == length);
    CHECK_EQ(th_vector_get(&vector, length ? length - 1 : 0, &number, sizeof(number), &found),
             TH_OK);
    CHECK(length == 0 || (found && number == length - 1));
  }
  th_heap_detach(heap);
}

TEST(a_vector_is_read_while_it_grows) {
  th_heap *heap = test_heap_open(&image, 8192, 16 * MIB);
  uint64_t id = make_ref(heap, TH_REF_VECTOR);
  run_threads(THREADS, push_numbers, &id);
  CHECK_EQ(drop_ref(heap, id, TH_REF_VECTOR), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// Reads vectors that another thread frees, and whose chunks and slots others use again at once.
static void reuse_vectors(int index, void *context) {
  stage *s = context;
  th_heap *heap = test_heap_attach(&image);
  for (int turn = 0; turn < TURNS / 4; turn++) {
    const uint32_t place = (uint32_t)(test_random() % SHOWN);
    const uint64_t id = th_load_acquire(&s->ids[place]);
    if (id == 0 || (turn + index) % 8 == 0) {
      const th_handle made = make_container(heap, TH_REF_VECTOR);
      // What it holds is the life its id is going to have.
      const double life = (th_load_relaxed(&made.object->ref) & TH_REF_LIVES_MAX) + 1;
      uint32_t at;
      for (int i = 0; i < 9; i++)
        TEST_OK(&image, heap, th_vector_push(&made, &life, &at));
      th_store_release(&s->ids[place], th_ref_publish(&made, TH_REF_VECTOR));
      if (id) drop_ref(heap, id, TH_REF_VECTOR);
      continue;
    }
    th_handle vector;
    double number;
    bool found;
    if (th_ref_open(heap, id, TH_REF_VECTOR, &vector) != TH_OK) continue;
    const th_status status =
        th_vector_get(&vector, (uint32_t)turn % 9, &number, sizeof(number), &found);
    CHECK(status == TH_OK || status == TH_FREED);
    if (status == TH_OK) CHECK(found && number == (double)(id & TH_REF_LIVES_MAX));
  }
  th_heap_detach(heap);
}

TEST(a_vector_that_is_freed_during_a_read_is_said_to_be) {
  th_heap *heap = test_heap_open(&image, 8192, 64 * MIB);
  stage s = {0};
  run_threads(THREADS, reuse_vectors, &s);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}
