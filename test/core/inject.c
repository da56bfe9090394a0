// SPDX-License-Identifier: MIT
#include "inject.h"

#include <stdlib.h>

typedef struct plan {
  uint32_t number; // of the last allocation
  uint32_t first;
  uint32_t end;
  th_status status;
  uint32_t failed;
} plan;

static _Thread_local plan current;
static th_atomic_i64 native_blocks;

void inject_begin(uint32_t first, uint32_t end, th_status status) {
  current = (plan){.first = first, .end = end, .status = status};
}

uint32_t inject_end(void) {
  const uint32_t failed = current.failed;
  current = (plan){0};
  return failed;
}

int64_t inject_native_blocks(void) {
  return th_load_relaxed(&native_blocks);
}

// Whether the allocation that begins here is to fail.
static bool fails(void) {
  const uint32_t number = ++current.number;
  const bool chosen = number >= current.first && number < current.end;
  current.failed += chosen;
  return chosen;
}

static void *counted(void *memory) {
  if (memory) th_fetch_add_relaxed(&native_blocks, 1);
  return memory;
}

void *inject_malloc(size_t size) {
  return fails() ? NULL : counted(malloc(size));
}

void *inject_calloc(size_t count, size_t size) {
  return fails() ? NULL : counted(calloc(count, size));
}

void *inject_realloc(void *memory, size_t size) {
  if (fails()) return NULL;
  void *moved = realloc(memory, size);
  return memory ? moved : counted(moved);
}

void inject_free(void *memory) {
  if (memory) th_fetch_add_relaxed(&native_blocks, -1);
  free(memory);
}

// Whether a block of the image is to be refused.
static bool refused(th_heap *heap) {
  const bool chosen = fails();
  if (chosen && current.status == TH_NEED_ROOM) heap->room_needed = TH_PAGE_SIZE;
  return chosen;
}

static th_status noted(th_status status) {
  current.failed += status != TH_OK;
  return status;
}

th_status inject_th_alloc(th_heap *heap, uint64_t length, uint32_t align, th_block_kind kind,
                          th_address *address) {
  return refused(heap) ? current.status : noted(th_alloc(heap, length, align, kind, address));
}

th_status inject_th__alloc_control(th_heap *heap, uint32_t class_index, th_address *address) {
  return refused(heap) ? current.status : noted(th__alloc_control(heap, class_index, address));
}
