// SPDX-License-Identifier: MIT
// What the parts of the core tell th_heap_verify (verify.h).
#ifndef THREADHEAP_CORE_REPORT_H
#define THREADHEAP_CORE_REPORT_H

#include "layout.h"

enum { TH_PROBLEMS_MAX = 64 };

typedef struct th_problem {
  const char *what;
  th_address address; // of the page, block or control block it is about; 0: of the heap
} th_problem;

typedef struct th_report {
  uint32_t count; // problems found; the first TH_PROBLEMS_MAX are kept
  th_problem problems[TH_PROBLEMS_MAX];
} th_report;

// Adds a problem to the report.
void th__report(th_report *report, const char *what, th_address address);

// Blocks by kind (th_block_kind).
typedef struct th_census {
  uint64_t blocks[8];
} th_census;

#endif
