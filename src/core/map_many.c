// SPDX-License-Identifier: MIT
// Many keys in one call.
#include <string.h>

#include "map_shards.h"

static th_status number_of(const th_map_finding *f, double absent, double *number) {
  const bool is_there = f->found && f->tag != TH_UNDEFINED;
  if (is_there && f->tag != TH_NUMBER) return TH_NOT_A_NUMBER;
  *number = absent;
  if (is_there) memcpy(number, &f->payload, sizeof(*number));
  return TH_OK;
}

th_status th_map_get_numbers(const th_handle *handle, const double *keys, uint32_t count,
                             double absent, double *values, uint32_t *done) {
  th_status status = TH_OK;
  for (; *done < count; ++*done) {
    th_key key;
    th__key_number(handle->heap->record, keys[*done], &key);
    th_map_finding f;
    status = th__map_read(handle, &key, true, &f);
    if (status == TH_OK) status = number_of(&f, absent, &values[*done]);
    if (status != TH_OK) break;
  }
  return status;
}

th_status th_map_set_numbers(const th_handle *handle, const double *keys, const double *values,
                             uint32_t count, uint32_t *done) {
  th_status status = TH_OK;
  for (; *done < count; ++*done) {
    th_key key;
    th__key_number(handle->heap->record, keys[*done], &key);
    const th_value value = {.type = TH_NUMBER, .number = values[*done]};
    th_cell cell;
    th__cell_make(handle->heap, &value, TH_CELL_SHORT, &cell); // a number needs no block
    status = th__map_set_cell(handle, &key, cell);
    if (status != TH_OK) break;
  }
  return status;
}

th_status th_map_delete_numbers(const th_handle *handle, const double *keys, uint32_t count,
                                uint32_t *deleted, uint32_t *done) {
  th_status status = TH_OK;
  for (; *done < count; ++*done) {
    th_key key;
    th__key_number(handle->heap->record, keys[*done], &key);
    bool found;
    status = th__map_delete_key(handle, &key, &found);
    if (status != TH_OK) break;
    if (found) ++*deleted;
  }
  return status;
}
