'use strict';

// The one place where JavaScript waits or makes room for the core. A core call that cannot go on
// has changed nothing, or keeps count of what it has done (callMany), and returns AGAIN: the heap
// needs room (result 0 says how many bytes), or another thread holds a lock (0).

const { AGAIN, PROGRESS, scratch } = require('./binding');
const { atIndex } = require('./errors');
const { kGrow } = require('./symbols');

// Numbers that a call returns besides its value, and those that a hot call is given.
const results = new Float64Array(scratch, 0, 8);

// Where a hot call finds its handle: a word, which takes the addon less time than a double. It is 0
// when `this` is no container.
const handles = new Int32Array(scratch, 0, 1);

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
    handles[0] = handle;
    const result = method();
    if (result !== AGAIN) return result;
    settle(heap);
  }
}

// And with a text for an argument.
function callHotText(heap, method, handle, text, y) {
  for (;;) {
    results[2] = y;
    handles[0] = handle;
    const result = method(text);
    if (result !== AGAIN) return result;
    settle(heap);
  }
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

module.exports = { call, callHot, callHotText, callMany, results };
