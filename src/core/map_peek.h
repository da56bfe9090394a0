// SPDX-License-Identifier: MIT
// Looks a key up in the image alone, as JavaScript does by src/wasm, without native state and
// without a call: an optimistic read as th_map_get is, by the mirrors of map.h. What is not sure
// comes out as TH_PEEK_ASK: then th_map_get has to be asked.
//
// The order, and what it rests on. All loads are acquire, so they happen in the order of the
// program: (1) version, which has to be even, (2) place, (3) slots and entry, (4) version again,
// (5) generation.
//   - The place is the right one: who asks knows of the one shard, until it finds there, inside a
//     version, that the map was split (TH_PEEK_SPLIT). Then it asks for the directory, which is the
//     same as long as the map lives (th_map_directory_of). In a directory there is no other.
//   - Between (1) and (4) there was no writer: they store the odd version before what they change,
//     all with release. Insertions, and a number over a number, need no version.
//   - The words were a place and a table all the time: a table is freed after a version that it is
//     taken away in, a directory after the generation is cleared. Who reads what a later owner of
//     their memory stores there, reads what is stored after the free, and so sees at (4) or (5)
//     what came before that. A generation is never used twice.
// A writer that dies in between does not exist: native code runs to its end.
#ifndef THREADHEAP_CORE_MAP_PEEK_H
#define THREADHEAP_CORE_MAP_PEEK_H

#include "compiler.h"
#include "map_layout.h"

// A map, as who sees the image alone knows it.
typedef struct th_map_sight {
  uint8_t *base;        // of the image
  uint64_t length;      // bytes of it that may be read
  th_address control;   // of a control block
  th_address directory; // 0 until it is known
  uint64_t generation;  // as the control block holds it
} th_map_sight;

typedef enum th_peek {
  TH_PEEK_ASK,    // something was changing, or is not as it should be
  TH_PEEK_ABSENT, // there is no such key
  TH_PEEK_NUMBER, // the value is a number
  TH_PEEK_OTHER,  // it is something else
  TH_PEEK_SPLIT,  // it has a directory, and so another place
} th_peek;

enum { TH__PEEK_SLOTS = 256 }; // more are looked at only where the image was overwritten

// Whether those bytes, at an address that comes out of the image, may be read. WebAssembly looks at
// every access itself: it traps, and so asks.
static inline bool th__peek_has(const th_map_sight *map, th_address address, uint64_t length) {
#ifdef __wasm__
  (void)map, (void)address, (void)length;
  return true;
#else
  return address % sizeof(uint64_t) == 0 && address + length <= map->length;
#endif
}

// Entries from which on none is read: in WebAssembly, as many as a slot can name.
static inline uint32_t th__peek_capacity(uint32_t mask) {
#ifdef __wasm__
  return mask;
#else
  return th__table_capacity(mask + 1);
#endif
}

// is_short is a constant for who calls it, so that it is not looked at for every slot.
TH_INLINE th_peek th__peek_slots(th_table t, bool is_short, th_cell key, uint32_t hash,
                                 uint64_t *value) {
  t.hash_mask = th__table_hash_mask(t.mask, is_short);
  const uint32_t first = th__table_first(&t, hash);
  for (uint32_t i = 0; i < TH__PEEK_SLOTS; i++) {
    const uint32_t slot = th__table_slot_of(&t, is_short, (hash + i) & t.mask);
    if (slot == 0) return TH_PEEK_ABSENT;
    th_entry *entry = th__table_candidate(&t, slot, first);
    if (!entry) continue;
    const uint64_t meta = th_load_acquire(&entry->meta);
    if (!th__entry_has(entry, meta, key)) continue;
    *value = th_load_acquire(&entry->value);
    return (uint8_t)meta == TH_NUMBER ? TH_PEEK_NUMBER : TH_PEEK_OTHER;
  }
  return TH_PEEK_ASK;
}

static inline th_peek th__peek_table(const th_map_sight *map, const th_table_place *place,
                                     th_cell key, uint32_t hash, uint64_t *value) {
  const th_table t = {
      .index = map->base + place->index,
      .entries = map->base + place->entries,
      .mask = place->mask,
      .capacity = th__peek_capacity(place->mask),
      .stride = place->stride,
  };
  if (t.stride == 0) return TH_PEEK_ABSENT;
  const bool is_short = th__table_is_short(&t);
  if (!th__peek_has(map, place->index, th__table_slot_size(is_short) * ((uint64_t)t.mask + 1)) ||
      !th__peek_has(map, place->entries, (uint64_t)t.stride * t.capacity)) {
    return TH_PEEK_ASK;
  }
  if (th__cell_is_long(key) && !th__table_is_wide(&t)) return TH_PEEK_ABSENT;
  return is_short ? th__peek_slots(t, true, key, hash, value)
                  : th__peek_slots(t, false, key, hash, value);
}

static inline th_address th__peek_place(const th_map_sight *map, uint64_t hash) {
  if (map->directory) return th__map_place_at(map->directory, th__map_shard_index(hash));
  return map->control + (th_address)offsetof(th_map_control, single);
}

// What the key has for a value; *value are the bits of a number. The key is not in a block.
// Threads: safe. O(1) expected.
static inline th_peek th_map_peek(const th_map_sight *map, const th_hash_secret *secret,
                                  th_cell key, uint64_t *value) {
  const uint64_t hash = th__cell_hash(secret, key);
  const th_address at = th__peek_place(map, hash);
  if (!th__peek_has(map, at, sizeof(th_map_place))) return TH_PEEK_ASK;
  th_map_place *place = (th_map_place *)(void *)(map->base + at);
  const uint64_t version = th_load_acquire(&place->version); // pairs with th__map_version_step
  if (version % 2 != 0) return TH_PEEK_ASK;
  const th_table_place table = th__table_place_load(place);
  const th_peek peek = map->directory == 0 && th__table_place_is_directory(&table)
                           ? TH_PEEK_SPLIT
                           : th__peek_table(map, &table, key, (uint32_t)hash, value);
  if (th_load_acquire(&place->version) != version) return TH_PEEK_ASK;
  th_map_control *control = (th_map_control *)(void *)(map->base + map->control);
  return th_load_acquire(&control->generation) == map->generation ? peek : TH_PEEK_ASK;
}

#endif
