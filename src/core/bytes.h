// SPDX-License-Identifier: MIT
// Copies between native memory and the image with atomic words, because an optimistic reader may
// look at a block that was freed and is being written anew (map_shards.h): stores are releases and
// loads are acquires, so that a reader that saw a new word also sees the version that tells it so.
#ifndef THREADHEAP_CORE_BYTES_H
#define THREADHEAP_CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "atomic.h"

// Native memory into the image. Every naturally aligned word of 1, 2, 4 or 8 bytes of the target is
// stored whole. Cannot fail.
void th_bytes_store(void *image, const void *native, size_t length);

// The image into native memory.
void th_bytes_load(void *native, const void *image, size_t length);

// The same for an element of a container: one of 4 or 8 bytes lies at a multiple of these.
static inline void th_bytes_store_element(void *image, const void *native, size_t length) {
  if (length == 8) {
    uint64_t word;
    memcpy(&word, native, 8);
    th_store_release((th_atomic_u64 *)image, word);
  } else if (length == 4) {
    uint32_t word;
    memcpy(&word, native, 4);
    th_store_release((th_atomic_u32 *)image, word);
  } else {
    th_bytes_store(image, native, length);
  }
}
static inline void th_bytes_load_element(void *native, const void *image, size_t length) {
  if (length == 8) {
    const uint64_t word = th_load_acquire((th_atomic_u64 *)(uintptr_t)image);
    memcpy(native, &word, 8);
  } else if (length == 4) {
    const uint32_t word = th_load_acquire((th_atomic_u32 *)(uintptr_t)image);
    memcpy(native, &word, 4);
  } else {
    th_bytes_load(native, image, length);
  }
}

// From one place of the image to another; ranges that overlap must move towards lower addresses.
void th_bytes_move(void *to, const void *from, size_t length);

// Zeroes length bytes of the image.
void th_bytes_clear(void *image, size_t length);

#endif
