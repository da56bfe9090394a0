'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, SharedList, SharedString, SharedVector, getPointer } = require('../lib');
const { assertCode, assertExact, assertSound, dispose, fill } = require('./helpers/check');
const { TYPES, isBig } = require('./helpers/elements');
const { itRandomly } = require('./helpers/random');

const contents = (list) => Array.from(list.toArray());

function listOf(heap, values, config) {
  const list = new SharedList(heap, config);
  for (const value of values) list.push(value);
  return list;
}

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

describe('SharedList', () => {
  let heap;

  beforeEach(() => {
    heap = new MemoryHeap();
  });

  afterEach(() => assertSound(heap));

  describe('options', () => {
    it('are of single Uint32 values unless told otherwise', () => {
      const list = listOf(heap, [1, -1]);
      assert.equal(list.dataLength, 1);
      assert.ok(list.toArray() instanceof Uint32Array);
      assert.deepEqual(contents(list), [1, 2 ** 32 - 1]);
    });

    it('may be undefined, which is as absent', () => {
      const config = { type: undefined, dataLength: undefined, initWithBlock: undefined };
      assert.deepEqual(contents(listOf(heap, [5], config)), [5]);
    });

    it('have no unknown keys', () => {
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new SharedList(heap, { typ: Int8Array }), /typ/);
    });

    it('have a type that is a typed array of numbers', () => {
      for (const type of [null, 'Uint32Array', 1, Array, DataView, class extends Uint8Array {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedList(heap, { type }), /type/);
      }
    });

    it('have a dataLength that is a count', () => {
      for (const dataLength of [null, '2', 2n, [2]]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedList(heap, { dataLength }), /dataLength/);
      }
      for (const dataLength of [0, -1, 1.5, NaN, Infinity, 2 ** 32]) {
        assertCode('ERR_TH_ARG_RANGE', () => new SharedList(heap, { dataLength }), /dataLength/);
      }
    });

    it('are no other thing than an object', () => {
      for (const config of [null, 1, 'text', true, () => {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedList(heap, config), /config/);
      }
      for (const none of [undefined, null, {}, 1, new SharedList(heap)]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedList(none), /heap/);
      }
    });
  });

  describe('elements', () => {
    for (const { Type, values, converted = [] } of TYPES) {
      it(`of ${Type.name} keep every value of that type`, () => {
        const list = listOf(heap, values, { type: Type });
        assert.ok(list.toArray() instanceof Type);
        assert.deepEqual(contents(list), values);
        assert.deepEqual(Array.from(list, ({ data }) => data[0]), values);
        assert.deepEqual(values.map((_, i) => list.at(i)[0]), values);
        assert.deepEqual(values.map(() => list.shift()[0]), values);
      });

      it(`of ${Type.name} are converted as that type converts`, () => {
        for (const [value, read] of converted) {
          assert.deepEqual(contents(listOf(heap, [value], { type: Type })), [read]);
        }
      });

      it(`of ${Type.name} take no value of another kind`, () => {
        const list = new SharedList(heap, { type: Type, dataLength: 2 });
        const other = isBig(Type) ? 1 : 1n;
        for (const value of [other, [other], undefined, null, 'text', true, {}, () => {}, [null]]) {
          assertCode('ERR_TH_ARG_TYPE', () => list.push(value), /values/);
          assertCode('ERR_TH_ARG_TYPE', () => list.insert(value), /values/);
          assertCode('ERR_TH_ARG_TYPE', () => list.deleteValue(value), /values/);
        }
        assert.equal(list.length, 0);
      });
    }

    it('shorter than dataLength are padded with zeros', () => {
      const list = new SharedList(heap, { dataLength: 3, type: Int32Array });
      for (const value of [[7, 8, 9], 1, [2], [3, 4], [], new Float64Array([5, 6])]) {
        list.push(value);
      }
      assert.deepEqual(contents(list), [7, 8, 9, 1, 0, 0, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0]);
      const bigs = listOf(heap, [1n, [2n]], { dataLength: 2, type: BigInt64Array });
      assert.deepEqual(contents(bigs), [1n, 0n, 2n, 0n]);
    });

    it('are read whole first, though reading them may use the list', () => {
      const list = new SharedList(heap, { dataLength: 3 });
      const value = [1, 2, 3];
      Object.defineProperty(value, 1, {
        get() {
          list.push([7, 8, 9]);
          return 2;
        },
      });
      list.push(value);
      assert.deepEqual(contents(list), [7, 8, 9, 1, 2, 3]);
      const strange = new Proxy([], { get: (_, key) => (key === 'length' ? 1.5 : 4) });
      list.push(strange);
      assert.deepEqual(Array.from(list.at(-1)), [4, 4, 0]);
    });

    it('longer than dataLength are refused, and nothing changes', () => {
      const list = listOf(heap, [[1, 2]], { dataLength: 2 });
      assertExact(heap, () => {
        assertCode('ERR_TH_ARG_RANGE', () => list.push([1, 2, 3]), /2 long/);
        assertCode('ERR_TH_ARG_RANGE', () => list.deleteValue([1, 2, 0]), /2 long/);
      });
      assert.deepEqual(contents(list), [1, 2]);
    });

    it('may have 65,535 components', () => {
      for (const dataLength of [1000, 65_535]) {
        const config = { type: Float64Array, dataLength };
        const value = Float64Array.from({ length: dataLength }, (_, i) => i / 3);
        const list = listOf(heap, [value, value], config);
        assert.deepEqual(list.at(1), value);
        assert.equal(list.deleteValue(value), true);
        assert.deepEqual(list.pop(), value);
        assertExact(heap, () => listOf(heap, [value], config).free());
      }
      assertCode('ERR_TH_ARG_RANGE', () => new SharedList(heap, { dataLength: 65_536 }));
    });
  });

  describe('push and insert', () => {
    it('append, and do the same', () => {
      const list = new SharedList(heap);
      list.push(1);
      list.insert(2);
      list.push(3);
      assert.deepEqual(contents(list), [1, 2, 3]);
      assert.equal(list.length, 3);
    });
  });

  describe('pushMany', () => {
    for (const { Type, values } of TYPES) {
      it(`appends ${Type.name} elements one by one`, () => {
        const list = listOf(heap, values.slice(0, 1), { type: Type });
        const many = Type.from({ length: 300 }, (_, i) => values[i % values.length]);
        assert.equal(list.pushMany(many), undefined);
        list.pushMany(values);
        assert.equal(list.length, 301 + values.length);
        assert.deepEqual(contents(list), [values[0], ...many, ...values]);
        assert.deepEqual(Array.from(list, ({ data }) => data[0]), contents(list));
        assert.deepEqual(list.pop()[0], values.at(-1));
        assert.deepEqual(list.shift()[0], values[0]);
      });
    }

    it('takes whole elements of several components, converted, and nothing at all', () => {
      const list = new SharedList(heap, { type: Int8Array, dataLength: 3 });
      list.pushMany([1, 2, 3, 257, 5.5, -6]);
      list.pushMany(new Float64Array([7, 8, 9]));
      list.pushMany([]);
      assert.deepEqual(contents(list), [1, 2, 3, 1, 5, -6, 7, 8, 9]);
      for (const values of [[1], [1, 2, 3, 4], new Int8Array(5)]) {
        assertCode('ERR_TH_ARG_RANGE', () => list.pushMany(values), /multiple of 3/);
      }
      assert.equal(list.length, 3);
    });

    it('refuses what is no array of such numbers, and nothing changes', () => {
      const list = listOf(heap, [1]);
      for (const values of [undefined, null, 1, 'text', {}, new DataView(new ArrayBuffer(8))]) {
        assertCode('ERR_TH_ARG_TYPE', () => list.pushMany(values), /values/);
      }
      for (const values of [[1, '2'], [1n], [null], new BigInt64Array(1)]) {
        assertCode('ERR_TH_ARG_TYPE', () => list.pushMany(values), /values\[/);
      }
      assert.deepEqual(contents(list), [1]);
    });

    it('is not seen by an iteration that has begun', () => {
      const list = listOf(heap, [1, 2]);
      const seen = [];
      for (const { data } of list) {
        seen.push(data[0]);
        if (list.length < 9) list.pushMany([8, 9]);
      }
      assert.deepEqual(seen, [1, 2]);
    });

    it('appends all or nothing in a full heap, and keeps no memory', () => {
      const small = new MemoryHeap({ maxSize: 256 * 1024 });
      const list = listOf(small, upTo(1000));
      assertExact(small, () => {
        assertCode('ERR_TH_OUT_OF_MEMORY', () => list.pushMany(new Uint32Array(8000)));
      });
      assert.deepEqual(contents(list), upTo(1000));
      list.pushMany(new Uint32Array(5000));
      assert.equal(list.length, 6000);
      assertSound(small);
    });
  });

  describe('at', () => {
    it('gives a live view, from the end when negative', () => {
      const list = listOf(heap, [[1, 2], [3, 4], [5, 6]], { dataLength: 2 });
      list.at(1)[1] = 40;
      list.at(-1)[0] = 50;
      assert.deepEqual(contents(list), [1, 2, 3, 40, 50, 6]);
      assert.equal(list.at(0).length, 2);
    });

    it('is undefined where there is no element', () => {
      const list = listOf(heap, [1, 2]);
      for (const index of [2, -3, 2 ** 32, -(2 ** 40), Number.MAX_SAFE_INTEGER]) {
        assert.equal(list.at(index), undefined);
      }
      assert.equal(new SharedList(heap).at(0), undefined);
    });

    it('refuses what is no index', () => {
      const list = listOf(heap, [1]);
      for (const index of [undefined, null, '0', 0n, {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => list.at(index), /index/);
        assertCode('ERR_TH_ARG_TYPE', () => list.deleteIndex(index), /index/);
      }
      for (const index of [0.5, NaN, Infinity]) {
        assertCode('ERR_TH_ARG_RANGE', () => list.at(index), /index/);
        assertCode('ERR_TH_ARG_RANGE', () => list.deleteIndex(index), /index/);
      }
    });

    it('gives views of the fixed length of an element', () => {
      const data = listOf(heap, [1]).at(0);
      heap.alloc(2 ** 20);
      assert.equal(data.length, 1);
    });
  });

  describe('iteration', () => {
    it('yields { data, index, deleteCurrent }, data being live', () => {
      const list = listOf(heap, [10, 20, 30]);
      const indices = [];
      for (const { data, index, deleteCurrent } of list) {
        data[0]++;
        indices.push(index);
        assert.equal(typeof deleteCurrent, 'function');
      }
      assert.deepEqual(indices, [0, 1, 2]);
      assert.deepEqual(contents(list), [11, 21, 31]);
    });

    it('visits every element in order, however many there are', () => {
      for (const count of [0, 1, 255, 256, 257, 5000]) {
        const list = listOf(heap, upTo(count));
        assert.deepEqual(Array.from(list, ({ data }) => data[0]), upTo(count));
        assert.deepEqual(Array.from(list, ({ index }) => index), upTo(count));
      }
    });

    it('can be nested and left early', () => {
      const list = listOf(heap, [1, 2, 3]);
      const pairs = [];
      for (const a of list) {
        for (const b of list) {
          pairs.push(`${a.data[0]}${b.data[0]}`);
          if (b.index === 1) break;
        }
      }
      assert.deepEqual(pairs, ['11', '12', '21', '22', '31', '32']);
    });

    it('deletes the current element, once', () => {
      const list = listOf(heap, upTo(600));
      for (const { data, deleteCurrent } of list) {
        if (data[0] % 2 === 0) continue;
        assert.equal(deleteCurrent(), true);
        assert.equal(deleteCurrent(), false);
      }
      assert.deepEqual(contents(list), upTo(300).map((i) => i * 2));
    });

    it('counts index as if deleted elements had not been there', () => {
      const seen = [];
      for (const item of listOf(heap, [5, 6, 7, 8])) {
        seen.push(item.index);
        if (item.data[0] < 7) item.deleteCurrent();
      }
      assert.deepEqual(seen, [0, 0, 0, 1]);
    });

    it('does not count what was deleted later than in its turn', () => {
      const iterator = listOf(heap, [5, 6, 7])[Symbol.iterator]();
      const first = iterator.next().value;
      assert.equal(iterator.next().value.index, 1);
      assert.equal(first.deleteCurrent(), true);
      assert.equal(first.deleteCurrent(), false);
      assert.equal(iterator.next().value.index, 1);
    });

    it('shows and deletes elements at addresses beyond 2 GiB', () => {
      const half = new SharedVector(heap, { type: Uint8Array, bufferLength: 2 ** 31 });
      half.push(0);
      const list = listOf(heap, upTo(600));
      assert.ok(list.pointer > 2 ** 31);
      for (const { data, deleteCurrent } of list) {
        assert.ok(data.byteOffset > 2 ** 31);
        if (data[0] % 2) assert.equal(deleteCurrent(), true);
      }
      assert.deepEqual(contents(list), upTo(300).map((i) => i * 2));
      half.free();
    });

    it('can empty the list', () => {
      const list = listOf(heap, upTo(1000));
      for (const { deleteCurrent } of list) deleteCurrent();
      assert.equal(list.length, 0);
      assert.deepEqual(contents(list), []);
    });

    it('ends although every step appends', () => {
      const list = listOf(heap, upTo(300));
      let steps = 0;
      for (const { data } of list) {
        list.push(data[0]);
        steps++;
      }
      assert.equal(steps, 300);
      assert.equal(list.length, 600);
    });

    it('does not visit an element that was deleted before its turn', () => {
      const list = listOf(heap, upTo(10));
      const seen = [];
      for (const { data } of list) {
        seen.push(data[0]);
        if (data[0] === 2) {
          list.deleteIndex(3);
          list.deleteValue(5);
          list.pop();
          list.shift();
        }
      }
      assert.deepEqual(seen, [0, 1, 2, 4, 6, 7, 8]);
    });

    it('does not take a new element in the place of a deleted one for it', () => {
      const list = listOf(heap, upTo(5));
      const seen = [];
      for (const { data } of list) {
        seen.push(data[0]);
        if (data[0] !== 0) continue;
        list.clear();
        for (let i = 100; i < 110; i++) list.push(i);
      }
      assert.deepEqual(seen, [0]);
      assert.equal(list.length, 10);
    });

    it('does not delete a new element in the place of a deleted one', () => {
      const list = listOf(heap, [1]);
      const [item] = list;
      list.clear();
      list.push(2);
      assert.equal(item.deleteCurrent(), false);
      assert.deepEqual(contents(list), [2]);
    });

    it('ends with an error when another list has the place of a freed one', () => {
      const list = new SharedList(heap, { type: Int32Array });
      list.pushMany([1, 2, 3]);
      const elements = list[Symbol.iterator]();
      elements.next();
      const { pointer } = list;
      list.free();
      const other = new SharedList(heap, { type: Int32Array });
      other.pushMany([4, 5]);
      assert.equal(other.pointer, pointer);
      assertCode('ERR_TH_FREED', () => elements.next());
    });

    it('ends with an error when the list is freed under it', () => {
      const list = listOf(heap, upTo(600));
      let steps = 0;
      assertCode('ERR_TH_FREED', () => {
        for (const { index } of list) {
          if (index === 300) list.free();
          steps++;
        }
      });
      assert.equal(steps, 301);
    });

    itRandomly('skips and repeats nothing, whatever is deleted and pushed meanwhile', (random) => {
      for (let round = 0; round < 60; round++) {
        const list = listOf(heap, upTo(random.below(700)));
        const live = new Set(contents(list));
        const expected = [];
        const seen = [];
        let next = 10_000;
        let last = -1;
        const remove = (value) => {
          assert.equal(list.deleteValue(value), true);
          live.delete(value);
        };
        for (const { data, deleteCurrent } of list) {
          const [value] = data;
          seen.push(value);
          // The first live one behind the last seen, of those that were there at the start.
          expected.push([...live].find((other) => other > last && other < 10_000));
          last = value;
          for (let i = random.below(3); i > 0; i--) {
            if (random.chance(0.3)) {
              live.add(next);
              list.push(next++);
            } else if (random.chance(0.5) && live.has(value)) {
              assert.equal(deleteCurrent(), true);
              live.delete(value);
            } else if (live.size > 0) {
              remove(random.pick([...live]));
            }
          }
        }
        assert.deepEqual(seen, expected);
        assert.ok(![...live].some((value) => value > last && value < 10_000), 'ended early');
        assert.deepEqual(contents(list), [...live]);
        list.free();
      }
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('forEach', () => {
    it('calls with the data and the index of each element', () => {
      const calls = [];
      listOf(heap, [3, 4]).forEach((data, index) => calls.push([data[0], index]));
      assert.deepEqual(calls, [[3, 0], [4, 1]]);
    });

    it('refuses what is no function', () => {
      const list = listOf(heap, [1]);
      for (const callback of [undefined, null, {}, 1]) {
        assertCode('ERR_TH_ARG_TYPE', () => list.forEach(callback), /callback/);
        assertCode('ERR_TH_ARG_TYPE', () => list.deleteMatch(callback), /callback/);
      }
    });

    it('passes on what the callback throws', () => {
      const list = listOf(heap, [1, 2]);
      const error = new Error('mine');
      const fail = () => {
        throw error;
      };
      assert.throws(() => list.forEach(fail), error);
      assert.throws(() => list.deleteMatch(fail), error);
      list.push(3);
      assert.deepEqual(contents(list), [1, 2, 3]);
    });
  });

  describe('deleteIndex', () => {
    it('deletes that element and tells whether there was one', () => {
      const list = listOf(heap, upTo(6));
      assert.equal(list.deleteIndex(0), true);
      assert.equal(list.deleteIndex(4), true);
      assert.equal(list.deleteIndex(1), true);
      for (const index of [3, -1, 2 ** 32, -(2 ** 32)]) assert.equal(list.deleteIndex(index), false);
      assert.deepEqual(contents(list), [1, 3, 4]);
    });
  });

  describe('deleteValue', () => {
    it('deletes the first element whose first component is the number', () => {
      const list = listOf(heap, [[1, 5], [2, 6], [2, 7], [5, 2]], { dataLength: 2 });
      assert.equal(list.deleteValue(2), true);
      assert.equal(list.deleteValue(6), false);
      assert.deepEqual(contents(list), [1, 5, 2, 7, 5, 2]);
    });

    it('deletes the first element that is the array, padded with zeros', () => {
      const list = listOf(heap, [[1, 5], [1, 0], [1, 0]], { dataLength: 2 });
      assert.equal(list.deleteValue([1]), true);
      assert.deepEqual(contents(list), [1, 5, 1, 0]);
      assert.equal(list.deleteValue([1, 5]), true);
      assert.equal(list.deleteValue(new Uint32Array([1, 6])), false);
      assert.equal(list.deleteValue(new Uint32Array([1, 0])), true);
      assert.equal(list.length, 0);
      assert.equal(list.deleteValue([]), false);
      list.push(0);
      assert.equal(list.deleteValue([]), true);
    });

    it('compares floats as a Map does: NaN is NaN, 0 is -0', () => {
      for (const type of [Float32Array, Float64Array]) {
        const list = listOf(heap, [1, NaN, -0], { type });
        assert.equal(list.deleteValue(NaN), true);
        assert.equal(list.deleteValue(0), true);
        assert.equal(list.deleteValue([NaN]), false);
        assert.deepEqual(contents(list), [1]);
      }
    });

    it('finds a bigint', () => {
      const list = listOf(heap, [1n, 2n ** 64n - 1n], { type: BigUint64Array });
      assert.equal(list.deleteValue(2n ** 64n - 1n), true);
      assert.equal(list.deleteValue(2n), false);
      assert.deepEqual(contents(list), [1n]);
    });
  });

  describe('deleteMatch', () => {
    it('deletes the first element the callback is true of, and no other', () => {
      const list = listOf(heap, [3, 4, 5, 4]);
      const asked = [];
      const found = list.deleteMatch((data, index) => {
        asked.push([data[0], index]);
        return data[0] === 4;
      });
      assert.equal(found, true);
      assert.deepEqual(asked, [[3, 0], [4, 1]]);
      assert.deepEqual(contents(list), [3, 5, 4]);
      assert.equal(list.deleteMatch(() => false), false);
      assert.equal(new SharedList(heap).deleteMatch(() => true), false);
    });

    it('lets the callback change the list', () => {
      const list = listOf(heap, [1, 2, 3]);
      const found = list.deleteMatch((data) => {
        if (data[0] === 1) list.deleteValue(2);
        return data[0] !== 1;
      });
      assert.equal(found, true);
      assert.deepEqual(contents(list), [1]);
    });
  });

  describe('shift and pop', () => {
    it('take from the ends, and are undefined when there is nothing', () => {
      const list = listOf(heap, [1, 2, 3]);
      assert.deepEqual(list.shift(), new Uint32Array([1]));
      assert.deepEqual(list.pop(), new Uint32Array([3]));
      assert.deepEqual(list.pop(), new Uint32Array([2]));
      for (let i = 0; i < 3; i++) {
        assert.equal(list.pop(), undefined);
        assert.equal(list.shift(), undefined);
        assert.equal(list.length, 0);
      }
    });

    it('give copies that nothing changes any more', () => {
      const list = listOf(heap, [[1, 2], [3, 4]], { dataLength: 2 });
      const first = list.shift();
      const last = list.pop();
      list.push([9, 9]);
      list.push([9, 9]);
      assert.deepEqual(Array.from(first), [1, 2]);
      assert.deepEqual(Array.from(last), [3, 4]);
      assert.ok(first.buffer instanceof ArrayBuffer);
    });

    it('keep a queue going without using more and more', () => {
      const list = listOf(heap, upTo(100));
      const { currentUsed } = heap;
      for (let i = 100; i < 20_000; i++) {
        list.push(i);
        assert.equal(list.shift()[0], i - 100);
      }
      assert.equal(heap.currentUsed, currentUsed);
    });
  });

  describe('toArray', () => {
    it('is one flat typed array, a copy', () => {
      const list = listOf(heap, [[1, 2], [3, 4]], { type: Int16Array, dataLength: 2 });
      const array = list.toArray();
      assert.deepEqual(array, new Int16Array([1, 2, 3, 4]));
      array.fill(0);
      assert.deepEqual(contents(list), [1, 2, 3, 4]);
      assert.deepEqual(new SharedList(heap, { type: Float64Array }).toArray(), new Float64Array(0));
    });

    it('fills the beginning of an array that it is given', () => {
      const list = listOf(heap, [[1, 2], [3, 4]], { type: Int16Array, dataLength: 2 });
      for (const length of [4, 5, 100]) {
        const out = new Int16Array(length).fill(9);
        const part = list.toArray(out);
        assert.deepEqual(part, new Int16Array([1, 2, 3, 4]));
        assert.equal(part.buffer, out.buffer);
        assert.ok(out.subarray(4).every((value) => value === 9));
      }
      const shared = new Int16Array(new SharedArrayBuffer(64), 8, 6);
      assert.deepEqual(list.toArray(shared), new Int16Array([1, 2, 3, 4]));
      const block = heap.alloc(64).getArray(Int16Array);
      assert.deepEqual(list.toArray(block), new Int16Array([1, 2, 3, 4]));
      list.clear();
      assert.equal(list.toArray(new Int16Array(0)).length, 0);
    });

    it('refuses an array that is too short, or of another type', () => {
      const list = listOf(heap, [[1, 2], [3, 4]], { type: Int16Array, dataLength: 2 });
      for (const length of [0, 1, 2, 3]) {
        assertCode('ERR_TH_ARG_RANGE', () => list.toArray(new Int16Array(length)), /out .*needs, 4/);
      }
      for (const out of [null, 4, [], {}, new Uint16Array(4), new DataView(new ArrayBuffer(8))]) {
        assertCode('ERR_TH_ARG_TYPE', () => list.toArray(out), /out .*Int16Array/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => list.toArray(Object.create(Int16Array.prototype)));
      list.free();
      assertCode('ERR_TH_FREED', () => list.toArray(new Int16Array(4)));
    });
  });

  describe('clear', () => {
    it('leaves an empty list, which uses what an empty one does', () => {
      const list = new SharedList(heap);
      assertExact(heap, () => {
        for (const value of upTo(5000)) list.push(value);
        list.clear();
      });
      assert.equal(list.length, 0);
      assert.deepEqual(contents(list), []);
      list.push(1);
      assert.deepEqual(contents(list), [1]);
    });
  });

  describe('onDelete', () => {
    const withLog = (list) => {
      const log = [];
      list.onDelete = (data) => log.push(Array.from(data));
      return log;
    };

    it('is told of what deleteIndex, deleteValue, deleteMatch and deleteCurrent delete', () => {
      const list = listOf(heap, upTo(5).map((i) => [i, i * i]), { dataLength: 2 });
      const log = withLog(list);
      list.deleteIndex(4);
      list.deleteValue(3);
      list.deleteValue([2, 4]);
      list.deleteMatch((data) => data[0] === 1);
      for (const { deleteCurrent } of list) deleteCurrent();
      assert.deepEqual(log, [[4, 16], [3, 9], [2, 4], [1, 1], [0, 0]]);
    });

    it('is told of each element that clear and free delete, in order', () => {
      const list = listOf(heap, [1, 2, 3]);
      const log = withLog(list);
      list.clear();
      assert.deepEqual(log, [[1], [2], [3]]);
      list.push(4);
      list.push(5);
      list.free();
      assert.deepEqual(log, [[1], [2], [3], [4], [5]]);
      assert.equal(heap.currentUsed, 0);
    });

    it('is not told of what shift and pop hand out, nor when nothing was deleted', () => {
      const list = listOf(heap, [1, 2, 3]);
      const log = withLog(list);
      list.shift();
      list.pop();
      list.deleteIndex(7);
      list.deleteIndex(-1);
      list.deleteValue(7);
      list.deleteMatch(() => false);
      assert.deepEqual(log, []);
    });

    it('gets a copy', () => {
      const list = listOf(heap, [1, 2]);
      let copy;
      list.onDelete = (data) => (copy = data);
      list.deleteIndex(0);
      list.push(99);
      assert.deepEqual(copy, new Uint32Array([1]));
      assert.ok(copy.buffer instanceof ArrayBuffer);
    });

    it('may use the list', () => {
      const list = listOf(heap, [1, 2, 3]);
      list.onDelete = (data) => {
        if (data[0] < 10) list.push(data[0] + 10);
      };
      list.clear();
      assert.deepEqual(contents(list), [11, 12, 13]);
      list.clear();
      assert.equal(list.length, 0);
    });

    it('that throws has the element deleted all the same', () => {
      const list = listOf(heap, [1, 2, 3]);
      const error = new Error('mine');
      list.onDelete = () => {
        throw error;
      };
      assert.throws(() => list.deleteIndex(0), error);
      assert.throws(() => list.clear(), error);
      assert.deepEqual(contents(list), [3]);
      list.onDelete = undefined;
      list.free();
      assert.equal(heap.currentUsed, 0);
    });

    it('is a function or undefined', () => {
      const list = new SharedList(heap);
      assert.equal(list.onDelete, undefined);
      for (const callback of [null, 1, {}, 'text']) {
        assertCode('ERR_TH_ARG_TYPE', () => (list.onDelete = callback), /onDelete/);
      }
      const callback = () => {};
      list.onDelete = callback;
      assert.equal(list.onDelete, callback);
      list.onDelete = undefined;
      assert.equal(list.onDelete, undefined);
    });

    it('can free the strings that a list points to', () => {
      const list = new SharedList(heap);
      list.onDelete = (data) => new SharedString(heap, getPointer(data[0])).free();
      for (const name of ['Ann', 'a name that is too long to be inline', '']) {
        list.push(new SharedString(heap, name).pointer);
      }
      const names = Array.from(
        list,
        ({ data }) => new SharedString(heap, getPointer(data[0])).value
      );
      assert.deepEqual(names, ['Ann', 'a name that is too long to be inline', '']);
      list.deleteIndex(1);
      list.free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('free', () => {
    it('gives back what the list took, exactly', () => {
      for (const { Type } of TYPES) {
        for (const dataLength of [1, 3, 40]) {
          assertExact(heap, () => {
            const list = new SharedList(heap, { type: Type, dataLength });
            for (let i = 0; i < 100; i++) list.push([]);
            list.deleteIndex(50);
            list.free();
          });
        }
      }
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('over a block', () => {
    it('given as initWithBlock, an AllocatedMemory, is named by that block', () => {
      const block = heap.allocUI32(SharedList.ALLOCATE_COUNT);
      const list = new SharedList(heap, { initWithBlock: block, type: Float32Array });
      list.push(1.5);
      assert.equal(list.pointer, block.pointer);
      assert.deepEqual(list.getSharedMemory().firstBlock, block.getSharedMemory());
      const rebuilt = new SharedList(heap, { firstBlock: getPointer(block.pointer) });
      assert.deepEqual(rebuilt.toArray(), new Float32Array([1.5]));
    });

    it('given as initWithBlock, the descriptor of a block, is named by it too', () => {
      const block = heap.allocUI32(SharedList.ALLOCATE_COUNT);
      const list = new SharedList(heap, { initWithBlock: block.getSharedMemory() });
      list.push(3);
      const rebuilt = new SharedList(heap, list.getSharedMemory());
      assert.deepEqual(contents(rebuilt), [3]);
    });

    it('of zeros is an empty list of single Uint32 values, for every handle the same', () => {
      const block = heap.allocUI32(SharedList.ALLOCATE_COUNT);
      const a = new SharedList(heap, { firstBlock: block.getSharedMemory() });
      const b = new SharedList(heap, { firstBlock: block.getSharedMemory() });
      assert.equal(a.length, 0);
      a.push(1);
      b.push(2);
      assert.deepEqual(contents(a), [1, 2]);
      assert.deepEqual(contents(b), [1, 2]);
    });

    it('can be one of several in a bigger block', () => {
      const count = SharedList.ALLOCATE_COUNT;
      const block = heap.allocUI32(2 + 3 * count);
      block.data.fill(77, 0, 2);
      const lists = [0, 1, 2].map((i) => {
        const initWithBlock = block.getArrayMemory(2 + i * count, count);
        return listOf(heap, [i, i], { initWithBlock });
      });
      for (let i = 0; i < 3; i++) {
        const firstBlock = block.getArrayMemory(2 + i * count, count);
        assert.deepEqual(contents(new SharedList(heap, { firstBlock })), [i, i]);
      }
      for (const list of lists) list.free();
      assert.deepEqual(Array.from(block.data.subarray(0, 2)), [77, 77]);
      assert.ok(block.data.subarray(2).every((word) => word === 0));
      block.free();
      assert.equal(heap.currentUsed, 0);
    });

    it('leaves the block to the user, zeroed, when it is freed', () => {
      const block = heap.allocUI32(SharedList.ALLOCATE_COUNT);
      const { currentUsed } = heap;
      for (let i = 0; i < 3; i++) {
        const list = listOf(heap, upTo(50), { initWithBlock: block });
        list.free();
        assert.equal(heap.currentUsed, currentUsed);
        assert.ok(block.data.every((word) => word === 0));
      }
    });

    it('that holds a list already is refused for another, and nothing is lost', () => {
      const block = heap.allocUI32(SharedList.ALLOCATE_COUNT);
      const list = listOf(heap, [1, 2], { initWithBlock: block });
      assertExact(heap, () => {
        assertCode('ERR_TH_BAD_DESCRIPTOR', () => new SharedList(heap, { initWithBlock: block }));
      });
      assert.deepEqual(contents(list), [1, 2]);
    });

    it('that is too small, freed or none is refused, and nothing is lost', () => {
      const small = heap.allocUI32(SharedList.ALLOCATE_COUNT - 1);
      const big = heap.allocUI32(SharedList.ALLOCATE_COUNT + 1);
      const freed = heap.allocUI32(SharedList.ALLOCATE_COUNT);
      freed.free();
      const bad = [small, freed, getPointer(big.pointer + 8), getPointer(0), getPointer(2 ** 31)];
      assertExact(heap, () => {
        for (const block of bad) {
          const { bufferPosition, bufferByteOffset } = block;
          const firstBlock = { bufferPosition, bufferByteOffset };
          assertCode('ERR_TH_BAD_DESCRIPTOR', () => new SharedList(heap, { initWithBlock: block }));
          assertCode('ERR_TH_BAD_DESCRIPTOR', () => new SharedList(heap, { firstBlock }));
        }
        assertCode('ERR_TH_ARG_RANGE', () =>
          new SharedList(heap, { initWithBlock: getPointer(big.pointer + 2) })
        );
        for (const block of [null, 1, 'text', {}, { bufferPosition: 0 }]) {
          assertCode('ERR_TH_ARG_TYPE', () => new SharedList(heap, { initWithBlock: block }));
        }
      });
    });

    it('that is freed before it takes nothing with it', () => {
      const block = heap.allocUI32(SharedList.ALLOCATE_COUNT);
      const list = listOf(heap, [1, 2], { initWithBlock: block });
      const descriptor = list.getSharedMemory();
      block.free();
      assert.deepEqual(contents(list), [1, 2]);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new SharedList(heap, descriptor));
      const other = heap.allocUI32(SharedList.ALLOCATE_COUNT);
      other.data.fill(5);
      list.free();
      assert.ok(other.data.every((word) => word === 5));
      other.free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('in a full heap', () => {
    it('refuses a push, keeps what it has, and goes on after something was freed', () => {
      const small = new MemoryHeap({ maxSize: 64 * 1024 });
      const list = new SharedList(small, { type: Float64Array, dataLength: 3 });
      let count = 0;
      assertCode('ERR_TH_OUT_OF_MEMORY', () => {
        for (;;) {
          list.push([count, 1, 2]);
          count++;
        }
      });
      assert.ok(count > 500);
      assert.equal(list.length, count);
      assertExact(small, () => assertCode('ERR_TH_OUT_OF_MEMORY', () => list.push(1)));
      assert.deepEqual(Array.from(list, ({ data }) => data[0]), upTo(count));
      assert.deepEqual(Array.from(list.shift()), [0, 1, 2]);
      list.push([7, 7, 7]);
      assertSound(small);
      assert.deepEqual(Array.from(list.at(-1)), [7, 7, 7]);
      list.free();
      assert.equal(small.currentUsed, 0);
    });

    it('cannot be made, and then nothing is lost', () => {
      const small = new MemoryHeap({ maxSize: 16 * 1024 });
      const blocks = fill(small);
      assertExact(small, () => assertCode('ERR_TH_OUT_OF_MEMORY', () => new SharedList(small)));
      for (const block of blocks) block.free();
      assert.deepEqual(contents(listOf(small, [1])), [1]);
    });
  });

  describe('as a model', () => {
    itRandomly('does what an Array does', (random) => {
      const list = new SharedList(heap, { type: Int32Array, dataLength: 2 });
      const other = new SharedList(heap, list.getSharedMemory());
      let model = [];
      const flat = () => model.flat();
      const remove = (index) => index >= 0 && model.splice(index, 1).length === 1;
      for (let i = 0; i < 8000; i++) {
        const target = random.pick([list, other]);
        const value = [random.below(20), random.below(3)];
        const index = random.below(model.length + 2);
        switch (random.below(i % 2000 < 1000 ? 9 : 14)) {
          case 5:
            assert.deepEqual(target.shift()?.join(), model.shift()?.join());
            break;
          case 6:
            assert.deepEqual(target.pop()?.join(), model.pop()?.join());
            break;
          case 7:
          case 9:
            assert.equal(target.deleteIndex(index), remove(index));
            break;
          case 8:
          case 10:
            assert.equal(
              target.deleteValue(value[0]),
              remove(model.findIndex(([first]) => first === value[0]))
            );
            break;
          case 11:
            assert.equal(
              target.deleteValue(value),
              remove(model.findIndex((element) => element.join() === value.join()))
            );
            break;
          case 12:
            if (random.chance(0.01)) {
              target.clear();
              model = [];
            }
            break;
          case 13:
            assert.deepEqual(target.at(-index)?.join(), model.at(-index)?.join());
            if (index < model.length) {
              target.at(index).set(value);
              model[index] = value;
            }
            break;
          default:
            target.push(value);
            model.push(value);
        }
        assert.equal(target.length, model.length);
        if (i % 200 === 0) assert.deepEqual(contents(target), flat());
      }
      assert.deepEqual(contents(list), flat());
      list.free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('Symbol.dispose', () => {
    it('is noticed also when a list of larger elements took its place', () => {
      const list = new SharedList(heap, { type: Uint8Array });
      const other = new SharedList(heap, list.getSharedMemory());
      list.free();
      const next = new SharedList(heap, { type: Float64Array, dataLength: 9 });
      assert.equal(next.pointer, other.pointer);
      assertCode('ERR_TH_FREED', () => other.deleteValue(1));
      assertCode('ERR_TH_FREED', () => other.deleteValue([1]));
      assertCode('ERR_TH_FREED', () => other.toArray());
    });

    it('frees the list, and does nothing when it is freed already', () => {
      const list = listOf(heap, [1]);
      const other = new SharedList(heap, list.getSharedMemory());
      list[dispose]();
      assert.equal(heap.currentUsed, 0);
      list[dispose]();
      other[dispose]();
      assertCode('ERR_TH_FREED', () => other.push(1));
    });
  });

  describe('util.inspect', () => {
    it('shows length, type and elements, and that it is freed', () => {
      const list = listOf(heap, [1, 2]);
      assert.equal(inspect(list), 'SharedList(2) Uint32Array [ 1, 2 ]');
      assert.equal(inspect({ list }), '{ list: SharedList(2) Uint32Array [ 1, 2 ] }');
      const pairs = listOf(heap, [[1, 0.5]], { type: Float64Array, dataLength: 2 });
      assert.equal(inspect(pairs), 'SharedList(1) Float64Array [ [ 1, 0.5 ] ]');
      assert.match(inspect(listOf(heap, upTo(500))), /^SharedList\(500\).* and 400 more$/s);
      list.free();
      assert.equal(inspect(list), 'SharedList <freed>');
    });
  });
});
