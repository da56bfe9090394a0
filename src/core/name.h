// SPDX-License-Identifier: MIT
// Names of refs. Two maps of the heap: from names to ids, and from ids back to names, so that a
// dropped ref takes its name along.
//
// Making: the ref is published, its name entered under its id, and only then does a compare-and-set
// enter its id under the name: the one step that decides between threads. Who loses it drops the
// ref again, which nobody else has seen. An id stands for one ref for ever, so a name that still
// has the id that was read has not changed hands in between.
//
// Dropping: the ref is freed first, and its name then if it still has that id. Who looks the name
// up in between finds a ref that was dropped, and replaces it as if there were none.
#ifndef THREADHEAP_CORE_NAME_H
#define THREADHEAP_CORE_NAME_H

#include "ref.h"
#include "value.h"

// Constant once made; shared by all threads.
typedef struct th_names {
  th_descriptor ids;   // map from names to ids
  th_descriptor names; // map from ids to names
} th_names;

// Makes the two maps, empty. Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
th_status th_names_create(th_heap *heap, th_names *names);

// Looks a name up, which is of type TH_LATIN1 or TH_UTF16.
// Returns TH_OK with the id; TH_VACANT when no live ref has the name; TH_BAD_DESCRIPTOR when one of
// another kind has it; TH_BUSY; TH_NO_MEMORY. Threads: safe, takes no lock.
th_status th_name_find(th_heap *heap, const th_names *names, const th_value *name, th_ref_kind kind,
                       uint64_t *id);

// Makes a ref of a container as th_ref_publish does, and gives it the name. When another thread was
// faster, the container is freed and *id is that of the ref that has the name. When the call does
// not return TH_OK, the container is freed, too.
// Returns TH_OK; TH_BAD_DESCRIPTOR as above; TH_BUSY; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY.
// Threads: safe.
th_status th_name_publish(const th_handle *handle, th_ref_kind kind, const th_names *names,
                          const th_value *name, uint64_t *id);

// Drops a ref, and the name it may have.
// Returns TH_OK; TH_FREED when it was dropped before; TH_BAD_DESCRIPTOR when the id is none of that
// kind; TH_BUSY; TH_NO_MEMORY. Threads: safe; of two that drop it one gets TH_OK.
th_status th_name_drop(th_heap *heap, const th_names *names, uint64_t id, th_ref_kind kind);

#endif
