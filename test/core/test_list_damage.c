// SPDX-License-Identifier: MIT
// Lists whose nodes were overwritten: JavaScript can write any byte of the image. Where one field
// of one node is wrong, every call answers as if it were right or says that the list is corrupt.
#include "fixture.h"

#include "core/list.h"
#include "samples.h"

enum { MIB = 1 << 20, NODES = 9, BATCH = 3, THREADS = 3 };

static test_image image;

typedef struct subject {
  th_handle list;
  uint32_t length; // numbers that the list holds
  uint32_t numbers[NODES + 1];
  th_address nodes[NODES]; // as it was before any call
  uint64_t sequences[NODES];
  uint32_t damaged; // which node
} subject;

typedef union batch_space {
  th_list_batch batch;
  uint8_t bytes[sizeof(th_list_batch) + BATCH * 16];
} batch_space;

static void push(const th_handle *list, uint32_t number) {
  TEST_OK(&image, list->heap, th_list_push(list, &number, NULL));
}

static uint32_t number_at(const th_handle *list, th_address element) {
  return th_load_acquire((th_atomic_u32 *)th__at(list->heap, element));
}

static th_node *node_at(const th_handle *list, th_address node) {
  return th__at(list->heap, node);
}

static void note_nodes(subject *s) {
  for (uint32_t i = 0; i < NODES; i++) {
    th_address element;
    CHECK_EQ(th_list_at(&s->list, i, &element), TH_OK);
    s->nodes[i] = element - (th_address)sizeof(th_node);
    s->numbers[i] = number_at(&s->list, element);
    s->sequences[i] = th_load_relaxed(&node_at(&s->list, s->nodes[i])->sequence);
  }
}

// A list with gaps in its sequences.
static subject make(th_heap *heap) {
  const th_element element = {.type = TH_ELEMENT_Uint32, .data_length = 1};
  subject s = {.length = NODES};
  TEST_OK(&image, heap, th_list_create(heap, &element, &s.list));
  for (uint32_t i = 0; i < 2 * NODES; i++)
    push(&s.list, 100 + i);
  for (uint32_t i = 0; i < NODES; i++) {
    const uint32_t wanted = 100 + 2 * i;
    uint32_t number;
    bool found;
    CHECK_EQ(th_list_remove_equal(&s.list, &wanted, 1, &number, &found), TH_OK);
    CHECK_EQ(number, wanted);
  }
  note_nodes(&s);
  return s;
}

static void forget(subject *s, uint32_t index) {
  s->length--;
  memmove(&s->numbers[index], &s->numbers[index + 1], (s->length - index) * sizeof(uint32_t));
}

// Whether the call succeeded; what is not a success is TH_CORRUPT, and the list is marked.
static bool worked(const subject *s, th_status status) {
  if (status == TH_OK) return true;
  CHECK_EQ(status, TH_CORRUPT);
  CHECK_EQ(th_object_check(&s->list), TH_CORRUPT);
  return false;
}

// ---- each call, against the array ----

static bool iterate(subject *s) {
  batch_space space = {.batch = {.capacity = BATCH}};
  uint32_t seen = 0;
  do {
    if (!worked(s, th_list_next(&s->list, &space.batch))) return false;
    for (uint32_t i = 0; i < space.batch.count; i++, seen++) {
      CHECK(seen < s->length);
      const th_address element = space.batch.items[i].address + (th_address)sizeof(th_node);
      CHECK_EQ(number_at(&s->list, element), s->numbers[seen]);
    }
  } while (space.batch.count > 0);
  CHECK_EQ(seen, s->length);
  return true;
}

static bool look_at_all(subject *s) {
  for (int64_t i = -(int64_t)s->length; i < s->length; i++) {
    th_address element;
    if (!worked(s, th_list_at(&s->list, i, &element))) return false;
    CHECK_EQ(number_at(&s->list, element), s->numbers[i < 0 ? i + s->length : i]);
  }
  return true;
}

static bool copy_all(subject *s) {
  uint32_t out[NODES + 2], length;
  if (!worked(s, th_list_copy(&s->list, out, NODES + 2, &length))) return false;
  CHECK_EQ(length, s->length);
  CHECK(memcmp(out, s->numbers, length * sizeof(uint32_t)) == 0);
  return true;
}

static bool remove_one(subject *s, int64_t index) {
  uint32_t number;
  bool found;
  const uint32_t place = (uint32_t)(index < 0 ? index + s->length : index);
  if (!worked(s, th_list_remove_at(&s->list, index, &number, &found))) return false;
  CHECK(found);
  CHECK_EQ(number, s->numbers[place]);
  forget(s, place);
  return true;
}

static bool remove_from_start(subject *s) {
  while (s->length > 0) {
    if (!remove_one(s, 0)) return false;
  }
  return true;
}

static bool remove_from_end(subject *s) {
  while (s->length > 0) {
    if (!remove_one(s, -1)) return false;
  }
  return true;
}

static bool remove_from_middle(subject *s) {
  while (s->length > 0) {
    if (!remove_one(s, s->length / 2)) return false;
  }
  return true;
}

static bool remove_equals(subject *s) {
  while (s->length > 0) {
    const uint32_t place = s->length / 3;
    uint32_t number;
    bool found;
    if (!worked(s, th_list_remove_equal(&s->list, &s->numbers[place], 1, &number, &found))) {
      return false;
    }
    CHECK(found);
    forget(s, place);
  }
  return true;
}

static uint32_t place_of(const subject *s, uint32_t number) {
  uint32_t place = 0;
  while (s->numbers[place] != number)
    place++;
  return place;
}

static bool remove_nodes(subject *s) {
  for (uint32_t i = 0; i < NODES; i++) {
    uint32_t number;
    bool found;
    if (!worked(s, th_list_remove_node(&s->list, s->nodes[i], s->sequences[i], &number, &found))) {
      return false;
    }
    // A node that does not say whose it is, or which, is taken for one that was removed.
    if (!found) CHECK_EQ(i, s->damaged);
    if (found) forget(s, place_of(s, number));
  }
  return true;
}

static bool push_one(subject *s) {
  const uint32_t number = 7;
  if (!worked(s, TEST_CALL(&image, s->list.heap, th_list_push(&s->list, &number, NULL))))
    return false;
  s->numbers[s->length++] = number;
  return true;
}

static bool clear_all(subject *s) {
  if (!worked(s, th_list_clear(&s->list))) return false;
  s->length = 0;
  return true;
}

typedef bool (*call)(subject *s);

static const call calls[] = {iterate,         look_at_all,        copy_all,      remove_from_start,
                             remove_from_end, remove_from_middle, remove_equals, remove_nodes,
                             push_one,        clear_all};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

// ---- one wrong field ----

// Overwrites one field of node `index` of a list and makes one call, then reads what is left.
typedef void (*damage)(subject *s, th_node *node, uint64_t value);

static void damage_next(subject *s, th_node *node, uint64_t value) {
  (void)s;
  th_store_relaxed(&node->next, (uint32_t)value);
}

static void damage_previous(subject *s, th_node *node, uint64_t value) {
  (void)s;
  th_store_relaxed(&node->previous, (uint32_t)value);
}

static void damage_sequence(subject *s, th_node *node, uint64_t value) {
  (void)s;
  th_store_relaxed(&node->sequence, value);
}

static void damage_owner(subject *s, th_node *node, uint64_t value) {
  (void)s;
  th_store_relaxed(&node->owner, th_load_relaxed(&node->owner) >> 32 << 32 | (uint32_t)value);
}

static void damage_owner_generation(subject *s, th_node *node, uint64_t value) {
  (void)s;
  th_store_relaxed(&node->owner,
                   (value & UINT32_MAX) << 32 | (uint32_t)th_load_relaxed(&node->owner));
}

static void try_damage(th_heap *heap, damage spoil,
                       uint64_t (*value_for)(const subject *, uint32_t), uint32_t choice) {
  for (uint32_t index = 0; index < NODES; index++) {
    for (uint32_t i = 0; i < CALLS; i++) {
      subject s = make(heap);
      s.damaged = index;
      spoil(&s, node_at(&s.list, s.nodes[index]), value_for(&s, choice));
      if (calls[i](&s) && copy_all(&s) && iterate(&s) && look_at_all(&s)) {
        worked(&s, th_list_free(&s.list));
      }
    }
  }
}

// Addresses that could stand in a link: nodes of the list, and things that are none.
static uint64_t link_for(const subject *s, uint32_t choice) {
  if (choice < NODES) return s->nodes[choice];
  switch (choice - NODES) {
  case 0:
    return 0;
  case 1:
    return s->list.address;
  case 2:
    return s->nodes[0] + 16;
  case 3:
    return UINT32_MAX;
  case 4: {
    const subject other = make(s->list.heap); // a live node of another list
    return other.nodes[1];
  }
  default:
    return test_random();
  }
}

enum { LINKS = NODES + 10 };

TEST(a_wrong_next_link_is_noticed_or_harmless) {
  th_heap *heap = test_heap_open(&image, MIB, 64 * MIB);
  for (uint32_t i = 0; i < LINKS; i++)
    try_damage(heap, damage_next, link_for, i);
  test_heap_close(&image, heap);
}

TEST(a_wrong_previous_link_is_noticed_or_harmless) {
  th_heap *heap = test_heap_open(&image, MIB, 64 * MIB);
  for (uint32_t i = 0; i < LINKS; i++)
    try_damage(heap, damage_previous, link_for, i);
  test_heap_close(&image, heap);
}

// Sequences of the list's nodes, ones between them, and ones far off.
static uint64_t sequence_for(const subject *s, uint32_t choice) {
  if (choice < NODES) return s->sequences[choice];
  if (choice < 2 * NODES) return s->sequences[choice - NODES] - 1;
  const uint64_t far[] = {UINT64_MAX, 1ull << 32, 1ull << 63};
  return choice < 2 * NODES + 3 ? far[choice - 2 * NODES] : test_random();
}

TEST(a_wrong_sequence_is_noticed_or_harmless) {
  th_heap *heap = test_heap_open(&image, MIB, 64 * MIB);
  for (uint32_t i = 0; i < 2 * NODES + 6; i++)
    try_damage(heap, damage_sequence, sequence_for, i);
  test_heap_close(&image, heap);
}

static uint64_t owner_for(const subject *s, uint32_t choice) {
  const uint64_t owners[] = {0, s->list.address + 32, s->list.generation + 1, test_random()};
  return owners[choice];
}

TEST(a_wrong_owner_is_noticed_or_harmless) {
  th_heap *heap = test_heap_open(&image, MIB, 64 * MIB);
  for (uint32_t i = 0; i < 4; i++) {
    try_damage(heap, damage_owner, owner_for, i);
    try_damage(heap, damage_owner_generation, owner_for, i);
  }
  test_heap_close(&image, heap);
}

TEST(a_list_found_corrupt_refuses_every_later_call) {
  th_heap *heap = test_heap_open(&image, MIB, 8 * MIB);
  subject s = make(heap);
  damage_next(&s, node_at(&s.list, s.nodes[4]), s.nodes[1]); // a cycle
  CHECK(!iterate(&s));
  damage_next(&s, node_at(&s.list, s.nodes[4]), s.nodes[5]); // mended too late
  for (uint32_t i = 0; i < CALLS; i++)
    CHECK(!calls[i](&s));
  CHECK_EQ(th_list_free(&s.list), TH_CORRUPT);
  const th_descriptor descriptor = {.address = s.list.address};
  th_handle again;
  CHECK_EQ(th_list_open(heap, &descriptor, &again), TH_CORRUPT);
  test_heap_close(&image, heap);
}

// The links agree with each other, and nothing leads into the cycle but the iteration that was
// there before: only the sequences show it.
TEST(a_cycle_around_an_iteration_is_noticed) {
  th_heap *heap = test_heap_open(&image, MIB, 8 * MIB);
  subject s = make(heap);
  batch_space space = {.batch = {.capacity = BATCH}};
  for (int i = 0; i < 2; i++)
    CHECK_EQ(th_list_next(&s.list, &space.batch), TH_OK);
  CHECK_EQ(space.batch.items[BATCH - 1].address, s.nodes[2 * BATCH - 1]);
  damage_next(&s, node_at(&s.list, s.nodes[2 * BATCH - 1]), s.nodes[1]);
  damage_previous(&s, node_at(&s.list, s.nodes[1]), s.nodes[2 * BATCH - 1]);
  CHECK_EQ(th_list_next(&s.list, &space.batch), TH_CORRUPT);
  test_heap_close(&image, heap);
}

// The last node of a batch gets a number from a gap before it, and would come again.
TEST(a_node_that_comes_again_under_another_sequence_is_noticed) {
  th_heap *heap = test_heap_open(&image, MIB, 8 * MIB);
  subject s = make(heap);
  batch_space space = {.batch = {.capacity = BATCH}};
  uint32_t element;
  bool found;
  TEST_OK(&image, heap, th_list_remove_at(&s.list, BATCH - 1, &element, &found));
  CHECK_EQ(th_list_next(&s.list, &space.batch), TH_OK);
  th_node *last = node_at(&s.list, space.batch.items[BATCH - 1].address);
  th_store_relaxed(&last->sequence, th_load_relaxed(&last->sequence) - 1);
  CHECK_EQ(th_list_next(&s.list, &space.batch), TH_CORRUPT);
  test_heap_close(&image, heap);
}

// ---- what looks like a node ----

static th_handle list_of(th_heap *heap, uint32_t numbers) {
  const th_element element = {.type = TH_ELEMENT_Uint32, .data_length = numbers};
  th_handle list;
  TEST_OK(&image, heap, th_list_create(heap, &element, &list));
  return list;
}

// Appends an element of zeros; returns its node.
static th_address append_zeros(const th_handle *list) {
  static const uint32_t zeros[4096];
  th_list_place place;
  TEST_OK(&image, list->heap, th_list_push(list, zeros, &place));
  return place.address;
}

// Writes what the node behind `first` carries to another address, and leads the first one there.
static void forge_second(const th_handle *list, th_address first, th_address forged) {
  th_node *real = node_at(list, first);
  th_node *node = node_at(list, forged);
  th_store_relaxed(&node->next, 0u);
  th_store_relaxed(&node->previous, first);
  th_store_relaxed(&node->sequence, th_load_relaxed(&real->sequence) + 1);
  th_store_relaxed(&node->owner, th_load_relaxed(&real->owner));
  th_store_relaxed(&real->next, forged);
}

// A list of two elements of up to 4096 numbers, whose second node is forged.
static void check_noticed(const th_handle *list, th_address first, th_address forged) {
  static uint32_t numbers[2 * 4096];
  uint32_t length;
  forge_second(list, first, forged);
  CHECK_EQ(th_list_copy(list, numbers, 2, &length), TH_CORRUPT);
}

TEST(a_node_inside_of_a_block_is_noticed) {
  th_heap *heap = test_heap_open(&image, MIB, 8 * MIB);
  const th_handle list = list_of(heap, 64);
  const th_address first = append_zeros(&list);
  append_zeros(&list);
  check_noticed(&list, first, first + 64);
  test_heap_close(&image, heap);
}

// As much shorter than the list's nodes as a tag cannot say.
TEST(a_node_that_is_too_short_is_noticed) {
  th_heap *heap = test_heap_open(&image, MIB, 8 * MIB);
  const th_handle shorter = list_of(heap, 2);
  const th_handle list = list_of(heap, 2 + 8192 / 4);
  const th_address forged = append_zeros(&shorter);
  const th_address first = append_zeros(&list);
  append_zeros(&list);
  check_noticed(&list, first, forged);
  test_heap_close(&image, heap);
}

TEST(a_push_behind_a_node_that_is_not_the_lists_is_noticed) {
  th_heap *heap = test_heap_open(&image, MIB, 8 * MIB);
  const subject s = make(heap);
  const th_handle other = list_of(heap, 1);
  th_node *last = node_at(&s.list, s.nodes[NODES - 1]);
  th_store_relaxed(&last->owner, th_load_relaxed(&node_at(&other, append_zeros(&other))->owner));
  CHECK_EQ(th_list_push(&s.list, &(uint32_t){0}, NULL), TH_CORRUPT);
  test_heap_close(&image, heap);
}

// ---- anything overwritten ----

static bool known(th_status status) {
  return status == TH_OK || status == TH_CORRUPT || status == TH_FULL;
}

static void call_anything(const th_handle *list) {
  th_heap *heap = list->heap;
  static _Thread_local uint32_t out[256];
  static _Thread_local batch_space space;
  bool found;
  th_address element;
  const int64_t index = (int64_t)(test_random() % 64) - 32;
  switch (test_random() % 7) {
  case 0:
    CHECK(known(TEST_CALL(&image, heap, th_list_at(list, index, &element))));
    break;
  case 1:
    CHECK(known(TEST_CALL(&image, heap, th_list_remove_at(list, index, out, &found))));
    break;
  case 2:
    out[1] = (uint32_t)(test_random() % 64);
    CHECK(known(TEST_CALL(&image, heap, th_list_remove_equal(list, &out[1], 1, out, &found))));
    break;
  case 3:
    CHECK(known(TEST_CALL(&image, heap, th_list_copy(list, out, 256, &(uint32_t){0}))));
    break;
  case 4:
    space.batch.capacity = BATCH;
    CHECK(known(TEST_CALL(&image, heap, th_list_next(list, &space.batch))));
    break;
  default:
    CHECK(known(TEST_CALL(&image, heap, th_list_push(list, out, NULL))));
  }
}

// Writes a word anywhere in the committed image: random bits, or an address in it.
static void scribble(th_heap *heap) {
  const uint64_t end = th_load_acquire(&heap->record->committed);
  const th_address at = (th_address)(TH_HEADER_SIZE + test_random() % (end - TH_HEADER_SIZE)) & ~3u;
  const uint32_t value = (uint32_t)(test_random() % 2 ? test_random() : test_random() % end & ~15u);
  th_store_relaxed((th_atomic_u32 *)th__at(heap, at), value);
}

static void scribble_or_call(int index, void *context) {
  th_heap *heap = test_heap_attach(&image);
  th_handle list = *(const th_handle *)context;
  list.heap = heap;
  for (int i = 0; i < 400; i++) {
    if (index == 0) {
      scribble(heap);
    } else {
      call_anything(&list);
    }
  }
  th_heap_detach(heap);
}

TEST(calls_beside_a_thread_that_overwrites_the_image_return) {
  for (int round = 0; round < 60; round++) {
    th_heap *heap = test_heap_open(&image, 8192, MIB);
    subject s = make(heap);
    for (uint32_t i = 0; i < 50; i++)
      push(&s.list, i);
    run_threads(THREADS, scribble_or_call, &s.list);
    CHECK(known(TEST_CALL(&image, heap, th_list_free(&s.list))));
    test_heap_close(&image, heap);
  }
}
