// SPDX-License-Identifier: MIT
#include "verify.h"

#include "alloc.h"
#include "list.h"
#include "map.h"
#include "string.h"
#include "vector.h"

static th_status verify_container(const th_handle *handle, th_object_kind kind,
                                  th_census *reached) {
  switch (kind) {
  case TH_LIST:
    return th_list_verify(handle, reached);
  case TH_VECTOR:
    return th_vector_verify(handle, reached);
  case TH_MAP:
  case TH_STORE:
    return th_map_verify(handle, reached);
  default:
    return th_string_verify(handle, reached);
  }
}

static th_status verify_object(th_heap *heap, th_object_kind kind, th_address control,
                               th_report *report, th_census *reached) {
  const th_descriptor descriptor = {.address = control};
  th_handle handle;
  th_status status = th__object_open(heap, kind, &descriptor, NULL, &handle);
  // Starting all over because one container is busy might never end.
  do {
    if (status == TH_OK || status == TH_BUSY) status = verify_container(&handle, kind, reached);
  } while (status == TH_BUSY);
  if (status == TH_CORRUPT) th__report(report, "a container is corrupt", control);
  return status == TH_NO_MEMORY ? status : TH_OK;
}

// The containers whose control blocks are in a run. Runs of control blocks stay what they are.
static th_status verify_run(th_heap *heap, th_run *run, th_report *report, th_census *reached) {
  const uint32_t block_size = heap->record->classes[run->class_index].block_size;
  const th_object_kind kind = (th_object_kind)(run->class_index - TH_SMALL_CLASSES);
  const th_address start = th_load_relaxed(&run->first_page) << TH_PAGE_SHIFT;
  th_status status = TH_OK;
  for (uint32_t i = 0; i < run->tag_count; i++) {
    if (th_load_acquire(&run->tags[i]) == 0) continue;
    const th_status one = verify_object(heap, kind, start + i * block_size, report, reached);
    if (one != TH_OK) status = one;
  }
  return status;
}

static th_status verify_containers(th_heap *heap, th_report *report, th_census *reached) {
  th_status status = TH_OK;
  const uint64_t end = th_load_acquire(&heap->record->committed) >> TH_PAGE_SHIFT;
  for (uint64_t page = 1; page < end; page++) {
    th_run *run = th_load_acquire(&heap->record->page_map[page]); // as in th__place_of
    if (!run || run->class_index < TH_SMALL_CLASSES || run->class_index == TH_LARGE_CLASS) continue;
    const th_status one = verify_run(heap, run, report, reached);
    if (one != TH_OK) status = one;
  }
  return status;
}

// Every block of these kinds hangs on one container.
static void compare(const th_census *live, const th_census *reached, th_report *report) {
  static const char *const problems[] = {
      [TH_BLOCK_NODE] = "list nodes in the heap and in lists differ in number",
      [TH_BLOCK_CHUNK] = "chunks in the heap and in vectors differ in number",
      [TH_BLOCK_TABLE] = "tables in the heap and in maps differ in number",
      [TH_BLOCK_CELL] = "strings and objects in the heap and in containers differ in number",
  };
  for (uint32_t kind = TH_BLOCK_NODE; kind <= TH_BLOCK_CELL; kind++) {
    if (live->blocks[kind] != reached->blocks[kind]) th__report(report, problems[kind], 0);
  }
}

th_status th_heap_verify(th_heap *heap, bool exclusive, th_report *report) {
  th_census live = {0}, reached = {0};
  report->count = 0;
  th__alloc_verify(heap, exclusive, report, &live);
  const th_status status = verify_containers(heap, report, &reached);
  if (exclusive) compare(&live, &reached, report);
  return status;
}
