// SPDX-License-Identifier: MIT
// Shapes: the keys of an object as one text, which has a number in the whole process. Stored
// objects say the number in place of their keys (lib/plain.js); no heap leaves the process that
// numbered.
//
// One lock guards numbering, and no shape is ever dropped or changed: a text that was found stays
// where it is until the process ends. A text enters the table before its number is given to anyone,
// so a number that a thread was told, in whatever way, is known to all.
#ifndef THREADHEAP_CORE_SHAPE_H
#define THREADHEAP_CORE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Shapes of a process, and bytes of one text.
enum { TH_SHAPES_MAX = 4096, TH_SHAPE_LENGTH_MAX = 1024 };

// The number of a text, below TH_SHAPES_MAX; of one that has none, the next. false, with *number
// untouched, when the text is too long, all numbers are given, or there is no memory.
// Threads: safe. Memory: native, none of a heap. O(length), expected.
bool th_shape_number(const char *text, size_t length, uint32_t *number);

// The text of a number; false, with the results untouched, when no text has it.
// Threads: safe. Memory: the text stays until the process ends.
bool th_shape_text(uint32_t number, const char **text, size_t *length);

#endif
