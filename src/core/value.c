// SPDX-License-Identifier: MIT
#include "value.h"

#include "alloc.h"
#include "bytes.h"
#include "hash.h"

enum { CHECKSUM_BYTES = 8, BYTES_MAX = INT32_MAX };

static size_t length_of(th_cell cell) {
  return th__cell_in_block(cell) ? (size_t)(cell.payload >> 32) : cell.tag >> 4;
}

static th_address address_of(th_cell cell) {
  return (th_address)cell.payload;
}

th_status th__cell_make_block(th_heap *heap, const th_value *value, th_cell *cell) {
  if (value->length > BYTES_MAX) return TH_FULL;
  th_address address;
  const th_status status = th_alloc(heap, value->length, TH_BLOCK_ALIGN, TH_BLOCK_CELL, &address);
  if (status != TH_OK) return status;
  th_bytes_store(th__at(heap, address), value->bytes, value->length);
  *cell = (th_cell){
      .payload = (uint64_t)value->length << 32 | address,
      .tag = th__cell_tag(value->type, TH_CELL_IN_BLOCK),
  };
  return TH_OK;
}

// The bytes that a cell keeps inline.
typedef struct inline_bytes {
  uint8_t at[2 * sizeof(uint64_t)];
} inline_bytes;

static inline_bytes unpack(th_cell cell) {
  inline_bytes bytes;
  for (size_t i = 0; i < 8; i++) {
    bytes.at[i] = (uint8_t)(cell.payload >> (8 * i));
    bytes.at[8 + i] = (uint8_t)(cell.tail >> (8 * i));
  }
  return bytes;
}

// The bytes of a cell's block when it is a live one of that length, else NULL.
static const void *block_bytes(const th_heap *heap, th_cell cell) {
  uint64_t length;
  const th_address address = address_of(cell);
  if (th_block_find(heap->record, address, TH_BLOCK_CELL, &length) != TH_OK ||
      length != length_of(cell)) {
    return NULL;
  }
  return th__at(heap, address);
}

void th__cell_free_block(th_heap *heap, th_cell cell) {
  th__free_sized(heap, address_of(cell), TH_BLOCK_CELL, length_of(cell));
}

th_status th__cell_read_bytes(th_heap *heap, th_cell cell, th_value *value) {
  const size_t length = length_of(cell);
  const void *block = th__cell_in_block(cell) ? block_bytes(heap, cell) : NULL;
  if (th__cell_in_block(cell) && !block) return TH_CORRUPT;
  th_buffer *buffer = &heap->buffer;
  const size_t gap = (8 - buffer->length % 8) % 8; // words of UTF-16 and bigints are aligned
  const th_status status = th__buffer_reserve(buffer, gap + length + sizeof(inline_bytes));
  if (status != TH_OK) return status;
  buffer->length += gap;
  uint8_t *to = buffer->data + buffer->length;
  if (block) {
    th_bytes_load(to, block, length);
  } else {
    const inline_bytes bytes = unpack(cell);
    memcpy(to, bytes.at, sizeof(bytes.at));
  }
  value->type = (th_type)th__cell_type(cell);
  value->offset = buffer->length;
  value->length = length;
  buffer->length += length;
  return TH_OK;
}

// Compares a block with native bytes word by word, each read once.
static bool block_equals(const uint8_t *block, const uint8_t *bytes, size_t length) {
  uint64_t words[32];
  while (length > 0) {
    const size_t part = length < sizeof(words) ? length : sizeof(words);
    th_bytes_load(words, block, part);
    if (memcmp(words, bytes, part) != 0) return false;
    block += part, bytes += part, length -= part;
  }
  return true;
}

bool th__cell_block_equals(const th_heap *heap, th_cell cell, const void *bytes) {
  const void *block = block_bytes(heap, cell);
  return block && block_equals(block, bytes, length_of(cell));
}

static bool bytes_equal(const th_heap *heap, th_cell cell, const th_value *value) {
  if (length_of(cell) != value->length) return false;
  if (th__cell_in_block(cell)) return th__cell_block_equals(heap, cell, value->bytes);
  const inline_bytes bytes = unpack(cell);
  return memcmp(bytes.at, value->bytes, value->length) == 0;
}

bool th__cell_equals(const th_heap *heap, th_cell cell, const th_value *value) {
  if (th__cell_type(cell) != (uint32_t)value->type) return false;
  if (value->type == TH_NUMBER) {
    double number;
    memcpy(&number, &cell.payload, sizeof(number));
    return th__number_bits(number) == th__number_bits(value->number);
  }
  if (value->type == TH_BYTES) return false;
  return !th__type_has_bytes(value->type) || bytes_equal(heap, cell, value);
}

bool th__cell_locate(const th_heap *heap, th_cell cell, th_address *address, uint64_t *length) {
  if (th__cell_type(cell) != TH_BYTES || !th__cell_in_block(cell)) return false;
  if (!block_bytes(heap, cell)) return false;
  *address = address_of(cell) + CHECKSUM_BYTES;
  *length = length_of(cell) - CHECKSUM_BYTES;
  return true;
}

bool th__cell_verify(const th_heap *heap, th_cell cell, th_census *reached) {
  const uint32_t type = th__cell_type(cell);
  if (type == TH_ABSENT || type > TH_BYTES) return false;
  if (!th__cell_in_block(cell)) return true;
  reached->blocks[TH_BLOCK_CELL]++;
  return block_bytes(heap, cell) != NULL;
}

uint64_t th_value_checksum(const th_record *record, const void *bytes, size_t length) {
  return th_hash_bytes(bytes, length, ~record->secret);
}
