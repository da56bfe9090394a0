// SPDX-License-Identifier: MIT
// Values of JavaScript primitives and serialised objects, and cells: how one value is kept in 64
// bits of payload and 8 bits of tag, in a map entry or a string.
//
//   tag, bits 0..3   th_type
//   tag, bits 4..7   for strings, bigints and objects: bytes kept inline (0..8), or 15: in a block
//   payload          a number: the bits of the double
//                    inline: the bytes, the first one lowest
//                    block: address in the low half, length in bytes in the high half
//
// Blocks are of kind TH_BLOCK_CELL, and immutable from the store that publishes the cell to the
// store that replaces it. A string is LATIN1 exactly when all its units are below 256, so equal
// strings have equal cells but for the address.
#ifndef THREADHEAP_CORE_VALUE_H
#define THREADHEAP_CORE_VALUE_H

#include "heap.h"
#include "report.h"

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

typedef struct th_value {
  th_type type;
  double number;
  const void *bytes; // of a value going in
  size_t offset;     // of a value coming out: where its bytes start in heap->buffer
  size_t length;     // bytes
} th_value;

typedef struct th_cell {
  uint64_t payload;
  uint8_t tag;
} th_cell;

// Makes the cell of a value; allocates a block for more than 8 bytes.
// Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY. O(length).
th_status th__cell_make(th_heap *heap, const th_value *value, th_cell *cell);

// Frees the block of a cell, if it has one. A block that is none (the image was overwritten) is
// left alone. Cannot fail.
void th__cell_free(th_heap *heap, th_cell cell);

// Reads the value of a cell; its bytes are appended to heap->buffer.
// Returns TH_OK; TH_CORRUPT for a cell or block that no th__cell_make made; TH_NO_MEMORY.
// Threads: safe beside a writer that replaces the cell and frees the block; the caller finds that
// out by its version and drops the result. O(length).
th_status th__cell_read(th_heap *heap, th_cell cell, th_value *value);

// Whether a cell holds that value, compared as the keys of a JavaScript Map (NaN equals NaN, 0
// equals -0). Objects equal nothing. Threads: as th__cell_read.
bool th__cell_equals(const th_heap *heap, th_cell cell, const th_value *value);

// Where the bytes of a serialised object lie, behind their checksum. false when the cell is nothing
// of that kind with bytes in a block. Caller keeps writers away.
bool th__cell_locate(const th_heap *heap, th_cell cell, th_address *address, uint64_t *length);

// Whether a cell is one that th__cell_make made; adds its block, if it has one, to the census.
// Caller keeps writers away.
bool th__cell_verify(const th_heap *heap, th_cell cell, th_census *reached);

// Hash of a number or string, the same for equal keys.
uint64_t th__value_hash(const th_record *record, const th_value *value);

// The same from a cell that th__cell_make made. Caller keeps writers away. TH_CORRUPT as in read.
th_status th__cell_hash(const th_heap *heap, th_cell cell, uint64_t *hash);

// The value's bytes, of a value coming out.
static inline const void *th_value_bytes(const th_heap *heap, const th_value *value) {
  return heap->buffer.data + value->offset;
}

// The checksum that TH_BYTES values begin with, over the bytes that follow it.
uint64_t th_value_checksum(const th_record *record, const void *bytes, size_t length);

#endif
