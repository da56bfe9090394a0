// SPDX-License-Identifier: MIT
// Makes allocations of the core fail. scripts/test-core.js compiles the core so that its native
// memory, and the blocks that its containers take from the image, come from inject.c.
#ifndef TEST_INJECT_H
#define TEST_INJECT_H

#include "core/alloc.h"

// Of the allocations that this thread makes from now on, those with the numbers [first, end) fail,
// counted from 1: native memory is NULL, and a block of the image is refused with the status.
void inject_begin(uint32_t first, uint32_t end, th_status status);

// Lets all allocations of this thread succeed again. Returns how many failed since inject_begin,
// blocks that the allocator itself refused included.
uint32_t inject_end(void);

// Native blocks that the core holds in this process.
int64_t inject_native_blocks(void);

// What the core calls.
void *inject_malloc(size_t size);
void *inject_calloc(size_t count, size_t size);
void *inject_realloc(void *memory, size_t size);
void inject_free(void *memory);
th_status inject_th_alloc(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                          th_address *address);
th_status inject_th__alloc_control(th_heap *heap, uint32_t class_index, th_address *address);

#endif
