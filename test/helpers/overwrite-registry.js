'use strict';

// A program: overwrites the heap of a registry while it is used.
// node overwrite-registry.js <seed> <rounds>
//
// Every call has to settle within its timeout, and with an error of this package if with one; then
// the registry closes, and nothing outside its heap has changed. Prints the seed of each round, and
// how many bursts there were in the end.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, Registry, SharedMap } = require('../../lib');
const { HEADER_SIZE } = require('../../lib/binding');
const { attempt } = require('./attempt');
const { CODES, dispose } = require('./check');
const { Guards } = require('./guards');
const { Random } = require('./random');
const { WAYS } = require('./ways');

const BURSTS = 6; // in a round
const KEYS = 20;
const TIMEOUT_MS = 30;
const SLOW_MS = 5000;

const bytesOf = (value) => new Uint8Array(new SharedArrayBuffer(8)).fill(value);

// The same for a call that returns a promise.
async function attemptAsync(what, call) {
  const timer = setTimeout(() => assert.fail(`${what} did not settle`), SLOW_MS);
  const [{ reason }] = await Promise.allSettled([attempt(what, call)]);
  clearTimeout(timer);
  if (reason && !(reason instanceof (CODES[reason.code] ?? Array))) throw reason;
}

function useOne(registry, random) {
  const key = 1 + random.below(KEYS);
  const value = random.pick([random.uint32(), bytesOf(key), [key], `the text of ${key}`]);
  const options = { timeout: TIMEOUT_MS };
  return [
    ['set', () => registry.set(key, value, options)],
    ['get', () => registry.get(key, options)],
    ['update', () => registry.update(key, (old) => [old, value], options)],
    ['delete', () => registry.delete(key, options)],
    ['has', () => registry.has(key)],
    ['keys', () => [...registry.keys()]],
    ['size', () => registry.size],
    ['inspect', () => inspect(registry)],
  ];
}

async function use(registries, random) {
  const calls = registries.flatMap((registry) => useOne(registry, random));
  await Promise.all(random.shuffle(calls).map(([what, call]) => attemptAsync(what, call)));
  await attemptAsync('clear', () => random.chance(0.1) && registries[0].clear());
}

const connect = ({ data }) => attempt('connecting', () => new Registry(data));

async function run(random) {
  const guards = new Guards();
  const registry = new Registry();
  const heap = new MemoryHeap(registry.data.heap);
  const maps = ['entries', 'locks', 'members'].map((map) => new SharedMap(heap, registry.data[map]));
  const registries = [registry, connect(registry)];
  for (let key = 1; key <= KEYS; key++) await registry.set(key, key % 2 ? key : bytesOf(key));
  for (let burst = 0; burst < BURSTS; burst++) {
    const words = new Uint32Array(heap.buffers[0].buf, 0, (HEADER_SIZE + heap.totalAllocated) / 4);
    WAYS[random.pick(Object.keys(WAYS))](random, words, maps);
    registries.push(...[connect(registry)].filter(Boolean));
    await use(registries, random);
  }
  for (const one of registries) attempt('closing', () => one.close());
  heap[dispose]();
  guards.check();
}

async function main(seed, rounds) {
  const seeds = new Random(seed);
  for (let round = 0; round < rounds; round++) {
    const roundSeed = round === 0 ? seed : seeds.uint32();
    process.stdout.write(`${roundSeed}\n`);
    await run(new Random(roundSeed));
  }
  process.stdout.write(`${rounds * BURSTS}\n`);
}

main(...process.argv.slice(2).map(Number));
