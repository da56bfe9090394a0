// SPDX-License-Identifier: MIT
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hash.h"
#include "page.h"
#include "system.h"

typedef struct th_owned {
  struct th_owned *next;
  max_align_t memory[];
} th_owned;

// The records of this process, newest first. Guarded by `registry`; a record's handle count too.
static th_lock registry;
static th_atomic_u64 registry_waits;
static th_record *records;

static uint64_t instance(void) {
  return (uintptr_t)&registry;
}

static th_image_header *header_of(uint8_t *base) {
  return (th_image_header *)(void *)base;
}

static uint64_t page_map_bytes(const th_record *record) {
  return ((record->max_length >> TH_PAGE_SHIFT) + 1) * sizeof(*record->page_map);
}

static void destroy(th_record *record) {
  th__pages_destroy(record);
  while (record->owned) {
    th_owned *next = record->owned->next;
    free(record->owned);
    record->owned = next;
  }
  th_system_free((void *)record->page_map, page_map_bytes(record));
  free(record);
}

static bool overlaps(const th_record *record, const uint8_t *base, uint64_t length) {
  const uintptr_t a = (uintptr_t)record->base, b = (uintptr_t)base;
  return a < b + length && b < a + record->max_length;
}

// Destroys the orphans whose addresses the new image has taken and, beyond TH_ORPHANS_MAX, the
// oldest. Caller holds the registry.
static void collect_orphans(const uint8_t *base, uint64_t length) {
  uint32_t kept = 0;
  for (th_record **link = &records; *link;) {
    th_record *record = *link;
    const bool orphan = record->handles == 0;
    if (orphan && (overlaps(record, base, length) || kept >= TH_ORPHANS_MAX)) {
      *link = record->next;
      destroy(record);
      continue;
    }
    kept += orphan;
    link = &record->next;
  }
}

static th_record *record_new(uint8_t *base, const th_heap_config *config) {
  th_record *record = calloc(1, sizeof(*record));
  if (!record) return NULL;
  record->max_length = config->max_length;
  record->page_map = th_system_zeroed(page_map_bytes(record));
  if (!record->page_map) {
    free(record);
    return NULL;
  }
  record->base = base;
  record->before = config->before;
  record->heap_id = (th_hash_mix(config->seed) & ((1ull << 53) - 1)) | 1;
  record->secret = th_hash_mix(config->seed ^ 0x9e3779b97f4a7c15u);
  record->hash_secret = th_hash_secret_of(record->secret);
  record->buffer_size = config->buffer_size;
  th_store_relaxed(&record->committed, (uint64_t)TH_HEADER_SIZE);
  th_store_relaxed(&record->next_generation, 1ull);
  th__classes_init(record);
  return record;
}

static void format_header(const th_record *record) {
  th_image_header *header = header_of(record->base);
  th_store_relaxed(&header->format, (uint64_t)TH_FORMAT);
  th_store_relaxed(&header->heap_id, record->heap_id);
  th_store_relaxed(&header->instance, instance());
  th_store_release(&header->magic, (uint64_t)TH_MAGIC); // pairs with the acquire in find
}

// Whether the image at the record's base, which lies in mapped memory, is the record's.
static bool is_formatted(const th_record *record) {
  th_image_header *header = header_of(record->base);
  return th_load_acquire(&header->magic) == TH_MAGIC &&
         th_load_relaxed(&header->instance) == instance() &&
         th_load_relaxed(&header->heap_id) == record->heap_id;
}

// The record of an image within [start, start + length). Caller holds the registry.
static th_record *find_within(const uint8_t *start, uint64_t length) {
  const uintptr_t first = (uintptr_t)start, end = first + length;
  for (th_record *record = records; record; record = record->next) {
    const uintptr_t at = (uintptr_t)record->base;
    if (at >= first && at + TH_HEADER_SIZE <= end && is_formatted(record)) return record;
  }
  return NULL;
}

// The record whose image is at base, or NULL when the backing around it has no image.
// Returns TH_OK; TH_TAKEN; TH_OTHER_INSTANCE. Caller holds the registry.
static th_status find_in_backing(uint8_t *base, uint64_t length, uint64_t before,
                                 th_record **found) {
  *found = find_within(base - before, before + length);
  if (*found) return (*found)->base == base ? TH_OK : TH_TAKEN;
  th_image_header *header = header_of(base);
  const bool is_other = th_load_acquire(&header->magic) == TH_MAGIC &&
                        th_load_relaxed(&header->instance) != instance();
  return is_other ? TH_OTHER_INSTANCE : TH_OK;
}

bool th_record_locate(const uint8_t *start, uint64_t length, uint64_t *before) {
  th_lock_wait(&registry, &registry_waits);
  const th_record *record = find_within(start, length);
  if (record) *before = record->before;
  th_lock_release(&registry);
  return record != NULL;
}

// A record with the whole image committed, that nobody knows yet.
static th_status record_make(uint8_t *base, uint64_t length, const th_heap_config *config,
                             th_record **record) {
  *record = record_new(base, config);
  if (!*record) return TH_NO_MEMORY;
  const th_status status = th_record_commit(*record, length);
  if (status != TH_OK) destroy(*record);
  return status;
}

// Caller holds the registry.
static void record_add(th_record *record) {
  record->handles = 1;
  collect_orphans(record->base, record->max_length);
  record->next = records;
  records = record;
  format_header(record);
}

th_status th_record_create(uint8_t *base, uint64_t length, const th_heap_config *config,
                           th_record **out) {
  th_record *record;
  const th_status status = record_make(base, length, config, &record);
  if (status != TH_OK) return status;
  th_lock_wait(&registry, &registry_waits);
  record_add(record);
  th_lock_release(&registry);
  *out = record;
  return TH_OK;
}

th_status th_record_ensure(uint8_t *base, uint64_t length, const th_heap_config *config,
                           th_record **out) {
  th_record *record, *found;
  th_status status = record_make(base, length, config, &record);
  if (status != TH_OK) return status;
  th_lock_wait(&registry, &registry_waits);
  status = find_in_backing(base, length, config->before, &found);
  if (status == TH_OK && found) found->handles++;
  if (status == TH_OK && !found) record_add(record);
  th_lock_release(&registry);
  if (status != TH_OK || found) destroy(record);
  if (status == TH_OK) *out = found ? found : record;
  return status;
}

static th_record *find_locked(const uint8_t *base, uint64_t heap_id) {
  for (th_record *record = records; record; record = record->next) {
    if (record->base == base && record->heap_id == heap_id) return record;
  }
  return NULL;
}

th_status th_record_find(uint8_t *base, uint64_t length, th_record **out) {
  if (length < TH_HEADER_SIZE) return TH_BAD_DESCRIPTOR;
  th_image_header *header = header_of(base);
  if (th_load_acquire(&header->magic) != TH_MAGIC ||
      th_load_relaxed(&header->format) != TH_FORMAT) {
    return TH_BAD_DESCRIPTOR;
  }
  if (th_load_relaxed(&header->instance) != instance()) return TH_OTHER_INSTANCE;
  th_lock_wait(&registry, &registry_waits);
  th_record *record = find_locked(base, th_load_relaxed(&header->heap_id));
  if (record) record->handles++;
  th_lock_release(&registry);
  if (!record) return TH_BAD_DESCRIPTOR;
  *out = record;
  return TH_OK;
}

void th_record_release(th_record *record) {
  th_lock_wait(&registry, &registry_waits);
  record->handles--;
  th_lock_release(&registry);
}

th_status th_record_rebase(th_record *record, uint8_t *base) {
  th_lock_wait(&registry, &registry_waits);
  const bool is_alone = record->handles == 1;
  if (is_alone) record->base = base;
  th_lock_release(&registry);
  return is_alone ? TH_OK : TH_ATTACHED;
}

th_status th_record_commit(th_record *record, uint64_t length) {
  if (length > record->max_length) length = record->max_length;
  th_status status = TH_OK;
  th_lock_wait(&record->page_lock, &record->lock_waits);
  const uint64_t committed = th_load_relaxed(&record->committed);
  const uint32_t first = (uint32_t)(committed >> TH_PAGE_SHIFT);
  const uint32_t end = (uint32_t)(length >> TH_PAGE_SHIFT);
  if (end > first) status = th__pages_add(record, first, end - first);
  // Pairs with the acquire in th__record_has.
  if (status == TH_OK && length > committed) th_store_release(&record->committed, length);
  th_lock_release(&record->page_lock);
  return status;
}

void *th__record_calloc(th_record *record, size_t count, size_t size) {
  th_owned *owned = calloc(1, sizeof(*owned) + count * size);
  if (!owned) return NULL;
  th_lock_wait(&record->thread_lock, &record->lock_waits);
  owned->next = record->owned;
  record->owned = owned;
  th_lock_release(&record->thread_lock);
  return owned->memory;
}
