// SPDX-License-Identifier: MIT
// Blocks out of magazines that other threads look for, list, count and free.
#include "magazines.h"
#include "scene.h"

enum { ROUNDS = 10, SLOTS = 3, LENGTH = 64 };

static th_magazine magazines[SIM_THREADS_MAX];
static uint8_t is_taken[SCENE_MAX / TH_BLOCK_ALIGN];

static void open_all(void) {
  scene_open();
  memset(magazines, 0, sizeof(magazines));
  memset(is_taken, 0, sizeof(is_taken));
}

static void close_all(void) {
  for (int i = 0; i < SIM_THREADS_MAX; i++) {
    th_magazine_unload(heaps[i]);
  }
  scene_close();
}

static th_address take(int index, uint32_t length) {
  th_address address;
  CHECK_EQ(test_alloc_next(&image, heaps[index], &magazines[index], length, &address), TH_OK);
  CHECK(!is_taken[address / TH_BLOCK_ALIGN]);
  is_taken[address / TH_BLOCK_ALIGN] = 1;
  return address;
}

static void give(int index, th_address address) {
  CHECK(is_taken[address / TH_BLOCK_ALIGN]);
  is_taken[address / TH_BLOCK_ALIGN] = 0;
  CHECK_EQ(th_free(heaps[index], address, TH_BLOCK_USER), TH_OK);
}

// ---- handing over ----

static th_atomic_u32 mailboxes[SLOTS];

static void look_around(int index, th_address address) {
  const uint64_t look = test_random() % 3; // or none, and the free finds it
  th_block listed;
  uint64_t length;
  if (look == 0) {
    CHECK_EQ(th_block_find(heaps[index]->record, address, TH_BLOCK_USER, &length), TH_OK);
  } else if (look == 1) {
    CHECK_EQ(th_blocks_list(heaps[index], TH_BLOCK_USER, address, &listed, 1), 1);
    CHECK_EQ(listed.address, address);
  }
}

// Puts a block into a mailbox, takes the one that is there, looks for it and frees it.
static void exchange_blocks(int index, void *context) {
  (void)context;
  for (int i = 0; i < ROUNDS; i++) {
    // The magazine has been loaded with one block and with two, of which one is left, when the
    // other length comes often enough.
    const th_address address = take(index, i < 4 ? LENGTH : 2 * LENGTH);
    th_atomic_u32 *mailbox = &mailboxes[test_random() % SLOTS];
    uint32_t present = th_load_acquire(mailbox);
    while (!th_cas_acq_rel(mailbox, &present, address)) {
    }
    if (!present) continue;
    look_around(index, present);
    give(index, present);
  }
}

static void hand_over(void) {
  open_all();
  memset(mailboxes, 0, sizeof(mailboxes));
  sim_run(3, exchange_blocks, NULL);
  for (int i = 0; i < SLOTS; i++) {
    if (mailboxes[i]) give(0, mailboxes[i]);
  }
  close_all();
}

TEST(what_came_out_of_a_magazine_is_live_for_all_who_know_it) {
  sim_explore(hand_over);
}

// ---- the end of a thread ----

static void take_and_leave(int index, void *context) {
  (void)context;
  if (index == 0) {
    for (uint32_t i = 0; i < ROUNDS; i++) {
      const th_address address = take(0, LENGTH);
      if (i < SLOTS) th_store_release(&mailboxes[i], address);
    }
    th_heap_detach(heaps[0]);
    return;
  }
  for (int i = index - 1; i < SLOTS; i += 2) {
    const th_address address = th_load_acquire(&mailboxes[i]);
    if (address) look_around(index, address);
    th_heap_used(heaps[index]);
  }
}

static void leave(void) {
  open_all();
  memset(mailboxes, 0, sizeof(mailboxes));
  sim_run(3, take_and_leave, NULL);
  heaps[0] = test_heap_attach(&image);
  CHECK_EQ(th_heap_used(heaps[1]), ROUNDS * LENGTH);
  for (uint32_t i = 1; i < SCENE_MAX / TH_BLOCK_ALIGN; i++) {
    if (is_taken[i]) give(1, i * TH_BLOCK_ALIGN);
  }
  close_all();
}

TEST(a_thread_that_leaves_what_it_took_keeps_nobody_from_it) {
  sim_explore(leave);
}

// ---- counting ----

static th_atomic_u32 told; // how many blocks thread 0 has taken

static void take_or_count(int index, void *context) {
  th_address *taken = context;
  for (uint32_t i = 0; i < ROUNDS; i++) {
    if (index == 0) {
      taken[i] = take(0, LENGTH);
      th_store_release(&told, i + 1);
    } else {
      const uint32_t least = th_load_acquire(&told);
      CHECK(th_heap_used(heaps[index]) >= least * LENGTH);
    }
  }
}

static void count(void) {
  th_address taken[ROUNDS];
  open_all();
  th_store_release(&told, 0u);
  sim_run(3, take_or_count, taken);
  CHECK_EQ(th_heap_used(heaps[1]), ROUNDS * LENGTH);
  for (int i = 0; i < ROUNDS; i++) {
    give(1, taken[i]);
  }
  close_all();
}

TEST(what_a_thread_told_of_is_counted) {
  sim_explore(count);
}
