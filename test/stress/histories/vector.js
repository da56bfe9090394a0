'use strict';

// Histories of a vector: of one that elements are removed from, and of one that only grows, where
// what is read without the lock has to be right too. Elements are a number twice, so that a torn
// one shows.

const { SharedVector } = require('../../..');
const { choose, elementsOf } = require('./words');

const OTHER = 1e6; // more than any value: what is pushed behind it in one step

const CHANGING = {
  push: 8,
  pushMany: 2,
  pop: 6,
  set: 4,
  deleteIndex: 2,
  length: 4,
  toTypedArray: 2,
  clear: 1,
};

const GROWING = { push: 3, pushMany: 1, set: 4, get: 6, at: 4, length: 3, toTypedArray: 2 };

const calls = {
  push: (vector, [value]) => vector.push([value, value]),
  pushMany: (vector, [value, other]) => vector.pushMany([value, value, other, other]),
  pop: (vector) => vector.pop(),
  set: (vector, [index, value]) => vector.set(index, [value, value]),
  deleteIndex: (vector, [index]) => vector.deleteIndex(index),
  get: (vector, [index]) => vector.get(index),
  at: (vector, [index]) => vector.at(index)?.[0],
  length: (vector) => vector.length,
  toTypedArray: (vector) => vector.toTypedArray(),
  clear: (vector) => vector.clear(),
};

const ARGUMENTS = {
  push: (random, { value }) => [value],
  pushMany: (random, { value }) => [value, value + OTHER],
  set: (random, { value, indexMax }) => [random.below(indexMax), value],
  deleteIndex: (random, { indexMax }) => [random.below(indexMax)],
  get: (random, { indexMax }) => [random.below(indexMax)],
  at: (random, { indexMax }) => [random.below(indexMax)],
};

function planner(weights, indexMax) {
  return (random, context) => {
    const call = choose(random, weights);
    return { call, args: ARGUMENTS[call]?.(random, { ...context, indexMax }) ?? [] };
  };
}

const elementOf = (value) => `${value},${value}`;

// `get` and `at` read the first number of an element.
function numberAt(elements, [index]) {
  return { state: elements, result: elements[index] && Number(elements[index].split(',')[0]) };
}

function removeAt(elements, index) {
  const state = elements.filter((_, i) => i !== index);
  return { state, result: state.length < elements.length };
}

function set(elements, [index, value]) {
  if (index >= elements.length) return { state: elements, result: '{"error":"ERR_TH_ARG_RANGE"}' };
  return { state: elements.with(index, elementOf(value)) };
}

const STEPS = {
  push: (elements, [value]) => ({
    state: [...elements, elementOf(value)],
    result: elements.length,
  }),
  pushMany: (elements, [value, other]) => ({
    state: [...elements, elementOf(value), elementOf(other)],
    result: elements.length,
  }),
  pop: (elements) => ({ state: elements.slice(0, -1), result: elements.at(-1) }),
  set,
  deleteIndex: (elements, [index]) => removeAt(elements, index),
  get: numberAt,
  at: numberAt,
  length: (elements) => ({ state: elements, result: elements.length }),
  toTypedArray: (elements) => ({ state: elements, result: elements.join() }),
  clear: () => ({ state: [] }),
};

const model = {
  reads: ['get', 'at', 'length', 'toTypedArray'],
  apply: (state, { call, args }) => STEPS[call](state, args),
};

// What the last look says about the state.
const stateOf = ([{ result }]) => elementsOf(result);

const common = {
  Class: SharedVector,
  create: (heap) => new SharedVector(heap, { dataLength: 2, bufferLength: 1 }),
  initial: [],
  each: 10,
  calls,
  look: [{ call: 'toTypedArray', args: [] }],
  stateOf,
  model,
};

module.exports = {
  changing: { ...common, plan: planner(CHANGING, 4) },
  growing: { ...common, plan: planner(GROWING, 24) },
};
