// SPDX-License-Identifier: MIT
#include "key.h"

th_status th__key_make(th_heap *heap, const th_key *key, th_cell *cell) {
  if (!th__key_in_block(key)) {
    *cell = key->cell;
    return TH_OK;
  }
  const th_value value = {
      .type = (th_type)th__cell_type(key->cell),
      .bytes = key->bytes,
      .length = (size_t)(key->cell.payload >> 32),
  };
  return th__cell_make(heap, &value, TH_CELL_LONG, cell);
}

bool th__key_block_matches(const th_heap *heap, th_cell key, const void *bytes, uint64_t payload) {
  const th_cell cell = {.payload = payload, .tag = key.tag};
  return payload >> 32 == key.payload >> 32 && th__cell_block_equals(heap, cell, bytes);
}

th_status th__key_hash_block(th_heap *heap, th_cell cell, uint64_t *hash) {
  th_value value = {0};
  th_buffer *buffer = &heap->buffer;
  const size_t mark = buffer->length;
  const th_status status = th__cell_read(heap, cell, &value);
  if (status != TH_OK) return status;
  *hash = th_hash_bytes(th_value_bytes(heap, &value), value.length,
                        th__key_seed(heap->record, value.type));
  buffer->length = mark;
  return TH_OK;
}
