// SPDX-License-Identifier: MIT
// What all containers have in common: a control block in the image that descriptors name, and a
// native object with the lock, the generation and the container's state.
//
//   descriptor --> control block (image, run of one kind) --same index--> th_object (native)
//   descriptor --> 16 bytes of a user's block (th_forward) --> control block
//
// Objects are never freed while the record lives, only reused, so a thread with a stale handle
// reads an object that is another container by now, or none. The generation tells: it is drawn
// once per container and never again in this heap, and 0 when the slot is vacant. A handle is good
// while its generation is the object's.
//
// The generation is stored with release when the container is whole (pairs with the acquire in
// th_object_check) and changed under the object's lock after that.
#ifndef THREADHEAP_CORE_OBJECT_H
#define THREADHEAP_CORE_OBJECT_H

#include "heap.h"

typedef enum th_object_kind { TH_LIST, TH_VECTOR, TH_MAP, TH_STRING, TH_STORE } th_object_kind;

#define TH_CORRUPT_BIT (1ull << 63)

enum { TH_REF_LIVES_BITS = 26, TH_REF_LIVES_MAX = (1 << TH_REF_LIVES_BITS) - 1 };

// First member of each container's native struct.
typedef struct th_object {
  th_lock lock;             // guards all the container's state that is not said to be otherwise
  th_atomic_u32 ref;        // which ids name the container (ref.h); its kind is 0 for none
  th_atomic_u64 generation; // bit 63 marks a container found corrupt
  th_address address;       // of the control block; set once
  th_address forward;       // of the user's block that forwards here, or 0; guarded by forward_lock
} th_object;

// A container as one thread sees it. Plain data; copying it is free.
typedef struct th_handle {
  th_heap *heap;
  th_object *object;
  th_control *control;
  uint64_t generation;
  th_address address; // what getSharedMemory() names: the control block, or the user's block
} th_handle;

typedef struct th_descriptor {
  th_address address;
  uint64_t heap_id;    // 0: not told
  uint64_t generation; // 0: whatever container lives there now
} th_descriptor;

// Makes a container: create(heap, context, handle).
typedef struct th_maker {
  th_status (*create)(th_heap *heap, void *context, th_handle *handle);
  void *context;
} th_maker;

// Finds the container that the descriptor names. Where it names 16 zero bytes of a live user block,
// makes one and binds it to them, or returns TH_VACANT when there is no maker. A container that was
// made just when another thread made one is freed again, and that of the other thread opened.
// Returns TH_OK; TH_FREED when that container was freed; TH_CORRUPT; TH_OTHER_HEAP;
// TH_BAD_DESCRIPTOR when the address names nothing of this kind; what create returns.
// Threads: safe. O(1).
th_status th__object_open(th_heap *heap, th_object_kind kind, const th_descriptor *descriptor,
                          const th_maker *maker, th_handle *handle);

// Writes a forwarding word to the container into 16 bytes of a live user block, which from then on
// names it.
// Returns TH_OK; TH_BAD_DESCRIPTOR when the address is not in a live user block with 16 bytes to
// its end, or no multiple of 4; TH_OCCUPIED when a live container is there; TH_FREED; TH_CORRUPT.
// Threads: safe.
th_status th_object_bind(th_handle *handle, th_object_kind kind, th_address block);

// TH_OK while the container is live; TH_FREED; TH_CORRUPT. Threads: safe, takes no lock.
static inline th_status th_object_check(const th_handle *handle) {
  // Pairs with the release in th__object_publish.
  const uint64_t now = th_load_acquire(&handle->object->generation);
  if (now == handle->generation) return TH_OK;
  return now == (handle->generation | TH_CORRUPT_BIT) ? TH_CORRUPT : TH_FREED;
}

// Allocates a control block and gives the container its generation, which nobody knows before
// th__object_publish: until then the caller sets the container's state without a lock.
// Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
th_status th__object_create(th_heap *heap, th_object_kind kind, th_handle *handle);
void th__object_publish(th_handle *handle);

// Lets go of the lock of a container that is freed or corrupt. Returns TH_FREED; TH_CORRUPT.
th_status th__object_refuse(const th_handle *handle);

// Takes the container's lock. Returns TH_OK; TH_BUSY; TH_FREED; TH_CORRUPT.
static inline th_status th__object_lock(const th_handle *handle) {
  const th_status status = th_lock_try(&handle->object->lock, &handle->heap->record->lock_waits);
  if (status != TH_OK) return status;
  return th_object_check(handle) == TH_OK ? TH_OK : th__object_refuse(handle);
}

static inline void th__object_unlock(const th_handle *handle) {
  th_lock_release(&handle->object->lock);
}

// The object whose control block starts at the address, and the kind of its containers; NULL when
// there is none. Threads: safe, takes no lock.
th_object *th__object_find(const th_record *record, th_address address, th_object_kind *kind);

// Makes the container freed for everybody; the caller holds its lock, lets go of it afterwards and
// then calls th__object_release, which gives the control block back unless its slot has had as many
// ids as it can (ref.h).
void th__object_retire(const th_handle *handle);
void th__object_release(const th_handle *handle);

// Marks the container corrupt: later calls fail at once. Returns TH_CORRUPT.
th_status th__object_corrupt(const th_handle *handle);

// Sets the length that JavaScript views see. Caller holds the container's lock.
static inline void th__object_set_length(const th_handle *handle, uint32_t length) {
  th_store_release(&handle->control->length, length);
}

// Bytes of the native struct of that kind.
size_t th__object_size(th_object_kind kind);

#endif
