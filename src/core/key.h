// SPDX-License-Identifier: MIT
// Keys of maps: numbers and strings, hashed and put in the form in which a table keeps them. A key
// has one form only: a string of up to TH_CELL_LONG bytes is in the words of its cell, a longer one
// in a block. So keys are equal when their tags and words are, and for blocks their bytes.
#ifndef THREADHEAP_CORE_KEY_H
#define THREADHEAP_CORE_KEY_H

#include "hash.h"
#include "value.h"

typedef struct th_key {
  uint64_t hash;
  th_cell cell;      // of one in a block, without the address
  const void *bytes; // of one in a block, in native memory
} th_key;

static inline bool th__key_in_block(const th_key *key) {
  return key->cell.tag >> 4 == TH_CELL_IN_BLOCK;
}

// The key that a value of type TH_NUMBER, TH_LATIN1 or TH_UTF16 is. -0 is 0, as in a Map; its bytes
// stay the caller's. O(length).
static inline th_key th__key_of(const th_record *record, const th_value *value);

// Makes the cell of the key; allocates a block for a long string.
// Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
th_status th__key_make(th_heap *heap, const th_key *key, th_cell *cell);

// Whether the block with that payload, in the cell of a table that has the tag of the key, holds
// the key, which is in a block. Threads: as th__cell_read.
bool th__key_block_matches(const th_heap *heap, const th_key *key, uint64_t payload);

// Hash of the key that the cell of a table holds. Caller keeps writers away. Returns TH_OK;
// TH_CORRUPT and TH_NO_MEMORY as th__cell_read.
static inline th_status th__key_hash(th_heap *heap, th_cell cell, uint64_t *hash);

// ---- definitions ----

static inline uint64_t th__key_seed(const th_record *record, uint32_t type) {
  return record->secret + type;
}

static inline uint64_t th__key_hash_inline(const th_record *record, th_cell cell) {
  const uint32_t type = th__cell_type(cell);
  if (type == TH_NUMBER) return th_hash_mix(cell.payload ^ record->secret);
  return th_hash_words(cell.payload, cell.tail, cell.tag >> 4, th__key_seed(record, type));
}

th_status th__key_hash_block(th_heap *heap, th_cell cell, uint64_t *hash);
static inline th_status th__key_hash(th_heap *heap, th_cell cell, uint64_t *hash) {
  if (th__cell_in_block(cell)) return th__key_hash_block(heap, cell, hash);
  const uint32_t type = th__cell_type(cell);
  if (type != TH_NUMBER && type != TH_LATIN1 && type != TH_UTF16) return TH_CORRUPT;
  *hash = th__key_hash_inline(heap->record, cell);
  return TH_OK;
}

static inline th_key th__key_of(const th_record *record, const th_value *value) {
  th_key key = {.bytes = value->bytes};
  if (value->type == TH_NUMBER) {
    key.cell = (th_cell){.payload = th__number_bits(value->number), .tag = TH_NUMBER};
  } else if (value->length <= TH_CELL_LONG) {
    key.cell = th__cell_inline(value);
  } else {
    key.cell = (th_cell){.payload = (uint64_t)value->length << 32,
                         .tag = th__cell_tag(value->type, TH_CELL_IN_BLOCK)};
    key.hash = th_hash_bytes(value->bytes, value->length, th__key_seed(record, value->type));
    return key;
  }
  key.hash = th__key_hash_inline(record, key.cell);
  return key;
}

#endif
