'use strict';

// Histories of a string. Each thread has two handles, each with a memory of what it read.

const { SharedString } = require('../../..');
const { choose } = require('./words');

const FILLS = ['', '', '-', '-'.repeat(10), '-'.repeat(100), '-'.repeat(2000), 'Ж', 'Ж'.repeat(300)];

const WEIGHTS = { set: 5, get: 6, getByOther: 2, length: 3 };

// Text number n: it begins and ends with the number, and few are as long as another.
function textOf(n) {
  return `${n}${FILLS[n % FILLS.length]}${n}`;
}

const units = (text) => {
  const run = /(.)\{(\d+)\}/u.exec(text);
  return text.length - 2 + (run ? Number(run[2]) - run[0].length : 0);
};

const calls = {
  set: (string, [text]) => void (string.value = text),
  get: (string) => string.value,
  getByOther: (string, args, memory) => memory.other.value,
  length: (string) => string.length,
};

function plan(random, { value }) {
  const call = choose(random, WEIGHTS);
  return { call, args: call === 'set' ? [textOf(value)] : [] };
}

const STEPS = {
  set: (state, [text]) => ({ state: text }),
  get: (state) => ({ state, result: state }),
  getByOther: (state) => ({ state, result: state }),
  length: (state) => ({ state, result: units(state) }),
};

const model = {
  reads: ['get', 'getByOther', 'length'],
  apply: (state, { call, args }) => STEPS[call](state, args),
};

const changing = {
  Class: SharedString,
  create: (heap) => new SharedString(heap, ''),
  initial: `''`,
  each: 10,
  calls,
  plan,
  prepare: (heap, descriptor) => ({ other: new SharedString(heap, descriptor) }),
  look: [{ call: 'get', args: [] }],
  stateOf: ([{ result }]) => result,
  model,
};

module.exports = { changing };
