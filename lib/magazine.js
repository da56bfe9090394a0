'use strict';

// Blocks of zeros that the addon has put aside for this thread, all of one heap and one length
// (core/magazine.h).

const { MAGAZINE_ADDRESSES, MAGAZINE_COUNT, MAGAZINE_HEAP, MAGAZINE_LENGTH, MAGAZINE_SETTLED,
  MAGAZINE_TAKEN, SCRATCH_MAGAZINE, memorySettle, scratch } =
  require('./binding');

const magazine = new Uint32Array(scratch, SCRATCH_MAGAZINE);

// Offsets in words.
const HEAP = MAGAZINE_HEAP / 4;
const LENGTH = MAGAZINE_LENGTH / 4;
const COUNT = MAGAZINE_COUNT / 4;
const SETTLED = MAGAZINE_SETTLED / 4;
const TAKEN = MAGAZINE_TAKEN / 4;
const ADDRESSES = MAGAZINE_ADDRESSES / 4;

// The address of one for the heap of that number, 0 if there is none. The addon takes it for a live
// block only after a call for that heap, or settleTaken().
function takeBlock(number, byteLength) {
  const taken = magazine[TAKEN];
  if (
    taken === magazine[COUNT] ||
    byteLength !== magazine[LENGTH] ||
    number !== magazine[HEAP]
  ) {
    return 0;
  }
  magazine[TAKEN] = taken + 1;
  return magazine[ADDRESSES + taken];
}

// To be called before the address of such a block leaves this thread.
function settleTaken() {
  if (magazine[TAKEN] !== magazine[SETTLED]) memorySettle();
}

module.exports = { settleTaken, takeBlock };
