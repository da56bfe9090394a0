// SPDX-License-Identifier: MIT
// Each test plants one fault and wants it reported.
#include "fixture.h"

#include <string.h>

#include "core/list.h"
#include "core/map.h"
#include "core/map_layout.h"
#include "core/string.h"
#include "core/vector.h"
#include "core/verify.h"

enum { MIB = 1 << 20 };

static bool reports(th_heap *heap, const char *what) {
  th_report report;
  th_heap_verify(heap, true, &report);
  for (uint32_t i = 0; i < report.count && i < TH_PROBLEMS_MAX; i++) {
    if (strstr(report.problems[i].what, what)) return true;
  }
  return false;
}

static uint32_t problems(th_heap *heap) {
  th_report report;
  th_heap_verify(heap, true, &report);
  return report.count;
}

static th_value number(double n) {
  return (th_value){.type = TH_NUMBER, .number = n};
}

static th_value text(const char *string) {
  return (th_value){.type = TH_LATIN1, .bytes = string, .length = strlen(string)};
}

// One container of each kind, with contents that need blocks of every kind.
typedef struct zoo {
  test_image image;
  th_heap *heap;
  th_handle list, vector, map, string;
} zoo;

static void zoo_open(zoo *z) {
  const th_element element = {.type = TH_ELEMENT_Uint32, .data_length = 1};
  const th_vector_config config = {.element = element, .buffer_length = 4};
  const th_value value = text("a text that does not fit inline");
  z->heap = test_heap_open(&z->image, 8192, 64 * MIB);
  TEST_OK(&z->image, z->heap, th_list_create(z->heap, &element, &z->list));
  TEST_OK(&z->image, z->heap, th_vector_create(z->heap, &config, &z->vector));
  TEST_OK(&z->image, z->heap, th_map_create(z->heap, &z->map));
  TEST_OK(&z->image, z->heap, th_string_create(z->heap, &value, &z->string));
  for (uint32_t i = 0; i < 3000; i++) {
    const th_value key = number(i);
    uint32_t index;
    TEST_OK(&z->image, z->heap, th_list_push(&z->list, &i, NULL));
    TEST_OK(&z->image, z->heap, th_vector_push(&z->vector, &i, &index));
    TEST_OK(&z->image, z->heap, th_map_set(&z->map, &key, &value));
  }
}

static void zoo_close(zoo *z) {
  test_heap_close(&z->image, z->heap);
}

TEST(a_sound_heap_has_no_problems) {
  zoo z;
  zoo_open(&z);
  CHECK_EQ(problems(z.heap), 0);
  CHECK_EQ(th_map_free(&z.map), TH_OK);
  CHECK_EQ(th_list_clear(&z.list), TH_OK);
  CHECK_EQ(problems(z.heap), 0);
  zoo_close(&z);
}

TEST(a_block_that_hangs_on_nothing_is_reported) {
  static const struct {
    th_block_kind kind;
    const char *what;
  } kinds[] = {
      {TH_BLOCK_NODE, "list nodes"},
      {TH_BLOCK_CHUNK, "chunks"},
      {TH_BLOCK_TABLE, "tables"},
      {TH_BLOCK_CELL, "strings and objects"},
  };
  zoo z;
  zoo_open(&z);
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    th_address leaked;
    TEST_OK(&z.image, z.heap, th_alloc(z.heap, 28, 16, kinds[i].kind, &leaked));
    CHECK(reports(z.heap, kinds[i].what));
    CHECK_EQ(th_free(z.heap, leaked, kinds[i].kind), TH_OK);
    CHECK_EQ(problems(z.heap), 0);
  }
  zoo_close(&z);
}

TEST(an_overwritten_list_is_reported) {
  zoo z;
  zoo_open(&z);
  th_address element;
  CHECK_EQ(th_list_at(&z.list, 1000, &element), TH_OK);
  th_node *node = (th_node *)(void *)(z.image.base + element - sizeof(th_node));
  th_store_relaxed(&node->previous, element);
  CHECK(reports(z.heap, "a container is corrupt"));
  CHECK_EQ(th_list_clear(&z.list), TH_CORRUPT);
  zoo_close(&z);
}

TEST(an_overwritten_map_is_reported) {
  zoo z;
  zoo_open(&z);
  th_map *map = (th_map *)(void *)z.map.object;
  const th_table t = th__table_of(z.image.base, th_load_relaxed(&map->shards[7].table));
  th_entry *entry = th__table_entry(&t, 1);
  th_store_relaxed(&entry->key, th_load_relaxed(&entry->key) ^ 1u << 20);
  CHECK(reports(z.heap, "a container is corrupt"));
  zoo_close(&z);
}

TEST(a_live_block_that_counts_as_free_is_reported) {
  zoo z;
  zoo_open(&z);
  th_address element;
  uint32_t index;
  CHECK_EQ(th_list_at(&z.list, 0, &element), TH_OK);
  th_run *run = th__locate(z.heap->record, element - sizeof(th_node), &index);
  run->free_bits[index / 64] |= 1ull << (index % 64);
  CHECK(reports(z.heap, "a live block counts as free"));
  CHECK(reports(z.heap, "a run's free blocks and their number differ"));
  run->free_bits[index / 64] &= ~(1ull << (index % 64));
  CHECK_EQ(problems(z.heap), 0);
  zoo_close(&z);
}

TEST(a_block_that_a_cache_lost_is_reported) {
  zoo z;
  zoo_open(&z);
  th_address address;
  TEST_OK(&z.image, z.heap, th_alloc(z.heap, 64, 16, TH_BLOCK_USER, &address));
  CHECK_EQ(th_free(z.heap, address, TH_BLOCK_USER), TH_OK);
  uint32_t index;
  th_cache *cache = &z.heap->caches[th__locate(z.heap->record, address, &index)->class_index];
  cache->count--;
  CHECK(reports(z.heap, "a block is in no cache and not free"));
  cache->count++;
  CHECK_EQ(problems(z.heap), 0);
  zoo_close(&z);
}

TEST(wrong_accounts_are_reported) {
  zoo z;
  zoo_open(&z);
  th_atomic_i64 *used = &z.heap->account.used;
  th_store_relaxed(used, th_load_relaxed(used) + 1);
  CHECK(reports(z.heap, "the bytes in use and the live blocks differ"));
  th_store_relaxed(used, th_load_relaxed(used) - 1);
  z.heap->record->classes[0].taken++;
  CHECK(reports(z.heap, "the blocks taken from the runs and their number differ"));
  z.heap->record->classes[0].taken--;
  z.heap->record->spans.free_pages++;
  CHECK(reports(z.heap, "the free pages and the free spans differ"));
  z.heap->record->spans.free_pages--;
  zoo_close(&z);
}

TEST(a_page_without_a_run_is_reported) {
  zoo z;
  zoo_open(&z);
  th_run *run = th_load_relaxed(&z.heap->record->page_map[1]);
  th_store_relaxed(&z.heap->record->page_map[1], NULL);
  CHECK(reports(z.heap, "a page belongs to no run"));
  th_store_relaxed(&z.heap->record->page_map[1], run);
  CHECK_EQ(problems(z.heap), 0);
  zoo_close(&z);
}

// Four threads change everything while the fifth looks: nothing may seem wrong.
static void change_and_verify(int index, void *context) {
  zoo *z = context;
  th_heap *heap = test_heap_attach(&z->image);
  th_handle list = z->list, map = z->map, string = z->string;
  list.heap = map.heap = string.heap = heap;
  for (uint32_t i = 0; i < 400; i++) {
    th_report report;
    const th_value key = number(i * 5 + (uint32_t)index), value = text("another text, not inline");
    bool found;
    uint32_t element;
    if (index == 4) {
      th_heap_verify(heap, false, &report);
      CHECK_EQ(report.count, 0);
      continue;
    }
    TEST_OK(&z->image, heap, th_map_set(&map, &key, &value));
    TEST_OK(&z->image, heap, th_string_set(&string, &value));
    TEST_OK(&z->image, heap, th_list_push(&list, &i, NULL));
    TEST_OK(&z->image, heap, th_list_remove_at(&list, 0, &element, &found));
    TEST_OK(&z->image, heap, th_map_delete(&map, &key, &found));
  }
  th_heap_detach(heap);
}

TEST(a_heap_in_use_has_no_problems) {
  zoo z;
  zoo_open(&z);
  run_threads(5, change_and_verify, &z);
  CHECK_EQ(problems(z.heap), 0);
  zoo_close(&z);
}
