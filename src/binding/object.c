// SPDX-License-Identifier: MIT
#include "core/list.h"
#include "core/map.h"
#include "core/string.h"
#include "core/vector.h"
#include "napi_args.h"

typedef th_status (*opener)(th_heap *heap, const th_descriptor *descriptor, th_handle *handle);

// (heap, kind, address, heapId or 0, generation or 0) -> number of the container
static napi_value js_object_open(napi_env env, napi_callback_info info) {
  static const opener openers[TH_OBJECT_KINDS] = {
      [TH_LIST] = th_list_open,
      [TH_VECTOR] = th_vector_open,
      [TH_MAP] = th_map_open,
      [TH_STRING] = th_string_open,
  };
  js_call call;
  uint32_t kind;
  th_descriptor descriptor;
  if (!js_call_open(env, info, &call) || !js_arg_u32(&call, 1, &kind) ||
      !js_arg_u32(&call, 2, &descriptor.address) || !js_arg_u64(&call, 3, &descriptor.heap_id) ||
      !js_arg_u64(&call, 4, &descriptor.generation)) {
    return NULL;
  }
  if (kind >= TH_OBJECT_KINDS || !openers[kind]) return js_internal(env, "no such kind");
  th_handle handle;
  const th_status status = openers[kind](call.heap, &descriptor, &handle);
  if (status != TH_OK) return js_fail(&call, status);
  return js_opened(&call, (th_object_kind)kind, &handle);
}

// (container) -> results: address for descriptors, generation, address of the control block
static napi_value js_object_describe(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_any_handle(env, info, &call)) return NULL;
  js_result(&call, 0, call.handle.address);
  js_result(&call, 1, (double)call.handle.generation);
  js_result(&call, 2, (double)((uint8_t *)call.handle.control - call.heap->base));
  return NULL;
}

// (container): throws when it is freed or corrupt
static napi_value js_object_check(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_any_handle(env, info, &call)) return NULL;
  return js_done(&call, th_object_check(&call.handle));
}

// (container): this environment does not use the number any more
static napi_value js_object_close(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t number;
  if (!js_call_begin(env, info, &call) || !js_arg_u32(&call, 0, &number)) return NULL;
  js_env *js = call.js;
  if (number >= js->slot_count || js->slots[number].state == JS_SLOT_FREE) return NULL;
  js->slots[number] = (js_slot){.next_free = js->free_slot};
  js->free_slot = number;
  return NULL;
}

const js_export js_object_exports[] = {
    {"objectOpen", js_object_open},
    {"objectDescribe", js_object_describe},
    {"objectCheck", js_object_check},
    {"objectClose", js_object_close},
    {NULL, NULL},
};
