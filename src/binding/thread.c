// SPDX-License-Identifier: MIT
#include "core/thread.h"

#include "napi_args.h"

// (number): what this thread is called; when the environment ends, the thread has
static napi_value js_thread_name(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t thread;
  if (!js_call_begin(env, info, &call) || !js_arg_u32(&call, 0, &thread)) return NULL;
  call.js->thread = thread;
  call.js->is_named = true;
  return NULL;
}

// (number) -> whether that thread has ended
static napi_value js_thread_has_ended(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t thread;
  if (!js_call_begin(env, info, &call) || !js_arg_u32(&call, 0, &thread)) return NULL;
  return js_bool(&call, th_thread_has_ended(thread));
}

const js_export js_thread_exports[] = {
    {"threadName", js_thread_name},
    {"threadHasEnded", js_thread_has_ended},
    {NULL, NULL},
};
