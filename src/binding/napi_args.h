// SPDX-License-Identifier: MIT
// What every binding function uses: the state of its environment, the arguments, the result.
//
// A binding function is five beats: arguments, handle, one core call, result, return. lib validates
// what users pass before it calls, so an argument that cannot be decoded here is a fault of lib and
// throws ERR_TH_INTERNAL.
#ifndef THREADHEAP_BINDING_NAPI_ARGS_H
#define THREADHEAP_BINDING_NAPI_ARGS_H

#include <node_api.h>

#include "core/element.h"
#include "core/heap.h"
#include "core/object.h"
#include "core/value.h"

enum {
  JS_ARGS_MAX = 8,
  // The scratch buffer: numbers for results, the magazine, room for one element of the largest
  // size.
  JS_SCRATCH_NUMBERS = 8,
  JS_PROGRESS = 6,         // of those
  JS_SCRATCH_TEXT = 3 * 8, // the bytes of a short text: also of those
  JS_SCRATCH_MAGAZINE = JS_SCRATCH_NUMBERS * 8,
  JS_SCRATCH_ELEMENT = JS_SCRATCH_MAGAZINE + (sizeof(th_magazine) + 7) / 8 * 8,
  JS_SCRATCH_SIZE = JS_SCRATCH_ELEMENT + TH_DATA_LENGTH_MAX * 8,
  // What heapStats fills: plain numbers, containers by kind, size and count of each class.
  JS_STATS = 9,
  JS_STATS_LENGTH = JS_STATS + TH_OBJECT_KINDS + 2 * TH_SMALL_CLASSES,
};

// A heap as one environment holds it; owned by the finalizer of its anchor object.
typedef struct js_heap {
  struct js_env *js;
  th_heap *heap; // NULL once detached
  uint32_t index;
} js_heap;

// A container as one environment holds it. A slot whose heap was detached stays taken until lib
// closes it, so that its number names nothing else meanwhile.
typedef enum js_slot_state { JS_SLOT_FREE, JS_SLOT_OPEN, JS_SLOT_DETACHED } js_slot_state;

typedef struct js_slot {
  th_handle handle;
  th_object_kind kind;
  js_slot_state state;
  uint32_t next_free;
} js_slot;

// One per environment; nothing in it is seen by another thread.
typedef struct js_env {
  napi_ref again; // what a call returns that is to be repeated
  napi_ref scratch_ref;
  uint8_t *scratch;
  th_heap *loaded; // the heap that the magazine is in, or NULL
  js_heap **heaps; // by number; NULL where a heap was given back
  uint32_t heap_count;
  js_slot *slots; // by number; 0 is never used
  uint32_t slot_count;
  uint32_t free_slot; // 0: none
  th_buffer key;      // where arguments are decoded to
  th_buffer value;
  th_buffer expected;
  uint32_t thread; // its number, once it is named
  bool is_named;
} js_env;

// One call from JavaScript. The first argument of most is the number of a container or a heap.
typedef struct js_call {
  napi_env env;
  js_env *js;
  napi_value argv[JS_ARGS_MAX];
  th_heap *heap;
  th_handle handle;
  napi_value opened; // the number of the container that the call is to open
} js_call;

// Throws ERR_TH_INTERNAL; returns NULL.
napi_value js_internal(napi_env env, const char *what);

// Each of these returns false with an exception pending when the argument is not as said.
bool js_call_begin(napi_env env, napi_callback_info info, js_call *call);
// The heap of that number.
static inline bool js_call_take_heap(js_call *call, uint32_t number) {
  const js_heap *heap = number < call->js->heap_count ? call->js->heaps[number] : NULL;
  if (!heap || !heap->heap) {
    js_internal(call->env, "no such heap");
    return false;
  }
  call->heap = heap->heap;
  return true;
}
// argv[0] is a heap, a container of a kind, a container of any kind.
bool js_call_heap(napi_env env, napi_callback_info info, js_call *call);
bool js_call_open(napi_env env, napi_callback_info info, js_call *call); // a heap; see js_opened
bool js_call_handle(napi_env env, napi_callback_info info, js_call *call, th_object_kind kind);
bool js_call_any_handle(napi_env env, napi_callback_info info, js_call *call);
bool js_arg_u32(js_call *call, int index, uint32_t *value);
bool js_arg_double(js_call *call, int index, double *value);
bool js_arg_u64(js_call *call, int index, uint64_t *value); // a number below 2^53
bool js_arg_bool(js_call *call, int index, bool *value);
// A typed array; *length is in bytes.
bool js_view(js_call *call, napi_value view, void **data, size_t *length);
static inline bool js_arg_view(js_call *call, int index, void **data, size_t *length) {
  return js_view(call, call->argv[index], data, length);
}

// The value that an N-API call has made, or NULL with an exception pending when it failed.
napi_value js_made(js_call *call, napi_status status, napi_value value);
napi_value js_number(js_call *call, double value);
napi_value js_bool(js_call *call, bool value);
// Result number i, which lib reads from the scratch buffer.
static inline void js_result(js_call *call, int i, double value) {
  ((double *)(void *)call->js->scratch)[i] = value;
}
// The two numbers of the scratch buffer that only calls with many arguments use: how many of them
// are done, and how many were found. lib zeroes them; a call that is repeated goes on from there.
static inline double *js_progress(js_call *call) {
  return (double *)(void *)call->js->scratch + JS_PROGRESS;
}
static inline th_magazine *js_magazine(js_env *js) {
  return (th_magazine *)(void *)(js->scratch + JS_SCRATCH_MAGAZINE);
}
static inline void *js_scratch_element(js_call *call) {
  return call->js->scratch + JS_SCRATCH_ELEMENT;
}

// ---- hot calls ----
//
// Of a call that takes no time, Node-API would take most: so lib puts the number of the container
// and the other numbers into the scratch buffer, and reads numbers from there. What is no number,
// and no short text, goes through Node-API, one argument at most.

// Number i that lib has put there, from 1 on. The first word is the number of the container.
static inline double js_hot_number(const js_call *call, int i) {
  return ((const double *)(const void *)call->js->scratch)[i];
}

// The key that lib has put there. The second word is the length of a text, whose bytes are at
// JS_SCRATCH_TEXT. Where it is more than TH_CELL_LONG, the key is number 1.
static inline th_value js_hot_key(const js_call *call) {
  const uint32_t length = ((const uint32_t *)(const void *)call->js->scratch)[1];
  if (length > TH_CELL_LONG) return (th_value){.type = TH_NUMBER, .number = js_hot_number(call, 1)};
  return (th_value){
      .type = TH_LATIN1,
      .bytes = call->js->scratch + JS_SCRATCH_TEXT,
      .length = length,
  };
}

// The container of a hot call, or NULL with an exception pending. Good for the call.
const th_handle *js_hot_other(js_call *call, uint32_t number, th_object_kind kind);
static inline const th_handle *js_hot_handle(js_call *call, th_object_kind kind) {
  const uint32_t number = *(const uint32_t *)(const void *)call->js->scratch;
  if (number >= call->js->slot_count) return js_hot_other(call, number, kind);
  const js_slot *slot = &call->js->slots[number];
  if (slot->state != JS_SLOT_OPEN || slot->kind != kind) return js_hot_other(call, number, kind);
  call->heap = slot->handle.heap;
  return &slot->handle;
}

// Begin a hot call without an argument, and with one, which is argv[0]. As above.
static inline void js_hot_begin(napi_env env, napi_callback_info info, js_call *call) {
  void *data;
  napi_get_cb_info(env, info, NULL, NULL, NULL, &data); // cannot fail
  call->env = env;
  call->js = data;
}
static inline const th_handle *js_hot_call(napi_env env, napi_callback_info info, js_call *call,
                                           th_object_kind kind) {
  js_hot_begin(env, info, call);
  return js_hot_handle(call, kind);
}
static inline const th_handle *js_hot_call_1(napi_env env, napi_callback_info info, js_call *call,
                                             th_object_kind kind) {
  void *data;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, call->argv, NULL, &data);
  call->env = env;
  call->js = data;
  return js_hot_handle(call, kind);
}

// The result of a call whose status is not TH_OK: the value that tells lib to repeat it (result 0
// is the room it needs, 0 when it only has to wait), or NULL with an exception pending.
napi_value js_fail(js_call *call, th_status status);
// NULL (undefined) for TH_OK, else js_fail.
static inline napi_value js_done(js_call *call, th_status status) {
  return status == TH_OK ? NULL : js_fail(call, status);
}
// NULL and result 0, whether something was found, for TH_OK, else js_fail.
static inline napi_value js_found(js_call *call, th_status status, bool found) {
  if (status == TH_OK) js_result(call, 0, found);
  return js_done(call, status);
}

// The result of a call that made or opened a container, for which js_call_open made room: its
// number in this environment. Cannot fail, so that no container is lost.
napi_value js_opened(js_call *call, th_object_kind kind, const th_handle *handle);

// Decodes a number, string, boolean, null, undefined, bigint or Uint8Array (a serialised object).
// Its bytes lie in `buffer`. false with an exception pending.
bool js_value_decode(js_call *call, napi_value given, th_buffer *buffer, th_value *value);
static inline bool js_arg_value(js_call *call, int index, th_buffer *buffer, th_value *value) {
  return js_value_decode(call, call->argv[index], buffer, value);
}
// The same, faster for what is a string.
bool js_text_decode(js_call *call, napi_value text, th_buffer *buffer, th_value *value);
// Decodes `count` texts that lie one after the other in a string; text i ends before its unit
// ends[i]. Their bytes lie in `buffer`. false with an exception pending.
bool js_texts_decode(js_call *call, napi_value given, const uint32_t *ends, uint32_t count,
                     th_buffer *buffer, th_value *texts);
// The other way; a serialised object becomes a Uint8Array. NULL with an exception pending.
napi_value js_value_encode(js_call *call, const th_value *value);

// Keeps the heap attached for as long as the object that argument `anchor` is lives, and until the
// environment ends. The number of the heap; when that fails, NULL and the heap is detached.
napi_value js_heap_hold(js_call *call, int anchor, th_heap *attached);

// Exports of each noun.
typedef struct js_export {
  const char *name;
  napi_callback function;
} js_export;

extern const js_export js_heap_exports[];
extern const js_export js_memory_exports[];
extern const js_export js_object_exports[];
extern const js_export js_list_exports[];
extern const js_export js_vector_exports[];
extern const js_export js_map_exports[];
extern const js_export js_map_many_exports[];
extern const js_export js_string_exports[];
extern const js_export js_store_exports[];
extern const js_export js_thread_exports[];
extern const js_export js_process_exports[];
extern const js_export js_ref_exports[];
extern const js_export js_shape_exports[];

// Detaches every heap of the environment. May run twice.
void js_heaps_detach(js_env *js);

#endif
