// SPDX-License-Identifier: MIT
// Spans against a model: one byte per page.
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "core/page.h"

// page.c once more, with memory that runs out when the test says so.
static int callocs_left;

static void *scarce_calloc(size_t count, size_t size) {
  return callocs_left-- > 0 ? calloc(count, size) : NULL;
}

th_status scarce_take(th_record *record, uint32_t page_count, uint32_t align_pages,
                      uint16_t class_index, uint16_t tag_count, th_run **run, uint64_t *room);
void scarce_give(th_record *record, th_run *run);
th_status scarce_add(th_record *record, uint32_t first, uint32_t count);
uint32_t scarce_largest(th_record *record);
void scarce_destroy(th_record *record);
void scarce_walk(th_record *record, uint32_t page, th__run_walker visit, void *context);
void scarce_verify(th_record *record, th_report *report, th__run_visitor visit, void *context);

#define calloc            scarce_calloc
#define th__pages_take    scarce_take
#define th__pages_give    scarce_give
#define th__pages_add     scarce_add
#define th__pages_largest scarce_largest
#define th__pages_destroy scarce_destroy
#define th__pages_verify  scarce_verify
#define th__pages_walk    scarce_walk
#include "core/page.c"
#undef calloc
#undef th__pages_take
#undef th__pages_give
#undef th__pages_add
#undef th__pages_largest
#undef th__pages_destroy
#undef th__pages_verify
#undef th__pages_walk

enum { PAGES_MAX = 3000, RUNS_MAX = 600, FREE = 0, USED = 1 };

typedef struct model {
  test_image image;
  th_heap *heap;
  th_record *record;
  uint32_t end; // first page that the image does not have; the first it has is 1
  uint8_t state[PAGES_MAX];
  int count;
  th_run *runs[RUNS_MAX];
} model;

static model m;

static void open_model(uint32_t pages, uint32_t maximum) {
  memset(&m, 0, sizeof(m));
  m.heap =
      test_heap_open(&m.image, (uint64_t)pages * TH_PAGE_SIZE, (uint64_t)maximum * TH_PAGE_SIZE);
  m.record = m.heap->record;
  m.end = 1 + pages;
}

static uint32_t first_of(th_run *run) {
  return th_load_relaxed(&run->first_page);
}

// ---- what the model says ----

static uint32_t free_from(uint32_t page) {
  uint32_t count = 0;
  while (page + count < m.end && m.state[page + count] == FREE)
    count++;
  return count;
}

static uint32_t align_up(uint32_t page, uint32_t align) {
  return (page + align - 1) / align * align;
}

static bool has_place(uint32_t count, uint32_t align) {
  for (uint32_t page = align_up(1, align); page + count <= m.end; page += align) {
    if (free_from(page) >= count) return true;
  }
  return false;
}

// Pages to grow by until there is a place.
static uint32_t missing(uint32_t count, uint32_t align) {
  uint32_t page = m.end;
  while (page > 1 && m.state[page - 1] == FREE)
    page--;
  return align_up(page, align) + count - m.end;
}

// ---- what the record says ----

static void check_free_span(uint32_t page, uint32_t count) {
  th_run *span = th_load_relaxed(&m.record->page_map[page]);
  CHECK(span && span->is_free);
  CHECK_EQ(first_of(span), page);
  CHECK_EQ(span->page_count, count);
  CHECK(th_load_relaxed(&m.record->page_map[page + count - 1]) == span);
  for (uint32_t i = 1; i + 1 < count; i++) {
    CHECK(!th_load_relaxed(&m.record->page_map[page + i]));
  }
}

static uint32_t check_run(uint32_t page) {
  th_run *run = th_load_relaxed(&m.record->page_map[page]);
  CHECK(run && !run->is_free);
  CHECK_EQ(first_of(run), page);
  for (uint32_t i = 0; i < run->page_count; i++) {
    CHECK_EQ(m.state[page + i], USED);
    CHECK(th_load_relaxed(&m.record->page_map[page + i]) == run);
  }
  return run->page_count;
}

// Free neighbours are one span, all pages are mapped as the model has them, and the sums are right.
static void check_model(void) {
  uint32_t total = 0, largest = 0;
  for (uint32_t page = 1; page < m.end;) {
    const uint32_t count = free_from(page);
    if (count == 0) {
      page += check_run(page);
      continue;
    }
    check_free_span(page, count);
    total += count;
    if (count > largest) largest = count;
    page += count;
  }
  CHECK_EQ(m.record->spans.free_pages, total);
  CHECK_EQ(th__pages_largest(m.record), largest);
}

// ---- both ----

static void grow(uint32_t pages) {
  m.end += pages;
  CHECK_EQ(th_heap_commit(m.heap, (uint64_t)m.end * TH_PAGE_SIZE), TH_OK);
}

static th_run *took(th_run *run, uint32_t count, uint32_t align) {
  const uint32_t first = first_of(run);
  CHECK_EQ(first % align, 0);
  CHECK_EQ(run->page_count, count);
  CHECK(first >= 1 && first + count <= m.end);
  for (uint32_t page = first; page < first + count; page++) {
    CHECK_EQ(m.state[page], FREE);
    m.state[page] = USED;
  }
  return run;
}

// Takes pages where the model has a place for them, and else says what would be missing.
static th_run *take(uint32_t count, uint32_t align) {
  th_run *run = NULL;
  uint64_t room = 0;
  const th_status status = th__pages_take(m.record, count, align, TH_LARGE_CLASS, 1, &run, &room);
  if (has_place(count, align)) {
    CHECK_EQ(status, TH_OK);
    return took(run, count, align);
  }
  const uint64_t pages = missing(count, align);
  const bool possible = (m.end + pages) * TH_PAGE_SIZE <= m.image.maximum;
  CHECK_EQ(status, possible ? TH_NEED_ROOM : TH_FULL);
  CHECK_EQ(room, possible ? pages * TH_PAGE_SIZE : 0);
  CHECK(!run);
  return NULL;
}

static void give(th_run *run) {
  memset(m.state + first_of(run), FREE, run->page_count);
  th__pages_give(m.record, run);
}

static void close_model(void) {
  check_model();
  test_heap_close(&m.image, m.heap);
}

// ---- cases ----

TEST(a_fresh_area_is_one_span) {
  open_model(10, 10);
  check_model();
  close_model();
}

TEST(taking_everything_and_giving_it_back_leaves_one_span) {
  open_model(10, 10);
  th_run *run = take(10, 1);
  check_model();
  CHECK(!take(1, 1));
  give(run);
  close_model();
}

// Gives back three neighbours in every order: the last one joins all that is free around it.
TEST(given_pages_merge_before_behind_and_between) {
  static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (int i = 0; i < 6; i++) {
    for (uint32_t pages = 6; pages <= 8; pages++) {
      open_model(pages, pages);
      th_run *runs[3] = {take(1, 1), take(2, 1), take(3, 1)};
      for (int j = 0; j < 3; j++) {
        give(runs[orders[i][j]]);
        check_model();
      }
      close_model();
    }
  }
}

TEST(a_span_between_runs_stays_apart) {
  open_model(9, 9);
  th_run *low = take(3, 1), *middle = take(3, 1), *high = take(3, 1);
  give(middle);
  check_model();
  CHECK(!take(4, 1));
  CHECK(take(3, 1));
  give(low);
  give(high);
  close_model();
}

// Page 0 is the header, so an aligned run leaves pages free before it.
TEST(aligned_runs_leave_what_is_before_and_behind_them_free) {
  for (uint32_t align = 1; align <= 256; align *= 2) {
    for (uint32_t count = 1; count <= 5; count++) {
      open_model(600, 600);
      th_run *run = take(count, align);
      check_model();
      th_run *next = take(count, align);
      check_model();
      give(run);
      check_model();
      give(next);
      close_model();
    }
  }
}

TEST(an_aligned_run_that_reaches_the_end_fits_exactly) {
  open_model(31, 31); // pages 1 to 31
  CHECK(take(16, 16));
  CHECK(take(8, 8));
  CHECK(take(7, 1));
  CHECK(!take(1, 1));
  close_model();
}

TEST(new_room_joins_the_free_span_at_the_end) {
  open_model(3, 100);
  CHECK(take(2, 1));
  CHECK(!take(5, 1));
  grow(4);
  check_model();
  CHECK(take(5, 1));
  CHECK(!take(1, 64));
  close_model();
}

// Spans of 32 to 39 pages share a bin; the one that is large enough comes last in it.
TEST(a_place_is_found_behind_many_that_are_too_small) {
  enum { SPANS = 60, ALL = 39 + 1 + SPANS * (32 + 1) };
  open_model(ALL, ALL);
  th_run *large = take(39, 1), *spans[SPANS];
  CHECK(take(1, 1));
  for (int i = 0; i < SPANS; i++) {
    spans[i] = take(32, 1);
    CHECK(take(1, 1));
  }
  give(large);
  for (int i = 0; i < SPANS; i++) {
    give(spans[i]);
  }
  check_model();
  CHECK(take(39, 1));
  close_model();
}

// Spans of 3 pages behind a multiple of 4 have no aligned place for 2; the one that has comes last.
TEST(an_aligned_place_is_found_behind_many_that_have_none) {
  enum { SPANS = 60, ALL = SPANS * (3 + 1) + 2 + 3 };
  open_model(ALL, ALL);
  th_run *spans[SPANS];
  for (int i = 0; i < SPANS; i++) {
    spans[i] = take(3, 1);
    CHECK(take(1, 1));
  }
  CHECK(take(2, 1));
  give(take(3, 1));
  for (int i = 0; i < SPANS; i++) {
    give(spans[i]);
  }
  check_model();
  CHECK(take(2, 4));
  close_model();
}

// ---- at random ----

static uint32_t random_count(void) {
  const uint32_t most = test_random() % 8 ? 12 : 200;
  return 1 + (uint32_t)(test_random() % most);
}

static void random_step(void) {
  if (m.count == RUNS_MAX || (m.count > 0 && test_random() % 5 < 2)) {
    const int i = (int)(test_random() % (uint64_t)m.count);
    give(m.runs[i]);
    m.runs[i] = m.runs[--m.count];
    return;
  }
  const uint32_t align = 1u << (test_random() % 4 ? 0 : test_random() % 7);
  th_run *run = take(random_count(), align);
  if (run) m.runs[m.count++] = run;
}

TEST(random_takes_and_gives_agree_with_the_model) {
  for (int round = 0; round < 3; round++) {
    open_model(1 + (uint32_t)(test_random() % 500), 1500);
    for (int i = 0; i < 20000; i++) {
      random_step();
      if (i % 16 == 0) check_model();
      if (i % 1000 == 0 && m.end < 1400) grow((uint32_t)(test_random() % 100));
    }
    while (m.count > 0) {
      give(m.runs[--m.count]);
    }
    CHECK_EQ(free_from(1), m.end - 1);
    close_model();
  }
}

// ---- out of memory ----

TEST(a_take_without_memory_changes_nothing) {
  for (int callocs = 0; callocs < 2; callocs++) {
    open_model(10, 10);
    th_run *run = NULL;
    uint64_t room = 0;
    callocs_left = callocs;
    CHECK_EQ(scarce_take(m.record, 3, 1, 0, 8, &run, &room), TH_NO_MEMORY);
    CHECK(!run);
    CHECK_EQ(room, 0);
    check_model();
    callocs_left = 2;
    CHECK_EQ(scarce_take(m.record, 3, 1, 0, 8, &run, &room), TH_OK);
    scarce_give(m.record, took(run, 3, 1));
    memset(m.state, FREE, sizeof(m.state));
    close_model();
  }
}

TEST(room_that_finds_no_memory_is_not_added) {
  open_model(10, 20);
  CHECK(take(10, 1));
  callocs_left = 0;
  // The pools are empty: the first span's struct became the run's spare and serves nobody now.
  while (m.record->spans.pools[TH_LARGE_CLASS]) {
    th_run *pooled = m.record->spans.pools[TH_LARGE_CLASS];
    m.record->spans.pools[TH_LARGE_CLASS] = pooled->next;
    free(pooled);
  }
  CHECK_EQ(scarce_add(m.record, 11, 10), TH_NO_MEMORY);
  check_model();
  grow(10);
  close_model();
}
