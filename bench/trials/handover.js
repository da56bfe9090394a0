'use strict';

const { entries } = require('../data');

// The whole map is one operation.
module.exports = ['integers', 'strings'].map((kind) => ({
  name: `map of 1e5 ${kind} to another thread`,
  noun: 'handover',
  operation: 'hand',
  native: 'structuredClone',
  start: 'kept',
  size: 1e5,
  data: (size) => ({ ...entries(kind, size), count: 1 }),
  expect: ({ size }) => size,
}));
