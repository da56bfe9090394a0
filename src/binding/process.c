// SPDX-License-Identifier: MIT
#include "core/process.h"
#include "core/system.h"

#include "napi_args.h"

// (anchor, seedLow, seedHigh) -> number of the heap
static napi_value js_process_attach(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t low, high;
  if (!js_call_begin(env, info, &call) || !js_arg_u32(&call, 1, &low) ||
      !js_arg_u32(&call, 2, &high)) {
    return NULL;
  }
  th_heap *heap;
  const th_status status = th_process_attach((uint64_t)high << 32 | low, &heap);
  return status == TH_OK ? js_heap_hold(&call, 0, heap) : js_fail(&call, status);
}

// (heap, room, known) -> the size it has then, to be given as `known` the next time
static napi_value js_process_grow(napi_env env, napi_callback_info info) {
  js_call call;
  uint64_t room, known;
  if (!js_call_heap(env, info, &call) || !js_arg_u64(&call, 1, &room) ||
      !js_arg_u64(&call, 2, &known)) {
    return NULL;
  }
  const th_status status = th_process_grow(call.heap, room, &known);
  return status == TH_OK ? js_number(&call, (double)known) : js_fail(&call, status);
}

// (bytes of addresses) -> whether the process could have them
static napi_value js_process_can_reserve(napi_env env, napi_callback_info info) {
  js_call call;
  uint64_t length;
  if (!js_call_begin(env, info, &call) || !js_arg_u64(&call, 0, &length)) return NULL;
  return js_bool(&call, th_system_can_reserve(length));
}

const js_export js_process_exports[] = {
    {"processAttach", js_process_attach},
    {"processCanReserve", js_process_can_reserve},
    {"processGrow", js_process_grow},
    {NULL, NULL},
};
