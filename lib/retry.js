'use strict';

// The one place where JavaScript waits or makes room for the core. A core call that cannot go on
// has changed nothing, or keeps count of what it has done (callMany), and returns AGAIN: the heap
// needs room (result 0 says how many bytes), or another thread holds a lock (0).

const os = require('node:os');
const { AGAIN, CELL_LONG, PROGRESS, SCRATCH_TEXT, scratch } = require('./binding');
const { atIndex } = require('./errors');
const { kGrow } = require('./symbols');

// Numbers that a call returns besides its value, and those that a hot call is given.
const results = new Float64Array(scratch, 0, 8);

// Where a hot call finds its handle: a word, which takes the addon less time than a double. It is 0
// when `this` is no container. Behind it is the length of the text that is the key, or NO_TEXT. Result
// 0 is in the same place, so each round of a hot call puts everything there again.
const words = new Int32Array(scratch, 0, 2);
const NO_TEXT = -1;

const text = new Int32Array(scratch, SCRATCH_TEXT, 4);
const CAN_PUT = os.endianness() === 'LE';

// A word nobody notifies: waiting on it sleeps, and worker.terminate() ends the sleep.
const idle = new Int32Array(new SharedArrayBuffer(4));
const SLEEP_MS = 1;

function settle(heap) {
  const room = results[0];
  if (room > 0) {
    heap[kGrow](room);
  } else {
    Atomics.wait(idle, 0, 0, SLEEP_MS);
  }
}

// method(handle, a, b, c, d, e), repeated until it went through.
function call(heap, method, handle, a, b, c, d, e) {
  let result = method(handle, a, b, c, d, e);
  while (result === AGAIN) {
    settle(heap);
    result = method(handle, a, b, c, d, e);
  }
  return result;
}

// The same for a hot method, which finds its numbers in the scratch buffer, from 1 on.
function callHot(heap, method, handle, x, y) {
  for (;;) {
    results[1] = x;
    results[2] = y;
    words[0] = handle;
    words[1] = NO_TEXT;
    const result = method();
    if (result !== AGAIN) return result;
    settle(heap);
  }
}

// And with a text for an argument.
function callHotText(heap, method, handle, given, y) {
  for (;;) {
    results[2] = y;
    words[0] = handle;
    const result = method(given);
    if (result !== AGAIN) return result;
    settle(heap);
  }
}

// Puts a text where a hot call finds it, if it can be there: four units in a word, the first one
// lowest. That takes half the time of an argument.
function putText(given) {
  const { length } = given;
  if (length > CELL_LONG || !CAN_PUT) return false;
  text[0] = text[1] = text[2] = text[3] = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const a = given.charCodeAt(i);
    const b = given.charCodeAt(i + 1);
    const c = given.charCodeAt(i + 2);
    const d = given.charCodeAt(i + 3);
    if ((a | b | c | d) > 255) return false;
    text[i >> 2] = a | (b << 8) | (c << 16) | (d << 24);
  }
  for (; i < length; i++) {
    const unit = given.charCodeAt(i);
    if (unit > 255) return false;
    text[i >> 2] |= unit << (i << 3);
  }
  words[1] = length;
  return true;
}

// With a text for a key: `method` finds it in the scratch buffer, or else `byText` is given it.
function callHotKey(heap, method, byText, handle, key, y) {
  while (putText(key)) {
    results[2] = y;
    words[0] = handle;
    const result = method();
    if (result !== AGAIN) return result;
    settle(heap);
  }
  return callHotText(heap, byText, handle, key, y);
}

// The same for a method that does something with each of many arguments, of which the first has that
// index, and goes on where it was when it is repeated; how many of them it found.
function callMany(heap, method, handle, index, a, b, c, d) {
  results.fill(0, PROGRESS);
  try {
    call(heap, method, handle, index, a, b, c, d);
  } catch (error) {
    throw atIndex(error, index + results[PROGRESS]);
  }
  return results[PROGRESS + 1];
}

module.exports = { call, callHot, callHotKey, callHotText, callMany, results };
