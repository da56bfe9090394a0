'use strict';

const { MemoryBuffer } = require('../../..');

const KEPT = 20; // blocks that a thread has at a time

const open = (buf, start) => new MemoryBuffer({ buf, start, skipInitialization: true });

function isMarked(array, id) {
  return array.every((word) => word === id + 1);
}

// Allocates, changes the size of and frees blocks that it marks, and looks whether the marks stay.
function churn(objects, { buf, start, each, id, random }) {
  const memory = open(buf, start);
  const kept = [];
  for (let i = 0; i < each; i++) {
    const array = memory.callocAs('u32', 1 + random(600), id + 1);
    if (array) kept.push(array);
    if (kept.length < KEPT && array) continue;
    const [old] = kept.splice(random(kept.length), 1);
    if (!old) continue;
    if (!isMarked(old, id)) throw new Error('another thread wrote into a block');
    const shorter = memory.reallocArray(old, Math.ceil(old.length / 2));
    if (!isMarked(shorter, id)) throw new Error('a block lost what was in it');
    if (!memory.free(shorter)) throw new Error('a block was freed by somebody else');
  }
  for (const array of kept) {
    if (!isMarked(array, id) || !memory.free(array)) throw new Error('a block is not what it was');
  }
  memory.release();
}

function churnForever(objects, { signals, ...args }) {
  for (;;) {
    churn(objects, { ...args, each: 10 });
    signals.add('progress');
  }
}

// Frees all blocks beside others; returns how many were its to free.
function freeListed(objects, { buf, addresses, signals, count }) {
  const memory = open(buf);
  signals.meet(count + 1);
  return addresses.filter((address) => memory.free(address)).length;
}

// Adds 1 to the first word of a block of another thread.
function add(objects, { buf, address, each }) {
  const memory = open(buf);
  const words = new Uint32Array(buf, address, memory.lengthOf(address));
  for (let i = 0; i < each; i++) Atomics.add(words, 0, 1);
}

module.exports = { add, churn, churnForever, freeListed };
