// SPDX-License-Identifier: MIT
// What lies in the image: the shared memory of a heap. Fixed-width integers and 32-bit
// byte addresses only, no pointers. JavaScript can write any byte of it, so nothing here bounds an
// access, blocks a thread or decides what is free: that is in the record (record.h).
//
//   0      +----------------------------+
//          | th_image_header            |  one page; address 0 therefore means "nothing"
//   4096   +----------------------------+
//          | pages: runs of small       |
//          | blocks, large blocks, free |
//          +----------------------------+  committed; grows up to the record's maximum
//
// Every word that two threads may touch is read and written atomically, each with its own width.
// A block that was freed can still be read by a map reader that has not yet noticed (map_shards.h),
// so plain stores into blocks do not exist in the core: bytes.h copies with atomic words.
#ifndef THREADHEAP_CORE_LAYOUT_H
#define THREADHEAP_CORE_LAYOUT_H

#include "atomic.h"

enum {
  TH_PAGE_SHIFT = 12,
  TH_PAGE_SIZE = 1 << TH_PAGE_SHIFT,
  TH_HEADER_SIZE = TH_PAGE_SIZE,
  TH_BLOCK_ALIGN = 16,
};

#define TH_MAGIC 0x70616568646874u // "thdheap", little-endian

// Two builds that lay out the image differently refuse each other's heaps.
#define TH_FORMAT                                                                                  \
  ((uint32_t)(4u << 24 | sizeof(th_control) << 16 | sizeof(th_node) << 8 | sizeof(th_entry)))

// A byte address in the image; 0 is none. Its top 12 bits are bufferPosition, its low 20 bits
// bufferByteOffset.
typedef uint32_t th_address;

typedef struct th_image_header {
  th_atomic_u64 magic;
  th_atomic_u64 format;
  th_atomic_u64 heap_id;  // the record has the same; a mismatch means another heap
  th_atomic_u64 instance; // the loaded copy of the addon that formatted the image
} th_image_header;

// Behind the header: the container that the image was made for, or zeros. Only JavaScript writes
// and reads it.
typedef struct th_image_root {
  th_atomic_u64 address; // both as IEEE doubles
  th_atomic_u64 generation;
} th_image_root;

// The control block of a container: what descriptors name, and a mirror of some of the container's
// native state (object.h) for JavaScript views to read without a call. Native code reads it
// only to verify it.
typedef struct th_control {
  th_atomic_u64 generation; // as an IEEE double; 0 when freed or corrupt
  th_atomic_u32 length;     // elements; written under the container's lock
  th_atomic_u32 version_lo; // of a string: changes with every set
  th_atomic_u32 version_hi;
  uint32_t reserved[3];
} th_control;

// Where the table of one shard of a map is, for JavaScript to read: map_layout.h says what the
// words hold, map.h the protocol.
typedef struct th_map_place {
  th_atomic_u64 version;
  th_atomic_u64 addresses;
  th_atomic_u64 shape;
} th_map_place;

// The control block of a map.
typedef struct th_map_control {
  th_atomic_u64 generation;
  th_map_place single; // while the map has one shard
} th_map_control;

_Static_assert(sizeof(th_map_control) == sizeof(th_control), "a map's is one as all are");

enum { TH_MAP_LOG_SHARDS = 8, TH_MAP_SHARDS = 1 << TH_MAP_LOG_SHARDS };

// The places of a map's shards, in as much memory as a power of two.
typedef struct th_map_directory {
  struct {
    th_map_place place;
    uint64_t padding;
  } shards[TH_MAP_SHARDS];
} th_map_directory;

// Sixteen bytes of a user's block that hold a container: it forwards to the control block.
// All zero is an empty container that does not exist yet.
typedef struct th_forward {
  th_atomic_u32 control;       // address of the control block
  th_atomic_u32 generation_lo; // of the container
  th_atomic_u32 generation_hi;
  th_atomic_u32 check; // keyed hash of the three words before and the kind
} th_forward;

// A list node; the element's bytes follow it.
typedef struct th_node {
  th_atomic_u32 next; // address of a node, 0 at the end
  th_atomic_u32 previous;
  th_atomic_u64 sequence; // rises from head to tail, so a cycle shows at its first back link
  th_atomic_u64 owner;    // address of the list's control block, low 32 bits of its generation;
                          // 0 in a removed node
} th_node;

// One entry of a map table: value.h says what payloads and tags hold.
typedef struct th_entry {
  th_atomic_u64 key;
  th_atomic_u64 value;
  th_atomic_u64 meta; // bits 16..63 insertion sequence, 8..15 key tag, 0..7 value tag
} th_entry;

// One of a table that has, or had, a string of 9 to 14 bytes for a key.
typedef struct th_wide_entry {
  th_entry entry;
  th_atomic_u64 key_tail;
} th_wide_entry;

#endif
