'use strict';

// For a Node.js without WebAssembly: all that needs none works, in two threads.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { LocalSharedMemory, MemoryHeap, SharedList, SharedMap, SharedVector } = require('../../lib');

const COUNT = 3000;

function write() {
  const { heap, map, list, vector } = workerData;
  const shared = new MemoryHeap(heap);
  const numbers = new SharedMap(shared, map);
  const elements = new SharedList(shared, list);
  const indexed = new SharedVector(shared, vector);
  for (let i = 0; i < COUNT; i++) {
    numbers.set(i, i * 2);
    elements.push(i);
    indexed.push(i / 2);
  }
  parentPort.postMessage('written');
}

async function main() {
  const heap = new MemoryHeap();
  const map = new SharedMap(heap);
  const list = new SharedList(heap);
  const vector = new SharedVector(heap, { type: Float64Array });
  const shared = { heap, map, list, vector };
  for (const name of Object.keys(shared)) shared[name] = shared[name].getSharedMemory();
  await once(new Worker(__filename, { workerData: shared }), 'message');
  const upTo = Array.from({ length: COUNT }, (_, i) => i);
  assert.deepEqual(Array.from(list, ({ data }) => data[0]), upTo);
  for (const i of upTo) {
    assert.equal(map.get(i), i * 2);
    assert.equal(vector.get(i), i / 2);
  }
  assert.throws(() => new LocalSharedMemory(1), ({ cause }) => /no WebAssembly/.test(cause.message));
  assert.throws(() => new MemoryHeap({ memory: {} }), { code: 'ERR_TH_ARG_TYPE' });
  console.log(typeof WebAssembly);
}

if (isMainThread) main();
else write();
