'use strict';

const { numbers, randomNumbers, sum } = require('../data');

const weight = (values) => values.reduce((weighed, value, i) => weighed + value * (i % 97), 0);
const sortedWeight = ({ valueArray }) => weight(Float64Array.from(valueArray).sort());
const filledWeight = ({ size }) => weight(new Float64Array(size).fill(7));
const least = ({ valueArray }) => valueArray.reduce((a, b) => Math.min(a, b));
const greatest = ({ valueArray }) => valueArray.reduce((a, b) => Math.max(a, b));

const isSorted = { operation: 'weigh', expect: sortedWeight };
const isFilled = { operation: 'weigh', expect: filledWeight };

const trials = [
  { operation: 'sort', start: 'filled', data: randomNumbers, verify: isSorted },
  { operation: 'sum', data: randomNumbers, expect: ({ values }) => sum(values) },
  { operation: 'min', data: randomNumbers, expect: least },
  { operation: 'max', data: randomNumbers, expect: greatest },
  { operation: 'fill', data: numbers, verify: isFilled },
  { operation: 'indexOf', data: numbers, expect: ({ count }) => count - 1 },
];

module.exports = trials.map((trial) => ({
  name: `vector ${trial.operation}, 1e6 doubles`,
  noun: 'vector',
  native: 'Float64Array',
  method: trial.operation,
  start: 'kept',
  fill: 'push',
  size: 1e6,
  bar: 1,
  ...trial,
}));
