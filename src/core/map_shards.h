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
  return count == 1 ? &map->single : &map->shards[th__map_shard_index(hash)];
}

// What a look-up found.
typedef struct th_map_finding {
  bool found;
  uint8_t tag;      // of the value's cell
  uint64_t payload; // of the same
  th_value bytes;   // the value, if it has bytes
} th_map_finding;

static inline th_status th__map_read_value(th_heap *heap, th_entry *entry, th_map_finding *f) {
  const th_cell cell = th__entry_value(entry);
  f->tag = cell.tag;
  f->payload = cell.payload;
  if (!th__type_has_bytes(th__cell_type(cell))) return TH_OK;
  heap->buffer.length = 0;
  th_value bytes = {0};
  const th_status status = th__cell_read_bytes(heap, cell, &bytes);
  f->bytes = bytes;
  return status;
}

static inline th_status th__map_look_up(const th_handle *handle, th_map_shard *shard,
                                        const th_key *key, bool with_value, th_map_finding *f) {
  th_entry *entry = th__map_find(handle->heap, shard, key);
  f->found = entry != NULL;
  f->tag = TH_ABSENT;
  f->payload = 0;
  return entry && with_value ? th__map_read_value(handle->heap, entry, f) : TH_OK;
}

// One attempt; TH_BUSY when a writer was in the way.
static inline th_status th__map_try_read(const th_handle *handle, const th_key *key,
                                         bool with_value, th_map_finding *f) {
  th_map *map = th__map_of(handle);
  const uint32_t count = th__map_shard_count(map);
  th_map_shard *shard = th__map_shard_of(map, count, key->hash);
  const uint64_t version = th_load_acquire(&shard->version); // pairs with th__map_write_end
  if (version % 2 != 0 || th__map_shard_count(map) != count) return TH_BUSY;
  const th_status status = th__map_look_up(handle, shard, key, with_value, f);
  if (th_load_acquire(&shard->version) != version) return TH_BUSY;
  const th_status live = th_object_check(handle);
  return live == TH_OK ? status : live;
}

// Looks a key up, without a lock unless writers keep it from finishing.
// Returns TH_OK; TH_BUSY; TH_FREED; TH_CORRUPT; TH_NO_MEMORY.
th_status th__map_read_again(const th_handle *handle, const th_key *key, bool with_value,
                             th_map_finding *finding);
static inline th_status th__map_read(const th_handle *handle, const th_key *key, bool with_value,
                                     th_map_finding *finding) {
  if (th__map_try_read(handle, key, with_value, finding) == TH_OK) return TH_OK;
  // Copies, so that the compiler need not keep the others in memory.
  const th_key same = *key;
  th_map_finding f = {.found = false};
  const th_status status = th__map_read_again(handle, &same, with_value, &f);
  *finding = f;
  return status;
}

// Whether a lock that was just taken is that of the shard of the hash, and the map live.
static inline bool th__map_is_shard(const th_handle *handle, uint64_t hash, th_map_shard *shard) {
  th_map *map = th__map_of(handle);
  return th__map_shard_of(map, th__map_shard_count(map), hash) == shard &&
         th_object_check(handle) == TH_OK;
}

// Locks the shard the key belongs to. Returns TH_OK; TH_BUSY; TH_FREED; TH_CORRUPT.
th_status th__map_lock_shard_again(const th_handle *handle, uint64_t hash, th_map_shard **shard);
static inline th_status th__map_lock_shard(const th_handle *handle, const th_key *key,
                                           th_map_shard **out) {
  th_map *map = th__map_of(handle);
  th_map_shard *shard = th__map_shard_of(map, th__map_shard_count(map), key->hash);
  if (!th__lock_take(&shard->lock)) return th__map_lock_shard_again(handle, key->hash, out);
  if (th__map_is_shard(handle, key->hash, shard)) {
    *out = shard;
    return TH_OK;
  }
  th_lock_release(&shard->lock);
  return th__map_lock_shard_again(handle, key->hash, out);
}

// As th_map_set and th_map_delete.
th_status th__map_set_number(const th_handle *handle, const th_key *key, double number);
th_status th__map_delete_key(const th_handle *handle, const th_key *key, bool *found);

#endif
