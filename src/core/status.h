// SPDX-License-Identifier: MIT
#ifndef THREADHEAP_CORE_STATUS_H
#define THREADHEAP_CORE_STATUS_H

// What a fallible core call returns. A call that does not return TH_OK has changed nothing and has
// left its out-parameters untouched, unless its description says otherwise.
//
// TH_NEED_ROOM and TH_BUSY are not failures: the caller makes room (th_heap_room_needed says how
// much) or waits a moment without holding anything, and repeats the call.
//
// X(name, stable code of the JavaScript error, message)
#define TH_STATUS_MAP(X)                                                                           \
  X(OK, "", "")                                                                                    \
  X(NEED_ROOM, "ERR_TH_OUT_OF_MEMORY", "the heap is full")                                         \
  X(BUSY, "ERR_TH_BUSY", "another thread holds the lock")                                          \
  X(NO_MEMORY, "ERR_TH_OUT_OF_MEMORY", "the process is out of memory")                             \
  X(FULL, "ERR_TH_OUT_OF_MEMORY", "the heap is full: its maxSize leaves no room for this")         \
  X(FREED, "ERR_TH_FREED", "the block or container was freed before this call")                    \
  X(CORRUPT, "ERR_TH_CORRUPT", "its memory in the heap was overwritten by something else")         \
  X(BAD_DESCRIPTOR, "ERR_TH_BAD_DESCRIPTOR", "the descriptor names nothing of this kind")          \
  X(VACANT, "ERR_TH_BAD_DESCRIPTOR", "the block is zeroed")                                        \
  X(OTHER_HEAP, "ERR_TH_BAD_DESCRIPTOR", "the descriptor belongs to another heap")                 \
  X(OTHER_INSTANCE, "ERR_TH_BAD_DESCRIPTOR",                                                       \
    "the heap was made by another copy of threadheap in this process")                             \
  X(TAKEN, "ERR_TH_BAD_DESCRIPTOR", "the memory holds a heap that begins elsewhere")               \
  X(ATTACHED, "ERR_TH_BAD_DESCRIPTOR", "a heap with several handles cannot move")                  \
  X(OCCUPIED, "ERR_TH_BAD_DESCRIPTOR", "the block already holds a container")                      \
  X(NOT_A_NUMBER, "ERR_TH_NOT_A_NUMBER", "the stored value is not a number")

typedef enum th_status {
#define TH_STATUS_ENUM(name, code, message) TH_##name,
  TH_STATUS_MAP(TH_STATUS_ENUM)
#undef TH_STATUS_ENUM
} th_status;

#endif
