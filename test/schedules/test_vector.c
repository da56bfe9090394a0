// SPDX-License-Identifier: MIT
// Vectors: a reader of the mirrored length finds the elements that it counts.
#include "core/vector.h"
#include "scene.h"

enum { PUSHES = 6 };

static const th_vector_config config = {.element = {.type = TH_ELEMENT_Uint32, .data_length = 1},
                                        .buffer_length = 1};
static th_handle vector;

// As a view of JavaScript reads: the length, the chunk, the word.
static void read_like_a_view(const th_handle *own) {
  const uint32_t length = th_load_acquire(&own->control->length);
  if (length == 0) return;
  const uint32_t index = (uint32_t)(test_random() % length);
  uint32_t chunk = 0, first = 0;
  while (index >= first + (chunk ? 1u << (chunk - 1) : 1u)) {
    first += chunk ? 1u << (chunk - 1) : 1u;
    chunk++;
  }
  th_address address;
  TEST_OK(&image, own->heap, th_vector_chunk(own, chunk, &address));
  CHECK(address != 0);
  th_atomic_u32 *words = th__at(own->heap, address);
  CHECK(th_load_relaxed(&words[index - first]) >= 1000);
}

static void push_or_read(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&vector, index);
  for (uint32_t i = 0; i < PUSHES; i++) {
    const uint32_t value = 1000 * ((uint32_t)index + 1) + i;
    uint32_t at;
    if (index < 2) TEST_OK(&image, own.heap, th_vector_push(&own, &value, &at));
    read_like_a_view(&own);
  }
}

static void push_together(void) {
  scene_open();
  TEST_OK(&image, heaps[0], th_vector_create(heaps[0], &config, &vector));
  sim_run(3, push_or_read, NULL);
  uint32_t all[2 * PUSHES], length, sum = 0;
  CHECK_EQ(th_vector_copy(&vector, all, 2 * PUSHES, &length), TH_OK);
  CHECK_EQ(length, 2 * PUSHES);
  for (uint32_t i = 0; i < length; i++) {
    sum += all[i];
  }
  CHECK_EQ(sum, 3000 * PUSHES + PUSHES * (PUSHES - 1));
  CHECK_EQ(th_vector_free(&vector), TH_OK);
  scene_close();
}

TEST(an_element_is_there_before_the_length_that_counts_it) {
  sim_explore(push_together);
}
