// SPDX-License-Identifier: MIT
#include "bytes.h"

#include <string.h>

#include "atomic.h"

// The widest word, up to 8 bytes, that both ends are aligned for and that does not pass the end.
static size_t word_size(uintptr_t a, uintptr_t b, size_t rest) {
  const uintptr_t both = a | b;
  if ((both & 7) == 0 && rest >= 8) return 8;
  if ((both & 3) == 0 && rest >= 4) return 4;
  if ((both & 1) == 0 && rest >= 2) return 2;
  return 1;
}

static void store_word(uint8_t *to, uint64_t value, size_t size) {
  switch (size) {
  case 8:
    th_store_release((th_atomic_u64 *)(void *)to, value);
    break;
  case 4:
    th_store_release((th_atomic_u32 *)(void *)to, (uint32_t)value);
    break;
  case 2:
    th_store_release((th_atomic_u16 *)(void *)to, (uint16_t)value);
    break;
  default:
    th_store_release((th_atomic_u8 *)to, (uint8_t)value);
  }
}

static uint64_t load_word(const uint8_t *from, size_t size) {
  switch (size) {
  case 8:
    return th_load_acquire((th_atomic_u64 *)(uintptr_t)from);
  case 4:
    return th_load_acquire((th_atomic_u32 *)(uintptr_t)from);
  case 2:
    return th_load_acquire((th_atomic_u16 *)(uintptr_t)from);
  default:
    return th_load_acquire((th_atomic_u8 *)(uintptr_t)from);
  }
}

// Native memory has no alignment to speak of, so its words go through memcpy.
static uint64_t native_word(const uint8_t *from, size_t size) {
  uint64_t u64 = 0;
  uint32_t u32 = 0;
  uint16_t u16 = 0;
  switch (size) {
  case 8:
    memcpy(&u64, from, 8);
    return u64;
  case 4:
    memcpy(&u32, from, 4);
    return u32;
  case 2:
    memcpy(&u16, from, 2);
    return u16;
  default:
    return *from;
  }
}

static void native_store(uint8_t *to, uint64_t value, size_t size) {
  const uint32_t u32 = (uint32_t)value;
  const uint16_t u16 = (uint16_t)value;
  switch (size) {
  case 8:
    memcpy(to, &value, 8);
    break;
  case 4:
    memcpy(to, &u32, 4);
    break;
  case 2:
    memcpy(to, &u16, 2);
    break;
  default:
    *to = (uint8_t)value;
  }
}

void th_bytes_store(void *image, const void *native, size_t length) {
  uint8_t *to = image;
  const uint8_t *from = native;
  while (length > 0) {
    const size_t size = word_size((uintptr_t)to, 0, length);
    store_word(to, native_word(from, size), size);
    to += size, from += size, length -= size;
  }
}

void th_bytes_load(void *native, const void *image, size_t length) {
  uint8_t *to = native;
  const uint8_t *from = image;
  while (length > 0) {
    const size_t size = word_size((uintptr_t)from, 0, length);
    native_store(to, load_word(from, size), size);
    to += size, from += size, length -= size;
  }
}

void th_bytes_move(void *image_to, const void *image_from, size_t length) {
  uint8_t *to = image_to;
  const uint8_t *from = image_from;
  while (length > 0) {
    const size_t size = word_size((uintptr_t)to, (uintptr_t)from, length);
    store_word(to, load_word(from, size), size);
    to += size, from += size, length -= size;
  }
}

void th_bytes_clear(void *image, size_t length) {
  uint8_t *to = image;
  while (length > 0) {
    const size_t size = word_size((uintptr_t)to, 0, length);
    store_word(to, 0, size);
    to += size, length -= size;
  }
}
