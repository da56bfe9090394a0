// SPDX-License-Identifier: MIT
#include "napi_args.h"

#include <stdlib.h>

napi_value js_internal(napi_env env, const char *what) {
  napi_throw_error(env, "ERR_TH_INTERNAL", what);
  return NULL;
}

bool js_call_begin(napi_env env, napi_callback_info info, js_call *call) {
  size_t count = JS_ARGS_MAX;
  void *data;
  call->env = env;
  if (napi_get_cb_info(env, info, &count, call->argv, NULL, &data) != napi_ok) {
    js_internal(env, "no arguments");
    return false;
  }
  call->js = data;
  return true;
}

bool js_call_heap(napi_env env, napi_callback_info info, js_call *call) {
  uint32_t number;
  return js_call_begin(env, info, call) && js_arg_u32(call, 0, &number) &&
         js_call_take_heap(call, number);
}

// The open slot of that number, or NULL with an exception pending.
static const js_slot *open_slot(js_call *call, uint32_t number) {
  if (number < call->js->slot_count && call->js->slots[number].state == JS_SLOT_OPEN) {
    call->heap = call->js->slots[number].handle.heap;
    return &call->js->slots[number];
  }
  js_fail(call, TH_FREED);
  return NULL;
}

// SharedMap.prototype.get.call(list) would get here.
static void refuse_this(js_call *call) {
  napi_throw_type_error(call->env, "ERR_TH_ARG_TYPE",
                        "this must be a container of the method's class");
}

static const js_slot *call_slot(napi_env env, napi_callback_info info, js_call *call) {
  uint32_t number;
  if (!js_call_begin(env, info, call)) return NULL;
  if (napi_get_value_uint32(env, call->argv[0], &number) != napi_ok) {
    refuse_this(call);
    return NULL;
  }
  const js_slot *slot = open_slot(call, number);
  if (slot) call->handle = slot->handle;
  return slot;
}

bool js_call_any_handle(napi_env env, napi_callback_info info, js_call *call) {
  return call_slot(env, info, call) != NULL;
}

static bool is_of_kind(js_call *call, const js_slot *slot, th_object_kind kind) {
  if (!slot || slot->kind == kind) return slot != NULL;
  if (kind == TH_MAP && slot->kind == TH_STORE) return true; // which is a map (core/store.h)
  refuse_this(call);
  return false;
}

bool js_call_handle(napi_env env, napi_callback_info info, js_call *call, th_object_kind kind) {
  return is_of_kind(call, call_slot(env, info, call), kind);
}

const th_handle *js_hot_other(js_call *call, uint32_t number, th_object_kind kind) {
  if (number == 0) {
    refuse_this(call);
    return NULL;
  }
  const js_slot *slot = open_slot(call, number);
  return is_of_kind(call, slot, kind) ? &slot->handle : NULL;
}

bool js_arg_u32(js_call *call, int index, uint32_t *value) {
  if (napi_get_value_uint32(call->env, call->argv[index], value) == napi_ok) return true;
  js_internal(call->env, "a number was expected");
  return false;
}

bool js_arg_double(js_call *call, int index, double *value) {
  if (napi_get_value_double(call->env, call->argv[index], value) == napi_ok) return true;
  js_internal(call->env, "a number was expected");
  return false;
}

bool js_arg_u64(js_call *call, int index, uint64_t *value) {
  double number;
  if (!js_arg_double(call, index, &number)) return false;
  if (number >= 0 && number <= 9007199254740992.0) {
    *value = (uint64_t)number;
    return true;
  }
  js_internal(call->env, "a number from 0 to 2^53 was expected");
  return false;
}

bool js_arg_bool(js_call *call, int index, bool *value) {
  if (napi_get_value_bool(call->env, call->argv[index], value) == napi_ok) return true;
  js_internal(call->env, "a boolean was expected");
  return false;
}

// napi_get_arraybuffer_info refuses a SharedArrayBuffer on Node 20; a view of one is understood by
// all versions, and its length is the current one.
bool js_view(js_call *call, napi_value view, void **data, size_t *length) {
  static const uint8_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8}; // by napi_typedarray_type
  napi_typedarray_type type;
  size_t elements;
  const napi_status status =
      napi_get_typedarray_info(call->env, view, &type, &elements, data, NULL, NULL);
  if (status != napi_ok || (size_t)type >= sizeof(sizes)) {
    js_internal(call->env, "a typed array was expected");
    return false;
  }
  *length = elements * sizes[type];
  return true;
}

// What fails to be made is too large for the memory of JavaScript. V8 may have thrown an error
// without a code for that, which gives way to ours.
napi_value js_made(js_call *call, napi_status status, napi_value value) {
  bool pending = false;
  napi_value thrown;
  if (status == napi_ok) return value;
  napi_is_exception_pending(call->env, &pending);
  if (pending) napi_get_and_clear_last_exception(call->env, &thrown);
  return js_fail(call, TH_NO_MEMORY);
}

napi_value js_number(js_call *call, double value) {
  napi_value result = NULL;
  const napi_status status = napi_create_double(call->env, value, &result);
  return js_made(call, status, result);
}

napi_value js_bool(js_call *call, bool value) {
  napi_value result = NULL;
  const napi_status status = napi_get_boolean(call->env, value, &result);
  return js_made(call, status, result);
}

static bool slots_grow(js_env *js) {
  const uint32_t count = js->slot_count ? js->slot_count * 2 : 64;
  js_slot *slots = realloc(js->slots, count * sizeof(*slots));
  if (!slots) return false;
  js->slots = slots;
  // Slot 0 stays unused: it is the number of what is no container.
  const uint32_t first = js->slot_count ? js->slot_count : 1;
  slots[0].state = JS_SLOT_FREE;
  for (uint32_t i = count; i-- > first;) {
    slots[i] = (js_slot){.next_free = js->free_slot};
    js->free_slot = i;
  }
  js->slot_count = count;
  return true;
}

bool js_call_open(napi_env env, napi_callback_info info, js_call *call) {
  if (!js_call_heap(env, info, call)) return false;
  if (call->js->free_slot == 0 && !slots_grow(call->js)) {
    js_fail(call, TH_NO_MEMORY);
    return false;
  }
  call->opened = js_number(call, call->js->free_slot);
  return call->opened != NULL;
}

napi_value js_opened(js_call *call, th_object_kind kind, const th_handle *handle) {
  js_env *js = call->js;
  js_slot *slot = &js->slots[js->free_slot];
  js->free_slot = slot->next_free;
  *slot = (js_slot){.handle = *handle, .kind = kind, .state = JS_SLOT_OPEN};
  return call->opened;
}
