// SPDX-License-Identifier: MIT
// Opening and freeing containers, and user's blocks that hold them.
#include "core/list.h"
#include "core/string.h"
#include "scene.h"

static th_address block;
static th_handle opened[SIM_THREADS_MAX];

static void open_block(int index, void *context) {
  (void)context;
  const th_descriptor descriptor = {.address = block};
  TEST_OK(&image, heaps[index], th_list_open(heaps[index], &descriptor, &opened[index]));
  const uint32_t value = (uint32_t)index;
  TEST_OK(&image, heaps[index], th_list_push(&opened[index], &value, NULL));
}

static void open_together(void) {
  scene_open();
  TEST_OK(&image, heaps[0], th_alloc_zeroed(heaps[0], 16, 16, TH_BLOCK_USER, &block));
  sim_run(3, open_block, NULL);
  uint32_t all[3], length;
  CHECK_EQ(th_list_copy(&opened[0], all, 3, &length), TH_OK);
  CHECK_EQ(length, 3);
  for (int i = 1; i < 3; i++) {
    CHECK_EQ(opened[i].generation, opened[0].generation);
  }
  CHECK_EQ(th_list_free(&opened[2]), TH_OK);
  CHECK_EQ(th_free(heaps[0], block, TH_BLOCK_USER), TH_OK);
  scene_close();
}

TEST(threads_that_open_a_zeroed_block_at_once_get_one_container) {
  sim_explore(open_together);
}

static th_atomic_u32 address; // of the string that is there now

// Thread 0 replaces a string again and again; the others open whatever is at the address.
static void replace_or_open(int index, void *context) {
  (void)context;
  th_heap *heap = heaps[index];
  for (uint32_t i = 0; i < 4; i++) {
    th_handle string;
    th_value text;
    if (index == 0) {
      uint8_t space[SCENE_TEXT_MAX];
      const th_value value = scene_text(i, space);
      TEST_OK(&image, heap, th_string_create(heap, &value, &string));
      th_store_release(&address, string.address);
      CHECK_EQ(TEST_CALL(&image, heap, th_string_free(&string)), TH_OK);
      continue;
    }
    const th_descriptor descriptor = {.address = th_load_acquire(&address)};
    if (descriptor.address == 0) continue;
    th_status status = TEST_CALL(&image, heap, th_string_open(heap, &descriptor, &string));
    CHECK(status == TH_OK || status == TH_FREED);
    if (status == TH_OK) status = TEST_CALL(&image, heap, th_string_get(&string, &text));
    CHECK(status == TH_OK || status == TH_FREED);
    if (status == TH_OK) scene_text_id(heap, &text);
  }
}

static void open_beside_free(void) {
  scene_open();
  th_store_relaxed(&address, 0);
  sim_run(3, replace_or_open, NULL);
  scene_close();
}

TEST(a_container_that_is_opened_beside_its_free_is_whole_or_freed) {
  sim_explore(open_beside_free);
}
