// SPDX-License-Identifier: MIT
#include "map_shards.h"

// Turns the position of an iteration from before the split into one in the shards of today.
static void migrate(th_map_cursor *cursor, uint32_t count) {
  if (cursor->shard_count == count) return;
  if (cursor->shard_count == 1 && cursor->shard == 1) {
    cursor->shard = count; // it was over
    cursor->shard_count = count;
    return;
  }
  if (cursor->shard_count == 1) {
    cursor->base_after = cursor->after;
    cursor->base_limit = cursor->limit;
  }
  cursor->shard_count = count;
  cursor->shard = 0;
  cursor->after = cursor->base_after;
  cursor->limit = cursor->base_limit;
}

static void next_shard(th_map_cursor *cursor) {
  cursor->shard++;
  cursor->after = cursor->base_after;
  cursor->limit = cursor->base_limit;
}

static th_status next_from_shard(const th_handle *handle, th_map_cursor *cursor, uint32_t count,
                                 bool with_values, th_map_batch *batch) {
  th_map *map = th__map_of(handle);
  th_map_shard *shard = th__map_shard_at(map, count, (uint32_t)cursor->shard);
  th_status status = th_lock_try(&shard->lock, &handle->heap->record->lock_waits);
  if (status != TH_OK) return status;
  status = th_object_check(handle);
  if (status == TH_OK && th__map_shard_count(map) == count) {
    if (cursor->limit == 0) cursor->limit = shard->sequence + 1;
    bool more = false;
    status = th__map_scan(handle->heap, shard, cursor, with_values, batch, &more);
    if (status == TH_OK && !more) next_shard(cursor);
  }
  th_lock_release(&shard->lock);
  return status;
}

th_status th_map_next(const th_handle *handle, th_map_cursor *out, bool with_values,
                      th_map_batch *batch) {
  th_map *map = th__map_of(handle);
  th_map_cursor cursor = *out; // a failed call leaves the caller's as it was
  handle->heap->buffer.length = 0;
  batch->count = 0;
  for (;;) {
    const uint32_t count = th__map_shard_count(map);
    migrate(&cursor, count);
    if (cursor.shard >= count || batch->count > 0) break;
    const th_status status = next_from_shard(handle, &cursor, count, with_values, batch);
    if (status == TH_CORRUPT) return th__object_corrupt(handle);
    if (status != TH_OK) return status;
  }
  const th_status status = th_object_check(handle);
  if (status == TH_OK) *out = cursor;
  return status;
}
