'use strict';

const assert = require('node:assert/strict');

const CODES = {
  ERR_TH_ARG_TYPE: TypeError,
  ERR_TH_UNKNOWN_OPTION: TypeError,
  ERR_TH_UNKNOWN_KEY: TypeError,
  ERR_TH_NOT_CLONEABLE: TypeError,
  ERR_TH_NOT_A_NUMBER: TypeError,
  ERR_TH_VALUE_LOST: Error,
  ERR_TH_ARG_RANGE: RangeError,
  ERR_TH_OUT_OF_MEMORY: Error,
  ERR_TH_FREED: Error,
  ERR_TH_CORRUPT: Error,
  ERR_TH_BAD_DESCRIPTOR: Error,
  ERR_TH_UNKNOWN_NAME: Error,
  ERR_TH_NO_CODEC: Error,
  ERR_TH_DEADLOCK: Error,
  ERR_TH_NOT_OWNER: Error,
  ERR_TH_OWNER_DIED: Error,
  ERR_TH_TIMEOUT: Error,
};

// The call throws an error with that code, of the class that goes with it, whose message matches.
function assertCode(code, call, message = /./) {
  assert.throws(call, (error) => {
    assert.equal(error?.code, code, error?.stack ?? `${error} was thrown`);
    assert.equal(error.constructor, CODES[code], `the class of ${code}`);
    assert.match(error.message, message);
    return true;
  });
}

// The same of a promise, or of a call that returns one.
async function assertRejects(code, promise, message) {
  const [outcome] = await Promise.allSettled([typeof promise === 'function' ? promise() : promise]);
  assertCode(
    code,
    () => {
      if (outcome.status === 'rejected') throw outcome.reason;
    },
    message
  );
}

// The call throws an error of this package, whichever.
function assertFails(call) {
  assert.throws(call, (error) => {
    assert.ok(error instanceof CODES[error?.code], error?.stack ?? `${error} was thrown`);
    return true;
  });
}

// Bytes that a map keeps until it is freed, once it has had so many entries that it was split.
const MAP_DIRECTORY = 8192;

// The call frees all it allocates, but for so many bytes.
function assertExact(heap, call, kept = 0) {
  const before = heap.currentUsed;
  call();
  assert.equal(heap.currentUsed - before, kept, 'currentUsed did not return to its start');
}

// Nothing is wrong in the heap, and every block in it belongs to something.
function assertSound(heap) {
  assert.deepEqual(heap.verify({ exclusive: true }), []);
}

const dispose = Symbol.dispose ?? Symbol.for('nodejs.dispose');

// Allocates until the heap is full; returns the blocks.
function fill(heap, byteLength = 4096) {
  const blocks = [];
  for (let size = byteLength; size >= 16; ) {
    try {
      blocks.push(heap.alloc(size));
    } catch (error) {
      assert.equal(error.code, 'ERR_TH_OUT_OF_MEMORY');
      size = Math.floor(size / 2);
    }
  }
  return blocks;
}

module.exports = {
  CODES,
  MAP_DIRECTORY,
  assertCode,
  assertExact,
  assertFails,
  assertRejects,
  assertSound,
  dispose,
  fill,
};
