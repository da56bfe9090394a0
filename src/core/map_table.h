// SPDX-License-Identifier: MIT
// The table of one map shard. map.h has the picture and the publication order. Unless said
// otherwise the caller holds the shard's lock.
#ifndef THREADHEAP_CORE_MAP_TABLE_H
#define THREADHEAP_CORE_MAP_TABLE_H

#include "map.h"

static inline th_cell th__entry_value(th_entry *entry) {
  const uint64_t meta = th_load_acquire(&entry->meta);
  return th__cell_of(th_load_acquire(&entry->value), 0, (uint8_t)meta, TH_CELL_SHORT);
}

// Without its tail: enough to free its block.
static inline th_cell th__entry_key_block(th_entry *entry) {
  const uint64_t meta = th_load_acquire(&entry->meta);
  return (th_cell){.payload = th_load_acquire(&entry->key), .tag = (uint8_t)(meta >> 8)};
}

// Between these two, readers of the shard retry.
static inline void th__map_write_begin(th_map_shard *shard) {
  th_store_relaxed(&shard->version, th_load_relaxed(&shard->version) + 1);
}
static inline void th__map_write_end(th_map_shard *shard) {
  // Pairs with the acquire in try_read.
  th_store_release(&shard->version, th_load_relaxed(&shard->version) + 1);
}

// The entry of a key, or NULL. With the lock, or inside an optimistic read.
th_entry *th__map_find(const th_heap *heap, th_map_shard *shard, const th_key *key);

// Start to load the first slot that a look-up of the key reads, and then the entry it names.
void th__map_prefetch_slot(const th_heap *heap, th_map_shard *shard, uint64_t hash);
void th__map_prefetch_entry(const th_heap *heap, th_map_shard *shard, uint64_t hash);

// Replaces the value of an entry; returns the old cell, for the caller to free.
th_cell th__map_replace(th_map_shard *shard, th_entry *entry, th_cell value);

// Appends an entry for a key that is absent; rebuilds a full table first.
// Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY; TH_CORRUPT.
th_status th__map_insert(th_heap *heap, th_map_shard *shard, const th_key *key, th_cell value);

// Takes an entry out; returns its value's cell, for the caller to free, as the key's.
th_cell th__map_remove(th_map_shard *shard, th_entry *entry);

// Frees the table of an empty shard; makes that of a nearly empty one smaller, if there is room to.
void th__map_shrink(th_heap *heap, th_map_shard *shard);

// Whether the next insertion needs a new table.
bool th__map_is_full(const th_map_shard *shard);

// Slots of the table. Without the lock.
uint64_t th__map_slot_count(th_map_shard *shard);

// Copies the live entries of one shard into new tables of TH_MAP_SHARDS shards that nobody sees
// yet, and carries its sequence over. On failure there are no new tables.
th_status th__map_spread(th_heap *heap, th_map_shard *from, th_map_shard *shards);

// Leaves the shard without a table, inside a version; returns the table.
uint64_t th__map_detach(th_map_shard *shard);

// Frees the keys and values of a detached table's first `appended` entries, and its block.
void th__map_cells_free(th_heap *heap, uint64_t table, uint32_t appended);
void th__map_table_free(th_heap *heap, uint64_t table);

// Whether the table, its entries and its index agree; adds table and cells to the census.
// Returns TH_OK; TH_CORRUPT; TH_NO_MEMORY when all else is sound but not all keys were looked up.
th_status th__map_table_verify(th_heap *heap, th_map_shard *shard, th_census *reached);

// Appends the entries behind the cursor to the batch; *more when the shard has further ones.
th_status th__map_scan(th_heap *heap, th_map_shard *shard, th_map_cursor *cursor, bool with_values,
                       th_map_batch *batch, bool *more);

#endif
