// SPDX-License-Identifier: MIT
// The allocator from several threads. What each test leaves behind is checked after the threads
// ended: nothing in use, and all of the area one free block.
#include "blocks.h"

#include <stdlib.h>

enum { THREADS = 4, MIB = 1 << 20 };

typedef struct shared {
  test_image image;
  th_heap *heap; // of the main thread
} shared;

static void open_shared(shared *s, uint64_t initial, uint64_t maximum) {
  s->heap = test_heap_open(&s->image, initial, maximum);
}

static void close_shared(shared *s) {
  test_whole_area_is_free(&s->image, s->heap);
  test_heap_close(&s->image, s->heap);
}

// ---- each thread its own blocks ----

enum { OWN_BLOCKS = 100, OWN_STEPS = 100000 };

static void swap_own_blocks(shared *s, th_heap *heap, int steps) {
  test_block blocks[OWN_BLOCKS] = {0};
  for (int i = 0; i < steps; i++) {
    test_block *block = &blocks[test_random() % OWN_BLOCKS];
    if (block->address) test_block_give(heap, block);
    block->address = 0;
    if (test_random() % 4) *block = test_block_take(&s->image, heap, test_block_length(), 1);
  }
  for (int i = 0; i < OWN_BLOCKS; i++) {
    if (blocks[i].address) test_block_give(heap, &blocks[i]);
  }
}

static void own_blocks(int index, void *context) {
  (void)index;
  shared *s = context;
  th_heap *heap = test_heap_attach(&s->image);
  swap_own_blocks(s, heap, OWN_STEPS);
  th_heap_detach(heap);
}

TEST(threads_do_not_get_each_others_blocks) {
  shared s;
  open_shared(&s, 0, 32 * MIB);
  run_threads(THREADS, own_blocks, &s);
  close_shared(&s);
}

static void short_lives(int index, void *context) {
  (void)index;
  shared *s = context;
  for (int i = 0; i < 500; i++) {
    th_heap *heap = test_heap_attach(&s->image);
    swap_own_blocks(s, heap, 100);
    th_heap_detach(heap);
  }
}

TEST(threads_that_come_and_go_leave_nothing) {
  shared s;
  open_shared(&s, 0, 32 * MIB);
  run_threads(THREADS, short_lives, &s);
  close_shared(&s);
}

// ---- blocks that change hands ----

enum { SLOTS = 64, TRADES = 100000 };

typedef struct market {
  shared s;
  _Atomic(test_block *) slots[SLOTS];
} market;

static void discard(th_heap *heap, test_block *block) {
  if (!block) return;
  test_block_give(heap, block);
  free(block);
}

// Puts a new block in the place of one that some thread left there, and frees that.
static void trade(int index, void *context) {
  (void)index;
  market *m = context;
  th_heap *heap = test_heap_attach(&m->s.image);
  for (int i = 0; i < TRADES; i++) {
    test_block *block = malloc(sizeof(*block));
    *block = test_block_take(&m->s.image, heap, test_block_length(), 1);
    discard(heap, atomic_exchange(&m->slots[test_random() % SLOTS], block));
  }
  th_heap_detach(heap);
}

TEST(a_block_can_be_freed_by_another_thread) {
  static market m;
  memset(&m, 0, sizeof(m));
  open_shared(&m.s, 0, 32 * MIB);
  run_threads(THREADS, trade, &m);
  uint64_t live = 0;
  for (int i = 0; i < SLOTS; i++) {
    test_block *block = atomic_load(&m.slots[i]);
    live += block ? block->length : 0;
  }
  CHECK(th_heap_used(m.s.heap) >= live);
  for (int i = 0; i < SLOTS; i++) {
    discard(m.s.heap, atomic_load(&m.slots[i]));
  }
  close_shared(&m.s);
}

// ---- frees in competition ----

enum { PRIZES = 8000 };

typedef struct race {
  shared s;
  th_address prizes[PRIZES];
  _Atomic uint32_t wins[PRIZES];
} race;

static void grab_all(int index, void *context) {
  race *r = context;
  th_heap *heap = test_heap_attach(&r->s.image);
  // From the same end in pairs, so that threads meet at the same block.
  for (int i = 0; i < PRIZES; i++) {
    const int prize = index % 2 ? PRIZES - 1 - i : i;
    if (th_free(heap, r->prizes[prize], TH_BLOCK_USER) == TH_OK) r->wins[prize]++;
  }
  th_heap_detach(heap);
}

TEST(of_concurrent_frees_one_wins) {
  static race r;
  memset(&r, 0, sizeof(r));
  open_shared(&r.s, 0, 64 * MIB);
  for (int i = 0; i < PRIZES; i++) {
    TEST_OK(&r.s.image, r.s.heap,
            th_alloc(r.s.heap, test_block_length(), 1, TH_BLOCK_USER, &r.prizes[i]));
  }
  run_threads(THREADS, grab_all, &r);
  for (int i = 0; i < PRIZES; i++) {
    CHECK_EQ(r.wins[i], 1);
  }
  close_shared(&r.s);
}

// ---- frees of blocks that are gone, beside reuse ----

enum { STALE = 32, SCRAP_STEPS = 60000, SCRAP_PAGES = 64 };

// Allocations minus successful frees by address. A stale free may hit a new block at its address,
// which no pointer can tell; but none is freed twice, and none at another address.
typedef struct scrapyard {
  shared s;
  _Atomic int32_t balance[(SCRAP_PAGES + 1) * TH_PAGE_SIZE / TH_BLOCK_ALIGN];
  th_atomic_u32 stale[STALE];
} scrapyard;

static void scrap(scrapyard *y, th_heap *heap, th_address address) {
  if (th_free(heap, address, TH_BLOCK_USER) == TH_OK) y->balance[address / TH_BLOCK_ALIGN]--;
}

static void scrap_again(int index, void *context) {
  (void)index;
  scrapyard *y = context;
  th_heap *heap = test_heap_attach(&y->s.image);
  for (int i = 0; i < SCRAP_STEPS; i++) {
    // Whole pages change hands at once, and of one length their runs look all the same.
    const uint64_t length = 3 * TH_PAGE_SIZE;
    th_address address;
    const th_status status =
        TEST_CALL(&y->s.image, heap, th_alloc(heap, length, 1, TH_BLOCK_USER, &address));
    scrap(y, heap, th_load_relaxed(&y->stale[test_random() % STALE]));
    if (status != TH_OK) continue;
    y->balance[address / TH_BLOCK_ALIGN]++;
    th_store_relaxed(&y->stale[test_random() % STALE], address);
    scrap(y, heap, address);
  }
  th_heap_detach(heap);
}

TEST(every_block_is_freed_exactly_once_whoever_tries) {
  static scrapyard y;
  memset(&y, 0, sizeof(y));
  open_shared(&y.s, 0, SCRAP_PAGES * TH_PAGE_SIZE);
  run_threads(THREADS, scrap_again, &y);
  for (size_t i = 0; i < sizeof(y.balance) / sizeof(y.balance[0]); i++) {
    CHECK_EQ(y.balance[i], 0);
  }
  close_shared(&y.s);
}

// ---- hostile neighbours ----

typedef struct siege {
  shared s;
  th_atomic_u32 working; // threads that still use blocks of their own
} siege;

// A neighbour that frees and looks up anything, but none of the other threads' kind.
static void attack(siege *g, th_heap *heap) {
  const uint32_t end = (uint32_t)g->s.image.maximum;
  while (th_load_acquire(&g->working) > 0) {
    const th_address address = (th_address)(test_random() % end) & ~15u;
    th_address start;
    uint64_t length;
    const th_status status =
        th_block_containing(heap->record, address, TH_BLOCK_USER, &start, &length);
    // Stale numbers are allowed here, addresses outside of the image are not.
    if (status == TH_OK) CHECK(th__record_has(heap->record, start, length));
    CHECK_EQ(th_free(heap, address, TH_BLOCK_NODE), TH_FREED);
    CHECK_EQ(th_free(heap, address, TH_BLOCK_CONTROL), TH_FREED);
  }
}

static void besieged(int index, void *context) {
  siege *g = context;
  th_heap *heap = test_heap_attach(&g->s.image);
  if (index % 2) {
    attack(g, heap);
  } else {
    swap_own_blocks(&g->s, heap, OWN_STEPS);
    g->working--;
  }
  th_heap_detach(heap);
}

TEST(stale_and_random_addresses_harm_nobody) {
  siege g = {.working = THREADS / 2};
  open_shared(&g.s, 0, 8 * MIB);
  run_threads(THREADS, besieged, &g);
  close_shared(&g.s);
}

// ---- control blocks ----

enum { CONTROLS = 8000 };

// object.c reads a control run's objects as soon as an address is located in it.
static void probe_controls(siege *g) {
  const th_record *record = g->s.heap->record;
  while (th_load_acquire(&g->working) > 0) {
    const th_address address =
        (th_address)(test_random() % g->s.image.maximum) & ~(uint32_t)(sizeof(th_control) - 1);
    uint32_t index;
    const th_run *run = th__locate(record, address, &index);
    if (run && run->class_index >= TH_SMALL_CLASSES && run->class_index < TH_LARGE_CLASS) {
      CHECK(run->objects);
    }
  }
}

static void make_controls(siege *g, th_heap *heap) {
  for (int i = 0; i < CONTROLS; i++) {
    th_address address;
    TEST_OK(&g->s.image, heap,
            th__alloc_control(heap, TH_SMALL_CLASSES + (uint32_t)i % TH_OBJECT_KINDS, &address));
    uint32_t block;
    CHECK(th__locate(heap->record, address, &block)->objects);
  }
}

static void control_thread(int index, void *context) {
  siege *g = context;
  th_heap *heap = test_heap_attach(&g->s.image);
  if (index % 2) {
    probe_controls(g);
  } else {
    make_controls(g, heap);
    g->working--;
  }
  th_heap_detach(heap);
}

TEST(a_control_run_is_found_with_its_objects) {
  siege g = {.working = THREADS / 2};
  open_shared(&g.s, 0, MIB);
  run_threads(THREADS, control_thread, &g);
  CHECK_EQ(th_heap_used(g.s.heap), THREADS / 2 * CONTROLS * sizeof(th_control));
  test_heap_close(&g.s.image, g.s.heap);
}

// ---- a heap that is nearly full ----

static void crowd(int index, void *context) {
  (void)index;
  shared *s = context;
  th_heap *heap = test_heap_attach(&s->image);
  test_block blocks[OWN_BLOCKS];
  for (int round = 0; round < 100; round++) {
    int count = 0;
    while (count < OWN_BLOCKS &&
           test_block_try(&s->image, heap, test_block_length(), 1, &blocks[count]) == TH_OK) {
      count++;
    }
    while (count > 0) {
      test_block_give(heap, &blocks[--count]);
    }
  }
  th_heap_detach(heap);
}

TEST(threads_that_fill_the_heap_lose_nothing) {
  shared s;
  open_shared(&s, 0, MIB / 4);
  run_threads(THREADS, crowd, &s);
  close_shared(&s);
}
