// SPDX-License-Identifier: MIT
#include "core/shape.h"

#include "napi_args.h"

// (text) -> its number, or undefined when it gets none
static napi_value js_shape_number(napi_env env, napi_callback_info info) {
  js_call call;
  char text[TH_SHAPE_LENGTH_MAX + 5]; // a text that is cut, before a character, is too long still
  size_t length;
  uint32_t number;
  if (!js_call_begin(env, info, &call)) return NULL;
  if (napi_get_value_string_utf8(env, call.argv[0], text, sizeof(text), &length) != napi_ok) {
    return js_internal(env, "a string was expected");
  }
  return th_shape_number(text, length, &number) ? js_number(&call, number) : NULL;
}

// (number) -> its text, or undefined when none has it
static napi_value js_shape_text(napi_env env, napi_callback_info info) {
  js_call call;
  uint32_t number;
  const char *text;
  size_t length;
  napi_value result = NULL;
  if (!js_call_begin(env, info, &call) || !js_arg_u32(&call, 0, &number)) return NULL;
  if (!th_shape_text(number, &text, &length)) return NULL;
  const napi_status status = napi_create_string_utf8(env, text, length, &result);
  return js_made(&call, status, result);
}

const js_export js_shape_exports[] = {
    {"shapeNumber", js_shape_number},
    {"shapeText", js_shape_text},
    {NULL, NULL},
};
