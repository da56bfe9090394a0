// SPDX-License-Identifier: MIT
// The closed set of atomic operations the core uses, each with its order in its name. There are no
// stand-alone fences: ThreadSanitizer cannot see them.
#ifndef THREADHEAP_CORE_ATOMIC_H
#define THREADHEAP_CORE_ATOMIC_H

#include <stdatomic.h>
#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

typedef _Atomic uint8_t th_atomic_u8;
typedef _Atomic uint16_t th_atomic_u16;
typedef _Atomic uint32_t th_atomic_u32;
typedef _Atomic uint64_t th_atomic_u64;
typedef _Atomic int64_t th_atomic_i64;

#define th_load_relaxed(p)         atomic_load_explicit((p), memory_order_relaxed)
#define th_load_acquire(p)         atomic_load_explicit((p), memory_order_acquire)
#define th_store_relaxed(p, v)     atomic_store_explicit((p), (v), memory_order_relaxed)
#define th_store_release(p, v)     atomic_store_explicit((p), (v), memory_order_release)
#define th_exchange_acquire(p, v)  atomic_exchange_explicit((p), (v), memory_order_acquire)
#define th_fetch_add_relaxed(p, v) atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
// Strong; on failure *expected receives what was there.
#define th_cas_acq_rel(p, expected, v)                                                             \
  atomic_compare_exchange_strong_explicit((p), (expected), (v), memory_order_acq_rel,              \
                                          memory_order_acquire)

// Tells the processor that this is a spin loop.
static inline void th_cpu_relax(void) {
#if defined(_MSC_VER) && !defined(__clang__)
#if defined(_M_ARM64)
  __yield();
#else
  _mm_pause();
#endif
#elif defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ __volatile__("yield");
#endif
}

#endif
