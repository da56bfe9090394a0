// SPDX-License-Identifier: MIT
// Sorting numbers, by keys of 64 bits that are unsigned and in the order of the numbers: ascending,
// -0 before 0, NaN last, as TypedArray.prototype.sort has it.
#ifndef THREADHEAP_CORE_SORT_H
#define THREADHEAP_CORE_SORT_H

#include "element.h"

// The keys of count numbers. Plain loads: see kernel.h.
void th__sort_keys(th_element_type type, const void *numbers, size_t count, uint64_t *keys);

// The numbers of count keys, in native memory. The sign of a NaN is lost.
void th__sort_numbers(th_element_type type, const uint64_t *keys, size_t count, void *numbers);

// Sorts count keys, of which only the lowest key_bytes bytes differ. The result is in *keys, which
// may have changed places with *spare, where there is room for as many. O(count * key_bytes).
void th__sort(uint64_t **keys, uint64_t **spare, size_t count, uint32_t key_bytes);

// Puts the numbers below count into *order so that the key of each is not less than that of the one
// before; those of equal keys rise. As above, *order may have changed places with *spare.
void th__sort_order(const uint64_t *keys, uint32_t **order, uint32_t **spare, uint32_t count,
                    uint32_t key_bytes);

#endif
