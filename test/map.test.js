'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, SharedMap, getPointer } = require('../lib');
const { MAP_DIRECTORY, assertCode, assertExact, assertSound, dispose, fill } =
  require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

// What a Map does, compared with what a SharedMap does: also -0 and NaN.
function assertSame(map, model) {
  assert.equal(map.size, model.size);
  assert.deepEqual(new Map(map), model);
  for (const [key, value] of model) assert.deepEqual(map.get(key), value);
}

function cyclic() {
  const object = { list: [1] };
  object.list.push(object);
  return object;
}

// Each is another key than all the others.
const NUMBER_KEYS = [
  0, 1, -1, 2, 1.5, -1.5, 0.1, 1e-300, 5e-324, 1e300, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 + 7, 7,
  2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2 ** 53 + 2, 2 ** 64, Infinity, -Infinity, NaN, Math.PI,
];

const STRING_KEYS = [
  '', ' ', 'a', 'A', 'aa', 'ab', '0', '1', '-1', '1.5', 'NaN', 'Infinity', 'null', 'undefined',
  '\0', '\0\0', 'a\0', 'a\0b', '\0a', '1234567', '12345678', '123456789', '1234567\0',
  'sixteen bytes ok', 'sixteen bytes o', 'seventeen bytes !', 'sixteen bytes oK',
  'é', 'ÿ', '\u0100', 'e\u0301', 'ÿÿÿÿ', 'ÿÿÿÿÿÿÿÿ', 'ÿÿÿÿÿÿÿÿÿ', '\u0141bcd', 'Abcd', 'ł', 'B',
  '\u6161', 'aa\u6161', '漢字', '漢字漢', '漢字漢字', '漢字漢字漢', '😀', '😀😀', '😀😀😀',
  '\ud83d', '\ude00', '\ude00\ud83d', '\ud800', '\udc00', '\udfff', '\uffff', '\ufffd', 'x\ud800y',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'size',
];

const PRIMITIVES = [
  0, -0, 1, -1, 1.5, 0.1, Math.PI, NaN, Infinity, -Infinity, 2 ** 32 + 1, -(2 ** 40), 16777217,
  1e300, 5e-324, Number.MAX_SAFE_INTEGER,
  '', 'a', '\0', 'NUL\0inside', '12345678', '123456789', 'é', '漢字', '😀', '\ud800', 'x\udfff',
  'a text that does not fit into eight bytes', 'ein längerer Text', '少し長いテキストです',
  true, false, null, undefined,
  0n, 1n, -1n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 64n), 3n ** 500n, -(3n ** 500n),
];

const OBJECTS = {
  'an empty object': {},
  'a nested object': { a: 1, b: [true, null, undefined, { c: 'd' }], e: { f: 2n ** 70n, g: NaN } },
  'an object of numbers no float holds': { pi: Math.PI, odd: 16777217, huge: 1e300, tiny: 5e-324 },
  'an array with holes': [1, , 3], // eslint-disable-line no-sparse-arrays
  'a Date': new Date(86400000),
  'a RegExp': /a+b/giu,
  'a Map': new Map([['a', 1], [{ key: 1 }, new Map([[1, 2]])]]),
  'a Set': new Set([1, 'a', { b: 2 }]),
  'a typed array': new Float64Array([1.5, -0, NaN]),
  'a BigInt64Array': new BigInt64Array([1n, -1n]),
  'an ArrayBuffer': new Uint8Array([1, 2, 3]).buffer,
  'a DataView': new DataView(new Uint8Array([1, 2, 3]).buffer, 1),
  'a Buffer': Buffer.from('some bytes'),
  'a Boolean object': Object(true),
  'a String object': Object('text'),
  'an object of long texts': { latin: 'é'.repeat(1000), wide: '漢'.repeat(1000) },
  'an object with inherited names': JSON.parse('{"__proto__":1,"toString":2}'),
};

describe('SharedMap', () => {
  let heap;
  let map;

  beforeEach(() => {
    heap = new MemoryHeap();
    map = new SharedMap(heap);
  });

  afterEach(() => assertSound(heap));

  describe('options', () => {
    it('are none', () => {
      assert.equal(new SharedMap(heap, {}).size, 0);
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new SharedMap(heap, { type: 1 }), /type/);
      for (const config of [null, 1, 'text', true, () => {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedMap(heap, config), /config/);
      }
      for (const none of [undefined, null, {}, 1, map]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedMap(none), /heap/);
      }
    });
  });

  describe('the interface of Map', () => {
    it('has every method and property of it', () => {
      for (const name of Reflect.ownKeys(Map.prototype)) {
        if (name !== 'constructor') assert.ok(name in SharedMap.prototype, String(name));
      }
      assert.equal(String(map), '[object SharedMap]');
    });

    it('sets, gets, has and deletes', () => {
      assert.equal(map.get('a'), undefined);
      assert.equal(map.has('a'), false);
      assert.equal(map.set('a', 1), map);
      assert.equal(map.set('a', 2).set('b', 3), map);
      assert.equal(map.get('a'), 2);
      assert.equal(map.has('b'), true);
      assert.equal(map.size, 2);
      assert.equal(map.length, 2);
      assert.equal(map.delete('a'), true);
      assert.equal(map.delete('a'), false);
      assert.equal(map.has('a'), false);
      assert.equal(map.get('a'), undefined);
      assert.equal(map.size, 1);
    });

    it('tells an undefined value from an absent one', () => {
      map.set('a', undefined);
      assert.equal(map.has('a'), true);
      assert.equal(map.get('a'), undefined);
      assert.equal(map.size, 1);
      assert.equal(map.delete('a'), true);
    });

    it('iterates in the order of insertion while it is small', () => {
      const model = new Map();
      for (const key of ['c', 3, 'a', 1, 'b', 2]) {
        map.set(key, `value of ${key}`);
        model.set(key, `value of ${key}`);
      }
      map.set('c', 'new');
      model.set('c', 'new');
      for (const target of [map, model]) {
        target.delete('a');
        target.set('a', 'again');
      }
      assert.deepEqual([...map], [...model]);
      assert.deepEqual([...map.keys()], [...model.keys()]);
      assert.deepEqual([...map.values()], [...model.values()]);
      assert.deepEqual([...map.entries()], [...model.entries()]);
    });

    it('calls forEach with value, key, map and thisArg', () => {
      map.set('a', 1).set('b', { c: 2 });
      const calls = [];
      const self = {};
      map.forEach(function (...args) {
        calls.push([this, ...args]);
      }, self);
      assert.deepEqual(calls, [[self, 1, 'a', map], [self, { c: 2 }, 'b', map]]);
      for (const callback of [undefined, null, {}, 1]) {
        assertCode('ERR_TH_ARG_TYPE', () => map.forEach(callback), /callback/);
      }
    });

    it('gives iterators that are iterable', () => {
      map.set('a', 1);
      for (const iterator of [map.keys(), map.values(), map.entries(), map[Symbol.iterator]()]) {
        assert.equal(iterator[Symbol.iterator](), iterator);
        assert.equal(iterator.next().done, false);
        assert.deepEqual(iterator.next(), { value: undefined, done: true });
        assert.deepEqual(iterator.next(), { value: undefined, done: true });
      }
    });

    it('is emptied by clear', () => {
      for (const i of upTo(3000)) map.set(i, `value ${i}`);
      assert.equal(map.clear(), undefined);
      assert.equal(map.size, 0);
      assert.deepEqual([...map], []);
      assert.equal(map.get(5), undefined);
      map.set(5, 6);
      assert.deepEqual([...map], [[5, 6]]);
    });
  });

  describe('keys', () => {
    it('that are numbers are told apart as a Map does', () => {
      const model = new Map();
      for (const key of NUMBER_KEYS) {
        map.set(key, `value of ${key}`);
        model.set(key, `value of ${key}`);
      }
      assertSame(map, model);
      assert.equal(map.size, NUMBER_KEYS.length);
    });

    it('0 and -0 are one, which reads back as 0', () => {
      map.set(-0, 'zero');
      assert.equal(map.get(0), 'zero');
      assert.equal(map.get(-0), 'zero');
      assert.ok(Object.is([...map.keys()][0], 0));
      map.set(0, 'new');
      assert.equal(map.size, 1);
      assert.equal(map.delete(-0), true);
    });

    it('of every length up to 600 units are told apart, as are values', () => {
      for (const unit of ['x', 'é', '漢']) {
        for (const length of upTo(600)) map.set(unit.repeat(length), unit.repeat(600 - length));
        for (const length of upTo(600)) {
          assert.equal(map.get(unit.repeat(length)), unit.repeat(600 - length));
        }
        assert.equal(map.size, 600);
        map.clear();
      }
    });

    it('that every object inherits are absent until they are set', () => {
      for (const key of ['toString', 'constructor', '__proto__', 'valueOf', 'size']) {
        assert.equal(map.get(key), undefined);
        assert.equal(map.has(key), false);
        assert.equal(map.delete(key), false);
      }
    });

    it('that are strings are told apart whole', () => {
      const model = new Map();
      for (const [i, key] of STRING_KEYS.entries()) {
        map.set(key, i);
        model.set(key, i);
      }
      assertSame(map, model);
      assert.equal(map.size, new Set(STRING_KEYS).size);
      for (const key of STRING_KEYS) {
        assert.equal(map.has(`${key}?`), false);
        assert.equal(map.has(`?${key}`), false);
      }
      for (const key of STRING_KEYS) assert.equal(map.delete(key), true, inspect(key));
      assert.equal(map.size, 0);
    });

    // Short ones of units below 256 reach the addon in another way than the others.
    it('that are short strings are the same for every call, whatever their units', () => {
      const model = new Map();
      for (const unit of ['\0', 'x', '\x7f', '\x80', '\xff', '\u0100']) {
        for (const length of upTo(17)) {
          for (const at of upTo(length)) {
            const key = `${'-'.repeat(at)}${unit}${'+'.repeat(length - 1 - at)}`;
            model.set(key, model.size);
          }
        }
      }
      model.set('', -1);
      for (const [key, value] of model) {
        map.set(key, value);
        assert.equal(map.add(key, 0.5), value + 0.5, inspect(key));
        map.set(key, value);
      }
      assertSame(map, model);
      for (const key of model.keys()) {
        assert.equal(map.delete(key), true, inspect(key));
        assert.deepEqual([map.delete(key), map.has(key), map.get(key)], [false, false, undefined]);
      }
    });

    it('are no strings when they are numbers, nor the other way round', () => {
      for (const key of NUMBER_KEYS) map.set(key, 'number').set(String(key), 'string');
      assert.equal(map.size, 2 * NUMBER_KEYS.length);
      for (const key of NUMBER_KEYS) {
        assert.equal(map.get(key), 'number');
        assert.equal(map.get(String(key)), 'string');
      }
    });

    it('are numbers and strings in turns, in every call', () => {
      for (const [key, other] of [['ab', 7], [8, 'cd'], ['ef', -1]]) {
        map.set(key, 1).set(other, 2);
        assert.deepEqual([map.add(key, 10), map.add(other, 10)], [11, 12]);
        assert.deepEqual([map.get(key), map.get(other)], [11, 12]);
        assert.deepEqual([map.delete(key), map.delete(other)], [true, true]);
        assert.deepEqual([map.has(key), map.has(other)], [false, false]);
        assert.equal(map.size, 0);
      }
    });

    it('can be 100,000 units long', () => {
      for (const unit of ['a', 'é', '漢', '\ud800']) {
        const key = unit.repeat(100_000);
        map.set(key, unit);
        map.set(`${key}x`, 'longer');
        map.set(`x${key.slice(1)}`, 'other start');
        map.set(`${key.slice(1)}x`, 'other end');
        assert.equal(map.get(key), unit);
        assert.equal(map.get(`${key}x`), 'longer');
        assert.equal(map.get(`${key.slice(1)}x`), 'other end');
        assert.ok([...map.keys()].includes(key));
      }
      assert.equal(map.size, 16);
    });

    it('are strings or numbers and nothing else', () => {
      for (const key of [undefined, null, true, 1n, {}, [], Symbol('s'), () => {}, Object('a')]) {
        assertCode('ERR_TH_ARG_TYPE', () => map.get(key), /key/);
        assertCode('ERR_TH_ARG_TYPE', () => map.has(key), /key/);
        assertCode('ERR_TH_ARG_TYPE', () => map.set(key, 1), /key/);
        assertCode('ERR_TH_ARG_TYPE', () => map.delete(key), /key/);
        assertCode('ERR_TH_ARG_TYPE', () => map.add(key, 1), /key/);
        assertCode('ERR_TH_ARG_TYPE', () => map.compareAndSet(key, 1, 2), /key/);
        assertCode('ERR_TH_ARG_TYPE', () => map.getOrInsert(key, 1), /key/);
      }
      assert.equal(map.size, 0);
    });

    const forms = {
      'k1': (i) => `k${i}`,
      'user:1': (i) => `user:${i}`,
      '/path/to/file_1.txt': (i) => `/path/to/file_${i}.txt`,
    };
    for (const [form, keyOf] of Object.entries(forms)) {
      it(`300,000 of the form ${form} all read back`, () => {
        assertExact(heap, () => {
          for (let i = 0; i < 300_000; i++) map.set(keyOf(i), i);
          assert.equal(map.size, 300_000);
          for (let i = 0; i < 300_000; i++) {
            if (map.get(keyOf(i)) !== i) assert.fail(`${keyOf(i)} has ${map.get(keyOf(i))}`);
          }
          assert.equal(map.has(keyOf(300_000)), false);
          assert.equal(new Set(map.keys()).size, 300_000);
          map.clear();
        }, MAP_DIRECTORY);
      });
    }

    it('can be half a million', () => {
      assertExact(heap, () => {
        const count = 500_000;
        for (let i = 0; i < count; i++) map.set(i, -i);
        for (let i = 0; i < count; i++) {
          if (map.get(i) !== -i) assert.fail(`${i} has ${map.get(i)}`);
        }
        assert.equal(map.size, count);
        map.clear();
      }, MAP_DIRECTORY);
    });

    itRandomly('300,000 random integers all read back', (random) => {
      const model = new Map();
      assertExact(heap, () => {
        while (model.size < 300_000) {
          const key = random.uint32() - random.below(2 ** 32);
          const value = random.uint32();
          map.set(key, value);
          model.set(key, value);
        }
        assert.equal(map.size, 300_000);
        for (const [key, value] of model) {
          if (map.get(key) !== value) assert.fail(`${key} has ${map.get(key)}, not ${value}`);
        }
        let visited = 0;
        for (const [key, value] of map) {
          if (model.get(key) !== value) assert.fail(`${key} comes with ${value}`);
          visited++;
        }
        assert.equal(visited, 300_000);
        for (const key of model.keys()) map.delete(key);
      }, MAP_DIRECTORY);
      assert.equal(map.size, 0);
    });
  });

  describe('values', () => {
    it('that are primitives read back as they were, -0 and NaN included', () => {
      for (const value of PRIMITIVES) {
        map.set('key', value);
        assert.ok(Object.is(map.get('key'), value), inspect(value));
        assert.ok(Object.is([...map.values()][0], value), inspect(value));
      }
    });

    for (const [what, value] of Object.entries(OBJECTS)) {
      it(`can be ${what}, of which a copy reads back`, () => {
        map.set('key', value);
        const copy = map.get('key');
        assert.deepEqual(copy, value);
        assert.notEqual(copy, value);
        assert.notEqual(map.get('key'), copy);
        assert.deepEqual([...map], [['key', value]]);
        assert.deepEqual(map.getOrInsert('key', 1), value);
      });
    }

    it('can be an Error', () => {
      map.set('key', new RangeError('the message'));
      const copy = map.get('key');
      assert.ok(copy instanceof RangeError);
      assert.equal(copy.message, 'the message');
    });

    it('can refer to themselves', () => {
      map.set('key', cyclic());
      const copy = map.get('key');
      assert.equal(copy.list[1], copy);
      assert.equal(copy.list[0], 1);
    });

    it('are copies: changing one changes nothing in the map', () => {
      const value = { list: [1] };
      map.set('key', value);
      value.list.push(2);
      map.get('key').list.push(3);
      assert.deepEqual(map.get('key'), { list: [1] });
    });

    it('can be as long as a million units', () => {
      for (const text of ['a'.repeat(1e6), '漢'.repeat(1e6)]) {
        map.set('text', text).set('object', { text });
        assert.equal(map.get('text'), text);
        assert.equal(map.get('object').text, text);
      }
    });

    it('replace one another, whatever they are, and leave nothing behind', () => {
      const values = [...PRIMITIVES, ...Object.values(OBJECTS)];
      map.set('key', 0);
      assertExact(heap, () => {
        for (const before of values) {
          for (const after of values) {
            map.set('key', before);
            map.set('key', after);
            const present = map.get('key');
            if (!Object.is(present, after)) assert.deepEqual(present, after);
          }
        }
        map.set('key', 0);
      });
    });

    it('are no functions or symbols', () => {
      map.set('key', 'old');
      for (const value of [() => {}, class {}, Symbol('s'), Symbol.iterator]) {
        assertCode('ERR_TH_ARG_TYPE', () => map.set('key', value), /value/);
        assertCode('ERR_TH_ARG_TYPE', () => map.getOrInsert('new', value), /value/);
        assertCode('ERR_TH_ARG_TYPE', () => map.compareAndSet('key', 'old', value), /value/);
      }
      assert.deepEqual([...map], [['key', 'old']]);
    });

    it('hold nothing that cannot be cloned', () => {
      map.set('key', 'old');
      const error = new Error('mine');
      const bad = [
        { f() {} },
        [Symbol('s')],
        new WeakMap(),
        Promise.resolve(),
        {
          get x() {
            throw error;
          },
        },
        {
          get x() {
            throw null;
          },
        },
      ];
      for (const value of bad) {
        assertExact(heap, () => {
          assertCode('ERR_TH_NOT_CLONEABLE', () => map.set('key', value), /value/);
          assertCode('ERR_TH_NOT_CLONEABLE', () => map.getOrInsert('new', value), /value/);
          assertCode('ERR_TH_NOT_CLONEABLE', () => map.compareAndSet('key', 'old', value), /value/);
        });
      }
      assert.throws(() => map.set('key', bad[4]), (thrown) => thrown.cause === error);
      assert.deepEqual([...map], [['key', 'old']]);
    });

    it('hold no SharedArrayBuffer, nor a view of one', () => {
      const shared = new SharedArrayBuffer(16);
      const bad = [
        shared,
        { deep: [shared] },
        new Map([[1, shared]]),
        new Uint8Array(shared),
        { deep: [new Float64Array(shared)] },
        new DataView(shared),
        Buffer.from(shared),
        new Set([new BigInt64Array(shared)]),
        heap.allocUI32(2).data,
        heap.getSharedMemory(),
      ];
      for (const value of bad) {
        assertCode('ERR_TH_NOT_CLONEABLE', () => map.set('key', value), /SharedArrayBuffer/);
      }
      assert.equal(map.size, 0);
    });

    it('can have getters that use the map', () => {
      const value = {
        get size() {
          map.set('inner', 1);
          return map.size;
        },
      };
      map.set('outer', value);
      assert.deepEqual(map.get('outer'), { size: 1 });
      assert.equal(map.get('inner'), 1);
      const freeing = {
        get x() {
          map.free();
          new SharedMap(heap);
          return 1;
        },
      };
      assertCode('ERR_TH_FREED', () => map.set('key', freeing));
    });
  });

  describe('add', () => {
    it('adds to a number, an absent one counting as 0, and returns the sum', () => {
      assert.equal(map.add('n', 5), 5);
      assert.equal(map.add('n', -7.5), -2.5);
      assert.equal(map.get('n'), -2.5);
      assert.equal(map.add('n', Infinity), Infinity);
      assert.ok(Number.isNaN(map.add('n', -Infinity)));
      assert.equal(map.add('m', 2 ** 53), 2 ** 53);
      assert.equal(map.size, 2);
    });

    it('refuses values and deltas that are no numbers, and changes nothing', () => {
      for (const value of ['1', 'a text that is long enough', true, null, undefined, 1n, { a: 1 }]) {
        map.set('key', value);
        assertExact(heap, () => assertCode('ERR_TH_NOT_A_NUMBER', () => map.add('key', 1)));
        assert.deepEqual(map.get('key'), value);
      }
      map.set('key', 1);
      for (const delta of [undefined, null, '1', 1n, true, {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => map.add('key', delta), /delta/);
        assertCode('ERR_TH_ARG_TYPE', () => map.add('new', delta), /delta/);
      }
      assert.deepEqual([...map], [['key', 1]]);
    });
  });

  describe('compareAndSet', () => {
    it('sets the value only if the present one is the expected one', () => {
      for (const expected of PRIMITIVES) {
        for (const present of PRIMITIVES) {
          map.set('key', present);
          const same = expected === present || (expected !== expected && present !== present);
          assert.equal(map.compareAndSet('key', expected, 'new'), same);
          assert.ok(Object.is(map.get('key'), same ? 'new' : present));
        }
      }
    });

    it('takes an absent key for undefined', () => {
      assert.equal(map.compareAndSet('key', null, 1), false);
      assert.equal(map.size, 0);
      assert.equal(map.compareAndSet('key', undefined, { a: 1 }), true);
      assert.deepEqual(map.get('key'), { a: 1 });
      assert.equal(map.compareAndSet('key', undefined, 2), false);
    });

    it('never finds an object to be the expected value, nor expects one', () => {
      map.set('key', { a: 1 });
      for (const expected of PRIMITIVES) {
        assert.equal(map.compareAndSet('key', expected, 1), false);
      }
      for (const expected of [{ a: 1 }, [], () => {}, Symbol('s')]) {
        assertCode('ERR_TH_ARG_TYPE', () => map.compareAndSet('key', expected, 1), /expected/);
      }
      assert.deepEqual(map.get('key'), { a: 1 });
    });

    it('leaves nothing behind, whether it sets or not', () => {
      const long = (text) => text.repeat(20);
      map.set('key', 0);
      assertExact(heap, () => {
        assert.equal(map.compareAndSet('key', long('a'), long('b')), false);
        assert.equal(map.compareAndSet('key', 0, long('a')), true);
        assert.equal(map.compareAndSet('key', long('a'), { b: long('b') }), true);
        map.set('key', 0);
      });
    });
  });

  describe('getOrInsert', () => {
    it('returns the present value, or sets and returns the given one', () => {
      for (const value of PRIMITIVES) {
        map.clear();
        assert.ok(Object.is(map.getOrInsert('key', value), value));
        assert.ok(Object.is(map.get('key'), value));
        assert.ok(Object.is(map.getOrInsert('key', 'other'), value));
        assert.ok(Object.is(map.getOrInsert('key', { other: 1 }), value));
      }
      map.set('key', 0);
      assert.ok(Object.is(map.getOrInsert('key', -0), 0));
      map.clear();
      const object = { a: [1] };
      assert.equal(map.getOrInsert('key', object), object);
      assert.deepEqual(map.getOrInsert('key', 1), { a: [1] });
      assert.equal(map.size, 1);
    });

    it('leaves nothing behind when the key is there', () => {
      map.set('key', 1);
      assertExact(heap, () => map.getOrInsert('key', 'a text that would need a block'));
    });
  });

  describe('getOrInsertComputed', () => {
    it('calls back with the key only when it is absent, and sets what that returns', () => {
      const calls = [];
      const compute = (key) => {
        calls.push(key);
        return { of: key };
      };
      assert.deepEqual(map.getOrInsertComputed('a', compute), { of: 'a' });
      assert.deepEqual(map.getOrInsertComputed('a', compute), { of: 'a' });
      assert.deepEqual(map.getOrInsertComputed(0, compute), { of: 0 });
      map.set('null', null).set('zero', 0).set('empty', '').set('false', false);
      for (const [key, value] of [['null', null], ['zero', 0], ['empty', ''], ['false', false]]) {
        assert.equal(map.getOrInsertComputed(key, compute), value);
      }
      assert.deepEqual(calls, ['a', 0]);
    });

    it('keeps what the callback itself sets, and changes nothing when that throws', () => {
      const computed = map.getOrInsertComputed('a', (key) => {
        map.set(key, 'first');
        return 'second';
      });
      assert.equal(computed, 'first');
      assert.equal(map.get('a'), 'first');
      const error = new Error('mine');
      const fail = () => {
        throw error;
      };
      assert.throws(() => map.getOrInsertComputed('b', fail), error);
      assert.equal(map.has('b'), false);
    });

    it('refuses what is no function, no key, or no value', () => {
      for (const callback of [undefined, null, {}, 1]) {
        assertCode('ERR_TH_ARG_TYPE', () => map.getOrInsertComputed('a', callback), /callback/);
      }
      const none = () => assert.fail('called');
      assertCode('ERR_TH_ARG_TYPE', () => map.getOrInsertComputed(true, none), /key/);
      assertCode('ERR_TH_ARG_TYPE', () => map.getOrInsertComputed('a', () => () => {}), /value/);
      assert.equal(map.size, 0);
    });
  });

  describe('iteration', () => {
    it('shows what the loop itself changes as a Map does', () => {
      const model = new Map();
      for (const target of [map, model]) {
        for (const i of upTo(40)) target.set(i, `value ${i}`);
      }
      const visit = (target) => {
        const seen = [];
        for (const [key, value] of target) {
          seen.push([key, value]);
          target.delete(key + 1);
          if (target.has(key + 2)) target.set(key + 2, `new ${key}`);
          if (key === 10) target.delete(30);
        }
        return seen;
      };
      assert.deepEqual(visit(map), visit(model));
      assert.deepEqual([...map], [...model]);
      let steps = 0;
      for (const key of map.keys()) {
        assert.equal(key, 0);
        map.clear();
        steps++;
      }
      assert.equal(steps, 1);
    });

    it('visits all of any number of entries once', () => {
      for (const count of [0, 1, 63, 64, 65, 1023, 1024, 1025, 1300, 20_000]) {
        map.clear();
        for (const i of upTo(count)) map.set(i, i);
        const keys = [...map.keys()];
        assert.equal(keys.length, count);
        assert.equal(new Set(keys).size, count);
      }
    });

    it('visits entries with long keys and values', () => {
      const model = new Map();
      for (const i of upTo(200)) {
        model.set(`${i}${'k'.repeat(5000)}`, `${i}${'漢'.repeat(5000)}`);
      }
      for (const [key, value] of model) map.set(key, value);
      assert.deepEqual(new Map(map), model);
    });

    it('can empty the map', () => {
      for (const i of upTo(5000)) map.set(i, i);
      const { currentUsed } = heap;
      for (const key of map.keys()) map.delete(key);
      assert.equal(map.size, 0);
      assert.ok(heap.currentUsed < currentUsed);
    });

    it('ends although every step inserts', () => {
      for (const start of [10, 1000, 3000]) {
        map.clear();
        for (const i of upTo(start)) map.set(i, i);
        const seen = new Set();
        let steps = 0;
        for (const key of map.keys()) {
          seen.add(key);
          map.set(1e6 + steps, 0).set(-1 - steps, 0);
          if (++steps > 10 * start) break;
        }
        for (const i of upTo(start)) assert.ok(seen.has(i), `${i} of ${start}`);
        assert.equal(seen.size, steps);
        assert.ok(steps <= 10 * start);
      }
    });

    itRandomly('gives no key twice, and every one that was there throughout', (random) => {
      for (let round = 0; round < 20; round++) {
        map.clear();
        const size = random.pick([50, 900, 1100, 4000]);
        for (const i of upTo(size)) map.set(`key ${i}`, i);
        const stayed = new Set(map.keys());
        const seen = new Set();
        let next = size;
        for (const [key] of map) {
          assert.ok(!seen.has(key), `${key} came twice`);
          seen.add(key);
          for (let i = random.below(3); i > 0; i--) {
            const other = `key ${random.below(next)}`;
            if (random.chance(0.5)) {
              map.delete(other);
              stayed.delete(other);
              if (random.chance(0.3)) map.set(other, 'again');
            } else {
              map.set(`key ${next++}`, 'new');
            }
          }
          if (random.chance(0.0005)) {
            map.clear();
            stayed.clear();
          }
        }
        for (const key of stayed) assert.ok(seen.has(key), `${key} did not come`);
      }
    });

    it('ends with an error when the map is freed under it', () => {
      for (const i of upTo(500)) map.set(i, i);
      assertCode('ERR_TH_FREED', () => {
        for (const key of map.keys()) if (key === 100) map.free();
      });
    });

    it('does not go on in a freed map with entries that were read ahead', () => {
      map.set(1, 1).set(2, 2);
      const seen = [];
      assertCode('ERR_TH_FREED', () => {
        for (const key of map.keys()) {
          seen.push(key);
          map.free();
        }
      });
      assert.deepEqual(seen, [1]);
    });
  });

  describe('size', () => {
    it('counts the entries, through growth and shrinking', () => {
      for (let count = 0; count < 5000; count++) {
        assert.equal(map.size, count);
        map.set(`key ${count}`, count);
      }
      for (let count = 5000; count > 0; count--) {
        assert.equal(map.length, count);
        map.delete(`key ${count - 1}`);
      }
      assert.equal(map.size, 0);
    });

    it('has to do with maxHash, the slots there are: none when it is empty', () => {
      assert.equal(map.maxHash, 0);
      for (const i of upTo(10_000)) map.set(i, i);
      assert.ok(map.maxHash >= 10_000);
      for (const i of upTo(10_000)) map.delete(i);
      assert.equal(map.maxHash, 0);
    });
  });

  describe('memory', () => {
    it('is what an empty map uses, and has for its directory, when all was deleted or cleared', () => {
      const long = (i) => `a key or value, number ${i}, that needs a block`;
      for (const count of [1, 10, 1000, 5000]) {
        assertExact(heap, () => {
          for (const i of upTo(count)) map.set(long(i), long(i));
          for (const i of upTo(count)) map.delete(long(i));
          for (const i of upTo(count)) map.set(i, { text: long(i) });
          map.clear();
        }, count > 1024 ? MAP_DIRECTORY : 0);
      }
    });

    it('is given back exactly by free', () => {
      map.free();
      assert.equal(heap.currentUsed, 0);
      for (const count of [0, 1, 100, 1500, 20_000]) {
        const other = new SharedMap(heap);
        for (const i of upTo(count)) other.set(`key number ${i}`, [i]);
        for (const i of upTo(count)) if (i % 3 === 0) other.delete(`key number ${i}`);
        other.free();
        assert.equal(heap.currentUsed, 0);
      }
    });

    it('does not run out while ten keys are set and deleted over and over', () => {
      const small = new MemoryHeap({ maxSize: 2 ** 17 });
      const ten = new SharedMap(small);
      for (let round = 0; round < 10_000; round++) {
        for (let i = 0; i < 10; i++) ten.set(`key ${round} ${i}`, `value ${round} ${i}`);
        for (let i = 0; i < 10; i++) ten.delete(`key ${round} ${i}`);
      }
      assert.equal(ten.size, 0);
    });
  });

  describe('in a full heap', () => {
    it('refuses an entry, keeps what it has, and goes on after something was freed', () => {
      const small = new MemoryHeap({ maxSize: 512 * 1024 });
      const ballast = small.alloc(280 * 1024);
      const full = new SharedMap(small);
      const valueOf = (i) => `value number ${i}, which needs a block`;
      let count = 0;
      assertCode('ERR_TH_OUT_OF_MEMORY', () => {
        for (;;) {
          full.set(`key number ${count}`, valueOf(count));
          count++;
        }
      });
      assert.ok(count > 500, `${count} entries`);
      assertExact(small, () => {
        const long = 'a longer text '.repeat(20_000);
        assertCode('ERR_TH_OUT_OF_MEMORY', () => full.set(long, 1));
        assertCode('ERR_TH_OUT_OF_MEMORY', () => full.set('key number 0', long));
        assertCode('ERR_TH_OUT_OF_MEMORY', () => full.set('key number 0', { long }));
        assertCode('ERR_TH_OUT_OF_MEMORY', () => full.getOrInsert(long, 1));
        assertCode('ERR_TH_OUT_OF_MEMORY', () => full.compareAndSet(long, undefined, long));
        assertCode('ERR_TH_OUT_OF_MEMORY', () => full.add(long, 1));
      });
      assert.equal(full.size, count);
      for (const i of upTo(count)) assert.equal(full.get(`key number ${i}`), valueOf(i));
      assert.equal(new Map(full).size, count);
      ballast.free();
      full.set('a new key, as long as the others', 'a new value, as long as the others');
      assert.equal(full.size, count + 1);
      for (const i of upTo(count)) assert.equal(full.delete(`key number ${i}`), true);
      assert.equal(full.size, 1);
      assertSound(small);
      full.free();
      assert.equal(small.currentUsed, 0);
    });

    it('cannot be made, and then nothing is lost', () => {
      const small = new MemoryHeap({ maxSize: 16 * 1024 });
      const blocks = fill(small);
      assertExact(small, () => assertCode('ERR_TH_OUT_OF_MEMORY', () => new SharedMap(small)));
      for (const block of blocks) block.free();
      assert.equal(new SharedMap(small).set('a', 1).get('a'), 1);
    });
  });

  describe('two handles', () => {
    it('see the same, and a free by one is noticed by the other', () => {
      const other = new SharedMap(heap, map.getSharedMemory());
      for (const i of upTo(2000)) (i % 2 ? map : other).set(i, `${i}`);
      for (const i of upTo(2000)) assert.equal((i % 3 ? map : other).get(i), `${i}`);
      assert.equal(other.size, 2000);
      map.free();
      assertCode('ERR_TH_FREED', () => other.get(1));
      assertCode('ERR_TH_FREED', () => other.free());
    });
  });

  describe('over a zeroed block', () => {
    it('is an empty map, for every handle the same', () => {
      const block = heap.allocUI32(SharedMap.ALLOCATE_COUNT);
      assertExact(heap, () => {
        const a = new SharedMap(heap, { firstBlock: block.getSharedMemory() });
        const b = new SharedMap(heap, { firstBlock: getPointer(block.pointer) });
        a.set('a', 1);
        b.set('b', 2);
        assert.deepEqual([...a], [['a', 1], ['b', 2]]);
        assert.equal(a.pointer, block.pointer);
        assert.equal(new SharedMap(heap, a.getSharedMemory()).get('b'), 2);
        b.free();
      });
      assert.ok(block.data.every((word) => word === 0));
    });
  });

  describe('as a model', () => {
    itRandomly('does what a Map does', (random) => {
      const other = new SharedMap(heap, map.getSharedMemory());
      const model = new Map();
      const values = [...PRIMITIVES, ...Object.values(OBJECTS)];
      const keys = [...NUMBER_KEYS, ...STRING_KEYS];
      for (let i = 0; i < 1500; i++) keys.push(random.text(40), random.uint32());
      const remove = (key) => model.delete(key);
      for (let i = 0; i < 20_000; i++) {
        const target = random.pick([map, other]);
        const key = random.pick(keys);
        const value = random.pick(values);
        const present = model.get(key);
        switch (random.below(i % 10_000 < 5000 ? 10 : 16)) {
          case 0:
            assert.deepEqual(target.get(key), present);
            break;
          case 1:
            assert.equal(target.has(key), model.has(key));
            break;
          case 2:
            assert.deepEqual(target.getOrInsert(key, value), model.has(key) ? present : value);
            if (!model.has(key)) model.set(key, value);
            break;
          case 3:
            if (present === undefined || typeof present === 'number') {
              if (model.has(key) && present === undefined) break;
              assert.equal(target.add(key, 3), (present ?? 0) + 3);
              model.set(key, (present ?? 0) + 3);
            }
            break;
          case 4:
            if (typeof present === 'object' && present !== null) break;
            assert.equal(target.compareAndSet(key, present, value), true);
            model.set(key, value);
            break;
          case 5:
          case 6:
          case 7:
          case 8:
          case 9:
            target.set(key, value);
            model.set(key, value);
            break;
          default:
            assert.equal(target.delete(key), remove(key));
        }
        if (i % 5000 === 4999) assertSame(target, model);
        if (i % 9000 === 8999) {
          target.clear();
          model.clear();
        }
        assert.equal(target.size, model.size);
      }
      assertSame(map, model);
      map.free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('Symbol.dispose', () => {
    it('frees the map, and does nothing when it is freed already', () => {
      const other = new SharedMap(heap, map.getSharedMemory());
      map.set('a key that needs a block', 1)[dispose]();
      assert.equal(heap.currentUsed, 0);
      map[dispose]();
      other[dispose]();
      assertCode('ERR_TH_FREED', () => other.set('a', 1));
    });
  });

  describe('util.inspect', () => {
    it('shows size and entries, and that it is freed', () => {
      map.set('a', 1).set(2, { b: 'c' });
      assert.equal(inspect(map), "SharedMap(2) { 'a' => 1, 2 => { b: 'c' } }");
      assert.match(inspect({ map }), /^\{ map: SharedMap\(2\) \{/);
      assert.equal(inspect(new SharedMap(heap)), 'SharedMap(0) {}');
      const large = new SharedMap(heap);
      for (const i of upTo(300)) large.set(i, i);
      assert.match(inspect(large), /^SharedMap\(300\).* and 200 more$/s);
      map.free();
      assert.equal(inspect(map), 'SharedMap <freed>');
    });
  });
});
