'use strict';

const assert = require('node:assert/strict');
const { MapRef, NumberRef, StringRef, VectorRef, processHeap } = require('../lib');
const { MAP_DIRECTORY, assertCode } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');
const { useProcessHeap } = require('./helpers/refs');

describe('MapRef', () => {
  let map;

  useProcessHeap(() => map.drop());

  beforeEach(() => {
    map = new MapRef();
  });

  it('finds what was set or added, and nothing else', () => {
    const text = StringRef.from('text');
    const number = NumberRef.from(1);
    map.set('text', text);
    map.add('number', number);
    assert.equal(map.len(), 2);
    assert.equal(map.get('text').obtainValue(), 'text');
    assert.equal(map.get('number').obtainValue(), 1);
    for (const key of ['', 'Text', 'toString', '__proto__', 'constructor']) {
      assert.equal(map.get(key), undefined);
      assert.equal(map.remove(key), false);
    }
    text.drop();
    number.drop();
  });

  it('keeps the last of several under a key', () => {
    const [one, two] = [NumberRef.from(1), NumberRef.from(2)];
    map.set('key', one);
    map.set('key', two);
    assert.equal(map.len(), 1);
    assert.equal(map.get('key').id, two.id);
    assert.equal(map.remove('key'), true);
    assert.equal(map.remove('key'), false);
    assert.equal(map.get('key'), undefined);
    assert.equal(map.len(), 0);
    one.drop();
    two.drop();
  });

  it('says that what it holds was dropped', () => {
    const text = StringRef.from('text');
    map.set('key', text);
    text.drop();
    assertCode('ERR_TH_FREED', () => map.get('key'), /use after free/);
    const next = StringRef.from('in the same memory');
    assertCode('ERR_TH_FREED', () => map.get('key'), /use after free/);
    assertCode('ERR_TH_FREED', () => map.set('other', text), /use after free/);
    assert.equal(map.get('other'), undefined);
    assert.equal(map.remove('key'), true);
    next.drop();
  });

  it('can hold itself, and structures of maps and vectors', () => {
    const vector = new VectorRef();
    map.set('self', map);
    map.set('vector', vector);
    vector.push(map);
    assert.equal(map.get('self').get('vector').index(0).get('self').id, map.id);
    vector.drop();
  });

  it('refuses what is no key or no ref, and stays as it is', () => {
    const text = StringRef.from('text');
    for (const key of [undefined, null, 1, {}, Symbol('key')]) {
      for (const call of [() => map.get(key), () => map.set(key, text), () => map.remove(key)]) {
        assertCode('ERR_TH_ARG_TYPE', call, /^key must/);
      }
    }
    for (const item of [undefined, null, 'text', 1, {}, text.id, { id: 'text' }]) {
      assertCode('ERR_TH_ARG_TYPE', () => map.set('key', item), /^item must/);
    }
    for (const item of [{ id: 1 }, { id: text.id + 1 }]) {
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => map.set('key', item));
    }
    assert.equal(map.len(), 0);
    text.drop();
  });

  itRandomly('is as a Map, however large', (random) => {
    const empty = processHeap.currentUsed;
    const model = new Map();
    const values = Array.from({ length: 10 }, (_, i) => NumberRef.from(i));
    for (let i = 0; i < 20_000; i++) {
      const key = `key ${random.below(3000)}`;
      if (random.chance(0.6)) {
        const value = random.pick(values);
        map.set(key, value);
        model.set(key, value.id);
      } else {
        assert.equal(map.remove(key), model.delete(key));
      }
    }
    assert.equal(map.len(), model.size);
    for (const [key, id] of model) assert.equal(map.get(key).id, id);
    for (const key of model.keys()) assert.ok(map.remove(key));
    for (const value of values) value.drop();
    assert.equal(processHeap.currentUsed, empty + MAP_DIRECTORY);
  });
});
