// SPDX-License-Identifier: MIT
#include "lock.h"

#include <stdbool.h>

#ifdef _WIN32
#include <windows.h>
#define th_yield() SwitchToThread()
#else
#include <sched.h>
#define th_yield() sched_yield()
#endif

enum { SPINS = 100, YIELDS = 16 };

void th__wait_step(uint32_t step) {
  if (step % SPINS == SPINS - 1) {
    th_yield();
  } else {
    th_cpu_relax();
  }
}

static bool take(th_lock *lock) {
  // The relaxed look keeps waiting threads from writing to the line of a held lock. The exchange
  // pairs with th_lock_release.
  return th_load_relaxed(&lock->held) == 0 && th_exchange_acquire(&lock->held, 1u) == 0;
}

static bool spin(th_lock *lock) {
  for (int i = 0; i < SPINS; i++) {
    if (take(lock)) return true;
    th_cpu_relax();
  }
  return false;
}

th_status th_lock_try(th_lock *lock, th_atomic_u64 *waits) {
  if (take(lock)) return TH_OK;
  th_fetch_add_relaxed(waits, 1ull);
  for (int i = 0; i < YIELDS; i++) {
    if (spin(lock)) return TH_OK;
    th_yield();
  }
  return TH_BUSY;
}

void th_lock_wait(th_lock *lock, th_atomic_u64 *waits) {
  if (take(lock)) return;
  th_fetch_add_relaxed(waits, 1ull);
  while (!spin(lock)) {
    th_yield();
  }
}
