'use strict';

const assert = require('node:assert/strict');
const { MapRef, NumberRef, StringRef, VectorRef } = require('../lib');
const { assertCode } = require('./helpers/check');
const { useProcessHeap } = require('./helpers/refs');

describe('VectorRef', () => {
  let vector;

  useProcessHeap(() => vector.drop());

  beforeEach(() => {
    vector = new VectorRef();
  });

  it('finds what was pushed, and nothing beyond its end', () => {
    const numbers = Array.from({ length: 1000 }, (_, i) => NumberRef.from(i));
    assert.equal(vector.index(0), undefined);
    numbers.forEach((number, i) => {
      assert.equal(vector.len(), i);
      vector.push(number);
    });
    assert.equal(vector.len(), 1000);
    numbers.forEach((number, i) => assert.equal(vector.index(i).obtainValue(), i));
    for (const index of [1000, 1001, 2 ** 31, 2 ** 32 - 1]) {
      assert.equal(vector.index(index), undefined);
    }
    for (const number of numbers) number.drop();
  });

  it('takes several at once, of all classes', () => {
    const items = [StringRef.from('text'), NumberRef.from(1), new MapRef(), vector];
    vector.push(...items);
    vector.push();
    assert.equal(vector.len(), 4);
    items.forEach((item, i) => assert.ok(vector.index(i) instanceof item.constructor));
    for (const item of items.slice(0, 3)) item.drop();
  });

  it('says that what it holds was dropped', () => {
    const text = StringRef.from('text');
    vector.push(text);
    text.drop();
    assertCode('ERR_TH_FREED', () => vector.index(0), /use after free/);
    assertCode('ERR_TH_FREED', () => vector.push(text), /use after free/);
    assert.equal(vector.len(), 1);
  });

  it('refuses what is no index or no ref, and stays as it is', () => {
    for (const index of [undefined, null, '0', {}, 1n]) {
      assertCode('ERR_TH_ARG_TYPE', () => vector.index(index), /^index must/);
    }
    for (const index of [-1, 0.5, NaN, 2 ** 32]) {
      assertCode('ERR_TH_ARG_RANGE', () => vector.index(index), /^index must/);
    }
    for (const item of [undefined, null, 'text', 1, {}]) {
      assertCode('ERR_TH_ARG_TYPE', () => vector.push(vector, item), /^item must/);
    }
    assert.equal(vector.len(), 0);
  });
});
