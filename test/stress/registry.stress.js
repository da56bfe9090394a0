'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { MemoryHeap, Registry } = require('../..');
const { attack } = require('./attack');

const PROGRAM = path.join(__dirname, 'registry', 'worker.js');
const WORKERS = 4;
const KEYS = 4;
const UPDATES_MAX = 200; // until the next worker is ended
const LIMIT_MS = 10_000; // of a wait for an entry

async function start(registry, random, counts, index) {
  const workerData = { data: registry.data, counts: counts.buffer, keys: KEYS, index };
  const worker = new Worker(PROGRAM, { workerData: { ...workerData, seed: random.uint32() } });
  await once(worker, 'message');
  return worker;
}

async function sumOf(registry) {
  let sum = 0;
  for (const [, promise] of registry) {
    const value = await promise;
    sum += typeof value === 'number' ? value : value[0];
  }
  return sum;
}

// Ends the workers one after the other, at any moment, while this thread waits for its turns as they
// do. Returns how many updates it made.
async function endAll(workers, registry, random) {
  let count = 0;
  for (const worker of workers) {
    for (let i = random.below(UPDATES_MAX); i > 0; i--) {
      const key = 1 + 2 * random.below(KEYS / 2);
      await registry.update(key, (value = 0) => value + 1, { timeout: LIMIT_MS });
      count++;
    }
    await worker.terminate();
  }
  return count;
}

async function storm(random) {
  const registry = new Registry();
  const counts = new Int32Array(new SharedArrayBuffer(4 * WORKERS));
  // Made here, so that one thread that has the values with shared buffers stays.
  for (let key = 2; key <= KEYS; key += 2) {
    await registry.set(key, new Int32Array(new SharedArrayBuffer(4)));
  }
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, (_, index) => start(registry, random, counts, index))
  );
  let done;
  try {
    done = await endAll(workers, registry, random);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  done = counts.reduce((sum, count) => sum + count, done);
  const sum = await sumOf(registry);
  // Each may have ended between its last change and counting it.
  assert.ok(sum >= done && sum <= done + WORKERS, `${done} updates were done, and the sum is ${sum}`);
  for (let key = 1; key <= KEYS; key++) await registry.delete(key, { timeout: LIMIT_MS });
  assert.equal(registry.size, 0);
  assert.deepEqual(new MemoryHeap(registry.data.heap).verify(), []);
  registry.close();
  return WORKERS;
}

describe('a registry', () => {
  const endings = { full: 200, unit: 'endings', share: 0.04 };
  attack('loses no update and keeps nobody waiting when threads end in theirs', endings, storm);
});
