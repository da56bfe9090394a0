// SPDX-License-Identifier: MIT
#include "core/vector.h"
#include "napi_args.h"

// (heap, type, dataLength, bufferLength) -> number of the container
static napi_value js_vector_create(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t type;
  th_vector_config config;
  if (!js_call_open(env, info, &call) || !js_arg_u32(&call, 1, &type) ||
      !js_arg_u32(&call, 2, &config.element.data_length) ||
      !js_arg_u32(&call, 3, &config.buffer_length)) {
    return NULL;
  }
  config.element.type = (th_element_type)type;
  const th_status status = th_vector_create(call.heap, &config, &call.handle);
  if (status != TH_OK) return js_fail(&call, status);
  return js_opened(&call, TH_VECTOR, &call.handle);
}

// (vector) -> results: type, dataLength, log2 of the elements of chunk 0
static napi_value js_vector_describe(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_VECTOR)) return NULL;
  const th_element element = th_vector_element(&call.handle);
  js_result(&call, 0, element.type);
  js_result(&call, 1, element.data_length);
  js_result(&call, 2, th_vector_first_log2(&call.handle));
  return NULL;
}

// V8 makes it faster than a double.
static napi_value js_index(js_call *call, uint32_t index) {
  napi_value value = NULL;
  const napi_status status = napi_create_uint32(call->env, index, &value);
  return js_made(call, status, value);
}

// hot (vector) -> result 0: index of the element in scratch, which it appends
static napi_value js_vector_push(napi_env env, napi_callback_info info) {
  js_call call;
  const th_handle *vector = js_hot_call(env, info, &call, TH_VECTOR);
  if (!vector) return NULL;
  uint32_t index = 0;
  const th_status status = th_vector_push(vector, js_scratch_element(&call), &index);
  if (status == TH_OK) js_result(&call, 0, index);
  return js_done(&call, status);
}

// (vector, view of elements) -> index of the first of them, which it appends
static napi_value js_vector_push_many(napi_env env, napi_callback_info info) {
  js_call call;
  void *elements;
  size_t length;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_view(&call, 1, &elements, &length))
    return NULL;
  uint32_t index;
  const th_status status = th_vector_push_many(&call.handle, elements, length, &index);
  return status == TH_OK ? js_index(&call, index) : js_fail(&call, status);
}

// hot (vector) -> result 0: whether an element was removed; it is in scratch then
static napi_value js_vector_pop(napi_env env, napi_callback_info info) {
  js_call call;
  const th_handle *vector = js_hot_call(env, info, &call, TH_VECTOR);
  if (!vector) return NULL;
  bool found = false;
  const th_status status = th_vector_pop(vector, js_scratch_element(&call), &found);
  return js_found(&call, status, found);
}

// hot (vector), index -> result 0: whether there is such an element, which the one in scratch
// replaces
static napi_value js_vector_set(napi_env env, napi_callback_info info) {
  js_call call;
  const th_handle *vector = js_hot_call(env, info, &call, TH_VECTOR);
  if (!vector) return NULL;
  const uint32_t index = (uint32_t)js_hot_number(&call, 1);
  bool found = false;
  const th_status status = th_vector_set(vector, index, js_scratch_element(&call), &found);
  return js_found(&call, status, found);
}

// (vector, index, view of elements) -> whether there are as many from the index on; they are
// replaced by those of the view
static napi_value js_vector_set_many(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t index;
  void *elements;
  size_t length;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_u32(&call, 1, &index) ||
      !js_arg_view(&call, 2, &elements, &length)) {
    return NULL;
  }
  bool found;
  const th_status status = th_vector_set_many(&call.handle, index, elements, length, &found);
  return status == TH_OK ? js_bool(&call, found) : js_fail(&call, status);
}

// (vector, index) -> whether there was such an element
static napi_value js_vector_remove_at(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t index;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_u32(&call, 1, &index)) return NULL;
  bool found;
  const th_status status = th_vector_remove_at(&call.handle, index, &found);
  return status == TH_OK ? js_bool(&call, found) : js_fail(&call, status);
}

// (vector, view) -> elements of the vector; as many as fit are in the view
static napi_value js_vector_copy(napi_env env, napi_callback_info info) {
  js_call call;
  void *data;
  size_t length;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_view(&call, 1, &data, &length))
    return NULL;
  const th_element element = th_vector_element(&call.handle);
  const uint32_t capacity = (uint32_t)(length / th_element_bytes(&element));
  uint32_t count;
  const th_status status = th_vector_copy(&call.handle, data, capacity, &count);
  return status == TH_OK ? js_number(&call, count) : js_fail(&call, status);
}

static napi_value js_bigint(js_call *call, const th_sum *sum, bool is_signed) {
  const bool is_negative = is_signed && sum->high >> 63;
  uint64_t words[] = {sum->low, sum->high};
  if (is_negative) {
    words[0] = 0 - sum->low;
    words[1] = ~sum->high + (sum->low == 0);
  }
  napi_value value = NULL;
  const napi_status status = napi_create_bigint_words(call->env, is_negative, 2, words, &value);
  return js_made(call, status, value);
}

// (vector, component) -> sum of that component of all elements
static napi_value js_vector_sum(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t component;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_u32(&call, 1, &component))
    return NULL;
  const th_element_type type = th_vector_element(&call.handle).type;
  th_sum sum;
  const th_status status = th_vector_sum(&call.handle, component, &sum);
  if (status != TH_OK) return js_fail(&call, status);
  if (type != TH_ELEMENT_BigInt64 && type != TH_ELEMENT_BigUint64)
    return js_number(&call, th__kernel_real(type, &sum));
  return js_bigint(&call, &sum, type == TH_ELEMENT_BigInt64);
}

typedef th_status (*vector_search)(const th_handle *handle, uint32_t component, void *number,
                                   bool *found);

// (vector, component) -> whether there is an element; the number found is in scratch then
static napi_value vector_search_with(napi_env env, napi_callback_info info, vector_search search) {
  js_call call;
  uint32_t component;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_u32(&call, 1, &component))
    return NULL;
  bool found;
  const th_status status = search(&call.handle, component, js_scratch_element(&call), &found);
  return status == TH_OK ? js_bool(&call, found) : js_fail(&call, status);
}

static napi_value js_vector_least(napi_env env, napi_callback_info info) {
  return vector_search_with(env, info, th_vector_least);
}

static napi_value js_vector_greatest(napi_env env, napi_callback_info info) {
  return vector_search_with(env, info, th_vector_greatest);
}

// (vector, component): sorts the elements by it
static napi_value js_vector_sort(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t component;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_u32(&call, 1, &component))
    return NULL;
  return js_done(&call, th_vector_sort(&call.handle, component));
}

// (vector, chunk) -> its address, 0 when it was not made yet
static napi_value js_vector_chunk(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t chunk;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_u32(&call, 1, &chunk)) return NULL;
  th_address address;
  const th_status status = th_vector_chunk(&call.handle, chunk, &address);
  return status == TH_OK ? js_number(&call, address) : js_fail(&call, status);
}

// (vector) -> elements there is room for
static napi_value js_vector_capacity(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_VECTOR)) return NULL;
  uint64_t elements;
  const th_status status = th_vector_capacity(&call.handle, &elements);
  return status == TH_OK ? js_number(&call, (double)elements) : js_fail(&call, status);
}

static napi_value js_vector_clear(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_VECTOR)) return NULL;
  return js_done(&call, th_vector_clear(&call.handle));
}

static napi_value js_vector_free(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_VECTOR)) return NULL;
  return js_done(&call, th_vector_free(&call.handle));
}

const js_export js_vector_exports[] = {
    {"vectorCreate", js_vector_create},     {"vectorDescribe", js_vector_describe},
    {"vectorPush", js_vector_push},         {"vectorPushMany", js_vector_push_many},
    {"vectorPop", js_vector_pop},           {"vectorSet", js_vector_set},
    {"vectorSetMany", js_vector_set_many},  {"vectorRemoveAt", js_vector_remove_at},
    {"vectorCopy", js_vector_copy},         {"vectorSum", js_vector_sum},
    {"vectorLeast", js_vector_least},       {"vectorGreatest", js_vector_greatest},
    {"vectorSort", js_vector_sort},         {"vectorChunk", js_vector_chunk},
    {"vectorCapacity", js_vector_capacity}, {"vectorClear", js_vector_clear},
    {"vectorFree", js_vector_free},         {NULL, NULL},
};
