// SPDX-License-Identifier: MIT
// The allocator: blocks that another thread frees, frees that race, look-ups of what is gone.
#include "scene.h"

enum { ROUNDS = 6, SLOTS = 4 };

// Who owns the block at an address, by the threads' own books; 0: nobody.
static int owners[SCENE_MAX / TH_BLOCK_ALIGN];
static uint64_t owned_lengths[SCENE_MAX / TH_BLOCK_ALIGN];

static uint64_t some_length(void) {
  // The last ones are cut from runs that hold one or two blocks, or are runs of their own, so that
  // pages change hands at once.
  static const uint64_t lengths[] = {16, 100, 3000, 5000, 8192, 12288};
  return lengths[test_random() % 6];
}

static th_address take(th_heap *heap, int owner) {
  const uint64_t length = some_length();
  th_address address;
  uint64_t found;
  TEST_OK(&image, heap, th_alloc(heap, length, 16, TH_BLOCK_USER, &address));
  CHECK_EQ(owners[address / TH_BLOCK_ALIGN], 0);
  owners[address / TH_BLOCK_ALIGN] = owner;
  owned_lengths[address / TH_BLOCK_ALIGN] = length;
  CHECK_EQ(th_block_find(heap->record, address, TH_BLOCK_USER, &found), TH_OK);
  CHECK_EQ(found, length);
  return address;
}

static void give(th_heap *heap, th_address address, int owner) {
  uint64_t found;
  CHECK_EQ(owners[address / TH_BLOCK_ALIGN], owner);
  CHECK_EQ(th_block_find(heap->record, address, TH_BLOCK_USER, &found), TH_OK);
  CHECK_EQ(found, owned_lengths[address / TH_BLOCK_ALIGN]);
  owners[address / TH_BLOCK_ALIGN] = 0;
  CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
}

// ---- handing over ----

static th_atomic_u32 mailboxes[SLOTS];

// Puts a block into a mailbox, takes the one that is there, and frees it.
static void exchange_blocks(int index, void *context) {
  (void)context;
  th_heap *heap = heaps[index];
  for (int i = 0; i < ROUNDS; i++) {
    const th_address address = take(heap, 1);
    th_atomic_u32 *mailbox = &mailboxes[test_random() % SLOTS];
    uint32_t present = th_load_acquire(mailbox);
    while (!th_cas_acq_rel(mailbox, &present, address)) {
    }
    if (present) give(heap, present, 1);
  }
}

static void hand_over(void) {
  scene_open();
  memset(owners, 0, sizeof(owners));
  memset(mailboxes, 0, sizeof(mailboxes));
  sim_run(3, exchange_blocks, NULL);
  for (int i = 0; i < SLOTS; i++) {
    if (mailboxes[i]) give(heaps[0], mailboxes[i], 1);
  }
  scene_close();
}

TEST(a_block_has_one_owner_whichever_thread_frees_it) {
  sim_explore(hand_over);
}

// ---- racing frees ----

static th_address contested[SLOTS];
static uint32_t freed[SLOTS];

static void free_all(int index, void *context) {
  (void)context;
  for (int i = 0; i < SLOTS; i++) {
    if (th_free(heaps[index], contested[i], TH_BLOCK_USER) == TH_OK) freed[i]++;
  }
}

static void race_to_free(void) {
  scene_open();
  for (int i = 0; i < SLOTS; i++) {
    freed[i] = 0;
    TEST_OK(&image, heaps[0], th_alloc(heaps[0], some_length(), 16, TH_BLOCK_USER, &contested[i]));
  }
  sim_run(3, free_all, NULL);
  for (int i = 0; i < SLOTS; i++) {
    CHECK_EQ(freed[i], 1);
  }
  scene_close();
}

TEST(of_several_frees_of_a_block_one_succeeds) {
  sim_explore(race_to_free);
}

// ---- stale addresses ----

// Threads 0 and 1 work with blocks that are theirs, of kind node; thread 2 knows old addresses of
// theirs and asks for them, and tries to free them as a kind they are not, or no longer are.
static void work_or_meddle(int index, void *context) {
  (void)context;
  th_heap *heap = heaps[index];
  uint64_t length;
  for (int i = 0; i < ROUNDS * 2; i++) {
    const th_address stale = contested[test_random() % SLOTS];
    if (index == 2) {
      CHECK_EQ(th_block_find(heap->record, stale, TH_BLOCK_USER, &length), TH_FREED);
      CHECK_EQ(th_free(heap, stale, TH_BLOCK_USER), TH_FREED);
      continue;
    }
    th_address address;
    TEST_OK(&image, heap, th_alloc(heap, some_length(), 16, TH_BLOCK_NODE, &address));
    CHECK_EQ(owners[address / TH_BLOCK_ALIGN], 0);
    owners[address / TH_BLOCK_ALIGN] = 1;
    CHECK_EQ(th_block_find(heap->record, address, TH_BLOCK_NODE, &length), TH_OK);
    owners[address / TH_BLOCK_ALIGN] = 0;
    CHECK_EQ(th_free(heap, address, TH_BLOCK_NODE), TH_OK);
  }
}

static void meddle(void) {
  scene_open();
  memset(owners, 0, sizeof(owners));
  for (int i = 0; i < SLOTS; i++) {
    TEST_OK(&image, heaps[0], th_alloc(heaps[0], some_length(), 16, TH_BLOCK_USER, &contested[i]));
  }
  for (int i = 0; i < SLOTS; i++) {
    CHECK_EQ(th_free(heaps[0], contested[i], TH_BLOCK_USER), TH_OK);
  }
  sim_run(3, work_or_meddle, NULL);
  scene_close();
}

TEST(an_old_address_finds_nothing_and_a_stale_free_harms_nothing) {
  sim_explore(meddle);
}

// Of a class with one block per run, whose structs are used again at other addresses.
enum { LONE_BLOCK = 8192 };

static uint32_t stolen, missed; // frees of thread 2 that hit, frees of the others that did not

static bool is_contested(th_address address) {
  for (int i = 0; i < SLOTS; i++) {
    if (contested[i] == address) return true;
  }
  return false;
}

// What lives at a contested address can be freed by thread 2 at any time, and nothing else.
static void give_unless_stolen(th_heap *heap, th_address address) {
  if (th_free(heap, address, TH_BLOCK_USER) == TH_OK) return;
  CHECK(is_contested(address));
  missed++;
}

static void free_stale_or_work(int index, void *context) {
  (void)context;
  th_heap *heap = heaps[index];
  for (int i = 0; i < SLOTS; i++) {
    if (index == 2) {
      if (th_free(heap, contested[i], TH_BLOCK_USER) == TH_OK) stolen++;
      continue;
    }
    th_address pair[2];
    if (index == 0) give_unless_stolen(heap, contested[i]);
    for (int k = 0; k < 2; k++) {
      TEST_OK(&image, heap, th_alloc(heap, LONE_BLOCK, 16, TH_BLOCK_USER, &pair[k]));
    }
    for (int k = 0; k < 2; k++) {
      give_unless_stolen(heap, pair[k]);
    }
  }
}

static void free_stale(void) {
  scene_open();
  stolen = missed = 0;
  for (int i = 0; i < SLOTS; i++) {
    TEST_OK(&image, heaps[0], th_alloc(heaps[0], LONE_BLOCK, 16, TH_BLOCK_USER, &contested[i]));
  }
  sim_run(3, free_stale_or_work, NULL);
  CHECK_EQ(stolen, missed);
  scene_close();
}

TEST(a_free_of_an_old_address_hits_nothing_but_what_lives_there) {
  sim_explore(free_stale);
}

// ---- growth ----

static th_atomic_u32 message;

static void grow_or_look(int index, void *context) {
  (void)context;
  th_heap *heap = heaps[index];
  uint64_t length;
  if (index == 0) {
    th_address address;
    TEST_OK(&image, heap, th_alloc(heap, 1 << 18, 16, TH_BLOCK_USER, &address));
    th_store_release(&message, address);
    return;
  }
  for (int i = 0; i < ROUNDS; i++) {
    const th_address address = th_load_acquire(&message);
    if (!address) continue;
    CHECK_EQ(th_block_find(heap->record, address, TH_BLOCK_USER, &length), TH_OK);
    CHECK_EQ(length, 1 << 18);
  }
}

static void growth(void) {
  scene_open();
  th_store_relaxed(&message, 0);
  sim_run(3, grow_or_look, NULL);
  CHECK_EQ(th_free(heaps[1], message, TH_BLOCK_USER), TH_OK);
  scene_close();
}

TEST(who_hears_of_a_block_sees_the_growth_that_made_room_for_it) {
  sim_explore(growth);
}

// ---- threads that come and go ----

static void come_and_go(int index, void *context) {
  (void)context;
  (void)index;
  th_heap *heap = test_heap_attach(&image);
  for (int i = 0; i < 2; i++) {
    give(heap, take(heap, 1), 1);
  }
  th_heap_used(heap);
  th_heap_detach(heap);
}

static void detach(void) {
  scene_open();
  memset(owners, 0, sizeof(owners));
  sim_run(3, come_and_go, NULL);
  scene_close();
}

TEST(a_thread_that_leaves_gives_its_caches_back_and_its_account_over) {
  sim_explore(detach);
}
