// SPDX-License-Identifier: MIT
// Lists that several threads change and walk.
#include "core/list.h"
#include "scene.h"

enum { PUSHES = 5 };

static const th_element number = {.type = TH_ELEMENT_Uint32, .data_length = 1};
static th_handle list;
static uint32_t taken[SIM_THREADS_MAX * PUSHES];

static void push_take_or_copy(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&list, index);
  uint32_t last = 0;
  for (uint32_t i = 0; i < PUSHES; i++) {
    const uint32_t value = (uint32_t)index * PUSHES + i;
    uint32_t head, all[SIM_THREADS_MAX * PUSHES], length;
    bool found;
    TEST_OK(&image, own.heap, th_list_push(&own, &value, NULL));
    TEST_OK(&image, own.heap, th_list_copy(&own, all, SIM_THREADS_MAX * PUSHES, &length));
    for (uint32_t k = 0; k < length; k++) {
      CHECK(all[k] < SIM_THREADS_MAX * PUSHES);
    }
    TEST_OK(&image, own.heap, th_list_remove_at(&own, 0, &head, &found));
    if (!found) continue;
    taken[head]++;
    // What one thread pushed comes out in the order it was pushed.
    if (head / PUSHES == (uint32_t)index) {
      CHECK(head >= last);
      last = head;
    }
  }
}

static void queue(void) {
  scene_open();
  memset(taken, 0, sizeof(taken));
  TEST_OK(&image, heaps[0], th_list_create(heaps[0], &number, &list));
  sim_run(3, push_take_or_copy, NULL);
  for (uint32_t i = 0; i < 3 * PUSHES; i++) {
    CHECK_EQ(taken[i], 1);
  }
  CHECK_EQ(th_list_free(&list), TH_OK);
  scene_close();
}

TEST(what_is_pushed_is_taken_once_and_in_order) {
  sim_explore(queue);
}

static void free_or_push(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&list, index);
  if (index == 0) {
    CHECK_EQ(TEST_CALL(&image, own.heap, th_list_free(&own)), TH_OK);
    return;
  }
  bool is_freed = false;
  for (uint32_t i = 0; i < PUSHES; i++) {
    const th_status status = TEST_CALL(&image, own.heap, th_list_push(&own, &i, NULL));
    CHECK(status == (is_freed ? TH_FREED : status));
    CHECK(status == TH_OK || status == TH_FREED);
    is_freed = status == TH_FREED;
  }
}

static void freed_beside_pushes(void) {
  scene_open();
  TEST_OK(&image, heaps[0], th_list_create(heaps[0], &number, &list));
  sim_run(3, free_or_push, NULL);
  scene_close();
}

TEST(a_push_beside_free_leaves_nothing_behind) {
  sim_explore(freed_beside_pushes);
}
