// SPDX-License-Identifier: MIT
// A fuzz target: the input is a program of calls on containers and of writes into their image, as
// JavaScript can make them. Whatever it does, each call returns a status that can be true, what was
// found corrupt or freed stays so, nothing outside the image is touched, and in the end the
// allocator is sound and no native memory is left.
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/samples.h"
#include "core/alloc.h"
#include "core/list.h"
#include "core/map.h"
#include "core/store.h"
#include "core/string.h"
#include "core/vector.h"
#include "core/verify.h"

enum {
  SLOTS_MAX = 24,
  PLACES = 16,     // addresses remembered
  STEP_BYTES = 12, // of the input
  BATCH = 3,
  BLOCK_BYTES = 64,
  FILL_FIRST = 1000, // the least key of those that fill a map
  FILL_MAX = 3000,   // how many a program may have
  KEY_BYTES = 40,
};

typedef enum state { LIVE, CORRUPT, FREED } state;

typedef union list_batch {
  th_list_batch batch;
  uint8_t bytes[sizeof(th_list_batch) + BATCH * 16];
} list_batch;

// A container as one thread has it open.
typedef struct slot {
  th_object_kind kind;
  state state;   // what calls have told
  bool is_bound; // a block forwards to it, or did
  th_handle handle;
  th_element element;   // of lists and vectors; JavaScript keeps it, too
  th_map_cursor cursor; // of an iteration of a map
  list_batch batch;     // of an iteration of a list
} slot;

// All that one program has.
static struct {
  const uint8_t *step; // what is left of the bytes of this step
  uint32_t left;
  th_heap *heap;
  bool overwritten; // the program has written into the image
  uint32_t filled;
  slot slots[SLOTS_MAX];
  uint32_t slot_count;
  th_address places[PLACES];
  uint32_t place_count; // rises; the last PLACES are kept
  th_address block;     // BLOCK_BYTES, zeroed at first
} run;

// ---- the input: the bytes of a step, and zeros behind them ----

static uint32_t take_byte(void) {
  if (run.left == 0) return 0;
  run.left--;
  return *run.step++;
}

static uint32_t take_16(void) {
  const uint32_t low = take_byte();
  return low | take_byte() << 8;
}

static uint32_t take_32(void) {
  const uint32_t low = take_16();
  return low | take_16() << 16;
}

static th_address take_place(void) {
  return run.places[take_byte() % PLACES];
}

static void remember(th_address address) {
  run.places[run.place_count++ % PLACES] = address;
}

// ---- what every call has to keep to ----

static th_object *object_of(const slot *s) {
  return s->handle.object;
}

// The next slot, from number i on, of the container that the handle is of; NULL when there is none.
static slot *find_slot(const th_handle *handle, uint32_t i) {
  for (; i < run.slot_count; i++) {
    slot *s = &run.slots[i];
    if (object_of(s) == handle->object && s->handle.generation == handle->generation) return s;
  }
  return NULL;
}

#define EACH_SLOT(s, handle)                                                                       \
  (slot *s = find_slot((handle), 0); s; s = find_slot((handle), (uint32_t)(s - run.slots) + 1))

static void set_state(const slot *changed, state now) {
  for
    EACH_SLOT(s, &changed->handle)
  s->state = now;
}

// Whether the call did what it says; what else it says must be possible.
static bool worked(const slot *s, th_status status) {
  if (s->state != LIVE) {
    CHECK_EQ(status, s->state == FREED ? TH_FREED : TH_CORRUPT);
    return false;
  }
  if (status == TH_CORRUPT) {
    CHECK(run.overwritten);
    CHECK_EQ(th_object_check(&s->handle), TH_CORRUPT);
    set_state(s, CORRUPT);
    return false;
  }
  CHECK(status == TH_OK || status == TH_FULL || status == TH_NEED_ROOM ||
        (status == TH_NOT_A_NUMBER && (s->kind == TH_MAP || s->kind == TH_STORE)));
  return status == TH_OK;
}

#define CALL(call)      GUARD_CALL(run.heap, (call))
#define WORKED(s, call) worked((s), CALL(call))

// JavaScript makes a view of that part of the image.
static void check_view(uint64_t address, uint64_t length) {
  CHECK(address >= TH_HEADER_SIZE && address + length <= guard_image().length);
}

// Memory of exactly that size, so that AddressSanitizer notices every byte beyond it.
static void *allocate(size_t size) {
  void *memory = malloc(size ? size : 1);
  CHECK(memory);
  return memory;
}

// Reads a value that a call returned, as the binding does.
static void look_at(const th_value *value) {
  CHECK(value->type > TH_ABSENT && value->type <= TH_BYTES);
  if (value->type < TH_LATIN1) return;
  void *copy = allocate(value->length);
  memcpy(copy, th_value_bytes(run.heap, value), value->length);
  free(copy);
}

// ---- opening ----

static slot *add_slot(th_object_kind kind, const th_handle *handle) {
  slot *s = &run.slots[run.slot_count++];
  *s = (slot){.kind = kind, .handle = *handle, .batch = {.batch = {.capacity = BATCH}}};
  if (kind == TH_LIST) s->element = th_list_element(handle);
  if (kind == TH_VECTOR) s->element = th_vector_element(handle);
  remember(handle->address);
  return s;
}

static const th_element elements[] = {{TH_ELEMENT_Uint32, 1},
                                      {TH_ELEMENT_Int8, 5},
                                      {TH_ELEMENT_Float64, 3},
                                      {TH_ELEMENT_Int16, 4000}};
enum { ELEMENTS = sizeof(elements) / sizeof(elements[0]) };

static th_status create(th_object_kind kind, uint32_t choice, th_handle *handle) {
  const th_vector_config config = {elements[choice % ELEMENTS], 1u << choice / ELEMENTS % 8};
  const th_value text = test_text("a text that needs a block");
  switch (kind) {
  case TH_LIST:
    return CALL(th_list_create(run.heap, &elements[choice % ELEMENTS], handle));
  case TH_VECTOR:
    return CALL(th_vector_create(run.heap, &config, handle));
  case TH_MAP:
    return CALL(th_map_create(run.heap, handle));
  case TH_STORE:
    return CALL(th_store_create(run.heap, choice, handle));
  default:
    return CALL(th_string_create(run.heap, &text, handle));
  }
}

static void add_new(th_object_kind kind, uint32_t choice) {
  th_handle handle;
  if (run.slot_count == SLOTS_MAX) return;
  const th_status status = create(kind, choice, &handle);
  if (status == TH_OK) add_slot(kind, &handle);
  CHECK(status == TH_OK || status == TH_FULL || status == TH_NEED_ROOM);
}

static th_status open_it(th_object_kind kind, const th_descriptor *descriptor, th_handle *handle) {
  static th_status (*const opens[TH_OBJECT_KINDS])(th_heap *, const th_descriptor *,
                                                   th_handle *) = {
      [TH_LIST] = th_list_open,
      [TH_VECTOR] = th_vector_open,
      [TH_MAP] = th_map_open,
      [TH_STRING] = th_string_open,
  };
  if (kind == TH_STORE) return CALL(th_store_open(run.heap, descriptor, 0, handle));
  return CALL(opens[kind](run.heap, descriptor, handle));
}

static th_address take_address(void) {
  switch (take_byte() % 4) {
  case 0:
    return take_32();
  case 1:
    return take_place();
  case 2:
    return take_place() + take_byte() * 4;
  default:
    return run.block + take_byte() % 4 * 16;
  }
}

static th_descriptor take_descriptor(void) {
  const slot *s = &run.slots[take_byte() % run.slot_count];
  const uint32_t form = take_byte();
  th_descriptor descriptor = {.address = take_address()};
  if (form & 1) descriptor.address = s->handle.address;
  if (form & 2) descriptor.generation = s->handle.generation;
  if (form & 4) descriptor.heap_id = run.heap->record->heap_id;
  if (form & 8) descriptor.generation ^= (uint64_t)take_32() << (form >> 4);
  if (form & 16) descriptor.heap_id ^= take_32();
  return descriptor;
}

// Whether the descriptor can name the container that it was found to name.
static void check_opened(const th_descriptor *descriptor, const th_handle *handle) {
  CHECK_EQ(handle->address, descriptor->address);
  if (descriptor->heap_id) CHECK_EQ(descriptor->heap_id, run.heap->record->heap_id);
  if (descriptor->generation) CHECK_EQ(descriptor->generation, handle->generation);
  const slot *known = find_slot(handle, 0);
  if (!known) return; // it was made just now, for a zeroed block
  CHECK_EQ(known->state, LIVE);
  CHECK(known->is_bound || handle->address == handle->object->address);
}

static void open_descriptor(void) {
  const th_object_kind kind = take_byte() % TH_OBJECT_KINDS;
  const th_descriptor descriptor = take_descriptor();
  th_handle handle;
  if (run.slot_count == SLOTS_MAX) return;
  const th_status status = open_it(kind, &descriptor, &handle);
  if (status == TH_OK) {
    check_opened(&descriptor, &handle);
    const slot *known = find_slot(&handle, 0);
    add_slot(kind, &handle)->is_bound = !known || known->is_bound;
  }
  CHECK(status == TH_OK || status == TH_FULL || status == TH_NEED_ROOM || status == TH_FREED ||
        status == TH_CORRUPT || status == TH_BAD_DESCRIPTOR || status == TH_OTHER_HEAP);
}

static void bind(slot *s) {
  th_handle handle = s->handle; // JavaScript binds new containers only, so the slot stays as it is
  const th_status status = CALL(th_object_bind(&handle, s->kind, take_address()));
  if (status == TH_BAD_DESCRIPTOR || status == TH_OCCUPIED) return;
  if (!worked(s, status)) return;
  for
    EACH_SLOT(each, &s->handle)
  each->is_bound = true;
}

// ---- lists ----

static size_t bytes_of(const slot *s) {
  return th_element_bytes(&s->element);
}

static void list_push(slot *s) {
  void *element = allocate(bytes_of(s));
  test_element(&s->element, take_byte(), element);
  WORKED(s, th_list_push(&s->handle, element, NULL));
  free(element);
}

static void list_at(slot *s) {
  const int64_t index = (int8_t)take_byte();
  th_address element;
  if (!WORKED(s, th_list_at(&s->handle, index, &element)) || !element) return;
  check_view(element, bytes_of(s));
  remember(element - (th_address)sizeof(th_node));
}

static void list_remove(slot *s) {
  const int64_t index = (int8_t)take_byte();
  void *element = allocate(bytes_of(s));
  bool found;
  WORKED(s, th_list_remove_at(&s->handle, index, element, &found));
  free(element);
}

static void list_remove_equal(slot *s) {
  void *wanted = allocate(bytes_of(s)), *element = allocate(bytes_of(s));
  bool found;
  test_element(&s->element, take_byte(), wanted);
  WORKED(s, th_list_remove_equal(&s->handle, wanted, s->element.data_length, element, &found));
  free(wanted);
  free(element);
}

static void list_next(slot *s) {
  th_list_batch *batch = &s->batch.batch;
  uint64_t last = batch->count ? batch->items[batch->count - 1].sequence : 0;
  if (!WORKED(s, th_list_next(&s->handle, batch))) return;
  CHECK(batch->count <= BATCH);
  for (uint32_t i = 0; i < batch->count; i++) {
    check_view(batch->items[i].address, sizeof(th_node) + bytes_of(s));
    CHECK(batch->items[i].sequence > last); // or it might never end
    last = batch->items[i].sequence;
    remember(batch->items[i].address);
  }
}

static void list_remove_node(slot *s) {
  const th_list_batch *batch = &s->batch.batch;
  const uint32_t item = take_byte() % BATCH;
  if (item >= batch->count) return;
  void *element = allocate(bytes_of(s));
  bool found;
  WORKED(s, th_list_remove_node(&s->handle, batch->items[item].address, batch->items[item].sequence,
                                element, &found));
  free(element);
}

static void list_copy(slot *s) {
  const uint32_t capacity = take_byte() % 32;
  void *copy = allocate(capacity * bytes_of(s));
  uint32_t length;
  WORKED(s, th_list_copy(&s->handle, copy, capacity, &length));
  free(copy);
}

static void list_clear(slot *s) {
  WORKED(s, th_list_clear(&s->handle));
}

// ---- vectors ----

static void vector_push(slot *s) {
  void *element = allocate(bytes_of(s));
  uint32_t index;
  test_element(&s->element, take_byte(), element);
  WORKED(s, th_vector_push(&s->handle, element, &index));
  free(element);
}

static void vector_pop(slot *s) {
  void *element = allocate(bytes_of(s));
  bool found;
  WORKED(s, th_vector_pop(&s->handle, element, &found));
  free(element);
}

static void vector_set(slot *s) {
  void *element = allocate(bytes_of(s));
  bool found;
  test_element(&s->element, take_byte(), element);
  WORKED(s, th_vector_set(&s->handle, take_byte(), element, &found));
  free(element);
}

static void vector_remove(slot *s) {
  bool found;
  WORKED(s, th_vector_remove_at(&s->handle, take_byte(), &found));
}

static void vector_copy(slot *s) {
  const uint32_t capacity = take_byte() % 64;
  void *copy = allocate(capacity * bytes_of(s));
  uint32_t length;
  WORKED(s, th_vector_copy(&s->handle, copy, capacity, &length));
  free(copy);
}

static void vector_chunk(slot *s) {
  const uint32_t chunk = take_byte();
  th_address address;
  if (!WORKED(s, th_vector_chunk(&s->handle, chunk, &address)) || !address) return;
  const uint64_t count = 1ull << (th_vector_first_log2(&s->handle) + (chunk ? chunk - 1 : 0));
  check_view(address, count * bytes_of(s));
  remember(address);
}

static void vector_capacity(slot *s) {
  uint64_t capacity;
  WORKED(s, th_vector_capacity(&s->handle, &capacity));
}

static void vector_clear(slot *s) {
  WORKED(s, th_vector_clear(&s->handle));
}

// ---- maps ----

// One of the keys that the map may hold, or one like them.
static th_value take_key(char *text) {
  const uint32_t i = take_byte();
  if (i >= 64) return test_number(FILL_FIRST + take_16() % FILL_MAX);
  if (i % 2) return test_number(i);
  snprintf(text, KEY_BYTES, i % 4 ? "%u" : "a longer key with number %u", i);
  return test_text(text);
}

static th_value take_value(uint8_t *space) {
  return test_value(1 + take_byte(), space);
}

static void map_get(slot *s) {
  char text[KEY_BYTES];
  const th_value key = take_key(text);
  th_value value;
  bool found;
  if (WORKED(s, th_map_get(&s->handle, &key, &value, &found)) && found) look_at(&value);
}

static void map_locate(slot *s) {
  char text[KEY_BYTES];
  const th_value key = take_key(text);
  th_address address;
  uint64_t length;
  bool found;
  if (!WORKED(s, th_map_locate(&s->handle, &key, &address, &length, &found)) || !found) return;
  check_view(address, length);
}

static void map_has(slot *s) {
  char text[KEY_BYTES];
  const th_value key = take_key(text);
  bool found;
  WORKED(s, th_map_has(&s->handle, &key, &found));
}

static void map_set(slot *s) {
  _Alignas(8) uint8_t space[TEST_VALUE_BYTES_MAX];
  char text[KEY_BYTES];
  const th_value key = take_key(text), value = take_value(space);
  WORKED(s, th_map_set(&s->handle, &key, &value));
}

static void map_delete(slot *s) {
  char text[KEY_BYTES];
  const th_value key = take_key(text);
  bool found;
  WORKED(s, th_map_delete(&s->handle, &key, &found));
}

static void map_add(slot *s) {
  char text[KEY_BYTES];
  const th_value key = take_key(text);
  double sum;
  WORKED(s, th_map_add(&s->handle, &key, 1, &sum));
}

static void map_compare_and_set(slot *s) {
  _Alignas(8) uint8_t space[TEST_VALUE_BYTES_MAX], other[TEST_VALUE_BYTES_MAX];
  char text[KEY_BYTES];
  const th_value key = take_key(text), expected = take_value(space), value = take_value(other);
  bool stored;
  WORKED(s, th_map_compare_and_set(&s->handle, &key, &expected, &value, &stored));
}

static void map_get_or_insert(slot *s) {
  _Alignas(8) uint8_t space[TEST_VALUE_BYTES_MAX];
  char text[KEY_BYTES];
  const th_value key = take_key(text), value = take_value(space);
  th_value present;
  bool inserted;
  if (!WORKED(s, th_map_get_or_insert(&s->handle, &key, &value, &present, &inserted))) return;
  if (!inserted) look_at(&present);
}

static void map_next(slot *s) {
  static th_map_batch batch;
  const bool with_values = take_byte() % 2;
  if (!WORKED(s, th_map_next(&s->handle, &s->cursor, with_values, &batch))) return;
  CHECK(batch.count <= TH_MAP_BATCH);
  for (uint32_t i = 0; i < batch.count; i++) {
    look_at(&batch.keys[i]);
    if (with_values) look_at(&batch.values[i]);
  }
}

static void map_sum(slot *s) {
  uint64_t entries, slots;
  WORKED(s, th_map_size(&s->handle, &entries));
  WORKED(s, th_map_slots(&s->handle, &slots));
}

// Enough entries for a larger table, or for the split.
static void map_fill(slot *s) {
  uint32_t count = take_16() % 2048;
  if (run.filled + count > FILL_MAX) return;
  run.filled += count;
  bool going = true;
  for (; going && count > 0; count--) {
    const th_value key = test_number(FILL_FIRST + count);
    going = WORKED(s, th_map_set(&s->handle, &key, &key));
  }
}

static void map_clear(slot *s) {
  WORKED(s, th_map_clear(&s->handle));
}

// ---- strings ----

static void string_get(slot *s) {
  th_value value;
  if (WORKED(s, th_string_get(&s->handle, &value))) look_at(&value);
}

static void string_set(slot *s) {
  char text[256];
  const uint32_t length = take_byte();
  memset(text, 'x', length);
  const th_value value = test_latin1(text, length);
  WORKED(s, th_string_set(&s->handle, &value));
}

// ---- calls on any container ----

static void free_it(slot *s) {
  static th_status (*const frees[TH_OBJECT_KINDS])(const th_handle *) = {
      [TH_LIST] = th_list_free,     [TH_VECTOR] = th_vector_free, [TH_MAP] = th_map_free,
      [TH_STRING] = th_string_free, [TH_STORE] = th_map_free,
  };
  if (WORKED(s, frees[s->kind](&s->handle))) set_state(s, FREED);
}

static void verify_it(slot *s) {
  static th_status (*const verifies[TH_OBJECT_KINDS])(const th_handle *, th_census *) = {
      [TH_LIST] = th_list_verify,     [TH_VECTOR] = th_vector_verify, [TH_MAP] = th_map_verify,
      [TH_STRING] = th_string_verify, [TH_STORE] = th_map_verify,
  };
  th_census reached = {0};
  WORKED(s, verifies[s->kind](&s->handle, &reached));
}

typedef void (*method)(slot *s);

enum { METHODS_MAX = 11 };

static const method methods[TH_OBJECT_KINDS][METHODS_MAX] = {
    [TH_LIST] = {list_push, list_at, list_remove, list_remove_equal, list_next, list_remove_node,
                 list_copy, list_clear},
    [TH_VECTOR] = {vector_push, vector_pop, vector_set, vector_remove, vector_copy, vector_chunk,
                   vector_capacity, vector_clear},
    [TH_MAP] = {map_get, map_has, map_set, map_delete, map_add, map_compare_and_set,
                map_get_or_insert, map_next, map_sum, map_fill, map_clear},
    [TH_STRING] = {string_get, string_set},
    [TH_STORE] = {map_get, map_set, map_delete, map_locate, map_next},
};

static void call_method(void) {
  slot *s = &run.slots[take_byte() % run.slot_count];
  const method chosen = methods[s->kind][take_byte() % METHODS_MAX];
  if (chosen) chosen(s);
}

static void call_rarely(void) {
  slot *s = &run.slots[take_byte() % run.slot_count];
  switch (take_byte() % 3) {
  case 0:
    free_it(s);
    break;
  case 1:
    verify_it(s);
    break;
  default:
    bind(s);
  }
}

// ---- blocks and the heap ----

static void use_block(void) {
  th_address address = take_address(), start;
  uint64_t length;
  switch (take_byte() % 3) {
  case 0:
    if (CALL(th_alloc_zeroed(run.heap, take_16(), 16, TH_BLOCK_USER, &address)) == TH_OK) {
      remember(address);
    }
    break;
  case 1:
    CALL(th_free(run.heap, address, TH_BLOCK_USER));
    break;
  default:
    if (CALL(th_block_containing(run.heap->record, address, TH_BLOCK_USER, &start, &length)) ==
        TH_OK) {
      check_view(start, length);
    }
  }
}

static void attach_again(void) {
  const guarded image = guard_image();
  th_heap *heap;
  const th_status status = CALL(th_heap_attach(image.base, image.length, &heap));
  if (status == TH_OK) {
    th_heap_detach(heap);
    return;
  }
  CHECK(run.overwritten);
  CHECK(status == TH_BAD_DESCRIPTOR || status == TH_OTHER_INSTANCE);
}

static void use_heap(void) {
  th_report report;
  th_heap_stats stats;
  guard_watch();
  switch (take_byte() % 3) {
  case 0:
    th_heap_verify(run.heap, take_byte() % 2, &report);
    if (!run.overwritten) CHECK_EQ(report.count, 0);
    break;
  case 1:
    th_heap_stats_read(run.heap, &stats);
    break;
  default:
    attach_again();
  }
  guard_unwatch();
}

// ---- writing into the image ----

static uint32_t load(uint64_t at) {
  uint32_t word = 0;
  if (at + sizeof(word) > guard_image().length) return word;
  memcpy(&word, guard_image().base + at, sizeof(word));
  return word;
}

static void store(uint64_t at, uint32_t word) {
  const guarded image = guard_image();
  if (at + sizeof(word) > image.length) return;
  memcpy(image.base + at, &word, sizeof(word));
  run.overwritten = true;
}

// A word of a map's table, whose address no call returns.
static uint64_t take_table_word(const slot *map) {
  const th_address table = (th_address)((th_map *)(void *)object_of(map))->single.table;
  uint64_t length = 4;
  (void)th_block_find(run.heap->record, table, TH_BLOCK_TABLE, &length);
  return table + take_16() % (length / 4) * 4;
}

// Where to write: anywhere, in the table of the first map, or near an address that a call returned.
static uint64_t take_target(void) {
  switch (take_byte() % 4) {
  case 0:
    return take_16() * 4ull % guard_image().length;
  case 1:
    return take_table_word(&run.slots[TH_MAP]);
  default:
    return (uint64_t)take_place() + take_byte() % 16 * 4;
  }
}

static uint32_t take_word(void) {
  switch (take_byte() % 4) {
  case 0:
    return take_32();
  case 1:
    return take_place();
  case 2:
    return take_byte();
  default:
    return load(take_target());
  }
}

static void write_word(void) {
  const uint64_t at = take_target();
  store(at, take_word());
}

static void flip_bit(void) {
  const uint64_t at = take_target();
  store(at, load(at) ^ 1u << take_byte() % 32);
}

static void copy_words(void) {
  const uint64_t to = take_target(), from = take_target();
  const uint32_t count = take_byte() % 16;
  for (uint32_t i = 0; i < count; i++) {
    store(to + i * 4, load(from + i * 4));
  }
}

// Words in the block that look as if a container had been bound to it.
static void forge_forward(void) {
  const slot *s = &run.slots[take_byte() % run.slot_count];
  const uint64_t at = run.block + take_byte() % 4 * 16;
  const uint64_t generation = take_byte() % 2 ? s->handle.generation : 0;
  store(at, object_of(s)->address);
  store(at + 4, (uint32_t)generation);
  store(at + 8, (uint32_t)(generation >> 32));
  store(at + 12, take_word());
}

// The next call finds its image overwritten while it runs.
static void write_during_call(void) {
  const uint32_t n = take_byte();
  guard_ambush(n, take_byte() % 8 * 4, take_word());
  run.overwritten = true;
}

// ---- a program ----

static void add_one(void) {
  const th_object_kind kind = take_byte() % TH_OBJECT_KINDS;
  add_new(kind, take_byte());
}

static void step(void) {
  static void (*const steps[])(void) = {
      call_method, call_method, call_method,   call_method,       write_word,      write_word,
      flip_bit,    copy_words,  forge_forward, write_during_call, open_descriptor, open_descriptor,
      call_rarely, use_block,   use_heap,      add_one,
  };
  steps[take_byte() % (sizeof(steps) / sizeof(steps[0]))]();
}

// One container of each kind with something in it, and a zeroed block.
static void begin(void) {
  run.heap = guard_open();
  for (th_object_kind kind = TH_LIST; kind <= TH_STORE; kind++)
    add_new(kind, 0);
  slot *list = &run.slots[TH_LIST], *vector = &run.slots[TH_VECTOR], *map = &run.slots[TH_MAP];
  for (uint32_t i = 0; i < 6; i++) {
    list_push(list);
    vector_push(vector);
    remember(((th_list *)(void *)object_of(list))->tail);
  }
  remember(((th_vector *)(void *)object_of(vector))->chunks[0]);
  for (uint32_t i = 0; i < 12; i++) {
    _Alignas(8) uint8_t space[TEST_VALUE_BYTES_MAX];
    char text[KEY_BYTES];
    snprintf(text, sizeof(text), i % 4 ? "%u" : "a longer key with number %u", i);
    const th_value key = i % 2 ? test_number(i) : test_text(text);
    const th_value value = test_value(1 + i, space);
    CHECK(WORKED(map, th_map_set(&map->handle, &key, &value)));
  }
  CHECK_EQ(CALL(th_alloc_zeroed(run.heap, BLOCK_BYTES, 16, TH_BLOCK_USER, &run.block)), TH_OK);
}

// Nothing that was written can have reached the allocator, or what is made from now on.
static void end(void) {
  th_report report = {0};
  th_census live = {0};
  for (uint32_t i = 0; i < run.slot_count; i++)
    free_it(&run.slots[i]);
  th__alloc_verify(run.heap, true, &report, &live);
  if (report.count > 0) test_fail(__FILE__, __LINE__, "%s", report.problems[0].what);
  guard_check_neighbour();
  guard_close(run.heap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  memset(&run, 0, sizeof(run));
  begin();
  for (; size >= STEP_BYTES; data += STEP_BYTES, size -= STEP_BYTES) {
    run.step = data;
    run.left = STEP_BYTES;
    step();
  }
  run.left = 0;
  guard_unwatch();
  end();
  return 0;
}

// ---- other programs: whole steps come, go and change ----

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

// Small numbers mean something more often than others.
static void write_step(uint8_t *bytes, uint32_t *random) {
  for (uint32_t i = 0; i < STEP_BYTES; i++) {
    const uint32_t number = next_random(random);
    bytes[i] = (uint8_t)(number % 4 ? number >> 2 & 15 : number >> 2);
  }
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  uint32_t random = seed;
  const size_t steps = size / STEP_BYTES;
  uint8_t *at = data + (steps ? next_random(&random) % steps : 0) * STEP_BYTES;
  const size_t behind = (size_t)(data + steps * STEP_BYTES - at);
  switch (next_random(&random) % 5) {
  case 0: // another kind of mutation
    return LLVMFuzzerMutate(data, size, max_size);
  case 1: // of one step
    if (steps == 0) return 0;
    LLVMFuzzerMutate(at, STEP_BYTES, STEP_BYTES);
    return steps * STEP_BYTES;
  case 2: // one step less
    if (steps == 0) return 0;
    memmove(at, at + STEP_BYTES, behind - STEP_BYTES);
    return (steps - 1) * STEP_BYTES;
  default: // one more
    if ((steps + 1) * STEP_BYTES > max_size) return steps * STEP_BYTES;
    memmove(at + STEP_BYTES, at, behind);
    write_step(at, &random);
    return (steps + 1) * STEP_BYTES;
  }
}
