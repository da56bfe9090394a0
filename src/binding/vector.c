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

// (vector) -> index of the element in scratch, which it appends
static napi_value js_vector_push(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_VECTOR)) return NULL;
  uint32_t index;
  const th_status status = th_vector_push(&call.handle, js_scratch_element(&call), &index);
  return status == TH_OK ? js_number(&call, index) : js_fail(&call, status);
}

// (vector) -> whether an element was removed; it is in scratch then
static napi_value js_vector_pop(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_VECTOR)) return NULL;
  bool found;
  const th_status status = th_vector_pop(&call.handle, js_scratch_element(&call), &found);
  return status == TH_OK ? js_bool(&call, found) : js_fail(&call, status);
}

// (vector, index) -> whether there is such an element; it is replaced by the one in scratch
static napi_value js_vector_set(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t index;
  if (!js_call_handle(env, info, &call, TH_VECTOR) || !js_arg_u32(&call, 1, &index)) return NULL;
  bool found;
  const th_status status = th_vector_set(&call.handle, index, js_scratch_element(&call), &found);
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
    {"vectorPush", js_vector_push},         {"vectorPop", js_vector_pop},
    {"vectorSet", js_vector_set},           {"vectorRemoveAt", js_vector_remove_at},
    {"vectorCopy", js_vector_copy},         {"vectorChunk", js_vector_chunk},
    {"vectorCapacity", js_vector_capacity}, {"vectorClear", js_vector_clear},
    {"vectorFree", js_vector_free},         {NULL, NULL},
};
