// SPDX-License-Identifier: MIT
#include "bytes.h"

#include <string.h>

#include "atomic.h"

static inline void store_word(uint8_t *to, uint64_t value, size_t size) {
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

static inline uint64_t load_word(const uint8_t *from, size_t size) {
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
static inline uint64_t native_word(const uint8_t *from, size_t size) {
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

static inline void native_store(uint8_t *to, uint64_t value, size_t size) {
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

// Copies one word of 1, 2, 4 or 8 bytes.
typedef void (*word_copier)(uint8_t *to, const uint8_t *from, size_t size);

static inline void store_one(uint8_t *to, const uint8_t *from, size_t size) {
  store_word(to, native_word(from, size), size);
}

static inline void load_one(uint8_t *to, const uint8_t *from, size_t size) {
  native_store(to, load_word(from, size), size);
}

static inline void move_one(uint8_t *to, const uint8_t *from, size_t size) {
  store_word(to, load_word(from, size), size);
}

static inline void clear_one(uint8_t *to, const uint8_t *from, size_t size) {
  (void)from;
  store_word(to, 0, size);
}

// Copies the bytes before the first aligned word of `widest`, of which `at` has the alignment, as
// far as length goes. Returns how many.
static inline size_t copy_head(uint8_t *to, const uint8_t *from, size_t length, uintptr_t at,
                               size_t widest, word_copier copy) {
  size_t done = 0;
  if (widest > 1 && at & 1 && length >= 1) {
    copy(to, from, 1);
    done = 1;
  }
  if (widest > 2 && (at + done) & 2 && length >= done + 2) {
    copy(to + done, from + done, 2);
    done += 2;
  }
  if (widest > 4 && (at + done) & 4 && length >= done + 4) {
    copy(to + done, from + done, 4);
    done += 4;
  }
  return done;
}

// Copies the bytes behind the last word of `widest`, which are fewer.
static inline void copy_tail(uint8_t *to, const uint8_t *from, size_t length, size_t widest,
                             word_copier copy) {
  if (widest > 4 && length & 4) {
    copy(to, from, 4);
    to += 4, from += 4;
  }
  if (widest > 2 && length & 2) {
    copy(to, from, 2);
    to += 2, from += 2;
  }
  if (widest > 1 && length & 1) copy(to, from, 1);
}

// Copies length bytes by words of `widest` and, before and behind these, narrower ones. `at` is
// aligned as the side that is in the image. The compiler makes plain moves of it for each copier
// and width, since both are constants where it is inlined.
static inline void copy_words(uint8_t *to, const uint8_t *from, size_t length, uintptr_t at,
                              size_t widest, word_copier copy) {
  if (at & (widest - 1)) {
    const size_t head = copy_head(to, from, length, at, widest, copy);
    to += head, from += head, length -= head;
  }
  for (; length >= 4 * widest; length -= 4 * widest) {
    copy(to, from, widest);
    copy(to + widest, from + widest, widest);
    copy(to + 2 * widest, from + 2 * widest, widest);
    copy(to + 3 * widest, from + 3 * widest, widest);
    to += 4 * widest, from += 4 * widest;
  }
  for (; length >= widest; length -= widest) {
    copy(to, from, widest);
    to += widest, from += widest;
  }
  if (length > 0) copy_tail(to, from, length, widest, copy);
}

void th_bytes_store(void *image, const void *native, size_t length) {
  copy_words(image, native, length, (uintptr_t)image, 8, store_one);
}

void th_bytes_load(void *native, const void *image, size_t length) {
  copy_words(native, image, length, (uintptr_t)image, 8, load_one);
}

void th_bytes_clear(void *image, size_t length) {
  copy_words(image, image, length, (uintptr_t)image, 8, clear_one);
}

void th_bytes_move(void *image_to, const void *image_from, size_t length) {
  const uintptr_t at = (uintptr_t)image_to;
  const uintptr_t apart = at ^ (uintptr_t)image_from; // words that both are aligned for
  if ((apart & 7) == 0) {
    copy_words(image_to, image_from, length, at, 8, move_one);
  } else if ((apart & 3) == 0) {
    copy_words(image_to, image_from, length, at, 4, move_one);
  } else if ((apart & 1) == 0) {
    copy_words(image_to, image_from, length, at, 2, move_one);
  } else {
    copy_words(image_to, image_from, length, at, 1, move_one);
  }
}
