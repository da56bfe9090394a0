// SPDX-License-Identifier: MIT
// The internal lock. It lives in native memory, never in the image, and is only ever held inside
// one native call that runs to its end: worker.terminate(), a throw or process.exit() act between
// native calls, so no holder can die and no lock word needs an owner.
//
// Lock order (a thread takes them downwards only):
//   0. the process heap                             process.c  th_lock_wait
//   1. registry of records                          record.c   th_lock_wait
//   2. one container, or the shards of one map in   object.c   th_lock_try: TH_BUSY goes back to
//      rising order                                 map.c      JavaScript, which sleeps and repeats
//   3. forwarding words of user blocks              object.c   th_lock_wait
//   4. one size class, or all in rising order       alloc.c    th_lock_wait
//   5. the page spans of one heap                   page.c     th_lock_wait
//   6. the thread list of one record                record.c   th_lock_wait
//   7. the stock of one thread                      heap.c,    th_lock_wait
//                                                   magazine.c
//   8. the threads that have ended                  thread.c   th_lock_wait
//   9. the shapes of stored objects                 shape.c    th_lock_wait
// What is waited for (0, 1, 3 to 9) is held for a bounded number of instructions and never across a
// call out of the core, so waiting for it needs no JavaScript to run.
#ifndef THREADHEAP_CORE_LOCK_H
#define THREADHEAP_CORE_LOCK_H

#include <stdbool.h>

#include "atomic.h"
#include "status.h"

// Zero-initialised is unlocked.
typedef struct th_lock {
  th_atomic_u32 held; // 0 or 1
} th_lock;

// Takes the lock if nobody holds it.
static inline bool th__lock_take(th_lock *lock) {
  // The relaxed look keeps waiting threads from writing to the line of a held lock. The exchange
  // pairs with th_lock_release.
  return th_load_relaxed(&lock->held) == 0 && th_exchange_acquire(&lock->held, 1u) == 0;
}

// What th_lock_try and th_lock_wait do when they do not get the lock at once.
th_status th__lock_try_more(th_lock *lock, th_atomic_u64 *waits);
void th__lock_wait_more(th_lock *lock, th_atomic_u64 *waits);

// Takes the lock after a short spin and a few yields. A call that does not get it at once adds 1 to
// *waits, in both.
// Returns TH_OK, or TH_BUSY when another thread kept it that long.
// Threads: safe; bounded time.
static inline th_status th_lock_try(th_lock *lock, th_atomic_u64 *waits) {
  return th__lock_take(lock) ? TH_OK : th__lock_try_more(lock, waits);
}

// Takes the lock, yielding the processor until it is free. Cannot fail.
// Threads: safe; waits for the holder's native call only.
static inline void th_lock_wait(th_lock *lock, th_atomic_u64 *waits) {
  if (!th__lock_take(lock)) th__lock_wait_more(lock, waits);
}

// One step of a wait for another thread's next few instructions: mostly a pause, in case that
// thread was preempted now and then a yield. `step` counts from 0.
void th__wait_step(uint32_t step);

// Gives the lock back; everything written under it is visible to the next holder.
static inline void th_lock_release(th_lock *lock) {
  th_store_release(&lock->held, 0u); // pairs with the exchange in th__lock_take
}

#endif
