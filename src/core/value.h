// SPDX-License-Identifier: MIT
// Values of JavaScript primitives and serialised objects, and their cells with blocks.
#ifndef THREADHEAP_CORE_VALUE_H
#define THREADHEAP_CORE_VALUE_H

#include <string.h>

#include "cell.h"
#include "heap.h"
#include "report.h"

typedef struct th_value {
  th_type type;
  double number;
  const void *bytes; // of a value going in
  size_t offset;     // of a value coming out: where its bytes start in heap->buffer
  size_t length;     // bytes
} th_value;

// The cell of a string, bigint or object of up to TH_CELL_LONG bytes, without a block.
static inline th_cell th__cell_inline(const th_value *value) {
  const uint8_t *bytes = value->bytes;
  return (th_cell){
      .payload = th_word_of(bytes, value->length),
      .tail = value->length > 8 ? th_word_of(bytes + 8, value->length - 8) : 0,
      .tag = th__cell_tag(value->type, value->length),
  };
}

// Makes the cell of a value, with a block for more than `room` bytes (TH_CELL_SHORT, TH_CELL_LONG).
// Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY. O(length).
th_status th__cell_make_block(th_heap *heap, const th_value *value, th_cell *cell);
static inline th_status th__cell_make(th_heap *heap, const th_value *value, size_t room,
                                      th_cell *cell) {
  if (th__type_has_bytes(value->type)) {
    if (value->length > room) return th__cell_make_block(heap, value, cell);
    *cell = th__cell_inline(value);
    return TH_OK;
  }
  uint64_t bits = 0;
  if (value->type == TH_NUMBER) memcpy(&bits, &value->number, sizeof(bits));
  *cell = (th_cell){.payload = bits, .tag = (uint8_t)value->type};
  return TH_OK;
}

// Frees the block of a cell, if it has one. A block that is none (the image was overwritten) is
// left alone. Cannot fail.
void th__cell_free_block(th_heap *heap, th_cell cell);
static inline void th__cell_free(th_heap *heap, th_cell cell) {
  if (th__cell_in_block(cell)) th__cell_free_block(heap, cell);
}

// Reads the value of a cell; its bytes are appended to heap->buffer.
// Returns TH_OK; TH_CORRUPT for a cell or block that no th__cell_make made; TH_NO_MEMORY.
// Threads: safe beside a writer that replaces the cell and frees the block; the caller finds that
// out by its version and drops the result. O(length).
th_status th__cell_read_bytes(th_heap *heap, th_cell cell, th_value *value);
static inline th_status th__cell_read(th_heap *heap, th_cell cell, th_value *value) {
  const uint32_t type = th__cell_type(cell);
  if (th__type_has_bytes(type)) return th__cell_read_bytes(heap, cell, value);
  if (type == TH_ABSENT || type > TH_BYTES) return TH_CORRUPT;
  value->type = (th_type)type;
  if (type == TH_NUMBER) memcpy(&value->number, &cell.payload, sizeof(value->number));
  return TH_OK;
}

// Whether a cell holds that value, compared as the keys of a JavaScript Map (NaN equals NaN, 0
// equals -0). Objects equal nothing. Threads: as th__cell_read.
bool th__cell_equals(const th_heap *heap, th_cell cell, const th_value *value);

// Where the bytes of a serialised object lie, behind their checksum. false when the cell is nothing
// of that kind with bytes in a block. Caller keeps writers away.
bool th__cell_locate(const th_heap *heap, th_cell cell, th_address *address, uint64_t *length);

// Whether a cell is one that th__cell_make made; adds its block, if it has one, to the census.
// Caller keeps writers away.
bool th__cell_verify(const th_heap *heap, th_cell cell, th_census *reached);

// Whether the block of a cell holds these bytes, as many as the cell says. Threads: as
// th__cell_read.
bool th__cell_block_equals(const th_heap *heap, th_cell cell, const void *bytes);

// The value's bytes, of a value coming out.
static inline const void *th_value_bytes(const th_heap *heap, const th_value *value) {
  return heap->buffer.data + value->offset;
}

// The checksum that TH_BYTES values begin with, over the bytes that follow it.
uint64_t th_value_checksum(const th_record *record, const void *bytes, size_t length);

#endif
