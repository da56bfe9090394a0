// SPDX-License-Identifier: MIT
// What lib/map-reader.js looks keys up with: core/map_peek.h as a WebAssembly module, which V8
// calls in a few nanoseconds. scripts/wasm.js compiles it to lib/map-reader.wasm.
//
// Its memory is the image, or what the image is in, so it must not have a stack or static data
// there: all that it keeps is in globals of WebAssembly, one instance for each heap and thread.
// They are stored and loaded whole: clang 14 makes an access to memory of one that is narrowed.
#include "core/compiler.h"
#include "core/map_peek.h"

#define TH_GLOBAL       static __attribute__((address_space(1)))
#define TH_EXPORT(name) __attribute__((export_name(#name))) name

TH_GLOBAL uint32_t origin; // where the image begins in the memory
TH_GLOBAL uint64_t secret_0, secret_1, secret_2, secret_3;
TH_GLOBAL uint32_t outcome; // of the last look-up that found no number: a th_peek

void TH_EXPORT(configure)(uint32_t image, uint64_t s0, uint64_t s1, uint64_t s2, uint64_t s3) {
  origin = image;
  secret_0 = s0;
  secret_1 = s1;
  secret_2 = s2;
  secret_3 = s3;
}

uint32_t TH_EXPORT(lastOutcome)(void) {
  return outcome;
}

static double as_double(uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof(number));
  return number;
}

static uint64_t as_bits(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof(bits));
  return bits;
}

// The number that the key has for a value; NaN where lastOutcome says what there is.
TH_INLINE double find(uint32_t control, uint32_t directory, double generation, th_cell key) {
  const th_map_sight map = {
      .base = (uint8_t *)origin,
      .control = control,
      .directory = directory,
      .generation = as_bits(generation),
  };
  const th_hash_secret secret = {{secret_0, secret_1, secret_2, secret_3}};
  uint64_t value = 0;
  const th_peek peek = th_map_peek(&map, &secret, key, &value);
  const double number = as_double(value);
  if (peek == TH_PEEK_NUMBER && number == number) return number;
  outcome = peek;
  return __builtin_nan("");
}

static th_cell number_key(double number) {
  return (th_cell){.payload = th__number_bits(number), .tag = TH_NUMBER};
}

// Of a text of up to TH_CELL_LONG units below 256, four in a word, the first one lowest.
static th_cell text_key(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t length) {
  return (th_cell){
      .payload = (uint64_t)b << 32 | a,
      .tail = (uint64_t)d << 32 | c,
      .tag = th__cell_tag(TH_LATIN1, length),
  };
}

// Each for a map of one shard, whose place needs no hash, and for one with a directory. Told that
// there is one, the compiler leaves out to look whether there is.

double TH_EXPORT(findNumber)(uint32_t control, double generation, double key) {
  return find(control, 0, generation, number_key(key));
}

double TH_EXPORT(findNumberIn)(uint32_t directory, uint32_t control, double generation,
                               double key) {
  __builtin_assume(directory != 0);
  return find(control, directory, generation, number_key(key));
}

double TH_EXPORT(findText)(uint32_t control, double generation, uint32_t a, uint32_t b, uint32_t c,
                           uint32_t d, uint32_t length) {
  return find(control, 0, generation, text_key(a, b, c, d, length));
}

double TH_EXPORT(findTextIn)(uint32_t directory, uint32_t control, double generation, uint32_t a,
                             uint32_t b, uint32_t c, uint32_t d, uint32_t length) {
  __builtin_assume(directory != 0);
  return find(control, directory, generation, text_key(a, b, c, d, length));
}
