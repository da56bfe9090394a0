// SPDX-License-Identifier: MIT
// Maps, many keys in one call: a Float64Array, or a string of texts that lie one after the other
// and a Uint32Array of their ends. A call that is to be repeated, or fails, has done its first keys
// for good; js_progress says how many.
#include "core/map.h"
#include "napi_args.h"

static bool arg_array(js_call *call, int index, size_t element, void **data, uint32_t *count) {
  size_t length;
  if (!js_arg_view(call, index, data, &length)) return false;
  *count = (uint32_t)(length / element);
  return true;
}

static bool arg_texts(js_call *call, int index, th_map_keys *keys) {
  th_buffer *values = &call->js->value;
  void *ends;
  if (!arg_array(call, index + 1, sizeof(uint32_t), &ends, &keys->count)) return false;
  values->length = 0;
  if (th__buffer_reserve(values, keys->count * sizeof(th_value)) != TH_OK) {
    js_fail(call, TH_NO_MEMORY);
    return false;
  }
  keys->values = (const th_value *)(const void *)values->data;
  return js_texts_decode(call, call->argv[index], ends, keys->count, &call->js->key,
                         (th_value *)(void *)values->data);
}

static bool arg_numbers(js_call *call, int index, th_map_keys *keys) {
  void *numbers;
  if (!arg_array(call, index, sizeof(double), &numbers, &keys->count)) return false;
  keys->numbers = numbers;
  return true;
}

// (map, index, keys, ends, ...); numbers have no ends
static bool call_many(napi_env env, napi_callback_info info, js_call *call, th_map_keys *keys) {
  napi_valuetype type = napi_undefined;
  *keys = (th_map_keys){0};
  if (!js_call_handle(env, info, call, TH_MAP)) return false;
  napi_typeof(env, call->argv[3], &type);
  return type == napi_undefined ? arg_numbers(call, 2, keys) : arg_texts(call, 2, keys);
}

// A Float64Array that has a place for each key, from the index on.
static bool arg_values(js_call *call, const th_map_keys *keys, double **values) {
  void *data;
  uint32_t index, count;
  if (!js_arg_u32(call, 1, &index) || !arg_array(call, 4, sizeof(double), &data, &count))
    return false;
  if (count >= keys->count && index <= count - keys->count) {
    *values = (double *)data + index;
    return true;
  }
  js_internal(call->env, "there are fewer values than keys");
  return false;
}

static uint32_t begin(js_call *call) {
  return (uint32_t)js_progress(call)[0];
}

static napi_value finish(js_call *call, uint32_t done, th_status status) {
  js_progress(call)[0] = done;
  return js_done(call, status);
}

// (map, index, keys, ends, values, absent): fills the values
static napi_value js_map_get_many(napi_env env, napi_callback_info info) {
  js_call call;
  th_map_keys keys;
  double *values, absent;
  if (!call_many(env, info, &call, &keys) || !arg_values(&call, &keys, &values) ||
      !js_arg_double(&call, 5, &absent)) {
    return NULL;
  }
  uint32_t done = begin(&call);
  const th_status status = th_map_get_many(&call.handle, &keys, absent, values, &done);
  return finish(&call, done, status);
}

// (map, index, keys, ends, values)
static napi_value js_map_set_many(napi_env env, napi_callback_info info) {
  js_call call;
  th_map_keys keys;
  double *values;
  if (!call_many(env, info, &call, &keys) || !arg_values(&call, &keys, &values)) return NULL;
  uint32_t done = begin(&call);
  const th_status status = th_map_set_many(&call.handle, &keys, values, &done);
  return finish(&call, done, status);
}

// (map, index, keys, ends): progress also counts the keys that were there
static napi_value js_map_delete_many(napi_env env, napi_callback_info info) {
  js_call call;
  th_map_keys keys;
  if (!call_many(env, info, &call, &keys)) return NULL;
  uint32_t done = begin(&call), deleted = 0;
  const th_status status = th_map_delete_many(&call.handle, &keys, &deleted, &done);
  js_progress(&call)[1] += deleted;
  return finish(&call, done, status);
}

const js_export js_map_many_exports[] = {
    {"mapGetMany", js_map_get_many},
    {"mapSetMany", js_map_set_many},
    {"mapDeleteMany", js_map_delete_many},
    {NULL, NULL},
};
