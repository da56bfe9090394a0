'use strict';

// For a process of its own: makes more heaps than there are memories for, and again when some are
// gone. Prints how many lie in what.

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../../lib');
const { dispose } = require('./check');
const { collectGarbage } = require('./garbage');

const MEMORIES = 64;
const BUFFERS = 20;
const GONE = 44;

function make(count) {
  return Array.from({ length: count }, () => {
    const heap = new MemoryHeap({ maxSize: 2 ** 20 });
    const map = new SharedMap(heap);
    for (let i = 0; i < 1000; i++) map.set(i, `value ${i}`);
    return { heap, map };
  });
}

const inMemory = (made) => made.filter(({ heap }) => heap.getSharedMemory().memory).length;

function check(made) {
  for (const { heap, map } of made) {
    const clone = new MemoryHeap(structuredClone(heap.getSharedMemory()));
    assert.equal(new SharedMap(clone, map.getSharedMemory()).get(999), 'value 999');
    clone[dispose]();
  }
}

function closeSome(made) {
  for (const { heap } of made.splice(0, GONE)) heap[dispose]();
}

async function main() {
  const made = make(MEMORIES + BUFFERS);
  const first = inMemory(made);
  closeSome(made);
  made.push(...make(1)); // V8 still has what was closed
  assert.equal(inMemory(made.slice(-1)), 0);
  await collectGarbage();
  const others = make(GONE + GONE);
  console.log(`${first}, then ${inMemory(others)} in memories`);
  check(made);
  check(others);
}

main();
