'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryBuffer, MemoryHeap, SharedMap } = require('../lib');
const { assertCode, dispose } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const PAGE = 4096;
const TYPES = { u8: Uint8Array, u8c: Uint8ClampedArray, i8: Int8Array, u16: Uint16Array,
  i16: Int16Array, u32: Uint32Array, i32: Int32Array, f32: Float32Array, f64: Float64Array };
const NO_NUMBERS = ['1', null, undefined, {}, 1n];

const shared = (byteLength) => new SharedArrayBuffer(byteLength);

// Allocates until there is no room; returns the addresses.
function fill(memory, bytes) {
  const addresses = [];
  for (let address; (address = memory.malloc(bytes)) !== 0; ) addresses.push(address);
  return addresses;
}

describe('MemoryBuffer', () => {
  let memory;

  beforeEach(() => {
    memory = new MemoryBuffer({ buf: shared(2 ** 18) });
  });

  afterEach(() => memory.release());

  describe('the constructor', () => {
    itRandomly('makes a shared buffer with room for blocks of that size together', (random) => {
      for (const size of [undefined, 4096, 65536, 2 ** 20]) {
        const made = new MemoryBuffer({ size });
        assert.ok(made.buf instanceof SharedArrayBuffer);
        const sizeMax = random.pick([8, 64, 2000, 5000, 100_000]);
        for (let left = (size ?? 4096) - 32; ; ) {
          const bytes = 1 + random.below(sizeMax);
          left -= bytes + 8; // what a header beside each takes
          if (left < 0) break;
          assert.notEqual(made.malloc(bytes), 0);
        }
      }
    });

    it('keeps to the part of a buffer that it is given', () => {
      const buf = shared(100_000);
      const bytes = new Uint8Array(buf).fill(1);
      const [start, end] = [5000, 70_001];
      const part = new MemoryBuffer({ buf, start, end });
      for (const size of [10, 500, 3000, 5000]) {
        for (const address of fill(part, size)) {
          assert.ok(address >= 8192 + PAGE && address + size <= end);
          bytes.fill(2, address, address + size);
        }
      }
      assert.ok(bytes.subarray(0, 8192).every((byte) => byte === 1));
      assert.ok(bytes.subarray(69_632).every((byte) => byte === 1));
    });

    it('aligns blocks to 16 bytes, or to more', () => {
      for (const align of [8, 16, 64, 4096]) {
        const aligned = new MemoryBuffer({ buf: shared(2 ** 18), start: 100, align });
        for (const size of [1, 24, 100, 5000]) {
          assert.equal(aligned.malloc(size) % Math.max(16, align), 0);
        }
      }
    });

    it('opens the allocator of a buffer, and otherwise begins with an empty one', () => {
      const address = memory.malloc(100);
      const { buf } = memory;
      const other = new MemoryBuffer({ buf, skipInitialization: true });
      assert.equal(other.bytesFor(address), 104);
      assert.equal(other.free(address), true);
      assert.equal(memory.free(address), false);
      memory.malloc(1);
      assert.equal(new MemoryBuffer({ buf }).stats().used.count, 0);
      assert.equal(memory.stats().used.count, 0);
    });

    it('leaves what a MemoryHeap has in the same buffer', () => {
      const heap = new MemoryHeap({ bufferSize: PAGE, initialBuffers: 20 });
      const map = new SharedMap(heap).set('key', 'a text that needs a block of its own');
      const beside = new MemoryBuffer({ buf: heap.buffers[0].buf });
      assert.notEqual(beside.malloc(100), 0);
      beside.freeAll();
      assert.equal(map.get('key'), 'a text that needs a block of its own');
    });

    it('refuses a buffer that is too small, and says how much it takes', () => {
      for (const [size, start] of [[8191, 0], [1, 0], [0, 0], [12287, 1], [2 ** 18, 2 ** 18]]) {
        const buf = shared(size);
        assertCode('ERR_TH_ARG_RANGE', () => new MemoryBuffer({ buf, start }), /8192 bytes/);
      }
      assertCode('ERR_TH_ARG_RANGE', () => new MemoryBuffer({ buf: shared(9000), end: 8000 }));
      assert.notEqual(new MemoryBuffer({ buf: shared(8192) }).malloc(100), 0);
    });

    it('refuses a buffer without an allocator that is not to be initialised', () => {
      const buf = shared(2 ** 16);
      const open = () => new MemoryBuffer({ buf, skipInitialization: true });
      assertCode('ERR_TH_BAD_DESCRIPTOR', open, /no allocator/);
      new MemoryBuffer({ buf, start: PAGE });
      assertCode('ERR_TH_BAD_DESCRIPTOR', open);
      const copy = shared(2 ** 16);
      new Uint8Array(copy).set(new Uint8Array(buf));
      const ofCopy = () => new MemoryBuffer({ buf: copy, start: PAGE, skipInitialization: true });
      assertCode('ERR_TH_BAD_DESCRIPTOR', ofCopy, /no allocator/);
    });

    it('refuses other options', () => {
      for (const buf of [new ArrayBuffer(2 ** 16), new Uint8Array(shared(2 ** 16)), {}, null]) {
        assertCode('ERR_TH_ARG_TYPE', () => new MemoryBuffer({ buf }), /buf.*SharedArrayBuffer/);
      }
      for (const name of ['size', 'start', 'end', 'align', 'minSplit']) {
        assertCode('ERR_TH_ARG_TYPE', () => new MemoryBuffer({ [name]: '8' }), new RegExp(name));
        assertCode('ERR_TH_ARG_RANGE', () => new MemoryBuffer({ [name]: -1 }), new RegExp(name));
      }
      for (const name of ['compact', 'split', 'skipInitialization']) {
        assertCode('ERR_TH_ARG_TYPE', () => new MemoryBuffer({ [name]: 1 }), new RegExp(name));
        new MemoryBuffer({ [name]: false });
      }
      for (const align of [4, 24, 2 ** 21]) {
        assertCode('ERR_TH_ARG_RANGE', () => new MemoryBuffer({ align }), /align/);
      }
      assertCode('ERR_TH_ARG_RANGE', () => new MemoryBuffer({ minSplit: 8 }), /minSplit/);
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new MemoryBuffer({ length: 1 }), /length/);
      assertCode('ERR_TH_ARG_TYPE', () => new MemoryBuffer(1), /options/);
    });
  });

  describe('malloc and calloc', () => {
    it('return addresses of blocks that do not overlap, or 0 when there is no room', () => {
      const addresses = fill(memory, 1000);
      assert.ok(addresses.length > 200);
      const bytes = new Uint8Array(memory.buf);
      addresses.forEach((address, i) => bytes.fill(i, address, address + 1000));
      addresses.forEach((address, i) => {
        assert.ok(bytes.subarray(address, address + 1000).every((byte) => byte === i % 256));
      });
      assert.equal(memory.calloc(1000), 0);
      assert.equal(memory.malloc(2 ** 32), 0);
      assert.equal(memory.free(addresses[5]), true);
      assert.equal(memory.malloc(1000), addresses[5]);
    });

    it('return 0 for no bytes, and round up', () => {
      for (const bytes of [0, -1, -Infinity]) assert.equal(memory.malloc(bytes), 0);
      assert.equal(memory.bytesFor(memory.malloc(8.5)), 16);
    });

    it('fill with zeros or something else', () => {
      const bytes = new Uint8Array(memory.buf);
      const old = memory.malloc(100);
      bytes.fill(255, old, old + 100);
      memory.free(old);
      for (const fillWith of [undefined, 0, 7]) {
        const address = memory.calloc(100, fillWith);
        assert.ok(bytes.subarray(address, address + 100).every((byte) => byte === (fillWith ?? 0)));
        memory.free(address);
      }
    });

    it('refuse what is no number of bytes', () => {
      for (const wrong of NO_NUMBERS) {
        assertCode('ERR_TH_ARG_TYPE', () => memory.malloc(wrong), /bytes/);
        assertCode('ERR_TH_ARG_TYPE', () => memory.calloc(wrong), /bytes/);
        assertCode('ERR_TH_ARG_TYPE', () => memory.realloc(PAGE, wrong), /bytes/);
        if (wrong !== undefined) assertCode('ERR_TH_ARG_TYPE', () => memory.calloc(1, wrong), /fill/);
      }
      for (const wrong of [NaN, Infinity, 2 ** 32 + 1]) {
        assertCode('ERR_TH_ARG_RANGE', () => memory.malloc(wrong), /bytes/);
      }
      assert.equal(memory.stats().used.count, 0);
    });
  });

  describe('mallocAs and callocAs', () => {
    for (const [type, Type] of Object.entries(TYPES)) {
      it(`make arrays of ${type}`, () => {
        const array = memory.mallocAs(type, 5);
        assert.equal(array.constructor, Type);
        assert.deepEqual([array.buffer, array.length], [memory.buf, 5]);
        assert.deepEqual(memory.callocAs(type, 3), new Type(3));
        assert.deepEqual(memory.callocAs(type, 3, 2), Type.of(2, 2, 2));
        assert.equal(memory.free(array), true);
      });
    }

    it('return undefined for no elements, or when there is no room', () => {
      assert.equal(memory.mallocAs('u8', 0), undefined);
      assert.equal(memory.callocAs('f64', 2 ** 20, 1), undefined);
    });

    it('refuse other types and numbers', () => {
      for (const type of ['i64', 'U8', undefined, Uint8Array]) {
        assertCode('ERR_TH_ARG_TYPE', () => memory.mallocAs(type, 1), /type/);
      }
      assertCode('ERR_TH_ARG_RANGE', () => memory.mallocAs('u8', -1), /num/);
      assertCode('ERR_TH_ARG_TYPE', () => memory.callocAs('u8', '1'), /num/);
    });
  });

  describe('realloc and reallocArray', () => {
    it('keep the bytes that both lengths have', () => {
      let address = memory.calloc(10, 7);
      for (const bytes of [100, 5000, 20000, 3]) {
        address = memory.realloc(address, bytes);
        const kept = new Uint8Array(memory.buf, address, Math.min(bytes, 3));
        assert.ok(kept.every((byte) => byte === 7));
        assert.equal(memory.stats().used.count, 1);
      }
      const array = memory.reallocArray(memory.callocAs('f64', 2, 1.5), 1000);
      assert.deepEqual(array.subarray(0, 2), Float64Array.of(1.5, 1.5));
      assert.equal(array.length, 1000);
    });

    it('leave the block as it is when there is no room', () => {
      const array = memory.callocAs('u32', 10, 5);
      assert.equal(memory.realloc(array.byteOffset, 2 ** 20), 0);
      assert.equal(memory.reallocArray(array, 2 ** 20), undefined);
      assert.deepEqual(array, new Uint32Array(10).fill(5));
      assert.equal(memory.bytesFor(array), 40);
      assert.equal(memory.realloc(array.byteOffset, 0), 0);
      assert.equal(memory.bytesFor(array), 40);
    });

    it('make a block shorter also when there is no room', () => {
      const [address] = fill(memory, 1000);
      fill(memory, 8);
      assert.equal(memory.realloc(address, 100), address);
      const array = memory.reallocArray(new Uint32Array(memory.buf, address, 25), 3);
      assert.deepEqual([array.byteOffset, array.length], [address, 3]);
    });

    it('know nothing of what is no block', () => {
      assert.equal(memory.realloc(0, 10), 0);
      assert.equal(memory.realloc(50_000, 10), 0);
      assert.equal(memory.reallocArray(new Uint8Array(10), 20), undefined);
    });

    it('refuse what is no array or number of elements', () => {
      const array = memory.mallocAs('u8', 10);
      for (const wrong of [1, undefined, {}, new DataView(memory.buf)]) {
        assertCode('ERR_TH_ARG_TYPE', () => memory.reallocArray(wrong, 1), /array/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => memory.reallocArray(array, '1'), /num/);
      assertCode('ERR_TH_ARG_RANGE', () => memory.reallocArray(array, -1), /num/);
      assert.equal(memory.bytesFor(array), 16);
    });
  });

  describe('free', () => {
    it('gives a block back once, by its address or an array', () => {
      const array = memory.mallocAs('i16', 9);
      assert.equal(memory.free(array), true);
      assert.equal(memory.free(array), false);
      assert.equal(memory.free(memory.malloc(10)), true);
      for (const other of [0, 16, PAGE, 2 ** 31, new Uint8Array(8), new DataView(shared(8))]) {
        assert.equal(memory.free(other), false);
      }
      for (const wrong of NO_NUMBERS) assertCode('ERR_TH_ARG_TYPE', () => memory.free(wrong), /address/);
      for (const wrong of [-1, 0.5, 2 ** 32]) assertCode('ERR_TH_ARG_RANGE', () => memory.free(wrong));
      assert.equal(memory.stats().used.count, 0);
    });

    it('merges what it gives back', () => {
      for (const address of fill(memory, 100)) memory.free(address);
      assert.notEqual(memory.malloc(2 ** 18 - PAGE), 0);
      memory.freeAll();
      assert.equal(memory.stats().used.count, 0);
      assert.ok(fill(memory, 2000).length > 100);
    });
  });

  describe('bytesFor and lengthOf', () => {
    it('are the length of a block in whole 8 bytes, and in words', () => {
      for (const [bytes, expected] of [[1, 8], [8, 8], [9, 16], [100, 104], [5001, 5008]]) {
        const address = memory.malloc(bytes);
        assert.equal(memory.bytesFor(address), expected);
        assert.equal(memory.lengthOf(address), expected / 4);
        new Uint8Array(memory.buf, address, expected).fill(255); // may be written
      }
      const array = memory.mallocAs('u16', 10);
      assert.equal(memory.bytesFor(array), 24);
      assert.equal(memory.lengthOf(array), 6);
    });

    it('are undefined for what is no block', () => {
      for (const other of [0, 50_000, new Uint8Array(8)]) {
        assert.equal(memory.bytesFor(other), undefined);
        assert.equal(memory.lengthOf(other), undefined);
      }
    });
  });

  describe('stats', () => {
    it('count blocks, and what is between and behind them', () => {
      const empty = { count: 0, size: 0 };
      const { top, available, ...rest } = memory.stats();
      assert.deepEqual(rest, { free: empty, used: empty, total: 2 ** 18 });
      assert.deepEqual([top, available], [PAGE, 2 ** 18 - PAGE]);
      const addresses = [1, 2, 3].map(() => memory.malloc(2 * PAGE));
      memory.free(addresses.sort((a, b) => a - b)[1]);
      const { used, free, ...after } = memory.stats();
      assert.deepEqual(used, { count: 2, size: 4 * PAGE });
      assert.ok(free.count >= 1 && free.size >= 2 * PAGE);
      assert.equal(after.available, 2 ** 18 - PAGE - used.size);
      assert.match(inspect(memory), /^MemoryBuffer .*used: { count: 2/s);
    });
  });

  describe('release', () => {
    it('ends the use of the buffer by this object alone', () => {
      const address = memory.malloc(10);
      const other = new MemoryBuffer({ buf: memory.buf, skipInitialization: true });
      assert.equal(memory.release(), true);
      assert.equal(memory.release(), true);
      for (const call of [
        () => memory.malloc(10),
        () => memory.calloc(10),
        () => memory.mallocAs('u8', 1),
        () => memory.callocAs('u8', 1),
        () => memory.realloc(address, 20),
        () => memory.free(address),
        () => memory.bytesFor(address),
        () => memory.lengthOf(address),
        () => memory.freeAll(),
        () => memory.stats(),
      ]) {
        assertCode('ERR_TH_FREED', call, /released/);
      }
      assert.match(inspect(memory), /released/);
      assert.equal(other.free(address), true);
      other[dispose]();
      assertCode('ERR_TH_FREED', () => other.malloc(1), /released/);
    });
  });
});
