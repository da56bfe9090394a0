'use strict';

// Blocks of one length that come one after the other: lib hands most of them out without a call.

const assert = require('node:assert/strict');
const { AllocatedMemory, LocalSharedMemory, MemoryHeap, getPointer } = require('../lib');
const { assertCode, assertSound, dispose } = require('./helpers/check');
const { collectGarbage } = require('./helpers/garbage');
const { itRandomly } = require('./helpers/random');

const COUNT = 200;
const LENGTHS = [0, 1, 16, 64, 100, 1000, 1024];

const KIB = 1024;

function alloc(heap, length) {
  return Array.from({ length: COUNT }, () => heap.alloc(length));
}

describe('blocks of one length', () => {
  let heap;

  beforeEach(() => {
    heap = new MemoryHeap();
  });

  afterEach(() => assertSound(heap));

  for (const length of LENGTHS) {
    describe(`of ${length} bytes`, () => {
      it('are counted when they are handed out', () => {
        heap.alloc(length);
        const each = heap.currentUsed;
        const count = () => heap.stats().blocks.reduce((sum, { count: n }) => sum + n, 0);
        for (let i = 2; i <= COUNT; i++) {
          heap.alloc(length);
          assert.equal(heap.currentUsed, i * each);
          assert.equal(heap.stats().used, i * each);
          if (i % 20 === 0) assert.equal(count(), i);
          if (i % 20 === 0) assertSound(heap);
        }
      });

      for (const [way, pointerOf] of Object.entries({
        pointer: ({ pointer }) => getPointer(pointer),
        getSharedMemory: (block) => block.getSharedMemory(),
        getArrayMemory: (block) => block.getArrayMemory(),
        bufferPosition: ({ bufferPosition, bufferByteOffset }) => ({ bufferPosition, bufferByteOffset }),
      })) {
        it(`are found at once by what ${way} says`, () => {
          for (let i = 0; i < COUNT; i++) {
            const block = heap.alloc(length);
            const found = new AllocatedMemory(heap, pointerOf(block));
            assert.equal(found.byteLength, length);
            assert.equal(found.pointer, block.pointer);
          }
        });
      }

      it('are freed at once, and only once', () => {
        for (let i = 0; i < COUNT; i++) {
          const block = heap.alloc(length);
          const other = i % 2 ? heap.getSharedAlloc(block.getSharedMemory()) : block;
          block.free();
          assertCode('ERR_TH_FREED', () => other.free());
        }
        assert.equal(heap.currentUsed, 0);
      });

      it('are freed many at a time', () => {
        const blocks = alloc(heap, length);
        heap.freeMany(blocks);
        assert.equal(heap.currentUsed, 0);
        assertCode('ERR_TH_FREED', () => heap.freeMany(blocks));
      });

      it('are zero, whatever was there before', () => {
        for (let round = 0; round < 5; round++) {
          const blocks = alloc(heap, length);
          for (const block of blocks) {
            const bytes = block.getArray(Uint8Array);
            assert.ok(bytes.every((byte) => byte === 0));
            bytes.fill(0xff);
          }
          for (const block of blocks) block.free();
        }
      });
    });
  }

  it('are not found, nor freed, by old handles before they are handed out', () => {
    const old = alloc(heap, 64);
    const handles = old.map((block) => heap.getSharedAlloc(block.getSharedMemory()));
    for (const block of old) block.free();
    const pointers = new Set();
    for (let i = 0; i < COUNT / 2; i++) {
      pointers.add(heap.alloc(64).pointer);
      for (const handle of handles) {
        const isLive = heap.getSharedAlloc(getPointer(handle.pointer)) !== undefined;
        assert.equal(isLive, pointers.has(handle.pointer));
        if (!isLive) assertCode('ERR_TH_FREED', () => handle.getArray(Uint8Array));
      }
    }
    for (const handle of handles) {
      if (!pointers.has(handle.pointer)) assertCode('ERR_TH_FREED', () => handle.free());
    }
    assert.equal(heap.currentUsed, pointers.size * 64);
  });

  it('lie in the order in which they were asked for, in a heap that is new', () => {
    const pointers = alloc(heap, 64).map(({ pointer }) => pointer);
    assert.deepEqual(pointers, pointers.toSorted((a, b) => a - b));
  });

  it('are listed at once among the allocations of their memory', () => {
    const memory = new LocalSharedMemory(16, 64);
    const other = new MemoryHeap({ memory });
    const pointers = alloc(other, 64).map(({ pointer }) => pointer);
    const listed = memory.allocs().map(({ byteOffset }) => byteOffset);
    assert.deepEqual(listed, pointers.toSorted((a, b) => a - b));
    for (const offset of listed) memory.free(offset);
    assert.equal(other.currentUsed, 0);
  });

  it('are used by all who ask for such before the heap grows', () => {
    const small = new MemoryHeap({ bufferSize: 4 * KIB });
    for (let i = 0; i < 50; i++) small.alloc(64);
    for (let i = 50; i < 64; i++) small.alloc(64, 8);
    assert.equal(small.totalAllocated, 4 * KIB);
    assert.equal(small.currentUsed, 4 * KIB);
    assertSound(small);
  });

  it('take all of a heap, and leave all of it to others', () => {
    const small = new MemoryHeap({ bufferSize: 64 * KIB, maxSize: 64 * KIB });
    for (let round = 0; round < 3; round++) {
      const blocks = [];
      assertCode('ERR_TH_OUT_OF_MEMORY', () => {
        for (;;) blocks.push(small.alloc(64));
      });
      assert.equal(blocks.length, KIB);
      for (const block of blocks) block.free();
      for (const block of alloc(small, 48)) block.free();
      small.alloc(64 * KIB).free();
    }
    assertSound(small);
  });

  it('of several heaps come from the right one', () => {
    const other = new MemoryHeap();
    const counts = [0, 0];
    for (let i = 0; i < COUNT; i++) {
      const at = i % 50 < 25 ? 0 : 1;
      const block = [heap, other][at].alloc(64);
      assert.ok([heap, other][at].getSharedAlloc(block.getSharedMemory()));
      counts[at]++;
      assert.equal(heap.currentUsed, counts[0] * 64);
      assert.equal(other.currentUsed, counts[1] * 64);
    }
    for (let i = 0; i < 10; i++) heap.alloc(64); // and the other one is not
    assertSound(other);
  });

  it('of a heap that is closed cannot be had', () => {
    const closed = new MemoryHeap();
    const blocks = alloc(closed, 64);
    closed[dispose]();
    assertCode('ERR_TH_FREED', () => closed.alloc(64));
    assertCode('ERR_TH_FREED', () => blocks[0].free());
    alloc(heap, 64);
    assert.equal(heap.currentUsed, COUNT * 64);
  });

  it('come from a heap that has the place of one that is gone', async () => {
    for (let round = 0; round < 10; round++) {
      alloc(new MemoryHeap(), 64); // which leaves some in the magazine
      await collectGarbage();
      const next = new MemoryHeap();
      for (let i = 1; i <= COUNT; i++) {
        assert.ok(next.getSharedAlloc(next.alloc(64).getSharedMemory()));
        assert.equal(next.currentUsed, i * 64);
      }
      assertSound(next);
    }
  });

  it('can be of any alignment meanwhile', () => {
    for (let i = 0; i < COUNT; i++) {
      heap.alloc(64);
      assert.equal(heap.alloc(64, 64).pointer % 64, 0);
      assert.equal(heap.alloc(64, 4096).pointer % 4096, 0);
    }
    assert.equal(heap.currentUsed, COUNT * (64 + 64 + 4096));
  });

  itRandomly('are what a model says', (random) => {
    const live = new Map(); // words by block
    for (let i = 0; i < 5000; i++) {
      if (live.size > 0 && random.chance(0.45)) {
        const block = random.pick([...live.keys()]);
        assert.deepEqual(Array.from(block.data), live.get(block));
        block.free();
        live.delete(block);
      } else {
        const block = heap.alloc(random.pick([16, 64, 64, 64, 64, 64, 64, 200]));
        assert.ok(!random.chance(0.5) || block.data.every((word) => word === 0));
        if (random.chance(0.5)) block.data.fill(i);
        live.set(block, Array.from(block.data));
      }
      if (i % 500 === 0) assertSound(heap);
    }
    for (const block of live.keys()) block.free();
    assert.equal(heap.currentUsed, 0);
  });
});
