// SPDX-License-Identifier: MIT
#include "fixture.h"

#include "core/string.h"
#include "samples.h"

enum { MIB = 1 << 20, LONGEST = 100000 };

static test_image image;

static const uint32_t lengths[] = {0, 1, 8, 9, 100, LONGEST};

enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };

// A text of that many units, all of them the same: below 256 for Latin-1.
static th_value repeated(uint16_t unit, uint32_t units, void *space) {
  if (unit < 256) {
    memset(space, unit, units);
    return test_latin1(space, units);
  }
  for (uint32_t i = 0; i < units; i++)
    ((uint16_t *)space)[i] = unit;
  return test_utf16(space, units);
}

static th_handle make(th_heap *heap, const th_value *text) {
  th_handle string;
  TEST_OK(&image, heap, th_string_create(heap, text, &string));
  return string;
}

static th_handle seen_by(th_heap *heap, const th_handle *string) {
  const th_descriptor descriptor = {.address = string->address, .generation = string->generation};
  th_handle handle;
  CHECK_EQ(th_string_open(heap, &descriptor, &handle), TH_OK);
  return handle;
}

static void set(const th_handle *string, const th_value *text) {
  TEST_OK(&image, string->heap, th_string_set(string, text));
}

static void check_text(const th_handle *string, const th_value *text) {
  th_value read;
  TEST_OK(&image, string->heap, th_string_get(string, &read));
  CHECK(test_same(string->heap, &read, text));
  const size_t units = text->type == TH_UTF16 ? text->length / 2 : text->length;
  CHECK_EQ(th_load_acquire(&string->control->length), units);
}

static uint64_t mirrored_version(const th_handle *string) {
  return (uint64_t)th_load_acquire(&string->control->version_hi) << 32 |
         th_load_acquire(&string->control->version_lo);
}

// What the heap charges for the bytes of a text: nothing while they lie in the cell itself.
static uint64_t block_bytes(th_heap *heap, size_t length) {
  if (length <= TH_CELL_LONG) return 0;
  const uint64_t before = th_heap_used(heap);
  th_address block;
  TEST_OK(&image, heap, th_alloc(heap, length, 16, TH_BLOCK_CELL, &block));
  const uint64_t bytes = th_heap_used(heap) - before;
  th_free(heap, block, TH_BLOCK_CELL);
  return bytes;
}

// ---- one thread ----

TEST(a_text_comes_back_as_it_was_set) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  static uint16_t space[LONGEST];
  const th_value empty = test_text("");
  const th_handle string = make(heap, &empty);
  check_text(&string, &empty);
  for (int from = 0; from < 2 * LENGTHS; from++) {
    for (int to = 0; to < 2 * LENGTHS; to++) { // every length and type after every other
      const th_value first = repeated(from % 2 ? 0x416 : 0xe9, lengths[from / 2], space);
      set(&string, &first);
      check_text(&string, &first);
      const th_value second = repeated(to % 2 ? 0xd83d : 'x', lengths[to / 2], space);
      set(&string, &second);
      check_text(&string, &second);
    }
  }
  test_heap_close(&image, heap);
}

TEST(a_text_is_created_with_every_length) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  static uint16_t space[LONGEST];
  for (int i = 0; i < 2 * LENGTHS; i++) {
    const th_value text = repeated(i % 2 ? 0x416 : 'a', lengths[i / 2], space);
    const th_handle string = make(heap, &text);
    check_text(&string, &text);
    CHECK_EQ(th_heap_used(heap), sizeof(th_control) + block_bytes(heap, text.length));
    CHECK_EQ(th_string_free(&string), TH_OK);
    CHECK_EQ(th_heap_used(heap), 0);
  }
  test_heap_close(&image, heap);
}

TEST(random_text_comes_back_unit_for_unit) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  uint8_t bytes[300];
  const th_value empty = test_text("");
  const th_handle string = make(heap, &empty);
  for (int round = 0; round < 2000; round++) {
    const size_t length = test_random() % sizeof(bytes);
    for (size_t i = 0; i < length; i++)
      bytes[i] = (uint8_t)test_random();
    th_value text = test_latin1(bytes, length);
    if (length % 2 == 0 && round % 2) text.type = TH_UTF16;
    set(&string, &text);
    check_text(&string, &text);
  }
  test_heap_close(&image, heap);
}

TEST(a_string_holds_the_bytes_of_its_last_text_only) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  static uint16_t space[LONGEST];
  const th_value empty = test_text("");
  const th_handle string = make(heap, &empty);
  for (int i = 0; i < 200; i++) {
    const uint32_t length = lengths[test_random() % LENGTHS];
    const th_value text = repeated(i % 2 ? 0x416 : 'a', length, space);
    set(&string, &text);
    CHECK_EQ(th_heap_used(heap), sizeof(th_control) + block_bytes(heap, text.length));
  }
  CHECK_EQ(th_string_free(&string), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(the_mirrored_version_changes_with_every_set) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_value text = test_text("the same each time");
  const th_handle string = make(heap, &text);
  th_string *native = (th_string *)(void *)string.object;
  th_store_relaxed(&native->version, 0xfffffff0u); // the low half is about to wrap around
  uint64_t last = mirrored_version(&string);
  for (int i = 0; i < 20; i++) {
    set(&string, &text);
    CHECK(mirrored_version(&string) != last);
    last = mirrored_version(&string);
    CHECK_EQ(last, th_load_relaxed(&native->version));
    CHECK_EQ(last % 2, 0);
  }
  CHECK_EQ(last >> 32, 1);
  CHECK_EQ(th_string_free(&string), TH_OK);
  const th_handle next = make(heap, &text); // in the same slot
  CHECK_EQ(next.address, string.address);
  CHECK(mirrored_version(&next) != last);
  test_heap_close(&image, heap);
}

TEST(a_zeroed_block_becomes_an_empty_text) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  th_descriptor descriptor = {0};
  th_handle string;
  TEST_OK(&image, heap, th_alloc_zeroed(heap, 16, 16, TH_BLOCK_USER, &descriptor.address));
  TEST_OK(&image, heap, th_string_open(heap, &descriptor, &string));
  const th_value empty = test_text(""), text = test_text("no longer empty");
  check_text(&string, &empty);
  set(&string, &text);
  check_text(&string, &text);
  test_heap_close(&image, heap);
}

TEST(a_zeroed_block_gets_its_text_in_the_same_step) {
  th_heap *heap = test_heap_open(&image, 8192, 64 << 10);
  static uint8_t space[LONGEST];
  th_descriptor descriptor = {0};
  th_handle string, same;
  TEST_OK(&image, heap, th_alloc_zeroed(heap, 16, 16, TH_BLOCK_USER, &descriptor.address));
  const uint64_t used = th_heap_used(heap);
  const th_value text = test_text("the first text"), large = repeated('x', LONGEST, space);
  CHECK_EQ(TEST_CALL(&image, heap, th_string_open_and_set(heap, &descriptor, &large, &string)),
           TH_FULL);
  CHECK_EQ(th_heap_used(heap), used);
  CHECK_EQ(th__object_open(heap, TH_STRING, &descriptor, NULL, &string), TH_VACANT);
  TEST_OK(&image, heap, th_string_open_and_set(heap, &descriptor, &text, &string));
  check_text(&string, &text);
  CHECK_EQ(TEST_CALL(&image, heap, th_string_open_and_set(heap, &descriptor, &large, &same)),
           TH_FULL);
  check_text(&string, &text);
  const th_value other = test_text("another");
  TEST_OK(&image, heap, th_string_open_and_set(heap, &descriptor, &other, &same));
  CHECK_EQ(same.object->address, string.object->address);
  check_text(&string, &other);
  test_heap_close(&image, heap);
}

TEST(a_freed_string_says_so_in_every_call) {
  th_heap *heap = test_heap_open(&image, 8192, MIB);
  const th_value text = test_text("a text in a block"), one = test_text("1");
  const th_handle string = make(heap, &text);
  th_value read = {.type = TH_ABSENT};
  CHECK_EQ(th_string_free(&string), TH_OK);
  for (int round = 0; round < 2; round++) {
    CHECK_EQ(th_string_get(&string, &read), TH_FREED);
    CHECK_EQ(th_string_set(&string, &one), TH_FREED);
    CHECK_EQ(th_string_set(&string, &text), TH_FREED);
    CHECK_EQ(th_string_free(&string), TH_FREED);
    CHECK_EQ(th_heap_used(heap), round ? sizeof(th_control) : 0);
    make(heap, &one); // once more with another string in the slot
  }
  test_heap_close(&image, heap);
}

TEST(a_set_without_room_leaves_the_text_and_leaks_nothing) {
  th_heap *heap = test_heap_open(&image, 8192, 64 << 10);
  static uint8_t space[LONGEST];
  const th_value text = test_text("what was there before"), large = repeated('x', LONGEST, space);
  const th_handle string = make(heap, &text);
  const uint64_t used = th_heap_used(heap);
  CHECK_EQ(TEST_CALL(&image, heap, th_string_set(&string, &large)), TH_FULL);
  CHECK_EQ(th_heap_used(heap), used);
  th_handle other;
  CHECK_EQ(TEST_CALL(&image, heap, th_string_create(heap, &large, &other)), TH_FULL);
  CHECK_EQ(th_heap_used(heap), used);
  check_text(&string, &text);
  const uint64_t version = mirrored_version(&string);
  const th_value medium = repeated('x', 12000, space); // more than is there, less than may be
  CHECK_EQ(th_string_set(&string, &medium), TH_NEED_ROOM);
  CHECK_EQ(mirrored_version(&string), version);
  CHECK_EQ(th_heap_used(heap), used);
  check_text(&string, &text);
  set(&string, &medium);
  check_text(&string, &medium);
  test_heap_close(&image, heap);
}

// ---- threads ----

enum { THREADS = 4, WRITERS = 2, SETS = 30000 * TEST_SCALE, LETTERS = 8, LONGEST_WORD = 1200 };

typedef struct page {
  th_handle string;
  th_atomic_u32 address; // of the string that is there now, where it is replaced
  th_atomic_u32 finished;
} page;

// Every letter has a length of its own, inline ones and such as share a size class.
static uint32_t length_of_letter(uint32_t letter) {
  static const uint32_t all[LETTERS] = {3, 8, 40, 47, 300, 310, 1100, LONGEST_WORD};
  return all[letter];
}

// Half of the letters are Latin-1.
static th_value word(uint32_t letter, void *space) {
  return repeated((uint16_t)(letter % 2 ? 0x400 + letter : 'a' + letter), length_of_letter(letter),
                  space);
}

// Whether a text is whole: all of it one letter, and of that letter's length.
static bool is_word(const th_heap *heap, const th_value *read) {
  static _Thread_local uint16_t space[LONGEST_WORD];
  const uint8_t *bytes = th_value_bytes(heap, read);
  const uint32_t letter = read->length == 0 ? 0 : (uint32_t)(bytes[0] - (bytes[0] < 'a' ? 0 : 'a'));
  if (letter >= LETTERS) return false;
  const th_value whole = word(letter, space);
  return test_same(heap, read, &whole);
}

static void write_words(const th_handle *string, page *p) {
  static _Thread_local uint16_t space[LONGEST_WORD];
  for (int i = 0; i < SETS; i++) {
    const th_value text = word((uint32_t)(test_random() % LETTERS), space);
    set(string, &text);
  }
  th_fetch_add_relaxed(&p->finished, 1u);
}

static void read_words(const th_handle *string, page *p) {
  while (th_load_acquire(&p->finished) < WRITERS) {
    th_value read;
    TEST_OK(&image, string->heap, th_string_get(string, &read));
    CHECK(is_word(string->heap, &read));
  }
}

static void write_or_read(int index, void *context) {
  page *p = context;
  th_heap *heap = test_heap_attach(&image);
  const th_handle string = seen_by(heap, &p->string);
  if (index < WRITERS) {
    write_words(&string, p);
  } else {
    read_words(&string, p);
  }
  th_heap_detach(heap);
}

TEST(a_reader_never_sees_parts_of_two_texts) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  uint16_t space[LONGEST_WORD];
  const th_value text = word(0, space);
  page p = {.string = make(heap, &text)};
  run_threads(THREADS, write_or_read, &p);
  test_heap_is_sound(heap);
  CHECK_EQ(th_string_free(&p.string), TH_OK);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

static void replace_string(page *p, th_heap *heap) {
  uint16_t space[LONGEST_WORD];
  for (uint32_t i = 0; i < 10000 * TEST_SCALE; i++) {
    const th_value text = word(i % LETTERS, space);
    const th_handle string = make(heap, &text);
    th_store_release(&p->address, string.address);
    TEST_OK(&image, heap, th_string_free(&string));
  }
  th_fetch_add_relaxed(&p->finished, 1u);
}

static bool ok_or_freed(th_status status) {
  CHECK(status == TH_OK || status == TH_FREED);
  return status == TH_OK;
}

static void use_whatever_is_there(page *p, th_heap *heap, bool write) {
  static _Thread_local uint16_t space[LONGEST_WORD];
  while (!th_load_acquire(&p->finished)) {
    const th_descriptor descriptor = {.address = th_load_acquire(&p->address)};
    th_handle string;
    th_value read;
    if (!descriptor.address || th_string_open(heap, &descriptor, &string) != TH_OK) continue;
    if (ok_or_freed(TEST_CALL(&image, heap, th_string_get(&string, &read)))) {
      CHECK(is_word(heap, &read));
    }
    const th_value text = word((uint32_t)(test_random() % LETTERS), space);
    if (write) ok_or_freed(TEST_CALL(&image, heap, th_string_set(&string, &text)));
  }
}

static void replace_or_use(int index, void *context) {
  th_heap *heap = test_heap_attach(&image);
  if (index == 0) {
    replace_string(context, heap);
  } else {
    use_whatever_is_there(context, heap, index == 1);
  }
  th_heap_detach(heap);
}

TEST(calls_beside_free_give_a_whole_text_or_say_freed) {
  th_heap *heap = test_heap_open(&image, 8192, 8 * MIB);
  page p = {0};
  run_threads(THREADS, replace_or_use, &p);
  test_heap_is_sound(heap);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}
