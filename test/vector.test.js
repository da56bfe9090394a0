'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, SharedVector, getPointer } = require('../lib');
const { kBacking } = require('../lib/symbols');
const { assertCode, assertExact, assertSound, dispose, fill } = require('./helpers/check');
const { TYPES, isBig } = require('./helpers/elements');
const { itRandomly } = require('./helpers/random');

const contents = (vector) => Array.from(vector.toTypedArray());

function vectorOf(heap, values, config) {
  const vector = new SharedVector(heap, config);
  for (const value of values) vector.push(value);
  return vector;
}

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

describe('SharedVector', () => {
  let heap;

  beforeEach(() => {
    heap = new MemoryHeap();
  });

  afterEach(() => assertSound(heap));

  describe('options', () => {
    it('are of single Uint32 values unless told otherwise', () => {
      const vector = vectorOf(heap, [1, -1]);
      assert.equal(vector.dataLength, 1);
      assert.deepEqual(vector.toTypedArray(), new Uint32Array([1, 2 ** 32 - 1]));
    });

    it('may be undefined, which is as absent', () => {
      const config = { type: undefined, dataLength: undefined, bufferLength: undefined };
      assert.deepEqual(contents(vectorOf(heap, [5], config)), [5]);
    });

    it('have no unknown keys', () => {
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new SharedVector(heap, { capacity: 1 }), /capac/);
    });

    it('have a type that is a typed array of numbers', () => {
      for (const type of [null, 'Uint32Array', 1, Array, DataView, class extends Uint8Array {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedVector(heap, { type }), /type/);
      }
    });

    for (const name of ['dataLength', 'bufferLength']) {
      it(`have a ${name} that is a count`, () => {
        for (const value of [null, '2', 2n, [2]]) {
          const create = () => new SharedVector(heap, { [name]: value });
          assertCode('ERR_TH_ARG_TYPE', create, new RegExp(name));
        }
        for (const value of [0, -1, 1.5, NaN, Infinity, 2 ** 32]) {
          const create = () => new SharedVector(heap, { [name]: value });
          assertCode('ERR_TH_ARG_RANGE', create, new RegExp(name));
        }
      });
    }

    it('have a bufferLength that there is room for from the first push on', () => {
      const vector = new SharedVector(heap, { bufferLength: 1000 });
      assert.equal(vector.bufferLength, 1024);
      const first = vector.push(0);
      const { currentUsed } = heap;
      for (let i = 1; i < 1000; i++) vector.push(i);
      assert.equal(first, 0);
      assert.equal(heap.currentUsed, currentUsed);
      assert.equal(vector.chunks().length, 1);
    });

    it('are no other thing than an object', () => {
      for (const config of [null, 1, 'text', true, () => {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedVector(heap, config), /config/);
      }
      for (const none of [undefined, null, {}, 1, new SharedVector(heap)]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedVector(none), /heap/);
      }
    });
  });

  describe('elements', () => {
    for (const { Type, values, converted = [] } of TYPES) {
      it(`of ${Type.name} keep every value of that type`, () => {
        const vector = vectorOf(heap, values, { type: Type });
        assert.ok(vector.toTypedArray() instanceof Type);
        assert.deepEqual(contents(vector), values);
        assert.deepEqual(values.map((_, i) => vector.get(i)), values);
        assert.deepEqual(values.map((_, i) => vector.at(i)[0]), values);
        assert.deepEqual(Array.from(vector, (data) => data[0]), values);
        assert.deepEqual(values.map(() => vector.pop()[0]), values.toReversed());
      });

      it(`of ${Type.name} are converted as that type converts`, () => {
        for (const [value, read] of converted) {
          const vector = vectorOf(heap, [value], { type: Type });
          assert.equal(vector.get(0), read);
          vector.set(0, [value]);
          assert.equal(vector.get(0), read);
        }
      });

      it(`of ${Type.name} take no value of another kind`, () => {
        const zero = isBig(Type) ? 0n : 0;
        const vector = vectorOf(heap, [zero], { type: Type, dataLength: 2 });
        const other = isBig(Type) ? 1 : 1n;
        for (const value of [other, [other], undefined, null, 'text', true, {}, () => {}, [null]]) {
          assertCode('ERR_TH_ARG_TYPE', () => vector.push(value), /values/);
          assertCode('ERR_TH_ARG_TYPE', () => vector.set(0, value), /values/);
        }
        assert.deepEqual(contents(vector), [zero, zero]);
      });
    }

    it('shorter than dataLength are padded with zeros', () => {
      const vector = vectorOf(heap, [[7, 8, 9], 1, [2], [3, 4], []], { dataLength: 3 });
      assert.deepEqual(contents(vector), [7, 8, 9, 1, 0, 0, 2, 0, 0, 3, 4, 0, 0, 0, 0]);
      vector.set(0, 5);
      vector.set(3, new Float32Array([6]));
      assert.deepEqual(contents(vector), [5, 0, 0, 1, 0, 0, 2, 0, 0, 6, 0, 0, 0, 0, 0]);
    });

    it('longer than dataLength are refused, and nothing changes', () => {
      const vector = vectorOf(heap, [[1, 2]], { dataLength: 2 });
      assertCode('ERR_TH_ARG_RANGE', () => vector.push([1, 2, 3]), /2 long/);
      assertCode('ERR_TH_ARG_RANGE', () => vector.set(0, [1, 2, 3]), /2 long/);
      assert.deepEqual(contents(vector), [1, 2]);
    });
  });

  describe('push and pop', () => {
    it('work at the end; push returns the index', () => {
      const vector = new SharedVector(heap);
      assert.deepEqual(upTo(5).map((i) => vector.push(i)), upTo(5));
      assert.deepEqual(vector.pop(), new Uint32Array([4]));
      assert.equal(vector.length, 4);
      assert.equal(vector.push(9), 4);
      assert.deepEqual(contents(vector), [0, 1, 2, 3, 9]);
    });

    it('leave an empty vector empty: there is nothing to pop', () => {
      const vector = vectorOf(heap, [1]);
      vector.pop();
      for (let i = 0; i < 3; i++) {
        assert.equal(vector.pop(), undefined);
        assert.equal(vector.length, 0);
      }
      assert.equal(vector.push(2), 0);
    });

    it('hand out copies', () => {
      const vector = vectorOf(heap, [[1, 2]], { dataLength: 2 });
      const popped = vector.pop();
      vector.push([3, 4]);
      assert.deepEqual(Array.from(popped), [1, 2]);
      assert.ok(popped.buffer instanceof ArrayBuffer);
    });

    it('go far beyond 131,071 elements', () => {
      const count = 300_000;
      const vector = new SharedVector(heap, { type: Float64Array });
      for (let i = 0; i < count; i++) vector.push(i / 2);
      assert.equal(vector.length, count);
      for (let i = 0; i < count; i++) {
        if (vector.get(i) !== i / 2) assert.fail(`element ${i} is ${vector.get(i)}`);
      }
      assert.ok(vector.bufferLength >= count);
    });
  });

  describe('pushMany', () => {
    for (const { Type, values, converted = [] } of TYPES) {
      it(`appends ${Type.name} elements over any number of chunks, and says where`, () => {
        const vector = vectorOf(heap, values.slice(0, 1), { type: Type, bufferLength: 1 });
        const many = Type.from({ length: 100 }, (_, i) => values[i % values.length]);
        assert.equal(vector.pushMany(many), 1);
        assert.equal(vector.pushMany(Array.from(many)), 101);
        assert.equal(vector.length, 201);
        assert.deepEqual(contents(vector), [values[0], ...many, ...many]);
      });

      it(`converts numbers to ${Type.name} as that type converts`, () => {
        const vector = new SharedVector(heap, { type: Type });
        vector.pushMany(converted.map(([value]) => value));
        if (!isBig(Type)) vector.pushMany(Float64Array.from(converted, ([value]) => value));
        const read = converted.map(([, value]) => value);
        assert.deepEqual(contents(vector), isBig(Type) ? read : [...read, ...read]);
      });
    }

    it('takes whole elements of several components', () => {
      const vector = vectorOf(heap, [[9]], { type: Int16Array, dataLength: 3 });
      assert.equal(vector.pushMany([1, 2, 3, 4, 5, 6]), 1);
      assert.equal(vector.pushMany(new Int16Array([7, 8, 9])), 3);
      assert.deepEqual(contents(vector), [9, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      for (const values of [[1], [1, 2, 3, 4], new Int16Array(5)]) {
        assertCode('ERR_TH_ARG_RANGE', () => vector.pushMany(values), /multiple of 3/);
      }
      assert.equal(vector.length, 4);
    });

    it('appends nothing when there is nothing, and says where that would be', () => {
      const vector = vectorOf(heap, [1, 2]);
      assert.equal(vector.pushMany([]), 2);
      assert.equal(new SharedVector(heap).pushMany(new Uint32Array(0)), 0);
      assert.deepEqual(contents(vector), [1, 2]);
    });

    it('refuses what is no array of such numbers, and nothing changes', () => {
      const numbers = vectorOf(heap, [1]);
      const bigs = vectorOf(heap, [1n], { type: BigInt64Array });
      for (const values of [undefined, null, 1, 'text', {}, new DataView(new ArrayBuffer(8))]) {
        assertCode('ERR_TH_ARG_TYPE', () => numbers.pushMany(values), /values/);
      }
      for (const values of [[1, '2'], [1, , 2], [1n], [null], new BigInt64Array(1)]) { // eslint-disable-line no-sparse-arrays
        assertCode('ERR_TH_ARG_TYPE', () => numbers.pushMany(values), /values\[/);
      }
      for (const values of [[1], [1n, 2], new Float64Array(1)]) {
        assertCode('ERR_TH_ARG_TYPE', () => bigs.pushMany(values), /values\[/);
      }
      assert.deepEqual([contents(numbers), contents(bigs)], [[1], [1n]]);
    });

    it('appends a part of its own elements', () => {
      const vector = vectorOf(heap, upTo(5), { bufferLength: 8 });
      assert.equal(vector.pushMany(vector.chunks()[0].subarray(1, 3)), 5);
      assert.deepEqual(contents(vector), [0, 1, 2, 3, 4, 1, 2]);
    });

    it('appends all or nothing in a full heap, and keeps no memory', () => {
      const small = new MemoryHeap({ maxSize: 256 * 1024 });
      const vector = new SharedVector(small, { type: Float64Array, bufferLength: 1 });
      vector.pushMany(upTo(1000));
      assertExact(small, () => {
        assertCode('ERR_TH_OUT_OF_MEMORY', () => vector.pushMany(new Float64Array(40_000)));
      });
      assert.deepEqual(contents(vector), upTo(1000));
      assert.equal(vector.pushMany(new Float64Array(8000)), 1000);
      assertSound(small);
    });
  });

  describe('setMany', () => {
    it('replaces elements over the borders of chunks', () => {
      const vector = vectorOf(heap, upTo(20).map((i) => [i, 50 - i]), { type: Int32Array, dataLength: 2 });
      vector.setMany(2, Int32Array.from(upTo(24)));
      const expected = upTo(20).flatMap((i) => (i < 2 || i > 13 ? [i, 50 - i] : [2 * i - 4, 2 * i - 3]));
      assert.deepEqual(contents(vector), expected);
      vector.setMany(19, [7.5, -1]);
      assert.deepEqual(Array.from(vector.at(19)), [7, -1]);
      vector.setMany(20, []);
      assert.equal(vector.length, 20);
    });

    it('refuses places where there are not as many, and nothing changes', () => {
      const vector = vectorOf(heap, [1, 2, 3]);
      for (const [index, count] of [[0, 4], [1, 3], [3, 1], [4, 0], [2 ** 32 - 1, 2], [-1, 1]]) {
        const values = new Array(count).fill(9);
        assertCode('ERR_TH_ARG_RANGE', () => vector.setMany(index, values), /index/);
      }
      for (const index of [undefined, '0', 0n]) {
        assertCode('ERR_TH_ARG_TYPE', () => vector.setMany(index, [9]), /index/);
      }
      assertCode('ERR_TH_ARG_RANGE', () => vector.setMany(0.5, [9]), /index/);
      assertCode('ERR_TH_ARG_TYPE', () => vector.setMany(0, 9), /values/);
      assert.deepEqual(contents(vector), [1, 2, 3]);
    });
  });

  describe('sum, min and max', () => {
    const numbersOf = (Type, values) => {
      const vector = new SharedVector(heap, { type: Type, bufferLength: 3 });
      vector.pushMany(values);
      return vector;
    };

    for (const { Type, values } of TYPES) {
      const finite = values.filter((value) => isBig(Type) || Number.isFinite(value));
      it(`of ${Type.name} are those of the elements`, () => {
        for (const count of [1, 2, 7, 8, 9, 1000, 3001]) {
          const some = Array.from({ length: count }, (_, i) => finite[(i * i) % finite.length]);
          const vector = numbersOf(Type, some);
          const sorted = Type.from(some).sort();
          assert.equal(vector.min(), sorted[0]);
          assert.equal(vector.max(), sorted.at(-1));
          if (isBig(Type)) assert.equal(vector.sum(), some.reduce((a, b) => a + b));
          else assertNear(vector.sum(), some);
        }
      });
    }

    // Within what the order of adding can change.
    function assertNear(sum, values) {
      const size = values.reduce((total, value) => total + Math.abs(value), 0);
      const expected = values.reduce((total, value) => total + value);
      if (Number.isFinite(size)) assert.ok(Math.abs(sum - expected) <= size * 1e-12);
    }

    it('of none are 0 (0n) and undefined', () => {
      assert.equal(new SharedVector(heap).sum(), 0);
      assert.equal(new SharedVector(heap, { type: BigUint64Array }).sum(), 0n);
      assert.equal(new SharedVector(heap).min(), undefined);
      assert.equal(new SharedVector(heap).max(), undefined);
    });

    it('of one component of several are those of that component', () => {
      const vector = new SharedVector(heap, { type: Float32Array, dataLength: 3, bufferLength: 1 });
      vector.pushMany(upTo(3000));
      for (const component of upTo(3)) {
        assert.equal(vector.min(component), component);
        assert.equal(vector.max(component), 2997 + component);
        assert.equal(vector.sum(component), (1000 * 999 * 3) / 2 + 1000 * component);
      }
      assert.equal(vector.sum(), vector.sum(0));
    });

    it('of integers are exact, and rounded once', () => {
      assert.equal(numbersOf(Uint32Array, new Array(2 ** 21 + 3).fill(2 ** 32 - 1)).sum(), 2 ** 53 + 12882804733);
      const least = new Array(5000).fill(-(2n ** 63n));
      assert.equal(numbersOf(BigInt64Array, least).sum(), -(2n ** 63n) * 5000n);
      assert.equal(numbersOf(BigInt64Array, [...least, ...least.map((n) => -(n + 1n))]).sum(), -5000n);
      const most = new Array(5000).fill(2n ** 64n - 1n);
      assert.equal(numbersOf(BigUint64Array, most).sum(), (2n ** 64n - 1n) * 5000n);
    });

    it('of floating-point numbers treat NaN and zeros as Math does', () => {
      for (const Type of [Float32Array, Float64Array]) {
        for (const place of [0, 5, 1500, 2999]) {
          const some = Array.from({ length: 3000 }, (_, i) => i % 7);
          some[place] = NaN;
          const vector = numbersOf(Type, some);
          assert.deepEqual([vector.sum(), vector.min(), vector.max()], [NaN, NaN, NaN]);
          some.fill(0);
          some[place] = -0;
          assert.ok(Object.is(numbersOf(Type, some).min(), -0));
          assert.ok(Object.is(numbersOf(Type, some).max(), 0));
          assert.ok(Object.is(numbersOf(Type, some.map((n) => -n)).min(), -0));
          assert.ok(Object.is(numbersOf(Type, some.map((n) => -n)).max(), 0));
        }
        const infinite = numbersOf(Type, [Infinity, 1, -Infinity]);
        assert.deepEqual([infinite.sum(), infinite.min(), infinite.max()], [NaN, -Infinity, Infinity]);
      }
    });

    it('refuse what is no component', () => {
      const vector = numbersOf(Uint8Array, [1]);
      for (const method of ['sum', 'min', 'max', 'sort']) {
        for (const component of ['0', null, 0n]) {
          assertCode('ERR_TH_ARG_TYPE', () => vector[method](component), /component/);
        }
        for (const component of [1, -1, 0.5]) {
          assertCode('ERR_TH_ARG_RANGE', () => vector[method](component), /component/);
        }
      }
    });
  });

  describe('sort', () => {
    for (const { Type, values } of TYPES) {
      itRandomly(`sorts ${Type.name} elements as a typed array does`, (random) => {
        const bits = new Uint32Array(10_000);
        for (const count of [0, 1, 2, 3, 47, 48, 49, 50, 700, 5000]) {
          for (let i = 0; i < 2 * count; i++) bits[i] = random.below(2 ** 32);
          const some = new Type(bits.buffer.slice(0, 8 * count));
          for (let i = 0; i < some.length; i += 3) some[i] = random.pick(values);
          const vector = new SharedVector(heap, { type: Type });
          vector.pushMany(some);
          assert.equal(vector.sort(), vector);
          assert.deepEqual(contents(vector), Array.from(some.sort()));
        }
      });

      it(`leaves sorted and reversed ${Type.name} elements sorted`, () => {
        const some = Type.from({ length: 300 }, (_, i) => values[i % values.length]).sort();
        const vector = new SharedVector(heap, { type: Type });
        vector.pushMany(some.toReversed());
        for (let i = 0; i < 2; i++) assert.deepEqual(contents(vector.sort()), Array.from(some));
      });
    }

    for (const Type of [Int8Array, Float32Array, BigInt64Array]) {
      itRandomly(`sorts elements of several ${Type.name} components by one, and is stable`, (random) => {
        const scalar = (n) => (isBig(Type) ? BigInt(n) : n);
        for (const count of [0, 1, 2, 40, 1000]) {
          const elements = upTo(count).map((i) => [i % 100, random.below(40) - 20, i % 7].map(scalar));
          const vector = new SharedVector(heap, { type: Type, dataLength: 3, bufferLength: 1 });
          vector.pushMany(elements.flat());
          vector.sort(1);
          elements.sort((a, b) => Number(a[1] - b[1]));
          assert.deepEqual(contents(vector), elements.flat());
          vector.sort();
          elements.sort((a, b) => Number(a[0] - b[0]));
          assert.deepEqual(contents(vector), elements.flat());
        }
      });
    }

    it('leaves views where they are', () => {
      const vector = vectorOf(heap, [3, 1, 2]);
      const [first] = vector;
      vector.sort();
      assert.equal(first[0], 1);
    });
  });

  describe('get', () => {
    it('reads a component, a bigint for the BigInt types', () => {
      const vector = vectorOf(heap, [[1, 2], [3, 4]], { dataLength: 2 });
      assert.equal(vector.get(0), 1);
      assert.equal(vector.get(1), 3);
      assert.equal(vector.get(1, 1), 4);
      const bigs = vectorOf(heap, [[1n, -2n]], { type: BigInt64Array, dataLength: 2 });
      assert.equal(bigs.get(0, 1), -2n);
    });

    it('is undefined out of range', () => {
      const vector = vectorOf(heap, [1, 2, 3]);
      for (const index of [3, 4, -1, 2 ** 31, 2 ** 32, -(2 ** 40), Number.MAX_SAFE_INTEGER]) {
        assert.equal(vector.get(index), undefined);
      }
      vector.pop();
      assert.equal(vector.get(2), undefined);
      vector.clear();
      assert.equal(vector.get(0), undefined);
      assert.equal(new SharedVector(heap).get(0), undefined);
    });

    it('finds what is pushed into a further chunk while it looks for the chunks', () => {
      const vector = vectorOf(heap, [1, 2, 3, 4], { bufferLength: 4 });
      const backing = heap[kBacking];
      backing.reach = (end) => {
        delete backing.reach;
        vector.push(5);
        return backing.reach(end);
      };
      assert.equal(vector.get(4), 5);
      assert.equal(vector.get(3), 4);
    });

    it('refuses what is no index or component', () => {
      const vector = vectorOf(heap, [[1, 2]], { dataLength: 2 });
      for (const value of [null, '0', 0n, {}, true]) {
        assertCode('ERR_TH_ARG_TYPE', () => vector.get(value), /index/);
        assertCode('ERR_TH_ARG_TYPE', () => vector.at(value), /index/);
        assertCode('ERR_TH_ARG_TYPE', () => vector.set(value, 1), /index/);
        assertCode('ERR_TH_ARG_TYPE', () => vector.deleteIndex(value), /index/);
        assertCode('ERR_TH_ARG_TYPE', () => vector.get(0, value), /component/);
      }
      for (const value of [0.5, NaN, Infinity]) {
        assertCode('ERR_TH_ARG_RANGE', () => vector.get(value), /index/);
        assertCode('ERR_TH_ARG_RANGE', () => vector.at(value), /index/);
        assertCode('ERR_TH_ARG_RANGE', () => vector.set(value, 1), /index/);
        assertCode('ERR_TH_ARG_RANGE', () => vector.deleteIndex(value), /index/);
        assertCode('ERR_TH_ARG_RANGE', () => vector.get(0, value), /component/);
      }
      for (const component of [-1, 2]) {
        assertCode('ERR_TH_ARG_RANGE', () => vector.get(0, component), /component/);
      }
    });
  });

  describe('at', () => {
    it('gives a live view, from the end when negative', () => {
      const vector = vectorOf(heap, [[1, 2], [3, 4]], { dataLength: 2 });
      vector.at(0)[1] = 20;
      vector.at(-1)[0] = 30;
      assert.deepEqual(contents(vector), [1, 20, 30, 4]);
      for (const index of [2, -3, 2 ** 40, -(2 ** 40)]) assert.equal(vector.at(index), undefined);
    });

    it('gives views that stay valid while the vector grows a thousandfold', () => {
      const vector = vectorOf(heap, upTo(10));
      const views = upTo(10).map((i) => vector.at(i));
      for (let i = 10; i < 10_000; i++) vector.push(i);
      for (const [i, view] of views.entries()) {
        assert.equal(view[0], i);
        view[0] = i + 1000;
        assert.equal(vector.get(i), i + 1000);
        vector.set(i, i);
        assert.equal(view[0], i);
      }
    });
  });

  describe('set', () => {
    it('replaces an element, and refuses an index where there is none', () => {
      const vector = vectorOf(heap, [1, 2]);
      vector.set(1, 20);
      assert.deepEqual(contents(vector), [1, 20]);
      for (const index of [2, -1, 2 ** 32]) {
        assertCode('ERR_TH_ARG_RANGE', () => vector.set(index, 5), /index/);
      }
      assert.deepEqual(contents(vector), [1, 20]);
    });
  });

  describe('deleteIndex', () => {
    it('moves the later elements down and tells whether there was one', () => {
      const vector = vectorOf(heap, upTo(100).map((i) => [i, -i]), { type: Int32Array, dataLength: 2 });
      assert.equal(vector.deleteIndex(0), true);
      assert.equal(vector.deleteIndex(98), true);
      assert.equal(vector.deleteIndex(49), true);
      for (const index of [97, -1, 2 ** 32, 2 ** 50]) assert.equal(vector.deleteIndex(index), false);
      const left = upTo(100).filter((i) => ![0, 99, 50].includes(i));
      assert.deepEqual(contents(vector), left.flatMap((i) => [i, -i]));
    });
  });

  describe('clear', () => {
    it('empties the vector, which keeps its room', () => {
      const vector = vectorOf(heap, upTo(1000));
      const { bufferLength } = vector;
      vector.clear();
      assert.equal(vector.length, 0);
      assert.deepEqual(contents(vector), []);
      assert.deepEqual(vector.chunks(), []);
      const { currentUsed } = heap;
      for (const value of upTo(1000)) vector.push(value);
      assert.equal(heap.currentUsed, currentUsed);
      assert.equal(vector.bufferLength, bufferLength);
    });
  });

  describe('iteration and forEach', () => {
    it('give live views in order', () => {
      const vector = vectorOf(heap, upTo(1000));
      for (const data of vector) data[0] *= 2;
      const calls = [];
      vector.forEach((data, index) => calls.push([data[0], index]));
      assert.deepEqual(calls, upTo(1000).map((i) => [i * 2, i]));
    });

    it('go by index, as those of an array: what is pushed meanwhile comes too', () => {
      const vector = vectorOf(heap, [1, 2, 3]);
      const seen = [];
      for (const data of vector) {
        seen.push(data[0]);
        if (vector.length < 6) vector.push(data[0] + 10);
      }
      assert.deepEqual(seen, [1, 2, 3, 11, 12, 13]);
      for (const data of vector) {
        if (data[0] === 2) vector.clear();
      }
      assert.equal(vector.length, 0);
    });

    it('end with an error when the vector is freed meanwhile', () => {
      const vector = vectorOf(heap, [1, 2, 3]);
      assertCode('ERR_TH_FREED', () => {
        for (const data of vector) {
          if (data[0] === 2) vector.free();
        }
      });
      const other = vectorOf(heap, [1, 2, 3]);
      assertCode('ERR_TH_FREED', () => other.forEach((data) => data[0] === 2 && other.free()));
    });

    it('refuse what is no function, and pass on what it throws', () => {
      const vector = vectorOf(heap, [1]);
      for (const callback of [undefined, null, {}, 1]) {
        assertCode('ERR_TH_ARG_TYPE', () => vector.forEach(callback), /callback/);
      }
      const error = new Error('mine');
      const fail = () => {
        throw error;
      };
      assert.throws(() => vector.forEach(fail), error);
    });
  });

  describe('toTypedArray', () => {
    it('is a copy', () => {
      const vector = vectorOf(heap, upTo(100), { type: Int16Array });
      const array = vector.toTypedArray();
      assert.deepEqual(array, Int16Array.from(upTo(100)));
      array.fill(0);
      assert.deepEqual(contents(vector), upTo(100));
      assert.deepEqual(new SharedVector(heap, { type: Int8Array }).toTypedArray(), new Int8Array());
    });
  });

  describe('chunks', () => {
    it('are live views that double in size and hold all elements in order', () => {
      const vector = vectorOf(heap, upTo(1000).map((i) => [i, i]), { dataLength: 2, bufferLength: 8 });
      const chunks = vector.chunks();
      assert.deepEqual(chunks.flatMap((chunk) => Array.from(chunk)), contents(vector));
      const sizes = chunks.map((chunk) => chunk.length / 2);
      assert.deepEqual(sizes, [8, 8, 16, 32, 64, 128, 256, 488]);
      chunks[3][0] = 77;
      assert.equal(vector.get(32), 77);
    });

    it('stay valid over growth, of the length they had', () => {
      const vector = vectorOf(heap, upTo(5));
      const [first, second] = vector.chunks();
      for (const value of upTo(5000)) vector.push(value);
      assert.deepEqual([Array.from(first), Array.from(second)], [[0, 1, 2, 3], [4]]);
      first[0] = 9;
      assert.equal(vector.get(0), 9);
    });

    it('of an empty vector are none', () => {
      assert.deepEqual(new SharedVector(heap).chunks(), []);
    });
  });

  describe('two handles', () => {
    it('see the same, whoever makes the vector grow', () => {
      const a = new SharedVector(heap, { type: Float32Array, dataLength: 2, bufferLength: 2 });
      const b = new SharedVector(heap, a.getSharedMemory());
      assert.equal(b.dataLength, 2);
      assert.equal(b.type, a.type);
      for (let i = 0; i < 500; i++) (i % 2 ? a : b).push([i, i + 0.5]);
      for (let i = 0; i < 500; i++) assert.equal((i % 3 ? a : b).get(i, 1), i + 0.5);
      assert.deepEqual(a.toTypedArray(), b.toTypedArray());
      b.free();
      assertCode('ERR_TH_FREED', () => a.get(0));
    });
  });

  describe('free', () => {
    it('gives back what the vector took, exactly', () => {
      for (const { Type } of TYPES) {
        for (const [dataLength, bufferLength] of [[1, 1], [3, 100], [1000, 2]]) {
          assertExact(heap, () => {
            const vector = new SharedVector(heap, { type: Type, dataLength, bufferLength });
            for (let i = 0; i < 300; i++) vector.push([]);
            vector.deleteIndex(50);
            vector.pop();
            vector.free();
          });
        }
      }
      assertExact(heap, () => new SharedVector(heap).free());
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('over a zeroed block', () => {
    it('is an empty vector of single Uint32 values, for every handle the same', () => {
      const block = heap.allocUI32(SharedVector.ALLOCATE_COUNT);
      const a = new SharedVector(heap, { firstBlock: block.getSharedMemory() });
      const b = new SharedVector(heap, { firstBlock: getPointer(block.pointer) });
      a.push(1);
      b.push(2);
      assert.deepEqual(contents(a), [1, 2]);
      assert.equal(a.pointer, block.pointer);
      const c = new SharedVector(heap, a.getSharedMemory());
      assert.equal(c.get(1), 2);
      c.free();
      assert.ok(block.data.every((word) => word === 0));
      block.free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('in a full heap', () => {
    it('refuses a push, keeps what it has, and goes on after something was freed', () => {
      const small = new MemoryHeap({ maxSize: 256 * 1024 });
      const ballast = small.alloc(64 * 1024);
      const vector = new SharedVector(small, { type: Float64Array });
      let count = 0;
      assertCode('ERR_TH_OUT_OF_MEMORY', () => {
        for (;;) {
          vector.push(count);
          count++;
        }
      });
      assert.ok(count >= 8192, `${count} elements`);
      assert.equal(vector.length, count);
      assertExact(small, () => assertCode('ERR_TH_OUT_OF_MEMORY', () => vector.push(1)));
      assert.deepEqual(contents(vector), upTo(count));
      assert.deepEqual(Array.from(vector.pop()), [count - 1]);
      vector.push(5);
      assert.equal(vector.get(count - 1), 5);
      assertSound(small);
      ballast.free();
      vector.free();
      assert.equal(small.currentUsed, 0);
    });

    it('cannot be made, and then nothing is lost', () => {
      const small = new MemoryHeap({ maxSize: 16 * 1024 });
      const blocks = fill(small);
      assertExact(small, () => assertCode('ERR_TH_OUT_OF_MEMORY', () => new SharedVector(small)));
      for (const block of blocks) block.free();
      assert.deepEqual(contents(vectorOf(small, [1])), [1]);
    });

    it('refuses a first chunk that can never fit', () => {
      const small = new MemoryHeap({ maxSize: 64 * 1024 });
      const vector = new SharedVector(small, { bufferLength: 2 ** 31 });
      assertExact(small, () => assertCode('ERR_TH_OUT_OF_MEMORY', () => vector.push(1)));
      assert.equal(vector.length, 0);
      assert.equal(vector.get(0), undefined);
    });
  });

  describe('as a model', () => {
    itRandomly('does what an Array does', (random) => {
      const a = new SharedVector(heap, { type: Int32Array, dataLength: 2, bufferLength: 1 });
      const b = new SharedVector(heap, a.getSharedMemory());
      let model = [];
      for (let i = 0; i < 8000; i++) {
        const vector = random.pick([a, b]);
        const value = [random.below(100) - 50, random.below(100)];
        const index = random.below(model.length + 2);
        switch (random.below(i % 2000 < 1200 ? 10 : 13)) {
          case 4:
          case 8:
            assert.equal(vector.pop()?.join(), model.pop()?.join());
            break;
          case 5:
          case 9:
            assert.equal(vector.deleteIndex(index), model.splice(index, 1).length === 1);
            break;
          case 6:
            if (index < model.length) {
              vector.set(index, value);
              model[index] = value;
            }
            break;
          case 11: {
            const many = upTo(random.below(9)).map((n) => [n, i]);
            assert.equal(vector.pushMany(many.flat()), model.length);
            model.push(...many);
            break;
          }
          case 12: {
            const many = upTo(random.below(5)).map((n) => [n - 9, i]);
            const fits = index + many.length <= model.length;
            const set = () => vector.setMany(index, Int32Array.from(many.flat()));
            if (fits) set();
            else assertCode('ERR_TH_ARG_RANGE', set);
            if (fits) model.splice(index, many.length, ...many);
            break;
          }
          case 7:
            assert.equal(vector.at(-index)?.join(), model.at(-index)?.join());
            assert.equal(vector.get(index, 1), model[index]?.[1]);
            break;
          case 10:
            if (random.chance(0.005)) {
              vector.clear();
              model = [];
            }
            break;
          default:
            assert.equal(vector.push(value), model.push(value) - 1);
        }
        assert.equal(vector.length, model.length);
        if (i % 200 === 0) assert.deepEqual(contents(vector), model.flat());
      }
      assert.deepEqual(contents(a), model.flat());
      a.free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('Symbol.dispose', () => {
    it('frees the vector, and does nothing when it is freed already', () => {
      const vector = vectorOf(heap, [1]);
      const other = new SharedVector(heap, vector.getSharedMemory());
      vector[dispose]();
      assert.equal(heap.currentUsed, 0);
      vector[dispose]();
      other[dispose]();
      assertCode('ERR_TH_FREED', () => other.push(1));
    });
  });

  describe('util.inspect', () => {
    it('shows length, type and elements, and that it is freed', () => {
      const vector = vectorOf(heap, [1, 2]);
      assert.equal(inspect(vector), 'SharedVector(2) Uint32Array [ 1, 2 ]');
      const pairs = vectorOf(heap, [[1n, 2n]], { type: BigInt64Array, dataLength: 2 });
      assert.equal(inspect({ pairs }), '{ pairs: SharedVector(1) BigInt64Array [ [ 1n, 2n ] ] }');
      assert.match(inspect(vectorOf(heap, upTo(500))), /^SharedVector\(500\).* and 400 more$/s);
      vector.free();
      assert.equal(inspect(vector), 'SharedVector <freed>');
    });
  });
});
