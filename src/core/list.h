// SPDX-License-Identifier: MIT
// A doubly linked list of elements. Nodes lie in the image, head and tail here.
//
//   th_list (native)          th_node (image)      th_node
//   head  --------------->    next  ---------->    next = 0
//   tail  --------.           previous = 0  <----  previous
//                 |           sequence 7           sequence 9
//                 |           owner, generation    owner, generation
//                 |           element              element
//                 `------------------------------>
//
// Everything happens under the object's lock; a thread cannot die under it. Invariants:
//   - sequences rise from head to tail and are never used twice in a list; they are odd, so that
//     half of one is not mistaken for half of the 0 in a removed node: JavaScript reads them so
//   - length nodes are linked; head and tail are 0 exactly when length is 0
//   - a node in the list carries the list's address and generation; a removed one carries 0
// Every link is checked as it is followed: there must be a live node of this list of this element
// size, it must link back, and its sequence must advance. A walk ends at the tail (or head) that
// stands here, wherever that node's link leads. What fails that marks the list corrupt.
//
// Head and tail are native and name nodes that only this list frees, under its lock: a push does
// not look up the block of the tail, but only whether the node says that it is the list's. Were it
// freed after all, by another list that took it for its own when the image was overwritten, the one
// link that is written there would still be in the image.
#ifndef THREADHEAP_CORE_LIST_H
#define THREADHEAP_CORE_LIST_H

#include "element.h"
#include "object.h"
#include "report.h"

typedef struct th_list {
  th_object object;
  th_atomic_u64 element;       // packed; constant while live, as the next
  th_atomic_u32 element_bytes; // th_list_push reads it without the lock
  th_address head;
  th_address tail;
  uint32_t length;
  uint64_t sequence; // the last one given out; 1 before the first
} th_list;

// A node of the list. While it still has the sequence, it is in the list. JavaScript reads it.
typedef struct th_list_place {
  th_address address; // of the node
  uint32_t reserved;
  uint64_t sequence;
} th_list_place;

// A position in an iteration, and a batch of nodes. Filled by th_list_next, kept by the caller.
typedef struct th_list_batch {
  uint64_t limit;    // sequence of the last node when the iteration began; 0 before it begins
  uint32_t count;    // items filled; 0 when the iteration is over
  uint32_t capacity; // items there is room for
  th_list_place items[];
} th_list_batch;

// All of these return TH_BUSY, TH_FREED or TH_CORRUPT besides what is said. Threads: safe, except
// that a th_heap belongs to one thread.

// Makes an empty list. Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
th_status th_list_create(th_heap *heap, const th_element *element, th_handle *handle);

// Finds a list by its descriptor (object.h). A zeroed block becomes one of single Uint32 values.
th_status th_list_open(th_heap *heap, const th_descriptor *descriptor, th_handle *handle);

// What it holds; of a freed list, anything. Takes no lock.
th_element th_list_element(const th_handle *handle);

// Appends one element of element_bytes; *place, unless place is NULL, is where. Returns also
// TH_NEED_ROOM, TH_FULL, TH_NO_MEMORY. O(1).
th_status th_list_push(const th_handle *handle, const void *element, th_list_place *place);

// Appends the elements, which are `bytes` bytes together, one after the other and with nothing
// between them. Returns also TH_NEED_ROOM, TH_FULL, TH_NO_MEMORY; of all these none is appended.
// O(elements), under the lock for a few stores each.
th_status th_list_push_many(const th_handle *handle, const void *elements, size_t bytes);

// Address of the element at the index, counted from the end when negative; 0 when there is none.
// O(distance to the nearer end).
th_status th_list_at(const th_handle *handle, int64_t index, th_address *element);

// Removes the element at the index, counted from the end when negative, and copies it out.
// *found is false when there is none. O(distance to the nearer end).
th_status th_list_remove_at(const th_handle *handle, int64_t index, void *element, bool *found);

// Removes the first element whose first `count` components equal those of `wanted`, and copies it
// out. O(n) under the lock.
th_status th_list_remove_equal(const th_handle *handle, const void *wanted, uint32_t count,
                               void *element, bool *found);

// Removes the node a batch named, if it is still in the list, and copies its element out. O(1).
th_status th_list_remove_node(const th_handle *handle, th_address node, uint64_t sequence,
                              void *element, bool *found);

// Fills the batch with the nodes that follow its last item, up to the node that was last when the
// iteration began. No node comes twice, none that stays in the list is left out. O(items), and
// O(n) more when all items of the last batch have been removed since.
th_status th_list_next(const th_handle *handle, th_list_batch *batch);

// Copies the first `capacity` elements out, in order; *length is how many the list has. O(n) under
// the lock: what is copied is one state of the list.
th_status th_list_copy(const th_handle *handle, void *elements, uint32_t capacity,
                       uint32_t *length);

// Removes all elements. O(n) under the lock.
th_status th_list_clear(const th_handle *handle);

// Walks the whole list; adds its nodes to the census. O(n) under the lock.
th_status th_list_verify(const th_handle *handle, th_census *reached);

// Frees the list and its elements. O(n) under the lock.
th_status th_list_free(const th_handle *handle);

#endif
