// SPDX-License-Identifier: MIT
// The table of one map shard. map.h has the picture and the publication order. Unless said
// otherwise the caller holds the shard's lock.
#ifndef THREADHEAP_CORE_MAP_TABLE_H
#define THREADHEAP_CORE_MAP_TABLE_H

#include "compiler.h"
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

static inline th_table_header *th__table_header(const th_heap *heap, uint64_t word) {
  return th__at(heap, (th_address)word);
}

// Shows the version to JavaScript in the table that the shard has, if any.
static inline void th__map_show_version(const th_heap *heap, th_map_shard *shard) {
  const uint64_t word = th_load_relaxed(&shard->table);
  const uint32_t version = (uint32_t)th_load_relaxed(&shard->version);
  if (word) th_store_release(&th__table_header(heap, word)->version, version);
}

// Between these two, readers of the shard retry.
static inline void th__map_write_begin(const th_heap *heap, th_map_shard *shard) {
  th_store_relaxed(&shard->version, th_load_relaxed(&shard->version) + 1);
  th__map_show_version(heap, shard);
}
static inline void th__map_write_end(const th_heap *heap, th_map_shard *shard) {
  // Pairs with the acquires in th__map_try_read.
  th_store_release(&shard->version, th_load_relaxed(&shard->version) + 1);
  th__map_show_version(heap, shard);
}

enum {
  TH__TABLE_LOG_SHORT = 16, // log2 of the most slots that have 16 bits
  TH__TABLE_WIDE_SHIFT = 40,
};

// How large a table is.
typedef struct th_table_shape {
  uint32_t log; // of the slots
  bool wide;
} th_table_shape;

// A table word taken apart. Entries and index lie in the image, whatever the image contains.
typedef struct th_table {
  uint8_t *entries;
  void *index;
  uint32_t mask;
  uint32_t hash_mask; // the bits of a slot that are of the hash
  uint32_t capacity;  // entries
  uint32_t stride;    // bytes of an entry
} th_table;

// Less one, whose room the header takes.
static inline uint32_t th__table_capacity(uint32_t log) {
  return (1u << log) / 8 * 5 - 1;
}

static inline uint32_t th__table_stride(bool wide) {
  return wide ? sizeof(th_wide_entry) : sizeof(th_entry);
}

// Bytes before the first entry: the header, and in wide tables as much as an entry, so that no
// entry of a large one lies in two cache lines.
static inline uint32_t th__table_lead(bool wide) {
  return wide ? sizeof(th_wide_entry) : sizeof(th_table_header);
}

static inline th_table_shape th__table_shape(uint64_t word) {
  return (th_table_shape){.log = word >> 32 & 255, .wide = word >> TH__TABLE_WIDE_SHIFT};
}

static inline th_table th__table_of(const th_heap *heap, uint64_t word) {
  const th_table_shape shape = th__table_shape(word);
  const uint32_t capacity = th__table_capacity(shape.log), stride = th__table_stride(shape.wide);
  const uint32_t mask = (1u << shape.log) - 1;
  uint8_t *at = th__at(heap, (th_address)word) + th__table_lead(shape.wide);
  return (th_table){
      .entries = at,
      .index = at + (size_t)capacity * stride,
      .mask = mask,
      .hash_mask = ~mask & (shape.log <= TH__TABLE_LOG_SHORT ? UINT16_MAX : UINT32_MAX),
      .capacity = capacity,
      .stride = stride,
  };
}

static inline bool th__table_is_short(const th_table *t) {
  return t->mask < 1u << TH__TABLE_LOG_SHORT;
}

static inline bool th__table_is_wide(const th_table *t) {
  return t->stride == sizeof(th_wide_entry);
}

static inline uint32_t th__table_slot(const th_table *t, uint32_t at) {
  // Pairs with the release of slot_store.
  if (th__table_is_short(t)) return th_load_acquire((th_atomic_u16 *)t->index + at);
  return th_load_acquire((th_atomic_u32 *)t->index + at);
}

// Fetches the slot that a hash belongs to, before it is needed.
static inline void th__table_prefetch(const th_heap *heap, uint64_t word, uint32_t hash) {
  const th_table t = th__table_of(heap, word);
  const size_t slot = th__table_is_short(&t) ? sizeof(uint16_t) : sizeof(uint32_t);
  th_prefetch((const uint8_t *)t.index + (hash & t.mask) * slot);
}

static inline th_entry *th__table_entry(const th_table *t, uint32_t i) {
  return (th_entry *)(void *)(t->entries + (size_t)i * t->stride);
}

static inline th_atomic_u64 *th__entry_tail(th_entry *entry) {
  return &((th_wide_entry *)(void *)entry)->key_tail;
}

// The entry of the next slot that has the bits of the hash. *i counts the slots that were looked
// at, from the one that the hash belongs to on. NULL before an empty slot, and after `most`.
static inline th_entry *th__table_next(const th_table *t, uint32_t hash, uint32_t most,
                                       uint32_t *i) {
  while (*i < most) {
    const uint32_t slot = th__table_slot(t, (hash + (*i)++) & t->mask);
    if (slot == 0) return NULL;
    const uint32_t at = (slot & t->mask) - 1;
    if (((slot ^ hash) & t->hash_mask) != 0 || at >= t->capacity) continue;
    return th__table_entry(t, at);
  }
  return NULL;
}

// Whether only wide entries keep the key, and inline.
static inline bool th__key_is_long(const th_key *key) {
  return !th__key_in_block(key) && key->cell.tag >> 4 > TH_CELL_SHORT;
}

// Whether an entry, of a wide table if the key is long, holds the key.
static inline bool th__entry_matches(const th_heap *heap, th_entry *entry, const th_key *key) {
  if ((uint8_t)(th_load_acquire(&entry->meta) >> 8) != key->cell.tag) return false;
  const uint64_t payload = th_load_acquire(&entry->key);
  if (th__key_in_block(key)) return th__key_block_matches(heap, key->cell, key->bytes, payload);
  if (payload != key->cell.payload) return false;
  return !th__key_is_long(key) || th_load_acquire(th__entry_tail(entry)) == key->cell.tail;
}

// The entry of a key, or NULL. With the lock, or inside an optimistic read.
static inline th_entry *th__map_find(const th_heap *heap, th_map_shard *shard, const th_key *key) {
  const uint64_t word = th_load_acquire(&shard->table);
  if (word == 0) return NULL;
  const th_table t = th__table_of(heap, word);
  if (th__key_is_long(key) && !th__table_is_wide(&t)) return NULL;
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
