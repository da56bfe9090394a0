'use strict';

// Blocks of zeros that the addon has put aside for this thread, all of one heap and one length
// (core/magazine.h).

const { MAGAZINE_ADDRESSES, MAGAZINE_COUNT, MAGAZINE_HEAP, MAGAZINE_LENGTH, MAGAZINE_TAKEN,
  SCRATCH_MAGAZINE, scratch } =
  require('./binding');

const magazine = new Uint32Array(scratch, SCRATCH_MAGAZINE);

// Offsets in words.
const HEAP = MAGAZINE_HEAP / 4;
const LENGTH = MAGAZINE_LENGTH / 4;
const COUNT = MAGAZINE_COUNT / 4;
const TAKEN = MAGAZINE_TAKEN / 4;
const ADDRESSES = MAGAZINE_ADDRESSES / 4;

// The address of one for the heap of that number, 0 if there is none.
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

module.exports = { takeBlock };
