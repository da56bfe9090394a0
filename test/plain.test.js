'use strict';

// Plain data is written by this package, all else by V8: nobody can tell which by what is read.

const assert = require('node:assert/strict');
const path = require('node:path');
const vm = require('node:vm');
const fc = require('fast-check');
const { MemoryHeap, SharedMap } = require('../lib');
const { SHAPES_MAX } = require('../lib/binding');
const { decodePlain, isPlain } = require('../lib/plain-reader');
const { encodePlain } = require('../lib/plain-writer');
const { assertCode } = require('./helpers/check');
const { run } = require('./helpers/program');
const { generator, seed } = require('./threads/random');

// So often that code was made for the shapes of a value.
const OFTEN = 40;
const BYTES_MAX = 2 ** 20;
const DEPTH_MAX = 100;

function helper(name) {
  return path.join(__dirname, 'helpers', name);
}

function nest(depth) {
  let value = [];
  for (let i = 1; i < depth; i++) value = { value };
  return value;
}

function repeat(call) {
  for (let i = 0; i < OFTEN; i++) call(i);
}

// A value like one that was refused is refused for some time.
function encode(value) {
  for (let i = 0; i < OFTEN; i++) {
    const bytes = encodePlain(value);
    if (bytes) return bytes;
  }
  return assert.fail('it was refused');
}

describe('plain data', () => {
  let map;

  beforeEach(() => {
    map = new SharedMap(new MemoryHeap());
  });

  function assertPlain(value) {
    repeat(() => {
      const bytes = encode(value);
      assert.ok(isPlain(bytes));
      assert.deepStrictEqual(decodePlain(bytes), structuredClone(value));
    });
  }

  // V8 writes it, and it is read as a clone would be.
  function assertOther(value) {
    assert.equal(encodePlain(value), undefined);
    map.set('key', value);
    assert.deepStrictEqual(map.get('key'), structuredClone(value));
  }

  function assertNotCloneable(value) {
    assert.equal(encodePlain(value), undefined);
    assertCode('ERR_TH_NOT_CLONEABLE', () => map.set('key', value), /could not be cloned/);
  }

  describe('is read as a structured clone', () => {
    const key = fc.oneof(fc.constantFrom('a', 'b', 'c', 'toString', 'constructor', '__proto__', '0', '01'), fc.string());
    const anything = fc.anything({
      key,
      maxDepth: 4,
      withBigInt: true,
      withBoxedValues: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    });
    const plain = fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' });

    it('whatever it is', () => {
      const property = fc.property(anything, (value) => {
        map.set('key', value);
        assert.deepStrictEqual(map.get('key'), structuredClone(value));
      });
      fc.assert(property, { seed, numRuns: 3000 });
    });

    it('also when its shapes are well known', () => {
      const property = fc.property(anything, plain, (first, second) => {
        for (const value of [{ first, second }, [{ first }, { first: second }]]) {
          const expected = structuredClone(value);
          repeat(() => {
            map.set('key', value);
            assert.deepStrictEqual(map.get('key'), expected);
          });
        }
      });
      fc.assert(property, { seed, numRuns: 200 });
    });

    it('when objects of several shapes take turns', () => {
      const shapes = [{ x: 1 }, { x: 1, y: 2 }, { y: 2, x: 1 }, {}, { x: { x: 1, y: 2 } }, { 7: 1, x: 2 }];
      repeat((i) => {
        const value = shapes.map((_, j) => shapes[(i * j + j) % shapes.length]);
        const copy = JSON.parse(JSON.stringify(value));
        assert.deepStrictEqual(decodePlain(encode({ copy })), { copy });
      });
    });
  });

  it('has all numbers', () => {
    const edges = [0, 1, 127, 128, 255, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 1.5, Number.MAX_VALUE,
      Number.MIN_VALUE, Infinity].flatMap((n) => [n, -n]); // prettier-ignore
    assertPlain([...edges, NaN]);
    const property = fc.property(fc.double(), fc.integer(), (a, b) => assertPlain({ a, b }));
    fc.assert(property, { seed });
  });

  it('has all strings', () => {
    const lengths = [0, 1, 12, 13, 63, 64, 65, 1000, 100_000];
    for (const unit of ['a', '\0', 'ÿ', 'Ā', '語', '\ud83d', '\ude00']) {
      assertPlain(lengths.map((length) => unit.repeat(length)));
      assertPlain({ [unit]: { [unit.repeat(64)]: unit } });
    }
    const text = fc.array(fc.string({ unit: 'binary' }));
    fc.assert(fc.property(text, (strings) => assertPlain(strings)), { seed });
  });

  it('has undefined, null, booleans, and what is empty', () => {
    assertPlain({ a: undefined, b: null, c: true, d: false, e: {}, f: [], g: '', h: [[], {}, undefined] });
  });

  it('has any keys, own and in order', () => {
    const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'a"b', '\n', '', '\ud800', '-1', '01'];
    for (const some of [keys, ...keys.map((key) => [key]), ['b', 'a'], ['2', '1', 'a']]) {
      const value = Object.fromEntries(some.map((key, i) => [key, { i }]));
      assertPlain(value);
      assert.deepEqual(Object.keys(decodePlain(encode(value))), Object.keys(value));
    }
  });

  it('has objects of many keys, and many objects', () => {
    for (const count of [63, 64, 65, 128, 129, 1000]) {
      const keys = Array.from({ length: count }, (_, i) => `k${i}`);
      assertPlain(Object.fromEntries(keys.map((key) => [key, key])));
      assertPlain(keys.map((name) => ({ name })));
    }
  });

  it('can have keys that nobody has twice', () => {
    const random = generator(seed, 1);
    for (let i = 0; i < 20_000; i++) {
      const value = { [`of ${random(2 ** 31)}`]: i, [`and ${random(2 ** 31)}`]: { i } };
      assert.deepStrictEqual(decodePlain(encode(value)), value);
    }
  });

  it('is read without the setters that Object.prototype was given', () => {
    const value = { plainSetter: 1 };
    const dictionary = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key ${i}`, i]));
    const fail = () => assert.fail('a setter was called');
    for (const key of ['plainSetter', 'key 50']) {
      Object.defineProperty(Object.prototype, key, { set: fail, configurable: true });
    }
    try {
      repeat(() => {
        assert.deepEqual(Object.entries(decodePlain(encode(value))), [['plainSetter', 1]]);
        const read = decodePlain(encode(dictionary));
        assert.deepEqual(Object.entries(read), Object.entries(dictionary));
      });
    } finally {
      delete Object.prototype.plainSetter;
      delete Object.prototype['key 50'];
    }
  });

  it('is not an object that is there twice, nor a cycle', () => {
    const part = { part: 1 };
    const list = [];
    const cycle = { list: [{}] };
    cycle.list[0].cycle = cycle;
    const far = Array.from({ length: 200 }, (_, i) => ({ i }));
    for (const twice of [[part, part], { a: part, b: [part] }, { list, again: list }, cycle]) assertOther(twice);
    assertOther([...far, far[3]]);
    assertOther([...far, far[150]]);
    assertPlain([...far, { i: 3 }]);
    map.set('key', [part, part]);
    const [first, second] = map.get('key');
    assert.equal(first, second);
  });

  describe('is none of', () => {
    const samples = {
      'bigints': 1n,
      'dates': new Date(5),
      'maps': new Map([[1, { a: 2 }]]),
      'sets': new Set([1]),
      'regular expressions': /x/g,
      'boxed primitives': Object('text'),
      'errors': new RangeError('text'),
      'typed arrays': Uint16Array.of(1, 2),
      'array buffers': new ArrayBuffer(3),
      'arrays with holes': [1, , 3], // eslint-disable-line no-sparse-arrays
      'arrays with properties': Object.assign([1, 2], { index: 0 }),
      'matches': 'text'.match(/e(x)/),
      'arrays with as many properties as holes': Object.assign([1, , 3], { index: 0 }), // eslint-disable-line no-sparse-arrays
      'objects of a class': new (class Point { x = 1; })(), // prettier-ignore
      'arrays of a class': new (class List extends Array {})(),
      'objects without a prototype': Object.assign(Object.create(null), { a: 1 }),
      'objects of another realm': vm.runInNewContext('({ a: 1 })'),
      'a map in disguise': Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype),
      'a set in disguise': Object.setPrototypeOf(new Set([1]), Object.prototype),
      'a date in disguise': Object.setPrototypeOf(new Date(1), Object.prototype),
      'a buffer in disguise': Object.setPrototypeOf(new ArrayBuffer(2), Object.prototype),
    };
    for (const [name, sample] of Object.entries(samples)) {
      it(name, () => {
        for (const value of [{ sample }, [sample], { a: 1, sample, b: { a: 1 } }]) repeat(() => assertOther(value));
      });
    }

    it('functions, symbols, proxies and arguments, which nothing can store', () => {
      const make = (...args) => ({ args, own: (function () { return arguments; })(...args) }); // prettier-ignore
      const samples_ = [() => 1, Symbol('s'), new Proxy({ a: 1 }, {}), new Proxy([1], {}), make().own, make(1).own];
      for (const sample of samples_) {
        for (const value of [{ sample }, [sample], { a: 1, sample }]) repeat(() => assertNotCloneable(value));
      }
    });

    it('proxies, none of whose traps is called', () => {
      const traps = new Proxy({}, { get: (_, name) => assert.fail(`${String(name)} was called`) });
      repeat(() => {
        assertNotCloneable(new Proxy({ a: 1 }, traps));
        assertNotCloneable([{ a: new Proxy([], traps) }]);
      });
    });
  });

  it('has bounds: how deep it is, and how large', () => {
    assertPlain(nest(DEPTH_MAX));
    assertOther(nest(DEPTH_MAX + 1));
    for (const unit of ['x', '語']) {
      const text = unit.repeat(BYTES_MAX);
      map.set('key', [text]);
      assert.ok(isPlain(encode([text])));
      assert.equal(map.get('key')[0], text);
      assertOther([text, unit]);
    }
    assertOther(new Array(BYTES_MAX).fill(1));
    assertOther(Array.from({ length: BYTES_MAX / 8 }, (_, i) => i + 0.5));
    assertOther(Array.from({ length: 100_000 }, (_, i) => ({ text: `the text number ${i}` })));
  });

  describe('accessors', () => {
    function counter(result) {
      const value = { name: 'counter', calls: 0 };
      const get = () => (value.calls++, result);
      return Object.defineProperty(value, 'counted', { get, enumerable: true });
    }

    it('are called once, whatever they return and whatever comes behind them', () => {
      for (const result of [1, 'text', { a: 1 }, new Date(3), new Map()]) {
        for (const behind of [1, new Date(4), [1, { a: new Set() }]]) {
          const value = counter(result);
          map.set('key', { value, behind });
          assert.deepStrictEqual(map.get('key'), { value: { name: 'counter', calls: 0, counted: result }, behind });
          assert.equal(value.calls, 1);
        }
      }
    });

    it('are called also among objects of the same shape that have none', () => {
      const data = () => ({ name: 'data', calls: 0, counted: 1 });
      repeat(() => map.set('key', [data(), data()]));
      const value = counter(2);
      map.set('key', [data(), value, data()]);
      assert.equal(map.get('key')[1].counted, 2);
      assert.equal(value.calls, 1);
    });

    it('among many such objects are called again when V8 has to begin anew, that once', () => {
      repeat(() => map.set('key', { first: { name: 'data', calls: 0, counted: 1 }, behind: 1 }));
      for (const calls of [2, 1, 1]) {
        const value = counter({ a: 1 });
        map.set('key', { first: value, behind: new Date(5) });
        const { first, behind } = map.get('key');
        assert.deepStrictEqual(first.counted, { a: 1 });
        assert.equal(behind.getTime(), 5);
        assert.equal(value.calls, calls);
      }
    });

    it('without a getter are undefined', () => {
      const value = Object.defineProperty({ a: 1 }, 'b', { set() {}, enumerable: true });
      repeat(() => {
        map.set('key', { value });
        assert.deepStrictEqual(map.get('key'), { value: { a: 1, b: undefined } });
      });
    });

    it('may store values and throw', () => {
      const shape = (element) => ({ first: 'text', element, last: 'text' });
      const storing = () => shape({ get inner() { return map.set('inner', shape(1)).get('inner'); } }); // prettier-ignore
      const throwing = () => shape({ get inner() { throw new Error('thrown'); } }); // prettier-ignore
      const elements = Object.defineProperty([1, 2], 1, { get: () => map.set('inner', [shape(3)]).get('inner') });
      repeat(() => map.set('key', shape({ inner: shape(0) })));
      repeat(() => {
        map.set('key', storing());
        assert.deepEqual(map.get('key'), shape({ inner: shape(1) }));
        map.set('key', elements);
        assert.deepEqual(map.get('key'), [1, [shape(3)]]);
        assertCode('ERR_TH_NOT_CLONEABLE', () => map.set('key', throwing()), /thrown/);
        assertPlain(shape({ inner: shape(2) }));
      });
    });
  });

  it('is plain again when values like it no longer hold anything else', () => {
    assertPlain({ mixed: 1 });
    repeat(() => assertOther({ mixed: new Date(1) }));
    assertPlain({ mixed: 2 });
  });

  it('that was overwritten is read to an error or to some value', () => {
    const random = generator(seed, 2);
    const value = { id: 1, at: { x: 0.5, y: -7 }, tags: ['a', 'b'.repeat(100)], more: { 1: 'x', 2: [{}] } };
    let failed = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(encode(value));
      for (let n = random(4); n >= 0; n--) bytes[1 + random(bytes.length - 1)] = random(256);
      try {
        decodePlain(bytes.subarray(0, bytes.length - random(2) * random(bytes.length)));
      } catch (error) {
        assert.ok(error instanceof Error);
        failed++;
      }
    }
    assert.ok(failed > 0);
    assert.deepEqual(decodePlain(encode(value)), value);
  });

  it('is stored when all shapes of the process were given away', async () => {
    const given = Number(await run([helper('shapes.js')]));
    assert.ok(given > SHAPES_MAX - 10 && given < SHAPES_MAX, `${given}`);
  });

  it('is stored where code cannot be made from strings', async () => {
    const stored = await run(['--disallow-code-generation-from-strings', helper('records.js')]);
    assert.equal(Number(stored), 100);
  });
});
