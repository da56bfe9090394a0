'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { AllocatedMemory, MemoryHeap, SharedList, SharedMap, SharedString, SharedVector,
  createPointer, getPointer } = require('../lib');
const { assertCode, assertExact, assertSound, dispose } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const TYPES = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array,
  Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];

describe('AllocatedMemory', () => {
  let heap;

  beforeEach(() => {
    heap = new MemoryHeap();
  });

  afterEach(() => assertSound(heap));

  describe('data', () => {
    it('is a Uint32Array of zeros over the heap, and always the same one', () => {
      const memory = heap.allocUI32(5);
      assert.ok(memory.data instanceof Uint32Array);
      assert.deepEqual(Array.from(memory.data), [0, 0, 0, 0, 0]);
      assert.equal(memory.data, memory.data);
      assert.equal(memory.data.buffer, heap.buffers[0].buf);
      assert.equal(memory.data.byteOffset, memory.pointer);
    });

    it('is exactly as long as was asked for, also when rebuilt from a pointer alone', () => {
      for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 9, 30, 31, 33, 1000, 2049, 300_001]) {
        const { pointer } = heap.allocUI32(count);
        assert.equal(new AllocatedMemory(heap, getPointer(pointer)).data.length, count);
      }
      const odd = heap.alloc(1001);
      assert.equal(new AllocatedMemory(heap, getPointer(odd.pointer)).byteLength, 1001);
    });

    it('shows what any other handle writes', () => {
      const memory = heap.allocUI32(4);
      const rebuilt = new AllocatedMemory(heap, memory.getSharedMemory());
      rebuilt.data[2] = 5;
      assert.deepEqual(Array.from(memory.data), [0, 0, 5, 0]);
      memory.data[3] = 6;
      assert.equal(rebuilt.data[3], 6);
    });
  });

  describe('pointer', () => {
    it('is made of bufferPosition and bufferByteOffset, which are the descriptor', () => {
      heap.alloc(3 * 2 ** 20);
      const memory = heap.allocUI32(4);
      const { pointer, bufferPosition, bufferByteOffset } = memory;
      assert.equal(createPointer(bufferPosition, bufferByteOffset), pointer);
      assert.deepEqual(memory.getSharedMemory(), { bufferPosition, bufferByteOffset });
      assert.ok(bufferPosition >= 1);
    });

    it('rebuilds the block it came from out of a word of another', () => {
      const target = heap.allocUI32(3);
      const holder = heap.allocUI32(1);
      target.data.set([1, 2, 3]);
      holder.data[0] = target.pointer;
      const rebuilt = new AllocatedMemory(heap, getPointer(holder.data[0]));
      assert.deepEqual(Array.from(rebuilt.data), [1, 2, 3]);
      rebuilt.free();
      assertCode('ERR_TH_FREED', () => target.free());
    });
  });

  describe('getArray', () => {
    for (const Type of TYPES) {
      it(`gives a ${Type.name} over the whole block, or from an offset on`, () => {
        const memory = heap.alloc(64);
        const count = 64 / Type.BYTES_PER_ELEMENT;
        const whole = memory.getArray(Type);
        assert.ok(whole instanceof Type);
        assert.equal(whole.length, count);
        assert.equal(memory.getArray(Type, 2).length, count - 2);
        const part = memory.getArray(Type, 3, 4);
        assert.equal(part.length, 4);
        const value = Type.name.startsWith('Big') ? 100n : 100;
        part[0] = value;
        assert.equal(whole[3], value);
        assert.equal(memory.getArray(Type, count).length, 0);
        assert.equal(memory.getArray(Type, 0, 0).length, 0);
      });
    }

    it('stays in the bounds of the block', () => {
      const memory = heap.allocUI32(5);
      assert.equal(memory.getArray(Uint8Array).length, 20);
      assert.equal(memory.getArray(Float64Array).length, 2);
      for (const offset of [-1, 6, 0.5, NaN, Infinity, 2 ** 32]) {
        assertCode('ERR_TH_ARG_RANGE', () => memory.getArray(Uint32Array, offset), /offset/);
      }
      for (const length of [-1, 4, 0.5, NaN, Infinity]) {
        assertCode('ERR_TH_ARG_RANGE', () => memory.getArray(Uint32Array, 2, length), /length/);
      }
      assertCode('ERR_TH_ARG_RANGE', () => memory.getArray(Float64Array, 1, 2), /length/);
      for (const value of [null, '1', 1n, {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => memory.getArray(Uint32Array, value), /offset/);
        assertCode('ERR_TH_ARG_TYPE', () => memory.getArray(Uint32Array, 0, value), /length/);
      }
    });

    it('refuses what is no typed-array constructor', () => {
      const memory = heap.allocUI32(5);
      const none = [undefined, null, 'Uint8Array', 1, {}, () => {}, Array, ArrayBuffer, DataView,
        Object.getPrototypeOf(Uint8Array)];
      for (const type of none) {
        assertCode('ERR_TH_ARG_TYPE', () => memory.getArray(type), /type/);
      }
    });
  });

  describe('getArrayMemory', () => {
    it('names a part of the block, which rebuilds as such', () => {
      const memory = heap.allocUI32(10);
      const part = new AllocatedMemory(heap, memory.getArrayMemory(4, 3));
      part.data[0] = 9;
      assert.equal(memory.data[4], 9);
      assert.equal(part.pointer, memory.pointer + 16);
      assert.equal(part.data.length, 6, 'from there to the end of the block');
      assert.deepEqual(memory.getArrayMemory(), memory.getSharedMemory());
    });

    it('stays in the bounds of the block', () => {
      const memory = heap.allocUI32(10);
      for (const offset of [-1, 11, 0.5, NaN]) {
        assertCode('ERR_TH_ARG_RANGE', () => memory.getArrayMemory(offset), /offset/);
      }
      for (const length of [-1, 7, 0.5, NaN]) {
        assertCode('ERR_TH_ARG_RANGE', () => memory.getArrayMemory(4, length), /length/);
      }
    });

    it('gives a part that cannot be freed by itself', () => {
      const memory = heap.allocUI32(10);
      const part = new AllocatedMemory(heap, memory.getArrayMemory(4));
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => part.free(), /part/);
      part[dispose]();
      assert.equal(memory.data.length, 10);
      memory.free();
      assertCode('ERR_TH_FREED', () => part.getSharedMemory());
    });

    it('refuses a view of a type that the part is not aligned for', () => {
      const part = new AllocatedMemory(heap, heap.allocUI32(10).getArrayMemory(1));
      assertCode('ERR_TH_ARG_RANGE', () => part.getArray(Float64Array), /type/);
      assert.equal(part.getArray(Int16Array).length, 18);
    });
  });

  describe('free', () => {
    it('gives back what the block took, exactly', () => {
      for (const size of [0, 1, 16, 17, 4096, 10_000, 2 ** 20]) {
        assertExact(heap, () => heap.alloc(size).free());
      }
    });

    it('happens once, whichever handle does it', () => {
      const memory = heap.allocUI32(4);
      const other = new AllocatedMemory(heap, memory.getSharedMemory());
      memory.free();
      assertCode('ERR_TH_FREED', () => memory.free());
      assertCode('ERR_TH_FREED', () => other.free());
      assert.equal(heap.currentUsed, 0);
    });

    it('makes every later call throw, also on another handle', () => {
      const memory = heap.allocUI32(4);
      const other = new AllocatedMemory(heap, memory.getSharedMemory());
      const { pointer } = memory;
      memory.free();
      for (const freed of [memory, other]) {
        assertCode('ERR_TH_FREED', () => freed.data);
        assertCode('ERR_TH_FREED', () => freed.getArray(Uint8Array));
        assertCode('ERR_TH_FREED', () => freed.getArrayMemory());
        assertCode('ERR_TH_FREED', () => freed.getSharedMemory());
        assertCode('ERR_TH_FREED', () => freed.free());
      }
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new AllocatedMemory(heap, getPointer(pointer)));
    });

    it('gives no handle a view beyond the block that has come to its place', () => {
      const memory = heap.alloc(32);
      const other = new AllocatedMemory(heap, memory.getSharedMemory());
      memory.free();
      const next = heap.alloc(20);
      assert.equal(next.pointer, memory.pointer);
      assertCode('ERR_TH_FREED', () => other.getArray(Uint8Array));
      assertCode('ERR_TH_FREED', () => other.data);
    });

    it('leaves a view that was kept harmless raw memory', () => {
      const { data } = heap.allocUI32(4);
      const memory = new AllocatedMemory(heap, getPointer(data.byteOffset));
      memory.free();
      data.fill(0xffffffff);
      const blocks = [];
      for (let i = 0; i < 1000; i++) {
        data.fill(0xffffffff);
        blocks.push(heap.allocUI32(4));
      }
      assert.equal(new Set(blocks.map(({ pointer }) => pointer)).size, 1000);
      for (const block of blocks) block.free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('Symbol.dispose', () => {
    it('frees the block, and does nothing when it is freed already', () => {
      const memory = heap.allocUI32(4);
      const other = new AllocatedMemory(heap, memory.getSharedMemory());
      memory[dispose]();
      assert.equal(heap.currentUsed, 0);
      memory[dispose]();
      other[dispose]();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('util.inspect', () => {
    it('shows the block, and that it is freed', () => {
      const memory = heap.allocUI32(2);
      const other = new AllocatedMemory(heap, memory.getSharedMemory());
      memory.data[1] = 3;
      const expected = `AllocatedMemory { pointer: ${memory.pointer}, byteLength: 8, data: `;
      assert.ok(inspect(memory, { breakLength: 200 }).startsWith(expected));
      assert.match(inspect({ memory }), /memory: AllocatedMemory \{/);
      memory.free();
      assert.equal(inspect(memory), 'AllocatedMemory { freed: true }');
      assert.equal(inspect(other), 'AllocatedMemory { freed: true }');
    });
  });

  describe('what is no block', () => {
    itRandomly('is refused at random addresses', (random) => {
      const blocks = Array.from({ length: 50 }, (_, i) => heap.allocUI32(i));
      // The end of a block is a part of it too, with nothing in it.
      const isInside = (address) =>
        blocks.some(({ pointer, byteLength }) =>
          address >= pointer && address <= pointer + byteLength
        );
      for (let i = 0; i < 5000; i++) {
        const address = random.below(random.pick([2 ** 32, heap.totalAllocated + 8192]));
        if (address % 4 !== 0) {
          assertCode('ERR_TH_ARG_RANGE', () => new AllocatedMemory(heap, getPointer(address)));
        } else if (!isInside(address)) {
          assertCode('ERR_TH_BAD_DESCRIPTOR', () => new AllocatedMemory(heap, getPointer(address)));
        }
      }
    });

    it('is refused when it is memory of a container', () => {
      const list = new SharedList(heap);
      const vector = new SharedVector(heap);
      list.push(1);
      vector.push(1);
      const addresses = [
        list.pointer,
        list.at(0).byteOffset,
        vector.pointer,
        vector.at(0).byteOffset,
        new SharedMap(heap).set('key', 'a value that needs a block').pointer,
        new SharedString(heap, 'a text that needs a block').pointer,
        0,
      ];
      for (const address of addresses) {
        assertCode('ERR_TH_BAD_DESCRIPTOR', () => new AllocatedMemory(heap, getPointer(address)));
      }
      // Nor is anything else of the heap a block a user could free.
      for (let address = 0; address < heap.totalAllocated + 8192; address += 4) {
        assert.equal(heap.getSharedAlloc(getPointer(address)), undefined);
      }
    });
  });
});
