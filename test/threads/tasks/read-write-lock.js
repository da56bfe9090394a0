'use strict';

// What threads do under a read-write lock: data[0] and data[1] are the lock, data[2] and data[3]
// are equal when nobody writes. All is plain, so that what two threads do at once shows.

const { readLock, readUnlock, writeLock, writeUnlock } = require('../../..');
const { TIMEOUT_MS } = require('../sync');

function check(data) {
  if (data[2] !== data[3]) throw new Error(`half done: ${data[2]}, ${data[3]}`);
}

function untilWriterWaits(data) {
  const deadline = performance.now() + TIMEOUT_MS;
  while (Atomics.load(data, 1) === 0) {
    if (performance.now() > deadline) throw new Error('timed out: no writer waits');
  }
}

function addOne(data) {
  check(data);
  data[2]++;
  data[3]++;
}

// Reads mostly, and writes; returns how often it wrote.
function readAndWrite({ block }, { each, random }) {
  const { data } = block;
  let writes = 0;
  for (let i = 0; i < each; i++) {
    if (random(4) === 0) {
      writeLock(data);
      addOne(data);
      writeUnlock(data);
      writes++;
    } else {
      readLock(data);
      check(data);
      readUnlock(data);
    }
  }
  return writes;
}

// Comes in when it is told, and stays until all are in.
function readTogether({ block }, { count, signals }) {
  readLock(block.data);
  signals.meet(count);
  readUnlock(block.data);
}

// Reads for a millisecond, again and again.
function readOn({ block }, { signals }) {
  const { data } = block;
  while (signals.get('stop') === 0) {
    readLock(data);
    const end = performance.now() + 1;
    while (performance.now() < end) check(data);
    readUnlock(data);
    signals.add('turn');
  }
}

// Reads twice while another thread waits to write.
function readTwice({ block }, { signals }) {
  const { data } = block;
  readLock(data);
  signals.add('progress');
  untilWriterWaits(data);
  readLock(data);
  readUnlock(data);
  readUnlock(data);
}

function writeAndExit({ block }) {
  writeLock(block.data);
  block.data[2]++;
  process.exit(3);
}

function readAndExit({ block }) {
  readLock(block.data);
  process.exit(3);
}

function wantToWrite({ block }, { signals }) {
  signals.add('arrived');
  writeLock(block.data);
  writeUnlock(block.data);
}

module.exports = {
  addOne,
  readAndExit,
  readAndWrite,
  readOn,
  readTogether,
  readTwice,
  untilWriterWaits,
  wantToWrite,
  writeAndExit,
};
