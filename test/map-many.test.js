'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../lib');
const { MAP_DIRECTORY, assertCode, assertExact, assertSound, fill } = require('./helpers/check');

const upTo = (count) => Array.from({ length: count }, (_, i) => i);
const LONG = 'a key that is too long for its entry, number ';

describe('SharedMap, many keys in one call', () => {
  let heap;
  let map;

  beforeEach(() => {
    heap = new MemoryHeap();
    map = new SharedMap(heap);
  });

  // Keys in every form, each of another value.
  const KEYS = {
    'an array of numbers': [0, 1, -1, 0.5, NaN, Infinity, 2 ** 40],
    'a Float64Array': Float64Array.of(-0, 1, 2 ** 53, -1.5, NaN),
    'an Int8Array': Int8Array.of(-128, 0, 127),
    'a Uint32Array': Uint32Array.of(0, 2 ** 32 - 1),
    'a typed array on shared memory': new Int16Array(new SharedArrayBuffer(4)).fill(7).subarray(1),
    'an array of strings': ['', 'a', '12345678', '123456789', '12345678901234', `${LONG}1`, 'ł'],
    'an array of both': [1, '1', `${LONG}2`, 2],
    'an empty array': [],
    'an empty typed array': new Float64Array(0),
  };

  for (const [form, keys] of Object.entries(KEYS)) {
    it(`takes ${form}`, () => {
      const values = Array.from(keys, (_, i) => i + 0.5);
      assert.equal(map.setMany(keys, values), map);
      assert.equal(map.size, new Set(keys).size);
      Array.from(keys).forEach((key, i) => assert.equal(map.get(key), values[i]));
      assert.deepEqual(map.getMany(keys), Float64Array.from(values));
      assert.equal(map.deleteMany(keys), values.length);
      assert.equal(map.size, 0);
      assert.equal(map.deleteMany(keys), 0);
      assert.deepEqual(map.getMany(keys), new Float64Array(values.length).fill(NaN));
    });
  }

  it('does what as many single calls do', () => {
    const model = new Map();
    for (let round = 0; round < 20; round++) {
      const keys = upTo(500).map((i) => (i * 7919 * (round + 1)) % 3000);
      const values = keys.map((key) => key + round);
      map.setMany(round % 2 ? keys : Float64Array.from(keys), values);
      keys.forEach((key, i) => model.set(key, values[i]));
      const gone = upTo(200).map((i) => (i * 13 + round) % 3000);
      const there = gone.filter((key) => model.delete(key)).length;
      assert.equal(map.deleteMany(gone), there);
    }
    assert.deepEqual(new Map(map), model);
    assert.deepEqual([...map.getMany(upTo(3000))], upTo(3000).map((key) => model.get(key) ?? NaN));
    assertSound(heap);
  });

  describe('texts that go in one call', () => {
    // Of up to 73 units: some are too long for that.
    const texts = upTo(1000).map((i) => 'xł'[i % 2].repeat(i % 70) + i);

    it('are as many as there are, whatever their forms', () => {
      map.setMany(texts, upTo(1000));
      assert.deepEqual(new Map(map), new Map(texts.map((text, i) => [text, i])));
      assert.deepEqual([...map.getMany(texts)], upTo(1000));
      assert.equal(map.deleteMany(['none', ...texts, 'none']), 1000);
      assert.equal(map.size, 0);
      assertSound(heap);
    });

    it('are kept apart, and from halves of pairs beside them', () => {
      for (const keys of [['ab', 'c'], ['a', 'bc'], ['', 'abc', ''], ['\ud800', '\udc00'],
        ['\u00ff', '\u0100', 'a']]) {
        const many = [...keys, ...texts.slice(0, 50)]; // enough for one call
        map.setMany(many, upTo(many.length));
        const model = new Map(many.map((key, i) => [key, i]));
        assert.deepEqual(new Map(map), model);
        assert.deepEqual([...map.getMany(many)], many.map((key) => model.get(key)));
        assert.equal(map.deleteMany(many), model.size);
      }
    });

    it('stand beside numbers, and beside texts that are too long for that', () => {
      const few = ['a', 1, '1', 'b'.repeat(70000), 'c', 'd'.repeat(65), 'e', 2, 3, 'f'];
      const enough = texts.slice(100, 125);
      for (const keys of [few, [...few, ...enough], [...enough, ...few, ...texts.slice(200, 300), 4]]) {
        map.setMany(keys, upTo(keys.length));
        assert.deepEqual([...map.getMany(keys)], upTo(keys.length));
        assert.deepEqual([...map.getMany(keys.toReversed())], upTo(keys.length).reverse());
        assert.equal(map.deleteMany(keys), keys.length);
        assert.equal(map.size, 0);
      }
    });

    it('name the index in all of them of what is wrong', () => {
      map.setMany(texts, upTo(1000)).set(texts[700], 'text');
      const out = new Float64Array(1000);
      assertCode('ERR_TH_NOT_A_NUMBER', () => map.getMany(texts, out), /at index 700/);
      assert.deepEqual([...out], upTo(1000).map((i) => (i < 700 ? i : 0)));
      const small = new SharedMap(new MemoryHeap({ bufferSize: 4096, maxSize: 65536 }));
      const long = upTo(1000).map((i) => `${LONG}${i}`);
      let index;
      assertCode('ERR_TH_OUT_OF_MEMORY', () => {
        try {
          small.setMany(long, upTo(1000));
        } catch (error) {
          index = Number(/at index (\d+)/.exec(error.message)[1]);
          throw error;
        }
      });
      assert.ok(index > 256, index);
      assert.deepEqual(new Map(small), new Map(long.slice(0, index).map((key, i) => [key, i])));
    });

    it('do what as many single calls do', () => {
      const model = new Map();
      for (let round = 0; round < 20; round++) {
        const some = upTo(400).map((i) => texts[(i * 77 * (round + 1)) % 1000]);
        map.setMany(some, upTo(400));
        some.forEach((key, i) => model.set(key, i));
        const gone = upTo(300).map((i) => texts[(i * 13 + round) % 1000]);
        const there = gone.filter((key) => model.delete(key)).length;
        assert.equal(map.deleteMany(gone), there);
      }
      assert.deepEqual(new Map(map), model);
      assert.deepEqual([...map.getMany(texts)], texts.map((key) => model.get(key) ?? NaN));
    });
  });

  describe('getMany', () => {
    it('fills what it is given, and leaves the rest of it', () => {
      map.setMany([1, 2], [10, 20]);
      const out = Float64Array.of(-1, -1, -1, -1);
      assert.equal(map.getMany([2, 3, 1], out), out);
      assert.deepEqual(out, Float64Array.of(20, NaN, 10, -1));
      assert.deepEqual(map.getMany(out.subarray(0, 0), out), out);
      const keys = Float64Array.of(1, 2);
      assert.equal(map.getMany(keys, keys), keys); // in place
      assert.deepEqual(keys, Float64Array.of(10, 20));
    });

    it('has another number for what is missing, if one is given', () => {
      map.set('a', 5);
      assert.deepEqual(map.getMany(['a', 'b'], undefined, { missing: 0 }), Float64Array.of(5, 0));
      assert.deepEqual(map.getMany([7], undefined, { missing: -1 }), Float64Array.of(-1));
      map.setMany([8, 'c'], [undefined, undefined]);
      assert.deepEqual(map.getMany([8, 7]), Float64Array.of(NaN, NaN));
      assert.deepEqual(map.getMany([8, 'c']), Float64Array.of(NaN, NaN));
    });

    it('names the index of a value that is no number, and has filled what comes before', () => {
      map.setMany([1, 2, 3], [10, 'text', 30]).set('object', {});
      const out = new Float64Array(3);
      assertCode('ERR_TH_NOT_A_NUMBER', () => map.getMany([1, 2, 3], out), /at index 1/);
      assert.deepEqual(out, Float64Array.of(10, 0, 0));
      assertCode('ERR_TH_NOT_A_NUMBER', () => map.getMany(['x', 'object']), /at index 1/);
      map.setMany([4, 'null'], [null, null]);
      assertCode('ERR_TH_NOT_A_NUMBER', () => map.getMany([4]), /at index 0/);
      assertCode('ERR_TH_NOT_A_NUMBER', () => map.getMany(['null']), /at index 0/);
    });

    it('does nothing with arrays that were taken away', () => {
      const gone = new Float64Array(2);
      structuredClone(gone, { transfer: [gone.buffer] });
      assert.equal(map.getMany([], gone), gone);
      map.setMany([], gone).setMany(gone, gone);
      assert.equal(map.size, 0);
    });

    it('refuses other arguments', () => {
      for (const keys of [undefined, null, 1, 'text', {}, new Set([1]), BigInt64Array.of(1n),
        new BigInt64Array(0), Object.create(Float64Array.prototype)]) {
        assertCode('ERR_TH_ARG_TYPE', () => map.getMany(keys), /keys/);
      }
      for (const keys of [[{}], [1, null], [1n], [1, , 2]]) { // eslint-disable-line no-sparse-arrays
        assertCode('ERR_TH_ARG_TYPE', () => map.getMany(keys), /key/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => map.getMany([1], [0]), /out/);
      assertCode('ERR_TH_ARG_TYPE', () => map.getMany([1], new Float32Array(1)), /out/);
      assertCode('ERR_TH_ARG_RANGE', () => map.getMany([1, 2], new Float64Array(1)), /out/);
      assertCode('ERR_TH_ARG_TYPE', () => map.getMany([1], undefined, { missing: '0' }), /missing/);
      assertCode('ERR_TH_UNKNOWN_OPTION', () => map.getMany([1], undefined, { absent: 0 }));
    });
  });

  describe('setMany', () => {
    it('takes every kind of value', () => {
      const values = [1.5, 'text', `${LONG}1`, true, null, undefined, 2n ** 70n, { a: [1] }, NaN];
      map.setMany(upTo(values.length), values);
      values.forEach((value, i) => assert.deepEqual(map.get(i), value));
      map.setMany(values.map((_, i) => `${LONG}${i}`), values);
      values.forEach((value, i) => assert.deepEqual(map.get(`${LONG}${i}`), value));
      map.setMany(['a', 'b'], Int32Array.of(1, -1));
      assert.deepEqual([map.get('a'), map.get('b')], [1, -1]);
    });

    it('lets the last value of a key stay', () => {
      map.setMany([1, 2, 1, 'k', 'k'], [1, 2, 3, 4, 5]);
      assert.deepEqual([...map], [[1, 3], [2, 2], ['k', 5]]);
    });

    it('sets nothing when an argument is wrong', () => {
      for (const values of [undefined, 1, [() => {}, 1], [Symbol('s'), 1], BigInt64Array.of(1n, 2n)]) {
        assertCode('ERR_TH_ARG_TYPE', () => map.setMany([1, 2], values), /value/);
      }
      assertCode('ERR_TH_NOT_CLONEABLE', () => map.setMany([1, 2], [{}, { f() {} }]));
      assertCode('ERR_TH_ARG_TYPE', () => map.setMany([1, {}], [1, 2]), /key/);
      assertCode('ERR_TH_ARG_RANGE', () => map.setMany([1, 2], [1]), /values/);
      assertCode('ERR_TH_ARG_RANGE', () => map.setMany([1], [1, 2]), /values/);
      assert.equal(map.size, 0);
    });

    it('sees values as they were before anything was set, whatever their getters do', () => {
      const value = { get seen() { return map.size; } };
      map.setMany([1, 2], [value, value]);
      assert.deepEqual([map.get(1), map.get(2)], [{ seen: 0 }, { seen: 0 }]);
    });

    it('has set what comes before the index for which there was no room, and nothing else', () => {
      const small = new MemoryHeap({ bufferSize: 65536, maxSize: 2 ** 20 });
      const full = new SharedMap(small);
      const texts = upTo(2000).map((i) => `${i}`.repeat(500));
      let index;
      assertCode('ERR_TH_OUT_OF_MEMORY', () => {
        try {
          full.setMany(upTo(2000), texts);
        } catch (error) {
          [, index] = /at index (\d+)/.exec(error.message);
          throw error;
        }
      });
      assert.ok(Number(index) > 100);
      assert.deepEqual([...full], upTo(Number(index)).map((i) => [i, texts[i]]));
      assertSound(small);
    });

    it('makes the heap grow as often as need be, and goes on where it was', () => {
      map.setMany(upTo(20000), upTo(20000).map((i) => `a text that needs a block, number ${i}`));
      assert.equal(map.size, 20000);
      assert.equal(map.get(19999), 'a text that needs a block, number 19999');
      map.setMany(Float64Array.from(upTo(1e5)), Float64Array.from(upTo(1e5)));
      assert.equal(map.getMany(upTo(1e5)).every((value, i) => value === i), true);
    });

    it('leaves nothing but the directory behind when all is deleted', () => {
      const keys = [...upTo(3000), ...upTo(3000).map((i) => `${LONG}${i}`)];
      assertExact(heap, () => {
        map.setMany(keys, keys);
        assert.equal(map.deleteMany(keys), 6000);
      }, MAP_DIRECTORY);
    });
  });

  it('counts the numbers of a typed array itself, whatever it says of its length', () => {
    class Longer extends Float64Array {
      get length() {
        return 1000;
      }
    }
    map.setMany(Longer.of(1, 2), [10, 20]);
    assert.deepEqual(map.getMany(Longer.of(2, 1, 3)), Float64Array.of(20, 10, NaN));
    assert.equal(map.deleteMany(Longer.of(1)), 1);
  });

  it('names no index when the map itself is to blame', () => {
    const { getMany, setMany, deleteMany, free } = map;
    free.call(map);
    for (const keys of [[1, 2], ['a', 'b']]) {
      assertCode('ERR_TH_FREED', () => map.getMany(keys), /^((?!index).)*$/);
      assertCode('ERR_TH_FREED', () => map.setMany(keys, [1, 2]), /^((?!index).)*$/);
      assertCode('ERR_TH_FREED', () => map.deleteMany(keys), /^((?!index).)*$/);
      for (const method of [getMany, setMany, deleteMany]) {
        assertCode('ERR_TH_ARG_TYPE', () => method.call({}, keys, [1, 2].fill(0)), /this|out/);
      }
    }
  });

  it('shows in an iteration of the same thread', () => {
    map.setMany(upTo(10), upTo(10));
    const seen = [];
    for (const [key, value] of map) {
      if (key === 0) map.deleteMany([1, 2]);
      if (key === 3) map.setMany([5], ['new']);
      seen.push([key, value]);
    }
    assert.deepEqual(seen.slice(0, 4), [[0, 0], [3, 3], [4, 4], [5, 'new']]);
  });

  it('reads and deletes in a full heap', () => {
    const small = new MemoryHeap({ bufferSize: 65536, maxSize: 2 ** 18 });
    const full = new SharedMap(small);
    full.setMany(upTo(100), upTo(100));
    fill(small);
    assert.deepEqual([...full.getMany(upTo(100))], upTo(100));
    assert.equal(full.deleteMany(upTo(100)), 100);
  });
});
