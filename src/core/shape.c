// SPDX-License-Identifier: MIT
#include "shape.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "lock.h"

enum { SLOTS = 2 * TH_SHAPES_MAX }; // a power of two, and never full

typedef struct shape {
  char *text;
  uint32_t length;
  uint32_t hash;
} shape;

// Guarded by `lock`: the shapes by number, and a hash table with open addressing, whose slots hold
// a number and 1, or 0.
static th_lock lock;
static th_atomic_u64 lock_waits;
static shape shapes[TH_SHAPES_MAX];
static uint32_t shape_count;
static uint16_t slots[SLOTS];

static bool is_shape(const shape *s, const char *text, size_t length, uint32_t hash) {
  return s->hash == hash && s->length == length && memcmp(s->text, text, length) == 0;
}

// The slot that has the text, or the empty one that it goes to.
static uint16_t *find_slot(const char *text, size_t length, uint32_t hash) {
  uint32_t i = hash % SLOTS;
  while (slots[i] != 0 && !is_shape(&shapes[slots[i] - 1], text, length, hash))
    i = (i + 1) % SLOTS;
  return &slots[i];
}

static bool add_shape(uint16_t *slot, const char *text, size_t length, uint32_t hash) {
  if (shape_count == TH_SHAPES_MAX) return false;
  char *own = malloc(length + 1); // not 0
  if (!own) return false;
  memcpy(own, text, length);
  shapes[shape_count] = (shape){.text = own, .length = (uint32_t)length, .hash = hash};
  *slot = (uint16_t)++shape_count;
  return true;
}

bool th_shape_number(const char *text, size_t length, uint32_t *number) {
  if (length > TH_SHAPE_LENGTH_MAX) return false;
  // Where the process was loaded is secret enough for a table of this size.
  const uint32_t hash = (uint32_t)th_hash_bytes(text, length, (uintptr_t)&lock);
  th_lock_wait(&lock, &lock_waits);
  uint16_t *slot = find_slot(text, length, hash);
  const bool is_there = *slot != 0 || add_shape(slot, text, length, hash);
  if (is_there) *number = *slot - 1u;
  th_lock_release(&lock);
  return is_there;
}

bool th_shape_text(uint32_t number, const char **text, size_t *length) {
  th_lock_wait(&lock, &lock_waits);
  const bool is_there = number < shape_count;
  if (is_there) {
    *text = shapes[number].text;
    *length = shapes[number].length;
  }
  th_lock_release(&lock);
  return is_there;
}
