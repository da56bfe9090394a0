'use strict';

// A word of shared memory that says who holds a lock: 0, or the number of the thread that does.
//
//   bit 31   threads may be asleep on the word: who gives the lock back wakes them
//   bit 30   it is held by readers, and the rest is how many
//   0 to 29  the number of the thread that holds it alone (lib/thread.js)
//
// Each step is one atomic operation, so a thread may die between any two. Every sleep is a slice at
// most: a wake-up that died with its thread, or was taken by one that gave up, is made good then.

const { isSharedArrayBuffer } = require('node:util').types;
const { checkOptions, rangeError, typeError, withCode } = require('./errors');
const { SELF, hasEnded } = require('./thread');

const WAITERS = -(2 ** 31);
const READING = 2 ** 30;
const NUMBER = READING - 1;

const SPINS = 100; // loads, which is about what falling asleep costs
const SLICE_MS = 10;

function ownerOf(value) {
  return value & READING ? 0 : value & NUMBER;
}

// Whether the thread that holds it alone has ended.
function isAbandoned(value) {
  const owner = ownerOf(value);
  return owner !== 0 && hasEnded(owner);
}

// What waiting for the owner would never end on. `value` was in the word just now. An owner that gave
// the lock back and then ended is not in it any more when it is known to have ended.
function checkOwner(words, index, value) {
  if (ownerOf(value) === SELF) {
    throw withCode(new Error('this thread holds the lock already'), 'ERR_TH_DEADLOCK');
  }
  if (isAbandoned(value) && ownerOf(Atomics.load(words, index)) === ownerOf(value)) {
    const thread = ownerOf(value) - 1;
    throw withCode(
      new Error(`thread ${thread} has ended while it held the lock`),
      'ERR_TH_OWNER_DIED'
    );
  }
}

function notHeld(value) {
  const owner = ownerOf(value);
  const holder = owner === 0 ? 'nobody does' : `thread ${owner - 1} does`;
  const text = value & READING ? 'readers do' : holder;
  return withCode(new Error(`this thread does not hold the lock: ${text}`), 'ERR_TH_NOT_OWNER');
}

// The words as Atomics.wait and Atomics.notify take them.
function signed(data) {
  if (data instanceof Int32Array) return data;
  return new Int32Array(data.buffer, data.byteOffset, data.length);
}

function readTimeout(options = {}) {
  const { timeout = Infinity } = checkOptions('options', options, ['timeout']);
  if (typeof timeout !== 'number') throw typeError('options.timeout', 'a number', timeout);
  if (!(timeout >= 0)) throw rangeError('options.timeout', 'at least 0', timeout);
  return timeout;
}

function spin(words, index) {
  for (let i = 0; i < SPINS && Atomics.load(words, index) !== 0; i++);
}

// Sleeps until somebody wakes it or a slice is over, unless the word has another value.
function sleep(words, index, value, ms = SLICE_MS) {
  if (!isSharedArrayBuffer(words.buffer)) {
    throw typeError('data.buffer', 'a SharedArrayBuffer', words.buffer);
  }
  Atomics.wait(words, index, value, Math.min(ms, SLICE_MS));
}

// Repeats attempt(words, index) until it returns true; in between sleeps until the word changes.
function acquire(data, index, timeout, attempt) {
  const deadline = performance.now() + timeout;
  const words = signed(data);
  spin(words, index);
  while (!attempt(words, index)) {
    const left = deadline - performance.now();
    if (left <= 0) {
      throw withCode(new Error(`waited ${timeout} ms in vain for a lock`), 'ERR_TH_TIMEOUT');
    }
    const value = mark(words, index);
    if (value !== 0) sleep(words, index, value, left);
  }
}

// Says in a taken word that somebody is about to sleep on it; returns its value, 0 if it is free.
function mark(words, index) {
  const value = Atomics.load(words, index);
  if (value === 0 || value < 0) return value;
  const marked = value | WAITERS;
  const found = Atomics.compareExchange(words, index, value, marked);
  return found === value ? marked : 0;
}

// Takes the word for this thread alone, if it is free. Others may be asleep on it.
function attemptAlone(words, index) {
  const value = Atomics.compareExchange(words, index, 0, SELF | WAITERS);
  if (value !== 0) checkOwner(words, index, value);
  return value === 0;
}

function releaseAlone(data, index, count) {
  const held = Atomics.load(data, index) | 0;
  if (ownerOf(held) !== SELF) throw notHeld(held);
  const value = Atomics.exchange(data, index, 0) | 0;
  if (value < 0) Atomics.notify(signed(data), index, count);
}

module.exports = {
  NUMBER,
  READING,
  SELF,
  WAITERS,
  acquire,
  attemptAlone,
  checkOwner,
  isAbandoned,
  notHeld,
  readTimeout,
  releaseAlone,
  signed,
  sleep,
};
