// SPDX-License-Identifier: MIT
// The directory of a store of objects: a map from names to encoded objects (map.h) that is of
// another kind, so that a descriptor of the one never opens the other, and knows its codec. All
// calls but these are those of maps.
#ifndef THREADHEAP_CORE_STORE_H
#define THREADHEAP_CORE_STORE_H

#include "map.h"

typedef struct th_store {
  th_map map;
  th_atomic_u32 codec; // a number of lib/codec.js; set before the store is published
} th_store;

th_status th_store_create(th_heap *heap, uint32_t codec, th_handle *handle);

// Finds a store by its descriptor (object.h). A zeroed block becomes an empty one of that codec.
th_status th_store_open(th_heap *heap, const th_descriptor *descriptor, uint32_t codec,
                        th_handle *handle);

// Threads: safe, takes no lock. Returns TH_OK; TH_FREED; TH_CORRUPT.
th_status th_store_codec(const th_handle *handle, uint32_t *codec);

#endif
