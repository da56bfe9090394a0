// SPDX-License-Identifier: MIT
// Stands in for core/atomic.h (the compiler includes it first, so that one finds its guard set):
// the same closed set of operations, each a call of the simulator.
#ifndef THREADHEAP_CORE_ATOMIC_H
#define THREADHEAP_CORE_ATOMIC_H

#include <stdint.h>

#include "simulator.h"

typedef uint8_t th_atomic_u8;
typedef uint16_t th_atomic_u16;
typedef uint32_t th_atomic_u32;
typedef uint64_t th_atomic_u64;
typedef int64_t th_atomic_i64;
#define _Atomic(type) type

#define SIM_TYPED(p, bits)                                                                         \
  __extension__({                                                                                  \
    const uint64_t sim_bits = (bits);                                                              \
    (__typeof__(*(p)))sim_bits;                                                                    \
  })

#define th_load_relaxed(p)     SIM_TYPED(p, sim_load((p), sizeof(*(p)), SIM_RELAXED))
#define th_load_acquire(p)     SIM_TYPED(p, sim_load((p), sizeof(*(p)), SIM_ACQUIRE))
#define th_store_relaxed(p, v) sim_store((p), sizeof(*(p)), (uint64_t)(v), SIM_RELAXED)
#define th_store_release(p, v) sim_store((p), sizeof(*(p)), (uint64_t)(v), SIM_RELEASE)
#define th_exchange_acquire(p, v)                                                                  \
  SIM_TYPED(p, sim_exchange((p), sizeof(*(p)), (uint64_t)(v), SIM_ACQUIRE))
#define th_fetch_add_relaxed(p, v)                                                                 \
  SIM_TYPED(p, sim_add((p), sizeof(*(p)), (uint64_t)(v), SIM_RELAXED))
#define th_cas_acq_rel(p, expected, v)                                                             \
  sim_compare_exchange((p), (expected), sizeof(*(p)), (uint64_t)(v))

#define th_cpu_relax sim_yield
#define sched_yield  sim_yield

#endif
