// SPDX-License-Identifier: MIT
// Cells: how one value is kept in one or two words and a tag, in a map entry or a string.
//
//   tag, bits 0..3   th_type
//   tag, bits 4..7   for strings, bigints and objects: bytes kept inline (0..14), or 15: in a block
//   payload          a number: the bits of the double
//                    inline: the first 8 bytes, the first one lowest
//                    block: address in the low half, length in bytes in the high half
//   tail             inline: the bytes behind those, in a cell that has room for them; else 0
//
// Blocks are of kind TH_BLOCK_CELL, and immutable from the store that publishes the cell to the
// store that replaces it. A string is LATIN1 exactly when all its units are below 256, so equal
// strings have equal cells but for the address.
#ifndef THREADHEAP_CORE_CELL_H
#define THREADHEAP_CORE_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "hash.h"

typedef enum th_type {
  TH_ABSENT, // not a value: an empty slot
  TH_UNDEFINED,
  TH_NULL,
  TH_FALSE,
  TH_TRUE,
  TH_NUMBER,
  TH_LATIN1, // one byte per UTF-16 unit
  TH_UTF16,  // two bytes per unit, native order
  TH_BIGINT, // one word of sign (0 or 1), then the 64-bit words of the magnitude, lowest first
  TH_BYTES,  // a checksum of 8 bytes, then a serialised object
} th_type;

// How many bytes a cell keeps inline: one without a tail, and one with.
enum { TH_CELL_SHORT = 8, TH_CELL_LONG = 14, TH_CELL_IN_BLOCK = 15 };

typedef struct th_cell {
  uint64_t payload;
  uint64_t tail;
  uint8_t tag;
} th_cell;

static inline bool th__type_has_bytes(uint32_t type) {
  return type >= TH_LATIN1 && type <= TH_BYTES;
}

static inline uint32_t th__cell_type(th_cell cell) {
  return cell.tag & 15;
}

static inline bool th__cell_in_block(th_cell cell) {
  return cell.tag >> 4 == TH_CELL_IN_BLOCK && th__type_has_bytes(th__cell_type(cell));
}

static inline uint8_t th__cell_tag(th_type type, size_t inline_bytes) {
  return (uint8_t)((uint32_t)type | inline_bytes << 4);
}

// The cell of words read from a place that keeps up to `room` bytes inline: one that says it has
// more was overwritten and is of no type.
static inline th_cell th__cell_of(uint64_t payload, uint64_t tail, uint8_t tag, uint32_t room) {
  const bool sound = tag >> 4 <= room || tag >> 4 == TH_CELL_IN_BLOCK;
  return (th_cell){.payload = payload, .tail = tail, .tag = sound ? tag : (uint8_t)TH_ABSENT};
}

// The hash of a key whose bytes are in its cell, if it is not in a block. The tag goes into the two
// bytes behind those of the longest tail.
static inline uint64_t th__cell_hash(const th_hash_secret *secret, th_cell key) {
  return th_hash_words(secret, key.payload, key.tail | (uint64_t)key.tag << 56);
}

// The bits of a number, of NaN and zero in one form each, so that equal keys have equal bits.
static inline uint64_t th__number_bits(double number) {
  uint64_t bits;
  if (number != number) return 0x7ff8000000000000u;
  number += 0; // of -0 that makes 0
  memcpy(&bits, &number, sizeof(bits));
  return bits;
}

#endif
