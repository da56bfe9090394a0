// SPDX-License-Identifier: MIT
// Many keys in one call.
#include <string.h>

#include "map_shards.h"

static inline void key_of(const th_handle *handle, const th_map_keys *keys, uint32_t i,
                          th_key *key) {
  const th_record *record = handle->heap->record;
  if (keys->numbers) {
    th__key_number(record, keys->numbers[i], key);
  } else {
    th__key_of(record, &keys->values[i], key);
  }
}

static th_status number_of(const th_map_finding *f, double absent, double *number) {
  const bool is_there = f->found && f->tag != TH_UNDEFINED;
  if (is_there && f->tag != TH_NUMBER) return TH_NOT_A_NUMBER;
  *number = absent;
  if (is_there) memcpy(number, &f->payload, sizeof(*number));
  return TH_OK;
}

// ---- look-ups side by side: while one waits for memory, the others go on ----

enum {
  GROUP = 16,
  SLOTS = 8, // that are looked at
};

// A look-up under way. It is an optimistic read as th__map_try_read is, taken apart.
typedef struct look {
  th_key key;
  th_map_shard *shard;
  uint64_t version;
  uint64_t table;
  th_entry *entry; // where the key may be
} look;

static void look_for_table(const th_handle *handle, look *l) {
  th_map *map = th__map_of(handle);
  l->entry = NULL;
  l->shard = th__map_shard_of(map, th__map_shard_count(map), l->key.hash);
  l->version = th_load_acquire(&l->shard->version);
  l->table = th_load_acquire(&l->shard->table);
  if (l->table) th__table_prefetch(handle->heap, l->table, (uint32_t)l->key.hash);
}

// The first slot that may be the key's is taken for it.
static void look_for_entry(const th_handle *handle, look *l) {
  if (!l->table) return;
  const th_table t = th__table_of(handle->heap->base, l->table);
  uint32_t looked_at = 0;
  l->entry = th__table_next(&t, (uint32_t)l->key.hash, SLOTS, &looked_at);
  if (l->entry) th_prefetch(l->entry);
}

// Whether it has come to an end with a number.
static bool look_at_value(const th_handle *handle, const look *l, double *number) {
  if (!l->entry || l->version % 2 != 0) return false;
  if ((uint8_t)th_load_acquire(&l->entry->meta) != TH_NUMBER) return false;
  if (!th__entry_matches(handle->heap, l->entry, &l->key)) return false;
  const uint64_t bits = th_load_acquire(&l->entry->value);
  if (th_load_acquire(&l->shard->version) != l->version) return false;
  memcpy(number, &bits, sizeof(*number)); // now: where the values go may be where the keys are
  return true;
}

static th_status get_number(const th_handle *handle, const th_key *key, double absent,
                            double *number) {
  th_map_finding f;
  const th_status status = th__map_read(handle, key, true, &f);
  return status == TH_OK ? number_of(&f, absent, number) : status;
}

static th_status get_group(const th_handle *handle, const th_map_keys *keys, uint32_t from,
                           uint32_t count, double absent, double *values, uint32_t *done) {
  look looks[GROUP];
  for (uint32_t i = 0; i < count; i++) {
    key_of(handle, keys, from + i, &looks[i].key);
    look_for_table(handle, &looks[i]);
  }
  for (uint32_t i = 0; i < count; i++)
    look_for_entry(handle, &looks[i]);
  for (uint32_t i = 0; i < count; i++, ++*done) {
    if (look_at_value(handle, &looks[i], &values[i])) continue;
    const th_status status = get_number(handle, &looks[i].key, absent, &values[i]);
    if (status != TH_OK) return status;
  }
  // What was read of another map, of the same place, is of no use.
  return th_object_check(handle);
}

th_status th_map_get_many(const th_handle *handle, const th_map_keys *keys, double absent,
                          double *values, uint32_t *done) {
  th_status status = th_object_check(handle);
  while (*done < keys->count && status == TH_OK) {
    const uint32_t from = *done, rest = keys->count - from;
    const uint32_t group = rest < GROUP ? rest : GROUP;
    status = get_group(handle, keys, from, group, absent, values + from, done);
  }
  return status;
}

th_status th_map_set_many(const th_handle *handle, const th_map_keys *keys, const double *values,
                          uint32_t *done) {
  th_status status = th_object_check(handle); // for when there are no keys
  for (; *done < keys->count; ++*done) {
    th_key key;
    key_of(handle, keys, *done, &key);
    status = th__map_set_number(handle, &key, values[*done]);
    if (status != TH_OK) break;
  }
  return status;
}

th_status th_map_delete_many(const th_handle *handle, const th_map_keys *keys, uint32_t *deleted,
                             uint32_t *done) {
  th_status status = th_object_check(handle); // for when there are no keys
  for (; *done < keys->count; ++*done) {
    th_key key;
    key_of(handle, keys, *done, &key);
    bool found;
    status = th__map_delete_key(handle, &key, &found);
    if (status != TH_OK) break;
    if (found) ++*deleted;
  }
  return status;
}
