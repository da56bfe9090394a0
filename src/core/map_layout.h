// SPDX-License-Identifier: MIT
// How the table of a map's shard lies in the image, and how a key is looked up in it. map.h has the
// picture and the publication order. Nothing here needs native memory, or more than the image.
#ifndef THREADHEAP_CORE_MAP_LAYOUT_H
#define THREADHEAP_CORE_MAP_LAYOUT_H

#include "cell.h"
#include "layout.h"

static inline uint32_t th__map_shard_index(uint64_t hash) {
  return (uint32_t)(hash >> (64 - TH_MAP_LOG_SHARDS));
}

// The address of a shard's place in a directory.
static inline th_address th__map_place_at(th_address directory, uint32_t shard) {
  return directory + shard * (th_address)(sizeof(th_map_directory) / TH_MAP_SHARDS);
}

enum {
  TH__TABLE_LOG_SHORT = 13, // log2 of the most slots of 16 bits: three are left for the hash
  TH__TABLE_WIDE_SHIFT = 40,
};

// How large a table is.
typedef struct th_table_shape {
  uint32_t log; // of the slots
  bool wide;
} th_table_shape;

// A table word taken apart. Entries and index lie in the image, whatever the image contains.
typedef struct th_table {
  void *index;
  uint8_t *entries;
  uint32_t mask;
  uint32_t hash_mask; // the bits of a slot that are of the hash
  uint32_t capacity;  // entries
  uint32_t stride;    // bytes of an entry
} th_table;

// With it a narrow table of short slots takes up 16 bytes a slot, so a block or pages without a
// rest.
static inline uint32_t th__table_capacity(uint32_t slots) {
  return (uint32_t)((uint64_t)slots * 7 / 12);
}

static inline uint32_t th__table_stride(bool wide) {
  return wide ? sizeof(th_wide_entry) : sizeof(th_entry);
}

static inline th_table_shape th__table_shape(uint64_t word) {
  return (th_table_shape){.log = word >> 32 & 31, .wide = word >> TH__TABLE_WIDE_SHIFT & 1};
}

static inline bool th__table_log_is_short(uint32_t log) {
  return log <= TH__TABLE_LOG_SHORT;
}

static inline uint32_t th__table_slot_size(bool is_short) {
  return is_short ? sizeof(uint16_t) : sizeof(uint32_t);
}

static inline uint32_t th__table_hash_mask(uint32_t mask, bool is_short) {
  return ~mask & (is_short ? UINT16_MAX : UINT32_MAX);
}

static inline uint64_t th__table_index_bytes(uint32_t log) {
  return (uint64_t)th__table_slot_size(th__table_log_is_short(log)) << log;
}

static inline uint64_t th__table_bytes(th_table_shape shape) {
  const uint64_t capacity = th__table_capacity(1u << shape.log);
  const uint64_t entries = capacity * th__table_stride(shape.wide);
  return th__table_index_bytes(shape.log) + entries;
}

// The table that a word stands for, in the image at base.
static inline th_table th__table_of(uint8_t *base, uint64_t word) {
  const th_table_shape shape = th__table_shape(word);
  const uint32_t mask = (1u << shape.log) - 1;
  uint8_t *at = base + (th_address)word;
  return (th_table){
      .index = at,
      .entries = at + (size_t)th__table_index_bytes(shape.log),
      .mask = mask,
      .hash_mask = th__table_hash_mask(mask, th__table_log_is_short(shape.log)),
      .capacity = th__table_capacity(mask + 1),
      .stride = th__table_stride(shape.wide),
  };
}

// What the words of a th_map_place are.
typedef struct th_table_place {
  th_address index; // or that of the directory
  th_address entries;
  uint32_t mask;   // slots - 1
  uint32_t stride; // bytes of an entry; 0 where there is no table
} th_table_place;

// What the control block of a map with many shards has for a place: it does not change any more.
enum { TH__STRIDE_OF_DIRECTORY = 1 };

static inline bool th__table_place_is_directory(const th_table_place *place) {
  return place->stride == TH__STRIDE_OF_DIRECTORY;
}

static inline th_table_place th__table_place_of_directory(th_address directory) {
  return (th_table_place){.index = directory, .stride = TH__STRIDE_OF_DIRECTORY};
}

// The place of the table that a word stands for, or of none.
static inline th_table_place th__table_place_of(uint64_t word) {
  if (word == 0) return (th_table_place){0};
  const th_table_shape shape = th__table_shape(word);
  return (th_table_place){
      .index = (th_address)word,
      .entries = (th_address)(word + th__table_index_bytes(shape.log)),
      .mask = (1u << shape.log) - 1,
      .stride = th__table_stride(shape.wide),
  };
}

// Not in one step: inside a version.
static inline void th__table_place_store(th_map_place *to, th_table_place place) {
  th_store_release(&to->addresses, (uint64_t)place.entries << 32 | place.index);
  th_store_release(&to->shape, (uint64_t)place.stride << 32 | place.mask);
}

static inline th_table_place th__table_place_load(th_map_place *from) {
  const uint64_t addresses = th_load_acquire(&from->addresses),
                 shape = th_load_acquire(&from->shape);
  return (th_table_place){
      .index = (th_address)addresses,
      .entries = (th_address)(addresses >> 32),
      .mask = (uint32_t)shape,
      .stride = (uint32_t)(shape >> 32),
  };
}

static inline bool th__table_place_equals(th_map_place *stored, th_table_place place) {
  const th_table_place is = th__table_place_load(stored);
  return is.index == place.index && is.entries == place.entries && is.mask == place.mask &&
         is.stride == place.stride;
}

static inline bool th__table_is_short(const th_table *t) {
  return t->mask < 1u << TH__TABLE_LOG_SHORT;
}

static inline bool th__table_is_wide(const th_table *t) {
  return t->stride == sizeof(th_wide_entry);
}

// Of a table that is short or not.
static inline uint32_t th__table_slot_of(const th_table *t, bool is_short, uint32_t at) {
  // Pairs with the release of slot_store.
  if (is_short) return th_load_acquire((th_atomic_u16 *)t->index + at);
  return th_load_acquire((th_atomic_u32 *)t->index + at);
}

static inline uint32_t th__table_slot(const th_table *t, uint32_t at) {
  return th__table_slot_of(t, th__table_is_short(t), at);
}

static inline th_entry *th__table_entry(const th_table *t, uint32_t i) {
  return (th_entry *)(void *)(t->entries + (size_t)i * t->stride);
}

static inline th_atomic_u64 *th__entry_tail(th_entry *entry) {
  return &((th_wide_entry *)(void *)entry)->key_tail;
}

// What the slot of entry 0 is, if its key has that hash.
static inline uint32_t th__table_first(const th_table *t, uint32_t hash) {
  return (hash & t->hash_mask) + 1;
}

// The entry of a slot, if the slot has the bits of the hash whose first slot is given, else NULL.
static inline th_entry *th__table_candidate(const th_table *t, uint32_t slot, uint32_t first) {
  const uint32_t at = slot - first;
  return at < t->capacity ? th__table_entry(t, at) : NULL;
}

// The entry of the next slot that has the bits of the hash. *i counts the slots that were looked
// at, from the one that the hash belongs to on. NULL before an empty slot, and after `most`.
static inline th_entry *th__table_next(const th_table *t, uint32_t hash, uint32_t most,
                                       uint32_t *i) {
  const uint32_t first = th__table_first(t, hash);
  while (*i < most) {
    const uint32_t slot = th__table_slot(t, (hash + (*i)++) & t->mask);
    if (slot == 0) return NULL;
    th_entry *entry = th__table_candidate(t, slot, first);
    if (entry) return entry;
  }
  return NULL;
}

// Whether only wide entries keep the key, and inline.
static inline bool th__cell_is_long(th_cell key) {
  return key.tag >> 4 > TH_CELL_SHORT && !th__cell_in_block(key);
}

// Whether an entry with that meta, of a wide table if the key is long, holds a key that is not in a
// block.
static inline bool th__entry_has(th_entry *entry, uint64_t meta, th_cell key) {
  if ((uint8_t)(meta >> 8) != key.tag) return false;
  if (th_load_acquire(&entry->key) != key.payload) return false;
  return !th__cell_is_long(key) || th_load_acquire(th__entry_tail(entry)) == key.tail;
}

#endif
