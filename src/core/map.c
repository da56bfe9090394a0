// SPDX-License-Identifier: MIT
#include "map.h"

#include "alloc.h"
#include "bytes.h"
#include "map_shards.h"

// Has JavaScript see a shard without a table at that address.
static void give_place(const th_heap *heap, th_map_shard *shard, th_address place) {
  shard->place = place;
  const uint64_t version = th_load_relaxed(&shard->version);
  th_store_release(&th__map_place(heap, shard)->version, version);
}

th_status th__map_make(th_heap *heap, th_object_kind kind, th_handle *handle) {
  const th_status status = th__object_create(heap, kind, handle);
  if (status != TH_OK) return status;
  // th_map_free left the shards empty; a slot that was never used is zero.
  th_map *map = th__map_of(handle);
  const th_address single = handle->address + (th_address)offsetof(th_map_control, single);
  give_place(heap, &map->single, single);
  map->directory = 0;
  th_store_release(&map->shard_count, 1u);
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

// The value of a finding. Its words came with a version that fitted, so they are not torn.
static inline th_status value_of(const th_handle *handle, const th_map_finding *f,
                                 th_value *value) {
  const th_cell cell = {.payload = f->payload, .tag = f->tag};
  if (th__type_has_bytes(th__cell_type(cell))) {
    *value = f->bytes;
    return TH_OK;
  }
  const th_status status = th__cell_read(handle->heap, cell, value);
  return status == TH_CORRUPT ? th__object_corrupt(handle) : status;
}

static inline th_status get(const th_handle *handle, const th_key *key, th_value *value,
                            bool *found) {
  th_map_finding f;
  th_status status = th__map_read(handle, key, true, &f);
  if (status == TH_OK && f.found) status = value_of(handle, &f, value);
  if (status == TH_OK) *found = f.found;
  return status;
}

// The two cases have the look-up each for itself, without what the other needs.
th_status th_map_get(const th_handle *handle, const th_value *key, th_value *value, bool *found) {
  th_key k;
  if (key->type == TH_NUMBER) {
    th__key_number(handle->heap->record, key->number, &k);
    return get(handle, &k, value, found);
  }
  th__key_string(handle->heap->record, key, &k);
  return get(handle, &k, value, found);
}

th_status th_map_has(const th_handle *handle, const th_value *key, bool *found) {
  th_key k;
  th__key_of(handle->heap->record, key, &k);
  th_map_finding f;
  const th_status status = th__map_read(handle, &k, false, &f);
  if (status == TH_OK) *found = f.found;
  return status;
}

// ---- locking ----

// The lock of the one shard, and the first `locked` of the shards' that a map has after the split.
static void unlock_all(th_map *map, uint32_t locked) {
  for (uint32_t i = 0; i < locked; i++) {
    th_lock_release(&map->shards[i].lock);
  }
  th_lock_release(&map->single.lock);
}

// Locks all shards, in rising order; *count is how many. That of the one shard comes first also
// after the split: who splits holds it to the end, past the moment when others see the shards.
static th_status lock_all(const th_handle *handle, uint32_t *count) {
  th_map *map = th__map_of(handle);
  th_atomic_u64 *waits = &handle->heap->record->lock_waits;
  th_status status = th_lock_try(&map->single.lock, waits);
  if (status != TH_OK) return status;
  *count = th__map_shard_count(map);
  uint32_t locked = 0;
  while (*count > 1 && locked < *count && status == TH_OK) {
    status = th_lock_try(&map->shards[locked].lock, waits);
    if (status == TH_OK) locked++;
  }
  if (status == TH_OK) status = th_object_check(handle);
  if (status != TH_OK) unlock_all(map, locked);
  return status;
}

th_status th_map_locate(const th_handle *handle, const th_value *key, th_address *address,
                        uint64_t *length, bool *found) {
  th_heap *heap = handle->heap;
  th_key k;
  th__key_of(heap->record, key, &k);
  th_map_shard *shard;
  const th_status status = th__map_lock_shard(handle, &k, &shard);
  if (status != TH_OK) return status;
  th_entry *entry = th__map_find(heap, shard, &k);
  *found = entry && th__cell_locate(heap, th__entry_value(entry), address, length);
  th_lock_release(&shard->lock);
  return TH_OK;
}

// ---- the split ----

static bool should_split(th_map *map, const th_map_shard *shard) {
  return shard == &map->single && th_load_relaxed(&map->single.live) >= TH_MAP_SPLIT &&
         th__map_is_full(shard);
}

// Makes the shards' places, all without tables. Nobody sees them yet.
static th_status make_directory(th_heap *heap, th_map_shard *shards, th_address *directory) {
  const th_status status =
      th_alloc(heap, sizeof(th_map_directory), TH_BLOCK_ALIGN, TH_BLOCK_TABLE, directory);
  if (status != TH_OK) return status;
  th_bytes_clear(th__at(heap, *directory), sizeof(th_map_directory));
  for (uint32_t i = 0; i < TH_MAP_SHARDS; i++) {
    give_place(heap, &shards[i], th__map_place_at(*directory, i));
  }
  return TH_OK;
}

// Makes TH_MAP_SHARDS shards with the entries of the one, and their directory.
static th_status spread(const th_handle *handle, th_address *directory) {
  th_map *map = th__map_of(handle);
  if (!map->shards) {
    map->shards = th__record_calloc(handle->heap->record, TH_MAP_SHARDS, sizeof(th_map_shard));
    if (!map->shards) return TH_NO_MEMORY;
  }
  th_status status = make_directory(handle->heap, map->shards, directory);
  if (status != TH_OK) return status;
  status = th__map_spread(handle->heap, &map->single, map->shards);
  if (status != TH_OK) th__map_table_free(handle->heap, *directory);
  return status;
}

// Moves the entries of the one shard into TH_MAP_SHARDS new tables. Caller holds its lock. When
// that fails, nothing has changed.
static th_status split(const th_handle *handle) {
  th_map *map = th__map_of(handle);
  th_address directory;
  const th_status status = spread(handle, &directory);
  if (status != TH_OK) return status;
  map->directory = directory;
  th__map_write_begin(handle->heap, &map->single);
  // In this order: who sees the count finds the directory, and who misses what went out of the one
  // shard sees the count (sum_shards).
  th__table_place_store(th__map_place(handle->heap, &map->single),
                        th__table_place_of_directory(directory));
  th_store_release(&map->shard_count, (uint32_t)TH_MAP_SHARDS);
  const uint64_t table = th__map_empty(&map->single);
  th__map_write_end(handle->heap, &map->single);
  th__map_table_free(handle->heap, table);
  return TH_OK;
}

// ---- writing ----

// A change to one key.
typedef struct change {
  const th_key *key;
  th_cell cell; // the value to store; once it is stored, the old one
} change;

// Stores the cell as the value of the key, whose entry is given if it has one.
static th_status store(const th_handle *handle, th_map_shard *shard, th_entry *entry, change *c) {
  if (entry) {
    c->cell = th__map_replace(handle->heap, shard, entry, c->cell);
    return TH_OK;
  }
  const th_status status = th__map_insert(handle->heap, shard, c->key, c->cell);
  if (status == TH_OK) c->cell = (th_cell){0};
  return status;
}

// Decides under the shard's lock what becomes of the entry of the key, NULL when it is absent.
typedef th_status (*decision)(const th_handle *handle, th_map_shard *shard, th_entry *entry,
                              change *c, void *context);

// Locks the shard of the key and finds its entry. Splits the map first when the key is absent and
// the table is full. A split that finds no room is put off; the insertion's own need for room
// decides.
static inline th_status lock_entry(const th_handle *handle, const th_key *key, th_map_shard **shard,
                                   th_entry **entry) {
  th_status status = th__map_lock_shard(handle, key, shard);
  if (status != TH_OK) return status;
  *entry = th__map_find(handle->heap, *shard, key);
  if (*entry || !should_split(th__map_of(handle), *shard) || split(handle) != TH_OK) return TH_OK;
  th_lock_release(&(*shard)->lock);
  status = th__map_lock_shard(handle, key, shard);
  if (status == TH_OK) *entry = th__map_find(handle->heap, *shard, key);
  return status;
}

// What every writer that may insert does: lock, find, decide, unlock, free the cell left over.
static th_status write_entry(const th_handle *handle, const th_key *key, th_cell cell,
                             decision decide, void *context) {
  change c = {.key = key, .cell = cell};
  th_map_shard *shard;
  th_entry *entry;
  th_status status = lock_entry(handle, key, &shard, &entry);
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
  if (status == TH_OK) status = th__cell_make(handle->heap, value, TH_CELL_SHORT, &cell);
  if (status != TH_OK) return status;
  th_key k;
  th__key_of(handle->heap->record, key, &k);
  return write_entry(handle, &k, cell, decide, context);
}

// What is left of setting a number, with the lock: it does not replace another.
static TH_COLD th_status store_number(const th_handle *handle, th_map_shard *shard, th_entry *entry,
                                      const th_key *key, double number) {
  const th_value value = {.type = TH_NUMBER, .number = number};
  change c = {.key = key};
  th__cell_make(handle->heap, &value, TH_CELL_SHORT, &c.cell); // a number needs no block
  const th_status status = store(handle, shard, entry, &c);
  th_lock_release(&shard->lock);
  th__cell_free(handle->heap, c.cell);
  return status == TH_CORRUPT ? th__object_corrupt(handle) : status;
}

// The same as write_value, for the most frequent of all writes.
th_status th__map_set_number(const th_handle *handle, const th_key *key, double number) {
  th_map_shard *shard;
  th_entry *entry;
  const th_status status = lock_entry(handle, key, &shard, &entry);
  if (status != TH_OK) return status;
  if (!entry || (uint8_t)th_load_relaxed(&entry->meta) != TH_NUMBER)
    return store_number(handle, shard, entry, key, number);
  th__map_replace_number(entry, number);
  th_lock_release(&shard->lock);
  return TH_OK;
}

static th_status decide_set(const th_handle *handle, th_map_shard *shard, th_entry *entry,
                            change *c, void *context) {
  (void)context;
  return store(handle, shard, entry, c);
}

th_status th_map_set(const th_handle *handle, const th_value *key, const th_value *value) {
  if (value->type != TH_NUMBER) return write_value(handle, key, value, decide_set, NULL);
  th_key k;
  th__key_of(handle->heap->record, key, &k);
  return th__map_set_number(handle, &k, value->number);
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
  const th_status status = th_map_get(handle, key, present, &found);
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
  th__cell_make(handle->heap, &value, TH_CELL_SHORT,
                &c->cell); // a number needs no block, so it cannot fail
  const th_status status = store(handle, shard, entry, c);
  if (status == TH_OK) *request->sum = value.number;
  return status;
}

th_status th_map_add(const th_handle *handle, const th_value *key, double delta, double *sum) {
  addition request = {delta, sum};
  const th_status status = th_object_check(handle);
  if (status != TH_OK) return status;
  th_key k;
  th__key_of(handle->heap->record, key, &k);
  return write_entry(handle, &k, (th_cell){0}, decide_add, &request);
}

// Deletes the entry, where `expected` is given only if its value equals that.
static th_status delete_entry(const th_handle *handle, const th_key *key, const th_value *expected,
                              bool *found) {
  th_heap *heap = handle->heap;
  th_map_shard *shard;
  const th_status status = th__map_lock_shard(handle, key, &shard);
  if (status != TH_OK) return status;
  th_entry *entry = th__map_find(heap, shard, key);
  if (entry && th_load_relaxed(&shard->live) == 0) { // an entry that came by itself
    th_lock_release(&shard->lock);
    return th__object_corrupt(handle);
  }
  th_cell value = {0};
  if (entry && expected && !th__cell_equals(heap, th__entry_value(entry), expected)) entry = NULL;
  *found = entry != NULL;
  if (entry) {
    const th_cell removed = th__entry_key_block(entry);
    value = th__map_remove(heap, shard, entry);
    th__cell_free(heap, removed);
    th__map_shrink(heap, shard);
  }
  th_lock_release(&shard->lock);
  th__cell_free(heap, value);
  return TH_OK;
}

th_status th__map_delete_key(const th_handle *handle, const th_key *key, bool *found) {
  return delete_entry(handle, key, NULL, found);
}

th_status th_map_delete(const th_handle *handle, const th_value *key, bool *found) {
  th_key k;
  th__key_of(handle->heap->record, key, &k);
  return delete_entry(handle, &k, NULL, found);
}

th_status th_map_compare_and_delete(const th_handle *handle, const th_value *key,
                                    const th_value *expected, bool *found) {
  th_key k;
  th__key_of(handle->heap->record, key, &k);
  return delete_entry(handle, &k, expected, found);
}

// ---- the whole map ----

// A number summed over the shards. The split publishes the new count before it empties the one
// shard, so a sum that missed what moved sees another count behind it.
static th_status sum_shards(const th_handle *handle, uint64_t (*of)(th_map_shard *shard),
                            uint64_t *out) {
  th_map *map = th__map_of(handle);
  uint32_t count;
  uint64_t sum;
  do {
    count = th__map_shard_count(map);
    sum = 0;
    for (uint32_t i = 0; i < count; i++) {
      sum += of(th__map_shard_at(map, count, i));
    }
  } while (th__map_shard_count(map) != count);
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
static void detach_all(const th_handle *handle, uint32_t count, uint64_t *tables,
                       uint32_t *appended) {
  th_map *map = th__map_of(handle);
  for (uint32_t i = 0; i < count; i++) {
    th__map_write_begin(handle->heap, th__map_shard_at(map, count, i));
  }
  for (uint32_t i = 0; i < count; i++) {
    th_map_shard *shard = th__map_shard_at(map, count, i);
    appended[i] = shard->appended;
    tables[i] = th__map_detach(handle->heap, shard);
  }
  for (uint32_t i = 0; i < count; i++) {
    th__map_write_end(handle->heap, th__map_shard_at(map, count, i));
  }
}

static th_status drop_all(const th_handle *handle, bool retire) {
  th_map *map = th__map_of(handle);
  uint64_t tables[TH_MAP_SHARDS];
  uint32_t appended[TH_MAP_SHARDS];
  uint32_t count;
  const th_status status = lock_all(handle, &count);
  if (status != TH_OK) return status;
  // First, so that who finds the shards empty finds the map freed.
  if (retire) th__object_retire(handle);
  detach_all(handle, count, tables, appended);
  const th_address directory = retire ? map->directory : 0;
  unlock_all(map, count > 1 ? count : 0);
  for (uint32_t i = 0; i < count; i++) {
    th__map_cells_free(handle->heap, tables[i], appended[i]);
    th__map_table_free(handle->heap, tables[i]);
  }
  th__map_table_free(handle->heap, directory);
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

th_status th_map_directory_of(const th_handle *handle, th_address *directory) {
  th_map *map = th__map_of(handle);
  // Set before the count is stored, and constant from then on.
  *directory = th__map_shard_count(map) > 1 ? map->directory : 0;
  return th_object_check(handle);
}

// ---- verification ----

// Whether JavaScript sees the map's directory, if it has one, which is in the census then. Caller
// holds the lock of a shard.
static bool verify_directory(const th_handle *handle, th_census *reached) {
  th_map *map = th__map_of(handle);
  uint64_t length;
  if (!map->directory) return true;
  reached->blocks[TH_BLOCK_TABLE]++;
  th_map_place *place = th__map_place(handle->heap, &map->single);
  const th_status status =
      th_block_find(handle->heap->record, map->directory, TH_BLOCK_TABLE, &length);
  return status == TH_OK && length == sizeof(th_map_directory) &&
         th__table_place_equals(place, th__table_place_of_directory(map->directory));
}

// With the lock of the shard, which is number `index` of `count`.
static th_status verify_locked(const th_handle *handle, th_map_shard *shard, uint32_t count,
                               uint32_t index, th_census *reached) {
  if (th__map_shard_count(th__map_of(handle)) != count) return TH_BUSY; // it was split meanwhile
  th_status status = th_object_check(handle);
  if (status != TH_OK) return status;
  status = th__map_table_verify(handle->heap, shard, reached);
  return index == 0 && !verify_directory(handle, reached) ? TH_CORRUPT : status;
}

static th_status verify_shard(const th_handle *handle, uint32_t count, uint32_t index,
                              th_census *reached) {
  th_map_shard *shard = th__map_shard_at(th__map_of(handle), count, index);
  th_status status = th_lock_try(&shard->lock, &handle->heap->record->lock_waits);
  if (status != TH_OK) return status;
  status = verify_locked(handle, shard, count, index, reached);
  th_lock_release(&shard->lock);
  return status == TH_CORRUPT ? th__object_corrupt(handle) : status;
}

static th_status verify_shards(const th_handle *handle, uint32_t count, th_census *reached) {
  th_status result = TH_OK;
  for (uint32_t i = 0; i < count; i++) {
    const th_status status = verify_shard(handle, count, i, reached);
    if (status == TH_NO_MEMORY)
      result = status; // the census goes on
    else if (status != TH_OK)
      return status;
  }
  return result;
}

th_status th_map_verify(const th_handle *handle, th_census *reached) {
  return verify_shards(handle, th__map_shard_count(th__map_of(handle)), reached);
}
