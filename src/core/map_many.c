// SPDX-License-Identifier: MIT
// Many keys in one call. What a look-up waits for is memory: so the slots that a group of keys
// needs are asked for together, then the entries, and by the time they are read they are there.
#include <string.h>

#include "map_shards.h"

enum { GROUP = 32 };

typedef struct group {
  uint32_t count;
  th_key keys[GROUP];
} group;

static th_key key_of(const th_record *record, double number) {
  const th_value value = {.type = TH_NUMBER, .number = number};
  return th__key_of(record, &value);
}

// The next keys. Which table they are looked for in, and what is read of it, is only a guess.
static void prepare(const th_handle *handle, const double *numbers, uint32_t count, group *g) {
  const th_heap *heap = handle->heap;
  th_map *map = th__map_of(handle);
  const uint32_t shards = th__map_shard_count(map);
  g->count = count < GROUP ? count : GROUP;
  for (uint32_t i = 0; i < g->count; i++) {
    g->keys[i] = key_of(heap->record, numbers[i]);
    const uint64_t hash = g->keys[i].hash;
    th__map_prefetch_slot(heap, th__map_shard_of(map, shards, hash), hash);
  }
  for (uint32_t i = 0; i < g->count; i++) {
    const uint64_t hash = g->keys[i].hash;
    th__map_prefetch_entry(heap, th__map_shard_of(map, shards, hash), hash);
  }
}

// What happens to one key, number `index` of the call.
typedef th_status (*one)(const th_handle *handle, const th_key *key, uint32_t index,
                          void *context);

static th_status for_each(const th_handle *handle, const double *numbers, uint32_t count,
                          uint32_t *done, one act, void *context) {
  group g;
  while (*done < count) {
    prepare(handle, numbers + *done, count - *done, &g);
    for (uint32_t i = 0; i < g.count; i++) {
      const th_status status = act(handle, &g.keys[i], *done, context);
      if (status != TH_OK) return status;
      ++*done;
    }
  }
  return TH_OK;
}

typedef struct reading {
  double absent;
  double *values;
} reading;

static th_status get_number(const th_handle *handle, const th_key *key, uint32_t index,
                            void *context) {
  const reading *r = context;
  th_map_finding f;
  const th_status status = th__map_read(handle, key, true, &f);
  if (status != TH_OK) return status;
  if (f.found && f.cell.tag != TH_NUMBER) return TH_NOT_A_NUMBER;
  if (f.found) {
    memcpy(&r->values[index], &f.cell.payload, sizeof(double));
  } else {
    r->values[index] = r->absent;
  }
  return TH_OK;
}

th_status th_map_get_numbers(const th_handle *handle, const double *keys, uint32_t count,
                             double absent, double *values, uint32_t *done) {
  reading r = {absent, values};
  return for_each(handle, keys, count, done, get_number, &r);
}

static th_status set_number(const th_handle *handle, const th_key *key, uint32_t index,
                            void *context) {
  const th_value value = {.type = TH_NUMBER, .number = ((const double *)context)[index]};
  th_cell cell;
  th__cell_make(handle->heap, &value, TH_CELL_SHORT, &cell); // a number needs no block
  return th__map_set_cell(handle, key, cell);
}

th_status th_map_set_numbers(const th_handle *handle, const double *keys, const double *values,
                             uint32_t count, uint32_t *done) {
  return for_each(handle, keys, count, done, set_number, (void *)(uintptr_t)values);
}

static th_status delete_number(const th_handle *handle, const th_key *key, uint32_t index,
                               void *context) {
  (void)index;
  bool found;
  const th_status status = th__map_delete_key(handle, key, &found);
  if (status == TH_OK && found) ++*(uint32_t *)context;
  return status;
}

th_status th_map_delete_numbers(const th_handle *handle, const double *keys, uint32_t count,
                                uint32_t *deleted, uint32_t *done) {
  return for_each(handle, keys, count, done, delete_number, deleted);
}
