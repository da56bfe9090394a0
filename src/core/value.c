// SPDX-License-Identifier: MIT
#include "value.h"

#include <string.h>

#include "alloc.h"
#include "bytes.h"
#include "hash.h"

enum { INLINE_BYTES = 8, IN_BLOCK = 15, CHECKSUM_BYTES = 8, BYTES_MAX = INT32_MAX };

static bool has_bytes(uint32_t type) {
  return type >= TH_LATIN1 && type <= TH_BYTES;
}

static uint32_t type_of(th_cell cell) {
  return cell.tag & 15;
}

static bool in_block(th_cell cell) {
  return has_bytes(type_of(cell)) && cell.tag >> 4 == IN_BLOCK;
}

static th_address address_of(th_cell cell) {
  return (th_address)cell.payload;
}

static size_t length_of(th_cell cell) {
  return in_block(cell) ? (size_t)(cell.payload >> 32) : cell.tag >> 4;
}

// NaN and zero in one form each, so that equal keys have equal bits.
static uint64_t number_bits(double number) {
  if (number == 0) return 0;
  if (number != number) return 0x7ff8000000000000u;
  uint64_t bits;
  memcpy(&bits, &number, sizeof(bits));
  return bits;
}

static th_status make_block(th_heap *heap, const th_value *value, th_cell *cell) {
  if (value->length > BYTES_MAX) return TH_FULL;
  th_address address;
  const th_status status = th_alloc(heap, value->length, TH_BLOCK_ALIGN, TH_BLOCK_CELL, &address);
  if (status != TH_OK) return status;
  th_bytes_store(th__at(heap, address), value->bytes, value->length);
  cell->tag = (uint8_t)((uint32_t)value->type | IN_BLOCK << 4);
  cell->payload = (uint64_t)value->length << 32 | address;
  return TH_OK;
}

th_status th__cell_make(th_heap *heap, const th_value *value, th_cell *cell) {
  if (has_bytes(value->type) && value->length > INLINE_BYTES) return make_block(heap, value, cell);
  cell->payload = 0;
  cell->tag = (uint8_t)value->type;
  if (value->type == TH_NUMBER) memcpy(&cell->payload, &value->number, sizeof(value->number));
  if (has_bytes(value->type)) {
    memcpy(&cell->payload, value->bytes, value->length);
    cell->tag = (uint8_t)((uint32_t)value->type | value->length << 4);
  }
  return TH_OK;
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

void th__cell_free(th_heap *heap, th_cell cell) {
  if (in_block(cell) && block_bytes(heap, cell)) th_free(heap, address_of(cell), TH_BLOCK_CELL);
}

static th_status read_bytes(th_heap *heap, th_cell cell, th_value *value) {
  const size_t length = length_of(cell);
  if (!in_block(cell) && length > INLINE_BYTES) return TH_CORRUPT;
  const void *block = in_block(cell) ? block_bytes(heap, cell) : NULL;
  if (in_block(cell) && !block) return TH_CORRUPT;
  th_buffer *buffer = &heap->buffer;
  const th_status status = th__buffer_reserve(buffer, length + INLINE_BYTES);
  if (status != TH_OK) return status;
  buffer->length = (buffer->length + 7) & ~(size_t)7; // words of UTF-16 and bigints are aligned
  value->offset = buffer->length;
  value->length = length;
  if (block) {
    th_bytes_load(buffer->data + buffer->length, block, length);
  } else {
    memcpy(buffer->data + buffer->length, &cell.payload, length);
  }
  buffer->length += length;
  return TH_OK;
}

th_status th__cell_read(th_heap *heap, th_cell cell, th_value *value) {
  const uint32_t type = type_of(cell);
  if (type == TH_ABSENT || type > TH_BYTES) return TH_CORRUPT;
  const th_status status = has_bytes(type) ? read_bytes(heap, cell, value) : TH_OK;
  if (status != TH_OK) return status;
  value->type = (th_type)type;
  if (type == TH_NUMBER) memcpy(&value->number, &cell.payload, sizeof(value->number));
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

static bool bytes_equal(const th_heap *heap, th_cell cell, const th_value *value) {
  if (length_of(cell) != value->length) return false;
  if (!in_block(cell)) {
    return value->length <= INLINE_BYTES && memcmp(&cell.payload, value->bytes, value->length) == 0;
  }
  const void *block = block_bytes(heap, cell);
  return block && block_equals(block, value->bytes, value->length);
}

bool th__cell_equals(const th_heap *heap, th_cell cell, const th_value *value) {
  if (type_of(cell) != (uint32_t)value->type) return false;
  if (value->type == TH_NUMBER) {
    double number;
    memcpy(&number, &cell.payload, sizeof(number));
    return number_bits(number) == number_bits(value->number);
  }
  if (value->type == TH_BYTES) return false;
  return !has_bytes(value->type) || bytes_equal(heap, cell, value);
}

static uint64_t hash_number(const th_record *record, double number) {
  return th_hash_mix(number_bits(number) ^ record->secret);
}

uint64_t th__value_hash(const th_record *record, const th_value *value) {
  if (value->type == TH_NUMBER) return hash_number(record, value->number);
  return th_hash_bytes(value->bytes, value->length, record->secret + (uint64_t)value->type);
}

th_status th__cell_hash(const th_heap *heap, th_cell cell, uint64_t *hash) {
  th_value value = {0};
  th_buffer *buffer = &((th_heap *)heap)->buffer;
  const size_t mark = buffer->length;
  const th_status status = th__cell_read((th_heap *)heap, cell, &value);
  if (status != TH_OK) return status;
  value.bytes = has_bytes(value.type) ? th_value_bytes(heap, &value) : NULL;
  *hash = th__value_hash(heap->record, &value);
  buffer->length = mark;
  return TH_OK;
}

bool th__cell_locate(const th_heap *heap, th_cell cell, th_address *address, uint64_t *length) {
  if (type_of(cell) != TH_BYTES || !in_block(cell) || !block_bytes(heap, cell)) return false;
  *address = address_of(cell) + CHECKSUM_BYTES;
  *length = length_of(cell) - CHECKSUM_BYTES;
  return true;
}

bool th__cell_verify(const th_heap *heap, th_cell cell, th_census *reached) {
  const uint32_t type = type_of(cell);
  if (type == TH_ABSENT || type > TH_BYTES) return false;
  if (!in_block(cell)) return length_of(cell) <= INLINE_BYTES;
  reached->blocks[TH_BLOCK_CELL]++;
  return block_bytes(heap, cell) != NULL;
}

uint64_t th_value_checksum(const th_record *record, const void *bytes, size_t length) {
  return th_hash_bytes(bytes, length, ~record->secret);
}
