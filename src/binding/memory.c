// SPDX-License-Identifier: MIT
#include "core/alloc.h"
#include "napi_args.h"

// (heap, byteLength, align) -> address
static napi_value js_memory_alloc(napi_env env, napi_callback_info info) {
  js_call call;
  uint64_t length;
  uint32_t align;
  if (!js_call_heap(env, info, &call) || !js_arg_u64(&call, 1, &length) ||
      !js_arg_u32(&call, 2, &align)) {
    return NULL;
  }
  th_address address;
  const th_status status = th_alloc_zeroed(call.heap, length, align, TH_BLOCK_USER, &address);
  return status == TH_OK ? js_number(&call, address) : js_fail(&call, status);
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

// (heap, address)
static napi_value js_memory_free(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t address;
  if (!js_call_heap(env, info, &call) || !js_arg_u32(&call, 1, &address)) return NULL;
  return js_done(&call, th_free(call.heap, address, TH_BLOCK_USER));
}

const js_export js_memory_exports[] = {
    {"memoryAlloc", js_memory_alloc},
    {"memoryFind", js_memory_find},
    {"memoryFree", js_memory_free},
    {NULL, NULL},
};
