// SPDX-License-Identifier: MIT
#include "map.h"

#include "map_table.h"

enum { READ_TRIES = 16 };

_Static_assert(sizeof(th_map_shard) == 64, "a shard fills a cache line");

static th_map *map_of(const th_handle *handle) {
  return (th_map *)(void *)handle->object;
}

static th_map_shard *shard_at(th_map *map, uint32_t count, uint32_t index) {
  return count == 1 ? &map->single : &map->shards[index];
}

static uint32_t shard_index(uint32_t count, uint64_t hash) {
  return count == 1 ? 0 : (uint32_t)(hash >> 58);
}

static uint32_t shard_count(th_map *map) {
  return th_load_acquire(&map->shard_count); // pairs with the release in split
}

th_status th__map_make(th_heap *heap, th_object_kind kind, th_handle *handle) {
  const th_status status = th__object_create(heap, kind, handle);
  if (status != TH_OK) return status;
  // th_map_free left the shards empty; a slot that was never used is zero.
  th_store_release(&map_of(handle)->shard_count, 1u);
  return TH_OK;
}

th_status th_map_create(th_heap *heap, th_handle *handle) {
  const th_status status = th__map_make(heap, TH_MAP, handle);
  if (status == TH_OK) th__object_publish(handle);
  return status;
}

static th_status create_empty(th_heap *heap, void *context, th_handle *handle) {
  (void)context;
  return th_map_create(heap, handle);
}

th_status th_map_open(th_heap *heap, const th_descriptor *descriptor, th_handle *handle) {
  const th_maker maker = {.create = create_empty};
  return th__object_open(heap, TH_MAP, descriptor, &maker, handle);
}

// ---- reading without a lock ----

// One attempt; TH_BUSY when a writer was in the way. `value` may be NULL.
static th_status try_read(const th_handle *handle, const th_value *key, uint64_t hash,
                          th_value *value, bool *found) {
  th_map *map = map_of(handle);
  const uint32_t count = shard_count(map);
  th_map_shard *shard = shard_at(map, count, shard_index(count, hash));
  const uint64_t version = th_load_acquire(&shard->version); // pairs with th__map_write_end
  if (version % 2 != 0 || shard_count(map) != count) return TH_BUSY;
  const th_status status = th__map_lookup(handle->heap, shard, key, hash, value, found);
  if (th_load_acquire(&shard->version) != version) return TH_BUSY;
  const th_status live = th_object_check(handle);
  return live == TH_OK ? status : live;
}

static th_status lock_shard(const th_handle *handle, uint64_t hash, th_map_shard **shard);

static th_status read_locked(const th_handle *handle, const th_value *key, uint64_t hash,
                             th_value *value, bool *found) {
  th_map_shard *shard;
  th_status status = lock_shard(handle, hash, &shard);
  if (status != TH_OK) return status;
  status = th__map_lookup(handle->heap, shard, key, hash, value, found);
  th_lock_release(&shard->lock);
  return status;
}

static th_status read_entry(const th_handle *handle, const th_value *key, th_value *value,
                            bool *found) {
  const uint64_t hash = th__value_hash(handle->heap->record, key);
  th_value read = {0}; // what an attempt that fails has read is dropped
  th_value *into = value ? &read : NULL;
  bool is_there = false;
  th_status status = TH_BUSY;
  for (int i = 0; i < READ_TRIES && status == TH_BUSY; i++) {
    status = try_read(handle, key, hash, into, &is_there);
    if (status == TH_BUSY) th_cpu_relax();
  }
  if (status == TH_BUSY) status = read_locked(handle, key, hash, into, &is_there);
  if (status == TH_CORRUPT) return th__object_corrupt(handle);
  if (status != TH_OK) return status;
  if (is_there && value) *value = read;
  *found = is_there;
  return TH_OK;
}

th_status th_map_get(const th_handle *handle, const th_value *key, th_value *value, bool *found) {
  return read_entry(handle, key, value, found);
}

th_status th_map_has(const th_handle *handle, const th_value *key, bool *found) {
  return read_entry(handle, key, NULL, found);
}

// ---- locking ----

// Locks the shard the hash belongs to. The count is looked at again under the lock.
static th_status lock_shard(const th_handle *handle, uint64_t hash, th_map_shard **out) {
  th_map *map = map_of(handle);
  for (;;) {
    const uint32_t count = shard_count(map);
    th_map_shard *shard = shard_at(map, count, shard_index(count, hash));
    th_status status = th_lock_try(&shard->lock, &handle->heap->record->lock_waits);
    if (status != TH_OK) return status;
    if (shard_count(map) == count) {
      status = th_object_check(handle);
      if (status == TH_OK) {
        *out = shard;
        return TH_OK;
      }
    }
    th_lock_release(&shard->lock);
    if (status != TH_OK) return status;
  }
}

static void unlock_shards(th_map *map, uint32_t count, uint32_t locked) {
  for (uint32_t i = 0; i < locked; i++) {
    th_lock_release(&shard_at(map, count, i)->lock);
  }
}

// Locks all shards, in rising order; *count is how many.
static th_status lock_all(const th_handle *handle, uint32_t *out) {
  th_map *map = map_of(handle);
  for (;;) {
    const uint32_t count = shard_count(map);
    th_status status = TH_OK;
    uint32_t locked = 0;
    while (locked < count && status == TH_OK) {
      status = th_lock_try(&shard_at(map, count, locked)->lock, &handle->heap->record->lock_waits);
      if (status == TH_OK) locked++;
    }
    const bool current = shard_count(map) == count;
    if (status == TH_OK && current) status = th_object_check(handle);
    if (status == TH_OK && current) {
      *out = count;
      return TH_OK;
    }
    unlock_shards(map, count, locked);
    if (status != TH_OK) return status;
  }
}

th_status th_map_locate(const th_handle *handle, const th_value *key, th_address *address,
                        uint64_t *length, bool *found) {
  th_heap *heap = handle->heap;
  const uint64_t hash = th__value_hash(heap->record, key);
  th_map_shard *shard;
  const th_status status = lock_shard(handle, hash, &shard);
  if (status != TH_OK) return status;
  th_entry *entry = th__map_find(heap, shard, key, hash);
  *found = entry && th__cell_locate(heap, th__entry_value(entry), address, length);
  th_lock_release(&shard->lock);
  return TH_OK;
}

// ---- the split ----

static bool should_split(th_map *map, const th_map_shard *shard) {
  return shard == &map->single && th_load_relaxed(&map->single.live) >= TH_MAP_SPLIT &&
         th__map_is_full(shard);
}

// Moves the entries of the one shard into TH_MAP_SHARDS new tables. Caller holds its lock. When
// that fails, nothing has changed.
static th_status split(const th_handle *handle) {
  th_map *map = map_of(handle);
  if (!map->shards) {
    map->shards = th__record_calloc(handle->heap->record, TH_MAP_SHARDS, sizeof(th_map_shard));
    if (!map->shards) return TH_NO_MEMORY;
  }
  const th_status status = th__map_spread(handle->heap, &map->single, map->shards);
  if (status != TH_OK) return status;
  th__map_write_begin(&map->single);
  th_store_release(&map->shard_count, (uint32_t)TH_MAP_SHARDS);
  const uint64_t table = th__map_detach(&map->single);
  th__map_write_end(&map->single);
  th__map_table_free(handle->heap, table);
  return TH_OK;
}

// ---- writing ----

// A change to one key.
typedef struct change {
  const th_value *key;
  uint64_t hash;
  th_cell cell; // the value to store; once it is stored, the old one
} change;

// Stores the cell as the value of the key, whose entry is given if it has one.
static th_status store(const th_handle *handle, th_map_shard *shard, th_entry *entry, change *c) {
  if (entry) {
    c->cell = th__map_replace(shard, entry, c->cell);
    return TH_OK;
  }
  const th_status status = th__map_insert(handle->heap, shard, c->key, c->hash, c->cell);
  if (status == TH_OK) c->cell = (th_cell){0};
  return status;
}

// Decides under the shard's lock what becomes of the entry of the key, NULL when it is absent.
typedef th_status (*decision)(const th_handle *handle, th_map_shard *shard, th_entry *entry,
                              change *c, void *context);

// Locks the shard of the key and finds its entry. Splits the map first when the key is absent and
// the table is full. A split that finds no room is put off; the insertion's own need for room
// decides.
static th_status lock_entry(const th_handle *handle, const change *c, th_map_shard **shard,
                            th_entry **entry) {
  th_status status = lock_shard(handle, c->hash, shard);
  if (status != TH_OK) return status;
  *entry = th__map_find(handle->heap, *shard, c->key, c->hash);
  if (*entry || !should_split(map_of(handle), *shard) || split(handle) != TH_OK) return TH_OK;
  th_lock_release(&(*shard)->lock);
  status = lock_shard(handle, c->hash, shard);
  if (status == TH_OK) *entry = th__map_find(handle->heap, *shard, c->key, c->hash);
  return status;
}

// What every writer that may insert does: lock, find, decide, unlock, free the cell left over.
static th_status write_entry(const th_handle *handle, const th_value *key, th_cell cell,
                             decision decide, void *context) {
  change c = {.key = key, .hash = th__value_hash(handle->heap->record, key), .cell = cell};
  th_map_shard *shard;
  th_entry *entry;
  th_status status = lock_entry(handle, &c, &shard, &entry);
  if (status == TH_OK) {
    status = decide(handle, shard, entry, &c, context);
    th_lock_release(&shard->lock);
  }
  th__cell_free(handle->heap, c.cell);
  return status == TH_CORRUPT ? th__object_corrupt(handle) : status;
}

static th_status write_value(const th_handle *handle, const th_value *key, const th_value *value,
                             decision decide, void *context) {
  th_cell cell;
  th_status status = th_object_check(handle);
  if (status == TH_OK) status = th__cell_make(handle->heap, value, &cell);
  return status == TH_OK ? write_entry(handle, key, cell, decide, context) : status;
}

static th_status decide_set(const th_handle *handle, th_map_shard *shard, th_entry *entry,
                            change *c, void *context) {
  (void)context;
  return store(handle, shard, entry, c);
}

th_status th_map_set(const th_handle *handle, const th_value *key, const th_value *value) {
  return write_value(handle, key, value, decide_set, NULL);
}

typedef struct cas {
  const th_value *expected;
  bool *stored;
} cas;

static th_status decide_cas(const th_handle *handle, th_map_shard *shard, th_entry *entry,
                            change *c, void *context) {
  const cas *request = context;
  const bool matches =
      entry ? th__cell_equals(handle->heap, th__entry_value(entry), request->expected)
            : request->expected->type == TH_UNDEFINED;
  const th_status status = matches ? store(handle, shard, entry, c) : TH_OK;
  if (status == TH_OK) *request->stored = matches;
  return status;
}

th_status th_map_compare_and_set(const th_handle *handle, const th_value *key,
                                 const th_value *expected, const th_value *value, bool *stored) {
  cas request = {expected, stored};
  return write_value(handle, key, value, decide_cas, &request);
}

typedef struct insertion {
  th_value *present;
  bool *inserted;
} insertion;

static th_status decide_insert(const th_handle *handle, th_map_shard *shard, th_entry *entry,
                               change *c, void *context) {
  const insertion *request = context;
  const bool absent = entry == NULL;
  handle->heap->buffer.length = 0;
  const th_status status =
      absent ? store(handle, shard, entry, c)
             : th__cell_read(handle->heap, th__entry_value(entry), request->present);
  if (status == TH_OK) *request->inserted = absent;
  return status;
}

th_status th_map_get_or_insert(const th_handle *handle, const th_value *key, const th_value *value,
                               th_value *present, bool *inserted) {
  bool found;
  const th_status status = read_entry(handle, key, present, &found);
  if (status != TH_OK || found) {
    if (status == TH_OK) *inserted = false;
    return status;
  }
  insertion request = {present, inserted};
  return write_value(handle, key, value, decide_insert, &request);
}

typedef struct addition {
  double delta;
  double *sum;
} addition;

static th_status decide_add(const th_handle *handle, th_map_shard *shard, th_entry *entry,
                            change *c, void *context) {
  const addition *request = context;
  th_value value = {.type = TH_NUMBER, .number = 0};
  if (entry) {
    const th_cell present = th__entry_value(entry);
    if (present.tag != TH_NUMBER) return TH_NOT_A_NUMBER;
    th__cell_read(handle->heap, present, &value);
  }
  value.number += request->delta;
  th__cell_make(handle->heap, &value, &c->cell); // a number needs no block, so it cannot fail
  const th_status status = store(handle, shard, entry, c);
  if (status == TH_OK) *request->sum = value.number;
  return status;
}

th_status th_map_add(const th_handle *handle, const th_value *key, double delta, double *sum) {
  addition request = {delta, sum};
  const th_status status = th_object_check(handle);
  if (status != TH_OK) return status;
  return write_entry(handle, key, (th_cell){0}, decide_add, &request);
}

// Deletes the entry, where `expected` is given only if its value equals that.
static th_status delete_entry(const th_handle *handle, const th_value *key,
                              const th_value *expected, bool *found) {
  th_heap *heap = handle->heap;
  const uint64_t hash = th__value_hash(heap->record, key);
  th_map_shard *shard;
  const th_status status = lock_shard(handle, hash, &shard);
  if (status != TH_OK) return status;
  th_entry *entry = th__map_find(heap, shard, key, hash);
  if (entry && th_load_relaxed(&shard->live) == 0) { // an entry that came by itself
    th_lock_release(&shard->lock);
    return th__object_corrupt(handle);
  }
  th_cell value = {0};
  if (entry && expected && !th__cell_equals(heap, th__entry_value(entry), expected)) entry = NULL;
  *found = entry != NULL;
  if (entry) {
    const th_cell removed = th__entry_key(entry);
    value = th__map_remove(shard, entry);
    th__cell_free(heap, removed);
    th__map_shrink(heap, shard);
  }
  th_lock_release(&shard->lock);
  th__cell_free(heap, value);
  return TH_OK;
}

th_status th_map_delete(const th_handle *handle, const th_value *key, bool *found) {
  return delete_entry(handle, key, NULL, found);
}

th_status th_map_compare_and_delete(const th_handle *handle, const th_value *key,
                                    const th_value *expected, bool *found) {
  return delete_entry(handle, key, expected, found);
}

// ---- the whole map ----

// A number summed over the shards. The split publishes the new count before it empties the one
// shard, so a sum that missed what moved sees another count behind it.
static th_status sum_shards(const th_handle *handle, uint64_t (*of)(th_map_shard *shard),
                            uint64_t *out) {
  th_map *map = map_of(handle);
  uint32_t count;
  uint64_t sum;
  do {
    count = shard_count(map);
    sum = 0;
    for (uint32_t i = 0; i < count; i++) {
      sum += of(shard_at(map, count, i));
    }
  } while (shard_count(map) != count);
  const th_status status = th_object_check(handle);
  if (status == TH_OK) *out = sum;
  return status;
}

static uint64_t live_count(th_map_shard *shard) {
  return th_load_acquire(&shard->live); // pairs with the release in th__map_detach
}

th_status th_map_size(const th_handle *handle, uint64_t *entries) {
  return sum_shards(handle, live_count, entries);
}

th_status th_map_slots(const th_handle *handle, uint64_t *slots) {
  return sum_shards(handle, th__map_slot_count, slots);
}

// Takes the tables of all shards, whose locks the caller holds. All versions are odd before the
// first table goes: a reader that misses a key finds none of another shard afterwards.
static void detach_all(th_map *map, uint32_t count, uint64_t *tables, uint32_t *appended) {
  for (uint32_t i = 0; i < count; i++) {
    th__map_write_begin(shard_at(map, count, i));
  }
  for (uint32_t i = 0; i < count; i++) {
    th_map_shard *shard = shard_at(map, count, i);
    appended[i] = shard->appended;
    tables[i] = th__map_detach(shard);
  }
  for (uint32_t i = 0; i < count; i++) {
    th__map_write_end(shard_at(map, count, i));
  }
}

static th_status drop_all(const th_handle *handle, bool retire) {
  th_map *map = map_of(handle);
  uint64_t tables[TH_MAP_SHARDS];
  uint32_t appended[TH_MAP_SHARDS];
  uint32_t count;
  const th_status status = lock_all(handle, &count);
  if (status != TH_OK) return status;
  // First, so that who finds the shards empty finds the map freed.
  if (retire) th__object_retire(handle);
  detach_all(map, count, tables, appended);
  unlock_shards(map, count, count);
  for (uint32_t i = 0; i < count; i++) {
    th__map_cells_free(handle->heap, tables[i], appended[i]);
    th__map_table_free(handle->heap, tables[i]);
  }
  return TH_OK;
}

th_status th_map_clear(const th_handle *handle) {
  return drop_all(handle, false);
}

th_status th_map_free(const th_handle *handle) {
  const th_status status = drop_all(handle, true);
  if (status == TH_OK) th__object_release(handle);
  return status;
}

// ---- iteration ----

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
  th_map *map = map_of(handle);
  th_map_shard *shard = shard_at(map, count, (uint32_t)cursor->shard);
  th_status status = th_lock_try(&shard->lock, &handle->heap->record->lock_waits);
  if (status != TH_OK) return status;
  status = th_object_check(handle);
  if (status == TH_OK && shard_count(map) == count) {
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
  th_map *map = map_of(handle);
  th_map_cursor cursor = *out; // a failed call leaves the caller's as it was
  handle->heap->buffer.length = 0;
  batch->count = 0;
  for (;;) {
    const uint32_t count = shard_count(map);
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

// ---- verification ----

static th_status verify_shards(const th_handle *handle, uint32_t count, th_census *reached) {
  th_status result = TH_OK;
  for (uint32_t i = 0; i < count; i++) {
    th_map_shard *shard = shard_at(map_of(handle), count, i);
    th_status status = th_lock_try(&shard->lock, &handle->heap->record->lock_waits);
    if (status != TH_OK) return status;
    status = th_object_check(handle);
    if (status == TH_OK) status = th__map_table_verify(handle->heap, shard, reached);
    th_lock_release(&shard->lock);
    if (status == TH_CORRUPT) return th__object_corrupt(handle);
    if (status == TH_NO_MEMORY)
      result = status; // the census goes on
    else if (status != TH_OK)
      return status;
  }
  return result;
}

th_status th_map_verify(const th_handle *handle, th_census *reached) {
  return verify_shards(handle, shard_count(map_of(handle)), reached);
}
