// SPDX-License-Identifier: MIT
// Handles, descriptors and generations.
#include "fixture.h"

#include <stdlib.h>

#include "kinds.h"

enum { MIB = 1 << 20, THREADS = 4 };

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

// Often several of one kind in a row, so that they follow each other in one slot.
static const kind_calls *kind_of(int i) {
  return &kinds[i / 3 % TH_OBJECT_KINDS];
}

TEST(no_old_handle_comes_alive_again) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  static th_handle old[OLD_HANDLES];
  static bool live[OLD_HANDLES];
  for (int i = 0; i < OLD_HANDLES; i++) {
    old[i] = make(heap, kind_of(i));
    live[i] = true;
    const int victim = test_random() % 2 ? i : (int)(test_random() % (uint64_t)(i + 1));
    if (live[victim]) drop(kind_of(victim), &old[victim]);
    live[victim] = false;
    if (i % 10) continue;
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
