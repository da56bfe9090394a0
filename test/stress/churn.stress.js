'use strict';

// Churn: threads that allocate and free blocks of all sizes, their own and those of others. What
// the heap takes is compared with what it was asked for: `committed` of stats(), which only rises,
// with the sum of the lengths of the live blocks at its peak, in bytes. Between the two lie slack
// inside the blocks, holes between them, room the heap grew by ahead, and what the threads cache.
//
// The number of live blocks stays about the same while their sizes drift. With the same number of
// bytes instead, few survivors of many small blocks keep most of their pages from the large ones,
// as in every allocator that does not move blocks.

const assert = require('node:assert/strict');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { AllocatedMemory, MemoryHeap, getPointer } = require('../..');
const { assertSound, dispose } = require('../helpers/check');
const { attack } = require('./attack');
const { Live } = require('./churn/live');

const PROGRAM = path.join(__dirname, 'churn', 'worker.js');
const THREADS = 3;
const OPERATIONS = 150000; // of a thread in a round
const BOXES = 64;
const RATIO_MAX = 1.5;

// What a thread may keep for itself: 8 KiB of each of 32 sizes. To a small live set that is much.
const CACHES = THREADS * 32 * 8192;

const largest = new Map(); // ratio by the name of the profile

function startWorker(workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(PROGRAM, { workerData });
    worker.once('error', reject);
    worker.once('exit', resolve);
  });
}

// Frees what nobody took.
function empty(boxes, heap) {
  for (const pointer of boxes) {
    if (pointer !== 0) new AllocatedMemory(heap, getPointer(pointer)).free();
  }
}

async function churn(random, { name, distribution, slots, allowed }) {
  const heap = new MemoryHeap();
  const live = new Live();
  const boxes = new Uint32Array(new SharedArrayBuffer(4 * BOXES));
  const shared = { heap: heap.getSharedMemory(), boxes: boxes.buffer, live: live.buffer };
  const data = { operations: OPERATIONS, distribution, slots, shared };
  const start = () => startWorker({ ...data, seed: random.uint32() });
  await Promise.all(Array.from({ length: THREADS }, start));
  const { committed } = heap.stats();
  const { peak } = live;
  empty(boxes, heap);
  assertSound(heap);
  assert.equal(heap.currentUsed, 0, 'bytes in use when everything was freed');
  const ratio = committed / peak;
  largest.set(name, Math.max(ratio, largest.get(name) ?? 0));
  const most = peak * RATIO_MAX + allowed;
  assert.ok(committed < most, `${committed} bytes for ${peak}, which is ${ratio.toFixed(2)} times`);
  heap[dispose]();
  return THREADS * OPERATIONS;
}

// Of the slots of a thread about half are taken at any time.
const profiles = [
  { name: 'log-uniform sizes, 25 MB live', distribution: 'logUniform', slots: 2048, allowed: 0 },
  { name: 'log-uniform sizes, 8 MB live', distribution: 'logUniform', slots: 512, allowed: 0 },
  { name: 'drifting sizes, 50 MB live', distribution: 'drifting', slots: 512, allowed: 0 },
  { name: 'log-uniform sizes, 1 MB live', distribution: 'logUniform', slots: 32, allowed: CACHES },
  { name: 'drifting sizes, 5 MB live', distribution: 'drifting', slots: 32, allowed: CACHES },
];

describe(`churn: the heap takes less than ${RATIO_MAX} times the bytes live at the peak`, () => {
  for (const profile of profiles) {
    const but = profile.allowed ? ', the caches of the threads apart' : '';
    attack(
      `${profile.name}${but}`,
      { full: 1e7 / profiles.length, unit: 'operations', share: 0.08 / profiles.length },
      (random) => churn(random, profile)
    );
  }

  after(() => {
    console.log();
    for (const [name, ratio] of largest) {
      console.log(`      ${name}: at most ${ratio.toFixed(2)} times`);
    }
  });
});
