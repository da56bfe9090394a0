// SPDX-License-Identifier: MIT
#include "core/ref.h"

#include <stdio.h>

#include "core/map.h"
#include "core/process.h"
#include "core/string.h"
#include "core/vector.h"
#include "napi_args.h"

static const th_vector_config ids_config = {
    .element = {.type = TH_ELEMENT_Float64, .data_length = 1},
    .buffer_length = 4,
};

// ---- arguments and errors ----

// What a call on an id fails with. The message names the id; js_fail has none to name.
static napi_value fail(js_call *call, th_status status, th_ref_kind kind, uint64_t id) {
  static const char *const classes[TH_REF_KINDS] = {
      [TH_REF_NONE] = "value", [TH_REF_STRING] = "StringRef", [TH_REF_NUMBER] = "NumberRef",
      [TH_REF_MAP] = "MapRef", [TH_REF_VECTOR] = "VectorRef", [TH_REF_STRUCT] = "struct",
  };
  char text[128];
  if (status == TH_FREED) {
    snprintf(text, sizeof(text), "use after free: the %s with the id %.0f was dropped",
             classes[kind], (double)id);
    napi_throw_error(call->env, "ERR_TH_FREED", text);
    return NULL;
  }
  if (status == TH_BAD_DESCRIPTOR) {
    snprintf(text, sizeof(text), "the id %.0f is that of no %s", (double)id, classes[kind]);
    napi_throw_error(call->env, "ERR_TH_BAD_DESCRIPTOR", text);
    return NULL;
  }
  return js_fail(call, status);
}

// An id; any object could be `this` of a method.
static bool arg_id(js_call *call, int index, uint64_t *id) {
  double number;
  if (napi_get_value_double(call->env, call->argv[index], &number) == napi_ok && number >= 0 &&
      number < 9007199254740992.0 && number == (double)(uint64_t)number) {
    *id = (uint64_t)number;
    return true;
  }
  napi_throw_type_error(call->env, "ERR_TH_ARG_TYPE", "id must be an integer, as a ref's id is");
  return false;
}

static bool arg_kind(js_call *call, int index, th_ref_kind *kind) {
  uint32_t number;
  if (!js_arg_u32(call, index, &number)) return false;
  *kind = (th_ref_kind)number;
  if (number > TH_REF_NONE && number < TH_REF_KINDS) return true;
  js_internal(call->env, "no such kind");
  return false;
}

// A call on a ref: the heap, and its id as argument `index`.
typedef struct ref_call {
  js_call call;
  th_ref_kind kind;
  uint64_t id;
  napi_value failed; // what the binding function returns when one of these is false
} ref_call;

static bool open_ref(ref_call *ref, int index) {
  js_call *call = &ref->call;
  if (!arg_id(call, index, &ref->id)) return false;
  const th_status status = th_ref_open(call->heap, ref->id, ref->kind, &call->handle);
  if (status != TH_OK) ref->failed = fail(call, status, ref->kind, ref->id);
  return status == TH_OK;
}

// (heap, id)
static bool call_ref(napi_env env, napi_callback_info info, ref_call *ref, th_ref_kind kind) {
  *ref = (ref_call){.kind = kind};
  return js_call_heap(env, info, &ref->call) && open_ref(ref, 1);
}

// (heap, kind, id)
static bool call_any_ref(napi_env env, napi_callback_info info, ref_call *ref) {
  *ref = (ref_call){0};
  return js_call_heap(env, info, &ref->call) && arg_kind(&ref->call, 1, &ref->kind) &&
         open_ref(ref, 2);
}

// (heap, id, key)
static bool call_key(napi_env env, napi_callback_info info, ref_call *ref, th_ref_kind kind,
                     th_value *key) {
  return call_ref(env, info, ref, kind) && js_arg_value(&ref->call, 2, &ref->call.js->key, key);
}

static napi_value done(ref_call *ref, th_status status) {
  return status == TH_OK ? NULL : fail(&ref->call, status, ref->kind, ref->id);
}

// The id of a ref that a map or vector holds; result 0 is its kind.
static napi_value held(js_call *call, double id) {
  th_ref_kind kind;
  th_handle handle;
  const th_status status = th_ref_find(call->heap, (uint64_t)id, &kind, &handle);
  if (status != TH_OK) return fail(call, status, TH_REF_NONE, (uint64_t)id);
  js_result(call, 0, kind);
  return js_number(call, id);
}

// An id of any kind that is to be held.
static bool arg_held(ref_call *ref, int index, double *number) {
  js_call *call = &ref->call;
  uint64_t id;
  th_ref_kind kind;
  th_handle handle;
  if (!arg_id(call, index, &id)) return false;
  const th_status status = th_ref_find(call->heap, id, &kind, &handle);
  if (status != TH_OK) ref->failed = fail(call, status, TH_REF_NONE, id);
  *number = (double)id;
  return status == TH_OK;
}

// ---- making ----

// Sets the keys of a struct to be from argv[2], [key, value, key, value ...].
static bool fill(ref_call *ref) {
  js_call *call = &ref->call;
  enum { KEY = JS_ARGS_MAX - 2, VALUE };
  napi_value array = call->argv[2];
  uint32_t length;
  if (napi_get_array_length(call->env, array, &length) != napi_ok) {
    ref->failed = js_internal(call->env, "an array was expected");
    return false;
  }
  for (uint32_t i = 0; i + 1 < length; i += 2) {
    th_value key, value;
    if (napi_get_element(call->env, array, i, &call->argv[KEY]) != napi_ok ||
        napi_get_element(call->env, array, i + 1, &call->argv[VALUE]) != napi_ok ||
        !js_arg_value(call, KEY, &call->js->key, &key) ||
        !js_arg_value(call, VALUE, &call->js->value, &value)) {
      return false;
    }
    const th_status status = th_map_set(&call->handle, &key, &value);
    if (status != TH_OK) {
      ref->failed = js_fail(call, status);
      return false;
    }
  }
  return true;
}

static th_status create(js_call *call, th_ref_kind kind, const th_value *value) {
  switch (kind) {
  case TH_REF_VECTOR:
    return th_vector_create(call->heap, &ids_config, &call->handle);
  case TH_REF_MAP:
  case TH_REF_STRUCT:
    return th_map_create(call->heap, &call->handle);
  default:
    return th_string_create(call->heap, value, &call->handle);
  }
}

// Makes what is to be a ref, with what argv[2] says it holds at first.
static bool make(ref_call *ref) {
  js_call *call = &ref->call;
  th_value value;
  const bool is_cell = ref->kind == TH_REF_STRING || ref->kind == TH_REF_NUMBER;
  if (is_cell && !js_arg_value(call, 2, &call->js->value, &value)) return false;
  const th_status status = create(call, ref->kind, &value);
  if (status != TH_OK) {
    ref->failed = js_fail(call, status);
    return false;
  }
  if (ref->kind != TH_REF_STRUCT || fill(ref)) return true;
  while (th_ref_free(&call->handle, ref->kind) == TH_BUSY) {
  }
  return false;
}

// (heap, kind, text, number or struct's keys and values) -> id
static napi_value js_ref_create(napi_env env, napi_callback_info info) {
  ref_call ref = {0};
  if (!js_call_heap(env, info, &ref.call) || !arg_kind(&ref.call, 1, &ref.kind) || !make(&ref)) {
    return ref.failed;
  }
  return js_number(&ref.call, (double)th_ref_publish(&ref.call.handle, ref.kind));
}

// (heap, kind, text, number or struct's keys and values, name) -> id of the ref that has the name
static napi_value js_ref_named(napi_env env, napi_callback_info info) {
  ref_call ref = {0};
  js_call *call = &ref.call;
  th_value name;
  if (!js_call_heap(env, info, call) || !arg_kind(call, 1, &ref.kind) ||
      !js_arg_value(call, 3, &call->js->expected, &name)) {
    return NULL;
  }
  const th_names *names = th_process_names();
  uint64_t id;
  th_status status = th_name_find(call->heap, names, &name, ref.kind, &id);
  if (status == TH_VACANT) {
    if (!make(&ref)) return ref.failed;
    status = th_name_publish(&call->handle, ref.kind, names, &name, &id);
  }
  if (status == TH_OK) return js_number(call, (double)id);
  if (status != TH_BAD_DESCRIPTOR) return js_fail(call, status);
  napi_throw_error(env, "ERR_TH_BAD_DESCRIPTOR", "the name belongs to a value of another class");
  return NULL;
}

// ---- all kinds ----

// (heap, kind, id): throws unless there is one
static napi_value js_ref_check(napi_env env, napi_callback_info info) {
  ref_call ref;
  call_any_ref(env, info, &ref);
  return ref.failed;
}

// (heap, kind, id)
static napi_value js_ref_drop(napi_env env, napi_callback_info info) {
  ref_call ref = {0};
  js_call *call = &ref.call;
  if (!js_call_heap(env, info, call) || !arg_kind(call, 1, &ref.kind) ||
      !arg_id(call, 2, &ref.id)) {
    return NULL;
  }
  return done(&ref, th_name_drop(call->heap, th_process_names(), ref.id, ref.kind));
}

// ---- strings and numbers ----

// (heap, kind, id) -> text or number
static napi_value js_ref_get(napi_env env, napi_callback_info info) {
  ref_call ref;
  if (!call_any_ref(env, info, &ref)) return ref.failed;
  th_value value;
  const th_status status = th_string_get(&ref.call.handle, &value);
  return status == TH_OK ? js_value_encode(&ref.call, &value) : done(&ref, status);
}

// (heap, kind, id, text or number)
static napi_value js_ref_set(napi_env env, napi_callback_info info) {
  ref_call ref;
  th_value value;
  if (!call_any_ref(env, info, &ref)) return ref.failed;
  if (!js_arg_value(&ref.call, 3, &ref.call.js->value, &value)) return NULL;
  return done(&ref, th_string_set(&ref.call.handle, &value));
}

// ---- maps ----

// (heap, id, key) -> id; result 0 is its kind. undefined when absent
static napi_value js_ref_map_get(napi_env env, napi_callback_info info) {
  ref_call ref;
  th_value key, value;
  if (!call_key(env, info, &ref, TH_REF_MAP, &key)) return ref.failed;
  bool found;
  const th_status status = th_map_get(&ref.call.handle, &key, &value, &found);
  if (status != TH_OK) return done(&ref, status);
  return found ? held(&ref.call, value.number) : NULL;
}

// (heap, id, key, id to hold)
static napi_value js_ref_map_set(napi_env env, napi_callback_info info) {
  ref_call ref;
  th_value key, value = {.type = TH_NUMBER};
  if (!call_key(env, info, &ref, TH_REF_MAP, &key) || !arg_held(&ref, 3, &value.number)) {
    return ref.failed;
  }
  return done(&ref, th_map_set(&ref.call.handle, &key, &value));
}

// (heap, id, key) -> whether it was there
static napi_value js_ref_map_remove(napi_env env, napi_callback_info info) {
  ref_call ref;
  th_value key;
  if (!call_key(env, info, &ref, TH_REF_MAP, &key)) return ref.failed;
  bool found;
  const th_status status = th_map_delete(&ref.call.handle, &key, &found);
  return status == TH_OK ? js_bool(&ref.call, found) : done(&ref, status);
}

// (heap, kind of a map or struct, id) -> entries
static napi_value js_ref_map_length(napi_env env, napi_callback_info info) {
  ref_call ref;
  if (!call_any_ref(env, info, &ref)) return ref.failed;
  uint64_t entries;
  const th_status status = th_map_size(&ref.call.handle, &entries);
  return status == TH_OK ? js_number(&ref.call, (double)entries) : done(&ref, status);
}

// ---- vectors ----

// (heap, id, id to hold)
static napi_value js_ref_vector_push(napi_env env, napi_callback_info info) {
  ref_call ref;
  double id;
  if (!call_ref(env, info, &ref, TH_REF_VECTOR) || !arg_held(&ref, 2, &id)) return ref.failed;
  uint32_t index;
  return done(&ref, th_vector_push(&ref.call.handle, &id, &index));
}

// (heap, id, index) -> id; result 0 is its kind. undefined when there is none
static napi_value js_ref_vector_index(napi_env env, napi_callback_info info) {
  ref_call ref;
  uint32_t index;
  if (!call_ref(env, info, &ref, TH_REF_VECTOR)) return ref.failed;
  if (!js_arg_u32(&ref.call, 2, &index)) return NULL;
  double id;
  bool found;
  const th_status status = th_vector_get(&ref.call.handle, index, &id, sizeof(id), &found);
  if (status != TH_OK) return done(&ref, status);
  return found ? held(&ref.call, id) : NULL;
}

// (heap, id) -> elements
static napi_value js_ref_vector_length(napi_env env, napi_callback_info info) {
  ref_call ref;
  if (!call_ref(env, info, &ref, TH_REF_VECTOR)) return ref.failed;
  uint32_t length;
  const th_status status = th_vector_length(&ref.call.handle, &length);
  return status == TH_OK ? js_number(&ref.call, length) : done(&ref, status);
}

// ---- structs ----

// (heap, id, key) -> text or number, undefined when there is no such key
static napi_value js_ref_struct_get(napi_env env, napi_callback_info info) {
  ref_call ref;
  th_value key, value;
  if (!call_key(env, info, &ref, TH_REF_STRUCT, &key)) return ref.failed;
  bool found;
  const th_status status = th_map_get(&ref.call.handle, &key, &value, &found);
  if (status != TH_OK) return done(&ref, status);
  return found ? js_value_encode(&ref.call, &value) : NULL;
}

// (heap, id, key, text or number) -> true; false when the key has the other type; undefined when
// there is no such key. Neither ever changes, so between the look and the change nothing happens
// that matters.
static napi_value js_ref_struct_set(napi_env env, napi_callback_info info) {
  ref_call ref;
  th_value key, value, present;
  if (!call_key(env, info, &ref, TH_REF_STRUCT, &key)) return ref.failed;
  if (!js_arg_value(&ref.call, 3, &ref.call.js->value, &value)) return NULL;
  bool found;
  th_status status = th_map_get(&ref.call.handle, &key, &present, &found);
  if (status == TH_OK && !found) return NULL;
  const bool fits = status == TH_OK && (present.type == TH_NUMBER) == (value.type == TH_NUMBER);
  if (fits) status = th_map_set(&ref.call.handle, &key, &value);
  return status == TH_OK ? js_bool(&ref.call, fits) : done(&ref, status);
}

const js_export js_ref_exports[] = {
    {"refCreate", js_ref_create},
    {"refNamed", js_ref_named},
    {"refCheck", js_ref_check},
    {"refDrop", js_ref_drop},
    {"refGet", js_ref_get},
    {"refSet", js_ref_set},
    {"refMapGet", js_ref_map_get},
    {"refMapSet", js_ref_map_set},
    {"refMapRemove", js_ref_map_remove},
    {"refMapLength", js_ref_map_length},
    {"refVectorPush", js_ref_vector_push},
    {"refVectorIndex", js_ref_vector_index},
    {"refVectorLength", js_ref_vector_length},
    {"refStructGet", js_ref_struct_get},
    {"refStructSet", js_ref_struct_set},
    {NULL, NULL},
};
