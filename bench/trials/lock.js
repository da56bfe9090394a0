'use strict';

module.exports = [
  {
    name: 'lock + unlock, no contention',
    noun: 'lock',
    operation: 'pairs',
    native: 'Atomics',
    start: 'kept',
    size: 1e4,
    data: (size) => ({ size, count: size }),
    expect: () => 0,
  },
];
