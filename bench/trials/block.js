'use strict';

const { blocks } = require('../data');

const common = {
  noun: 'block',
  operation: 'replace',
  native: 'new Uint8Array',
  start: 'kept',
  size: 1e4,
  expect: ({ size }) => size,
};

module.exports = [
  {
    ...common,
    name: 'block alloc + free, 64 B, oldest first',
    data: (size) => blocks(size, 64, 'oldest first'),
    bar: 1.5,
    aim: 0.5,
  },
  {
    ...common,
    name: 'block alloc + free, 1024 B, random',
    data: (size) => blocks(size, 1024, 'random'),
  },
  {
    ...common,
    name: 'block allocMany + freeMany, 64 B',
    operation: 'replaceMany',
    method: 'allocMany',
    data: (size) => blocks(size, 64, 'oldest first'),
  },
];
