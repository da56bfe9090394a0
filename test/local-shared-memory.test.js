'use strict';

const assert = require('node:assert/strict');
const { LocalSharedMemory, MemoryHeap, SharedList, SharedMap, SharedString, AllocatedMemory,
  getPointer } = require('../lib');
const { LENGTH, families, makeBlock, scratchAt } = require('./helpers/accessors');
const { assertCode, assertSound } = require('./helpers/check');
const { DATA, DATA_OFFSET, instantiate } = require('./helpers/module');

const PAGE = 65536;
const ACCESSORS = [
  ['Int8', 1, [-128, 0, 127]],
  ['Uint8', 1, [0, 255]],
  ['Int16', 2, [-32768, 258]],
  ['Uint16', 2, [65535, 258]],
  ['Int32', 4, [-(2 ** 31), 16909060]],
  ['Uint32', 4, [2 ** 32 - 1, 16909060]],
  ['Float32', 4, [1.5, -Infinity]],
  ['Float64', 8, [Math.PI, NaN, -0]],
  ['BigInt64', 8, [-(2n ** 63n), 1n]],
  ['BigUint64', 8, [2n ** 64n - 1n, 1n]],
];
const NOT_POSITIVE_INTEGERS = [0, -1, 1.5, NaN, Infinity, 2 ** 33];

// Allocates until there is no room; returns the offsets.
function fill(memory, byteLength) {
  const offsets = [];
  for (;;) {
    try {
      offsets.push(memory.malloc(byteLength));
    } catch (error) {
      assert.equal(error.code, 'ERR_TH_OUT_OF_MEMORY');
      return offsets;
    }
  }
}

function soundHeap(memory, reserve) {
  const heap = new MemoryHeap({ memory, reserve });
  assertSound(heap);
  return heap;
}

describe('LocalSharedMemory', () => {
  it('does what its README shows', () => {
    const memory = new LocalSharedMemory();
    const ptr1 = memory.malloc(32);
    const ptr2 = memory.malloc(100);
    memory.setFloat64(ptr1, Math.PI);
    memory.setInt32(ptr1 + 8, 9999);
    assert.equal(memory.getFloat64(ptr1), Math.PI);
    assert.equal(memory.getInt32(ptr1 + 8), 9999);
    const uint8View = memory.arrayView(Uint8Array, ptr2);
    uint8View.fill(255, 0, 50);
    uint8View[51] = 128;
    const [first, second] = memory.allocs();
    assert.deepEqual([first.byteOffset, second.byteOffset], [ptr1, ptr2]);
    assert.deepEqual([first.byteLength, second.byteLength], [32, 100]);
    assert.deepEqual(new Uint8Array(second.buffer), uint8View);
    const index = ptr1 / 4 + 3;
    assert.equal(memory.add(Uint32Array, index, 10), 0);
    assert.equal(memory.load(Uint32Array, index), 10);
  });

  describe('the constructor', () => {
    it('makes a shared memory of 1000 pages that does not grow', () => {
      const memory = new LocalSharedMemory();
      assert.ok(memory instanceof WebAssembly.Memory);
      assert.ok(memory.buffer instanceof SharedArrayBuffer);
      assert.equal(memory.buffer.byteLength, 1000 * PAGE);
      assert.throws(() => memory.grow(1), RangeError);
    });

    it('takes initial and maximum pages, and a memory that is not shared', () => {
      const memory = new LocalSharedMemory(2, 3, false);
      assert.ok(memory.buffer instanceof ArrayBuffer);
      assert.equal(memory.grow(1), 2);
      assert.throws(() => memory.grow(1), RangeError);
    });

    it('refuses what is out of range', () => {
      for (const pages of NOT_POSITIVE_INTEGERS) {
        assertCode('ERR_TH_ARG_RANGE', () => new LocalSharedMemory(pages), /initial/);
        assertCode('ERR_TH_ARG_RANGE', () => new LocalSharedMemory(1, pages), /maximum/);
      }
      assertCode('ERR_TH_ARG_RANGE', () => new LocalSharedMemory(2, 1), /maximum/);
      assertCode('ERR_TH_ARG_TYPE', () => new LocalSharedMemory('1'), /initial/);
      assertCode('ERR_TH_ARG_TYPE', () => new LocalSharedMemory(1, 1, 1), /shared/);
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new LocalSharedMemory(1, 1, true, { x: 1 }), /x/);
      for (const reserve of [-1, 0.5, PAGE - 4095, PAGE]) {
        const make = () => new LocalSharedMemory(1, 2, true, { reserve });
        assertCode('ERR_TH_ARG_RANGE', make, /reserve/);
      }
    });
  });

  for (const shared of [true, false]) {
    describe(shared ? 'shared' : 'not shared', () => {
      let memory;

      beforeEach(() => {
        memory = new LocalSharedMemory(1, 100, shared);
      });

      describe('malloc', () => {
        it('returns offsets that are multiples of 16, or of what is asked for', () => {
          for (let align = 1; align <= 2 ** 20; align *= 2) {
            for (const length of [1, 100, 5000, 70000]) {
              const offset = memory.malloc(length, align);
              assert.equal(offset % Math.max(align, 16), 0);
              assert.equal(memory.sizeof(offset), length);
              memory.free(offset);
            }
          }
        });

        it('makes the memory grow when it is full, and offsets stay good', () => {
          const offsets = fill(memory, 10000);
          assert.ok(offsets.length > 500);
          assert.equal(memory.buffer.byteLength, 100 * PAGE);
          for (const offset of offsets) memory.setUint32(offset + 9996, offset);
          for (const offset of offsets) assert.equal(memory.getUint32(offset + 9996), offset);
          assert.equal(memory.allocs().length, offsets.length);
        });

        it('fails when there is no room, and everything is as before', () => {
          fill(memory, 4096);
          const before = memory.allocs().map(({ byteOffset }) => byteOffset);
          assertCode('ERR_TH_OUT_OF_MEMORY', () => memory.malloc(2 ** 32));
          assertCode('ERR_TH_OUT_OF_MEMORY', () => memory.malloc(4096));
          assert.deepEqual(memory.allocs().map(({ byteOffset }) => byteOffset), before);
          memory.free(before[0]);
          assert.equal(memory.malloc(4096), before[0]);
        });

        it('goes on where a module has enlarged the memory', () => {
          const { grow } = instantiate(memory, { maximum: 100, shared });
          const first = memory.malloc(100);
          memory.setFloat64(first, 1.5);
          for (let pages = 1; pages < 100; pages++) {
            assert.equal(grow(1), pages);
            assert.equal(memory.getFloat64(first), 1.5);
            const last = (pages + 1) * PAGE - 4;
            memory.setUint32(last, pages);
            assert.equal(memory.load(Uint32Array, last / 4), pages);
          }
          const large = memory.malloc(98 * PAGE);
          assert.equal(memory.calloc(1, 100) > 0, true);
          memory.free(large);
          assert.equal(memory.sizeof(first), 100);
        });

        it('refuses sizes and alignments that are none', () => {
          for (const size of NOT_POSITIVE_INTEGERS) {
            assertCode('ERR_TH_ARG_RANGE', () => memory.malloc(size), /byteLength/);
            assertCode('ERR_TH_ARG_RANGE', () => memory.malloc(16, size), /alignBytes/);
            assertCode('ERR_TH_ARG_RANGE', () => memory.calloc(size, 1), /count/);
            assertCode('ERR_TH_ARG_RANGE', () => memory.calloc(1, size), /byteLength/);
          }
          for (const align of [3, 24, 2 ** 21]) {
            assertCode('ERR_TH_ARG_RANGE', () => memory.malloc(16, align), /alignBytes/);
          }
          assertCode('ERR_TH_ARG_TYPE', () => memory.malloc('16'), /byteLength/);
          assertCode('ERR_TH_ARG_TYPE', () => memory.malloc(), /byteLength/);
          assertCode('ERR_TH_ARG_RANGE', () => memory.calloc(2 ** 20, 2 ** 20), /count/);
          assert.deepEqual(memory.allocs(), []);
        });
      });

      describe('free', () => {
        it('gives the block back: no number of rounds fills the memory', () => {
          const start = memory.buffer.byteLength;
          for (let i = 0; i < 10000; i++) memory.free(memory.malloc(30000));
          assert.equal(memory.buffer.byteLength, start);
        });

        it('gives all back', () => {
          const offsets = fill(memory, 1000);
          for (const offset of offsets) memory.free(offset);
          assert.deepEqual(memory.allocs(), []);
          memory.free(memory.malloc(100 * PAGE - 4096));
        });

        it('refuses what is no allocation', () => {
          const offset = memory.malloc(5000);
          for (const other of [0, 16, 4095, offset + 16, offset - 16, 50 * PAGE, 2 ** 32 - 16]) {
            for (const method of ['free', 'sizeof', 'lengthof']) {
              assertCode('ERR_TH_FREED', () => memory[method](other), new RegExp(`offset ${other} `));
            }
            assertCode('ERR_TH_FREED', () => memory.realloc(other, 1), /offset/);
          }
          for (const other of [-1, 1.5, NaN, 2 ** 32]) {
            assertCode('ERR_TH_ARG_RANGE', () => memory.free(other), /offset/);
          }
          assertCode('ERR_TH_ARG_TYPE', () => memory.free('4096'), /offset/);
          memory.free(offset);
          assertCode('ERR_TH_FREED', () => memory.free(offset), /offset/);
          assert.deepEqual(memory.allocs(), []);
        });
      });

      describe('calloc', () => {
        it('clears what was there before', () => {
          for (const length of [16, 1000, 20000]) {
            const offset = memory.malloc(length);
            memory.memset(offset, 255, length);
            memory.free(offset);
            const cleared = memory.calloc(length / 4, 4);
            assert.equal(memory.sizeof(cleared), length);
            assert.ok(memory.arrayView(Uint8Array, cleared).every((byte) => byte === 0));
          }
        });
      });

      describe('realloc', () => {
        it('keeps the bytes that both lengths have', () => {
          const lengths = [1, 10, 16, 17, 100, 5000, 9000, 200000, 70, 65536, 3];
          let offset = memory.malloc(1);
          let before = 1;
          for (const length of lengths) {
            memory.memset(offset, length % 251, before);
            offset = memory.realloc(offset, length);
            assert.equal(memory.sizeof(offset), length);
            const kept = memory.arrayView(Uint8Array, offset, Math.min(before, length));
            assert.ok(kept.every((byte) => byte === length % 251));
            assert.equal(memory.allocs().length, 1);
            before = length;
          }
        });

        it('stays in place while its room does, unless the alignment is another', () => {
          const offset = memory.malloc(100);
          assert.equal(memory.realloc(offset, 112), offset);
          assert.equal(memory.realloc(offset, 97), offset);
          assert.equal(memory.sizeof(offset), 97);
          const aligned = memory.realloc(offset, 97, 2 ** 16);
          assert.equal(aligned % 2 ** 16, 0);
          assert.equal(memory.sizeof(aligned), 97);
        });

        it('leaves the block as it is when there is no room', () => {
          const [offset] = fill(memory, 4096);
          memory.memset(offset, 7, 4096);
          assertCode('ERR_TH_OUT_OF_MEMORY', () => memory.realloc(offset, 5000));
          assertCode('ERR_TH_ARG_RANGE', () => memory.realloc(offset, 0), /byteLength/);
          assert.equal(memory.sizeof(offset), 4096);
          assert.ok(memory.arrayView(Uint8Array, offset).every((byte) => byte === 7));
        });
      });

      describe('allocs', () => {
        it('lists thousands of allocations in the order of their offsets', () => {
          const offsets = Array.from({ length: 3000 }, (_, i) => memory.malloc(1 + (i % 1500)));
          const freed = new Set(offsets.filter((_, i) => i % 3 === 0));
          for (const offset of freed) memory.free(offset);
          const expected = offsets
            .map((byteOffset, i) => ({ byteOffset, byteLength: 1 + (i % 1500) }))
            .filter(({ byteOffset }) => !freed.has(byteOffset))
            .sort((a, b) => a.byteOffset - b.byteOffset);
          const actual = memory.allocs();
          assert.deepEqual(
            actual.map(({ byteOffset, byteLength }) => ({ byteOffset, byteLength })),
            expected
          );
          for (const { byteOffset, byteLength, bufferSize } of actual) {
            assert.equal(memory.lengthof(byteOffset), bufferSize);
            assert.ok(bufferSize >= byteLength);
          }
        });

        it('has copies of the bytes', () => {
          const offset = memory.malloc(4);
          memory.setUint32(offset, 5);
          const [{ buffer }] = memory.allocs();
          assert.ok(buffer instanceof SharedArrayBuffer);
          memory.setUint32(offset, 6);
          assert.deepEqual(new Uint32Array(buffer), Uint32Array.of(5));
        });
      });

      describe('get and set', () => {
        for (const [name, size, values] of ACCESSORS) {
          it(`move ${name}, little-endian, at any offset in the memory`, () => {
            const end = memory.buffer.byteLength;
            for (const offset of [memory.malloc(16), memory.malloc(16) + 3, end - size]) {
              for (const value of values) {
                memory[`set${name}`](offset, value);
                assert.ok(Object.is(memory[`get${name}`](offset), value));
                const view = new DataView(memory.buffer);
                assert.ok(Object.is(view[`get${name}`](offset, true), value));
              }
            }
            for (const offset of [end - size + 1, end, -1, 0.5, NaN, 2 ** 32]) {
              assertCode('ERR_TH_ARG_RANGE', () => memory[`get${name}`](offset), /offset/);
              const set = () => memory[`set${name}`](offset, values[0]);
              assertCode('ERR_TH_ARG_RANGE', set, /offset/);
            }
            const other = typeof values[0] === 'bigint' ? 1 : 1n;
            assertCode('ERR_TH_ARG_TYPE', () => memory[`get${name}`]('0'), /offset/);
            assertCode('ERR_TH_ARG_TYPE', () => memory[`set${name}`](0, other), /value/);
          });
        }
      });

      describe('views', () => {
        it('and copies reach to the end of the allocation, or as far as is said', () => {
          const offset = memory.malloc(100);
          memory.memset(offset, 1, 100);
          assert.equal(memory.arrayView(Uint8Array, offset).length, 100);
          assert.equal(memory.arrayView(Float64Array, offset).length, 12);
          assert.equal(memory.arrayView(Uint16Array, offset + 8).length, 46);
          assert.equal(memory.arrayView(Uint16Array, offset, 3).length, 3);
          assert.equal(memory.dataView(offset).byteLength, 100);
          assert.equal(memory.dataView(offset + 1, 2).byteLength, 2);
          assert.deepEqual(new Uint8Array(memory.arrayBuffer(offset, 3)), Uint8Array.of(1, 1, 1));
          assert.equal(memory.arrayBuffer(offset).byteLength, 100);
          assert.equal(memory.sharedArrayBuffer(offset + 90).byteLength, 10);
        });

        it('are live, and copies are not', () => {
          const offset = memory.malloc(8);
          const view = memory.dataView(offset);
          const array = memory.arrayView(Uint8Array, offset);
          const copies = [memory.arrayBuffer(offset), memory.sharedArrayBuffer(offset)];
          memory.setUint8(offset, 200);
          assert.equal(view.getUint8(0), 200);
          assert.equal(array[0], 200);
          assert.deepEqual(copies.map((copy) => new Uint8Array(copy)[0]), [0, 0]);
          assert.ok(copies[0] instanceof ArrayBuffer);
          assert.ok(copies[1] instanceof SharedArrayBuffer);
        });

        it('are refused where there is no memory, and no allocation to say how long', () => {
          const end = memory.buffer.byteLength;
          const offset = memory.malloc(100);
          assertCode('ERR_TH_ARG_RANGE', () => memory.arrayView(Uint32Array, offset + 2), /offset/);
          assertCode('ERR_TH_ARG_RANGE', () => memory.arrayView(Uint32Array, end - 4, 2), /offset/);
          assertCode('ERR_TH_ARG_RANGE', () => memory.dataView(offset, -1), /length/);
          assertCode('ERR_TH_ARG_TYPE', () => memory.arrayView(Array, offset), /TypedArray/);
          for (const method of ['arrayBuffer', 'sharedArrayBuffer', 'dataView']) {
            assertCode('ERR_TH_FREED', () => memory[method](64), /offset/);
            assertCode('ERR_TH_ARG_RANGE', () => memory[method](end, 1), /offset/);
            assertCode('ERR_TH_ARG_RANGE', () => memory[method](1.5, 1), /offset/);
          }
        });
      });

      describe('memcpy and memset', () => {
        it('copy, also where the ranges overlap, and fill', () => {
          const offset = memory.malloc(10);
          const bytes = memory.arrayView(Uint8Array, offset);
          bytes.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
          assert.equal(memory.memcpy(offset + 2, offset, 6), offset + 2);
          assert.deepEqual(Array.from(bytes), [1, 2, 1, 2, 3, 4, 5, 6, 9, 10]);
          assert.equal(memory.memset(offset, 0, 3), offset);
          assert.deepEqual(Array.from(bytes), [0, 0, 0, 2, 3, 4, 5, 6, 9, 10]);
          memory.memcpy(offset, offset + 5, 0);
        });

        it('refuse what does not lie in the memory, and change nothing', () => {
          const end = memory.buffer.byteLength;
          const offset = memory.malloc(10);
          assertCode('ERR_TH_ARG_RANGE', () => memory.memcpy(end - 9, offset, 10), /offset/);
          assertCode('ERR_TH_ARG_RANGE', () => memory.memcpy(offset, end - 9, 10), /offset/);
          assertCode('ERR_TH_ARG_RANGE', () => memory.memset(end - 9, 1, 10), /offset/);
          assertCode('ERR_TH_ARG_RANGE', () => memory.memset(offset, 256, 1), /value/);
          assertCode('ERR_TH_ARG_RANGE', () => memory.memset(offset, 1, -1), /byteLength/);
          assert.ok(memory.arrayView(Uint8Array, end - 9, 9).every((byte) => byte === 0));
        });
      });

      describe('after the memory has grown', () => {
        for (const [name, use] of Object.entries(families)) {
          it(`the first call is ${name}, where the memory was before and where it was not`, () => {
            const block = makeBlock(memory);
            use(memory, scratchAt(memory, PAGE - LENGTH), block); // whatever is kept is of that length
            const { buffer } = memory;
            memory.grow(1);
            assert.notEqual(memory.buffer, buffer);
            use(memory, 2 * PAGE - LENGTH, block);
            scratchAt(memory, PAGE - LENGTH);
            memory.grow(1);
            use(memory, PAGE - LENGTH, block);
          });
        }

        it('the first call is for no bytes', () => {
          memory.memset(0, 0, 0);
          memory.grow(1);
          assert.equal(memory.memset(0, 0, 0), 0);
          memory.grow(1);
          assert.equal(memory.memcpy(0, 0, 0), 0);
        });
      });

      describe('atomics', () => {
        const calls = [
          ['add', [3], 8],
          ['sub', [3], 2],
          ['and', [4], 4],
          ['or', [8], 13],
          ['xor', [1], 4],
          ['exchange', [7], 7],
          ['compareExchange', [5, 9], 9],
          ['compareExchange', [6, 9], 5],
        ];
        const types = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array,
          BigInt64Array, BigUint64Array];
        for (const type of types) {
          it(`are those of a ${type.name} over the memory`, () => {
            const convert = type.name.startsWith('Big') ? BigInt : Number;
            const index = (memory.malloc(64) + 8) / type.BYTES_PER_ELEMENT;
            for (const [name, args, expected] of calls) {
              assert.equal(memory.store(type, index, convert(5)), convert(5));
              assert.equal(memory[name](type, index, ...args.map(convert)), convert(5));
              assert.equal(memory.load(type, index), convert(expected));
            }
          });
        }

        it('refuse other types, values and places', () => {
          const end = memory.buffer.byteLength;
          for (const type of [Float64Array, Uint8ClampedArray, DataView, 'Int32Array', undefined]) {
            assertCode('ERR_TH_ARG_TYPE', () => memory.load(type, 0), /TypedArray/);
          }
          for (const index of [-1, 0.5, end / 4, 2 ** 32]) {
            assertCode('ERR_TH_ARG_RANGE', () => memory.add(Int32Array, index, 1), /index|offset/);
          }
          memory.load(Int32Array, 0); // from now on there is an array to look into
          for (const index of [0n, Symbol(), '0', { valueOf: () => 0 }]) {
            assertCode('ERR_TH_ARG_TYPE', () => memory.load(Int32Array, index), /index/);
            assertCode('ERR_TH_ARG_TYPE', () => memory.arrayView(Int32Array, index, 1), /offset/);
          }
          assertCode('ERR_TH_ARG_TYPE', () => memory.add(Int32Array, 0, 1n), /value/);
          assertCode('ERR_TH_ARG_TYPE', () => memory.store(BigInt64Array, 0, 1), /value/);
        });
      });
    });
  }

  describe('reserve', () => {
    it('keeps clear of the static data of a module', () => {
      const reserve = 5000;
      const memory = new LocalSharedMemory(1, 10, true, { reserve });
      const read = () => Buffer.from(memory.arrayBuffer(DATA_OFFSET, DATA.length)).toString();
      instantiate(memory, { maximum: 10 });
      assert.equal(read(), DATA);
      const offsets = fill(memory, 100);
      for (const offset of offsets) {
        assert.ok(offset >= 8192 + 4096);
        memory.memset(offset, 255, 100);
      }
      assert.equal(read(), DATA);
      for (const offset of offsets) memory.free(offset);
      for (const offset of [0, 100, 8192]) assertCode('ERR_TH_FREED', () => memory.free(offset));
      soundHeap(memory, reserve);
    });

    it('counts for alignments: they are those of the offset', () => {
      const memory = new LocalSharedMemory(1, 100, true, { reserve: 4096 });
      for (let align = 1; align <= 2 ** 20; align *= 2) {
        assert.equal(memory.malloc(10, align) % align, 0);
      }
    });
  });

  describe('from', () => {
    it('makes the memory itself one, also one that is not shared or exported by a module', () => {
      for (const shared of [true, false]) {
        const plain = new WebAssembly.Memory({ initial: 1, maximum: 5, shared });
        const memory = LocalSharedMemory.from(plain);
        assert.equal(memory, plain);
        assert.ok(plain instanceof LocalSharedMemory);
        assert.equal(LocalSharedMemory.from(plain), memory);
        assert.ok(fill(memory, PAGE / 2).length >= 8);
      }
    });

    it('has the allocator that the memory had', () => {
      const memory = new LocalSharedMemory(1, 10, true, { reserve: 100 });
      const offset = memory.malloc(50);
      const again = LocalSharedMemory.from(structuredClone(memory), { reserve: 4096 });
      assert.equal(again.sizeof(offset), 50);
      again.free(offset);
      assertCode('ERR_TH_FREED', () => memory.free(offset));
    });

    it('finds where the allocator begins', () => {
      const memory = new LocalSharedMemory(1, 10, true, { reserve: 9000 });
      const offset = memory.malloc(50);
      assert.equal(LocalSharedMemory.from(memory), memory);
      assert.equal(LocalSharedMemory.from(structuredClone(memory)).sizeof(offset), 50);
      assert.equal(new MemoryHeap({ memory }).getSharedMemory().reserve, 12288);
      assert.equal(new MemoryHeap({ memory: structuredClone(memory) }).currentUsed, 64);
    });

    it('makes instances of a class that extends it', () => {
      class Extended extends LocalSharedMemory {}
      const memory = Extended.from(structuredClone(new LocalSharedMemory(1)));
      assert.ok(memory instanceof Extended);
      assert.ok(new Extended(1).malloc(1) > 0);
    });

    it('grows a memory as far as it says, or as far as memories go', () => {
      const bounded = LocalSharedMemory.from(new WebAssembly.Memory({ initial: 1, maximum: 7 }));
      fill(bounded, 4096);
      assert.equal(bounded.buffer.byteLength, 7 * PAGE);
      const unbounded = new WebAssembly.Memory({ initial: 1 });
      assert.ok(LocalSharedMemory.from(unbounded).malloc(100 * PAGE) > 0);
    });

    it('refuses a memory without a page, which can have no allocator', () => {
      for (const shared of [true, false]) {
        const empty = new WebAssembly.Memory({ initial: 0, maximum: 1, shared });
        assertCode('ERR_TH_ARG_RANGE', () => LocalSharedMemory.from(empty), /at least 1 page/);
        empty.grow(1);
        assert.ok(LocalSharedMemory.from(empty).malloc(1) > 0);
      }
      const memory = new WebAssembly.Memory({ initial: 0, maximum: 1, shared: true });
      assertCode('ERR_TH_ARG_RANGE', () => new MemoryHeap({ memory }), /at least 1 page/);
    });

    it('refuses what is no memory, and another reserve', () => {
      for (const value of [undefined, null, {}, new SharedArrayBuffer(PAGE), []]) {
        assertCode('ERR_TH_ARG_TYPE', () => LocalSharedMemory.from(value), /memory/);
      }
      const frozen = Object.freeze(new WebAssembly.Memory({ initial: 1 }));
      assertCode('ERR_TH_ARG_TYPE', () => LocalSharedMemory.from(frozen), /memory/);
      const memory = new LocalSharedMemory(1);
      const reserve = 4096;
      assertCode('ERR_TH_ARG_RANGE', () => LocalSharedMemory.from(memory, { reserve }), /reserve/);
      const other = structuredClone(memory);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => LocalSharedMemory.from(other, { reserve }));
      assert.ok(!(other instanceof LocalSharedMemory));
    });
  });

  describe('beside a MemoryHeap', () => {
    it('allocates from the same memory, and cannot free what is in containers', () => {
      const memory = new LocalSharedMemory(1, 100);
      const heap = new MemoryHeap({ memory });
      const list = new SharedList(heap);
      const map = new SharedMap(heap);
      new SharedString(heap, 'some text that has a block of its own, being so long');
      for (let i = 0; i < 300; i++) {
        list.push(i);
        map.set(`key ${i}`, `a value that has a block of its own ${i}`);
      }
      const used = heap.currentUsed;
      const freed = [];
      for (let offset = 0; offset < memory.buffer.byteLength; offset += 16) {
        try {
          memory.free(offset);
          freed.push(offset);
        } catch (error) {
          assert.equal(error.code, 'ERR_TH_FREED');
        }
      }
      assert.deepEqual(freed, []);
      assert.equal(heap.currentUsed, used);
      assertSound(heap);
    });

    it('has the same blocks of raw memory', () => {
      const memory = new LocalSharedMemory(1, 100, true, { reserve: 4096 });
      const heap = new MemoryHeap({ memory, reserve: 4096 });
      const block = heap.alloc(100);
      assert.equal(memory.sizeof(block.pointer + 4096), 100);
      block.data[0] = 77;
      assert.equal(memory.getUint32(block.pointer + 4096), 77);
      const offset = memory.malloc(8);
      memory.setUint32(offset, 78);
      assert.equal(new AllocatedMemory(heap, getPointer(offset - 4096)).data[0], 78);
    });
  });
});
