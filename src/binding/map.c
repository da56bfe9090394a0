// SPDX-License-Identifier: MIT
#include "core/map.h"

#include "napi_args.h"

// A map and a key.
static bool call_key(napi_env env, napi_callback_info info, js_call *call, th_value *key) {
  if (!js_call_handle(env, info, call, TH_MAP) || !js_arg_value(call, 1, &call->js->key, key)) {
    return false;
  }
  return true;
}

// ---- hot calls, each by a key that lib has put there, and by a text that is the argument ----

#define JS_BY_KEY(act)                                                                             \
  static napi_value js_map_##act##_by_key(napi_env env, napi_callback_info info) {                 \
    js_call call;                                                                                  \
    const th_handle *map = js_hot_call(env, info, &call, TH_MAP);                                  \
    if (!map) return NULL;                                                                         \
    const th_value key = js_hot_key(&call);                                                        \
    return act(&call, map, &key);                                                                  \
  }                                                                                                \
  static napi_value js_map_##act##_by_text(napi_env env, napi_callback_info info) {                \
    js_call call;                                                                                  \
    th_value key;                                                                                  \
    const th_handle *map = js_hot_call_1(env, info, &call, TH_MAP);                                \
    if (!map || !js_text_decode(&call, call.argv[0], &call.js->key, &key)) return NULL;            \
    return act(&call, map, &key);                                                                  \
  }

// -> the value; undefined for a number, which is result 1, and for none: result 0 tells
static napi_value get(js_call *call, const th_handle *map, const th_value *key) {
  th_value value;
  bool found;
  const th_status status = th_map_get(map, key, &value, &found);
  if (status != TH_OK) return js_fail(call, status);
  const bool is_number = found && value.type == TH_NUMBER;
  js_result(call, 0, is_number);
  if (is_number) js_result(call, 1, value.number);
  return is_number || !found ? NULL : js_value_encode(call, &value);
}

// -> result 0: whether the key is there
static napi_value has(js_call *call, const th_handle *map, const th_value *key) {
  bool found = false;
  const th_status status = th_map_has(map, key, &found);
  return js_found(call, status, found);
}

// Number 2 is the value.
static napi_value set_number(js_call *call, const th_handle *map, const th_value *key) {
  const th_value value = {.type = TH_NUMBER, .number = js_hot_number(call, 2)};
  return js_done(call, th_map_set(map, key, &value));
}

// -> result 0: whether the key was there
static napi_value delete (js_call *call, const th_handle *map, const th_value *key) {
  bool found = false;
  const th_status status = th_map_delete(map, key, &found);
  return js_found(call, status, found);
}

// Number 2 is what to add -> result 1: the sum
static napi_value add(js_call *call, const th_handle *map, const th_value *key) {
  double sum = 0;
  const th_status status = th_map_add(map, key, js_hot_number(call, 2), &sum);
  if (status == TH_OK) js_result(call, 1, sum);
  return js_done(call, status);
}

JS_BY_KEY(get)
JS_BY_KEY(has)
JS_BY_KEY(set_number)
JS_BY_KEY(delete)
JS_BY_KEY(add)

// ---- other calls ----

// (heap) -> number of the container
static napi_value js_map_create(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_open(env, info, &call)) return NULL;
  const th_status status = th_map_create(call.heap, &call.handle);
  if (status != TH_OK) return js_fail(&call, status);
  return js_opened(&call, TH_MAP, &call.handle);
}

// (map, key) -> whether its value is a serialised object; results: address and length of the bytes
static napi_value js_map_locate(napi_env env, napi_callback_info info) {
  js_call call;
  th_value key;
  if (!call_key(env, info, &call, &key)) return NULL;
  th_address address = 0;
  uint64_t length = 0;
  bool found;
  const th_status status = th_map_locate(&call.handle, &key, &address, &length, &found);
  if (status != TH_OK) return js_fail(&call, status);
  js_result(&call, 0, address);
  js_result(&call, 1, (double)length);
  return js_bool(&call, found);
}

// (map, key, value)
static napi_value js_map_set(napi_env env, napi_callback_info info) {
  js_call call;
  th_value key, value;
  if (!call_key(env, info, &call, &key) || !js_arg_value(&call, 2, &call.js->value, &value)) {
    return NULL;
  }
  return js_done(&call, th_map_set(&call.handle, &key, &value));
}

// (map, key, expected, value) -> whether value was stored
static napi_value js_map_compare_and_set(napi_env env, napi_callback_info info) {
  js_call call;
  th_value key, expected, value;
  if (!call_key(env, info, &call, &key) || !js_arg_value(&call, 2, &call.js->expected, &expected) ||
      !js_arg_value(&call, 3, &call.js->value, &value)) {
    return NULL;
  }
  bool stored;
  const th_status status = th_map_compare_and_set(&call.handle, &key, &expected, &value, &stored);
  return status == TH_OK ? js_bool(&call, stored) : js_fail(&call, status);
}

// (map, key, value) -> the value the key has then
static napi_value js_map_get_or_insert(napi_env env, napi_callback_info info) {
  js_call call;
  th_value key, value, present;
  if (!call_key(env, info, &call, &key) || !js_arg_value(&call, 2, &call.js->value, &value)) {
    return NULL;
  }
  bool inserted;
  const th_status status = th_map_get_or_insert(&call.handle, &key, &value, &present, &inserted);
  if (status != TH_OK) return js_fail(&call, status);
  return inserted ? call.argv[2] : js_value_encode(&call, &present);
}

// (map) -> entries
static napi_value js_map_size(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_MAP)) return NULL;
  uint64_t entries;
  const th_status status = th_map_size(&call.handle, &entries);
  return status == TH_OK ? js_number(&call, (double)entries) : js_fail(&call, status);
}

// (map) -> slots of its tables
static napi_value js_map_slots(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_MAP)) return NULL;
  uint64_t slots;
  const th_status status = th_map_slots(&call.handle, &slots);
  return status == TH_OK ? js_number(&call, (double)slots) : js_fail(&call, status);
}

static bool put(js_call *call, napi_value array, uint32_t index, const th_value *value) {
  napi_value element = js_value_encode(call, value);
  return element && js_made(call, napi_set_element(call->env, array, index, element), element);
}

static napi_value batch_array(js_call *call, const th_map_batch *batch, bool with_values) {
  napi_value array = NULL;
  uint32_t index = 0;
  const uint32_t length = batch->count * (with_values ? 2u : 1u);
  const napi_status status = napi_create_array_with_length(call->env, length, &array);
  if (!js_made(call, status, array)) return NULL;
  for (uint32_t i = 0; i < batch->count; i++) {
    if (!put(call, array, index++, &batch->keys[i])) return NULL;
    if (with_values && !put(call, array, index++, &batch->values[i])) return NULL;
  }
  return array;
}

// (map, cursor, withValues) -> [key, value, key, value ...] or [key, key ...]; empty at the end
static napi_value js_map_next(napi_env env, napi_callback_info info) {
  js_call call;
  void *data;
  size_t length;
  bool with_values;
  if (!js_call_handle(env, info, &call, TH_MAP) || !js_arg_view(&call, 1, &data, &length) ||
      !js_arg_bool(&call, 2, &with_values)) {
    return NULL;
  }
  if (length != sizeof(th_map_cursor)) return js_internal(env, "no cursor");
  th_map_batch batch;
  const th_status status = th_map_next(&call.handle, data, with_values, &batch);
  return status == TH_OK ? batch_array(&call, &batch, with_values) : js_fail(&call, status);
}

// (map) -> address of the directory, 0 if it has none
static napi_value js_map_directory(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_MAP)) return NULL;
  th_address directory;
  const th_status status = th_map_directory_of(&call.handle, &directory);
  return status == TH_OK ? js_number(&call, directory) : js_fail(&call, status);
}

static napi_value js_map_clear(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_MAP)) return NULL;
  return js_done(&call, th_map_clear(&call.handle));
}

static napi_value js_map_free(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_MAP)) return NULL;
  return js_done(&call, th_map_free(&call.handle));
}

const js_export js_map_exports[] = {
    {"mapCreate", js_map_create},
    {"mapGetByKey", js_map_get_by_key},
    {"mapGetByText", js_map_get_by_text},
    {"mapHasByKey", js_map_has_by_key},
    {"mapHasByText", js_map_has_by_text},
    {"mapSetNumberByKey", js_map_set_number_by_key},
    {"mapSetNumberByText", js_map_set_number_by_text},
    {"mapDeleteByKey", js_map_delete_by_key},
    {"mapDeleteByText", js_map_delete_by_text},
    {"mapAddByKey", js_map_add_by_key},
    {"mapAddByText", js_map_add_by_text},
    {"mapLocate", js_map_locate},
    {"mapSet", js_map_set},
    {"mapCompareAndSet", js_map_compare_and_set},
    {"mapGetOrInsert", js_map_get_or_insert},
    {"mapSize", js_map_size},
    {"mapSlots", js_map_slots},
    {"mapNext", js_map_next},
    {"mapDirectory", js_map_directory},
    {"mapClear", js_map_clear},
    {"mapFree", js_map_free},
    {NULL, NULL},
};
