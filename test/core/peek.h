// SPDX-License-Identifier: MIT
// Look-ups in the image alone, as JavaScript makes them (core/map_peek.h).
#ifndef TEST_PEEK_H
#define TEST_PEEK_H

#include <string.h>

#include "core/map.h"
#include "core/map_peek.h"
#include "harness.h"

// Bytes that a map keeps until it is freed, if it has been split.
static inline uint64_t directory_bytes(const th_handle *map) {
  return ((th_map *)(void *)map->object)->directory ? sizeof(th_map_directory) : 0;
}

// What JavaScript knows of a map.
static inline th_map_sight sight_of(const th_handle *map) {
  const double generation = (double)map->generation;
  th_map_sight sight = {
      .base = map->heap->base,
      .length = th_load_acquire(&map->heap->record->committed),
      .control = map->object->address,
  };
  memcpy(&sight.generation, &generation, sizeof(generation));
  return sight;
}

// What comes of a key that is a number or a text of at most TH_CELL_LONG units below 256, for who
// knows so much of the map.
static inline th_peek peek_by(const th_map_sight *sight, const th_handle *map, const th_value *key,
                              uint64_t *value) {
  th_key k;
  th__key_of(map->heap->record, key, &k);
  return th_map_peek(sight, &map->heap->record->hash_secret, k.cell, value);
}

// The same, wherever the key is.
static inline th_peek peek_at(const th_handle *map, const th_value *key, double *number) {
  th_map_sight sight = sight_of(map);
  uint64_t value = 0;
  th_peek peek = peek_by(&sight, map, key, &value);
  if (peek == TH_PEEK_SPLIT) {
    if (th_map_directory_of(map, &sight.directory) != TH_OK) return TH_PEEK_ASK;
    CHECK(sight.directory != 0);
    peek = peek_by(&sight, map, key, &value);
    CHECK(peek != TH_PEEK_SPLIT);
  }
  if (peek == TH_PEEK_NUMBER) memcpy(number, &value, sizeof(value));
  return peek;
}

// Looks there now and then; whether that told if the key has a number, and which.
static inline bool peek_sometimes(const th_handle *map, const th_value *key, double *number,
                                  bool *found) {
  if (test_random() % 2 == 0) return false;
  const th_peek peek = peek_at(map, key, number);
  *found = peek == TH_PEEK_NUMBER;
  return *found || peek == TH_PEEK_ABSENT;
}

#endif
