// SPDX-License-Identifier: MIT
#include "thread.h"

#include <stdlib.h>
#include <string.h>

#include "lock.h"

// Guarded by `lock`: bit n of the bytes is set when thread n has ended.
static th_lock lock;
static th_atomic_u64 lock_waits;
static uint8_t *ended;
static uint32_t ended_bytes;

static bool make_room(uint32_t bytes) {
  if (bytes <= ended_bytes) return true;
  const uint32_t wanted = bytes > 2 * ended_bytes ? bytes : 2 * ended_bytes;
  uint8_t *larger = realloc(ended, wanted);
  if (!larger) return false;
  memset(larger + ended_bytes, 0, wanted - ended_bytes);
  ended = larger;
  ended_bytes = wanted;
  return true;
}

void th_thread_end(uint32_t thread) {
  if (thread >= TH_THREADS_MAX) return;
  th_lock_wait(&lock, &lock_waits);
  if (make_room(thread / 8 + 1)) ended[thread / 8] |= (uint8_t)(1u << thread % 8);
  th_lock_release(&lock);
}

bool th_thread_has_ended(uint32_t thread) {
  th_lock_wait(&lock, &lock_waits);
  const bool has = thread / 8 < ended_bytes && (ended[thread / 8] >> thread % 8 & 1u) != 0;
  th_lock_release(&lock);
  return has;
}
