'use strict';

// Histories of a map, checked key by key: of one whose tables are made anew all the time, and of
// one that is split into shards by its first history. Values go between all the forms they are kept
// in.

const assert = require('node:assert/strict');
const { SharedMap } = require('../../..');
const { choose, textOf } = require('./words');

const NUMBERS = 7; // a key whose values are mostly numbers
const KEYS = [NUMBERS, 'key', 'a key with a block of its own'];

const FORMS = [
  (n) => n,
  (n) => `s${n}`,
  (n) => `s${n}${'-'.repeat(9 + (n % 7) * 30)}${n}`,
  (n) => `Ж${n}`,
  (n) => BigInt(n),
  (n) => ({ n, list: [n, n] }),
];

const WEIGHTS = {
  get: 9,
  has: 3,
  set: 8,
  delete: 4,
  add: 3,
  compareAndSet: 3,
  getOrInsert: 3,
  fill: 2,
  drain: 1,
};

// Entries beside the keys that are looked at.
const FILL_MAX = 12;
const SPLIT_AT = 1194; // entries that fill the last table of a map of one shard
const SLOTS_MAX = 2048; // of that table; those of 256 shards have more

function fill(map, [id, count]) {
  for (let i = 0; i < count; i++) map.set(`beside ${id} ${i}`, i);
}

function drain(map, [id, count]) {
  for (let i = 0; i < count; i++) map.delete(`beside ${id} ${i}`);
}

// What a thread expects is what it has seen last. An object is equal to nothing.
function compareAndSet(map, args, seen) {
  const [key, , value] = args;
  args[1] = typeof seen[key] === 'object' ? undefined : seen[key];
  return map.compareAndSet(key, args[1], value);
}

const calls = {
  get: (map, [key], seen) => (seen[key] = map.get(key)),
  has: (map, [key]) => map.has(key),
  set: (map, [key, value]) => void map.set(key, value),
  delete: (map, [key]) => map.delete(key),
  add: (map, [key, delta]) => map.add(key, delta),
  compareAndSet,
  getOrInsert: (map, [key, value], seen) => (seen[key] = map.getOrInsert(key, value)),
  clear: (map) => map.clear(),
  fill,
  drain,
};

function valueFor(random, key, n) {
  return key === NUMBERS && random.chance(0.7) ? n : random.pick(FORMS)(n);
}

const ARGUMENTS = {
  set: (random, key, n) => [key, valueFor(random, key, n)],
  add: (random, key, n) => [random.chance(0.7) ? NUMBERS : key, n],
  compareAndSet: (random, key, n) => [key, undefined, valueFor(random, key, n)],
  getOrInsert: (random, key, n) => [key, valueFor(random, key, n)],
  fill: (random, key, n, id) => [id, random.below(FILL_MAX)],
  drain: (random, key, n, id) => [id, FILL_MAX],
  clear: () => [],
};

function planner(weights) {
  return (random, { id, value }) => {
    const call = choose(random, weights);
    const key = random.pick(KEYS);
    return { call, args: ARGUMENTS[call]?.(random, key, value, id) ?? [key] };
  };
}

// In the first history of a map, the first thread surely makes it split.
function planSplit(random, context) {
  const { id, i, isFirst } = context;
  if (isFirst && id === 0 && i === 2) return { call: 'fill', args: [id, FILL_MAX] };
  return planner(WEIGHTS)(random, context);
}

function createNearSplit(heap, random) {
  const map = new SharedMap(heap);
  for (let i = random.below(FILL_MAX); i < SPLIT_AT; i++) map.set(`before ${i}`, i);
  return map;
}

function checkSplit(map) {
  assert.ok(map.maxHash > SLOTS_MAX, 'the map was not split');
}

// ---- the model: of one key, whose state is its value, or null when it is absent ----

const ABSENT = null;
const valueOf = (state) => (state === ABSENT ? undefined : state.value);
const holding = (value) => ({ value });

function add(state, [, delta]) {
  const value = valueOf(state) ?? 0;
  if (typeof value !== 'number') return { state, result: '{"error":"ERR_TH_NOT_A_NUMBER"}' };
  return { state: holding(value + delta), result: value + delta };
}

function compareAndSetModel(state, [, expected, value]) {
  const result = valueOf(state) === expected;
  return { state: result ? holding(value) : state, result };
}

const STEPS = {
  get: (state) => ({ state, result: valueOf(state) }),
  has: (state) => ({ state, result: state !== ABSENT }),
  set: (state, [, value]) => ({ state: holding(value) }),
  delete: (state) => ({ state: ABSENT, result: state !== ABSENT }),
  add,
  compareAndSet: compareAndSetModel,
  getOrInsert: (state, [, value]) => {
    const present = state ?? holding(value);
    return { state: present, result: present.value };
  },
  clear: () => ({ state: ABSENT }),
};

const parts = (initial, operations) =>
  Object.keys(initial).map((key) => ({
    initial: initial[key],
    operations: operations.filter(({ call, args }) => call === 'clear' || `${args[0]}` === key),
  }));

const model = {
  reads: ['get', 'has'],
  apply: (state, { call, args }) => STEPS[call](state, args),
  split: ({ initial, operations }) => parts(initial, operations),
};

// What the last look says about the state.
function stateOf(operations) {
  return Object.fromEntries(
    operations.map(({ args, result }) => [args[0], result === undefined ? ABSENT : holding(result)])
  );
}

const common = {
  Class: SharedMap,
  initial: stateOf(KEYS.map((key) => ({ args: [textOf(key)] }))),
  calls,
  look: KEYS.map((key) => ({ call: 'get', args: [key] })),
  stateOf,
  model,
};

module.exports = {
  changing: {
    ...common,
    each: 10,
    create: (heap) => new SharedMap(heap),
    plan: planner({ ...WEIGHTS, clear: 1 }),
  },
  splitting: { ...common, each: 4, create: createNearSplit, plan: planSplit, check: checkSplit },
};
