// SPDX-License-Identifier: MIT
#ifdef _WIN32
#include <windows.h>
#else
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include <sys/mman.h>
#endif

#include <stdlib.h>

#include "system.h"

#ifdef __has_feature // of Clang
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__ // of GCC
#define SANITIZED
#endif

uint8_t *th_system_reserve(uint64_t length) {
  if (length > SIZE_MAX) return NULL;
#ifdef _WIN32
  return VirtualAlloc(NULL, (SIZE_T)length, MEM_RESERVE, PAGE_NOACCESS);
#else
#ifdef MAP_NORESERVE
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#else
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
  void *base = mmap(NULL, (size_t)length, PROT_NONE, flags, -1, 0);
  return base == MAP_FAILED ? NULL : base;
#endif
}

bool th_system_can_reserve(uint64_t length) {
  uint8_t *base = th_system_reserve(length);
  if (base) th_system_release(base, length);
  return base != NULL;
}

bool th_system_commit(uint8_t *from, uint64_t length) {
#ifdef _WIN32
  return VirtualAlloc(from, (SIZE_T)length, MEM_COMMIT, PAGE_READWRITE) != NULL;
#else
  return mprotect(from, (size_t)length, PROT_READ | PROT_WRITE) == 0;
#endif
}

void th_system_release(uint8_t *base, uint64_t length) {
#ifdef _WIN32
  (void)length;
  VirtualFree(base, 0, MEM_RELEASE);
#else
  munmap(base, (size_t)length);
#endif
}

#ifdef SANITIZED // AddressSanitizer looks after what comes from its own calloc

void *th_system_zeroed(uint64_t length) {
  return length <= PTRDIFF_MAX / 2 ? calloc(1, (size_t)length) : NULL;
}

void th_system_free(void *memory, uint64_t length) {
  (void)length;
  free(memory);
}

#else

void *th_system_zeroed(uint64_t length) {
  uint8_t *base = th_system_reserve(length);
  if (!base || th_system_commit(base, length)) return base;
  th_system_release(base, length);
  return NULL;
}

void th_system_free(void *memory, uint64_t length) {
  th_system_release(memory, length);
}

#endif
