// SPDX-License-Identifier: MIT
// The C library that the module has: the core's headers copy words by memcpy, which needs no call.
#ifndef THREADHEAP_WASM_STRING_H
#define THREADHEAP_WASM_STRING_H

#define memcpy __builtin_memcpy

#endif
