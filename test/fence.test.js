'use strict';

const assert = require('node:assert/strict');
const { byAtomics, byCall } = require('../lib/fence');

describe('a load that comes last', () => {
  for (const make of [byAtomics, byCall]) {
    it(`is of the word as it is (${make.name})`, () => {
      const loadLast = make();
      const words = new Int32Array(new SharedArrayBuffer(16));
      for (const value of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]) {
        words[2] = value;
        assert.equal(loadLast(words, 2), value);
      }
    });
  }
});
