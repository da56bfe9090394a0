// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <stdlib.h>

#include "core/list.h"
#include "core/map.h"
#include "core/string.h"
#include "core/vector.h"
#include "samples.h"

enum { MIB = 1 << 20, THREADS = 4 };

static test_image image;

// ---- one of each kind ----

typedef struct kind_calls {
  th_object_kind kind;
  th_status (*create)(th_heap *heap, th_handle *handle);
  th_status (*open)(th_heap *heap, const th_descriptor *descriptor, th_handle *handle);
  th_status (*free)(const th_handle *handle);
} kind_calls;

static th_status list_create(th_heap *heap, th_handle *handle) {
  const th_element element = {.type = TH_ELEMENT_Uint32, .data_length = 1};
  return th_list_create(heap, &element, handle);
}

static th_status vector_create(th_heap *heap, th_handle *handle) {
  const th_vector_config config = {.element = {.data_length = 1}, .buffer_length = 4};
  return th_vector_create(heap, &config, handle);
}

static th_status string_create(th_heap *heap, th_handle *handle) {
  const th_value text = test_text("a text that needs a block");
  return th_string_create(heap, &text, handle);
}

static const kind_calls kinds[TH_OBJECT_KINDS] = {
    {TH_LIST, list_create, th_list_open, th_list_free},
    {TH_VECTOR, vector_create, th_vector_open, th_vector_free},
    {TH_MAP, th_map_create, th_map_open, th_map_free},
    {TH_STRING, string_create, th_string_open, th_string_free},
};

#define EACH_KIND(k) (const kind_calls *k = kinds; k < kinds + TH_OBJECT_KINDS; k++)

static th_handle make(th_heap *heap, const kind_calls *k) {
  th_handle handle;
  TEST_OK(&image, heap, k->create(heap, &handle));
  return handle;
}

static void drop(const kind_calls *k, const th_handle *handle) {
  TEST_OK(&image, handle->heap, k->free(handle));
}

static th_descriptor descriptor_of(const th_handle *handle) {
  return (th_descriptor){.address = handle->address,
                         .heap_id = handle->heap->record->heap_id,
                         .generation = handle->generation};
}

static th_status open_it(th_heap *heap, const kind_calls *k, const th_descriptor *descriptor) {
  th_handle handle;
  return TEST_CALL(&image, heap, k->open(heap, descriptor, &handle));
}

static th_status open_address(th_heap *heap, const kind_calls *k, th_address address) {
  const th_descriptor descriptor = {.address = address};
  return open_it(heap, k, &descriptor);
}

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

// ---- descriptors ----

TEST(a_descriptor_opens_its_container) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  for
    EACH_KIND(k) {
      const th_handle made = make(heap, k);
      for (int told = 0; told < 4; told++) { // with and without heap id and generation
        th_descriptor descriptor = descriptor_of(&made);
        if (told & 1) descriptor.heap_id = 0;
        if (told & 2) descriptor.generation = 0;
        th_handle opened;
        CHECK_EQ(k->open(heap, &descriptor, &opened), TH_OK);
        CHECK(opened.object == made.object && opened.control == made.control);
        CHECK_EQ(opened.generation, made.generation);
        CHECK_EQ(opened.address, made.address);
      }
      drop(k, &made);
    }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_descriptor_of_another_heap_is_refused) {
  test_image other_image;
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  th_heap *other = test_heap_open(&other_image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_handle here = make(heap, k);
      th_handle there;
      TEST_OK(&other_image, other, k->create(other, &there));
      const th_descriptor descriptor = descriptor_of(&there);
      CHECK_EQ(open_it(heap, k, &descriptor), TH_OTHER_HEAP);
      drop(k, &here);
    }
  test_heap_close(&other_image, other);
  test_heap_close(&image, heap);
}

TEST(a_descriptor_of_a_freed_container_says_so) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_handle made = make(heap, k);
      const th_descriptor descriptor = descriptor_of(&made);
      drop(k, &made);
      CHECK_EQ(open_it(heap, k, &descriptor), TH_FREED);
      CHECK_EQ(open_address(heap, k, descriptor.address), TH_FREED);
      CHECK_EQ(th_object_check(&made), TH_FREED);
      CHECK_EQ(k->free(&made), TH_FREED);
    }
  test_heap_close(&image, heap);
}

TEST(a_stale_generation_never_names_the_next_container_of_the_slot) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_handle old = make(heap, k);
      const th_descriptor descriptor = descriptor_of(&old);
      drop(k, &old);
      const th_handle next = make(heap, k);
      CHECK_EQ(next.address, old.address);
      CHECK_EQ(open_it(heap, k, &descriptor), TH_FREED);
      CHECK_EQ(th_object_check(&old), TH_FREED);
      CHECK_EQ(k->free(&old), TH_FREED);
      CHECK_EQ(th_object_check(&next), TH_OK);
      drop(k, &next);
    }
  test_heap_close(&image, heap);
}

TEST(a_control_block_of_another_kind_is_refused) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_handle made = make(heap, k);
      const th_descriptor descriptor = descriptor_of(&made);
    for
      EACH_KIND(other) {
        CHECK_EQ(open_it(heap, other, &descriptor), other == k ? TH_OK : TH_BAD_DESCRIPTOR);
      }
    drop(k, &made);
    }
  test_heap_close(&image, heap);
}

TEST(an_address_inside_a_control_block_is_refused) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_handle made = make(heap, k);
      for (th_address i = 1; i < sizeof(th_control); i++) {
        CHECK_EQ(open_address(heap, k, made.address + i), TH_BAD_DESCRIPTOR);
      }
      drop(k, &made);
    }
  test_heap_close(&image, heap);
}

TEST(the_control_block_mirrors_the_generation_as_a_double) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_handle made = make(heap, k);
      const uint64_t bits = th_load_acquire(&made.control->generation);
      double generation;
      memcpy(&generation, &bits, sizeof(generation));
      CHECK_EQ(generation, made.generation);
      drop(k, &made);
      CHECK_EQ(th_load_acquire(&made.control->generation), 0);
    }
  test_heap_close(&image, heap);
}

// Whether the status is one that an address naming nothing may give.
static bool names_nothing(th_status status) {
  return status == TH_BAD_DESCRIPTOR || status == TH_FREED;
}

TEST(random_addresses_name_nothing) {
  th_heap *heap = test_heap_open(&image, MIB, 8 * MIB);
  th_handle made[TH_OBJECT_KINDS];
  for
    EACH_KIND(k)
  made[k->kind] = make(heap, k);
  for (int i = 0; i < 200000; i++) {
    const kind_calls *k = &kinds[i % TH_OBJECT_KINDS];
    th_descriptor descriptor = {.address = (th_address)test_random()};
    if (i % 3) descriptor.address %= TH_HEADER_SIZE + MIB + 4096;
    if (i % 5 == 0) descriptor.address &= ~31u;
    if (i % 7 == 0) descriptor.generation = test_random();
    if (descriptor.address == made[k->kind].address) continue;
    CHECK(names_nothing(open_it(heap, k, &descriptor)));
  }
  for
    EACH_KIND(k) {
      CHECK_EQ(th_object_check(&made[k->kind]), TH_OK);
      drop(k, &made[k->kind]);
    }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

static void probe_addresses(th_heap *heap) {
  for (int i = 0; i < 20000; i++) {
    const kind_calls *k = &kinds[i % TH_OBJECT_KINDS];
    const th_address end = (th_address)th_load_acquire(&image.length);
    const th_address address = (th_address)test_random() % end & ~31u;
    const th_status status = open_address(heap, k, address);
    CHECK(status == TH_OK || names_nothing(status));
  }
}

static void create_until_probed(int index, void *context) {
  th_heap *heap = test_heap_attach(&image);
  th_atomic_u32 *probed = context;
  if (index == 0) {
    probe_addresses(heap);
    th_store_release(probed, 1u);
  }
  for (int i = 0; i < 4000 && !th_load_acquire(probed); i++)
    make(heap, &kinds[i % TH_OBJECT_KINDS]);
  th_heap_detach(heap);
}

TEST(random_addresses_are_safe_beside_threads_that_make_the_first_containers_there) {
  for (int round = 0; round < 10; round++) {
    th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
    th_atomic_u32 probed = 0;
    run_threads(2, create_until_probed, &probed);
    test_heap_close(&image, heap);
  }
}

// ---- generations ----

enum { OLD_HANDLES = 2000 };

TEST(no_old_handle_comes_alive_again) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  static th_handle old[OLD_HANDLES];
  static bool live[OLD_HANDLES];
  for (int i = 0; i < OLD_HANDLES; i++) {
    old[i] = make(heap, &kinds[i % TH_OBJECT_KINDS]);
    live[i] = true;
    const int victim = (int)(test_random() % (uint64_t)(i + 1));
    if (live[victim]) drop(&kinds[victim % TH_OBJECT_KINDS], &old[victim]);
    live[victim] = false;
    if (i % 50) continue;
    for (int j = 0; j <= i; j++)
      CHECK_EQ(th_object_check(&old[j]), live[j] ? TH_OK : TH_FREED);
  }
  test_heap_close(&image, heap);
}

static void collect_generations(int index, void *context) {
  th_heap *heap = test_heap_attach(&image);
  uint64_t *generations = (uint64_t *)context + index * 1000;
  for (int i = 0; i < 1000; i++)
    generations[i] = th__heap_generation(heap);
  th_heap_detach(heap);
}

static int compare_u64(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

TEST(no_generation_is_given_out_twice) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  static uint64_t generations[THREADS * 1000];
  run_threads(THREADS, collect_generations, generations);
  qsort(generations, THREADS * 1000, sizeof(uint64_t), compare_u64);
  CHECK(generations[0] > 0 && generations[THREADS * 1000 - 1] < 1ull << 53);
  for (int i = 1; i < THREADS * 1000; i++)
    CHECK(generations[i] > generations[i - 1]);
  test_heap_close(&image, heap);
}

// ---- corrupt marking ----

TEST(a_container_marked_corrupt_stays_so_for_everybody) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_handle bad = make(heap, k), good = make(heap, k);
      th_descriptor descriptor = descriptor_of(&bad);
      CHECK_EQ(th__object_corrupt(&bad), TH_CORRUPT);
      CHECK_EQ(th_object_check(&bad), TH_CORRUPT);
      CHECK_EQ(open_it(heap, k, &descriptor), TH_CORRUPT);
      CHECK_EQ(open_address(heap, k, descriptor.address), TH_CORRUPT);
      CHECK_EQ(k->free(&bad), TH_CORRUPT);
      descriptor.generation++;
      CHECK_EQ(open_it(heap, k, &descriptor), TH_FREED);
      descriptor.generation = bad.generation | 1ull << 63;
      CHECK(open_it(heap, k, &descriptor) != TH_OK);
      CHECK_EQ(th_object_check(&good), TH_OK);
      drop(k, &good);
    }
  test_heap_close(&image, heap);
}

TEST(an_old_handle_cannot_mark_the_next_container_corrupt) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  for
    EACH_KIND(k) {
      const th_handle old = make(heap, k);
      drop(k, &old);
      CHECK_EQ(th__object_corrupt(&old), TH_CORRUPT);
      const th_handle next = make(heap, k);
      CHECK_EQ(next.address, old.address);
      th__object_corrupt(&old);
      CHECK_EQ(th_object_check(&next), TH_OK);
      drop(k, &next);
    }
  test_heap_close(&image, heap);
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
