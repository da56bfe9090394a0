// SPDX-License-Identifier: MIT
#include "core/alloc.h"
#include "core/magazine.h"
#include "napi_args.h"

// What the hot calls here find at the beginning of the scratch buffer.
typedef struct hot_words {
  uint32_t heap;     // number
  uint32_t address;  // of the block that is freed, or was allocated
  uint32_t align;    // of a new block, as the next
  uint32_t reserved; // the length is a double, since it can be 2^32
  double byte_length;
} hot_words;

static hot_words *words_of(js_call *call) {
  return (hot_words *)(void *)call->js->scratch;
}

static inline bool hot_call(napi_env env, napi_callback_info info, js_call *call) {
  js_hot_begin(env, info, call);
  return js_call_take_heap(call, words_of(call)->heap);
}

static th_status alloc(js_call *call, uint32_t align) {
  hot_words *given = words_of(call);
  th_address address;
  const th_status status =
      th_alloc_zeroed(call->heap, (uint64_t)given->byte_length, align, TH_BLOCK_USER, &address);
  if (status == TH_OK) given->address = address;
  return status;
}

// hot: heap, align, byteLength -> address
static napi_value js_memory_alloc(napi_env env, napi_callback_info info) {
  js_call call;
  if (!hot_call(env, info, &call)) return NULL;
  return js_done(&call, alloc(&call, words_of(&call)->align));
}

// Further blocks of the length are lib's to hand out.
static void load_magazine(js_call *call, uint32_t number, uint32_t length) {
  js_env *js = call->js;
  if (js->loaded && js->loaded != call->heap) th_magazine_unload(js->loaded);
  js->loaded = call->heap;
  th_magazine_load(call->heap, js_magazine(js), number, length);
}

// hot: heap, byteLength -> address; may load the magazine
static napi_value js_memory_alloc_next(napi_env env, napi_callback_info info) {
  js_call call;
  if (!hot_call(env, info, &call)) return NULL;
  const hot_words *given = words_of(&call);
  const uint64_t length = (uint64_t)given->byte_length;
  const th_status status = alloc(&call, TH_BLOCK_ALIGN);
  if (status != TH_OK) return js_fail(&call, status);
  if (th_magazine_ask(js_magazine(call.js), given->heap, length)) {
    load_magazine(&call, given->heap, (uint32_t)length);
  }
  return NULL;
}

// (heap, byteLength, align) -> address of a block that is not cleared
static napi_value js_memory_alloc_raw(napi_env env, napi_callback_info info) {
  js_call call;
  uint64_t length;
  uint32_t align;
  if (!js_call_heap(env, info, &call) || !js_arg_u64(&call, 1, &length) ||
      !js_arg_u32(&call, 2, &align)) {
    return NULL;
  }
  th_address address;
  const th_status status = th_alloc(call.heap, length, align, TH_BLOCK_USER, &address);
  return status == TH_OK ? js_number(&call, address) : js_fail(&call, status);
}

// (heap, address, byteLength, align) -> address
static napi_value js_memory_realloc(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t address, align;
  uint64_t length;
  if (!js_call_heap(env, info, &call) || !js_arg_u32(&call, 1, &address) ||
      !js_arg_u64(&call, 2, &length) || !js_arg_u32(&call, 3, &align)) {
    return NULL;
  }
  th_address moved;
  const th_status status = th_realloc(call.heap, address, TH_BLOCK_USER, length, align, &moved);
  return status == TH_OK ? js_number(&call, moved) : js_fail(&call, status);
}

// (heap, address) -> true; results: length of the block that starts there, bytes set aside for it.
// false: no live block
static napi_value js_memory_read(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t address;
  if (!js_call_heap(env, info, &call) || !js_arg_u32(&call, 1, &address)) return NULL;
  th_block block;
  if (th_block_read(call.heap->record, address, TH_BLOCK_USER, &block) != TH_OK) {
    return js_bool(&call, false);
  }
  js_result(&call, 0, (double)block.length);
  js_result(&call, 1, block.size);
  return js_bool(&call, true);
}

// (heap, from, Float64Array) -> how many blocks, from that address on, it is filled with: address,
// length and bytes set aside of each
static napi_value js_memory_list(napi_env env, napi_callback_info info) {
  enum { BLOCKS = 128, NUMBERS = 3 };
  js_call call;
  uint32_t from;
  void *view;
  size_t length;
  if (!js_call_heap(env, info, &call) || !js_arg_u32(&call, 1, &from) ||
      !js_arg_view(&call, 2, &view, &length)) {
    return NULL;
  }
  const size_t room = length / (NUMBERS * sizeof(double));
  if (room == 0) return js_internal(env, "the view is too short");
  th_block blocks[BLOCKS];
  const uint32_t count = th_blocks_list(call.heap, TH_BLOCK_USER, from, blocks,
                                        room < BLOCKS ? (uint32_t)room : BLOCKS);
  double *to = view;
  for (uint32_t i = 0; i < count; i++) {
    *to++ = blocks[i].address;
    *to++ = (double)blocks[i].length;
    *to++ = blocks[i].size;
  }
  return js_number(&call, count);
}

// (heap, address) -> true; results: address of the block, its length. false: no live block
static napi_value js_memory_find(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t address;
  if (!js_call_heap(env, info, &call) || !js_arg_u32(&call, 1, &address)) return NULL;
  th_address start;
  uint64_t length;
  const th_status status =
      th_block_containing(call.heap->record, address, TH_BLOCK_USER, &start, &length);
  // Behind the bytes that were asked for, a block can have some that nobody may use.
  if (status != TH_OK || address - start > length) return js_bool(&call, false);
  js_result(&call, 0, start);
  js_result(&call, 1, (double)length);
  return js_bool(&call, true);
}

// hot: heap, address
static napi_value js_memory_free(napi_env env, napi_callback_info info) {
  js_call call;
  if (!hot_call(env, info, &call)) return NULL;
  return js_done(&call, th_free(call.heap, words_of(&call)->address, TH_BLOCK_USER));
}

// (heap, Uint32Array, byteLength, align) fills it with the addresses of new blocks
static napi_value js_memory_alloc_many(napi_env env, napi_callback_info info) {
  js_call call;
  void *view;
  size_t view_length;
  uint64_t length;
  uint32_t align;
  if (!js_call_heap(env, info, &call) || !js_arg_view(&call, 1, &view, &view_length) ||
      !js_arg_u64(&call, 2, &length) || !js_arg_u32(&call, 3, &align)) {
    return NULL;
  }
  const uint32_t count = (uint32_t)(view_length / sizeof(th_address));
  return js_done(&call, th_alloc_many(call.heap, count, length, align, TH_BLOCK_USER, view));
}

// (heap, Uint32Array of addresses) -> index of the first that is no live block, or their number
static napi_value js_memory_free_many(napi_env env, napi_callback_info info) {
  js_call call;
  void *view;
  size_t length;
  if (!js_call_heap(env, info, &call) || !js_arg_view(&call, 1, &view, &length)) return NULL;
  const uint32_t count = (uint32_t)(length / sizeof(th_address));
  return js_number(&call, th_free_many(call.heap, view, count, TH_BLOCK_USER));
}

const js_export js_memory_exports[] = {
    {"memoryAlloc", js_memory_alloc},
    {"memoryAllocNext", js_memory_alloc_next},
    {"memoryAllocMany", js_memory_alloc_many},
    {"memoryAllocRaw", js_memory_alloc_raw},
    {"memoryRealloc", js_memory_realloc},
    {"memoryFind", js_memory_find},
    {"memoryRead", js_memory_read},
    {"memoryList", js_memory_list},
    {"memoryFree", js_memory_free},
    {"memoryFreeMany", js_memory_free_many},
    {NULL, NULL},
};
