// SPDX-License-Identifier: MIT
#include "report.h"

void th__report(th_report *report, const char *what, th_address address) {
  if (report->count < TH_PROBLEMS_MAX)
    report->problems[report->count] = (th_problem){what, address};
  report->count++;
}
