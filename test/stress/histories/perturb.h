// SPDX-License-Identifier: MIT
// Included at the end of core/atomic.h, it makes a thread give up its processor or pause now and
// then between any two atomic operations: what other threads can see half done, they come to see.
#ifndef THREADHEAP_TEST_PERTURB_H
#define THREADHEAP_TEST_PERTURB_H

#include <sched.h>
#include <stdint.h>

static _Thread_local uint32_t th__perturb_state;

static inline void th__perturb(void) {
  if (th__perturb_state == 0) th__perturb_state = (uint32_t)(uintptr_t)&th__perturb_state | 1;
  th__perturb_state ^= th__perturb_state << 13;
  th__perturb_state ^= th__perturb_state >> 17;
  th__perturb_state ^= th__perturb_state << 5;
  if (th__perturb_state % 64 == 0) sched_yield();
  if (th__perturb_state % 64 == 1) {
    for (uint32_t i = th__perturb_state >> 22; i > 0; i--) {
      th_cpu_relax();
    }
  }
}

#undef th_load_acquire
#undef th_store_relaxed
#undef th_store_release
#define th_load_acquire(p) (th__perturb(), atomic_load_explicit((p), memory_order_acquire))
#define th_store_relaxed(p, v)                                                                     \
  (th__perturb(), atomic_store_explicit((p), (v), memory_order_relaxed))
#define th_store_release(p, v)                                                                     \
  (th__perturb(), atomic_store_explicit((p), (v), memory_order_release))

#endif
