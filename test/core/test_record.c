// SPDX-License-Identifier: MIT
#include "blocks.h"

#include <stdlib.h>

#include "core/record.h"
#include "core/system.h"

// record.c once more: what a second copy of the addon in this process has, and here with memory
// that runs out when the test says so.
static int callocs_left = 1 << 30;

static void *scarce_calloc(size_t count, size_t size) {
  return callocs_left-- > 0 ? calloc(count, size) : NULL;
}

static void *scarce_zeroed(uint64_t length) {
  return callocs_left-- > 0 ? th_system_zeroed(length) : NULL;
}

th_status copy_create(uint8_t *base, uint64_t length, const th_heap_config *config,
                      th_record **record);
th_status copy_find(uint8_t *base, uint64_t length, th_record **record);
void copy_release(th_record *record);
th_status copy_ensure(uint8_t *base, uint64_t length, const th_heap_config *config,
                      th_record **record);
bool copy_locate(const uint8_t *start, uint64_t length, uint64_t *before);
th_status copy_rebase(th_record *record, uint8_t *base);
th_status copy_commit(th_record *record, uint64_t length);
void *copy_calloc(th_record *record, size_t count, size_t size);

#define calloc            scarce_calloc
#define th_system_zeroed  scarce_zeroed
#define th_record_create  copy_create
#define th_record_find    copy_find
#define th_record_release copy_release
#define th_record_commit  copy_commit
#define th_record_rebase  copy_rebase
#define th_record_ensure  copy_ensure
#define th_record_locate  copy_locate
#define th__record_calloc copy_calloc
#include "core/record.c"
#undef calloc
#undef th_system_zeroed
#undef th_record_create
#undef th_record_find
#undef th_record_release
#undef th_record_commit
#undef th_record_rebase
#undef th_record_ensure
#undef th_record_locate
#undef th__record_calloc

enum { MIB = 1 << 20, AREA = 64 * TH_PAGE_SIZE, LENGTH = TH_HEADER_SIZE + AREA };

static th_status find(const test_image *image) {
  th_record *record = NULL;
  const th_status status = th_record_find(image->base, LENGTH, &record);
  if (status == TH_OK) th_record_release(record);
  CHECK_EQ(record != NULL, status == TH_OK);
  return status;
}

// ---- finding ----

TEST(a_formatted_image_is_found_by_its_header) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  th_record *record;
  CHECK_EQ(th_record_find(image.base, LENGTH, &record), TH_OK);
  CHECK(record == heap->record);
  CHECK(record->base == image.base);
  CHECK_EQ(record->max_length, LENGTH);
  CHECK_EQ(record->buffer_size, 8192);
  CHECK(record->heap_id > 0 && record->heap_id < 1ull << 53);
  th_record_release(record);
  test_heap_close(&image, heap);
}

TEST(what_is_no_heap_is_refused) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  th_image_header saved;
  memcpy((void *)&saved, image.base, sizeof(saved));
  memset(image.base, 0, TH_HEADER_SIZE);
  CHECK_EQ(find(&image), TH_BAD_DESCRIPTOR);
  for (int i = 0; i < 100; i++) {
    for (int j = 0; j < TH_HEADER_SIZE; j++) {
      image.base[j] = (uint8_t)test_random();
    }
    CHECK_EQ(find(&image), TH_BAD_DESCRIPTOR);
  }
  memcpy(image.base, (const void *)&saved, sizeof(saved));
  CHECK_EQ(find(&image), TH_OK);
  test_heap_close(&image, heap);
}

TEST(every_flipped_bit_of_the_header_is_noticed) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  for (size_t bit = 0; bit < sizeof(th_image_header) * 8; bit++) {
    image.base[bit / 8] ^= (uint8_t)(1u << bit % 8);
    const bool is_instance = bit / 64 == offsetof(th_image_header, instance) / 8;
    CHECK_EQ(find(&image), is_instance ? TH_OTHER_INSTANCE : TH_BAD_DESCRIPTOR);
    image.base[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  CHECK_EQ(find(&image), TH_OK);
  test_heap_close(&image, heap);
}

TEST(an_image_without_room_for_a_header_is_refused) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  th_record *record;
  CHECK_EQ(th_record_find(image.base, TH_HEADER_SIZE - 1, &record), TH_BAD_DESCRIPTOR);
  CHECK_EQ(th_record_find(image.base, 0, &record), TH_BAD_DESCRIPTOR);
  test_heap_close(&image, heap);
}

TEST(the_header_of_another_heap_is_refused) {
  test_image a_image, b_image;
  th_heap *a = test_heap_open(&a_image, AREA, AREA), *b = test_heap_open(&b_image, AREA, AREA);
  CHECK(a->record->heap_id != b->record->heap_id);
  memcpy(b_image.base, a_image.base, TH_HEADER_SIZE);
  CHECK_EQ(find(&b_image), TH_BAD_DESCRIPTOR);
  CHECK_EQ(find(&a_image), TH_OK);
  test_heap_close(&a_image, a);
  test_heap_close(&b_image, b);
}

TEST(a_second_copy_of_the_addon_is_told_so) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  th_record *record = NULL;
  CHECK_EQ(copy_find(image.base, LENGTH, &record), TH_OTHER_INSTANCE);
  CHECK(!record);
  test_heap_close(&image, heap);
}

// ---- lifetimes ----

TEST(a_record_outlives_its_last_handle) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  const uint64_t heap_id = heap->record->heap_id;
  test_block blocks[20];
  uint64_t used = 0;
  for (int round = 0; round < 20; round++) {
    blocks[round] = test_block_take(&image, heap, test_block_length() % 5000, 1);
    used = th_heap_used(heap);
    th_heap_detach(heap);
    heap = test_heap_attach(&image);
    CHECK_EQ(heap->record->heap_id, heap_id);
    CHECK_EQ(th_heap_used(heap), used);
  }
  for (int i = 0; i < 20; i++) {
    test_block_made(heap, &blocks[i], 1);
    test_block_give(heap, &blocks[i]);
  }
  test_whole_area_is_free(&image, heap);
  test_heap_close(&image, heap);
}

// Formats an image over the last bytes of one that nobody uses any more.
static void check_replaced(uint64_t bytes) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  (void)test_block_take(&image, heap, 100, 1);
  th_heap_detach(heap);
  uint8_t *base = image.base + LENGTH - bytes;
  const th_heap_config config = {.buffer_size = 8192, .max_length = bytes, .seed = test_random()};
  CHECK_EQ(th_heap_create(base, bytes, &config, &heap), TH_OK);
  CHECK_EQ(find(&image), base == image.base ? TH_OK : TH_BAD_DESCRIPTOR);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_new_image_replaces_an_orphan_in_its_place) {
  check_replaced(LENGTH);
  check_replaced(LENGTH - TH_PAGE_SIZE);
  check_replaced(TH_HEADER_SIZE);
}

TEST(a_stale_header_does_not_find_the_new_heap_in_its_place) {
  test_image image;
  th_heap *heap = test_heap_open(&image, AREA, AREA);
  th_image_header old;
  memcpy((void *)&old, image.base, sizeof(old));
  th_heap_detach(heap);
  const th_heap_config config = {.buffer_size = 8192, .max_length = LENGTH, .seed = test_random()};
  CHECK_EQ(th_heap_create(image.base, LENGTH, &config, &heap), TH_OK);
  memcpy(image.base, (const void *)&old, sizeof(old));
  CHECK_EQ(find(&image), TH_BAD_DESCRIPTOR);
  test_heap_close(&image, heap);
}

enum { ORPHANS = TH_ORPHANS_MAX + 10 };

// Images side by side, in the order in which they were formatted.
static void open_and_leave(test_image *images, int count) {
  for (int i = 0; i < count; i++) {
    th_heap_detach(test_heap_open(&images[i], AREA, AREA));
  }
}

TEST(beyond_their_number_the_oldest_orphans_go) {
  test_image images[ORPHANS], image;
  open_and_leave(images, ORPHANS);
  th_heap *heap = test_heap_open(&image, AREA, AREA); // collects
  for (int i = 0; i < ORPHANS; i++) {
    CHECK_EQ(find(&images[i]), i < ORPHANS - TH_ORPHANS_MAX ? TH_BAD_DESCRIPTOR : TH_OK);
  }
  CHECK_EQ(find(&image), TH_OK);
  test_heap_close(&image, heap);
  for (int i = 0; i < ORPHANS; i++) {
    munmap(images[i].base, images[i].maximum);
  }
}

TEST(records_with_handles_never_go) {
  test_image images[ORPHANS], orphans[ORPHANS];
  th_heap *heaps[ORPHANS];
  for (int i = 0; i < ORPHANS; i++) {
    heaps[i] = test_heap_open(&images[i], AREA, AREA);
  }
  open_and_leave(orphans, ORPHANS);
  for (int i = 0; i < ORPHANS; i++) {
    CHECK_EQ(find(&images[i]), TH_OK);
    test_heap_close(&images[i], heaps[i]);
    munmap(orphans[i].base, orphans[i].maximum);
  }
}

// ---- room ----

TEST(commit_only_rises) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, AREA);
  th_record *record = heap->record;
  CHECK_EQ(record->committed, TH_HEADER_SIZE);
  static const uint64_t lengths[][2] = {{100, TH_HEADER_SIZE}, {20000, 20000},      {20000, 20000},
                                        {8192, 20000},         {20001, 20001},      {24575, 24575},
                                        {24576, 24576},        {UINT64_MAX, LENGTH}};
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    CHECK_EQ(th_record_commit(record, lengths[i][0]), TH_OK);
    CHECK_EQ(record->committed, lengths[i][1]);
    CHECK_EQ(record->spans.free_pages, lengths[i][1] / TH_PAGE_SIZE - 1);
  }
  test_heap_close(&image, heap);
}

static void commit_steps(int index, void *context) {
  th_heap *heap = test_heap_attach(context);
  uint64_t seen = 0;
  for (uint64_t length = TH_HEADER_SIZE; length <= LENGTH; length += 1000 + (uint64_t)index) {
    CHECK_EQ(th_heap_commit(heap, length), TH_OK);
    const uint64_t now = th_load_acquire(&heap->record->committed);
    CHECK(now >= length && now >= seen);
    seen = now;
  }
  th_heap_detach(heap);
}

TEST(threads_that_commit_the_same_room_add_it_once) {
  for (int round = 0; round < 20; round++) {
    test_image image;
    th_heap *heap = test_heap_open(&image, 0, AREA);
    run_threads(4, commit_steps, &image);
    CHECK_EQ(th_heap_commit(heap, LENGTH), TH_OK);
    CHECK_EQ(heap->record->spans.free_pages, AREA / TH_PAGE_SIZE);
    test_whole_area_is_free(&image, heap);
    test_heap_close(&image, heap);
  }
}

TEST(only_committed_bytes_beyond_the_header_are_had) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 10000, AREA);
  const th_record *record = heap->record;
  CHECK(th__record_has(record, TH_HEADER_SIZE, 10000));
  CHECK(!th__record_has(record, TH_HEADER_SIZE, 10001));
  CHECK(th__record_has(record, TH_HEADER_SIZE + 9999, 1));
  CHECK(!th__record_has(record, TH_HEADER_SIZE + 10000, 1));
  CHECK(!th__record_has(record, TH_HEADER_SIZE - 1, 1));
  CHECK(!th__record_has(record, 0, 0));
  CHECK(!th__record_has(record, UINT32_MAX, 1));
  CHECK(!th__record_has(record, TH_HEADER_SIZE, UINT32_MAX));
  test_heap_close(&image, heap);
}

TEST(native_memory_of_a_record_is_zeroed_and_its_own) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, AREA);
  uint8_t *parts[50];
  for (int i = 0; i < 50; i++) {
    parts[i] = th__record_calloc(heap->record, 7, (size_t)i + 1);
    CHECK_EQ((uintptr_t)parts[i] % _Alignof(max_align_t), 0);
    for (int j = 0; j < 7 * (i + 1); j++) {
      CHECK_EQ(parts[i][j], 0);
    }
    memset(parts[i], i + 1, 7 * ((size_t)i + 1));
  }
  for (int i = 0; i < 50; i++) {
    CHECK(parts[i][0] == i + 1 && parts[i][7 * (i + 1) - 1] == i + 1);
  }
  test_heap_close(&image, heap);
}

// ---- out of memory ----

// The record, and its page map.
TEST(a_heap_that_finds_no_memory_is_not_made) {
  uint8_t *area = aligned_alloc(TH_PAGE_SIZE, LENGTH);
  memset(area, 0, LENGTH);
  const th_heap_config config = {.buffer_size = 8192, .max_length = LENGTH, .seed = 1};
  for (int callocs = 0; callocs < 2; callocs++) {
    th_record *record = NULL;
    callocs_left = callocs;
    CHECK_EQ(copy_create(area, LENGTH, &config, &record), TH_NO_MEMORY);
    CHECK(!record);
    CHECK_EQ(copy_find(area, LENGTH, &record), TH_BAD_DESCRIPTOR);
  }
  free(area);
}

TEST(native_memory_that_runs_out_is_null) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, AREA);
  callocs_left = 0;
  CHECK(!copy_calloc(heap->record, 1, 100));
  callocs_left = 1;
  CHECK(copy_calloc(heap->record, 1, 100));
  test_heap_close(&image, heap);
}

// ---- images within a backing ----

enum { BEFORE = 3 * TH_PAGE_SIZE };

static th_status ensure(const test_image *image, uint64_t before, th_heap **heap) {
  const th_heap_config config = {.buffer_size = 8192,
                                 .max_length = image->maximum - before,
                                 .before = before,
                                 .seed = test_random()};
  return th_heap_ensure(image->base + before, image->maximum - before, &config, heap);
}

static test_image backing_open(void) {
  test_image image = {.maximum = LENGTH};
  image.base = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(image.base != MAP_FAILED);
  return image;
}

TEST(a_backing_has_one_heap) {
  test_image image = backing_open();
  th_heap *heap, *same, *other = NULL;
  uint64_t before = 0;
  CHECK(!th_record_locate(image.base, LENGTH, &before));
  CHECK_EQ(ensure(&image, BEFORE, &heap), TH_OK);
  CHECK(th_record_locate(image.base, LENGTH, &before));
  CHECK_EQ(before, BEFORE);
  CHECK(!th_record_locate(image.base, BEFORE, &before));
  CHECK_EQ(ensure(&image, BEFORE, &same), TH_OK);
  CHECK(same->record == heap->record);
  CHECK_EQ(ensure(&image, 0, &other), TH_TAKEN);
  CHECK_EQ(ensure(&image, BEFORE + TH_PAGE_SIZE, &other), TH_TAKEN);
  th_heap_detach(heap);
  th_heap_detach(same);
  CHECK_EQ(ensure(&image, 0, &other), TH_TAKEN); // its record waits for who comes back
  CHECK(!other);
  CHECK_EQ(ensure(&image, BEFORE, &heap), TH_OK);
  memset(image.base, 255, BEFORE); // is not the heap's
  CHECK_EQ(ensure(&image, BEFORE, &same), TH_OK);
  th_heap_detach(same);
  test_heap_close(&image, heap);
}

TEST(a_backing_with_a_heap_of_another_copy_of_the_addon_is_refused) {
  test_image image = backing_open();
  const th_heap_config config = {.buffer_size = 8192, .max_length = LENGTH, .seed = 1};
  th_record *record;
  th_heap *heap = NULL;
  callocs_left = 1 << 30;
  CHECK_EQ(copy_create(image.base, LENGTH, &config, &record), TH_OK);
  CHECK_EQ(ensure(&image, 0, &heap), TH_OTHER_INSTANCE);
  CHECK(!heap);
  copy_release(record);
  munmap(image.base, LENGTH);
}

TEST(alignments_count_from_the_start_of_the_backing) {
  test_image image = backing_open();
  th_heap *heap;
  CHECK_EQ(ensure(&image, BEFORE, &heap), TH_OK);
  for (uint32_t align = 1; align <= 16 * TH_PAGE_SIZE; align *= 2) {
    th_address address;
    CHECK_EQ(th_alloc(heap, 100, align, TH_BLOCK_USER, &address), TH_OK);
    CHECK_EQ((BEFORE + address) % align, 0);
    CHECK_EQ(th_free(heap, address, TH_BLOCK_USER), TH_OK);
  }
  test_heap_is_sound(heap);
  test_heap_close(&image, heap);
}

typedef struct rush {
  test_image image;
  th_record *records[4];
} rush;

static void ensure_one(int index, void *argument) {
  rush *r = argument;
  th_heap *heap;
  CHECK_EQ(ensure(&r->image, BEFORE, &heap), TH_OK);
  r->records[index] = heap->record;
  th_heap_detach(heap);
}

TEST(threads_that_make_the_heap_of_a_backing_at_once_have_the_same) {
  for (int round = 0; round < 200; round++) {
    rush r = {.image = backing_open()};
    run_threads(4, ensure_one, &r);
    for (int i = 1; i < 4; i++) {
      CHECK(r.records[i] == r.records[0]);
    }
    munmap(r.image.base, LENGTH);
  }
}

TEST(a_heap_follows_its_image) {
  test_image image = backing_open(), moved = backing_open();
  th_heap *heap, *other;
  CHECK_EQ(ensure(&image, BEFORE, &heap), TH_OK);
  const test_block block = test_block_take(&image, heap, 5000, 1);
  CHECK_EQ(ensure(&image, BEFORE, &other), TH_OK);
  CHECK_EQ(th_heap_rebase(heap, moved.base + BEFORE), TH_ATTACHED);
  CHECK(heap->base == image.base + BEFORE && heap->record->base == heap->base);
  th_heap_detach(other);
  memcpy(moved.base, image.base, LENGTH);
  munmap(image.base, LENGTH);
  CHECK_EQ(th_heap_rebase(heap, moved.base + BEFORE), TH_OK);
  CHECK_EQ(ensure(&moved, BEFORE, &other), TH_OK);
  CHECK(other->record == heap->record);
  th_heap_detach(other);
  test_block_give(heap, &block);
  test_heap_is_sound(heap);
  test_heap_close(&moved, heap);
}
