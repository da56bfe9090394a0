// SPDX-License-Identifier: MIT
// Vectors: a reader of the mirrored length finds the elements that it counts.
#include "core/vector.h"
#include "scene.h"

enum { PUSHES = 6, BATCH = 3 };

// Chunk 0 has room for all, so that a view of it is all that a reader needs.
static const th_vector_config config = {.element = {.type = TH_ELEMENT_Uint32, .data_length = 1},
                                        .buffer_length = 32};
static th_handle vector;
static th_atomic_u32 *words; // of chunk 0

static void push(const th_handle *handle, uint32_t value) {
  uint32_t index;
  TEST_OK(&image, handle->heap, th_vector_push(handle, &value, &index));
}

static void push_batch(const th_handle *handle, uint32_t value) {
  const uint32_t values[BATCH] = {value, value + 1, value + 2};
  uint32_t index;
  TEST_OK(&image, handle->heap, th_vector_push_many(handle, values, sizeof(values), &index));
}

// As JavaScript reads: the mirrored length, then the word.
static void read_like_a_view(const th_handle *own) {
  const uint32_t length = th_load_acquire(&own->control->length);
  for (uint32_t i = 0; i < length; i++) {
    CHECK(th_load_relaxed(&words[i]) >= 1000);
  }
}

static void push_or_read(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&vector, index);
  for (uint32_t i = 0; i < PUSHES; i++) {
    const uint32_t value = 1000 * ((uint32_t)index + 1) + i;
    if (index == 0) push(&own, value);
    if (index == 1 && i % BATCH == 0) push_batch(&own, value);
    read_like_a_view(&own);
  }
}

static void push_together(void) {
  scene_open();
  TEST_OK(&image, heaps[0], th_vector_create(heaps[0], &config, &vector));
  push(&vector, 1000);
  th_address address;
  CHECK_EQ(th_vector_chunk(&vector, 0, &address), TH_OK);
  words = th__at(heaps[0], address);
  sim_run(3, push_or_read, NULL);
  uint32_t all[1 + 2 * PUSHES], length, sum = 0;
  CHECK_EQ(th_vector_copy(&vector, all, 1 + 2 * PUSHES, &length), TH_OK);
  CHECK_EQ(length, 1 + 2 * PUSHES);
  for (uint32_t i = 1; i < length; i++) {
    sum += all[i];
  }
  CHECK_EQ(sum, 3000 * PUSHES + PUSHES * (PUSHES - 1));
  CHECK_EQ(th_vector_free(&vector), TH_OK);
  scene_close();
}

TEST(an_element_is_there_before_the_length_that_counts_it) {
  sim_explore(push_together);
}
