'use strict';

// For a process of its own: makes more heaps than there are memories for, and again when some are
// gone. Prints how many lie in what.

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../../lib');
const { dispose } = require('./check');
const { collectGarbage } = require('./garbage');

const MEMORIES = 256;
const BUFFERS = 20;
const AGAIN = 44;

function make(count) {
  return Array.from({ length: count }, () => {
    const heap = new MemoryHeap({ maxSize: 2 ** 20 });
    const map = new SharedMap(heap);
    for (let i = 0; i < 1000; i++) map.set(i, `value ${i}`);
    const clone = new MemoryHeap(structuredClone(heap.getSharedMemory()));
    assert.equal(new SharedMap(clone, map.getSharedMemory()).get(999), 'value 999');
    clone[dispose]();
    return heap;
  });
}

const inMemory = (heaps) => heaps.filter((heap) => heap.getSharedMemory().memory).length;

async function main() {
  const heaps = make(MEMORIES + BUFFERS);
  const first = inMemory(heaps);
  for (const heap of heaps.splice(0, AGAIN + BUFFERS)) heap[dispose]();
  await collectGarbage();
  const others = make(AGAIN + AGAIN);
  const second = inMemory(others);
  console.log(`${first} and ${second} in memories, ${BUFFERS + others.length - second} in buffers`);
}

main();
