'use strict';

// Histories of the size of a small map beside writers. It is counted beside the entries, so it need
// not fit what readers of keys see meanwhile, and there are none.

const { SharedMap } = require('../../..');
const { choose } = require('./words');

const KEYS = [1, 2, 3, 4, 5, 6, 'seven', 'the eighth of the keys'];
const WEIGHTS = { set: 12, delete: 9, size: 10, clear: 1 };

const calls = {
  set: (map, [key, value]) => void map.set(key, value),
  delete: (map, [key]) => map.delete(key),
  has: (map, [key]) => map.has(key),
  size: (map) => map.size,
  clear: (map) => map.clear(),
};

function plan(random, { value }) {
  const key = random.pick(KEYS);
  const call = choose(random, WEIGHTS);
  return { call, args: { set: [key, value], delete: [key] }[call] ?? [] };
}

const STEPS = {
  set: (keys, [key]) => ({ state: keys.includes(key) ? keys : [...keys, key].sort() }),
  delete: (keys, [key]) => ({
    state: keys.filter((other) => other !== key),
    result: keys.includes(key),
  }),
  has: (keys, [key]) => ({ state: keys, result: keys.includes(key) }),
  size: (keys) => ({ state: keys, result: keys.length }),
  clear: () => ({ state: [] }),
};

const model = {
  reads: ['has', 'size'],
  apply: (state, { call, args }) => STEPS[call](state, args),
};

// What the last look says about the state.
function stateOf(operations) {
  return operations.filter(({ result }) => result).map(({ args }) => args[0]).sort();
}

const changing = {
  Class: SharedMap,
  create: (heap) => new SharedMap(heap),
  initial: [],
  each: 10,
  calls,
  plan,
  look: KEYS.map((key) => ({ call: 'has', args: [key] })),
  stateOf,
  model,
};

module.exports = { changing };
