// SPDX-License-Identifier: MIT
// A text that is replaced whole. One cell, read without a lock. The same code keeps the number of a
// NumberRef (ref.h): what is said of texts goes for it, and its length is 0.
//
// Publication: the writer holds the object's lock, makes the version odd, stores the version to
// come and the length in the control block, then payload, tail and tag, then makes the version
// even, all with release. The reader loads version, payload, tail, tag and the block's words with
// acquire and keeps the result only if the version is even and still the same: a word it read from
// a later writer was stored with release after that writer's odd version, so the second look cannot
// miss it. The old block is freed after the version moved on; a reader still in it reads other
// bytes and drops them.
//
// The control block is what JavaScript looks at without a call. Nobody can read the new text before
// it has changed, so a text that JavaScript remembers is never returned after a newer one was.
#ifndef THREADHEAP_CORE_STRING_H
#define THREADHEAP_CORE_STRING_H

#include "object.h"
#include "value.h"

typedef struct th_string {
  th_object object;
  th_atomic_u64 version; // odd while a writer is between its stores; never reset
  th_atomic_u64 payload;
  th_atomic_u64 tail;
  th_atomic_u8 tag;
} th_string;

// Makes a string with that value, which is of type TH_LATIN1, TH_UTF16 or TH_NUMBER.
// Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
th_status th_string_create(th_heap *heap, const th_value *value, th_handle *handle);

// Finds a string by its descriptor (object.h). A zeroed block becomes an empty one.
th_status th_string_open(th_heap *heap, const th_descriptor *descriptor, th_handle *handle);

// The same, and replaces its text; a zeroed block becomes a string with it. When that fails, the
// block or the string is as it was. Returns also what th_string_create and th_string_set return.
th_status th_string_open_and_set(th_heap *heap, const th_descriptor *descriptor,
                                 const th_value *value, th_handle *handle);

// Replaces the text. Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY; TH_BUSY; TH_FREED.
// Threads: safe. O(length).
th_status th_string_set(const th_handle *handle, const th_value *value);

// Reads the text, whole as one set left it, into handle->heap->buffer.
// Returns TH_OK; TH_BUSY; TH_FREED; TH_CORRUPT; TH_NO_MEMORY.
// Threads: safe, takes no lock unless writers keep it from finishing. O(length).
th_status th_string_get(const th_handle *handle, th_value *value);

// Checks the cell; adds its block to the census.
th_status th_string_verify(const th_handle *handle, th_census *reached);

// Frees the string. Returns TH_OK; TH_BUSY; TH_FREED. Threads: safe. O(1).
th_status th_string_free(const th_handle *handle);

#endif
