// SPDX-License-Identifier: MIT
// Copies between native memory and the image with atomic words, because an optimistic reader may
// look at a block that was freed and is being written anew (map_shards.h): stores are releases and
// loads are acquires, so that a reader that saw a new word also sees the version that tells it so.
#ifndef THREADHEAP_CORE_BYTES_H
#define THREADHEAP_CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>

// Native memory into the image. Every naturally aligned word of 1, 2, 4 or 8 bytes of the target is
// stored whole. Cannot fail.
void th_bytes_store(void *image, const void *native, size_t length);

// The image into native memory.
void th_bytes_load(void *native, const void *image, size_t length);

// From one place of the image to another; ranges that overlap must move towards lower addresses.
void th_bytes_move(void *to, const void *from, size_t length);

// Zeroes length bytes of the image.
void th_bytes_clear(void *image, size_t length);

#endif
