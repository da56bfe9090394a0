// SPDX-License-Identifier: MIT
// The table of one map shard. map.h has the picture and the publication order. Unless said
// otherwise the caller holds the shard's lock.
#ifndef THREADHEAP_CORE_MAP_TABLE_H
#define THREADHEAP_CORE_MAP_TABLE_H

#include "compiler.h"
#include "map.h"
#include "map_layout.h"

static inline th_cell th__entry_value(th_entry *entry) {
  const uint64_t meta = th_load_acquire(&entry->meta);
  return th__cell_of(th_load_acquire(&entry->value), 0, (uint8_t)meta, TH_CELL_SHORT);
}

// Without its tail: enough to free its block.
static inline th_cell th__entry_key_block(th_entry *entry) {
  const uint64_t meta = th_load_acquire(&entry->meta);
  return (th_cell){.payload = th_load_acquire(&entry->key), .tag = (uint8_t)(meta >> 8)};
}

static inline th_map_place *th__map_place(const th_heap *heap, const th_map_shard *shard) {
  return th__at(heap, shard->place);
}

static inline void th__map_version_step(const th_heap *heap, th_map_shard *shard) {
  const uint64_t version = th_load_relaxed(&shard->version) + 1;
  // Pair with the acquires in th__map_try_read, and in th_map_peek.
  th_store_release(&shard->version, version);
  th_store_release(&th__map_place(heap, shard)->version, version);
}

// Between these two, readers of the shard retry.
static inline void th__map_write_begin(const th_heap *heap, th_map_shard *shard) {
  th__map_version_step(heap, shard);
}
static inline void th__map_write_end(const th_heap *heap, th_map_shard *shard) {
  th__map_version_step(heap, shard);
}

// Fetches the slot that a hash belongs to, before it is needed.
static inline void th__table_prefetch(const th_heap *heap, uint64_t word, uint32_t hash) {
  const th_table t = th__table_of(heap->base, word);
  const size_t slot = th__table_slot_size(th__table_is_short(&t));
  th_prefetch((const uint8_t *)t.index + (hash & t.mask) * slot);
}

// Whether an entry, of a wide table if the key is long, holds the key.
static inline bool th__entry_matches(const th_heap *heap, th_entry *entry, const th_key *key) {
  const uint64_t meta = th_load_acquire(&entry->meta);
  if (!th__key_in_block(key)) return th__entry_has(entry, meta, key->cell);
  if ((uint8_t)(meta >> 8) != key->cell.tag) return false;
  return th__key_block_matches(heap, key->cell, key->bytes, th_load_acquire(&entry->key));
}

// The entry of a key, or NULL. With the lock, or inside an optimistic read.
static inline th_entry *th__map_find(const th_heap *heap, th_map_shard *shard, const th_key *key) {
  const uint64_t word = th_load_acquire(&shard->table);
  if (word == 0) return NULL;
  const th_table t = th__table_of(heap->base, word);
  if (th__cell_is_long(key->cell) && !th__table_is_wide(&t)) return NULL;
  const uint32_t hash = (uint32_t)key->hash;
  th_entry *entry;
  for (uint32_t i = 0; (entry = th__table_next(&t, hash, t.mask + 1, &i));) {
    if (th__entry_matches(heap, entry, key)) return entry;
  }
  return NULL;
}

// Replaces the value of an entry; returns the old cell, for the caller to free.
th_cell th__map_replace(const th_heap *heap, th_map_shard *shard, th_entry *entry, th_cell value);

// Replaces the value of an entry that is a number by another. Needs no version.
static inline void th__map_replace_number(th_entry *entry, double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof(bits));
  th_store_release(&entry->value, bits);
}

// Appends an entry for a key that is absent; rebuilds a full table first.
// Returns TH_OK; TH_NEED_ROOM; TH_FULL; TH_NO_MEMORY; TH_CORRUPT.
th_status th__map_insert(th_heap *heap, th_map_shard *shard, const th_key *key, th_cell value);

// Takes an entry out; returns its value's cell, for the caller to free, as the key's.
th_cell th__map_remove(const th_heap *heap, th_map_shard *shard, th_entry *entry);

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
uint64_t th__map_detach(const th_heap *heap, th_map_shard *shard);

// The same of the one shard of a map, whose place names the directory by now.
uint64_t th__map_empty(th_map_shard *shard);

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
