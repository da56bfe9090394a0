// SPDX-License-Identifier: MIT
// A heap for the C tests: reserved address space in the place of a growable SharedArrayBuffer, and
// the two retries that lib/retry.js does in JavaScript.
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif

#include <sched.h>
#include <sys/mman.h>

#include "core/alloc.h"
#include "core/heap.h"
#include "core/verify.h"
#include "harness.h"

// How many times as much work a test of threads does where no sanitizer slows it down.
#ifdef __has_feature
#define TEST_HAS_FEATURE(name) __has_feature(name)
#else
#define TEST_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) ||                               \
    TEST_HAS_FEATURE(thread_sanitizer) || TEST_HAS_FEATURE(address_sanitizer)
enum { TEST_SCALE = 1 };
#else
enum { TEST_SCALE = 20 };
#endif

typedef struct test_image {
  uint8_t *base;
  uint64_t maximum;     // bytes reserved, header included
  th_atomic_u64 length; // bytes the backing has; only rises
} test_image;

// Reserves an image of `maximum` bytes of which `initial` (both besides the header) are there, and
// attaches the calling thread to it.
static inline th_heap *test_heap_open(test_image *image, uint64_t initial, uint64_t maximum) {
  image->maximum = TH_HEADER_SIZE + maximum;
  image->base = mmap(NULL, image->maximum, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(image->base != MAP_FAILED);
  th_store_release(&image->length, TH_HEADER_SIZE + initial);
  const th_heap_config config = {
      .buffer_size = 8192, .max_length = image->maximum, .seed = test_random()};
  th_heap *heap;
  CHECK_EQ(th_heap_create(image->base, TH_HEADER_SIZE + initial, &config, &heap), TH_OK);
  return heap;
}

// Attaches another thread.
static inline th_heap *test_heap_attach(test_image *image) {
  th_heap *heap;
  CHECK_EQ(th_heap_attach(image->base, th_load_acquire(&image->length), &heap), TH_OK);
  return heap;
}

// Detaches the last handle and gives the address space back.
static inline void test_heap_close(test_image *image, th_heap *heap) {
  th_heap_detach(heap);
  munmap(image->base, image->maximum);
}

// Fails unless the heap, which no other thread uses now, is in order.
static inline void test_heap_is_sound(th_heap *heap) {
  th_report report;
  CHECK_EQ(th_heap_verify(heap, true, &report), TH_OK);
  if (report.count > 0) {
    test_fail(__FILE__, __LINE__, "%u problems, the first at %u: %s", report.count,
              report.problems[0].address, report.problems[0].what);
  }
}

// What lib does with a status: true when the call is to be repeated.
static inline bool test_again(test_image *image, th_heap *heap, th_status status) {
  static _Thread_local uint64_t known; // length of the image when this thread last asked for room
  if (status == TH_BUSY) {
    sched_yield();
    return true;
  }
  if (status != TH_NEED_ROOM) return false;
  uint64_t length = th_load_acquire(&image->length);
  const uint64_t wanted = length + th_heap_room_needed(heap);
  if (length == known && wanted > image->maximum) return false;
  // What another thread has made longer meanwhile may do.
  if (length == known) {
    while (length < wanted && !th_cas_acq_rel(&image->length, &length, wanted)) {
    }
  }
  known = th_load_acquire(&image->length);
  CHECK_EQ(th_heap_commit(heap, known), TH_OK);
  return true;
}

// The status of a call, repeated while it needs room or finds a lock taken.
#define TEST_CALL(image, heap, call)                                                               \
  __extension__({                                                                                  \
    th_status test_status_;                                                                        \
    do {                                                                                           \
      test_status_ = (call);                                                                       \
    } while (test_again((image), (heap), test_status_));                                           \
    test_status_;                                                                                  \
  })

#define TEST_OK(image, heap, call) CHECK_EQ(TEST_CALL(image, heap, call), TH_OK)

#endif
