// SPDX-License-Identifier: MIT
#include "ref.h"

#include "map.h"
#include "string.h"
#include "vector.h"

enum { KIND_MASK = (1 << (31 - TH_REF_LIVES_BITS)) - 1 };

// An address divided by the size of a control block has 27 bits; with the lives, it is below 2^53.
_Static_assert(sizeof(th_control) == 32, "control blocks are slots of ids");

static uint32_t lives_of(uint32_t ref) {
  return ref & TH_REF_LIVES_MAX;
}

static th_ref_kind kind_of(uint32_t ref) {
  return (th_ref_kind)(ref >> TH_REF_LIVES_BITS & KIND_MASK);
}

uint64_t th__ref_publish(const th_handle *handle, uint32_t kind_and_flags) {
  th_object *object = handle->object;
  const uint32_t life = lives_of(th_load_relaxed(&object->ref)) + 1;
  // Pairs with the acquire in th_ref_find.
  th_store_release(&object->ref, kind_and_flags | life);
  const uint64_t slot = object->address / sizeof(th_control);
  return slot << TH_REF_LIVES_BITS | life;
}

uint64_t th_ref_publish(const th_handle *handle, th_ref_kind kind) {
  return th__ref_publish(handle, (uint32_t)kind << TH_REF_LIVES_BITS);
}

th_status th_ref_find(th_heap *heap, uint64_t id, th_ref_kind *kind, th_handle *handle) {
  const uint64_t address = (id >> TH_REF_LIVES_BITS) * sizeof(th_control);
  const uint32_t life = lives_of((uint32_t)id);
  th_object_kind container;
  th_object *object =
      address <= UINT32_MAX ? th__object_find(heap->record, (th_address)address, &container) : NULL;
  if (!object || life == 0) return TH_BAD_DESCRIPTOR;
  // In this order, see ref.h; the first pairs with th__object_publish.
  const uint64_t generation = th_load_acquire(&object->generation);
  const uint32_t ref = th_load_acquire(&object->ref);
  if (life > lives_of(ref)) return TH_BAD_DESCRIPTOR;
  if (life < lives_of(ref) || kind_of(ref) == TH_REF_NONE || generation == 0) return TH_FREED;
  *handle = (th_handle){
      .heap = heap,
      .object = object,
      .control = th__at(heap, (th_address)address),
      .generation = generation & ~TH_CORRUPT_BIT,
      .address = (th_address)address,
  };
  *kind = kind_of(ref);
  return th_object_check(handle);
}

th_status th_ref_open(th_heap *heap, uint64_t id, th_ref_kind kind, th_handle *handle) {
  th_ref_kind found;
  const th_status status = th_ref_find(heap, id, &found, handle);
  return status == TH_OK && found != kind ? TH_BAD_DESCRIPTOR : status;
}

bool th__ref_is_named(const th_handle *handle) {
  return (th_load_relaxed(&handle->object->ref) & TH_REF_NAMED) != 0;
}

th_status th_ref_free(const th_handle *handle, th_ref_kind kind) {
  switch (kind) {
  case TH_REF_VECTOR:
    return th_vector_free(handle);
  case TH_REF_MAP:
  case TH_REF_STRUCT:
    return th_map_free(handle);
  default:
    return th_string_free(handle);
  }
}
