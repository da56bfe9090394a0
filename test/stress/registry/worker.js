'use strict';

// Adds 1 to entries until it is ended, and counts what was done for certain.

const { parentPort, workerData } = require('node:worker_threads');
const { Registry } = require('../../..');
const { Random } = require('../../helpers/random');

const { data, counts: buffer, keys, seed, index } = workerData;
const registry = new Registry(data);
const counts = new Int32Array(buffer);
const random = new Random(seed);

// Every other entry has a value that only messages can carry.
function next(key, value) {
  if (key % 2) return (value ?? 0) + 1;
  const words = value ?? new Int32Array(new SharedArrayBuffer(4));
  words[0]++;
  return words;
}

async function main() {
  parentPort.postMessage('ready');
  for (;;) {
    const key = 1 + random.below(keys);
    await registry.update(key, (value) => next(key, value));
    Atomics.add(counts, index, 1);
  }
}

main();
