// SPDX-License-Identifier: MIT
// A growable array of elements in chunks that double, so that no element ever moves to another
// address and a view of a chunk stays good until the vector is freed.
//
//   chunk 0: elements [0, first)      chunk k: elements [first << (k-1), first << k)
//
// The chunk addresses and the length are native; the image holds the elements only, so nothing
// that is read from it needs a check. All writes happen under the object's lock. Readers take none:
// a chunk's address and an element are written before the length that includes them (release). Of
// a vector that is freed meanwhile they read something else, within the image, and drop it: the
// generation goes before the chunks do. JavaScript reads elements through its own views and the
// mirror of the length in the control block.
#ifndef THREADHEAP_CORE_VECTOR_H
#define THREADHEAP_CORE_VECTOR_H

#include "element.h"
#include "kernel.h"
#include "object.h"
#include "report.h"

enum { TH_VECTOR_CHUNKS = 32 };

typedef struct th_vector {
  th_object object;
  th_atomic_u64 element;    // packed; constant while live, as the next two
  th_atomic_u32 first_log2; // elements of chunk 0
  uint32_t element_bytes;
  th_atomic_u32 length;
  uint32_t chunk_count;
  th_atomic_u32 chunks[TH_VECTOR_CHUNKS]; // addresses
} th_vector;

typedef struct th_vector_config {
  th_element element;
  uint32_t buffer_length; // elements to have room for at once; rounded up to a power of two
} th_vector_config;

// All of these return TH_BUSY, TH_FREED or TH_CORRUPT besides what is said. Threads: safe.

// Makes an empty vector. Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
th_status th_vector_create(th_heap *heap, const th_vector_config *config, th_handle *handle);

// Finds a vector by its descriptor (object.h). A zeroed block becomes one of single Uint32 values.
th_status th_vector_open(th_heap *heap, const th_descriptor *descriptor, th_handle *handle);

// What it holds, and how many chunk 0 has room for; of a freed vector, anything. Take no lock.
th_element th_vector_element(const th_handle *handle);
uint32_t th_vector_first_log2(const th_handle *handle);

// Appends one element; *index is where. Returns also TH_NEED_ROOM, TH_FULL, TH_NO_MEMORY.
// O(1) amortised, no element is copied.
th_status th_vector_push(const th_handle *handle, const void *element, uint32_t *index);

// Appends the elements, which are `bytes` bytes together, one after the other and with nothing
// between them; *index is where the first is. All come to be there at once for whoever looks at the
// length. Returns also TH_NEED_ROOM, TH_FULL, TH_NO_MEMORY; none is appended then. O(elements)
// under the lock.
th_status th_vector_push_many(const th_handle *handle, const void *elements, size_t bytes,
                              uint32_t *index);

// Removes the last element and copies it out; *found is false when there is none. O(1).
th_status th_vector_pop(const th_handle *handle, void *element, bool *found);

// Replaces the element at the index; *found is false when there is none. O(1).
th_status th_vector_set(const th_handle *handle, uint32_t index, const void *element, bool *found);

// Replaces the elements from the index on by those given, as above; *found is false, and none is
// replaced, when there are not as many. O(elements) under the lock.
th_status th_vector_set_many(const th_handle *handle, uint32_t index, const void *elements,
                             size_t bytes, bool *found);

// Copies the element at the index, which has that many bytes, out; *found is false when there is
// none. Takes no lock. Beside a writer, an element of more than 8 bytes can be part old, part new;
// beside th_vector_remove_at it can be its neighbour. O(1).
th_status th_vector_get(const th_handle *handle, uint32_t index, void *element, uint32_t bytes,
                        bool *found);

// How many elements there are. Takes no lock.
th_status th_vector_length(const th_handle *handle, uint32_t *length);

// Removes the element at the index and moves the later ones down; *found is false when there is
// none. O(n) under the lock. A view reader beside it can see an element twice or not at all.
th_status th_vector_remove_at(const th_handle *handle, uint32_t index, bool *found);

// Sets the length to 0; the chunks stay. O(1).
th_status th_vector_clear(const th_handle *handle);

// Copies the first `capacity` elements out; *length is how many there are. O(n) under the lock.
th_status th_vector_copy(const th_handle *handle, void *elements, uint32_t capacity,
                         uint32_t *length);

// Adds up one component, which the elements have, of all. O(n) under the lock.
th_status th_vector_sum(const th_handle *handle, uint32_t component, th_sum *sum);

// The least and the greatest of one component, a number of the element's type (kernel.h); *found is
// false when there is no element. O(n) under the lock.
th_status th_vector_least(const th_handle *handle, uint32_t component, void *number, bool *found);
th_status th_vector_greatest(const th_handle *handle, uint32_t component, void *number,
                             bool *found);

// Sorts the elements by one component, as sort.h says; those in which it is equal stay as they were
// to each other. Needs native memory: 18 bytes for each element, and its copy if it has several
// components. Returns also TH_NO_MEMORY. O(n) under the lock.
th_status th_vector_sort(const th_handle *handle, uint32_t component);

// Address of a chunk, 0 when it was not made yet. O(1).
th_status th_vector_chunk(const th_handle *handle, uint32_t chunk, th_address *address);

// Elements there is room for. O(1).
th_status th_vector_capacity(const th_handle *handle, uint64_t *elements);

// Checks that the chunks are there; adds them to the census.
th_status th_vector_verify(const th_handle *handle, th_census *reached);

// Frees the vector and its chunks. O(1).
th_status th_vector_free(const th_handle *handle);

#endif
