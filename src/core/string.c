// SPDX-License-Identifier: MIT
#include "string.h"

enum { READ_TRIES = 16 };

static th_string *string_of(const th_handle *handle) {
  return (th_string *)(void *)handle->object;
}

static th_cell cell_of(th_string *string) {
  return (th_cell){
      .payload = th_load_acquire(&string->payload),
      .tail = th_load_acquire(&string->tail),
      .tag = th_load_acquire(&string->tag),
  };
}

static uint32_t units_of(const th_value *value) {
  return (uint32_t)(value->type == TH_UTF16 ? value->length / 2 : value->length);
}

// Stores the cell; under the lock, or before the string is published. The control block goes first:
// who finds the old version or length there does so before anyone can read the new text.
static void publish(const th_handle *handle, th_cell cell, uint32_t units) {
  th_string *string = string_of(handle);
  const uint64_t version = th_load_relaxed(&string->version);
  th_store_relaxed(&string->version, version + 1);
  th_store_release(&handle->control->version_hi, (uint32_t)((version + 2) >> 32));
  th_store_release(&handle->control->version_lo, (uint32_t)(version + 2));
  th__object_set_length(handle, units); // who finds it new finds the version new
  th_store_release(&string->payload, cell.payload);
  th_store_release(&string->tail, cell.tail);
  th_store_release(&string->tag, cell.tag);
  th_store_release(&string->version, version + 2); // pairs with the acquires in try_read
}

th_status th_string_create(th_heap *heap, const th_value *value, th_handle *handle) {
  th_cell cell;
  th_status status = th__cell_make(heap, value, TH_CELL_LONG, &cell);
  if (status != TH_OK) return status;
  status = th__object_create(heap, TH_STRING, handle);
  if (status != TH_OK) {
    th__cell_free(heap, cell);
    return status;
  }
  publish(handle, cell, units_of(value));
  th__object_publish(handle);
  return TH_OK;
}

// What a string is made with, and the generation of the last that was.
typedef struct first_text {
  const th_value *value;
  uint64_t generation;
} first_text;

static th_status create_first(th_heap *heap, void *context, th_handle *handle) {
  first_text *first = context;
  const th_status status = th_string_create(heap, first->value, handle);
  if (status == TH_OK) first->generation = handle->generation;
  return status;
}

static th_status open_or_make(th_heap *heap, const th_descriptor *descriptor, first_text *first,
                              th_handle *handle) {
  const th_maker maker = {.create = create_first, .context = first};
  return th__object_open(heap, TH_STRING, descriptor, &maker, handle);
}

th_status th_string_open(th_heap *heap, const th_descriptor *descriptor, th_handle *handle) {
  const th_value empty = {.type = TH_LATIN1, .bytes = ""};
  return open_or_make(heap, descriptor, &(first_text){.value = &empty}, handle);
}

th_status th_string_open_and_set(th_heap *heap, const th_descriptor *descriptor,
                                 const th_value *value, th_handle *handle) {
  first_text first = {.value = value};
  const th_status status = open_or_make(heap, descriptor, &first, handle);
  // One that another thread made in the same instant was opened instead of the one made here.
  if (status != TH_OK || handle->generation == first.generation) return status;
  return th_string_set(handle, value);
}

th_status th_string_set(const th_handle *handle, const th_value *value) {
  th_cell cell;
  th_status status = th_object_check(handle);
  if (status == TH_OK) status = th__cell_make(handle->heap, value, TH_CELL_LONG, &cell);
  if (status != TH_OK) return status;
  status = th__object_lock(handle);
  if (status != TH_OK) {
    th__cell_free(handle->heap, cell);
    return status;
  }
  const th_cell old = cell_of(string_of(handle));
  publish(handle, cell, units_of(value));
  th__object_unlock(handle);
  th__cell_free(handle->heap, old);
  return TH_OK;
}

static th_status try_read(const th_handle *handle, th_value *value) {
  th_string *string = string_of(handle);
  const uint64_t version = th_load_acquire(&string->version); // pairs with publish
  if (version % 2 != 0) return TH_BUSY;
  handle->heap->buffer.length = 0;
  const th_status status = th__cell_read(handle->heap, cell_of(string), value);
  if (th_load_acquire(&string->version) != version) return TH_BUSY;
  const th_status live = th_object_check(handle);
  return live == TH_OK ? status : live;
}

static th_status read_locked(const th_handle *handle, th_value *value) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  handle->heap->buffer.length = 0;
  status = th__cell_read(handle->heap, cell_of(string_of(handle)), value);
  th__object_unlock(handle);
  return status;
}

th_status th_string_get(const th_handle *handle, th_value *value) {
  th_value read = {0}; // what an attempt that fails has read is dropped
  th_status status = TH_BUSY;
  for (int i = 0; i < READ_TRIES && status == TH_BUSY; i++) {
    status = try_read(handle, &read);
    if (status == TH_BUSY) th_cpu_relax();
  }
  if (status == TH_BUSY) status = read_locked(handle, &read);
  if (status == TH_OK) *value = read;
  return status == TH_CORRUPT ? th__object_corrupt(handle) : status;
}

th_status th_string_free(const th_handle *handle) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_cell cell = cell_of(string_of(handle));
  th__object_retire(handle);
  // After that, so that a reader of the empty text finds the string freed.
  publish(handle, (th_cell){.tag = TH_LATIN1}, 0);
  th__object_unlock(handle);
  th__cell_free(handle->heap, cell);
  th__object_release(handle);
  return TH_OK;
}

th_status th_string_verify(const th_handle *handle, th_census *reached) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_cell cell = cell_of(string_of(handle));
  if (!th__cell_verify(handle->heap, cell, reached)) status = th__object_corrupt(handle);
  th__object_unlock(handle);
  return status;
}
