// SPDX-License-Identifier: MIT
#include "napi_args.h"

typedef struct message {
  const char *code;
  const char *text;
} message;

static const message messages[] = {
#define JS_MESSAGE(name, code, text) [TH_##name] = {code, text},
    TH_STATUS_MAP(JS_MESSAGE)
#undef JS_MESSAGE
};

static napi_value again(js_call *call, double room) {
  napi_value value = NULL;
  js_result(call, 0, room);
  const napi_status status = napi_get_reference_value(call->env, call->js->again, &value);
  return js_made(call, status, value);
}

napi_value js_fail(js_call *call, th_status status) {
  if (status == TH_BUSY) return again(call, 0);
  if (status == TH_NEED_ROOM) return again(call, (double)th_heap_room_needed(call->heap));
  const message *m = &messages[status];
  if (status == TH_NOT_A_NUMBER) {
    napi_throw_type_error(call->env, m->code, m->text);
  } else {
    napi_throw_error(call->env, m->code, m->text);
  }
  return NULL;
}
