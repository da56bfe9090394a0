// SPDX-License-Identifier: MIT
// Keys of maps: numbers and strings, hashed and put in the form in which a table keeps them. A key
// has one form only: a string of up to TH_CELL_LONG bytes is in the words of its cell, a longer one
// in a block. So keys are equal when their tags and words are, and for blocks their bytes.
#ifndef THREADHEAP_CORE_KEY_H
#define THREADHEAP_CORE_KEY_H

#include "hash.h"
#include "value.h"

_Static_assert((int)TH_TABULATION_BYTES == TH_CELL_LONG, "inline texts are hashed by tabulation");

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

// Keys that lib/map-reader.js looks up too have a hash of 32 bits: one half of the 64 chooses the
// shard, the other the slot.
static inline uint64_t th__key_hash_twice(uint32_t hash) {
  return (uint64_t)hash << 32 | hash;
}

// Of the canonical bits of a number.
static inline uint64_t th__key_hash_number(const th_record *record, uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof(number));
  if (number >= INT32_MIN && number <= INT32_MAX && number == (int32_t)number) {
    return th__key_hash_twice(th_tabulate(&record->tabulation, (uint32_t)(int32_t)number));
  }
  return th_hash_mix(bits ^ record->secret);
}

static inline uint64_t th__key_hash_inline(const th_record *record, th_type type, uint64_t payload,
                                           uint64_t tail, size_t length) {
  if (type == TH_LATIN1)
    return th__key_hash_twice(th_tabulate_text(&record->tabulation, payload, tail));
  return th_hash_words(payload, tail, length, th__key_seed(record, type));
}

// Fields are set one by one, here and below: a key that is copied as a whole is read from memory
// before its parts have got there.

static inline void th__key_number(const th_record *record, double number, th_key *key) {
  const uint64_t bits = th__number_bits(number);
  key->hash = th__key_hash_number(record, bits);
  key->cell.payload = bits;
  key->cell.tail = 0;
  key->cell.tag = TH_NUMBER;
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
  const uint64_t payload = th_word_of(bytes, length);
  const uint64_t tail = length > 8 ? th_word_of(bytes + 8, length - 8) : 0;
  key->cell.payload = payload;
  key->cell.tail = tail;
  key->cell.tag = th__cell_tag(value->type, length);
  key->hash = th__key_hash_inline(record, value->type, payload, tail, length);
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
  if (type == TH_NUMBER) {
    *hash = th__key_hash_number(heap->record, cell.payload);
    return TH_OK;
  }
  if (type != TH_LATIN1 && type != TH_UTF16) return TH_CORRUPT;
  if (th__cell_in_block(cell)) return th__key_hash_block(heap, cell, hash);
  *hash = th__key_hash_inline(heap->record, type, cell.payload, cell.tail, cell.tag >> 4);
  return TH_OK;
}

#endif
