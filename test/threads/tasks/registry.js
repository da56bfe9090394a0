'use strict';

// What threads do with a registry.

const path = require('node:path');
const { setImmediate: nextTurn } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { Registry, bind } = require('../../..');

const NESTED = path.join(__dirname, '..', 'fixture', 'registry-nested.js');
const KEYS = 5;
const ELEMENTS = 16;

function numbersOf(value) {
  return new Int32Array(new SharedArrayBuffer(ELEMENTS * 4)).fill(value);
}

function open(data) {
  return new Registry(data);
}

// Keeps the thread alive until the promise is settled.
async function stayFor(promise) {
  const timer = setInterval(() => {}, 1000);
  await promise.finally(() => clearInterval(timer));
}

function reach(signals, name, least) {
  return stayFor(signals.reach(name, least));
}

function stay() {
  return stayFor(new Promise(() => {}));
}

// Adds 1 as often as told, each time over two turns of the event loop or at once.
async function add(_, { data, each, random }) {
  const registry = open(data);
  for (let i = 0; i < each; i++) {
    await registry.update(1, async (n = 0) => {
      if (random(2)) await nextTurn();
      return n + 1;
    });
  }
  registry.close();
}

// Adds 1 to each number of a shared buffer by plain writes, many times, all at once.
async function addInPlace(_, { data, each }) {
  const registry = open(data);
  const addToAll = (numbers) => {
    for (let i = 0; i < ELEMENTS; i++) numbers[i] += 1;
  };
  await Promise.all(Array.from({ length: each }, () => registry.update(1, addToAll)));
  registry.close();
}

// Whether it was alone each time.
async function beAlone(_, { data, each, signals }) {
  const registry = open(data);
  let isAlone = true;
  for (let i = 0; i < each; i++) {
    await registry.update(1, async () => {
      isAlone &&= signals.add('turn') === 1;
      await nextTurn();
      isAlone &&= signals.add('turn', -1) === 0;
    });
  }
  return isAlone;
}

// Has key 1 to itself until the thread ends: in the way told, when the signal comes.
async function hold(_, { data, way, signals }) {
  const registry = open(data);
  await registry.update(1, async () => {
    signals.set('turn', 1);
    if (way === 'terminate') await stay();
    await reach(signals, 'stop', 1);
    if (way === 'exit') process.exit(3);
    queueMicrotask(() => {
      throw new Error('on purpose');
    });
    await stay();
  });
}

// Stands behind the others at key 1.
async function queue(_, { data, signals }) {
  const registry = open(data);
  const update = registry.update(1, () => 'not me');
  signals.add('arrived');
  await update;
}

// Sets key 1 to a shared buffer, 2 to something else, and stays; blocked or not.
async function setShared(_, { data, isBlocked, signals }) {
  const registry = open(data);
  await registry.set(1, { numbers: numbersOf(7) });
  await registry.set(2, 'outlives me');
  signals.set('turn', 1);
  if (isBlocked) signals.wait('stop', 1);
  else await reach(signals, 'stop', 1);
  await registry.get(1);
  await reach(signals, 'done', 1);
}

// What get says of key 1, also after a change by the parent.
async function getShared(_, { data, signals }) {
  const registry = open(data);
  const { numbers } = await registry.get(1);
  const before = numbers[0];
  numbers[1] = 9;
  signals.add('arrived');
  await reach(signals, 'turn', 1);
  const after = numbers[0];
  await reach(signals, 'stop', 1);
  return [before, after];
}

// The keys that were told of, until key 1 is.
function listen(_, { data, signals }) {
  const registry = open(data);
  const heard = [];
  return new Promise((resolve) => {
    const remove = registry.onSet(async (key) => {
      heard.push([key, await registry.has(key)]);
      if (key !== 1) return;
      remove();
      resolve(heard);
    });
    signals.add('arrived');
  });
}

async function setMany(_, { data, each, id, signals }) {
  const registry = open(data);
  await reach(signals, 'turn', 1);
  for (let i = 0; i < each; i++) {
    await registry.set(2 + id, i % 2 ? i : numbersOf(i));
    await registry.update(10, (n = 0) => n + 1);
  }
}

// Keys are there, and gone, for all at once.
async function follow(_, { data, signals }) {
  const registry = open(data);
  for (let key = 1; signals.get('stop') === 0; key++) {
    await registry.set(key, key % 2 ? key : numbersOf(key));
    signals.set('progress', key);
    await reach(signals, 'reply', key);
    if (registry.size !== 0) throw new Error(`key ${key} was deleted, but size is ${registry.size}`);
    if (await registry.has(key)) throw new Error(`key ${key} was deleted, but is there`);
  }
}

// A worker of this worker, which has the registry from here.
async function nest(_, { data }) {
  const registry = bind(open(data));
  await registry.set(2, numbersOf(2));
  const worker = new Worker(NESTED, { workerData: registry.data });
  bind(registry, worker);
  const told = await new Promise((resolve) => worker.once('message', resolve));
  const numbers = await registry.get(3);
  return [told, numbers[0]];
}

function isWhole(value) {
  if (value === undefined || typeof value === 'number') return true;
  const numbers = value.numbers ?? value;
  return numbers.length === ELEMENTS && numbers.every((n) => n === numbers[0]);
}

async function change(registry, random) {
  const key = 1 + random(KEYS);
  const n = random(1000);
  const ways = [
    () => registry.set(key, n),
    () => registry.set(key, numbersOf(n)),
    () => registry.set(key, { numbers: new Array(ELEMENTS).fill(n) }),
    () => registry.update(key, () => numbersOf(n)),
    () => registry.update(key, async () => (await nextTurn(), { numbers: numbersOf(n) })),
    () => registry.delete(key),
    () => (random(20) ? undefined : registry.clear()),
    async () => {
      const value = await registry.get(key);
      if (!isWhole(value)) throw new Error(`torn: ${value}`);
    },
  ];
  try {
    await ways[random(ways.length)]();
  } catch (error) {
    if (error.code !== 'ERR_TH_VALUE_LOST') throw error; // others are being terminated
  }
}

// Changes entries in all ways, several at a time, until something ends it.
async function changeAll(_, { data, random, signals }) {
  const registry = open(data);
  const changeOn = async () => {
    while (signals.get('stop') === 0) {
      await change(registry, random);
      signals.add('progress');
    }
  };
  await Promise.all([changeOn(), changeOn(), changeOn()]);
}

module.exports = {
  ELEMENTS,
  KEYS,
  add,
  addInPlace,
  beAlone,
  change,
  changeAll,
  follow,
  getShared,
  hold,
  listen,
  nest,
  numbersOf,
  queue,
  setMany,
  setShared,
};
