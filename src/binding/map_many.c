// SPDX-License-Identifier: MIT
// Maps, many keys that are numbers in one call. A call that is to be repeated, or fails, has done
// its first keys for good; js_progress says how many.
#include "core/map.h"
#include "napi_args.h"

// A Float64Array.
typedef struct series {
  double *numbers;
  uint32_t count;
} series;

static bool arg_series(js_call *call, int index, series *s) {
  void *data;
  size_t length;
  if (!js_arg_view(call, index, &data, &length)) return false;
  *s = (series){.numbers = data, .count = (uint32_t)(length / sizeof(double))};
  return true;
}

static bool call_many(napi_env env, napi_callback_info info, js_call *call, series *keys) {
  return js_call_handle(env, info, call, TH_MAP) && arg_series(call, 1, keys);
}

// The second series, which is as long as the keys or longer.
static bool arg_values(js_call *call, const series *keys, series *values) {
  if (!arg_series(call, 2, values)) return false;
  if (values->count >= keys->count) return true;
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

// (map, keys, values, absent): fills the values
static napi_value js_map_get_many(napi_env env, napi_callback_info info) {
  js_call call;
  series keys, values;
  double absent;
  if (!call_many(env, info, &call, &keys) || !arg_values(&call, &keys, &values) ||
      !js_arg_double(&call, 3, &absent)) {
    return NULL;
  }
  uint32_t done = begin(&call);
  const th_status status =
      th_map_get_numbers(&call.handle, keys.numbers, keys.count, absent, values.numbers, &done);
  return finish(&call, done, status);
}

// (map, keys, values)
static napi_value js_map_set_many(napi_env env, napi_callback_info info) {
  js_call call;
  series keys, values;
  if (!call_many(env, info, &call, &keys) || !arg_values(&call, &keys, &values)) return NULL;
  uint32_t done = begin(&call);
  const th_status status =
      th_map_set_numbers(&call.handle, keys.numbers, values.numbers, keys.count, &done);
  return finish(&call, done, status);
}

// (map, keys): progress also counts the keys that were there
static napi_value js_map_delete_many(napi_env env, napi_callback_info info) {
  js_call call;
  series keys;
  if (!call_many(env, info, &call, &keys)) return NULL;
  uint32_t done = begin(&call), deleted = 0;
  const th_status status =
      th_map_delete_numbers(&call.handle, keys.numbers, keys.count, &deleted, &done);
  js_progress(&call)[1] += deleted;
  return finish(&call, done, status);
}

const js_export js_map_many_exports[] = {
    {"mapGetMany", js_map_get_many},
    {"mapSetMany", js_map_set_many},
    {"mapDeleteMany", js_map_delete_many},
    {NULL, NULL},
};
