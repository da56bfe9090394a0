'use strict';

const { blocks, entries, sum } = require('../data');

const integers = (size) => entries('integers', size);
const smallBlocks = (size) => blocks(size, 64, 'oldest first');

// Every other key for each of two threads, which both set it to its place in their order.
function half({ visits, ...data }, index) {
  const own = visits.filter((_, i) => i % 2 === index);
  return { ...data, visits: own, count: own.length };
}

const all = (data) => data;
const areBothWritten = {
  operation: 'get',
  expect: ({ values, count }) => 2 * sum(values.slice(0, count / 2)),
};

const map = { noun: 'map', fill: 'set', size: 1e5, data: integers };
const get = { ...map, operation: 'get', part: all };
const set = { ...map, operation: 'update', part: half, verify: areBothWritten };
const replace = { noun: 'block', operation: 'replace', size: 1e4, data: smallBlocks, part: all };

const trials = [
  { name: 'two threads: map get', ...get, bar: 1.8, aim: 1.95 },
  { name: 'two threads: map set', ...set, bar: 1.2, aim: 1.6 },
  { name: 'two threads: block alloc + free, 64 B', ...replace, bar: 1.7, aim: 1.9 },
];

module.exports = trials.map((trial) => ({
  measure: 'threads',
  needs: ['share', 'join'],
  ...trial,
}));
