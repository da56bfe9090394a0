'use strict';

const { numbers, sum } = require('../data');

const total = ({ values, count }) => sum(values.slice(0, count));

const isWritten = { operation: 'iterate', expect: total };
const push = { operation: 'push', native: 'Array', start: 'empty', verify: isWritten };
const read = { start: 'kept', fill: 'push', expect: total };
const remove = { start: 'filled', fill: 'push' };

// What a head delete may cost is measured by the push of an Array, whose own is not cheap.
const head = { ...remove, native: 'Array', nativeOf: 'list push', bar: 3, aim: 1 };

// Values from the middle, so that a search passes half of the list.
function middle(size) {
  const count = 20;
  const order = Int32Array.from({ length: count }, (_, i) => size / 2 + i);
  return { ...numbers(size), count, order };
}

const trials = [
  { name: 'list push', ...push, bar: 2.5, aim: 1.3 },
  { name: 'list pushMany', ...push, operation: 'pushMany', method: 'pushMany' },
  { name: 'list head delete', operation: 'deleteHead', ...head, expect: ({ count }) => count },
  { name: 'list shift', operation: 'shift', ...head, expect: total },
  { name: 'list for-of', operation: 'iterate', ...read, bar: 25, aim: 19 },
  { name: 'list toArray and sum', operation: 'toArray', ...read, bar: 3, aim: 1.5 },
  { name: 'list toArray(out) and sum', operation: 'toGivenArray', ...read, bar: 3, aim: 1.5 },
  {
    name: 'list deleteValue, from the middle',
    operation: 'deleteValue',
    ...remove,
    data: middle,
    expect: ({ count }) => count,
    bar: 2,
  },
];

const common = { noun: 'list', native: 'linked objects', data: numbers, size: 1e5 };

module.exports = trials.map((trial) => ({ ...common, ...trial }));
