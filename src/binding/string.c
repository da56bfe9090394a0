// SPDX-License-Identifier: MIT
#include "core/string.h"

#include "napi_args.h"

// (heap, text, address of a user's block or 0) -> number of the container
static napi_value js_string_create(napi_env env, napi_callback_info info) {
  js_call call;
  th_value value;
  uint32_t block;
  if (!js_call_open(env, info, &call) || !js_value_decode(&call, 1, &call.js->value, &value) ||
      !js_arg_u32(&call, 2, &block)) {
    return NULL;
  }
  th_status status = th_string_create(call.heap, &value, &call.handle);
  if (status == TH_OK && block) {
    status = th_object_bind(&call.handle, TH_STRING, block);
    if (status != TH_OK) {
      while (th_string_free(&call.handle) == TH_BUSY)
        continue;
    }
  }
  if (status != TH_OK) return js_fail(&call, status);
  return js_opened(&call, TH_STRING, &call.handle);
}

// (string) -> text
static napi_value js_string_get(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_STRING)) return NULL;
  th_value value;
  const th_status status = th_string_get(&call.handle, &value);
  return status == TH_OK ? js_value_encode(&call, &value) : js_fail(&call, status);
}

// (string, text)
static napi_value js_string_set(napi_env env, napi_callback_info info) {
  js_call call;
  th_value value;
  if (!js_call_handle(env, info, &call, TH_STRING) ||
      !js_value_decode(&call, 1, &call.js->value, &value)) {
    return NULL;
  }
  return js_done(&call, th_string_set(&call.handle, &value));
}

static napi_value js_string_free(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_STRING)) return NULL;
  return js_done(&call, th_string_free(&call.handle));
}

const js_export js_string_exports[] = {
    {"stringCreate", js_string_create},
    {"stringGet", js_string_get},
    {"stringSet", js_string_set},
    {"stringFree", js_string_free},
    {NULL, NULL},
};
