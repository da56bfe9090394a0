// SPDX-License-Identifier: MIT
#include "name.h"

#include "map.h"

static th_value number_of(uint64_t id) {
  return (th_value){.type = TH_NUMBER, .number = (double)id};
}

static th_status create_map(th_heap *heap, th_descriptor *descriptor) {
  th_handle map;
  const th_status status = th_map_create(heap, &map);
  if (status == TH_OK) {
    *descriptor = (th_descriptor){.address = map.address, .generation = map.generation};
  }
  return status;
}

// The two maps are freed by nobody, so they can always be opened.
static th_handle open_map(th_heap *heap, const th_descriptor *descriptor) {
  th_handle map = {0};
  th_map_open(heap, descriptor, &map);
  return map;
}

th_status th_names_create(th_heap *heap, th_names *names) {
  th_names made;
  th_status status = create_map(heap, &made.ids);
  if (status != TH_OK) return status;
  status = create_map(heap, &made.names);
  if (status == TH_OK) {
    *names = made;
    return TH_OK;
  }
  const th_handle ids = open_map(heap, &made.ids);
  th_map_free(&ids);
  return status;
}

// The value that the name has in the map of ids: TH_UNDEFINED or the number of a ref that may have
// been dropped. Returns as th_name_find.
static th_status look_up(th_heap *heap, const th_names *names, const th_value *name,
                         th_ref_kind kind, th_value *value) {
  const th_handle ids = open_map(heap, &names->ids);
  bool found;
  th_status status = th_map_get(&ids, name, value, &found);
  if (status != TH_OK) return status;
  if (!found) {
    value->type = TH_UNDEFINED;
    return TH_VACANT;
  }
  th_handle ref;
  status = th_ref_open(heap, (uint64_t)value->number, kind, &ref);
  return status == TH_FREED ? TH_VACANT : status;
}

th_status th_name_find(th_heap *heap, const th_names *names, const th_value *name, th_ref_kind kind,
                       uint64_t *id) {
  th_value value;
  const th_status status = look_up(heap, names, name, kind, &value);
  if (status == TH_OK) *id = (uint64_t)value.number;
  return status;
}

// Enters the name under the id, and the id under the name if that still has the expected value.
static th_status enter(th_heap *heap, const th_names *names, const th_value *name,
                       const th_value *expected, uint64_t id, bool *stored) {
  const th_handle by_id = open_map(heap, &names->names), by_name = open_map(heap, &names->ids);
  const th_value number = number_of(id);
  const th_status status = th_map_set(&by_id, &number, name);
  if (status != TH_OK) return status;
  return th_map_compare_and_set(&by_name, name, expected, &number, stored);
}

// Undoes what enter has done, whatever that is. The ref was freed: half of it would stay for ever,
// so this waits for locks that others hold for the length of a call.
static void leave(th_heap *heap, const th_names *names, const th_value *name, uint64_t id) {
  const th_handle by_id = open_map(heap, &names->names), by_name = open_map(heap, &names->ids);
  const th_value number = number_of(id);
  bool found;
  while (th_map_compare_and_delete(&by_name, name, &number, &found) == TH_BUSY) {
  }
  while (th_map_delete(&by_id, &number, &found) == TH_BUSY) {
  }
}

static void discard(const th_handle *handle, th_ref_kind kind) {
  while (th_ref_free(handle, kind) == TH_BUSY) {
  }
}

th_status th_name_publish(const th_handle *handle, th_ref_kind kind, const th_names *names,
                          const th_value *name, uint64_t *id) {
  th_heap *heap = handle->heap;
  const uint64_t own = th__ref_publish(handle, (uint32_t)kind << TH_REF_LIVES_BITS | TH_REF_NAMED);
  th_value present;
  th_status status;
  bool stored = false;
  do {
    status = look_up(heap, names, name, kind, &present);
    if (status == TH_VACANT)
      status = enter(heap, names, name, &present, own, &stored);
    else if (status == TH_OK)
      break;
  } while (status == TH_OK && !stored);
  if (!stored) {
    discard(handle, kind);
    leave(heap, names, name, own);
  }
  if (status == TH_OK) *id = stored ? own : (uint64_t)present.number;
  return status;
}

// The name of an open ref, in heap->buffer, which neither freeing the ref nor deleting an entry
// changes before its key was found.
static th_status name_of(const th_handle *handle, const th_names *names, uint64_t id,
                         th_value *name, bool *found) {
  const th_handle by_id = open_map(handle->heap, &names->names);
  const th_value number = number_of(id);
  const th_status status = th_map_get(&by_id, &number, name, found);
  if (status == TH_OK && *found) name->bytes = th_value_bytes(handle->heap, name);
  return status;
}

th_status th_name_drop(th_heap *heap, const th_names *names, uint64_t id, th_ref_kind kind) {
  th_handle handle;
  th_status status = th_ref_open(heap, id, kind, &handle);
  if (status != TH_OK) return status;
  th_value name;
  bool is_named = th__ref_is_named(&handle);
  if (is_named) status = name_of(&handle, names, id, &name, &is_named);
  if (status == TH_OK) status = th_ref_free(&handle, kind);
  if (status == TH_OK && is_named) leave(heap, names, &name, id);
  return status;
}
