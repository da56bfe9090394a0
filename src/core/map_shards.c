// SPDX-License-Identifier: MIT
#include "map_shards.h"

enum { READ_TRIES = 16 };

_Static_assert(sizeof(th_map_shard) == 64, "a shard fills a cache line");

// Cold, so that th__map_lock_shard is small where it is inlined.
TH_COLD th_status th__map_lock_shard_again(const th_handle *handle, uint64_t hash,
                                           th_map_shard **out) {
  th_map *map = th__map_of(handle);
  for (;;) {
    th_map_shard *shard = th__map_shard_of(map, th__map_shard_count(map), hash);
    th_status status = th_lock_try(&shard->lock, &handle->heap->record->lock_waits);
    if (status != TH_OK) return status;
    if (th__map_is_shard(handle, hash, shard)) {
      *out = shard;
      return TH_OK;
    }
    th_lock_release(&shard->lock);
    status = th_object_check(handle);
    if (status != TH_OK) return status;
  }
}

static th_status read_locked(const th_handle *handle, const th_key *key, bool with_value,
                             th_map_finding *f) {
  th_map_shard *shard;
  th_status status = th__map_lock_shard(handle, key, &shard);
  if (status != TH_OK) return status;
  status = th__map_look_up(handle, shard, key, with_value, f);
  th_lock_release(&shard->lock);
  return status;
}

th_status th__map_read_again(const th_handle *handle, const th_key *key, bool with_value,
                             th_map_finding *f) {
  th_status status = TH_BUSY;
  for (int i = 1; i < READ_TRIES && status == TH_BUSY; i++) {
    th_cpu_relax();
    status = th__map_try_read(handle, key, with_value, f);
  }
  if (status == TH_BUSY) status = read_locked(handle, key, with_value, f);
  return status == TH_CORRUPT ? th__object_corrupt(handle) : status;
}
