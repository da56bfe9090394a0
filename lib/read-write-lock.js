'use strict';

// A lock that one writer or any number of readers hold: a word as lib/lock-word.js has it, and one
// with the number of a writer that waits, which readers let pass.

const { NUMBER, READING, acquire, attemptAlone, checkOwner, notHeld, readTimeout, releaseAlone,
  signed, sleep } = require('./lock-word');
const { rangeError } = require('./errors');
const { checkWord } = require('./pointer');
const { SELF, hasEnded } = require('./thread');

const READ_WRITE_LOCK_ALLOCATE_COUNT = 2;

function checkWords(data, index) {
  checkWord(data, index);
  if (index + 1 >= data.length) throw rangeError('index', 'of two words of data', index);
}

// A thread that reads already may not wait for long: the writer waits for that thread.
function letWriterPass(data, index, timeout) {
  const writer = Atomics.load(data, index);
  if (writer === 0 || writer === SELF) return;
  if (hasEnded(writer & NUMBER)) {
    Atomics.compareExchange(data, index, writer, 0);
  } else {
    sleep(signed(data), index, writer, timeout);
  }
}

// Joins the readers, unless there is a writer.
function attemptRead(data, index) {
  for (;;) {
    const value = Atomics.load(data, index) | 0;
    const isFull = (value & NUMBER) === NUMBER;
    if (value !== 0 && (!(value & READING) || isFull)) {
      checkOwner(data, index, value);
      return false;
    }
    const next = value === 0 ? READING + 1 : value + 1;
    if ((Atomics.compareExchange(data, index, value, next) | 0) === value) return true;
  }
}

// When it cannot have the lock, readers are told.
function attemptWrite(words, index) {
  const isTaken = attemptAlone(words, index);
  if (!isTaken) Atomics.compareExchange(words, index + 1, 0, SELF);
  return isTaken;
}

function leaveLine(data, index) {
  const found = Atomics.compareExchange(data, index, SELF, 0);
  if (found === SELF) Atomics.notify(signed(data), index);
}

function readLock(data, index = 0, options = undefined) {
  checkWords(data, index);
  const timeout = readTimeout(options);
  letWriterPass(data, index + 1, timeout);
  if (!attemptRead(data, index)) acquire(data, index, timeout, attemptRead);
}

function readUnlock(data, index = 0) {
  checkWords(data, index);
  for (;;) {
    const value = Atomics.load(data, index) | 0;
    const count = value & NUMBER;
    if (!(value & READING) || count === 0) throw notHeld(value);
    const next = count === 1 ? 0 : value - 1;
    if ((Atomics.compareExchange(data, index, value, next) | 0) !== value) continue;
    if (next === 0 && value < 0) Atomics.notify(signed(data), index);
    return;
  }
}

function writeLock(data, index = 0, options = undefined) {
  checkWords(data, index);
  const timeout = readTimeout(options);
  if (Atomics.compareExchange(data, index, 0, SELF) === 0) return;
  try {
    acquire(data, index, timeout, attemptWrite);
  } finally {
    leaveLine(data, index + 1);
  }
}

function writeUnlock(data, index = 0) {
  checkWords(data, index);
  releaseAlone(data, index, Infinity);
}

module.exports = {
  READ_WRITE_LOCK_ALLOCATE_COUNT,
  readLock,
  readUnlock,
  writeLock,
  writeUnlock,
};
