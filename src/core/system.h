// SPDX-License-Identifier: MIT
// Addresses and pages from the operating system. Threads: safe.
#ifndef THREADHEAP_CORE_SYSTEM_H
#define THREADHEAP_CORE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// That many bytes of addresses, which nothing may be done with yet; NULL when they are refused.
uint8_t *th_system_reserve(uint64_t length);

// Whether the system would give the process that many bytes of addresses now.
bool th_system_can_reserve(uint64_t length);

// Makes a part of what was reserved memory that is zero. Whole pages. false when it is refused.
bool th_system_commit(uint8_t *from, uint64_t length);

// Gives back all of what was reserved.
void th_system_release(uint8_t *base, uint64_t length);

// Memory that is zero, and of which pages count from when they are first written; NULL when it is
// refused. calloc would do that too, if the C library did not keep what is freed and clear it.
void *th_system_zeroed(uint64_t length);
void th_system_free(void *memory, uint64_t length);

#endif
