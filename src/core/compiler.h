// SPDX-License-Identifier: MIT
// What each compiler has under another name.
#ifndef THREADHEAP_CORE_COMPILER_H
#define THREADHEAP_CORE_COMPILER_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#define TH_COLD   __declspec(noinline)
#define TH_INLINE static __forceinline
#else
#define TH_COLD   __attribute__((noinline, cold))
#define TH_INLINE static inline __attribute__((always_inline))
#endif
// TH_COLD: a function that is seldom called, so that its caller does not pay for its registers.
// TH_INLINE: one that is given a struct which its caller is to keep in registers.

// The place of the lowest bit that is set. bits is not 0.
static inline uint32_t th__lowest_bit(uint64_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
  unsigned long index;
  _BitScanForward64(&index, bits);
  return index;
#else
  return (uint32_t)__builtin_ctzll(bits);
#endif
}

// The place of the highest bit that is set: the logarithm, rounded down. bits is not 0.
static inline uint32_t th__floor_log2(uint32_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
  unsigned long index;
  _BitScanReverse(&index, bits);
  return index;
#else
  return 31 - (uint32_t)__builtin_clz(bits);
#endif
}

// Has the processor fetch what will be read soon. Any address will do.
static inline void th_prefetch(const void *address) {
#if !defined(_MSC_VER) || defined(__clang__)
  __builtin_prefetch(address);
#elif defined(_M_ARM64)
  __prefetch(address);
#else
  _mm_prefetch((const char *)address, _MM_HINT_T0);
#endif
}

#endif
