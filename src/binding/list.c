// SPDX-License-Identifier: MIT
#include "core/list.h"

#include "napi_args.h"

// (heap, type, dataLength, address of a user's block or 0) -> number of the container
static napi_value js_list_create(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t type, data_length, block;
  if (!js_call_open(env, info, &call) || !js_arg_u32(&call, 1, &type) ||
      !js_arg_u32(&call, 2, &data_length) || !js_arg_u32(&call, 3, &block)) {
    return NULL;
  }
  const th_element element = {.type = (th_element_type)type, .data_length = data_length};
  th_status status = th_list_create(call.heap, &element, &call.handle);
  if (status == TH_OK && block) {
    status = th_object_bind(&call.handle, TH_LIST, block);
    if (status != TH_OK) {
      while (th_list_free(&call.handle) == TH_BUSY)
        continue;
    }
  }
  if (status != TH_OK) return js_fail(&call, status);
  return js_opened(&call, TH_LIST, &call.handle);
}

// (list) -> results: type, dataLength
static napi_value js_list_describe(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_LIST)) return NULL;
  const th_element element = th_list_element(&call.handle);
  js_result(&call, 0, element.type);
  js_result(&call, 1, element.data_length);
  return NULL;
}

// hot (list): appends the element in scratch -> its place, in the first words of the results
static napi_value js_list_push(napi_env env, napi_callback_info info) {
  js_call call;
  const th_handle *list = js_hot_call(env, info, &call, TH_LIST);
  if (!list) return NULL;
  th_list_place *place = (th_list_place *)(void *)call.js->scratch;
  return js_done(&call, th_list_push(list, js_scratch_element(&call), place));
}

// (list, view of elements): appends them
static napi_value js_list_push_many(napi_env env, napi_callback_info info) {
  js_call call;
  void *elements;
  size_t length;
  if (!js_call_handle(env, info, &call, TH_LIST) || !js_arg_view(&call, 1, &elements, &length))
    return NULL;
  return js_done(&call, th_list_push_many(&call.handle, elements, length));
}

// (list, index) -> address of the element, 0 when there is none
static napi_value js_list_at(napi_env env, napi_callback_info info) {
  js_call call;
  double index;
  if (!js_call_handle(env, info, &call, TH_LIST) || !js_arg_double(&call, 1, &index)) return NULL;
  th_address address;
  const th_status status = th_list_at(&call.handle, (int64_t)index, &address);
  return status == TH_OK ? js_number(&call, address) : js_fail(&call, status);
}

// hot (list), index -> result 0: whether an element was removed; it is in scratch then
static napi_value js_list_remove_at(napi_env env, napi_callback_info info) {
  js_call call;
  const th_handle *list = js_hot_call(env, info, &call, TH_LIST);
  if (!list) return NULL;
  const int64_t index = (int64_t)js_hot_number(&call, 1);
  bool found = false;
  const th_status status = th_list_remove_at(list, index, js_scratch_element(&call), &found);
  return js_found(&call, status, found);
}

// (list, element wanted, components to compare) -> whether an element was removed; it is in scratch
// then
static napi_value js_list_remove_equal(napi_env env, napi_callback_info info) {
  js_call call;
  void *wanted;
  size_t length;
  uint32_t count;
  if (!js_call_handle(env, info, &call, TH_LIST) || !js_arg_view(&call, 1, &wanted, &length) ||
      !js_arg_u32(&call, 2, &count)) {
    return NULL;
  }
  const th_element element = th_list_element(&call.handle);
  if (length < count * th_element_component_bytes(&element)) {
    // The elements are those of another list when this one was freed.
    const th_status live = th_object_check(&call.handle);
    return live == TH_OK ? js_internal(env, "the wanted element is too short")
                         : js_fail(&call, live);
  }
  bool found;
  const th_status status =
      th_list_remove_equal(&call.handle, wanted, count, js_scratch_element(&call), &found);
  return status == TH_OK ? js_bool(&call, found) : js_fail(&call, status);
}

// (list, address, low and high half of the sequence) -> whether an element was removed; it is in
// scratch then. For a node that a batch or a push named
static napi_value js_list_remove_node(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t address, low, high;
  if (!js_call_handle(env, info, &call, TH_LIST) || !js_arg_u32(&call, 1, &address) ||
      !js_arg_u32(&call, 2, &low) || !js_arg_u32(&call, 3, &high)) {
    return NULL;
  }
  const uint64_t sequence = (uint64_t)high << 32 | low;
  bool found;
  const th_status status =
      th_list_remove_node(&call.handle, address, sequence, js_scratch_element(&call), &found);
  return status == TH_OK ? js_bool(&call, found) : js_fail(&call, status);
}

// (list, batch): fills the batch with the nodes that follow
static napi_value js_list_next(napi_env env, napi_callback_info info) {
  js_call call;
  void *data;
  size_t length;
  if (!js_call_handle(env, info, &call, TH_LIST) || !js_arg_view(&call, 1, &data, &length))
    return NULL;
  th_list_batch *batch = data;
  if (length < sizeof(*batch)) return js_internal(env, "the batch is too short");
  batch->capacity = (uint32_t)((length - sizeof(*batch)) / sizeof(batch->items[0]));
  if (batch->count > batch->capacity) return js_internal(env, "the batch is too short");
  return js_done(&call, th_list_next(&call.handle, batch));
}

// (list, view) -> elements of the list; as many as fit are in the view
static napi_value js_list_copy(napi_env env, napi_callback_info info) {
  js_call call;
  void *data;
  size_t length;
  if (!js_call_handle(env, info, &call, TH_LIST) || !js_arg_view(&call, 1, &data, &length))
    return NULL;
  const th_element element = th_list_element(&call.handle);
  const uint32_t capacity = (uint32_t)(length / th_element_bytes(&element));
  uint32_t count;
  const th_status status = th_list_copy(&call.handle, data, capacity, &count);
  return status == TH_OK ? js_number(&call, count) : js_fail(&call, status);
}

static napi_value js_list_clear(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_LIST)) return NULL;
  return js_done(&call, th_list_clear(&call.handle));
}

static napi_value js_list_free(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_handle(env, info, &call, TH_LIST)) return NULL;
  return js_done(&call, th_list_free(&call.handle));
}

const js_export js_list_exports[] = {
    {"listCreate", js_list_create},
    {"listDescribe", js_list_describe},
    {"listPush", js_list_push},
    {"listPushMany", js_list_push_many},
    {"listAt", js_list_at},
    {"listRemoveAt", js_list_remove_at},
    {"listRemoveEqual", js_list_remove_equal},
    {"listRemoveNode", js_list_remove_node},
    {"listNext", js_list_next},
    {"listCopy", js_list_copy},
    {"listClear", js_list_clear},
    {"listFree", js_list_free},
    {NULL, NULL},
};
