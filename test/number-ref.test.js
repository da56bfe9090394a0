'use strict';

const assert = require('node:assert/strict');
const { NumberRef } = require('../lib');
const { assertCode } = require('./helpers/check');
const { useProcessHeap } = require('./helpers/refs');

const NUMBERS = [0, -0, 1, -1, Math.PI, 16777217, 2 ** 53, 1e300, 5e-324, Infinity, -Infinity, NaN];

describe('NumberRef', () => {
  useProcessHeap();

  it('holds any number, from when it is made or set', () => {
    const set = new NumberRef();
    assert.ok(Object.is(set.obtainValue(), 0));
    for (const number of NUMBERS) {
      const made = NumberRef.from(number);
      set.setValue(number);
      assert.ok(Object.is(made.obtainValue(), number) && Object.is(set.obtainValue(), number));
      made.drop();
    }
    set.drop();
  });

  it('refuses what is no number, and keeps the one it has', () => {
    const ref = NumberRef.from(7);
    for (const value of [undefined, null, '1', 1n, true, {}, [1], Symbol('s'), Object(1)]) {
      assertCode('ERR_TH_ARG_TYPE', () => ref.setValue(value), /^number must/);
      assertCode('ERR_TH_ARG_TYPE', () => NumberRef.from(value), /^number must/);
    }
    assert.equal(ref.obtainValue(), 7);
    ref.drop();
  });
});
