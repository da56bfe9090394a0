// SPDX-License-Identifier: MIT
#include "blocks.h"

#include <math.h>
#include <stdlib.h>

#include "core/value.h"

enum { MIB = 1 << 20, IN_BLOCK = TH_CELL_IN_BLOCK };

static const th_type byte_types[] = {TH_LATIN1, TH_UTF16, TH_BIGINT, TH_BYTES};

static th_value number_value(double number) {
  return (th_value){.type = TH_NUMBER, .number = number};
}

static th_value bytes_value(th_type type, const void *bytes, size_t length) {
  return (th_value){.type = type, .bytes = bytes, .length = length};
}

static double number_of(uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof(number));
  return number;
}

static uint64_t bits_of(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof(bits));
  return bits;
}

static void randomise(uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    bytes[i] = (uint8_t)test_random();
  }
}

static th_cell make_in(test_image *image, th_heap *heap, const th_value *value, size_t room) {
  th_cell cell = {0};
  TEST_OK(image, heap, th__cell_make(heap, value, room, &cell));
  CHECK(cell.tag != 0);
  return cell;
}

static th_cell make(test_image *image, th_heap *heap, const th_value *value) {
  return make_in(image, heap, value, TH_CELL_LONG);
}

static th_value read(th_heap *heap, th_cell cell) {
  th_value value = {0};
  CHECK_EQ(th__cell_read(heap, cell, &value), TH_OK);
  return value;
}

// ---- round trips ----

TEST(values_without_bytes_come_back) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (th_type type = TH_UNDEFINED; type <= TH_TRUE; type++) {
    const th_value value = {.type = type};
    CHECK_EQ(read(heap, make(&image, heap, &value)).type, type);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

static void check_number(test_image *image, th_heap *heap, uint64_t bits) {
  const th_value value = number_value(number_of(bits));
  const th_value result = read(heap, make(image, heap, &value));
  CHECK_EQ(result.type, TH_NUMBER);
  CHECK_EQ(bits_of(result.number), bits);
}

TEST(numbers_come_back_bit_by_bit) {
  static const double numbers[] = {0.0, -0.0, 1, -1, 0.1, 1e308, 5e-324, INFINITY, -INFINITY};
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
    check_number(&image, heap, bits_of(numbers[i]));
  }
  for (int i = 0; i < 1000; i++) {
    check_number(&image, heap, test_random());
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

static void check_bytes(test_image *image, th_heap *heap, th_type type, size_t length,
                        size_t room) {
  uint8_t *bytes = malloc(length ? length : 1);
  randomise(bytes, length);
  const th_value value = bytes_value(type, bytes, length);
  const th_cell cell = make_in(image, heap, &value, room);
  CHECK_EQ(th_heap_used(heap) > 0, length > room);
  const size_t mark = heap->buffer.length;
  const th_value result = read(heap, cell);
  CHECK_EQ(result.type, type);
  CHECK_EQ(result.length, length);
  CHECK(memcmp(th_value_bytes(heap, &result), bytes, length) == 0);
  CHECK(result.offset >= mark && result.offset + length == heap->buffer.length);
  th__cell_free(heap, cell);
  CHECK_EQ(th_heap_used(heap), 0);
  free(bytes);
}

TEST(bytes_of_every_type_and_length_come_back) {
  static const size_t lengths[] = {127, 128, 255, 256, 257, 4096, 8192, 8193, 100001, 3 * MIB};
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, 16 * MIB);
  for (size_t t = 0; t < sizeof(byte_types) / sizeof(byte_types[0]); t++) {
    for (size_t length = 0; length <= 40; length++) {
      check_bytes(&image, heap, byte_types[t], length, TH_CELL_SHORT);
      check_bytes(&image, heap, byte_types[t], length, TH_CELL_LONG);
    }
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
      heap->buffer.length = 0;
      check_bytes(&image, heap, byte_types[t], lengths[i], TH_CELL_LONG);
    }
  }
  test_heap_close(&image, heap);
}

TEST(several_values_wait_in_the_buffer_aligned_for_their_words) {
  enum { VALUES = 100 };
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  uint8_t bytes[VALUES];
  th_value results[VALUES];
  randomise(bytes, sizeof(bytes));
  for (size_t i = 0; i < VALUES; i++) {
    const th_value value = bytes_value(TH_LATIN1, bytes, i);
    results[i] = read(heap, make(&image, heap, &value));
    CHECK_EQ(results[i].offset % 8, 0);
  }
  for (size_t i = 0; i < VALUES; i++) {
    CHECK_EQ(results[i].length, i);
    CHECK(memcmp(th_value_bytes(heap, &results[i]), bytes, i) == 0);
  }
  test_heap_close(&image, heap);
}

TEST(a_cell_that_finds_no_room_is_not_made) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, TH_PAGE_SIZE);
  uint8_t bytes[2 * TH_PAGE_SIZE] = {0};
  const th_value small = bytes_value(TH_LATIN1, bytes, 9);
  const th_value large = bytes_value(TH_LATIN1, bytes, sizeof(bytes));
  th_cell cell = {.payload = 5, .tag = 6};
  CHECK_EQ(th__cell_make(heap, &small, TH_CELL_SHORT, &cell), TH_NEED_ROOM);
  CHECK_EQ(th__cell_make(heap, &large, TH_CELL_LONG, &cell), TH_FULL);
  CHECK_EQ(cell.payload, 5);
  CHECK_EQ(cell.tag, 6);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(bytes_beyond_the_longest_are_refused_before_they_are_read) {
  test_image image;
  const uint64_t area = (1ull << 32) - TH_HEADER_SIZE;
  th_heap *heap = test_heap_open(&image, area, area);
  const th_value value = bytes_value(TH_LATIN1, "short", 1ull << 31);
  th_cell cell;
  CHECK_EQ(th__cell_make(heap, &value, TH_CELL_LONG, &cell), TH_FULL);
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- equality ----

static void check_same(test_image *image, th_heap *heap, const th_value *a, const th_value *b,
                       bool same) {
  for (size_t room = TH_CELL_SHORT; room <= TH_CELL_LONG; room += TH_CELL_LONG - TH_CELL_SHORT) {
    const th_cell cell = make_in(image, heap, a, room);
    CHECK_EQ(th__cell_equals(heap, cell, b), same);
    th__cell_free(heap, cell);
  }
}

static void check_numbers(test_image *image, th_heap *heap, double a, double b, bool same) {
  const th_value x = number_value(a), y = number_value(b);
  check_same(image, heap, &x, &y, same);
  check_same(image, heap, &y, &x, same);
}

TEST(numbers_compare_as_map_keys_do) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  const double other_nan = number_of(0xfff8000000012345u);
  check_numbers(&image, heap, 0.0, -0.0, true);
  check_numbers(&image, heap, NAN, other_nan, true);
  check_numbers(&image, heap, 1, 1, true);
  check_numbers(&image, heap, INFINITY, INFINITY, true);
  check_numbers(&image, heap, 1, -1, false);
  check_numbers(&image, heap, 0, NAN, false);
  check_numbers(&image, heap, INFINITY, -INFINITY, false);
  check_numbers(&image, heap, 1, 1.0000000000000002, false);
  check_numbers(&image, heap, 0, 5e-324, false);
  test_heap_close(&image, heap);
}

// Keys of one length against themselves, and against keys with one bit or byte different.
static void check_key_length(test_image *image, th_heap *heap, th_type type, size_t length) {
  uint8_t key[300], other[300];
  randomise(key, sizeof(key));
  memcpy(other, key, sizeof(key));
  const th_value a = bytes_value(type, key, length), b = bytes_value(type, other, length);
  const th_value shorter = bytes_value(type, other, length - 1);
  const th_value longer = bytes_value(type, other, length + 1);
  check_same(image, heap, &a, &b, true);
  check_same(image, heap, &a, &shorter, false);
  check_same(image, heap, &a, &longer, false);
  other[test_random() % length] ^= (uint8_t)(1u << test_random() % 8);
  check_same(image, heap, &a, &b, false);
}

TEST(strings_and_bigints_are_equal_byte_for_byte) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (size_t length = 1; length < 299; length++) {
    for (int i = 0; i < 4; i++) {
      check_key_length(&image, heap, byte_types[i % 3], length);
    }
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(the_same_bytes_in_another_type_are_another_key) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  static const uint8_t bytes[24] = "the same";
  for (size_t length = 0; length <= sizeof(bytes); length += 8) {
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        const th_value a = bytes_value(byte_types[i], bytes, length);
        const th_value b = bytes_value(byte_types[j], bytes, length);
        check_same(&image, heap, &a, &b, i == j);
      }
    }
  }
  test_heap_close(&image, heap);
}

TEST(objects_equal_nothing) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  static const uint8_t bytes[40];
  for (size_t length = 8; length <= sizeof(bytes); length += 8) {
    const th_value value = bytes_value(TH_BYTES, bytes, length);
    CHECK(!th__cell_equals(heap, make(&image, heap, &value), &value));
  }
  test_heap_close(&image, heap);
}

TEST(values_without_bytes_equal_their_own_type_only) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (th_type a = TH_UNDEFINED; a <= TH_NUMBER; a++) {
    for (th_type b = TH_UNDEFINED; b <= TH_LATIN1; b++) {
      const th_value x = {.type = a}, y = {.type = b, .bytes = ""};
      CHECK_EQ(th__cell_equals(heap, make(&image, heap, &x), &y), a == b);
    }
  }
  test_heap_close(&image, heap);
}

// ---- checksums ----

TEST(checksums_differ_between_heaps) {
  test_image a_image, b_image;
  th_heap *a = test_heap_open(&a_image, 0, MIB), *b = test_heap_open(&b_image, 0, MIB);
  CHECK(th_value_checksum(a->record, "key", 3) != th_value_checksum(b->record, "key", 3));
  test_heap_close(&a_image, a);
  test_heap_close(&b_image, b);
}

TEST(the_checksum_notices_every_flipped_bit) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  uint8_t bytes[50];
  randomise(bytes, sizeof(bytes));
  const uint64_t checksum = th_value_checksum(heap->record, bytes, sizeof(bytes));
  for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    CHECK(th_value_checksum(heap->record, bytes, sizeof(bytes)) != checksum);
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  CHECK_EQ(th_value_checksum(heap->record, bytes, sizeof(bytes)), checksum);
  test_heap_close(&image, heap);
}

// ---- hostile cells ----

static th_cell block_cell(th_type type, th_address address, uint64_t length) {
  return (th_cell){.payload = length << 32 | address, .tag = (uint8_t)(type | IN_BLOCK << 4)};
}

static void check_corrupt(th_heap *heap, th_cell cell) {
  th_value value = {.type = TH_NULL, .length = 9};
  const size_t length = heap->buffer.length;
  CHECK_EQ(th__cell_read(heap, cell, &value), TH_CORRUPT);
  CHECK_EQ(heap->buffer.length, length);
}

TEST(tags_that_no_value_has_are_corrupt) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  for (uint32_t high = 0; high < 16; high++) {
    check_corrupt(heap, (th_cell){.tag = (uint8_t)(high << 4 | TH_ABSENT)});
    for (uint32_t type = TH_BYTES + 1; type < 16; type++) {
      check_corrupt(heap, (th_cell){.tag = (uint8_t)(high << 4 | type)});
    }
  }
  for (uint32_t length = 0; length <= TH_CELL_LONG; length++) {
    const uint8_t tag = th__cell_tag(TH_LATIN1, length);
    CHECK_EQ(th__cell_of(1, 2, tag, TH_CELL_LONG).tag, tag);
    const th_cell cell = th__cell_of(1, 2, tag, TH_CELL_SHORT);
    if (length > TH_CELL_SHORT) check_corrupt(heap, cell);
    if (length <= TH_CELL_SHORT) CHECK_EQ(cell.tag, tag);
  }
  test_heap_close(&image, heap);
}

TEST(cells_of_blocks_that_are_not_theirs_are_corrupt) {
  test_image image;
  th_heap *heap = test_heap_open(&image, 0, MIB);
  static const uint8_t bytes[100];
  const th_value value = bytes_value(TH_LATIN1, bytes, sizeof(bytes));
  const th_cell cell = make(&image, heap, &value);
  const th_address own = (th_address)cell.payload;
  th_address other;
  TEST_OK(&image, heap, th_alloc(heap, sizeof(bytes), 1, TH_BLOCK_NODE, &other));
  check_corrupt(heap, block_cell(TH_LATIN1, other, sizeof(bytes)));
  check_corrupt(heap, block_cell(TH_LATIN1, own, sizeof(bytes) - 1));
  check_corrupt(heap, block_cell(TH_LATIN1, own, UINT32_MAX));
  check_corrupt(heap, block_cell(TH_LATIN1, own + 1, sizeof(bytes)));
  check_corrupt(heap, block_cell(TH_LATIN1, 0, 0));
  check_corrupt(heap, block_cell(TH_LATIN1, UINT32_MAX, 1));
  th__cell_free(heap, block_cell(TH_LATIN1, other, sizeof(bytes)));
  CHECK_EQ(th_free(heap, other, TH_BLOCK_NODE), TH_OK);
  th__cell_free(heap, cell);
  check_corrupt(heap, cell);
  test_heap_close(&image, heap);
}

static th_block_kind kind_of(int i) {
  return (th_block_kind)(TH_BLOCK_USER + i % TH_BLOCK_CONTROL);
}

static bool is_freed(int i) {
  return i % 7 == 0;
}

// A heap whose image ends where reading on is a fault, with live and freed blocks of all kinds.
static th_heap *open_guarded(test_image *image, th_address *addresses, int count) {
  th_heap *heap = test_heap_open(image, 16 * TH_PAGE_SIZE, MIB);
  mprotect(image->base + 17 * TH_PAGE_SIZE, MIB - 16 * TH_PAGE_SIZE, PROT_NONE);
  for (int i = 0; i < count; i++) {
    CHECK_EQ(th_alloc(heap, test_random() % 200, 1, kind_of(i), &addresses[i]), TH_OK);
  }
  for (int i = 0; i < count; i++) {
    if (is_freed(i)) CHECK_EQ(th_free(heap, addresses[i], kind_of(i)), TH_OK);
  }
  return heap;
}

static th_cell hostile_cell(const th_address *addresses, int count) {
  const uint64_t random = test_random();
  const th_address address = addresses[random % (uint64_t)count] + (random >> 20) % 3;
  const uint64_t payloads[] = {
      test_random(),
      (test_random() % 200) << 32 | address,
      (test_random() % 200) << 32 | test_random() % (18 * TH_PAGE_SIZE),
  };
  const uint8_t tag = (uint8_t)(random >> 40);
  return (th_cell){.payload = payloads[(random >> 50) % 3],
                   .tag = random >> 63 ? tag : tag | IN_BLOCK << 4};
}

// Every answer is allowed but one that points outside of the buffer.
static void check_hostile(th_heap *heap, th_cell cell, const uint8_t *bytes) {
  th_value value = {0};
  heap->buffer.length = 0;
  const th_status status = th__cell_read(heap, cell, &value);
  CHECK(status == TH_OK || status == TH_CORRUPT);
  CHECK(value.offset + value.length <= heap->buffer.length);
  for (th_type type = TH_UNDEFINED; type <= TH_BYTES; type++) {
    const th_value other = bytes_value(type, bytes, test_random() % 200);
    (void)th__cell_equals(heap, cell, &other);
  }
}

TEST(hostile_cells_read_as_something_or_corrupt) {
  enum { BLOCKS = 200 };
  static const uint8_t zeros[200];
  test_image image;
  th_address addresses[BLOCKS];
  th_heap *heap = open_guarded(&image, addresses, BLOCKS);
  for (int i = 0; i < 50000; i++) {
    check_hostile(heap, hostile_cell(addresses, BLOCKS), zeros);
  }
  test_heap_close(&image, heap);
}

TEST(freeing_hostile_cells_frees_blocks_of_cells_only) {
  enum { BLOCKS = 200 };
  test_image image;
  th_address addresses[BLOCKS];
  th_heap *heap = open_guarded(&image, addresses, BLOCKS);
  for (int i = 0; i < 50000; i++) {
    th__cell_free(heap, hostile_cell(addresses, BLOCKS));
  }
  for (int i = 0; i < BLOCKS; i++) {
    const th_status status = th_free(heap, addresses[i], kind_of(i));
    if (kind_of(i) != TH_BLOCK_CELL) CHECK_EQ(status, is_freed(i) ? TH_FREED : TH_OK);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

// ---- beside a writer ----

enum { READERS = 2, REPLACED = 20000 };

typedef struct stage {
  test_image image;
  th_atomic_u64 payload;
  th_atomic_u32 playing;
} stage;

// Frees the block of the cell that readers look at, and puts a new one there.
static void replace(stage *s, th_heap *heap) {
  uint8_t bytes[600];
  for (int i = 0; i < REPLACED; i++) {
    memset(bytes, i, sizeof(bytes));
    const th_value value = bytes_value(TH_LATIN1, bytes, 9 + test_random() % 591);
    const th_cell cell = make(&s->image, heap, &value);
    const uint64_t before = th_load_relaxed(&s->payload);
    th_store_release(&s->payload, cell.payload);
    th__cell_free(heap, block_cell(TH_LATIN1, (th_address)before, before >> 32));
  }
  s->playing = 0;
}

// What is read may be stale or torn; the version of the container around the cell would tell.
static void watch(stage *s, th_heap *heap) {
  while (th_load_acquire(&s->playing)) {
    const th_cell cell = {.payload = th_load_acquire(&s->payload),
                          .tag = TH_LATIN1 | IN_BLOCK << 4};
    th_value value = {0};
    heap->buffer.length = 0;
    const th_status status = th__cell_read(heap, cell, &value);
    CHECK(status == TH_OK || status == TH_CORRUPT);
    CHECK_EQ(value.length, status == TH_OK ? cell.payload >> 32 : 0);
    value.bytes = status == TH_OK ? th_value_bytes(heap, &value) : NULL;
    if (status == TH_OK) (void)th__cell_equals(heap, cell, &value);
  }
}

static void play(int index, void *context) {
  stage *s = context;
  th_heap *heap = test_heap_attach(&s->image);
  if (index == 0) {
    replace(s, heap);
  } else {
    watch(s, heap);
  }
  th_heap_detach(heap);
}

TEST(a_cell_can_be_read_while_its_block_is_freed_and_reused) {
  stage s = {.playing = 1};
  th_heap *heap = test_heap_open(&s.image, 0, MIB);
  run_threads(1 + READERS, play, &s);
  test_heap_close(&s.image, heap);
}
