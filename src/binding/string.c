// SPDX-License-Identifier: MIT
#include "core/string.h"

#include "napi_args.h"

// (heap, text) -> number of the container
static napi_value js_string_create(napi_env env, napi_callback_info info) {
  js_call call;
  th_value value;
  if (!js_call_open(env, info, &call) || !js_arg_value(&call, 1, &call.js->value, &value)) {
    return NULL;
  }
  th_handle handle;
  const th_status status = th_string_create(call.heap, &value, &handle);
  return status == TH_OK ? js_opened(&call, TH_STRING, &handle) : js_fail(&call, status);
}

// (heap, address, heapId or 0, generation or 0, text) -> number of the container, whose text it is
static napi_value js_string_open(napi_env env, napi_callback_info info) {
  js_call call;
  th_descriptor descriptor;
  th_value value;
  if (!js_call_open(env, info, &call) || !js_arg_u32(&call, 1, &descriptor.address) ||
      !js_arg_u64(&call, 2, &descriptor.heap_id) || !js_arg_u64(&call, 3, &descriptor.generation) ||
      !js_arg_value(&call, 4, &call.js->value, &value)) {
    return NULL;
  }
  th_handle handle;
  const th_status status = th_string_open_and_set(call.heap, &descriptor, &value, &handle);
  return status == TH_OK ? js_opened(&call, TH_STRING, &handle) : js_fail(&call, status);
}

// hot (string) -> text
static napi_value js_string_get(napi_env env, napi_callback_info info) {
  js_call call;
  th_value value;
  const th_handle *string = js_hot_call(env, info, &call, TH_STRING);
  if (!string) return NULL;
  const th_status status = th_string_get(string, &value);
  return status == TH_OK ? js_value_encode(&call, &value) : js_fail(&call, status);
}

// hot (string), text
static napi_value js_string_set(napi_env env, napi_callback_info info) {
  js_call call;
  th_value value;
  const th_handle *string = js_hot_call_1(env, info, &call, TH_STRING);
  if (!string || !js_text_decode(&call, call.argv[0], &call.js->value, &value)) return NULL;
  return js_done(&call, th_string_set(string, &value));
}

static napi_value js_string_free(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_STRING)) return NULL;
  return js_done(&call, th_string_free(&call.handle));
}

const js_export js_string_exports[] = {
    {"stringCreate", js_string_create}, {"stringOpen", js_string_open},
    {"stringGet", js_string_get},       {"stringSet", js_string_set},
    {"stringFree", js_string_free},     {NULL, NULL},
};
