// SPDX-License-Identifier: MIT
// The elements of lists and vectors: data_length numbers of one typed-array type.
#ifndef THREADHEAP_CORE_ELEMENT_H
#define THREADHEAP_CORE_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// X(name of the typed array, C type). The order is the `type` number that JavaScript sees; the
// first is the default of a container over a zeroed block.
#define TH_ELEMENT_MAP(X)                                                                          \
  X(Uint32, uint32_t)                                                                              \
  X(Int32, int32_t)                                                                                \
  X(Float32, float)                                                                                \
  X(Float64, double)                                                                               \
  X(Int8, int8_t)                                                                                  \
  X(Uint8, uint8_t)                                                                                \
  X(Uint8Clamped, uint8_t)                                                                         \
  X(Int16, int16_t)                                                                                \
  X(Uint16, uint16_t)                                                                              \
  X(BigInt64, int64_t)                                                                             \
  X(BigUint64, uint64_t)

typedef enum th_element_type {
#define TH_ELEMENT_ENUM(name, c_type) TH_ELEMENT_##name,
  TH_ELEMENT_MAP(TH_ELEMENT_ENUM)
#undef TH_ELEMENT_ENUM
      TH_ELEMENT_TYPES
} th_element_type;

enum { TH_DATA_LENGTH_MAX = 65535 };

typedef struct th_element {
  th_element_type type;
  uint32_t data_length; // 1 to TH_DATA_LENGTH_MAX
} th_element;

// An element in one word, which a thread with a stale handle can read while the container is being
// made anew (object.h).
static inline uint64_t th__element_pack(const th_element *element) {
  return (uint64_t)element->data_length << 32 | (uint64_t)element->type;
}
static inline th_element th__element_unpack(uint64_t word) {
  return (th_element){.type = (th_element_type)(uint32_t)word,
                      .data_length = (uint32_t)(word >> 32)};
}

// Bytes of one component, and of one element.
uint32_t th_element_component_bytes(const th_element *element);
uint32_t th_element_bytes(const th_element *element);

// Whether the first count components are equal, as Array.prototype.includes compares: NaN equals
// NaN, 0 equals -0.
bool th_element_equals(const th_element *element, const void *a, const void *b, uint32_t count);

// Whether what equals the first count components of `a` has the same bytes: of floating-point
// numbers 0 and NaN have several forms.
bool th_element_equals_by_bytes(const th_element *element, const void *a, uint32_t count);

#endif
