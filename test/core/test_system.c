// SPDX-License-Identifier: MIT
#include <string.h>

#include "core/system.h"
#include "harness.h"

enum { MIB = 1 << 20 };

TEST(addresses_that_can_be_had_are_told_and_not_kept) {
  for (int i = 0; i < 1000; i++) {
    CHECK(th_system_can_reserve(1ull << 38)); // more than there are together, were it kept
  }
  CHECK(!th_system_can_reserve(1ull << 62));
}

TEST(what_is_committed_is_zero_and_stays_as_it_is_written) {
  uint8_t *base = th_system_reserve(4 * MIB);
  CHECK(base);
  CHECK(th_system_commit(base, MIB));
  CHECK(base[0] == 0 && base[MIB - 1] == 0);
  memset(base, 7, MIB);
  CHECK(th_system_commit(base + MIB, MIB));
  CHECK(base[0] == 7 && base[MIB - 1] == 7 && base[MIB] == 0 && base[2 * MIB - 1] == 0);
  th_system_release(base, 4 * MIB);
}

TEST(memory_that_was_released_is_zero_when_it_comes_again) {
  for (int i = 0; i < 100; i++) {
    uint8_t *memory = th_system_zeroed(8 * MIB + 8);
    CHECK(memory);
    for (uint32_t at = 0; at < 8 * MIB + 8; at += 4096) {
      CHECK(memory[at] == 0);
      memory[at] = 1;
    }
    th_system_free(memory, 8 * MIB + 8);
  }
  CHECK(!th_system_zeroed(1ull << 62));
}
