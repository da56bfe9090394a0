'use strict';

// A lock in one word that one thread holds at a time. lib/lock-word.js has its layout.

const { SELF, WAITERS, acquire, attemptAlone, isAbandoned, readTimeout, releaseAlone } =
  require('./lock-word');
const { checkWord } = require('./pointer');

const SIMPLE_LOCK_ALLOCATE_COUNT = 1;

function lock(data, index = 0, options = undefined) {
  checkWord(data, index);
  const timeout = readTimeout(options);
  if (Atomics.compareExchange(data, index, 0, SELF) !== 0) {
    acquire(data, index, timeout, attemptAlone);
  }
}

function unlock(data, index = 0) {
  checkWord(data, index);
  releaseAlone(data, index, 1);
}

function takeOverLock(data, index = 0) {
  checkWord(data, index);
  for (;;) {
    const value = Atomics.load(data, index);
    if (!isAbandoned(value)) return false;
    // In between, somebody may have taken it, or said that it waits.
    const found = Atomics.compareExchange(data, index, value, SELF | WAITERS);
    if (found === value) return true;
  }
}

module.exports = { SIMPLE_LOCK_ALLOCATE_COUNT, lock, takeOverLock, unlock };
