// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "core/heap.h"
#include "core/verify.h"
#include "napi_args.h"

// Of all threads: buffers and memories that hold a heap and that V8 has not collected.
static th_atomic_u32 anchors;

static void detach(js_heap *heap) {
  if (heap->js->loaded == heap->heap) heap->js->loaded = NULL;
  if (heap->heap) th_heap_detach(heap->heap);
  heap->heap = NULL;
}

void js_heaps_detach(js_env *js) {
  for (uint32_t i = 0; i < js->heap_count; i++) {
    if (js->heaps[i]) detach(js->heaps[i]);
  }
}

// Tells the garbage collector what an anchor keeps alive: a worker that is sent the same buffer
// with each message would otherwise pile up attachments.
static void account(napi_env env, int sign) {
  int64_t total;
  napi_adjust_external_memory(env, sign * (int64_t)(sizeof(js_heap) + sizeof(th_heap)), &total);
}

// Runs when the anchor is collected or, after the clean-up hook, when the environment ends.
static void finalize(napi_env env, void *data, void *hint) {
  (void)hint;
  js_heap *heap = data;
  account(env, -1);
  th_fetch_add_relaxed(&anchors, UINT32_MAX);
  detach(heap);
  heap->js->heaps[heap->index] = NULL;
  free(heap);
}

static bool find_index(js_env *js, uint32_t *index) {
  for (*index = 0; *index < js->heap_count; ++*index) {
    if (!js->heaps[*index]) return true;
  }
  const uint32_t count = js->heap_count ? js->heap_count * 2 : 8;
  js_heap **heaps = realloc(js->heaps, count * sizeof(*heaps));
  if (!heaps) return false;
  for (uint32_t i = js->heap_count; i < count; i++) {
    heaps[i] = NULL;
  }
  js->heaps = heaps;
  js->heap_count = count;
  return true;
}

napi_value js_heap_hold(js_call *call, int anchor, th_heap *attached) {
  uint32_t index;
  js_heap *heap = find_index(call->js, &index) ? malloc(sizeof(*heap)) : NULL;
  if (!heap) {
    th_heap_detach(attached);
    return js_fail(call, TH_NO_MEMORY);
  }
  *heap = (js_heap){.js = call->js, .heap = attached, .index = index};
  if (napi_add_finalizer(call->env, call->argv[anchor], heap, finalize, NULL, NULL) != napi_ok) {
    detach(heap);
    free(heap);
    return js_internal(call->env, "the anchor is no object");
  }
  call->js->heaps[index] = heap;
  account(call->env, 1);
  th_fetch_add_relaxed(&anchors, 1u);
  return js_number(call, index);
}

// bufferSize, maxLength, before, seedLow, seedHigh
static bool arg_config(js_call *call, int index, th_heap_config *config) {
  uint32_t low, high;
  if (!js_arg_u32(call, index, &config->buffer_size) ||
      !js_arg_u64(call, index + 1, &config->max_length) ||
      !js_arg_u64(call, index + 2, &config->before) || !js_arg_u32(call, index + 3, &low) ||
      !js_arg_u32(call, index + 4, &high)) {
    return false;
  }
  config->seed = (uint64_t)high << 32 | low;
  return true;
}

// Holds a heap that may have been there before, if the view, argv[0], can be its image.
static napi_value hold_found(js_call *call, th_heap *heap) {
  void *base;
  size_t length;
  // A copy of a heap's header in a buffer that took its place is not the heap. The length is looked
  // at after what the record knows, since an honest one only grows.
  const uint64_t committed = th_load_acquire(&heap->record->committed);
  if (js_arg_view(call, 0, &base, &length) && length >= committed)
    return js_heap_hold(call, 1, heap);
  th_heap_detach(heap);
  return js_fail(call, TH_BAD_DESCRIPTOR);
}

// (view, anchor) -> number of the heap
static napi_value js_heap_attach(napi_env env, napi_callback_info info) {
  js_call call;
  void *base;
  size_t length;
  if (!js_call_begin(env, info, &call) || !js_arg_view(&call, 0, &base, &length)) return NULL;
  th_heap *heap;
  const th_status status = th_heap_attach(base, length, &heap);
  return status == TH_OK ? hold_found(&call, heap) : js_fail(&call, status);
}

typedef th_status (*heap_maker)(uint8_t *base, uint64_t length, const th_heap_config *config,
                                th_heap **heap);

static napi_value make_heap(napi_env env, napi_callback_info info, heap_maker maker) {
  js_call call;
  void *base;
  size_t length;
  th_heap_config config;
  if (!js_call_begin(env, info, &call) || !js_arg_view(&call, 0, &base, &length) ||
      !arg_config(&call, 2, &config)) {
    return NULL;
  }
  th_heap *heap;
  const th_status status = maker(base, length, &config, &heap);
  return status == TH_OK ? hold_found(&call, heap) : js_fail(&call, status);
}

// (view, anchor, bufferSize, maxLength, before, seedLow, seedHigh) -> number of the heap
static napi_value js_heap_create(napi_env env, napi_callback_info info) {
  return make_heap(env, info, th_heap_create);
}

// (the same) -> number of the heap that is there, or else of a new one
static napi_value js_heap_ensure(napi_env env, napi_callback_info info) {
  return make_heap(env, info, th_heap_ensure);
}

// (view) -> where in the view an image begins, or undefined
static napi_value js_heap_locate(napi_env env, napi_callback_info info) {
  js_call call;
  void *start;
  size_t length;
  uint64_t before;
  if (!js_call_begin(env, info, &call) || !js_arg_view(&call, 0, &start, &length)) return NULL;
  return th_record_locate(start, length, &before) ? js_number(&call, (double)before) : NULL;
}

// (heap): this environment lets go of the heap before its anchor does; its containers are freed to
// it
static napi_value js_heap_detach(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t number;
  if (!js_call_heap(env, info, &call) || !js_arg_u32(&call, 0, &number)) return NULL;
  for (uint32_t i = 1; i < call.js->slot_count; i++) {
    js_slot *slot = &call.js->slots[i];
    if (slot->state == JS_SLOT_OPEN && slot->handle.heap == call.heap) {
      slot->state = JS_SLOT_DETACHED;
    }
  }
  detach(call.js->heaps[number]);
  return NULL;
}

// (heap, view): the image is where the view is, and has its length
static napi_value js_heap_commit(napi_env env, napi_callback_info info) {
  js_call call;
  void *base;
  size_t length;
  if (!js_call_heap(env, info, &call) || !js_arg_view(&call, 1, &base, &length)) return NULL;
  th_status status = TH_OK;
  if (base != call.heap->base) status = th_heap_rebase(call.heap, base);
  if (status == TH_OK) status = th_heap_commit(call.heap, length);
  return js_done(&call, status);
}

// () -> how many buffers and memories of the process hold a heap
static napi_value js_heap_anchors(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_begin(env, info, &call)) return NULL;
  return js_number(&call, th_load_relaxed(&anchors));
}

// (heap) -> bytes for blocks that it has now
static napi_value js_heap_committed(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_heap(env, info, &call)) return NULL;
  const uint64_t committed = th_load_acquire(&call.heap->record->committed);
  return js_number(&call, (double)(committed - TH_HEADER_SIZE));
}

// (heap) -> results: id, bufferSize and maximum of bytes for blocks
static napi_value js_heap_describe(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_heap(env, info, &call)) return NULL;
  const th_record *record = call.heap->record;
  js_result(&call, 0, (double)record->heap_id);
  js_result(&call, 1, (double)record->buffer_size);
  js_result(&call, 2, (double)(record->max_length - TH_HEADER_SIZE));
  return NULL;
}

// (heap, BigUint64Array) fills it with what map keys are hashed with
static napi_value js_heap_secret(napi_env env, napi_callback_info info) {
  js_call call;
  void *view;
  size_t length;
  if (!js_call_heap(env, info, &call) || !js_arg_view(&call, 1, &view, &length)) return NULL;
  const th_hash_secret *secret = &call.heap->record->hash_secret;
  if (length != sizeof(*secret)) return js_internal(env, "the view is of another length");
  memcpy(view, secret, length);
  return NULL;
}

// (heap) -> bytes of live blocks
static napi_value js_heap_used(napi_env env, napi_callback_info info) {
  js_call call;
  if (!js_call_heap(env, info, &call)) return NULL;
  return js_number(&call, (double)th_heap_used(call.heap));
}

// (heap, Float64Array) fills it: used, committed, maximum, free, largestFree, threads, lockWaits,
// count and bytes of large blocks; containers by kind; then size and count of each size class
static napi_value js_heap_stats(napi_env env, napi_callback_info info) {
  js_call call;
  void *view;
  size_t length;
  if (!js_call_heap(env, info, &call) || !js_arg_view(&call, 1, &view, &length)) return NULL;
  if (length < JS_STATS_LENGTH * sizeof(double)) return js_internal(env, "the view is too short");
  th_heap_stats stats;
  th_heap_stats_read(call.heap, &stats);
  const uint64_t numbers[JS_STATS] = {
      stats.used,         stats.committed, stats.maximum,    stats.free,
      stats.largest_free, stats.threads,   stats.lock_waits, stats.blocks[TH_LARGE_CLASS],
      stats.large_bytes};
  double *to = view;
  for (int i = 0; i < JS_STATS; i++) {
    *to++ = (double)numbers[i];
  }
  for (int i = 0; i < TH_OBJECT_KINDS; i++) {
    *to++ = (double)stats.blocks[TH_SMALL_CLASSES + i];
  }
  for (int i = 0; i < TH_SMALL_CLASSES; i++) {
    *to++ = (double)call.heap->record->classes[i].block_size;
    *to++ = (double)stats.blocks[i];
  }
  return NULL;
}

static bool put_problem(js_call *call, napi_value array, uint32_t index,
                        const th_problem *problem) {
  napi_value what, address;
  return napi_create_string_latin1(call->env, problem->what, NAPI_AUTO_LENGTH, &what) == napi_ok &&
         napi_create_uint32(call->env, problem->address, &address) == napi_ok &&
         napi_set_element(call->env, array, index * 2, what) == napi_ok &&
         napi_set_element(call->env, array, index * 2 + 1, address) == napi_ok;
}

// (heap, exclusive) -> [what, address, what, address ...]
static napi_value js_heap_verify(napi_env env, napi_callback_info info) {
  js_call call;
  bool exclusive;
  if (!js_call_heap(env, info, &call) || !js_arg_bool(&call, 1, &exclusive)) return NULL;
  th_report report;
  const th_status status = th_heap_verify(call.heap, exclusive, &report);
  if (status != TH_OK) return js_fail(&call, status);
  napi_value array;
  if (napi_create_array(env, &array) != napi_ok) return js_internal(env, "no array");
  for (uint32_t i = 0; i < report.count && i < TH_PROBLEMS_MAX; i++) {
    if (!put_problem(&call, array, i, &report.problems[i])) return js_internal(env, "no array");
  }
  return array;
}

const js_export js_heap_exports[] = {
    {"heapCreate", js_heap_create},       {"heapAttach", js_heap_attach},
    {"heapEnsure", js_heap_ensure},       {"heapLocate", js_heap_locate},
    {"heapDetach", js_heap_detach},       {"heapCommit", js_heap_commit},
    {"heapCommitted", js_heap_committed}, {"heapAnchors", js_heap_anchors},
    {"heapDescribe", js_heap_describe},   {"heapSecret", js_heap_secret},
    {"heapUsed", js_heap_used},           {"heapStats", js_heap_stats},
    {"heapVerify", js_heap_verify},       {NULL, NULL},
};
