// SPDX-License-Identifier: MIT
#include "lock.h"

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

static bool spin(th_lock *lock) {
  for (int i = 0; i < SPINS; i++) {
    if (th__lock_take(lock)) return true;
    th_cpu_relax();
  }
  return false;
}

th_status th__lock_try_more(th_lock *lock, th_atomic_u64 *waits) {
  th_fetch_add_relaxed(waits, 1ull);
  for (int i = 0; i < YIELDS; i++) {
    if (spin(lock)) return TH_OK;
    th_yield();
  }
  return TH_BUSY;
}

void th__lock_wait_more(th_lock *lock, th_atomic_u64 *waits) {
  th_fetch_add_relaxed(waits, 1ull);
  while (!spin(lock)) {
    th_yield();
  }
}
