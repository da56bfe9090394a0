'use strict';

// What threads do under a lock: data[0] is the lock, data[1] and data[2] are equal when nobody
// holds it. All is plain, so that what two threads do at once shows.

const { lock, takeOverLock, unlock } = require('../../..');

function addOne(data) {
  const before = data[1];
  if (data[2] !== before) throw new Error(`half done: ${before}, ${data[2]}`);
  data[1] = before + 1;
  data[2] = before + 1;
}

function count({ block }, { each }) {
  const { data } = block;
  for (let i = 0; i < each; i++) {
    lock(data);
    addOne(data);
    unlock(data);
  }
}

// Wants the lock at the same instant as others.
function countTogether({ block }, { each, count: others, signals }) {
  for (let i = 0; i < each; i++) {
    signals.meet(others + 1);
    count({ block }, { each: 1 });
  }
}

// Takes the lock, leaves something half done and ends.
function takeAndThrow({ block }, { signals }) {
  lock(block.data);
  block.data[1]++;
  signals.add('progress');
  throw new Error('on purpose');
}

function takeAndExit({ block }) {
  lock(block.data);
  block.data[1]++;
  process.exit(3);
}

function takeAndReturn({ block }) {
  lock(block.data);
  block.data[1]++;
}

function takeAndSleep({ block }, { signals }) {
  lock(block.data);
  block.data[1]++;
  signals.add('progress');
  signals.wait('stop', 1);
  block.data[2]++;
  unlock(block.data);
}

// What happens to a thread that wants the lock.
function want({ block }, { signals }) {
  signals.add('arrived');
  try {
    lock(block.data);
    unlock(block.data);
    return 'taken';
  } catch (error) {
    return error.code;
  }
}

// Waits, and puts in order what a thread that died has left. Whether it was this thread that did.
function repair({ block }, { signals }) {
  const { data } = block;
  signals.add('arrived');
  for (let repaired = false; ; ) {
    try {
      lock(data);
      addOne(data);
      unlock(data);
      return repaired;
    } catch (error) {
      if (error.code !== 'ERR_TH_OWNER_DIED') throw error;
      if (!takeOverLock(data)) continue;
      repaired = true;
      data[2] = data[1];
      unlock(data);
    }
  }
}

// Wants, at the same instant as others, what a thread that ended held. How often it got it.
function takeOver({ block }, { id, count: others, rounds, word, signals }) {
  let taken = 0;
  for (let i = 0; i < rounds; i++) {
    if (id === 0) block.data[0] = word;
    signals.meet(others + 1);
    if (takeOverLock(block.data)) taken++;
    signals.meet(others + 1);
  }
  return taken;
}

// Counts until it is killed, and mends what one that was killed before left.
function countAndRepair({ block }, { signals }) {
  const { data } = block;
  for (;;) {
    try {
      lock(data);
    } catch (error) {
      if (error.code !== 'ERR_TH_OWNER_DIED') throw error;
      if (!takeOverLock(data)) continue;
      data[2] = data[1];
    }
    addOne(data);
    unlock(data);
    signals.add('progress');
  }
}

module.exports = {
  addOne,
  count,
  countAndRepair,
  countTogether,
  repair,
  takeAndExit,
  takeAndReturn,
  takeAndSleep,
  takeAndThrow,
  takeOver,
  want,
};
