'use strict';

// Time per operation against the number of entries. `slope` is how the documentation says that an
// operation grows: the exponent of the number of entries in the time per operation.

const trialsOf = ['map', 'list', 'vector'].flatMap((noun) => require(`./${noun}`));

const SIZES = [1e2, 1e3, 1e4, 1e5, 1e6];
const LARGEST = 1e7;

const trials = [
  { name: 'map get, integers', of: 'map get, 1e5 integers', largest: LARGEST },
  { name: 'map get, strings', of: 'map get, 1e5 strings' },
  { name: 'map set new, integers', of: 'map set new, 1e5 integers', largest: LARGEST },
  { name: 'map delete, integers', of: 'map delete, 1e5 integers' },
  { name: 'list push', of: 'list push', largest: LARGEST },
  { name: 'list head delete', of: 'list head delete', native: 'linked objects' },
  { name: 'list for-of', of: 'list for-of' },
  { name: 'list deleteValue', of: 'list deleteValue, from the middle', slope: 1 },
  { name: 'vector push', of: 'vector push', largest: LARGEST },
  { name: 'vector get(i)', of: 'vector get(i) in order', largest: LARGEST },
];

module.exports = trials.map(({ name, of, native: chosen, largest, slope = 0 }) => {
  const model = trialsOf.find((trial) => trial.name === of);
  const { noun, operation, data, start, fill, expect, verify } = model;
  const native = chosen ?? model.native;
  return {
    name: `growth of ${name}`,
    ...{ noun, operation, native, data, start, fill, expect, verify },
    slope,
    sizes: largest ? [...SIZES, largest] : SIZES,
    rounds: { warmUp: 1, timed: 3 },
    only: ['threadheap', native],
  };
});
