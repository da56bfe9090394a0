// SPDX-License-Identifier: MIT
// Keys of maps: numbers and strings, hashed and put in the form in which a table keeps them. A key
// has one form only: a string of up to TH_CELL_LONG bytes is in the words of its cell, a longer one
// in a block. So keys are equal when their tags and words are, and for blocks their bytes.
#ifndef THREADHEAP_CORE_KEY_H
#define THREADHEAP_CORE_KEY_H

#include "value.h"

typedef struct th_key {
  uint64_t hash;
  th_cell cell;      // of one in a block, without the address
  const void *bytes; // of one in a block, in native memory
} th_key;

static inline bool th__key_in_block(const th_key *key) {
  return key->cell.tag >> 4 == TH_CELL_IN_BLOCK;
}

static inline uint64_t th__key_seed(const th_record *record, uint32_t type) {
  return record->secret + type;
}

// Fields are set one by one, here and below: a key that is copied as a whole is read from memory
// before its parts have got there.

static inline void th__key_number(const th_record *record, double number, th_key *key) {
  key->cell.payload = th__number_bits(number);
  key->cell.tail = 0;
  key->cell.tag = TH_NUMBER;
  key->hash = th__cell_hash(&record->hash_secret, key->cell);
  key->bytes = NULL;
}

static inline void th__key_string(const th_record *record, const th_value *value, th_key *key) {
  const uint8_t *bytes = value->bytes;
  const size_t length = value->length;
  key->bytes = bytes;
  key->cell.tail = 0;
  if (length > TH_CELL_LONG) {
    key->cell.payload = (uint64_t)length << 32;
    key->cell.tag = th__cell_tag(value->type, TH_CELL_IN_BLOCK);
    key->hash = th_hash_bytes(bytes, length, th__key_seed(record, value->type));
    return;
  }
  key->cell.payload = th_word_of(bytes, length);
  if (length > 8) key->cell.tail = th_word_of(bytes + 8, length - 8);
  key->cell.tag = th__cell_tag(value->type, length);
  key->hash = th__cell_hash(&record->hash_secret, key->cell);
}

// The key that a value of type TH_NUMBER, TH_LATIN1 or TH_UTF16 is. -0 is 0, as in a Map. The bytes
// stay the caller's. O(length).
static inline void th__key_of(const th_record *record, const th_value *value, th_key *key) {
  if (value->type == TH_NUMBER) {
    th__key_number(record, value->number, key);
  } else {
    th__key_string(record, value, key);
  }
}

// Makes the cell of the key; allocates a block for a long string.
// Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
th_status th__key_make(th_heap *heap, const th_key *key, th_cell *cell);

// Whether the block with that payload, in the cell of a table, holds the bytes of a key that has
// that cell. Threads: as th__cell_read.
bool th__key_block_matches(const th_heap *heap, th_cell key, const void *bytes, uint64_t payload);

// Hash of the key that the cell of a table holds. Caller keeps writers away. Returns TH_OK;
// TH_CORRUPT and TH_NO_MEMORY as th__cell_read.
th_status th__key_hash_block(th_heap *heap, th_cell cell, uint64_t *hash);
static inline th_status th__key_hash(th_heap *heap, th_cell cell, uint64_t *hash) {
  const th_type type = (th_type)th__cell_type(cell);
  if (type != TH_NUMBER && type != TH_LATIN1 && type != TH_UTF16) return TH_CORRUPT;
  if (th__cell_in_block(cell)) return th__key_hash_block(heap, cell, hash);
  *hash = th__cell_hash(&heap->record->hash_secret, cell);
  return TH_OK;
}

#endif
