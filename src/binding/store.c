// SPDX-License-Identifier: MIT
#include "core/store.h"

#include "napi_args.h"

// (heap, codec) -> number of the container
static napi_value js_store_create(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t codec;
  if (!js_call_open(env, info, &call) || !js_arg_u32(&call, 1, &codec)) return NULL;
  const th_status status = th_store_create(call.heap, codec, &call.handle);
  return status == TH_OK ? js_opened(&call, TH_STORE, &call.handle) : js_fail(&call, status);
}

// (heap, address, heapId or 0, generation or 0, codec) -> number of the container; a zeroed block
// becomes an empty store of that codec
static napi_value js_store_open(napi_env env, napi_callback_info info) {
  js_call call;
  th_descriptor descriptor;
  uint32_t codec;
  if (!js_call_open(env, info, &call) || !js_arg_u32(&call, 1, &descriptor.address) ||
      !js_arg_u64(&call, 2, &descriptor.heap_id) || !js_arg_u64(&call, 3, &descriptor.generation) ||
      !js_arg_u32(&call, 4, &codec)) {
    return NULL;
  }
  const th_status status = th_store_open(call.heap, &descriptor, codec, &call.handle);
  return status == TH_OK ? js_opened(&call, TH_STORE, &call.handle) : js_fail(&call, status);
}

// (store) -> its codec
static napi_value js_store_codec(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t codec;
  if (!js_call_handle(env, info, &call, TH_STORE)) return NULL;
  const th_status status = th_store_codec(&call.handle, &codec);
  return status == TH_OK ? js_number(&call, codec) : js_fail(&call, status);
}

const js_export js_store_exports[] = {
    {"storeCreate", js_store_create},
    {"storeOpen", js_store_open},
    {"storeCodec", js_store_codec},
    {NULL, NULL},
};
