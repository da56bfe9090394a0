'use strict';

// What this thread is called in shared memory: a number from 1 to 2 ** 30 - 1, never given to another
// thread of the process. Whoever waits for a thread asks here whether it can still come.

const { threadId } = require('node:worker_threads');
const native = require('./binding');

const MAX = 2 ** 30 - 1;
const SELF = threadId + 1;

native.threadName(SELF);

// Whether a thread of that name has ended, or there cannot be one.
function hasEnded(thread) {
  const isName = Number.isInteger(thread) && thread > 0 && thread <= MAX;
  return !isName || native.threadHasEnded(thread);
}

module.exports = { SELF, hasEnded };
