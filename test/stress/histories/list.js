'use strict';

// Histories of a list. Elements are a number twice, so that a torn one shows.

const { SharedList } = require('../../..');
const { choose, elementsOf } = require('./words');

const INDEX_MAX = 4;
const OTHER = 1e6; // more than any value: what is pushed behind it in one step

const WEIGHTS = {
  push: 8,
  insert: 2,
  pushMany: 2,
  pop: 4,
  shift: 5,
  deleteValue: 2,
  deleteIndex: 2,
  has: 2,
  length: 4,
  toArray: 2,
  clear: 1,
};

const calls = {
  push: (list, [value]) => list.push([value, value]),
  insert: (list, [value]) => list.insert([value, value]),
  pushMany: (list, [value, other]) => list.pushMany([value, value, other, other]),
  pop: (list) => list.pop(),
  shift: (list) => list.shift(),
  deleteValue: (list, [value]) => list.deleteValue([value, value]),
  deleteIndex: (list, [index]) => list.deleteIndex(index),
  has: (list, [index]) => list.at(index) !== undefined, // another thread may remove what it shows
  length: (list) => list.length,
  toArray: (list) => list.toArray(),
  clear: (list) => list.clear(),
};

const ARGUMENTS = {
  push: (random, { value }) => [value],
  insert: (random, { value }) => [value],
  pushMany: (random, { value }) => [value, value + OTHER],
  deleteValue: (random, { anyValue }) => [anyValue()],
  deleteIndex: (random) => [random.below(INDEX_MAX)],
  has: (random) => [random.below(2 * INDEX_MAX) - INDEX_MAX],
};

function plan(random, context) {
  const call = choose(random, WEIGHTS);
  return { call, args: ARGUMENTS[call]?.(random, context) ?? [] };
}

const elementOf = (value) => `${value},${value}`;

function append(elements, [value]) {
  return { state: [...elements, elementOf(value)] };
}

function removeAt(elements, index) {
  const state = elements.filter((_, i) => i !== index);
  return { state, result: state.length < elements.length };
}

const model = {
  reads: ['has', 'length', 'toArray'],
  apply: (state, { call, args }) => STEPS[call](state, args),
};

const STEPS = {
  push: append,
  insert: append,
  pushMany: (elements, [value, other]) => ({
    state: [...elements, elementOf(value), elementOf(other)],
  }),
  pop: (elements) => ({ state: elements.slice(0, -1), result: elements.at(-1) }),
  shift: (elements) => ({ state: elements.slice(1), result: elements[0] }),
  deleteValue: (elements, [value]) => removeAt(elements, elements.indexOf(elementOf(value))),
  deleteIndex: (elements, [index]) => removeAt(elements, index),
  has: (elements, [index]) => ({ state: elements, result: elements.at(index) !== undefined }),
  length: (elements) => ({ state: elements, result: elements.length }),
  toArray: (elements) => ({ state: elements, result: elements.join() }),
  clear: () => ({ state: [] }),
};

// What the last look says about the state.
const stateOf = ([{ result }]) => elementsOf(result);

const changing = {
  Class: SharedList,
  create: (heap) => new SharedList(heap, { dataLength: 2 }),
  initial: [],
  each: 10,
  calls,
  plan,
  look: [{ call: 'toArray', args: [] }],
  stateOf,
  model,
};

module.exports = { changing };
