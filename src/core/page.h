// SPDX-License-Identifier: MIT
// Whole pages of the image: free spans, merged with their free neighbours, in bins by size.
#ifndef THREADHEAP_CORE_PAGE_H
#define THREADHEAP_CORE_PAGE_H

#include "record.h"
#include "report.h"

// Takes page_count pages that start at a multiple of align_pages (a power of two) from the start of
// the backing and maps them to a run with tag_count tags of the given class; tags are all 0, the
// rest is for the caller to set. Returns TH_OK; TH_NEED_ROOM with *room the bytes the image lacks;
// TH_FULL if it can never have them; TH_NO_MEMORY. Threads: safe, takes the page lock. O(log of
// sizes + page_count).
th_status th__pages_take(th_record *record, uint32_t page_count, uint32_t align_pages,
                         uint16_t class_index, uint16_t tag_count, th_run **run, uint64_t *room);

// Gives the pages of a run back; all its tags are 0. Cannot fail.
// Threads: safe, takes the page lock. O(page_count).
void th__pages_give(th_record *record, th_run *run);

// The runs of the pages from `page` on, in use or free, while `visit` returns true, all under the
// page lock. Pages that belong to none are passed over.
typedef bool (*th__run_walker)(th_run *run, void *context);
void th__pages_walk(th_record *record, uint32_t page, th__run_walker visit, void *context);

// Adds pages [first, first + count) to the free ones. Caller holds the page lock.
// Returns TH_OK; TH_NO_MEMORY.
th_status th__pages_add(th_record *record, uint32_t first, uint32_t count);

// Pages of the largest free span. Threads: safe, takes the page lock.
uint32_t th__pages_largest(th_record *record);

// Checks the page map and the free spans, and calls `visit` for every run in use, all under the
// page lock.
typedef void (*th__run_visitor)(th_run *run, void *context);
void th__pages_verify(th_record *record, th_report *report, th__run_visitor visit, void *context);

// Frees every run struct of the record. Nobody may use the record any more.
void th__pages_destroy(th_record *record);

#endif
