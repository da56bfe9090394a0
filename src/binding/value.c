// SPDX-License-Identifier: MIT
#include <string.h>

#include "napi_args.h"

enum { SHORT_UNITS = 2048, LARGE_BYTES = 1 << 20 };

static bool out_of_memory(js_call *call) {
  js_fail(call, TH_NO_MEMORY);
  return false;
}

// Copies the low bytes of UTF-16 units; returns all units, one put over the other.
static uint16_t narrow(const char16_t *restrict units, size_t count, uint8_t *restrict bytes) {
  uint16_t all = 0;
  for (size_t i = 0; i < count; i++) {
    all |= units[i];
    bytes[i] = (uint8_t)units[i];
  }
  return all;
}

// A string whose units are all below 256 is kept as one byte each, for which there is room at
// `bytes`.
static bool set_latin1(const char16_t *units, size_t count, uint8_t *bytes, th_value *value) {
  if (narrow(units, count, bytes) >= 256) return false;
  *value = (th_value){.type = TH_LATIN1, .bytes = bytes, .length = count};
  return true;
}

static void set_utf16(const void *units, size_t count, th_value *value) {
  *value = (th_value){.type = TH_UTF16, .bytes = units, .length = count * 2};
}

// The buffer has room for two bytes of each unit.
static void set_string(const char16_t *units, size_t count, th_buffer *buffer, th_value *value) {
  if (set_latin1(units, count, buffer->data, value)) return;
  memcpy(buffer->data, units, count * 2);
  set_utf16(buffer->data, count, value);
}

static napi_status decode_long_string(napi_env env, napi_value string, th_buffer *buffer,
                                      th_value *value) {
  size_t count;
  napi_status status = napi_get_value_string_utf16(env, string, NULL, 0, &count);
  if (status != napi_ok) return status;
  if (th__buffer_reserve(buffer, count * 4 + 2) != TH_OK) return napi_generic_failure;
  char16_t *units = (char16_t *)(void *)(buffer->data + count * 2);
  status = napi_get_value_string_utf16(env, string, units, count + 1, &count);
  if (status == napi_ok) set_string(units, count, buffer, value);
  return status;
}

static napi_status decode_string(napi_env env, napi_value string, th_buffer *buffer,
                                 th_value *value) {
  char16_t units[SHORT_UNITS];
  size_t count;
  buffer->length = 0;
  const napi_status status = napi_get_value_string_utf16(env, string, units, SHORT_UNITS, &count);
  if (status != napi_ok) return status;
  if (count == SHORT_UNITS - 1) return decode_long_string(env, string, buffer, value);
  if (th__buffer_reserve(buffer, count * 2) != TH_OK) return napi_generic_failure;
  set_string(units, count, buffer, value);
  return napi_ok;
}

static bool decode_bigint(js_call *call, napi_value bigint, th_buffer *buffer, th_value *value) {
  napi_env env = call->env;
  size_t words = 0;
  int sign = 0;
  buffer->length = 0;
  if (napi_get_value_bigint_words(env, bigint, NULL, &words, NULL) != napi_ok ||
      th__buffer_reserve(buffer, (words + 1) * 8) != TH_OK) {
    return out_of_memory(call);
  }
  uint64_t *into = (uint64_t *)(void *)buffer->data;
  if (napi_get_value_bigint_words(env, bigint, &sign, &words, into + 1) != napi_ok) {
    return out_of_memory(call);
  }
  into[0] = (uint64_t)sign;
  *value = (th_value){.type = TH_BIGINT, .bytes = into, .length = (words + 1) * 8};
  return true;
}

static bool decode_bytes(js_call *call, napi_value given, th_buffer *buffer, th_value *value) {
  void *bytes;
  size_t length;
  if (!js_view(call, given, &bytes, &length)) return false;
  buffer->length = 0;
  if (th__buffer_reserve(buffer, length + 8) != TH_OK) return out_of_memory(call);
  const uint64_t checksum = th_value_checksum(call->heap->record, bytes, length);
  memcpy(buffer->data, &checksum, 8);
  memcpy(buffer->data + 8, bytes, length);
  *value = (th_value){.type = TH_BYTES, .bytes = buffer->data, .length = length + 8};
  return true;
}

static bool decode_rare(js_call *call, napi_value given, th_buffer *buffer, th_value *value) {
  napi_valuetype type = napi_undefined;
  bool flag = false;
  if (napi_typeof(call->env, given, &type) != napi_ok) return out_of_memory(call);
  switch (type) {
  case napi_undefined:
    value->type = TH_UNDEFINED;
    return true;
  case napi_null:
    value->type = TH_NULL;
    return true;
  case napi_boolean:
    napi_get_value_bool(call->env, given, &flag);
    value->type = flag ? TH_TRUE : TH_FALSE;
    return true;
  case napi_bigint:
    return decode_bigint(call, given, buffer, value);
  default:
    return decode_bytes(call, given, buffer, value);
  }
}

bool js_value_decode(js_call *call, napi_value given, th_buffer *buffer, th_value *value) {
  *value = (th_value){.type = TH_NUMBER};
  if (napi_get_value_double(call->env, given, &value->number) == napi_ok) return true;
  const napi_status status = decode_string(call->env, given, buffer, value);
  if (status == napi_ok) return true;
  if (status != napi_string_expected) return out_of_memory(call);
  return decode_rare(call, given, buffer, value);
}

bool js_text_decode(js_call *call, napi_value given, th_buffer *buffer, th_value *value) {
  return decode_string(call->env, given, buffer, value) == napi_ok ||
         js_value_decode(call, given, buffer, value);
}

bool js_texts_decode(js_call *call, napi_value given, const uint32_t *ends, uint32_t count,
                     th_buffer *buffer, th_value *texts) {
  const size_t units = count ? ends[count - 1] : 0;
  size_t decoded;
  buffer->length = 0;
  if (th__buffer_reserve(buffer, (units + 1) * 2 + units) != TH_OK) return out_of_memory(call);
  char16_t *all = (char16_t *)(void *)buffer->data;
  uint8_t *bytes = buffer->data + (units + 1) * 2;
  const napi_status status =
      napi_get_value_string_utf16(call->env, given, all, units + 1, &decoded);
  bool fits = status == napi_ok && decoded == units;
  for (uint32_t i = 0, start = 0; fits && i < count; start = ends[i++]) {
    fits = ends[i] >= start && ends[i] <= units;
    const size_t length = ends[i] - start;
    if (fits && !set_latin1(all + start, length, bytes + start, &texts[i])) {
      set_utf16(all + start, length, &texts[i]);
    }
  }
  if (!fits) js_internal(call->env, "the texts end elsewhere");
  return fits;
}

static napi_value encode_bigint(js_call *call, const uint8_t *bytes, size_t length) {
  napi_value result = NULL;
  if (length < 8 || length % 8 != 0) return js_fail(call, TH_CORRUPT);
  const uint64_t *words = (const uint64_t *)(const void *)bytes;
  const napi_status status =
      napi_create_bigint_words(call->env, words[0] != 0, length / 8 - 1, words + 1, &result);
  return js_made(call, status, result);
}

static napi_status new_uint8_array(napi_env env, size_t length, napi_value *array) {
  napi_value global, constructor, argument;
  napi_status status = napi_get_global(env, &global);
  if (status == napi_ok) {
    status = napi_get_named_property(env, global, "Uint8Array", &constructor);
  }
  if (status == napi_ok) status = napi_create_double(env, (double)length, &argument);
  return status == napi_ok ? napi_new_instance(env, constructor, 1, &argument, array) : status;
}

// Where there is no memory for the copy, the constructor throws; Node-API would end the process.
static napi_status copy_large(napi_env env, const uint8_t *bytes, size_t length,
                              napi_value *result) {
  void *data;
  size_t room;
  napi_status status = new_uint8_array(env, length, result);
  if (status != napi_ok) return status;
  status = napi_get_typedarray_info(env, *result, NULL, &room, &data, NULL, NULL);
  if (status == napi_ok && room != length) status = napi_generic_failure;
  if (status == napi_ok) memcpy(data, bytes, length);
  return status;
}

static napi_value encode_bytes(js_call *call, const uint8_t *bytes, size_t length) {
  napi_value result = NULL;
  uint64_t checksum;
  if (length < 8) return js_fail(call, TH_CORRUPT);
  memcpy(&checksum, bytes, 8);
  if (checksum != th_value_checksum(call->heap->record, bytes + 8, length - 8)) {
    return js_fail(call, TH_CORRUPT);
  }
  length -= 8, bytes += 8;
  const napi_status status = length > LARGE_BYTES
                                 ? copy_large(call->env, bytes, length, &result)
                                 : napi_create_buffer_copy(call->env, length, bytes, NULL, &result);
  return js_made(call, status, result);
}

// The values without bytes.
static napi_value encode_simple(js_call *call, th_type type) {
  napi_value result = NULL;
  napi_status status;
  switch (type) {
  case TH_NULL:
    status = napi_get_null(call->env, &result);
    break;
  case TH_FALSE:
  case TH_TRUE:
    status = napi_get_boolean(call->env, type == TH_TRUE, &result);
    break;
  default:
    status = napi_get_undefined(call->env, &result);
  }
  return js_made(call, status, result);
}

static napi_value encode_text(js_call *call, const th_value *value, const uint8_t *bytes) {
  napi_value result = NULL;
  const napi_status status =
      value->type == TH_LATIN1
          ? napi_create_string_latin1(call->env, (const char *)bytes, value->length, &result)
          : napi_create_string_utf16(call->env, (const char16_t *)(const void *)bytes,
                                     value->length / 2, &result);
  return js_made(call, status, result);
}

napi_value js_value_encode(js_call *call, const th_value *value) {
  // The other types leave offset and length unset.
  const bool has_bytes = value->type >= TH_LATIN1;
  const uint8_t *bytes = has_bytes ? th_value_bytes(call->heap, value) : NULL;
  switch (value->type) {
  case TH_NUMBER:
    return js_number(call, value->number);
  case TH_LATIN1:
  case TH_UTF16:
    return encode_text(call, value, bytes);
  case TH_BIGINT:
    return encode_bigint(call, bytes, value->length);
  case TH_BYTES:
    return encode_bytes(call, bytes, value->length);
  default:
    return encode_simple(call, value->type);
  }
}
