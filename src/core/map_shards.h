// SPDX-License-Identifier: MIT
// The shards of a map, for the sources of map.h. map.h has the picture.
#ifndef THREADHEAP_CORE_MAP_SHARDS_H
#define THREADHEAP_CORE_MAP_SHARDS_H

#include "map_table.h"

static inline th_map *th__map_of(const th_handle *handle) {
  return (th_map *)(void *)handle->object;
}

static inline uint32_t th__map_shard_count(th_map *map) {
  return th_load_acquire(&map->shard_count); // pairs with the release in split
}

static inline th_map_shard *th__map_shard_at(th_map *map, uint32_t count, uint32_t index) {
  return count == 1 ? &map->single : &map->shards[index];
}

static inline th_map_shard *th__map_shard_of(th_map *map, uint32_t count, uint64_t hash) {
  return count == 1 ? &map->single : &map->shards[hash >> 58];
}

// What a look-up found.
typedef struct th_map_finding {
  bool found;
  th_cell cell;   // the value, unless it has bytes
  th_value bytes; // the value if it has
} th_map_finding;

// Looks a key up, without a lock unless writers keep it from finishing.
// Returns TH_OK; TH_BUSY; TH_FREED; TH_CORRUPT; TH_NO_MEMORY.
th_status th__map_read(const th_handle *handle, const th_key *key, bool with_value,
                       th_map_finding *finding);

// As th_map_set and th_map_delete. The cell is the caller's no more, whatever is returned.
th_status th__map_set_cell(const th_handle *handle, const th_key *key, th_cell cell);
th_status th__map_delete_key(const th_handle *handle, const th_key *key, bool *found);

#endif
