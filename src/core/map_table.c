// SPDX-License-Identifier: MIT
#include "map_table.h"

#include "alloc.h"
#include "bytes.h"

enum {
  LOG_MIN = 3,
  LOG_MAX = 27,     // up to 3 GiB of entries and slots
  SHRINK_BELOW = 8, // a table is made smaller when less than 1 / SHRINK_BELOW of it is live
  BATCH_BYTES = 1 << 16,
};

typedef th_table table;
typedef th_table_shape shape;

static uint64_t pack(th_address address, shape s) {
  return (uint64_t)s.wide << TH__TABLE_WIDE_SHIFT | (uint64_t)s.log << 32 | address;
}

// Publishes the entry; pairs with the acquire of th__table_slot.
static void slot_store(const table *t, uint32_t at, uint32_t slot) {
  if (th__table_is_short(t)) {
    th_store_release((th_atomic_u16 *)t->index + at, (uint16_t)slot);
  } else {
    th_store_release((th_atomic_u32 *)t->index + at, slot);
  }
}

static th_cell key_of(const table *t, th_entry *entry) {
  const bool wide = th__table_is_wide(t);
  const uint64_t meta = th_load_acquire(&entry->meta);
  const uint64_t tail = wide ? th_load_acquire(th__entry_tail(entry)) : 0;
  const uint32_t room = wide ? TH_CELL_LONG : TH_CELL_SHORT;
  return th__cell_of(th_load_acquire(&entry->key), tail, (uint8_t)(meta >> 8), room);
}

static uint64_t meta_of(uint64_t sequence, uint8_t key_tag, uint8_t value_tag) {
  return sequence << 16 | (uint64_t)key_tag << 8 | value_tag;
}

static uint64_t sequence_of(th_entry *entry) {
  return th_load_acquire(&entry->meta) >> 16;
}

static bool is_live(th_entry *entry) {
  return (th_load_acquire(&entry->meta) >> 8 & 255) != TH_ABSENT;
}

// ---- tables ----

static void index_add(const table *t, uint64_t hash, uint32_t entry) {
  uint32_t at = (uint32_t)hash & t->mask;
  // Seven slots of twelve at most are taken, so there is a free one, unless the image was
  // overwritten.
  for (uint32_t i = 0; i < t->mask && th__table_slot(t, at) != 0; i++) {
    at = (at + 1) & t->mask;
  }
  slot_store(t, at, th__table_first(t, (uint32_t)hash) + entry);
}

// A table of that shape, all empty. Nobody sees it yet.
static th_status table_new(th_heap *heap, shape s, uint64_t *word) {
  if (s.log > LOG_MAX) return TH_FULL;
  th_address address;
  const th_status status =
      th_alloc(heap, th__table_bytes(s), TH_BLOCK_ALIGN, TH_BLOCK_TABLE, &address);
  if (status != TH_OK) return status;
  *word = pack(address, s);
  th_bytes_clear(th__at(heap, address), th__table_index_bytes(s.log));
  return TH_OK;
}

void th__map_table_free(th_heap *heap, uint64_t word) {
  if (word) th_free(heap, (th_address)word, TH_BLOCK_TABLE);
}

// Slots for that many entries with a third of room to spare.
static uint32_t log_for(uint32_t entries) {
  uint32_t log = LOG_MIN;
  while (log <= LOG_MAX && th__table_capacity(1u << log) < (uint64_t)entries * 4 / 3 + 1)
    log++;
  return log;
}

// Copies an entry to number `at` of a table that is wide if the other one is.
static th_status entry_copy(th_heap *heap, const table *to, uint32_t at, const table *from,
                            th_entry *entry) {
  uint64_t hash;
  const th_cell key = key_of(from, entry);
  const th_status status = th__key_hash(heap, key, &hash);
  if (status != TH_OK) return status;
  if (at == to->capacity) return TH_CORRUPT;
  th_entry *copy = th__table_entry(to, at);
  th_store_release(&copy->key, key.payload);
  th_store_release(&copy->value, th_load_relaxed(&entry->value));
  th_store_release(&copy->meta, th_load_relaxed(&entry->meta));
  if (th__table_is_wide(to)) th_store_release(th__entry_tail(copy), key.tail);
  index_add(to, hash, at);
  return TH_OK;
}

// Copies the live entries to a new table, in order. *live is how many there were.
static th_status copy_live(th_heap *heap, const table *from, uint32_t appended, const table *to,
                           uint32_t *live) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < appended; i++) {
    th_entry *entry = th__table_entry(from, i);
    if (!is_live(entry)) continue;
    const th_status status = entry_copy(heap, to, count++, from, entry);
    if (status != TH_OK) return status;
  }
  *live = count;
  return TH_OK;
}

static void adopt(const th_heap *heap, th_map_shard *shard, uint64_t word, uint32_t live) {
  th__map_write_begin(heap, shard);
  th_store_release(&shard->table, word); // pairs with the acquire in th__map_find
  th__table_place_store(th__map_place(heap, shard), th__table_place_of(word)); // in th_map_peek
  th__map_write_end(heap, shard);
  shard->appended = live;
  th_store_release(&shard->live, live);
}

// Replaces the table by one of that shape without the removed entries. Readers go on in the old one
// until the moment of the change.
static th_status rebuild(th_heap *heap, th_map_shard *shard, shape s) {
  uint64_t word;
  uint32_t live = 0;
  th_status status = table_new(heap, s, &word);
  if (status != TH_OK) return status;
  const uint64_t old = th_load_relaxed(&shard->table);
  if (old) {
    const table from = th__table_of(heap->base, old), to = th__table_of(heap->base, word);
    status = copy_live(heap, &from, shard->appended, &to, &live);
    // Entries that came or went by themselves would make the new table overflow.
    if (status == TH_OK && live != th_load_relaxed(&shard->live)) status = TH_CORRUPT;
  }
  if (status != TH_OK) {
    th__map_table_free(heap, word);
    return status;
  }
  adopt(heap, shard, word, live);
  th__map_table_free(heap, old);
  return TH_OK;
}

bool th__map_is_full(const th_map_shard *shard) {
  const uint64_t word = th_load_relaxed(&((th_map_shard *)shard)->table);
  return word == 0 || shard->appended == th__table_capacity(1u << th__table_shape(word).log);
}

uint64_t th__map_slot_count(th_map_shard *shard) {
  const uint64_t word = th_load_acquire(&shard->table);
  return word ? 1ull << th__table_shape(word).log : 0;
}

uint64_t th__map_empty(th_map_shard *shard) {
  const uint64_t word = th_load_relaxed(&shard->table);
  th_store_release(&shard->table, 0ull);
  th_store_release(&shard->live, 0u);
  shard->appended = 0;
  return word;
}

uint64_t th__map_detach(const th_heap *heap, th_map_shard *shard) {
  th__table_place_store(th__map_place(heap, shard), th__table_place_of(0));
  return th__map_empty(shard);
}

void th__map_cells_free(th_heap *heap, uint64_t word, uint32_t appended) {
  if (!word) return;
  const table t = th__table_of(heap->base, word);
  for (uint32_t i = 0; i < appended; i++) {
    th_entry *entry = th__table_entry(&t, i);
    if (!is_live(entry)) continue;
    th__cell_free(heap, th__entry_key_block(entry));
    th__cell_free(heap, th__entry_value(entry));
  }
}

// ---- changing ----

th_cell th__map_replace(const th_heap *heap, th_map_shard *shard, th_entry *entry, th_cell value) {
  const th_cell old = th__entry_value(entry);
  if (old.tag == TH_NUMBER && value.tag == TH_NUMBER) {
    th_store_release(&entry->value, value.payload);
    return old;
  }
  const uint64_t meta = th_load_relaxed(&entry->meta);
  th__map_write_begin(heap, shard);
  th_store_release(&entry->value, value.payload);
  th_store_release(&entry->meta, (meta & ~255ull) | value.tag);
  th__map_write_end(heap, shard);
  return old;
}

// Whether the table keeps the words of the key; makes one that does otherwise, with room for it.
static th_status make_fit(th_heap *heap, th_map_shard *shard, const th_key *key) {
  const shape s = th__table_shape(th_load_relaxed(&shard->table));
  const bool wide = s.wide || th__cell_is_long(key->cell);
  if (wide == s.wide && !th__map_is_full(shard)) return TH_OK;
  const uint32_t live = th_load_relaxed(&shard->live);
  return rebuild(heap, shard, (shape){.log = log_for(live + 1), .wide = wide});
}

th_status th__map_insert(th_heap *heap, th_map_shard *shard, const th_key *key, th_cell value) {
  th_cell cell;
  th_status status = th__key_make(heap, key, &cell);
  if (status != TH_OK) return status;
  status = make_fit(heap, shard, key);
  if (status != TH_OK) {
    th__cell_free(heap, cell);
    return status;
  }
  const table t = th__table_of(heap->base, th_load_relaxed(&shard->table));
  const uint32_t at = shard->appended++;
  th_entry *entry = th__table_entry(&t, at);
  th_store_release(&entry->key, cell.payload);
  th_store_release(&entry->value, value.payload);
  th_store_release(&entry->meta, meta_of(++shard->sequence, cell.tag, value.tag));
  if (th__table_is_wide(&t)) th_store_release(th__entry_tail(entry), cell.tail);
  index_add(&t, key->hash, at);
  th_store_release(&shard->live, th_load_relaxed(&shard->live) + 1);
  return TH_OK;
}

th_cell th__map_remove(const th_heap *heap, th_map_shard *shard, th_entry *entry) {
  const th_cell old = th__entry_value(entry);
  th__map_write_begin(heap, shard);
  th_store_release(&entry->meta, meta_of(sequence_of(entry), TH_ABSENT, TH_ABSENT));
  th__map_write_end(heap, shard);
  th_store_release(&shard->live, th_load_relaxed(&shard->live) - 1);
  return old;
}

void th__map_shrink(th_heap *heap, th_map_shard *shard) {
  const uint32_t live = th_load_relaxed(&shard->live);
  const uint64_t word = th_load_relaxed(&shard->table);
  if (live == 0) {
    th__map_write_begin(heap, shard);
    th__map_detach(heap, shard);
    th__map_write_end(heap, shard);
    th__map_table_free(heap, word);
    return;
  }
  const shape s = th__table_shape(word);
  if (s.log > LOG_MIN && live < th__table_capacity(1u << s.log) / SHRINK_BELOW) {
    // A larger table than needed is no failure.
    rebuild(heap, shard, (shape){.log = log_for(live * 2), .wide = s.wide});
  }
}

// ---- the split ----

static th_status count_spread(th_heap *heap, const table *from, uint32_t appended,
                              uint32_t *counts) {
  for (uint32_t i = 0; i < appended; i++) {
    th_entry *entry = th__table_entry(from, i);
    uint64_t hash;
    if (!is_live(entry)) continue;
    const th_status status = th__key_hash(heap, key_of(from, entry), &hash);
    if (status != TH_OK) return status;
    counts[th__map_shard_index(hash)]++;
  }
  return TH_OK;
}

static uint32_t sum(const uint32_t *counts) {
  uint32_t total = 0;
  for (uint32_t i = 0; i < TH_MAP_SHARDS; i++) {
    total += counts[i];
  }
  return total;
}

static void tables_free(th_heap *heap, const uint64_t *words) {
  for (uint32_t i = 0; i < TH_MAP_SHARDS; i++) {
    th__map_table_free(heap, words[i]);
  }
}

static th_status tables_new(th_heap *heap, const uint32_t *counts, bool wide, uint64_t *words) {
  th_status status = TH_OK;
  for (uint32_t i = 0; i < TH_MAP_SHARDS && status == TH_OK; i++) {
    const shape s = {.log = log_for(counts[i] * 2), .wide = wide};
    if (counts[i]) status = table_new(heap, s, &words[i]);
  }
  return status;
}

static th_status spread(th_heap *heap, const table *from, uint32_t appended, const uint64_t *words,
                        uint32_t *filled) {
  for (uint32_t i = 0; i < appended; i++) {
    th_entry *entry = th__table_entry(from, i);
    uint64_t hash;
    if (!is_live(entry)) continue;
    th_status status = th__key_hash(heap, key_of(from, entry), &hash);
    if (status != TH_OK) return status;
    const uint32_t shard = th__map_shard_index(hash);
    if (!words[shard]) return TH_CORRUPT; // the key changed since it was counted
    const table to = th__table_of(heap->base, words[shard]);
    status = entry_copy(heap, &to, filled[shard]++, from, entry);
    if (status != TH_OK) return status;
  }
  return TH_OK;
}

th_status th__map_spread(th_heap *heap, th_map_shard *from, th_map_shard *shards) {
  const table source = th__table_of(heap->base, th_load_relaxed(&from->table));
  uint32_t counts[TH_MAP_SHARDS] = {0}, filled[TH_MAP_SHARDS] = {0};
  uint64_t words[TH_MAP_SHARDS] = {0};
  th_status status = count_spread(heap, &source, from->appended, counts);
  if (status == TH_OK) status = tables_new(heap, counts, th__table_is_wide(&source), words);
  if (status == TH_OK) status = spread(heap, &source, from->appended, words, filled);
  if (status == TH_OK && sum(filled) != th_load_relaxed(&from->live)) status = TH_CORRUPT;
  if (status != TH_OK) {
    tables_free(heap, words);
    return status;
  }
  for (uint32_t i = 0; i < TH_MAP_SHARDS; i++) {
    adopt(heap, &shards[i], words[i], filled[i]);
    shards[i].sequence = from->sequence;
  }
  return TH_OK;
}

// ---- iteration ----

// The first entry with a sequence beyond `after`. Sequences rise along the table.
static uint32_t first_after(const table *t, uint32_t appended, uint64_t after) {
  uint32_t low = 0, high = appended;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (sequence_of(th__table_entry(t, middle)) <= after) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static th_status append(th_heap *heap, th_cell key, th_entry *entry, bool with_values,
                        th_map_batch *batch) {
  th_status status = th__cell_read(heap, key, &batch->keys[batch->count]);
  if (status == TH_OK && with_values) {
    status = th__cell_read(heap, th__entry_value(entry), &batch->values[batch->count]);
  }
  if (status == TH_OK) batch->count++;
  return status;
}

th_status th__map_scan(th_heap *heap, th_map_shard *shard, th_map_cursor *cursor, bool with_values,
                       th_map_batch *batch, bool *more) {
  *more = false;
  const uint64_t word = th_load_relaxed(&shard->table);
  if (word == 0) return TH_OK;
  const table t = th__table_of(heap->base, word);
  uint64_t last = cursor->after;
  for (uint32_t i = first_after(&t, shard->appended, last); i < shard->appended; i++) {
    th_entry *entry = th__table_entry(&t, i);
    const uint64_t sequence = sequence_of(entry);
    // Otherwise an overwritten sequence could send the iteration back, and make it endless.
    if (sequence <= last) return TH_CORRUPT;
    if (sequence >= cursor->limit) return TH_OK;
    last = sequence;
    if (!is_live(entry)) continue;
    *more = batch->count == TH_MAP_BATCH || heap->buffer.length > BATCH_BYTES;
    if (*more) return TH_OK;
    const th_status status = append(heap, key_of(&t, entry), entry, with_values, batch);
    if (status != TH_OK) return status;
    cursor->after = sequence;
  }
  return TH_OK;
}

// ---- verification ----

// TH_OK when a look-up of the entry's key ends at the entry.
static th_status entry_look_up(th_heap *heap, th_map_shard *shard, th_entry *entry, th_cell cell) {
  th_value value = {0};
  heap->buffer.length = 0;
  const th_status status = th__cell_read(heap, cell, &value);
  if (status != TH_OK) return status;
  if (value.type > TH_UTF16 || value.type < TH_NUMBER) return TH_CORRUPT;
  if (value.type != TH_NUMBER) value.bytes = th_value_bytes(heap, &value);
  th_key key;
  th__key_of(heap->record, &value, &key);
  return th__map_find(heap, shard, &key) == entry ? TH_OK : TH_CORRUPT;
}

static th_status entry_verify(th_heap *heap, th_map_shard *shard, th_entry *entry, th_cell cell,
                              th_census *reached) {
  // Both are counted, whatever the first says.
  const bool key = th__cell_verify(heap, cell, reached);
  const bool value = th__cell_verify(heap, th__entry_value(entry), reached);
  return key && value ? entry_look_up(heap, shard, entry, cell) : TH_CORRUPT;
}

static th_status entries_verify(th_heap *heap, th_map_shard *shard, const table *t,
                                th_census *reached) {
  uint64_t last = 0;
  uint32_t live = 0;
  bool sound = true, complete = true;
  for (uint32_t i = 0; i < shard->appended; i++) {
    th_entry *entry = th__table_entry(t, i);
    const uint64_t sequence = sequence_of(entry);
    if (sequence <= last || sequence > shard->sequence) sound = false;
    last = sequence;
    if (!is_live(entry)) continue;
    live++;
    const th_status status = entry_verify(heap, shard, entry, key_of(t, entry), reached);
    if (status == TH_CORRUPT) sound = false;
    if (status == TH_NO_MEMORY) complete = false;
  }
  if (!sound || live != th_load_relaxed(&shard->live)) return TH_CORRUPT;
  return complete ? TH_OK : TH_NO_MEMORY;
}

// Whether JavaScript sees the table that the shard has.
static bool is_shown(const th_heap *heap, th_map_shard *shard) {
  th_map_place *place = th__map_place(heap, shard);
  return th_load_relaxed(&place->version) == th_load_relaxed(&shard->version) &&
         th__table_place_equals(place, th__table_place_of(th_load_relaxed(&shard->table)));
}

th_status th__map_table_verify(th_heap *heap, th_map_shard *shard, th_census *reached) {
  const uint64_t word = th_load_relaxed(&shard->table);
  if (word) reached->blocks[TH_BLOCK_TABLE]++;
  if (!is_shown(heap, shard)) return TH_CORRUPT;
  if (word == 0) {
    const bool empty = shard->appended == 0 && th_load_relaxed(&shard->live) == 0;
    return empty ? TH_OK : TH_CORRUPT;
  }
  const table t = th__table_of(heap->base, word);
  uint64_t length;
  if (th_block_find(heap->record, (th_address)word, TH_BLOCK_TABLE, &length) != TH_OK ||
      length != th__table_bytes(th__table_shape(word)) || shard->appended > t.capacity) {
    return TH_CORRUPT;
  }
  return entries_verify(heap, shard, &t, reached);
}
