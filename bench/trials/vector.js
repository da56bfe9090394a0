'use strict';

const { numbers, sum } = require('../data');

const total = ({ values, count }) => sum(values.slice(0, count));
const totalInOrder = ({ order, count }) => sum(Array.from(order.subarray(0, count)));

function weight({ values, count }) {
  return values.slice(0, count).reduce((weighed, value, i) => weighed + value * (i % 97), 0);
}

// Sets each element to what it is.
function inPlace(size) {
  const data = numbers(size);
  return { ...data, values: Array.from(data.order) };
}

const isInOrder = { operation: 'weigh', expect: ({ size }) => weight(numbers(size)) };
const isWritten = { operation: 'weigh', expect: weight };

const kept = { start: 'kept', fill: 'push' };
const read = { ...kept, expect: total };
const push = { start: 'empty', verify: isWritten };
const pop = { start: 'filled', fill: 'push', expect: total };
const get = { ...read, operation: 'get' };
const getShuffled = { ...read, operation: 'getShuffled', expect: totalInOrder };
const set = { ...kept, operation: 'set', data: inPlace, verify: isInOrder };
const chunks = { ...read, operation: 'chunks', native: 'Float64Array', size: 1e6 };
const batch = { native: 'Float64Array', size: 1e6 };
const pushMany = { ...batch, ...push, operation: 'pushMany', method: 'pushMany' };
const setMany = { ...batch, ...kept, operation: 'setMany', method: 'setMany', verify: isWritten };

const trials = [
  { name: 'vector push', operation: 'push', ...push, bar: 1.5, aim: 0.8 },
  { name: 'vector pop', operation: 'pop', ...pop },
  { name: 'vector get(i) in order', ...get, bar: 5, aim: 2 },
  { name: 'vector get(i) shuffled', ...getShuffled, bar: 3.5 },
  { name: 'vector set(i) shuffled', ...set },
  { name: 'vector for-of', operation: 'iterate', ...read },
  { name: 'vector chunks() loop', ...chunks, bar: 1.2, aim: 1 },
  { name: 'vector pushMany', ...pushMany, bar: 3, aim: 1.5 },
  { name: 'vector setMany', ...setMany },
];

const common = { noun: 'vector', native: 'Array', data: numbers, size: 1e5 };

module.exports = trials.map((trial) => ({ ...common, ...trial }));
