// SPDX-License-Identifier: MIT
// A hash map from numbers and strings to values, sharded by the top bits of the hash: 1 shard while
// small, TH_MAP_SHARDS from TH_MAP_SPLIT entries on.
//
//   th_map_shard (native): lock, version, table ------+
//                                                     v   one block of the image
//   index, a power of two of slots                    | entries [0, capacity), as inserted
//   0, or low bits: entry + 1, high bits: of the hash | key, value, sequence; key's tail if wide
//
// A slot has 16 bits in tables of up to 2^13 slots, else 32. Entries are narrow until the shard
// gets a key of 9 to TH_CELL_LONG bytes; then its table is rebuilt with wide ones, in which such
// keys need no block.
//
// Open addressing with linear probing over the index; entries never move inside a table. A removed
// entry loses its key tag and keeps its slot and sequence; both go when the table is rebuilt. An
// insertion fills the entry and then publishes it by the store of its slot (release).
//
// Writers hold the shard's lock. What a reader could see half done (a removal, a value that changes
// its type or its block, a new table) happens between an odd and the next even version. Two things
// need no version: an insertion, and a number that replaces a number, which is one 64-bit store.
//
// Readers take no lock: version (acquire, even), table, slots, entry and blocks with acquire loads,
// then the version again. Same version: the result was true at one moment of the call. Otherwise
// try again, and after READ_TRIES take the lock. The table word holds address and size together, so
// a reader always has a pair that fitted; tables and blocks that were freed meanwhile are still
// mapped, and what is read from them is dropped. Writers store with release, so a reader that saw
// any later word also sees the later version.
//
// JavaScript finds numbers by itself, where the key is a number or a text that an entry holds
// (map_peek.h). It sees the image alone, so for it writers repeat version and table of each shard
// there, in a th_map_place: that of the one shard is in the control block, those of many in a
// directory that the control block names from the split on. It reads version, place, slots and
// entry, and then once more the version, and whether the map is live.
//
// The split from one shard to many happens under the lock of the one, inside its version: a reader
// looks at the shard count again after it has the version, a writer after it has the lock. Who
// wants all shards takes that lock first, also after the split, and so waits for the end of it:
// else a map could be freed, and another made in its place, while the place of the one shard is
// still written.
//
// Iteration goes shard by shard in rising sequence and stops, in each, at the sequence that was
// current when it came there; a rebuild keeps the order and the sequences. An iteration that began
// before the split goes on in every shard behind the sequence it had reached.
#ifndef THREADHEAP_CORE_MAP_H
#define THREADHEAP_CORE_MAP_H

#include "key.h"
#include "object.h"

enum { TH_MAP_SPLIT = 1024, TH_MAP_BATCH = 64 };

typedef struct th_map_shard {
  th_lock lock;          // guards what is not atomic here, and all writes
  th_atomic_u32 live;    // entries with a key
  th_atomic_u64 version; // odd while a writer is between its stores; never reset
  th_atomic_u64 table;   // address, log2 of the slots << 32, whether wide << 40; 0: no table
  uint32_t appended;     // entries of the table in use, removed ones included
  th_address place;      // of the th_map_place; set before readers see the shard
  uint64_t sequence;     // of the last insertion
  uint64_t padding[3];   // to 64 bytes, so that shards do not share a cache line
} th_map_shard;

typedef struct th_map {
  th_object object;          // its lock is not used: the shards' locks guard everything
  th_atomic_u32 shard_count; // 1 or TH_MAP_SHARDS; changes once in the life of a map
  th_address directory;      // that the control block names; guarded by the lock of the one shard
  th_map_shard *shards; // TH_MAP_SHARDS of them, made at the first split; kept for the next map
  th_map_shard single;
} th_map;

// A position in an iteration; zeroed before the first call.
typedef struct th_map_cursor {
  uint64_t shard_count; // 0: not begun
  uint64_t shard;
  uint64_t after;      // sequence of the last entry returned from this shard
  uint64_t limit;      // sequences of this shard below it are returned; 0: not looked at yet
  uint64_t base_after; // the same two for shards to come, of an iteration from before the split
  uint64_t base_limit;
} th_map_cursor;

typedef struct th_map_batch {
  uint32_t count;
  th_value keys[TH_MAP_BATCH];
  th_value values[TH_MAP_BATCH];
} th_map_batch;

// All of these return TH_BUSY, TH_FREED or TH_CORRUPT besides what is said; those that read values
// also TH_NO_MEMORY, and those that store TH_NEED_ROOM, TH_FULL and TH_NO_MEMORY. A call that fails
// to store may have split the map, which only its tables show. Threads: safe. Keys are of type
// TH_NUMBER, TH_LATIN1 or TH_UTF16. Values that are read lie in handle->heap->buffer until the next
// call. Time is O(1) expected, besides the length of strings, unless said otherwise; an insertion
// that fills a table rebuilds it in O(entries of the shard).

th_status th_map_create(th_heap *heap, th_handle *handle);
th_status th_map_open(th_heap *heap, const th_descriptor *descriptor, th_handle *handle);

// Makes a container of a kind that is a map, which the caller completes and publishes.
th_status th__map_make(th_heap *heap, th_object_kind kind, th_handle *handle);

// Takes no lock unless writers keep it from finishing; *found is false when the key is absent.
th_status th_map_get(const th_handle *handle, const th_value *key, th_value *value, bool *found);
th_status th_map_has(const th_handle *handle, const th_value *key, bool *found);

// Where the bytes of a serialised object, which is the value of the key, lie until it is replaced
// or removed. *found is false when the key is absent, or its value is something else.
th_status th_map_locate(const th_handle *handle, const th_value *key, th_address *address,
                        uint64_t *length, bool *found);

th_status th_map_set(const th_handle *handle, const th_value *key, const th_value *value);
th_status th_map_delete(const th_handle *handle, const th_value *key, bool *found);

// Deletes the entry if its value equals `expected` (as keys are compared); *found tells.
th_status th_map_compare_and_delete(const th_handle *handle, const th_value *key,
                                    const th_value *expected, bool *found);

// Adds to a number, which an absent key counts as 0; *sum is what it is then.
// Returns also TH_NOT_A_NUMBER.
th_status th_map_add(const th_handle *handle, const th_value *key, double delta, double *sum);

// Stores the value if the present one equals `expected` (as keys are compared; an absent key counts
// as TH_UNDEFINED); *stored tells.
th_status th_map_compare_and_set(const th_handle *handle, const th_value *key,
                                 const th_value *expected, const th_value *value, bool *stored);

// Stores the value if the key is absent (*inserted); otherwise reads the present one into *present.
th_status th_map_get_or_insert(const th_handle *handle, const th_value *key, const th_value *value,
                               th_value *present, bool *inserted);

// Keys of a call that does something with many.
typedef struct th_map_keys {
  const double *numbers; // or NULL
  const th_value *values;
  uint32_t count;
} th_map_keys;

// What many keys have for values, which have to be numbers; `absent` where there is none, or
// undefined. Each is read in one step, as by th_map_get. *done counts how many were read, from
// *done on, when the call returns, whatever it returns. Returns also TH_NOT_A_NUMBER, of the value
// that comes next. `values` may be where the numbers of the keys are. O(count).
th_status th_map_get_many(const th_handle *handle, const th_map_keys *keys, double absent,
                          double *values, uint32_t *done);

// Stores a number for each of many keys, each in one step. *done as above.
th_status th_map_set_many(const th_handle *handle, const th_map_keys *keys, const double *values,
                          uint32_t *done);

// Deletes many keys, each in one step; *deleted grows by how many there were. *done as above.
th_status th_map_delete_many(const th_handle *handle, const th_map_keys *keys, uint32_t *deleted,
                             uint32_t *done);

// Entries, summed over the shards one after the other. O(shards), takes no lock.
th_status th_map_size(const th_handle *handle, uint64_t *entries);

// Slots of all tables. O(shards).
th_status th_map_slots(const th_handle *handle, uint64_t *slots);

// Reads the next entries, at most TH_MAP_BATCH; batch->count is 0 at the end. values only if asked.
// Takes one shard's lock at a time. A call that fails leaves the cursor as it was, not the batch.
th_status th_map_next(const th_handle *handle, th_map_cursor *cursor, bool with_values,
                      th_map_batch *batch);

// Removes all entries in one step. O(entries), mostly after the locks are given back.
th_status th_map_clear(const th_handle *handle);

// The directory, if the map has one, else 0. It is the same until the map is freed. Takes no lock.
th_status th_map_directory_of(const th_handle *handle, th_address *directory);

th_status th_map_free(const th_handle *handle);

// Checks every shard's table; adds tables and cells to the census. One shard's lock at a time.
// TH_NO_MEMORY when there is none to look keys up with, which is all that was left out then.
th_status th_map_verify(const th_handle *handle, th_census *reached);

#endif
