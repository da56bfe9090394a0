// SPDX-License-Identifier: MIT
// Which threads of the process have ended. Locks whose words lie in memory that any program can
// write say who holds them by a thread's number; who waits asks here whether it can still give
// them back.
//
// A thread that this copy of the package was never loaded in is never known to have ended.
#ifndef THREADHEAP_CORE_THREAD_H
#define THREADHEAP_CORE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

// Numbers are below this: they leave two bits of a word free.
#define TH_THREADS_MAX (1u << 30)

// Remembers that a thread will run no more JavaScript: one bit for each number up to the largest.
// Without memory for that it is as if the thread went on. Does nothing for a number out of range.
// Threads: safe.
void th_thread_end(uint32_t thread);

// Threads: safe.
bool th_thread_has_ended(uint32_t thread);

#endif
