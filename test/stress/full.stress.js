'use strict';

// Full heaps: small heaps that several threads fill with everything at once, and go on using when
// they are full.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { MemoryHeap, SharedVector } = require('../..');
const { assertExact, assertSound, dispose } = require('../helpers/check');
const { describeShared } = require('../threads/shared');
const { Signals } = require('../threads/sync');
const { create, kinds } = require('../threads/tasks/lifecycle');
const { attack } = require('./attack');
const { PAGES, hasRoomFor } = require('./full/hoarder');

const PROGRAM = path.join(__dirname, 'full', 'worker.js');
const NAMES = Object.keys(kinds);
const THREADS = 3;
const HEAPS = 5; // of a round
const RACES = 500;
const SHARE = 2; // blocks of a thread in a race
const RESERVE = 5 * 4096;
const KIB = 1024;

class Thread {
  constructor(id, signals) {
    const workerData = { id, count: THREADS, signals: signals.buffer };
    this.worker = new Worker(PROGRAM, { workerData });
  }

  // Lets the thread do that; its error is ours.
  async do(step, args) {
    this.worker.postMessage({ step, args });
    const [result] = await once(this.worker, 'message');
    return result;
  }
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

function createAll(heap) {
  return Object.fromEntries(NAMES.map((name) => [name, create(heap, name)]));
}

// What main does to a heap in which nobody else is active: each call, and how to undo it.
function callsOf(heap, { list, map, string }) {
  const text = 't'.repeat(100);
  let block;
  let vector;
  return [
    { call: () => (block = heap.alloc(100)), undo: () => block.free() },
    { call: () => list.push([-1, -1]), undo: () => list.deleteValue([-1, -1]) },
    { call: () => (string.value = text), undo: () => (string.value = '') },
    { call: () => map.set('of main', text), undo: () => map.set('of main', 0) },
    { call: () => (vector = new SharedVector(heap)), undo: () => vector.free() },
  ];
}

function callOfOtherSize(heap) {
  let block;
  return { call: () => (block = heap.alloc(3000)), undo: () => block.free() };
}

// Each call goes through, or fails and takes no byte.
function tryCalls(heap, calls) {
  let failed = 0;
  for (const { call, undo } of calls) {
    assertExact(heap, () => {
      if (hasRoomFor(call)) undo();
      else failed++;
    });
  }
  return failed;
}

// When there is room again, they go through, one after the other.
function doCalls(heap, calls) {
  assertExact(heap, () => {
    for (const { call } of calls) call();
    for (const { undo } of calls) undo();
  });
}

// Calls that cannot go through, of every kind.
function tryLargeCalls(heap, { list, map, string, vector }) {
  const text = 'l'.repeat(heap.maxSize);
  const calls = [
    () => heap.alloc(heap.maxSize),
    () => map.set('large', text),
    () => map.set(text, 0),
    () => map.getOrInsert('large', text),
    () => map.compareAndSet('of main', 0, text),
    () => map.add(text, 1),
    () => (string.value = text),
  ];
  const sizes = () => [list.length, vector.length, map.size, map.get('of main'), string.value];
  const before = sizes();
  for (const call of calls) assertExact(heap, () => assert.equal(hasRoomFor(call), false));
  assert.deepEqual(sizes(), before);
  return calls.length;
}

// After threads that took pages only, and gave none back, were told that there are no more.
function assertFull(heap) {
  const { largestFree, committed, maximum } = heap.stats();
  assert.ok(largestFree < PAGES && maximum - committed < PAGES, 'the heap was not full');
}

async function fillOne(random, threads) {
  const maxSize = random.pick([64, 100, 256, 1024]) * KIB;
  const heap = new MemoryHeap({ maxSize, bufferSize: random.pick([4096, 8192, 10000]) });
  const [page, reserve] = [heap.alloc(4096), heap.alloc(RESERVE)];
  const shared = createAll(heap);
  shared.map.set('of main', 0);
  const owned = threads.map(() => createAll(heap));
  const all = (step) => Promise.all(threads.map((thread) => thread.do(step)));
  await Promise.all(
    threads.map((thread, i) =>
      thread.do('open', {
        heap: heap.getSharedMemory(),
        own: describeShared(owned[i]),
        shared: describeShared(shared),
        seed: random.uint32(),
      })
    )
  );

  await all('takePages');
  assertFull(heap);

  let failed = sum((await all('change')).map((result) => result.failed));
  const stored = await all('check');
  assert.equal(shared.list.length, sum(stored.map(({ elements }) => elements)));
  assert.equal(shared.map.size, 1 + sum(stored.map(({ entries }) => entries)));
  assertSound(heap);

  const calls = callsOf(heap, shared);
  failed += tryCalls(heap, calls);
  failed += tryLargeCalls(heap, shared);
  page.free(); // which this thread caches, but not to the exclusion of another size
  doCalls(heap, [callOfOtherSize(heap)]);
  reserve.free();
  doCalls(heap, calls);
  await all('check');

  await all('free');
  for (const container of [shared, ...owned].flatMap(Object.values)) container.free();
  assertSound(heap);
  assert.equal(heap.currentUsed, 0, 'bytes in use when everything was freed');
  heap[dispose]();
  return failed;
}

async function withThreads(use) {
  const signals = new Signals();
  const threads = Array.from({ length: THREADS }, (_, id) => new Thread(id, signals));
  try {
    return await use(threads);
  } finally {
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }
}

async function fill(random) {
  return withThreads(async (threads) => {
    let failed = 0;
    for (let i = 0; i < HEAPS; i++) failed += await fillOne(random, threads);
    return failed;
  });
}

// Heaps that grow once, to their maximum, when all threads need it, and have room for just the
// shares of all.
async function race() {
  const heaps = Array.from({ length: RACES }, () => {
    const bufferSize = THREADS * PAGES;
    return new MemoryHeap({ bufferSize, maxSize: SHARE * bufferSize });
  });
  const args = { heaps: heaps.map((heap) => heap.getSharedMemory()), share: SHARE };
  await withThreads((threads) => Promise.all(threads.map((thread) => thread.do('race', args))));
  for (const heap of heaps) {
    assertFull(heap);
    assertSound(heap);
    heap[dispose]();
  }
  return RACES;
}

describe('full heaps', () => {
  attack(
    'a call that finds no room says so and changes nothing; with room again it goes through',
    { full: 100000, unit: 'failed calls', share: 0.07 },
    fill
  );

  attack(
    'several threads that need the last room at once get all of it',
    { full: 10000, unit: 'heaps', share: 0.01 },
    race
  );
});
