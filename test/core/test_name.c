// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <stdio.h>

#include "core/name.h"
#include "inject.h"
#include "refs.h"

static th_names names;

static th_heap *open_heap(void) {
  th_heap *heap = test_heap_open(&image, MIB, 64 * MIB);
  TEST_OK(&image, heap, th_names_create(heap, &names));
  return heap;
}

// What a named call of the binding does.
static th_status name_it(th_heap *heap, const th_value *name, th_ref_kind kind, uint64_t *id) {
  th_status status;
  do {
    status = th_name_find(heap, &names, name, kind, id);
    if (status != TH_VACANT) continue;
    const th_handle made = make_container(heap, kind);
    status = th_name_publish(&made, kind, &names, name, id);
  } while (test_again(&image, heap, status));
  return status;
}

static uint64_t named(th_heap *heap, const char *text, th_ref_kind kind) {
  const th_value name = test_text(text);
  uint64_t id;
  CHECK_EQ(name_it(heap, &name, kind, &id), TH_OK);
  return id;
}

static th_status drop(th_heap *heap, uint64_t id, th_ref_kind kind) {
  return TEST_CALL(&image, heap, th_name_drop(heap, &names, id, kind));
}

static const char *const texts[] = {"", "players", "a name that does not fit into a cell", "d"};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

TEST(a_name_finds_what_was_made_with_it) {
  th_heap *heap = open_heap();
  const uint64_t start = th_heap_used(heap);
  uint64_t ids[TEXTS];
  for (int i = 0; i < TEXTS; i++)
    ids[i] = named(heap, texts[i], TH_REF_STRING + i);
  for (int i = 0; i < TEXTS; i++)
    CHECK_EQ(named(heap, texts[i], TH_REF_STRING + i), ids[i]);
  for (int i = 0; i < TEXTS; i++)
    CHECK_EQ(drop(heap, ids[i], TH_REF_STRING + i), TH_OK);
  CHECK_EQ(th_heap_used(heap), start);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

TEST(a_name_of_another_kind_is_refused_and_left_alone) {
  th_heap *heap = open_heap();
  const uint64_t id = named(heap, "players", TH_REF_MAP);
  const uint64_t used = th_heap_used(heap);
  const th_value name = test_text("players");
  uint64_t other = 0;
  CHECK_EQ(name_it(heap, &name, TH_REF_STRUCT, &other), TH_BAD_DESCRIPTOR);
  // The same for who did not look first.
  const th_handle made = make_container(heap, TH_REF_VECTOR);
  CHECK_EQ(TEST_CALL(&image, heap, th_name_publish(&made, TH_REF_VECTOR, &names, &name, &other)),
           TH_BAD_DESCRIPTOR);
  CHECK_EQ(other, 0);
  CHECK_EQ(th_heap_used(heap), used);
  CHECK_EQ(named(heap, "players", TH_REF_MAP), id);
  CHECK_EQ(drop(heap, id, TH_REF_STRUCT), TH_BAD_DESCRIPTOR);
  CHECK_EQ(drop(heap, id, TH_REF_MAP), TH_OK);
  test_heap_close(&image, heap);
}

TEST(a_dropped_ref_leaves_its_name_to_a_new_one) {
  th_heap *heap = open_heap();
  const uint64_t start = th_heap_used(heap);
  uint64_t old = 0;
  for (int i = 0; i < 100; i++) {
    const th_ref_kind kind = TH_REF_STRING + i % (TH_REF_KINDS - 1);
    const uint64_t id = named(heap, "a name that does not fit into a cell", kind);
    CHECK(id != old);
    CHECK_EQ(drop(heap, id, kind), TH_OK);
    CHECK_EQ(drop(heap, id, kind), TH_FREED);
    CHECK_EQ(th_heap_used(heap), start);
    old = id;
  }
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

TEST(a_ref_without_a_name_is_dropped_as_well) {
  th_heap *heap = open_heap();
  const uint64_t start = th_heap_used(heap);
  const uint64_t other = named(heap, "other", TH_REF_STRING);
  const uint64_t id = make_ref(heap, TH_REF_STRING);
  CHECK_EQ(drop(heap, id, TH_REF_STRING), TH_OK);
  CHECK_EQ(named(heap, "other", TH_REF_STRING), other);
  CHECK_EQ(drop(heap, other, TH_REF_STRING), TH_OK);
  CHECK_EQ(th_heap_used(heap), start);
  test_heap_close(&image, heap);
}

TEST(naming_that_finds_no_memory_leaves_nothing_behind) {
  th_heap *heap = open_heap();
  const uint64_t start = th_heap_used(heap);
  const th_value name = test_text("a name that does not fit into a cell");
  uint32_t failed = 1;
  for (uint32_t n = 1; failed > 0; n++) {
    const th_handle made = make_container(heap, TH_REF_MAP);
    uint64_t id;
    inject_begin(n, n + 1, TH_FULL);
    const th_status status = th_name_publish(&made, TH_REF_MAP, &names, &name, &id);
    failed = inject_end();
    test_trying("allocation %u failing", n);
    if (status == TH_OK) {
      CHECK_EQ(named(heap, "a name that does not fit into a cell", TH_REF_MAP), id);
      CHECK_EQ(drop(heap, id, TH_REF_MAP), TH_OK);
    } else {
      CHECK(status == TH_FULL || status == TH_NO_MEMORY);
    }
    CHECK_EQ(th_heap_used(heap), start);
    test_heap_is_sound(heap);
    CHECK(n < 100);
  }
  test_heap_close(&image, heap);
}

// ---- threads ----

enum { ROUNDS = 200 * TEST_SCALE };

typedef struct race {
  th_atomic_u64 arrived;
  th_atomic_u64 ids[ROUNDS][THREADS];
} race;

static void meet(race *r, uint64_t round) {
  th_fetch_add_relaxed(&r->arrived, 1ull);
  while (th_load_acquire(&r->arrived) < (round + 1) * THREADS)
    sched_yield();
}

static void name_at_once(int index, void *context) {
  race *r = context;
  th_heap *heap = test_heap_attach(&image);
  for (uint64_t round = 0; round < ROUNDS; round++) {
    char text[32];
    snprintf(text, sizeof(text), "name %u", (unsigned)round);
    meet(r, round);
    th_store_release(&r->ids[round][index], named(heap, text, TH_REF_MAP));
  }
  th_heap_detach(heap);
}

TEST(of_many_that_make_one_name_all_get_the_same_ref) {
  th_heap *heap = open_heap();
  const uint64_t start = th_heap_used(heap);
  static race r;
  run_threads(THREADS, name_at_once, &r);
  th_heap_stats stats;
  th_heap_stats_read(heap, &stats);
  CHECK_EQ(stats.blocks[TH_SMALL_CLASSES + TH_MAP], ROUNDS + 2);
  for (int round = 0; round < ROUNDS; round++) {
    const uint64_t id = th_load_acquire(&r.ids[round][0]);
    for (int i = 1; i < THREADS; i++)
      CHECK_EQ(th_load_acquire(&r.ids[round][i]), id);
    CHECK_EQ(drop(heap, id, TH_REF_MAP), TH_OK);
  }
  const uint64_t kept = ROUNDS > 1280 ? 2 * sizeof(th_map_directory) : 0; // of the maps of names
  CHECK_EQ(th_heap_used(heap), start + kept);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

enum { TURNS = 2000 * TEST_SCALE };

// Names and drops the same few names, each as one of two kinds.
static void name_and_drop(int index, void *context) {
  th_atomic_u64 *dropped = context;
  th_heap *heap = test_heap_attach(&image);
  for (int turn = 0; turn < TURNS; turn++) {
    const th_value name = test_text(texts[test_random() % TEXTS]);
    const th_ref_kind kind = (turn + index) % 8 ? TH_REF_STRING : TH_REF_VECTOR;
    uint64_t id;
    const th_status status = name_it(heap, &name, kind, &id);
    CHECK(status == TH_OK || status == TH_BAD_DESCRIPTOR);
    if (status != TH_OK || test_random() % 2) continue;
    const th_status end = drop(heap, id, kind);
    CHECK(end == TH_OK || end == TH_FREED);
    if (end == TH_OK) th_fetch_add_relaxed(dropped, 1ull);
  }
  th_heap_detach(heap);
}

TEST(names_that_are_made_and_dropped_at_once_stay_whole) {
  th_heap *heap = open_heap();
  const uint64_t start = th_heap_used(heap);
  th_atomic_u64 dropped = 0;
  run_threads(THREADS, name_and_drop, &dropped);
  CHECK(th_load_relaxed(&dropped) > TURNS / 10);
  test_heap_is_sound(heap);
  for (int i = 0; i < TEXTS; i++) { // what is left has exactly its name
    const th_value name = test_text(texts[i]);
    for (th_ref_kind k = TH_REF_STRING; k < TH_REF_KINDS; k++) {
      uint64_t id;
      if (th_name_find(heap, &names, &name, k, &id) == TH_OK) CHECK_EQ(drop(heap, id, k), TH_OK);
    }
  }
  CHECK_EQ(th_heap_used(heap), start);
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}
