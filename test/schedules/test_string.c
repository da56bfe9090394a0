// SPDX-License-Identifier: MIT
// The sequence lock of a string.
#include "core/string.h"
#include "scene.h"

static th_handle string;

static void set_text(const th_handle *handle, uint32_t id) {
  uint8_t space[SCENE_TEXT_MAX];
  const th_value text = scene_text(id, space);
  TEST_OK(&image, handle->heap, th_string_set(handle, &text));
}

static uint32_t get_text(const th_handle *handle) {
  th_value text;
  TEST_OK(&image, handle->heap, th_string_get(handle, &text));
  return scene_text_id(handle->heap, &text);
}

static void open_string(void) {
  uint8_t space[SCENE_TEXT_MAX];
  scene_open();
  const th_value text = scene_text(0, space);
  TEST_OK(&image, heaps[0], th_string_create(heaps[0], &text, &string));
}

static void close_string(void) {
  CHECK_EQ(th_string_free(&string), TH_OK);
  scene_close();
}

static void write_or_read(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&string, index);
  uint32_t last = 0;
  for (uint32_t i = 1; i < SCENE_TEXTS; i++) {
    if (index == 0) {
      set_text(&own, i);
      CHECK_EQ(get_text(&own), i);
    } else {
      const uint32_t now = get_text(&own);
      CHECK(now >= last); // never back to an earlier text
      last = now;
    }
  }
}

static void one_writer(void) {
  open_string();
  sim_run(3, write_or_read, NULL);
  close_string();
}

TEST(readers_see_whole_texts_in_the_order_they_were_set) {
  sim_explore(one_writer);
}

static void set_and_get(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&string, index);
  for (uint32_t i = 0; i < 3; i++) {
    set_text(&own, (uint32_t)index * 3 + i);
    get_text(&own);
  }
}

static void many_writers(void) {
  open_string();
  sim_run(3, set_and_get, NULL);
  close_string();
}

TEST(texts_that_several_threads_set_stay_whole_and_none_is_lost_in_the_heap) {
  sim_explore(many_writers);
}

// ---- the mirror that JavaScript caches by ----

static uint32_t mirror_version(const th_handle *handle) {
  return th_load_acquire(&handle->control->version_lo);
}

static th_atomic_u32 published; // the last text that was certainly set

// As lib does: a text that was read after a version may be taken for as long as the version stays.
static void set_or_cache(int index, void *context) {
  (void)context;
  const th_handle own = scene_handle(&string, index);
  if (index == 0) {
    for (uint32_t i = 1; i < SCENE_TEXTS; i++) {
      set_text(&own, i);
      th_store_release(&published, i);
    }
    return;
  }
  uint32_t version = mirror_version(&own);
  uint32_t cached = get_text(&own);
  for (uint32_t i = 0; i < SCENE_TEXTS; i++) {
    const uint32_t least = th_load_acquire(&published);
    const uint32_t now = mirror_version(&own);
    if (now != version) {
      version = now;
      cached = get_text(&own);
    }
    CHECK(cached >= least);
  }
}

static void cached_reader(void) {
  open_string();
  th_store_relaxed(&published, 0);
  sim_run(2, set_or_cache, NULL);
  close_string();
}

TEST(a_text_cached_by_its_version_is_never_older_than_what_was_set_before) {
  sim_explore(cached_reader);
}

// ---- life and death ----

static void replace_or_read(int index, void *context) {
  const th_handle own = scene_handle(context, index);
  uint8_t space[SCENE_TEXT_MAX];
  th_value text;
  if (index == 0) {
    CHECK_EQ(TEST_CALL(&image, own.heap, th_string_free(&own)), TH_OK);
    const th_value other = scene_text(5, space);
    TEST_OK(&image, own.heap, th_string_create(own.heap, &other, &string));
    CHECK_EQ(string.object, own.object);
    return;
  }
  for (int i = 0; i < 4; i++) {
    const th_status status = TEST_CALL(&image, own.heap, th_string_get(&own, &text));
    CHECK(status == TH_OK || status == TH_FREED);
    if (status == TH_FREED) continue;
    CHECK_EQ(scene_text_id(own.heap, &text), 1);
  }
}

static void freed_beside_readers(void) {
  open_string();
  set_text(&string, 1);
  th_handle first = string;
  sim_run(3, replace_or_read, &first);
  close_string();
}

TEST(a_stale_handle_never_shows_the_next_string_of_its_slot) {
  sim_explore(freed_beside_readers);
}
