// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <math.h>
#include <stdlib.h>

#include "core/key.h"
#include "samples.h"

enum { MIB = 1 << 20 };

static test_image image;

static th_key key_of(const th_heap *heap, const th_value *value) {
  th_key key;
  th__key_of(heap->record, value, &key);
  return key;
}

static th_cell make(th_heap *heap, const th_key *key) {
  th_cell cell = {0};
  TEST_OK(&image, heap, th__key_make(heap, key, &cell));
  CHECK_EQ(cell.tag, key->cell.tag);
  return cell;
}

// What a table decides by, for a key with that cell.
static bool matches(const th_heap *heap, const th_key *key, th_cell cell) {
  if (cell.tag != key->cell.tag) return false;
  if (th__key_in_block(key))
    return th__key_block_matches(heap, key->cell, key->bytes, cell.payload);
  return cell.payload == key->cell.payload && cell.tail == key->cell.tail;
}

// Equality and hash of a key that was stored and of one that is looked for.
static void check_same(th_heap *heap, const th_value *a, const th_value *b, bool same) {
  const th_key stored = key_of(heap, a), wanted = key_of(heap, b);
  const th_cell cell = make(heap, &stored);
  uint64_t hash = 0;
  CHECK_EQ(matches(heap, &wanted, cell), same);
  CHECK_EQ(th__key_hash(heap, cell, &hash), TH_OK);
  CHECK_EQ(hash, stored.hash);
  CHECK_EQ(hash == wanted.hash, same);
  th__cell_free(heap, cell);
}

static void check_numbers(th_heap *heap, double a, double b, bool same) {
  const th_value x = test_number(a), y = test_number(b);
  check_same(heap, &x, &y, same);
  check_same(heap, &y, &x, same);
}

TEST(numbers_are_the_keys_that_a_map_takes_them_for) {
  th_heap *heap = test_heap_open(&image, 0, MIB);
  const uint64_t bits = 0xfff8000000012345u;
  double other_nan;
  memcpy(&other_nan, &bits, sizeof(other_nan));
  check_numbers(heap, 0.0, -0.0, true);
  check_numbers(heap, NAN, other_nan, true);
  check_numbers(heap, 1, 1, true);
  check_numbers(heap, INFINITY, INFINITY, true);
  check_numbers(heap, 1, -1, false);
  check_numbers(heap, 0, NAN, false);
  check_numbers(heap, INFINITY, -INFINITY, false);
  check_numbers(heap, 1, 1.0000000000000002, false);
  check_numbers(heap, 0, 5e-324, false);
  test_heap_close(&image, heap);
}

static th_value bytes_value(th_type type, const void *bytes, size_t length) {
  return (th_value){.type = type, .bytes = bytes, .length = length};
}

// Keys of one length against themselves, and against keys with one bit or byte different.
static void check_length(th_heap *heap, th_type type, size_t length) {
  uint8_t key[300], other[300];
  for (size_t i = 0; i < sizeof(key); i++) {
    key[i] = (uint8_t)(1 + test_random() % 255); // zeros behind a short text do not change its hash
  }
  memcpy(other, key, sizeof(key));
  const th_value a = bytes_value(type, key, length), b = bytes_value(type, other, length);
  const th_value shorter = bytes_value(type, other, length - 1);
  const th_value longer = bytes_value(type, other, length + 1);
  check_same(heap, &a, &b, true);
  check_same(heap, &a, &shorter, false);
  check_same(heap, &a, &longer, false);
  other[test_random() % length] ^= (uint8_t)(1u << test_random() % 8);
  check_same(heap, &a, &b, false);
}

TEST(strings_are_equal_byte_for_byte) {
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (size_t length = 1; length < 299; length++) {
    for (int i = 0; i < 4; i++) {
      check_length(heap, i % 2 ? TH_LATIN1 : TH_UTF16, length);
    }
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(the_same_bytes_in_the_other_type_are_another_key) {
  th_heap *heap = test_heap_open(&image, 0, MIB);
  static const uint8_t bytes[24] = "the same";
  for (size_t length = 0; length <= sizeof(bytes); length += 2) {
    const th_value a = bytes_value(TH_LATIN1, bytes, length);
    const th_value b = bytes_value(TH_UTF16, bytes, length);
    check_same(heap, &a, &b, false);
    check_same(heap, &b, &a, false);
  }
  test_heap_close(&image, heap);
}

TEST(no_byte_beyond_a_short_string_is_read) {
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (size_t length = 0; length <= 40; length++) {
    char *exact = malloc(length ? length : 1); // AddressSanitizer sees a read beyond it
    memset(exact, 'x', length);
    const th_value value = bytes_value(TH_LATIN1, exact, length);
    check_same(heap, &value, &value, true);
    free(exact);
  }
  test_heap_close(&image, heap);
}

TEST(only_long_strings_take_memory) {
  th_heap *heap = test_heap_open(&image, 0, MIB);
  static const char text[TH_CELL_LONG + 1] = "fifteen letters";
  for (size_t length = 0; length <= sizeof(text); length++) {
    const th_value value = bytes_value(TH_LATIN1, text, length);
    const th_key key = key_of(heap, &value);
    const th_cell cell = make(heap, &key);
    CHECK_EQ(th_heap_used(heap) > 0, length > TH_CELL_LONG);
    th__cell_free(heap, cell);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(hashing_leaves_the_buffer_as_it_was) {
  th_heap *heap = test_heap_open(&image, 0, MIB);
  static const uint8_t bytes[40] = "key";
  const th_value value = bytes_value(TH_LATIN1, bytes, sizeof(bytes));
  const th_key key = key_of(heap, &value);
  const th_cell cell = make(heap, &key);
  th_value first = {0};
  CHECK_EQ(th__cell_read(heap, cell, &first), TH_OK);
  const size_t length = heap->buffer.length;
  uint64_t hash;
  CHECK_EQ(th__key_hash(heap, cell, &hash), TH_OK);
  CHECK_EQ(heap->buffer.length, length);
  CHECK(memcmp(th_value_bytes(heap, &first), bytes, sizeof(bytes)) == 0);
  test_heap_close(&image, heap);
}

TEST(hashes_differ_between_heaps) {
  static const char *const texts[] = {"key", "a longer key", "a key that lies in a block"};
  test_image other_image;
  th_heap *heap = test_heap_open(&image, 0, MIB), *other = test_heap_open(&other_image, 0, MIB);
  const th_value number = test_number(1);
  CHECK(key_of(heap, &number).hash != key_of(other, &number).hash);
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    const th_value text = test_text(texts[i]);
    CHECK(key_of(heap, &text).hash != key_of(other, &text).hash);
  }
  test_heap_close(&other_image, other);
  test_heap_close(&image, heap);
}

TEST(cells_that_are_no_keys_have_no_hash) {
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (uint32_t tag = 0; tag < 256; tag++) {
    const th_cell cell = {.payload = test_random() | 1, .tag = (uint8_t)tag};
    const uint32_t type = tag & 15;
    const bool is_string = type == TH_LATIN1 || type == TH_UTF16;
    const bool is_key = type == TH_NUMBER || (is_string && tag >> 4 != TH_CELL_IN_BLOCK);
    uint64_t hash = 3;
    CHECK_EQ(th__key_hash(heap, cell, &hash), is_key ? TH_OK : TH_CORRUPT);
    if (!is_key) CHECK_EQ(hash, 3);
  }
  test_heap_close(&image, heap);
}
