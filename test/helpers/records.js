'use strict';

// A program that stores objects often enough for code to be made for them, where that is forbidden.

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../..');

const ROUNDS = 100;

assert.throws(() => new Function(''), EvalError);
const map = new SharedMap(new MemoryHeap());
for (let i = 0; i < ROUNDS; i++) {
  const value = { i, text: `number ${i}`, at: { x: i / 2, y: -i }, toString: null, list: [{ x: 1, y: 2 }] };
  map.set(i, value);
  assert.deepStrictEqual(map.get(i), value);
}
assert.throws(() => map.set('key', { x: 1, y: Symbol('s') }), { code: 'ERR_TH_NOT_CLONEABLE' });
console.log(map.size);
