// SPDX-License-Identifier: MIT
// The frame of the tests of exhaustion: an operation of the core is tried again and again, each
// time on the same state made anew, with a shortage that begins one allocation later, until it has
// all it asks for. A call that fails has changed nothing, and goes through when it is repeated with
// memory to be had.
//
// Before the call the heap is made lean: no cache, no run with a free block, no retired struct and
// no buffer is left, so every block the call needs is also an allocation of native memory.
#ifndef TEST_EXHAUSTION_H
#define TEST_EXHAUSTION_H

#include "fixture.h"
#include "inject.h"

#include <stdlib.h>
#include <string.h>

#include "core/map.h"
#include "core/object.h"

enum { AREA = 16 << 20, ROOM_FIRST = 8192, FILLERS_MAX = 16384, TRIES_MAX = 2000, PLENTY = 1024 };

// Out-parameters, all filled with one byte before the call.
typedef struct results {
  th_handle handle;
  th_heap *heap;
  th_value value;
  double sum;
  uint64_t number;
  th_address address;
  uint32_t index;
  bool flag;
  uint8_t element[64];
} results;

enum { UNTOUCHED = 0xa5 };

typedef struct filler {
  th_address address;
  th_block_kind kind;
} filler;

typedef struct trial {
  const struct operation *op;
  test_image image;
  th_heap *heap; // NULL while there is none
  th_handle handle;
  results out;
  th_address block; // a user's block
  th_map_cursor cursor;
  uint32_t filler_count;
  filler fillers[FILLERS_MAX];
} trial;

typedef struct operation {
  const char *name;
  void (*prepare)(trial *t);          // makes the state
  th_status (*run)(trial *t);         // the call
  void (*check)(trial *t, bool done); // fails unless all is as before the call, or as after it
  void (*finish)(trial *t);           // frees what prepare and run have made
  bool cannot_fail;                   // the call is documented to need no memory
  bool native_only;                   // the call needs no room in the image
  bool reshapes;                      // the call may make other tables and then fail
  // For the operations of one noun to differ in.
  uint32_t size;
  uint32_t removed;
  uint32_t key;
  uint32_t id;
  uint32_t other;
} operation;

// ---- shortages ----

typedef enum shortage_kind {
  ONE,     // one allocation fails
  REST,    // one allocation fails, and all behind it
  ROOM,    // the image has only so many free pages
  MAXIMUM, // the same, and may not grow
} shortage_kind;

typedef struct shortage {
  const char *name;
  shortage_kind kind;
  th_status status; // of what finds no room in the image
} shortage;

static const shortage shortages[] = {
    {"one allocation, no memory", ONE, TH_NO_MEMORY},
    {"one allocation, no room", ONE, TH_NEED_ROOM},
    {"one allocation, full", ONE, TH_FULL},
    {"all allocations, no memory", REST, TH_NO_MEMORY},
    {"all allocations, no room", REST, TH_NEED_ROOM},
    {"all allocations, full", REST, TH_FULL},
    {"pages of the image", ROOM, TH_NEED_ROOM},
    {"pages of the image at its maximum", MAXIMUM, TH_FULL},
};

enum { SHORTAGES = sizeof(shortages) / sizeof(shortages[0]) };

static inline void filler_add(trial *t, th_address address, th_block_kind kind) {
  CHECK(t->filler_count < FILLERS_MAX);
  t->fillers[t->filler_count++] = (filler){address, kind};
}

// Takes every block of a size class that is to be had without a new run.
static inline void class_drain(trial *t, uint32_t class_index) {
  const th_class *size_class = &t->heap->record->classes[class_index];
  while (th_load_relaxed(&t->heap->caches[class_index].count) > 0 || size_class->partial) {
    const bool small = class_index < TH_SMALL_CLASSES;
    th_address address;
    CHECK_EQ(small ? th_alloc(t->heap, size_class->block_size, 1, TH_BLOCK_USER, &address)
                   : th__alloc_control(t->heap, class_index, &address),
             TH_OK);
    filler_add(t, address, small ? TH_BLOCK_USER : TH_BLOCK_CONTROL);
  }
}

// Only one thread uses the heap, so no address check can be reading a retired struct.
static inline void pools_free(th_spans *spans) {
  for (uint32_t i = 0; i <= TH_CLASS_COUNT; i++) {
    while (spans->pools[i]) {
      th_run *run = spans->pools[i];
      spans->pools[i] = run->next;
      inject_free(run);
    }
  }
}

static inline void make_lean(trial *t) {
  for (uint32_t i = 0; i < TH_CLASS_COUNT; i++)
    class_drain(t, i);
  pools_free(&t->heap->record->spans);
  inject_free(t->heap->buffer.data);
  t->heap->buffer = (th_buffer){0};
}

static inline void pages_drain(trial *t) {
  th_address address;
  while (th_alloc(t->heap, TH_PAGE_SIZE, 1, TH_BLOCK_USER, &address) == TH_OK)
    filler_add(t, address, TH_BLOCK_USER);
}

static inline void pages_add(trial *t, uint32_t pages) {
  const uint64_t length = th_load_relaxed(&t->image.length) + (uint64_t)pages * TH_PAGE_SIZE;
  CHECK(length <= t->image.maximum);
  th_store_relaxed(&t->image.length, length);
  CHECK_EQ(th_heap_commit(t->heap, length), TH_OK);
}

static inline void limit_pages(trial *t, const shortage *s, uint32_t pages) {
  pages_drain(t);
  pages_add(t, pages);
  if (s->kind == MAXIMUM) t->heap->record->max_length = th_load_relaxed(&t->image.length);
}

// Allocation number n, or the one that needs page number n, is the first that may fail.
static inline void shortage_begin(trial *t, const shortage *s, uint32_t n) {
  const uint32_t ends[] = {[ONE] = n + 1, [REST] = UINT32_MAX, [ROOM] = 0, [MAXIMUM] = 0};
  if (t->heap) {
    if (s->kind < ROOM) pages_add(t, PLENTY);
    make_lean(t);
    if (s->kind >= ROOM) limit_pages(t, s, n - 1);
  }
  inject_begin(n, ends[s->kind], s->status);
}

// Whether an allocation failed.
static inline bool shortage_end(trial *t) {
  const bool failed = inject_end() > 0;
  if (t->heap) t->heap->record->max_length = t->image.maximum;
  return failed;
}

// ---- a trial ----

// The same address space for every heap, so that a new one takes the addresses of the one before,
// and its record goes.
static inline uint8_t *address_space(void) {
  static uint8_t *base;
  if (base) return base;
  base = mmap(NULL, TH_HEADER_SIZE + AREA, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(base != MAP_FAILED);
  return base;
}

static uint64_t heap_seed; // the same for all trials of an operation, so that keys fall alike

static inline th_status trial_create_heap(trial *t, th_heap **heap) {
  const th_heap_config config = {
      .buffer_size = 8192, .max_length = t->image.maximum, .seed = heap_seed};
  return th_heap_create(t->image.base, th_load_relaxed(&t->image.length), &config, heap);
}

static int64_t native_blocks; // with an empty heap; 0: not counted yet

static inline trial *trial_open(const operation *op) {
  static trial t;
  t.op = op;
  t.image.base = address_space();
  t.image.maximum = TH_HEADER_SIZE + AREA;
  t.block = 0;
  t.filler_count = 0;
  th_store_relaxed(&t.image.length, (uint64_t)(TH_HEADER_SIZE + ROOM_FIRST));
  CHECK_EQ(trial_create_heap(&t, &t.heap), TH_OK);
  // Nothing is left of the trial before, in the process or in its heap.
  if (native_blocks == 0) native_blocks = inject_native_blocks();
  CHECK_EQ(inject_native_blocks(), native_blocks);
  if (op->prepare) op->prepare(&t);
  return &t;
}

static inline void trial_close(trial *t) {
  if (t->op->finish) t->op->finish(t);
  for (uint32_t i = 0; i < t->filler_count; i++)
    CHECK_EQ(th_free(t->heap, t->fillers[i].address, t->fillers[i].kind), TH_OK);
  if (t->block) CHECK_EQ(th_free(t->heap, t->block, TH_BLOCK_USER), TH_OK);
  test_heap_is_sound(t->heap);
  CHECK_EQ(th_heap_used(t->heap), 0);
  th_heap_detach(t->heap);
}

static inline bool is_untouched(const results *out) {
  const uint8_t *bytes = (const uint8_t *)out;
  for (size_t i = 0; i < sizeof(*out); i++)
    if (bytes[i] != UNTOUCHED) return false;
  return true;
}

static inline th_status trial_run(trial *t) {
  memset((void *)&t->out, UNTOUCHED, sizeof(t->out));
  return t->op->run(t);
}

static inline void trial_check(trial *t, bool done) {
  t->op->check(t, done);
  if (t->heap) test_heap_is_sound(t->heap);
}

static inline int64_t list_length(const th_run *run) {
  int64_t length = 0;
  for (; run; run = run->next)
    length++;
  return length;
}

// Native blocks that serve something: neither of free spans nor kept for runs to come, and not the
// buffer, which checks use too.
static inline int64_t native_in_use(const trial *t) {
  int64_t blocks = inject_native_blocks();
  if (!t->heap) return blocks;
  blocks -= t->heap->buffer.data != NULL;
  const th_spans *spans = &t->heap->record->spans;
  for (uint32_t i = 0; i <= TH_CLASS_COUNT; i++)
    blocks -= list_length(spans->pools[i]);
  for (uint32_t i = 0; i < TH_SPAN_BINS; i++)
    blocks -= list_length(spans->bins[i]);
  return blocks;
}

// By how much the operation raises that when nothing fails.
static inline int64_t native_needed(const operation *op) {
  static const shortage none = {"nothing failing", ONE, TH_OK};
  test_trying("%s with %s", op->name, none.name);
  trial *t = trial_open(op);
  shortage_begin(t, &none, UINT32_MAX);
  const int64_t before = native_in_use(t);
  CHECK_EQ(trial_run(t), TH_OK);
  shortage_end(t);
  const int64_t needed = native_in_use(t) - before;
  trial_check(t, true);
  trial_close(t);
  return needed;
}

static inline void check_failed(trial *t, const shortage *s, th_status status) {
  CHECK(!t->op->cannot_fail);
  CHECK(status == s->status || (status == TH_NO_MEMORY && s->kind < ROOM));
  CHECK(status != TH_NEED_ROOM || th_heap_room_needed(t->heap) > 0);
  CHECK(is_untouched(&t->out));
  trial_check(t, false);
}

static inline uint64_t bytes_used(const trial *t) {
  return t->heap ? th_heap_used(t->heap) : 0;
}

// Tries the operation once. Returns whether an allocation failed, with or without the operation.
static inline bool try_once(const operation *op, const shortage *s, uint32_t n, int64_t needed) {
  test_trying("%s with %s, number %u", op->name, s->name, n);
  trial *t = trial_open(op);
  shortage_begin(t, s, n);
  const int64_t native = native_in_use(t);
  const uint64_t used = bytes_used(t);
  th_status status = trial_run(t);
  const bool failed = shortage_end(t) || status != TH_OK;
  if (status != TH_OK) {
    check_failed(t, s, status);
    if (!op->reshapes) CHECK_EQ(bytes_used(t), used);
    CHECK(op->reshapes || native_in_use(t) - native <= needed);
    status = t->heap ? TEST_CALL(&t->image, t->heap, trial_run(t)) : trial_run(t);
    CHECK_EQ(status, TH_OK);
  }
  // What a call has kept of its failure, the next one uses.
  CHECK(native_in_use(t) - native <= needed);
  trial_check(t, true);
  trial_close(t);
  return failed;
}

static inline void exhaust(const operation *op) {
  heap_seed = test_random();
  const int64_t needed = native_needed(op);
  for (const shortage *s = shortages; s < shortages + SHORTAGES; s++) {
    if (op->native_only && s->kind >= ROOM) continue;
    uint32_t n = 1;
    while (try_once(op, s, n, needed))
      CHECK(++n < TRIES_MAX);
  }
}

static inline void exhaust_all(const operation *ops, size_t count) {
  native_blocks = 0;
  for (size_t i = 0; i < count; i++)
    exhaust(&ops[i]);
}

#define EXHAUST(ops) exhaust_all((ops), sizeof(ops) / sizeof((ops)[0]))

#endif
