// SPDX-License-Identifier: MIT
// Initialisation, once per environment (thread). All state of a thread is in its js_env; the only
// state of the process is the core's table of records and its process heap.
#ifndef _WIN32
#define _GNU_SOURCE
#include <dlfcn.h>
#else
#include <windows.h>
#endif

#include <stddef.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "core/list.h"
#include "core/map.h"
#include "core/ref.h"
#include "core/shape.h"
#include "core/thread.h"
#include "napi_args.h"

// A module that only workers loaded is unloaded with the last of them, and the records with it, so
// the addon keeps itself loaded.
static void pin(void) {
#ifdef _WIN32
  HMODULE module;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     (LPCWSTR)(void *)&pin, &module);
#else
  Dl_info info;
  if (dladdr((void *)&js_heap_exports, &info)) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
#endif
}

// Runs first when the environment ends, for whatever reason; the thread's caches go back here.
static void clean_up(void *data) {
  js_env *js = data;
  js_heaps_detach(js);
  if (js->is_named) th_thread_end(js->thread);
}

// Runs last, after the finalizers of the heaps.
static void destroy(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  js_env *js = data;
  js_heaps_detach(js);
  free(js->heaps);
  free(js->slots);
  free(js->key.data);
  free(js->value.data);
  free(js->expected.data);
  free(js);
}

static bool export_functions(napi_env env, napi_value exports, js_env *js) {
  static const js_export *const tables[] = {
      js_heap_exports,   js_memory_exports, js_object_exports,   js_list_exports,
      js_vector_exports, js_map_exports,    js_map_many_exports, js_string_exports,
      js_store_exports,  js_thread_exports, js_process_exports,  js_ref_exports,
      js_shape_exports,
  };
  for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
    for (const js_export *e = tables[i]; e->name; e++) {
      napi_value function;
      if (napi_create_function(env, e->name, NAPI_AUTO_LENGTH, e->function, js, &function) !=
              napi_ok ||
          napi_set_named_property(env, exports, e->name, function) != napi_ok) {
        return false;
      }
    }
  }
  return true;
}

// The layout that lib needs to know: offsets and sizes are in bytes.
static bool export_constants(napi_env env, napi_value exports) {
  static const struct {
    const char *name;
    uint32_t value;
  } constants[] = {
      {"PROGRESS", JS_PROGRESS},
      {"HEADER_SIZE", TH_HEADER_SIZE},
      {"HEADER_ROOT", sizeof(th_image_header)},
      {"PAGE_SIZE", TH_PAGE_SIZE},
      {"ALIGN_MAX", TH_ALIGN_MAX},
      {"DATA_LENGTH_MAX", TH_DATA_LENGTH_MAX},
      {"FORWARD_SIZE", sizeof(th_forward)},
      {"CONTROL_SIZE", sizeof(th_control)},
      {"CONTROL_GENERATION", offsetof(th_control, generation)},
      {"CONTROL_LENGTH", offsetof(th_control, length)},
      {"CONTROL_VERSION_LO", offsetof(th_control, version_lo)},
      {"CONTROL_VERSION_HI", offsetof(th_control, version_hi)},
      {"NODE_SIZE", sizeof(th_node)},
      {"NODE_SEQUENCE", offsetof(th_node, sequence)},
      {"NODE_OWNER", offsetof(th_node, owner)},
      {"BATCH_COUNT", offsetof(th_list_batch, count)},
      {"BATCH_ITEMS", offsetof(th_list_batch, items)},
      {"BATCH_ITEM_SIZE", sizeof(((th_list_batch *)0)->items[0])},
      {"BATCH_ITEM_SEQUENCE",
       offsetof(th_list_batch, items[0].sequence) - offsetof(th_list_batch, items)},
      {"CURSOR_SIZE", sizeof(th_map_cursor)},
      {"SECRET_WORDS", sizeof(th_hash_secret) / sizeof(uint64_t)},
      {"CELL_LONG", TH_CELL_LONG},
      {"STATS_LENGTH", JS_STATS_LENGTH},
      {"SCRATCH_MAGAZINE", JS_SCRATCH_MAGAZINE},
      {"SCRATCH_ELEMENT", JS_SCRATCH_ELEMENT},
      {"SCRATCH_TEXT", JS_SCRATCH_TEXT},
      {"MAGAZINE_HEAP", offsetof(th_magazine, heap)},
      {"MAGAZINE_LENGTH", offsetof(th_magazine, length)},
      {"MAGAZINE_COUNT", offsetof(th_magazine, count)},
      {"MAGAZINE_TAKEN", offsetof(th_magazine, taken)},
      {"MAGAZINE_ADDRESSES", offsetof(th_magazine, addresses)},
      {"KIND_LIST", TH_LIST},
      {"KIND_VECTOR", TH_VECTOR},
      {"KIND_MAP", TH_MAP},
      {"KIND_STRING", TH_STRING},
      {"SHAPES_MAX", TH_SHAPES_MAX},
      {"REF_STRING", TH_REF_STRING},
      {"REF_NUMBER", TH_REF_NUMBER},
      {"REF_MAP", TH_REF_MAP},
      {"REF_VECTOR", TH_REF_VECTOR},
      {"REF_STRUCT", TH_REF_STRUCT},
  };
  for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
    napi_value number;
    if (napi_create_uint32(env, constants[i].value, &number) != napi_ok ||
        napi_set_named_property(env, exports, constants[i].name, number) != napi_ok) {
      return false;
    }
  }
  return true;
}

// ELEMENT_TYPES: names of the typed arrays, by type number.
static bool export_element_types(napi_env env, napi_value exports) {
  static const char *const names[] = {
#define JS_ELEMENT_NAME(name, c_type) #name "Array",
      TH_ELEMENT_MAP(JS_ELEMENT_NAME)
#undef JS_ELEMENT_NAME
  };
  napi_value array, name;
  if (napi_create_array(env, &array) != napi_ok) return false;
  for (uint32_t i = 0; i < TH_ELEMENT_TYPES; i++) {
    if (napi_create_string_latin1(env, names[i], NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_set_element(env, array, i, name) != napi_ok) {
      return false;
    }
  }
  return napi_set_named_property(env, exports, "ELEMENT_TYPES", array) == napi_ok;
}

static napi_status new_instance(napi_env env, const char *class, napi_value argument,
                                napi_value *instance) {
  napi_value global, constructor;
  napi_status status = napi_get_global(env, &global);
  if (status == napi_ok) status = napi_get_named_property(env, global, class, &constructor);
  return status == napi_ok ? napi_new_instance(env, constructor, 1, &argument, instance) : status;
}

// A SharedArrayBuffer, since an ArrayBuffer can be transferred away from here.
static bool make_scratch(napi_env env, js_env *js, napi_value *scratch) {
  napi_value size, view;
  void *data;
  size_t length;
  if (napi_create_uint32(env, JS_SCRATCH_SIZE, &size) != napi_ok ||
      new_instance(env, "SharedArrayBuffer", size, scratch) != napi_ok ||
      new_instance(env, "Uint8Array", *scratch, &view) != napi_ok ||
      napi_get_typedarray_info(env, view, NULL, &length, &data, NULL, NULL) != napi_ok ||
      length != JS_SCRATCH_SIZE) {
    return false;
  }
  js->scratch = data;
  return napi_create_reference(env, *scratch, 1, &js->scratch_ref) == napi_ok;
}

static bool export_objects(napi_env env, napi_value exports, js_env *js) {
  napi_value scratch, again;
  return make_scratch(env, js, &scratch) &&
         napi_set_named_property(env, exports, "scratch", scratch) == napi_ok &&
         napi_create_object(env, &again) == napi_ok &&
         napi_create_reference(env, again, 1, &js->again) == napi_ok &&
         napi_set_named_property(env, exports, "AGAIN", again) == napi_ok;
}

NAPI_MODULE_INIT() {
  pin();
  js_env *js = calloc(1, sizeof(*js));
  if (!js) {
    napi_throw_error(env, "ERR_TH_OUT_OF_MEMORY", "the process is out of memory");
    return NULL;
  }
  if (napi_set_instance_data(env, js, destroy, NULL) != napi_ok) {
    free(js);
    return js_internal(env, "no instance data");
  }
  if (napi_add_env_cleanup_hook(env, clean_up, js) != napi_ok ||
      !export_objects(env, exports, js) || !export_functions(env, exports, js) ||
      !export_constants(env, exports) || !export_element_types(env, exports)) {
    return js_internal(env, "the exports could not be made");
  }
  return exports;
}
