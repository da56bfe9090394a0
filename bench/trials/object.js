'use strict';

const { objects, sum } = require('../data');

const common = {
  noun: 'object',
  native: 'JSON',
  start: 'kept',
  fill: 'set',
  size: 100,
  data: objects,
  verify: { operation: 'readBack', expect: (data) => data.objects },
  bar: 1.3,
  aim: 0.6,
};

module.exports = [
  { ...common, name: 'object set, 1 kB', operation: 'set' },
  {
    ...common,
    name: 'object get, 1 kB',
    operation: 'get',
    expect: (data) => sum(data.objects.map(({ id }) => id)),
  },
];
