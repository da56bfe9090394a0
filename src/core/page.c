// SPDX-License-Identifier: MIT
// A free span is mapped at its first and last page only, so that the run beside it finds it there
// and merges with it (boundary tags: Knuth, The Art of Computer Programming 1, 2.5). Bins hold
// spans of one size up to 31 pages, four per doubling above (as TLSF: Masmano et al., 2004).
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "compiler.h"

enum { EXACT_BINS = 32, BIN_SEARCH = 32 };

static uint32_t bin_of(uint32_t pages) {
  if (pages < EXACT_BINS) return pages;
  const uint32_t log = th__floor_log2(pages);
  return EXACT_BINS + (log - 5) * 4 + (pages >> (log - 2)) - 4;
}

static void bin_insert(th_spans *spans, th_run *span) {
  const uint32_t bin = bin_of(span->page_count);
  span->is_free = true;
  span->previous = NULL;
  span->next = spans->bins[bin];
  if (span->next) span->next->previous = span;
  spans->bins[bin] = span;
  spans->bin_bits[bin / 64] |= 1ull << (bin % 64);
  spans->free_pages += span->page_count;
}

static void bin_remove(th_spans *spans, th_run *span) {
  const uint32_t bin = bin_of(span->page_count);
  if (span->next) span->next->previous = span->previous;
  if (span->previous) {
    span->previous->next = span->next;
  } else {
    spans->bins[bin] = span->next;
    if (!span->next) spans->bin_bits[bin / 64] &= ~(1ull << (bin % 64));
  }
  span->is_free = false;
  spans->free_pages -= span->page_count;
}

// A struct from the pool of its class, or a new one.
static th_run *run_struct(th_spans *spans, uint16_t class_index, uint16_t tag_count) {
  th_run *run = spans->pools[class_index];
  if (run) {
    spans->pools[class_index] = run->next;
    return run;
  }
  run = calloc(1, sizeof(th_run) + tag_count * sizeof(run->tags[0]));
  if (!run) return NULL;
  run->class_index = class_index;
  run->tag_count = tag_count;
  return run;
}

static void run_retire(th_spans *spans, th_run *run) {
  run->next = spans->pools[run->class_index];
  spans->pools[run->class_index] = run;
}

static void span_map(th_record *record, th_run *span, uint32_t first, uint32_t count) {
  // All of these pair with the acquires in th__place_of (block.h).
  th_store_release(&span->first_page, first);
  span->page_count = count;
  th_store_release(&record->page_map[first], span);
  th_store_release(&record->page_map[first + count - 1], span);
  bin_insert(&record->spans, span);
}

// The first page from `page` on that lies at a multiple of align pages in the backing.
static uint32_t align_page(const th_record *record, uint32_t page, uint32_t align) {
  const uint32_t before = (uint32_t)(record->before >> TH_PAGE_SHIFT);
  return ((page + before + align - 1) & ~(align - 1)) - before;
}

static bool fits(const th_record *record, const th_run *span, uint32_t count, uint32_t align) {
  const uint32_t first = th_load_relaxed(&((th_run *)span)->first_page);
  const uint32_t skipped = align_page(record, first, align) - first;
  return skipped < span->page_count && span->page_count - skipped >= count;
}

static uint32_t next_bin(const th_spans *spans, uint32_t bin) {
  while (bin < TH_SPAN_BINS && !(spans->bin_bits[bin / 64] >> (bin % 64) & 1))
    bin++;
  return bin;
}

// A bin beyond the first that could hold the span is searched a bounded way only; with no
// alignment asked for, its first span fits.
static th_run *find_span(const th_record *record, uint32_t count, uint32_t align) {
  const th_spans *spans = &record->spans;
  for (uint32_t bin = bin_of(count); (bin = next_bin(spans, bin)) < TH_SPAN_BINS; bin++) {
    th_run *span = spans->bins[bin];
    for (int i = 0; span && (i < BIN_SEARCH || align > 1); i++, span = span->next) {
      if (fits(record, span, count, align)) return span;
    }
  }
  // What the bounded search may have passed over in the first bin.
  for (th_run *span = spans->bins[bin_of(count)]; span; span = span->next) {
    if (fits(record, span, count, align)) return span;
  }
  return NULL;
}

// Bytes the image must grow by for a span of that size at its end.
static uint64_t missing_bytes(th_record *record, uint32_t count, uint32_t align) {
  const uint32_t end = (uint32_t)(th_load_relaxed(&record->committed) >> TH_PAGE_SHIFT);
  const th_run *last = end > 1 ? th_load_relaxed(&record->page_map[end - 1]) : NULL;
  const uint32_t start =
      last && last->is_free ? th_load_relaxed(&((th_run *)last)->first_page) : end;
  const uint32_t first = align_page(record, start < 1 ? 1 : start, align);
  const uint64_t needed = ((uint64_t)first + count) << TH_PAGE_SHIFT;
  // Committed may end inside a page when buffers are no multiple of pages.
  return needed - th_load_relaxed(&record->committed);
}

static void map_pages(th_record *record, th_run *run, uint32_t first, uint32_t count) {
  th_store_release(&run->first_page, first); // as in span_map
  run->page_count = count;
  for (uint32_t page = first; page < first + count; page++) {
    th_store_release(&record->page_map[page], run);
  }
}

static void unmap_pages(th_record *record, uint32_t first, uint32_t count) {
  for (uint32_t page = first; page < first + count; page++) {
    th_store_release(&record->page_map[page], NULL); // as in span_map
  }
}

// Cuts count pages at first out of span; what is left before and after stays free. `spare` is a
// struct for the part after, returned if there is none. Caller holds the page lock.
static void carve(th_record *record, th_run *span, uint32_t first, uint32_t count, th_run *spare) {
  th_spans *spans = &record->spans;
  const uint32_t start = th_load_relaxed(&span->first_page);
  const uint32_t before = first - start;
  const uint32_t after = span->page_count - before - count;
  bin_remove(spans, span);
  unmap_pages(record, start, 1);
  unmap_pages(record, start + span->page_count - 1, 1);
  if (after > 0) span_map(record, spare, first + count, after);
  if (before > 0) span_map(record, span, start, before);
  if (after == 0) run_retire(spans, spare);
  if (before == 0) run_retire(spans, span);
}

static th_status take_locked(th_record *record, uint32_t count, uint32_t align, th_run *run,
                             th_run *spare, uint64_t *room) {
  th_run *span = find_span(record, count, align);
  if (!span) {
    const uint64_t missing = missing_bytes(record, count, align);
    if (th_load_relaxed(&record->committed) + missing > record->max_length) return TH_FULL;
    *room = missing;
    return TH_NEED_ROOM;
  }
  const uint32_t first = align_page(record, th_load_relaxed(&span->first_page), align);
  carve(record, span, first, count, spare);
  map_pages(record, run, first, count);
  return TH_OK;
}

th_status th__pages_take(th_record *record, uint32_t page_count, uint32_t align_pages,
                         uint16_t class_index, uint16_t tag_count, th_run **run, uint64_t *room) {
  th_spans *spans = &record->spans;
  th_lock_wait(&record->page_lock, &record->lock_waits);
  th_run *taken = run_struct(spans, class_index, tag_count);
  th_run *spare = run_struct(spans, TH_LARGE_CLASS, 1);
  th_status status = TH_NO_MEMORY;
  if (taken && spare) {
    status = take_locked(record, page_count, align_pages, taken, spare, room);
  }
  if (status != TH_OK) {
    if (taken) run_retire(spans, taken);
    if (spare) run_retire(spans, spare);
  }
  th_lock_release(&record->page_lock);
  if (status == TH_OK) *run = taken;
  return status;
}

// Joins the free span at `page`, if there is one, to [*first, *first + *count).
static void absorb(th_record *record, uint32_t page, uint32_t *first, uint32_t *count) {
  th_run *span = th_load_relaxed(&record->page_map[page]);
  if (!span || !span->is_free) return;
  const uint32_t start = th_load_relaxed(&span->first_page);
  bin_remove(&record->spans, span);
  unmap_pages(record, start, 1);
  unmap_pages(record, start + span->page_count - 1, 1);
  if (start < *first) *first = start;
  *count += span->page_count;
  run_retire(&record->spans, span);
}

static void give_locked(th_record *record, th_run *span, uint32_t first, uint32_t count) {
  const uint32_t end = (uint32_t)(record->max_length >> TH_PAGE_SHIFT);
  if (first > 1) absorb(record, first - 1, &first, &count);
  if (first + count < end) absorb(record, first + count, &first, &count);
  span_map(record, span, first, count);
}

void th__pages_give(th_record *record, th_run *run) {
  th_lock_wait(&record->page_lock, &record->lock_waits);
  const uint32_t first = th_load_relaxed(&run->first_page);
  unmap_pages(record, first, run->page_count);
  give_locked(record, run, first, run->page_count);
  th_lock_release(&record->page_lock);
}

th_status th__pages_add(th_record *record, uint32_t first, uint32_t count) {
  th_run *span = run_struct(&record->spans, TH_LARGE_CLASS, 1);
  if (!span) return TH_NO_MEMORY;
  give_locked(record, span, first, count);
  return TH_OK;
}

uint32_t th__pages_largest(th_record *record) {
  uint32_t largest = 0;
  th_lock_wait(&record->page_lock, &record->lock_waits);
  for (uint32_t bin = 0; bin < TH_SPAN_BINS; bin++) {
    for (const th_run *span = record->spans.bins[bin]; span; span = span->next) {
      if (span->page_count > largest) largest = span->page_count;
    }
  }
  th_lock_release(&record->page_lock);
  return largest;
}

static bool run_is_mapped(th_record *record, const th_run *run, uint32_t page) {
  const uint32_t count = run->page_count;
  if (run->is_free) return th_load_relaxed(&record->page_map[page + count - 1]) == run;
  for (uint32_t i = 0; i < count; i++) {
    if (th_load_relaxed(&record->page_map[page + i]) != run) return false;
  }
  return true;
}

static uint64_t pages_in_bins(const th_spans *spans, th_report *report) {
  uint64_t pages = 0;
  for (uint32_t bin = 0; bin < TH_SPAN_BINS; bin++) {
    for (const th_run *span = spans->bins[bin]; span; span = span->next) {
      pages += span->page_count;
      if (!span->is_free || bin_of(span->page_count) != bin) {
        th__report(report, "a free span is in the wrong bin", 0);
      }
    }
  }
  return pages;
}

static void walk_locked(th_record *record, uint32_t page, th__run_walker visit, void *context) {
  const uint32_t end = (uint32_t)(th_load_relaxed(&record->committed) >> TH_PAGE_SHIFT);
  while (page < end) {
    th_run *run = th_load_relaxed(&record->page_map[page]);
    page = run ? th_load_relaxed(&run->first_page) + run->page_count : page + 1;
    if (run && !visit(run, context)) return;
  }
}

void th__pages_walk(th_record *record, uint32_t page, th__run_walker visit, void *context) {
  th_lock_wait(&record->page_lock, &record->lock_waits);
  walk_locked(record, page, visit, context);
  th_lock_release(&record->page_lock);
}

static void verify_locked(th_record *record, th_report *report, th__run_visitor visit,
                          void *context) {
  const uint32_t end = (uint32_t)(th_load_relaxed(&record->committed) >> TH_PAGE_SHIFT);
  uint64_t free_pages = 0;
  bool after_free = false;
  for (uint32_t page = 1; page < end;) {
    th_run *run = th_load_relaxed(&record->page_map[page]);
    const uint32_t count = run ? run->page_count : 0;
    const bool begins = run && th_load_relaxed(&run->first_page) == page && count > 0;
    if (!begins || page + count > end || !run_is_mapped(record, run, page)) {
      th__report(report, "a page belongs to no run", page << TH_PAGE_SHIFT);
      page++;
      continue;
    }
    if (run->is_free) free_pages += count;
    if (run->is_free && after_free) {
      th__report(report, "two free spans lie side by side", page << TH_PAGE_SHIFT);
    }
    if (!run->is_free) visit(run, context);
    after_free = run->is_free;
    page += count;
  }
  if (free_pages != record->spans.free_pages ||
      free_pages != pages_in_bins(&record->spans, report)) {
    th__report(report, "the free pages and the free spans differ", 0);
  }
}

void th__pages_verify(th_record *record, th_report *report, th__run_visitor visit, void *context) {
  th_lock_wait(&record->page_lock, &record->lock_waits);
  verify_locked(record, report, visit, context);
  th_lock_release(&record->page_lock);
}

static void free_list(th_run *run) {
  while (run) {
    th_run *next = run->next;
    free(run);
    run = next;
  }
}

void th__pages_destroy(th_record *record) {
  const uint32_t pages = (uint32_t)(th_load_relaxed(&record->committed) >> TH_PAGE_SHIFT);
  for (uint32_t page = 1; page < pages;) {
    th_run *run = th_load_relaxed(&record->page_map[page]);
    page += run ? run->page_count : 1;
    if (!run) continue;
    run->next = NULL;
    free_list(run);
  }
  for (uint32_t i = 0; i <= TH_CLASS_COUNT; i++) {
    free_list(record->spans.pools[i]);
  }
}
