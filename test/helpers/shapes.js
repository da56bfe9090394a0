'use strict';

// A program that gives all shapes of the process away, and stores objects before, meanwhile and after.

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../..');
const { shapeNumber } = require('../../lib/binding');

const ROUNDS = 40;

const map = new SharedMap(new MemoryHeap());

function store(value) {
  for (let i = 0; i < ROUNDS; i++) {
    map.set('key', value);
    assert.deepStrictEqual(map.get('key'), value);
  }
}

map.set('early', { early: 0 });
store({ early: 1 });
let count = 0;
while (shapeNumber(`["key ${count}"]`) !== undefined) count++;
store({ early: 2, late: { early: 3 } });
store({ late: [{ late: 'text' }, { late: 'other' }] });
assert.deepStrictEqual(map.get('early'), { early: 0 });
console.log(count);
