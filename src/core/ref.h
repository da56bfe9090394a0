// SPDX-License-Identifier: MIT
// Refs: containers that any thread finds by a number alone, the id.
//
//   id, 53 bits:   slot (27)  |  life (26)
//                  address of the control block / 32     1 for the first ref in that slot, 2 ...
//   th_object.ref: named (1) | kind (5) | lives (26)     native: ids are checked against it alone
//
// Several kinds of refs share a kind of container: a struct is a map, a number is a string's cell.
// A ref that was dropped leaves its count of lives in the slot, so no later ref has the same id,
// also when it takes the same memory. A slot that has had all its lives is given to nobody again;
// 32 bytes are lost per 67 million refs.
//
// Publication: the container is made and filled first, when no id leads to it. Then one store
// (release) of the word makes it a ref. th__object_retire sets the generation to 0 first and then
// the kind. Who has an id reads the generation, then the word, both with acquire. If the word is
// that of a later life than the generation, the retirement between the two has happened before, so
// the check of the generation that every call of a container ends with finds it changed. If it is
// the word of an earlier life, the generation it would go with cannot have been read: its container
// was published after the word had lost its kind. So a call goes through only on the container that
// the id was given to. Nobody needs a lock for that.
#ifndef THREADHEAP_CORE_REF_H
#define THREADHEAP_CORE_REF_H

#include "object.h"

typedef enum th_ref_kind {
  TH_REF_NONE,
  TH_REF_STRING, // th_string of a text
  TH_REF_NUMBER, // th_string of a number
  TH_REF_MAP,    // th_map, values are ids
  TH_REF_VECTOR, // th_vector of Float64, which are ids
  TH_REF_STRUCT, // th_map with keys that never change
  TH_REF_KINDS,
} th_ref_kind;

// What th__ref_publish adds to the word of a ref that has a name (name.h).
#define TH_REF_NAMED (1u << 31)

// Makes a ref of a container that was made just now and that nobody else knows; returns its id.
// Cannot fail.
uint64_t th_ref_publish(const th_handle *handle, th_ref_kind kind);
uint64_t th__ref_publish(const th_handle *handle, uint32_t kind_and_flags);

// Finds a ref of any kind.
// Returns TH_OK; TH_FREED when it was dropped; TH_BAD_DESCRIPTOR when the number was never an id;
// TH_CORRUPT. Threads: safe, takes no lock. O(1).
th_status th_ref_find(th_heap *heap, uint64_t id, th_ref_kind *kind, th_handle *handle);

// Finds a ref of that kind. Returns the same; TH_BAD_DESCRIPTOR also for an id of another kind.
th_status th_ref_open(th_heap *heap, uint64_t id, th_ref_kind kind, th_handle *handle);

// Whether an open ref has a name.
bool th__ref_is_named(const th_handle *handle);

// Frees the container of an open ref or of one to be; what a map or vector names is left alone.
// Returns TH_OK; TH_FREED; TH_BUSY; TH_CORRUPT. Threads: safe. As th_map_free and the others.
th_status th_ref_free(const th_handle *handle, th_ref_kind kind);

#endif
