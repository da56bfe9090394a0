// SPDX-License-Identifier: MIT
// Containers in a user's block.
#include "fixture.h"

#include "kinds.h"

enum { MIB = 1 << 20, THREADS = 4 };

static th_address user_block(th_heap *heap, uint64_t length) {
  th_address address;
  TEST_OK(&image, heap, th_alloc_zeroed(heap, length, 16, TH_BLOCK_USER, &address));
  return address;
}

static th_atomic_u32 *words_at(const th_heap *heap, th_address address) {
  return th__at(heap, address);
}

static void write_words(th_heap *heap, th_address address, uint32_t first) {
  for (uint32_t i = 0; i < 4; i++)
    th_store_relaxed(&words_at(heap, address)[i], first + i);
}

// ---- binding to a user's block ----

TEST(a_bound_block_names_its_container) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_address block = user_block(heap, 64);
      th_handle made = make(heap, k), opened;
      CHECK_EQ(th_object_bind(&made, k->kind, block + 48), TH_OK); // its last 16 bytes
      CHECK_EQ(made.address, block + 48);
      const th_descriptor descriptor = descriptor_of(&made);
      CHECK_EQ(k->open(heap, &descriptor, &opened), TH_OK);
      CHECK(opened.object == made.object);
      CHECK_EQ(opened.address, block + 48);
    for
      EACH_KIND(other) {
        if (other != k) CHECK_EQ(open_it(heap, other, &descriptor), TH_BAD_DESCRIPTOR);
      }
    drop(k, &opened);
    CHECK_EQ(open_it(heap, k, &descriptor), TH_FREED);
    CHECK_EQ(th_load_relaxed(&words_at(heap, block)[12]), 0);
    th_free(heap, block, TH_BLOCK_USER);
    }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_place_without_room_for_the_words_cannot_be_bound) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_address block = user_block(heap, 16), small = user_block(heap, 15);
  const th_address dead = user_block(heap, 32);
  th_free(heap, dead, TH_BLOCK_USER);
  th_address node;
  TEST_OK(&image, heap, th_alloc_zeroed(heap, 64, 16, TH_BLOCK_NODE, &node));
  for
    EACH_KIND(k) {
      th_handle made = make(heap, k);
      const th_address bad[] = {
          0,    4,    block + 1, block + 2,    block + 3,          block + 4,
          dead, node, small,     made.address, TH_HEADER_SIZE - 4, UINT32_MAX};
      for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_EQ(th_object_bind(&made, k->kind, bad[i]), TH_BAD_DESCRIPTOR);
      }
      CHECK_EQ(th_object_bind(&made, k->kind, block), TH_OK);
      drop(k, &made);
    }
  test_heap_close(&image, heap);
}

TEST(an_occupied_block_stays_with_its_container) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_address block = user_block(heap, 32);
  for
    EACH_KIND(k) {
      th_handle first = make(heap, k);
      CHECK_EQ(th_object_bind(&first, k->kind, block), TH_OK);
    for
      EACH_KIND(other) {
        th_handle second = make(heap, other);
        CHECK_EQ(th_object_bind(&second, other->kind, block), TH_OCCUPIED);
        drop(other, &second);
      }
    CHECK_EQ(open_address(heap, k, block), TH_OK);
    drop(k, &first);
    }
  test_heap_close(&image, heap);
}

TEST(binding_a_freed_container_is_refused) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_address block = user_block(heap, 32), other = user_block(heap, 32);
  for
    EACH_KIND(k) {
      th_handle old = make(heap, k);
      drop(k, &old);
      CHECK_EQ(th_object_bind(&old, k->kind, block), TH_FREED);
      th_handle next = make(heap, k);
      CHECK_EQ(th_object_bind(&next, k->kind, block), TH_OK);
      CHECK_EQ(th_object_bind(&old, k->kind, other), TH_FREED);
      drop(k, &next);
      CHECK_EQ(th_load_relaxed(&words_at(heap, block)[0]), 0);
    }
  test_heap_close(&image, heap);
}

TEST(a_user_block_of_other_bytes_is_refused) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_address block = user_block(heap, 64);
  for (int i = 0; i < 1000; i++) {
    write_words(heap, block, (uint32_t)test_random());
    CHECK_EQ(open_address(heap, &kinds[i % TH_OBJECT_KINDS], block), TH_BAD_DESCRIPTOR);
  }
  test_heap_close(&image, heap);
}

TEST(every_overwritten_bit_of_the_words_is_noticed) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_address block = user_block(heap, 16);
      th_handle made = make(heap, k);
      CHECK_EQ(th_object_bind(&made, k->kind, block), TH_OK);
      for (uint32_t bit = 0; bit < 128; bit++) {
        th_atomic_u32 *word = &words_at(heap, block)[bit / 32];
        const uint32_t sound = th_load_relaxed(word);
        th_store_relaxed(word, sound ^ 1u << bit % 32);
        CHECK_EQ(open_address(heap, k, block), TH_BAD_DESCRIPTOR);
        th_store_relaxed(word, sound);
      }
      CHECK_EQ(open_address(heap, k, block), TH_OK);
      drop(k, &made);
    }
  test_heap_close(&image, heap);
}

TEST(free_leaves_words_that_are_not_its_own_alone) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_address block = user_block(heap, 16);
      th_handle made = make(heap, k);
      CHECK_EQ(th_object_bind(&made, k->kind, block), TH_OK);
      write_words(heap, block, 77);
      drop(k, &made);
      CHECK_EQ(th_load_relaxed(&words_at(heap, block)[0]), 77);
      CHECK_EQ(th_load_relaxed(&words_at(heap, block)[3]), 80);
      th_free(heap, block, TH_BLOCK_USER);
    }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_container_outlives_its_user_block) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_address block = user_block(heap, 16);
      th_handle made = make(heap, k);
      CHECK_EQ(th_object_bind(&made, k->kind, block), TH_OK);
      CHECK_EQ(th_free(heap, block, TH_BLOCK_USER), TH_OK);
      CHECK_EQ(open_address(heap, k, block), TH_BAD_DESCRIPTOR);
      CHECK_EQ(th_object_check(&made), TH_OK);
      CHECK_EQ(user_block(heap, 16), block); // the next owner's bytes are not touched
      write_words(heap, block, 5);
      drop(k, &made);
      CHECK_EQ(th_load_relaxed(&words_at(heap, block)[0]), 5);
      th_free(heap, block, TH_BLOCK_USER);
    }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- zeroed blocks ----

TEST(a_zeroed_user_block_becomes_an_empty_container) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_address block = user_block(heap, 64);
      const th_descriptor descriptor = {.address = block + 20};
      th_handle first, second;
      TEST_OK(&image, heap, k->open(heap, &descriptor, &first));
      TEST_OK(&image, heap, k->open(heap, &descriptor, &second));
      CHECK(first.object == second.object && first.generation == second.generation);
      CHECK_EQ(th_load_acquire(&first.control->length), 0);
      CHECK_EQ(th_heap_used(heap), 64 + sizeof(th_control));
      drop(k, &second);
      CHECK_EQ(th_object_check(&first), TH_FREED);
      TEST_OK(&image, heap, k->open(heap, &descriptor, &second)); // zeroed again
      CHECK(second.generation != first.generation);
      drop(k, &second);
      th_free(heap, block, TH_BLOCK_USER);
    }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_zeroed_block_with_a_generation_was_freed) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_descriptor descriptor = {.address = user_block(heap, 16), .generation = 1};
  for
    EACH_KIND(k)
  CHECK_EQ(open_it(heap, k, &descriptor), TH_FREED);
  CHECK_EQ(th_heap_used(heap), 16);
  test_heap_close(&image, heap);
}

enum { ROUNDS = 200 };

typedef struct openers {
  const kind_calls *k;
  th_address blocks[ROUNDS];
  th_handle opened[THREADS][ROUNDS];
  th_atomic_u32 arrived;
} openers;

// Lets the threads come to each block together.
static void wait_for_all(openers *all, uint32_t round) {
  th_fetch_add_relaxed(&all->arrived, 1u);
  while (th_load_acquire(&all->arrived) < THREADS * (round + 1))
    sched_yield();
}

static void open_all(int index, void *context) {
  openers *all = context;
  th_heap *heap = test_heap_attach(&image);
  for (uint32_t i = 0; i < ROUNDS; i++) {
    const th_descriptor descriptor = {.address = all->blocks[i]};
    wait_for_all(all, i);
    TEST_OK(&image, heap, all->k->open(heap, &descriptor, &all->opened[index][i]));
  }
  th_heap_detach(heap);
}

TEST(threads_that_open_a_zeroed_block_at_once_get_one_container) {
  static openers all;
  for
    EACH_KIND(k) {
      th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
      memset(&all, 0, sizeof(all));
      all.k = k;
      for (int i = 0; i < ROUNDS; i++)
        all.blocks[i] = user_block(heap, 16);
      run_threads(THREADS, open_all, &all);
      test_heap_is_sound(heap);
      CHECK_EQ(th_heap_used(heap), ROUNDS * (16 + sizeof(th_control)));
      for (int i = 0; i < ROUNDS; i++) {
        for (int t = 1; t < THREADS; t++) {
          CHECK(all.opened[t][i].object == all.opened[0][i].object);
          CHECK_EQ(all.opened[t][i].generation, all.opened[0][i].generation);
        }
      }
      test_heap_close(&image, heap);
    }
}

// ---- found by a bare address in that instant ----

typedef struct bystander {
  th_atomic_u32 block;
  th_atomic_u32 recent[4]; // control blocks of the last lists
  th_atomic_u32 finished;
} bystander;

// Opens the zeroed block at the same time as the other opener, and frees what is there.
static void open_and_free(bystander *b, th_heap *heap, const kind_calls *k, int index) {
  for (int i = 0; i < 3000 * TEST_SCALE; i++) {
    const th_descriptor descriptor = {.address = th_load_acquire(&b->block)};
    th_handle handle;
    if (TEST_CALL(&image, heap, k->open(heap, &descriptor, &handle)) != TH_OK) continue;
    th_store_release(&b->recent[2 * index + i % 2], handle.object->address);
    const th_status status = TEST_CALL(&image, heap, k->free(&handle));
    CHECK(status == TH_OK || status == TH_FREED);
  }
  th_fetch_add_relaxed(&b->finished, 1u);
}

// Stores something in any list that stands where one of the last ones stood.
static void push_anywhere(bystander *b, th_heap *heap) {
  const uint32_t number = 1;
  while (th_load_acquire(&b->finished) < 2) {
    const th_descriptor descriptor = {.address = th_load_acquire(&b->recent[test_random() % 4])};
    th_handle handle;
    if (th_list_open(heap, &descriptor, &handle) != TH_OK) continue;
    const th_status status = TEST_CALL(&image, heap, th_list_push(&handle, &number, NULL));
    // Full: what is pushed into a list that nobody frees for a while fills the heap.
    CHECK(status == TH_OK || status == TH_FREED || status == TH_FULL);
  }
}

static void open_or_push(int index, void *context) {
  th_heap *heap = test_heap_attach(&image);
  if (index < 2) {
    open_and_free(context, heap, &kinds[TH_LIST], index);
  } else {
    push_anywhere(context, heap);
  }
  th_heap_detach(heap);
}

TEST(a_list_that_lost_its_block_to_another_takes_along_what_was_stored_in_it) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  bystander b = {.block = user_block(heap, 16)};
  run_threads(THREADS, open_or_push, &b);
  test_heap_is_sound(heap);
  CHECK_EQ(th_heap_used(heap), 16);
  test_heap_close(&image, heap);
}
