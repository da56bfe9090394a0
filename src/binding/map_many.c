// SPDX-License-Identifier: MIT
// Maps, many keys in one call. A call that is to be repeated, or fails, has done its first keys for
// good; js_progress says how many.
#include "core/map.h"
#include "napi_args.h"

enum { SCOPE = 256 }; // elements of an array whose handles are kept at a time

// The keys, or the values, of a call: the numbers of a Float64Array, or an array.
typedef struct series {
  const double *numbers; // NULL: an array
  napi_value array;
  uint32_t count;
} series;

static bool arg_series(js_call *call, int index, series *s) {
  bool is_array = false;
  *s = (series){.array = call->argv[index]};
  napi_is_array(call->env, s->array, &is_array);
  if (is_array) return napi_get_array_length(call->env, s->array, &s->count) == napi_ok;
  void *data;
  size_t length;
  if (!js_arg_view(call, index, &data, &length)) return false;
  s->numbers = data;
  s->count = (uint32_t)(length / sizeof(double));
  return true;
}

static bool element(js_call *call, const series *s, uint32_t index, th_buffer *buffer,
                    th_value *value) {
  napi_value given;
  if (s->numbers) {
    *value = (th_value){.type = TH_NUMBER, .number = s->numbers[index]};
    return true;
  }
  return napi_get_element(call->env, s->array, index, &given) == napi_ok &&
         js_value_decode(call, given, buffer, value);
}

// What a call does with one key of an array. false with an exception pending.
typedef struct many many;
typedef bool (*one)(many *m, const th_value *key, uint32_t index, th_status *status);

struct many {
  js_call call;
  series keys;
  series values; // to store
  double *read;  // values that were read
  double absent;
  one act;
};

static bool act_on(many *m, uint32_t index, th_status *status) {
  th_value key;
  return element(&m->call, &m->keys, index, &m->call.js->key, &key) &&
         m->act(m, &key, index, status);
}

// A stretch of the keys, whose handles are dropped at its end.
static bool act_on_some(many *m, uint32_t *done, th_status *status) {
  napi_handle_scope scope;
  const uint32_t end = m->keys.count - *done > SCOPE ? *done + SCOPE : m->keys.count;
  if (napi_open_handle_scope(m->call.env, &scope) != napi_ok) return false;
  bool ok = true;
  while (ok && *status == TH_OK && *done < end) {
    ok = act_on(m, *done, status);
    if (ok && *status == TH_OK) ++*done;
  }
  napi_close_handle_scope(m->call.env, scope);
  return ok;
}

static napi_value finish(many *m, uint32_t done, th_status status) {
  js_progress(&m->call)[0] = done;
  return js_done(&m->call, status);
}

static napi_value act_on_all(many *m, one act) {
  th_status status = TH_OK;
  uint32_t done = (uint32_t)js_progress(&m->call)[0];
  m->act = act;
  while (status == TH_OK && done < m->keys.count) {
    if (!act_on_some(m, &done, &status)) return NULL;
  }
  return finish(m, done, status);
}

static bool call_many(napi_env env, napi_callback_info info, many *m) {
  return js_call_handle(env, info, &m->call, TH_MAP) && arg_series(&m->call, 1, &m->keys);
}

static bool get_one(many *m, const th_value *key, uint32_t index, th_status *status) {
  th_value value = {.number = m->absent};
  bool found;
  *status = th_map_get(&m->call.handle, key, &value, &found);
  if (*status == TH_OK && found && value.type != TH_NUMBER) *status = TH_NOT_A_NUMBER;
  if (*status == TH_OK) m->read[index] = value.number;
  return true;
}

// (map, keys, Float64Array, absent): fills the array with the values
static napi_value js_map_get_many(napi_env env, napi_callback_info info) {
  many m;
  void *read;
  size_t length;
  if (!call_many(env, info, &m) || !js_arg_view(&m.call, 2, &read, &length) ||
      !js_arg_double(&m.call, 3, &m.absent)) {
    return NULL;
  }
  if (length / sizeof(double) < m.keys.count) return js_internal(env, "the array is too short");
  m.read = read;
  if (!m.keys.numbers) return act_on_all(&m, get_one);
  uint32_t done = (uint32_t)js_progress(&m.call)[0];
  const th_status status =
      th_map_get_numbers(&m.call.handle, m.keys.numbers, m.keys.count, m.absent, m.read, &done);
  return finish(&m, done, status);
}

static bool set_one(many *m, const th_value *key, uint32_t index, th_status *status) {
  th_value value;
  if (!element(&m->call, &m->values, index, &m->call.js->value, &value)) return false;
  *status = th_map_set(&m->call.handle, key, &value);
  return true;
}

// (map, keys, values)
static napi_value js_map_set_many(napi_env env, napi_callback_info info) {
  many m;
  if (!call_many(env, info, &m) || !arg_series(&m.call, 2, &m.values)) return NULL;
  if (m.values.count < m.keys.count) return js_internal(env, "there are fewer values than keys");
  if (!m.keys.numbers || !m.values.numbers) return act_on_all(&m, set_one);
  uint32_t done = (uint32_t)js_progress(&m.call)[0];
  const th_status status =
      th_map_set_numbers(&m.call.handle, m.keys.numbers, m.values.numbers, m.keys.count, &done);
  return finish(&m, done, status);
}

static bool delete_one(many *m, const th_value *key, uint32_t index, th_status *status) {
  (void)index;
  bool found;
  *status = th_map_delete(&m->call.handle, key, &found);
  if (*status == TH_OK && found) js_progress(&m->call)[1]++;
  return true;
}

// (map, keys): progress also counts the keys that were there
static napi_value js_map_delete_many(napi_env env, napi_callback_info info) {
  many m;
  if (!call_many(env, info, &m)) return NULL;
  if (!m.keys.numbers) return act_on_all(&m, delete_one);
  uint32_t done = (uint32_t)js_progress(&m.call)[0], deleted = 0;
  const th_status status =
      th_map_delete_numbers(&m.call.handle, m.keys.numbers, m.keys.count, &deleted, &done);
  js_progress(&m.call)[1] += deleted;
  return finish(&m, done, status);
}

const js_export js_map_many_exports[] = {
    {"mapGetMany", js_map_get_many},
    {"mapSetMany", js_map_set_many},
    {"mapDeleteMany", js_map_delete_many},
    {NULL, NULL},
};
