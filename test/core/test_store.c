// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <string.h>

#include "core/store.h"
#include "kinds.h"

static th_handle make_store(th_heap *heap, uint32_t codec) {
  th_handle store;
  TEST_OK(&image, heap, th_store_create(heap, codec, &store));
  return store;
}

static uint32_t codec_of(const th_handle *store) {
  uint32_t codec;
  CHECK_EQ(th_store_codec(store, &codec), TH_OK);
  return codec;
}

// What the binding makes of an object's bytes.
static th_value object_of(uint8_t *space, uint8_t fill, size_t length) {
  memset(space, fill, length);
  return (th_value){.type = TH_BYTES, .bytes = space, .length = length};
}

static bool locate(const th_handle *store, const th_value *name, th_address *address,
                   uint64_t *length) {
  bool found;
  TEST_OK(&image, store->heap, th_map_locate(store, name, address, length, &found));
  return found;
}

TEST(a_store_keeps_the_codec_it_was_made_with) {
  th_heap *heap = test_heap_open(&image, 8192, 1 << 20);
  for (uint32_t codec = 0; codec < 4; codec++) {
    const th_handle store = make_store(heap, codec);
    const th_descriptor descriptor = descriptor_of(&store);
    th_handle other;
    TEST_OK(&image, heap, th_store_open(heap, &descriptor, 9, &other));
    CHECK_EQ(codec_of(&store), codec);
    CHECK_EQ(codec_of(&other), codec);
    TEST_OK(&image, heap, th_map_free(&store));
    uint32_t unused;
    CHECK_EQ(th_store_codec(&other, &unused), TH_FREED);
  }
  CHECK_EQ(th_heap_used(heap), 0);
  test_heap_close(&image, heap);
}

TEST(a_zeroed_block_becomes_a_store_of_the_codec_that_was_asked_for) {
  th_heap *heap = test_heap_open(&image, 8192, 1 << 20);
  th_descriptor descriptor = {0};
  TEST_OK(&image, heap, th_alloc_zeroed(heap, 16, 1, TH_BLOCK_USER, &descriptor.address));
  th_handle first, second;
  TEST_OK(&image, heap, th_store_open(heap, &descriptor, 2, &first));
  TEST_OK(&image, heap, th_store_open(heap, &descriptor, 3, &second));
  CHECK_EQ(first.generation, second.generation);
  CHECK_EQ(codec_of(&second), 2);
  TEST_OK(&image, heap, th_map_free(&first));
  TEST_OK(&image, heap, th_store_open(heap, &descriptor, 3, &second));
  CHECK_EQ(codec_of(&second), 3);
  test_heap_close(&image, heap);
}

TEST(an_object_is_located_where_its_bytes_are) {
  th_heap *heap = test_heap_open(&image, 8192, 1 << 20);
  const th_handle store = make_store(heap, 0);
  const th_value name = test_text("a name");
  uint8_t space[5000];
  th_address address;
  uint64_t length;
  CHECK(!locate(&store, &name, &address, &length));
  for (size_t size = 9; size <= sizeof(space); size += 499) {
    const th_value object = object_of(space, (uint8_t)size, size);
    TEST_OK(&image, heap, th_map_set(&store, &name, &object));
    CHECK(locate(&store, &name, &address, &length));
    CHECK_EQ(length, size - 8); // less the checksum
    CHECK(memcmp(th__at(heap, address), space + 8, length) == 0);
  }
  bool found;
  TEST_OK(&image, heap, th_map_delete(&store, &name, &found));
  CHECK(!locate(&store, &name, &address, &length));
  test_heap_close(&image, heap);
}

TEST(what_has_no_block_or_is_no_object_is_not_located) {
  th_heap *heap = test_heap_open(&image, 8192, 1 << 20);
  const th_handle store = make_store(heap, 0);
  const th_value name = test_text("a name");
  uint8_t space[8];
  const th_value values[] = {test_number(1), test_text("a text that needs a block"),
                             object_of(space, 1, sizeof(space))};
  th_address address;
  uint64_t length;
  for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
    TEST_OK(&image, heap, th_map_set(&store, &name, &values[i]));
    CHECK(!locate(&store, &name, &address, &length));
  }
  test_heap_close(&image, heap);
}
