// SPDX-License-Identifier: MIT
// Loops over numbers of one type that lie one after the other, with plain loads, so that compilers
// make vector instructions of them. No thread of the core stores into what they read: it is native
// memory, or the chunk of a vector whose lock the caller holds. JavaScript may write to a chunk
// through its views meanwhile: what is read decides the result and nothing else.
#ifndef THREADHEAP_CORE_KERNEL_H
#define THREADHEAP_CORE_KERNEL_H

#include "element.h"

// A sum that has begun as all zero. Of integers, it is exact: 128 bits in two's complement.
typedef struct th_sum {
  double real; // of the floating-point types, and not of the others
  uint64_t low;
  uint64_t high;
} th_sum;

// Works count numbers into a result.
typedef void (*th_kernel)(th_element_type type, const void *numbers, size_t count, void *result);

// Adds the numbers to a th_sum.
void th__kernel_add(th_element_type type, const void *numbers, size_t count, void *sum);

// The sum of that type as a double: of integers, rounded once. Not for the 64-bit types.
double th__kernel_real(th_element_type type, const th_sum *sum);

// Make *best, a number of that type, the least or the greatest of itself and the numbers, as
// Math.min and Math.max have it: NaN if one is, and -0 is below 0.
void th__kernel_least(th_element_type type, const void *numbers, size_t count, void *best);
void th__kernel_greatest(th_element_type type, const void *numbers, size_t count, void *best);

// Brings one component of count elements together: the first is at `from`, and there are
// data_length of number_bytes each from one to the next.
void th__kernel_gather(const void *from, size_t number_bytes, size_t data_length, size_t count,
                       void *numbers);

#endif
