// SPDX-License-Identifier: MIT
#include "object.h"

#include <string.h>

#include "alloc.h"
#include "bytes.h"
#include "compiler.h"
#include "hash.h"
#include "list.h"
#include "map.h"
#include "store.h"
#include "string.h"
#include "vector.h"

size_t th__object_size(th_object_kind kind) {
  static const size_t sizes[TH_OBJECT_KINDS] = {
      [TH_LIST] = sizeof(th_list),     [TH_VECTOR] = sizeof(th_vector), [TH_MAP] = sizeof(th_map),
      [TH_STRING] = sizeof(th_string), [TH_STORE] = sizeof(th_store),
  };
  return sizes[kind];
}

static uint32_t class_of_kind(th_object_kind kind) {
  return TH_SMALL_CLASSES + (uint32_t)kind;
}

// The object whose control block starts at the address, or NULL.
static th_object *find(const th_record *record, th_object_kind kind, th_address address) {
  uint32_t index;
  th_run *run = th__locate(record, address, &index);
  if (!run || run->class_index != class_of_kind(kind)) return NULL;
  return (th_object *)(void *)(run->objects + index * th__object_size(kind));
}

th_object *th__object_find(const th_record *record, th_address address, th_object_kind *kind) {
  uint32_t index;
  const th_run *run = th__locate(record, address, &index);
  if (!run || !run->objects) return NULL;
  *kind = (th_object_kind)(run->class_index - TH_SMALL_CLASSES);
  return (th_object *)(void *)(run->objects + index * th__object_size(*kind));
}

static th_handle handle_to(th_heap *heap, th_object *object, th_address control,
                           uint64_t generation) {
  return (th_handle){
      .heap = heap,
      .object = object,
      .control = th__at(heap, control),
      .generation = generation,
      .address = control,
  };
}

th_status th__object_create(th_heap *heap, th_object_kind kind, th_handle *handle) {
  th_address address;
  const th_status status = th__alloc_control(heap, class_of_kind(kind), &address);
  if (status != TH_OK) return status;
  th_bytes_clear(th__at(heap, address), sizeof(th_control));
  th_object *object = find(heap->record, kind, address);
  // Written once only: an index of a control run stands for one address, and a thread with a stale
  // handle may be reading it. th__object_retire has left forward 0.
  if (object->address == 0) object->address = address;
  *handle = handle_to(heap, object, address, th__heap_generation(heap));
  return TH_OK;
}

static uint64_t as_double(uint64_t integer) {
  const double number = (double)integer;
  uint64_t bits;
  memcpy(&bits, &number, sizeof(bits));
  return bits;
}

void th__object_publish(th_handle *handle) {
  th_store_release(&handle->control->generation, as_double(handle->generation));
  // Pairs with the acquire in th_object_check and open_control.
  th_store_release(&handle->object->generation, handle->generation);
}

TH_COLD th_status th__object_refuse(const th_handle *handle) {
  const th_status status = th_object_check(handle);
  th_lock_release(&handle->object->lock);
  return status;
}

th_status th__object_corrupt(const th_handle *handle) {
  uint64_t expected = handle->generation;
  const uint64_t corrupt = expected | TH_CORRUPT_BIT;
  // What JavaScript reads by itself it asks for here from then on. The control block is the
  // container's for good: nobody frees one that is corrupt.
  if (th_cas_acq_rel(&handle->object->generation, &expected, corrupt)) {
    th_store_release(&handle->control->generation, 0ull);
  }
  return TH_CORRUPT;
}

// ---- forwarding words ----

static uint32_t forward_check(const th_record *record, th_object_kind kind, th_address control,
                              uint64_t generation) {
  const uint64_t words[] = {control, generation, (uint64_t)kind};
  return (uint32_t)th_hash_bytes(words, sizeof(words), record->secret);
}

// The 16 bytes at the address when they lie in a live user block, else NULL.
static th_forward *forward_at(th_heap *heap, th_address address) {
  th_address start;
  uint64_t length;
  if (address % 4 != 0 ||
      th_block_containing(heap->record, address, TH_BLOCK_USER, &start, &length) != TH_OK ||
      address - start + sizeof(th_forward) > length) {
    return NULL;
  }
  return th__at(heap, address);
}

static bool forward_is_zero(th_forward *forward) {
  return th_load_relaxed(&forward->control) == 0 && th_load_relaxed(&forward->generation_lo) == 0 &&
         th_load_relaxed(&forward->generation_hi) == 0 && th_load_relaxed(&forward->check) == 0;
}

// Whether the words are as th_object_bind wrote them.
static bool forward_read(const th_record *record, th_forward *forward, th_object_kind kind,
                         th_address *control, uint64_t *generation) {
  *control = th_load_relaxed(&forward->control);
  *generation = (uint64_t)th_load_relaxed(&forward->generation_hi) << 32 |
                th_load_relaxed(&forward->generation_lo);
  return th_load_relaxed(&forward->check) == forward_check(record, kind, *control, *generation);
}

static void forward_write(th_forward *forward, th_address control, uint64_t generation,
                          uint32_t check) {
  th_store_release(&forward->control, control);
  th_store_release(&forward->generation_lo, (uint32_t)generation);
  th_store_release(&forward->generation_hi, (uint32_t)(generation >> 32));
  th_store_release(&forward->check, check);
}

static bool is_live(const th_record *record, th_object_kind kind, th_address control,
                    uint64_t generation) {
  th_object *object = find(record, kind, control);
  return object && th_load_acquire(&object->generation) == generation;
}

static bool occupied(const th_record *record, th_forward *forward) {
  for (th_object_kind kind = TH_LIST; kind <= TH_STORE; kind++) {
    th_address control;
    uint64_t generation;
    if (forward_read(record, forward, kind, &control, &generation) &&
        is_live(record, kind, control, generation)) {
      return true;
    }
  }
  return false;
}

th_status th_object_bind(th_handle *handle, th_object_kind kind, th_address block) {
  th_record *record = handle->heap->record;
  th_forward *forward = forward_at(handle->heap, block);
  if (!forward) return TH_BAD_DESCRIPTOR;
  th_lock_wait(&record->forward_lock, &record->lock_waits);
  // Looked at under the lock: a container that is freed after this sees its forward in unbind.
  th_status status = th_object_check(handle);
  if (status == TH_OK && occupied(record, forward)) status = TH_OCCUPIED;
  if (status == TH_OK) {
    const th_address control = handle->object->address;
    forward_write(forward, control, handle->generation,
                  forward_check(record, kind, control, handle->generation));
    handle->object->forward = block;
    handle->address = block;
  }
  th_lock_release(&record->forward_lock);
  return status;
}

// Zeroes the words in the user's block, if they are still there.
static void unbind(const th_handle *handle) {
  th_record *record = handle->heap->record;
  th_lock_wait(&record->forward_lock, &record->lock_waits);
  const th_address block = handle->object->forward;
  th_forward *forward = block ? forward_at(handle->heap, block) : NULL;
  if (forward && th_load_relaxed(&forward->control) == handle->object->address &&
      th_load_relaxed(&forward->generation_lo) == (uint32_t)handle->generation) {
    forward_write(forward, 0, 0, 0);
  }
  handle->object->forward = 0;
  th_lock_release(&record->forward_lock);
}

void th__object_retire(const th_handle *handle) {
  th_store_release(&handle->control->generation, 0ull);
  th_store_release(&handle->object->generation, 0ull);
  // After that (ref.h): the slot is of no kind until it is a ref again.
  const uint32_t lives = th_load_relaxed(&handle->object->ref) & TH_REF_LIVES_MAX;
  th_store_release(&handle->object->ref, lives);
  unbind(handle); // after the generation, so that nobody binds it any more
}

void th__object_release(const th_handle *handle) {
  if (th_load_relaxed(&handle->object->ref) == TH_REF_LIVES_MAX) return;
  th_free(handle->heap, handle->object->address, TH_BLOCK_CONTROL);
}

// ---- opening ----

static th_status open_control(th_heap *heap, th_object *object, const th_descriptor *descriptor,
                              th_handle *handle) {
  // Pairs with the release in th__object_publish.
  const uint64_t now = th_load_acquire(&object->generation);
  const uint64_t wanted = descriptor->generation ? descriptor->generation : now & ~TH_CORRUPT_BIT;
  *handle = handle_to(heap, object, descriptor->address, wanted);
  // No generation has the bit, but a made-up descriptor can.
  return now == 0 || (wanted & TH_CORRUPT_BIT) ? TH_FREED : th_object_check(handle);
}

static th_status open_forward(th_heap *heap, th_object_kind kind, const th_descriptor *descriptor,
                              th_handle *handle) {
  th_forward *forward = forward_at(heap, descriptor->address);
  if (!forward) return TH_BAD_DESCRIPTOR;
  th_descriptor target = {0};
  th_lock_wait(&heap->record->forward_lock, &heap->record->lock_waits);
  const bool vacant = forward_is_zero(forward);
  const bool sound = forward_read(heap->record, forward, kind, &target.address, &target.generation);
  th_lock_release(&heap->record->forward_lock);
  if (vacant) return descriptor->generation ? TH_FREED : TH_VACANT;
  th_object *object = sound ? find(heap->record, kind, target.address) : NULL;
  if (!object) return TH_BAD_DESCRIPTOR;
  if (descriptor->generation && descriptor->generation != target.generation) return TH_FREED;
  const th_status status = open_control(heap, object, &target, handle);
  handle->address = descriptor->address;
  return status;
}

static th_status open_once(th_heap *heap, th_object_kind kind, const th_descriptor *descriptor,
                           th_handle *handle) {
  th_object *object = find(heap->record, kind, descriptor->address);
  return object ? open_control(heap, object, descriptor, handle)
                : open_forward(heap, kind, descriptor, handle);
}

// Frees the empty container that lost the race for the block. It was published, so somebody may
// have found it by its bare address and stored something in it.
static void discard(th_object_kind kind, const th_handle *handle) {
  static th_status (*const frees[TH_OBJECT_KINDS])(const th_handle *) = {
      [TH_LIST] = th_list_free,     [TH_VECTOR] = th_vector_free, [TH_MAP] = th_map_free,
      [TH_STRING] = th_string_free, [TH_STORE] = th_map_free,
  };
  while (frees[kind](handle) == TH_BUSY) {
  }
}

th_status th__object_open(th_heap *heap, th_object_kind kind, const th_descriptor *descriptor,
                          const th_maker *maker, th_handle *handle) {
  if (descriptor->heap_id && descriptor->heap_id != heap->record->heap_id) return TH_OTHER_HEAP;
  for (;;) {
    th_status status = open_once(heap, kind, descriptor, handle);
    if (status != TH_VACANT || !maker) return status;
    status = maker->create(heap, maker->context, handle);
    if (status != TH_OK) return status;
    status = th_object_bind(handle, kind, descriptor->address);
    if (status == TH_OK) return TH_OK;
    discard(kind, handle);
    // Another thread made one in the same instant: that is the one to open.
    if (status != TH_OCCUPIED) return status;
  }
}
