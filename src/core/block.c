// SPDX-License-Identifier: MIT
#include "block.h"

#include "page.h"

uint16_t th__tag_await(th_run *run, uint32_t index) {
  for (uint32_t step = 0;; step++) {
    const uint16_t tag = th_load_acquire(&run->tags[index]); // pairs with alloc.c
    if (th__tag_kind(tag) != TH_BLOCK_DYING) return tag;
    th__wait_step(step);
  }
}

// Whether the block at that place, which starts at `start`, is a live one of that kind. A place of
// a run that is being reused can have any size, so what was asked for is compared with that and
// with the image.
static inline bool is_live(const th_record *record, const th_place *at, uint64_t start,
                           th_block_kind kind, uint64_t *length) {
  const uint16_t tag = th__tag_settled(at->run, at->index);
  const uint32_t unused = th__tag_unused(tag);
  *length = at->size - unused;
  return th__tag_kind(tag) == (uint32_t)kind && unused <= at->size &&
         start + *length <= th_load_acquire(&((th_record *)record)->committed);
}

static bool read_block(const th_record *record, th_address address, th_block_kind kind,
                       th_block *block) {
  uint64_t length;
  const th_place at = th__place_of(record, address);
  if (!at.run || at.offset != 0) return false;
  if (!is_live(record, &at, address, kind, &length)) return false;
  *block = (th_block){.address = address, .size = at.size, .length = length};
  return true;
}

// Whether to look again for a block of that kind: it may have been taken out of a magazine. All
// such are live now, whichever thread made them so.
static bool should_look_again(const th_record *record, th_block_kind kind) {
  if (kind != TH_BLOCK_USER) return false;
  th__stocks_settle((th_record *)record);
  return true;
}

th_status th_block_read(const th_record *record, th_address address, th_block_kind kind,
                        th_block *block) {
  if (read_block(record, address, kind, block)) return TH_OK;
  return should_look_again(record, kind) && read_block(record, address, kind, block) ? TH_OK
                                                                                     : TH_FREED;
}

th_status th_block_find(const th_record *record, th_address address, th_block_kind kind,
                        uint64_t *length) {
  th_block block;
  if (th_block_read(record, address, kind, &block) != TH_OK) return TH_FREED;
  *length = block.length;
  return TH_OK;
}

static bool find_around(const th_record *record, th_address address, th_block_kind kind,
                        th_address *start, uint64_t *length) {
  uint64_t asked;
  const th_place at = th__place_of(record, address);
  if (!at.run || address - at.offset < TH_HEADER_SIZE) return false;
  if (!is_live(record, &at, address - at.offset, kind, &asked)) return false;
  *start = address - at.offset;
  *length = asked;
  return true;
}

th_status th_block_containing(const th_record *record, th_address address, th_block_kind kind,
                              th_address *start, uint64_t *length) {
  if (find_around(record, address, kind, start, length)) return TH_OK;
  const bool again = should_look_again(record, kind);
  return again && find_around(record, address, kind, start, length) ? TH_OK : TH_FREED;
}

th_vicinity th__vicinity_of(const th_record *record, th_address address, th_block_kind kind,
                            uint32_t length) {
  const th_vicinity nowhere = {0};
  const th_place at = th__place_of(record, address);
  if (!at.run || at.size < length) return nowhere;
  const th_vicinity found = {
      .run = at.run,
      .start = address - at.offset - at.index * at.size,
      .span = at.run->tag_count * at.size,
      .block_size = at.size,
      .reciprocal = th_load_relaxed(&at.run->reciprocal),
      .tag = th__tag_make(at.size, length, kind),
  };
  return th__record_has(record, found.start, found.span) ? found : nowhere;
}

typedef struct listing {
  th_block_kind kind;
  th_address from;
  th_block *blocks;
  uint32_t capacity;
  uint32_t count;
} listing;

// A run in use or free; the tags of a free span are 0. The page lock is held, so the run stays what
// it is, and a block with a tag has its size.
static bool list_run(th_run *run, void *context) {
  listing *l = context;
  const th_address start = th_load_relaxed(&run->first_page) << TH_PAGE_SHIFT;
  for (uint32_t i = 0; i < run->tag_count && l->count < l->capacity; i++) {
    const uint16_t tag = th__tag_settled(run, i);
    const uint32_t size = th_load_relaxed(&run->block_size);
    const th_address address = start + i * size;
    if (th__tag_kind(tag) != (uint32_t)l->kind || address < l->from) continue;
    l->blocks[l->count++] =
        (th_block){.address = address, .size = size, .length = size - th__tag_unused(tag)};
  }
  return l->count < l->capacity;
}

uint32_t th_blocks_list(th_heap *heap, th_block_kind kind, th_address from, th_block *blocks,
                        uint32_t capacity) {
  listing l = {.kind = kind, .from = from, .blocks = blocks, .capacity = capacity};
  const uint32_t page = from >> TH_PAGE_SHIFT;
  if (kind == TH_BLOCK_USER) th__stocks_settle(heap->record);
  th__pages_walk(heap->record, page > 1 ? page : 1, list_run, &l);
  return l.count;
}
