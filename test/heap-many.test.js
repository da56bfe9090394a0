'use strict';

const assert = require('node:assert/strict');
const { AllocatedMemory, MemoryHeap, getPointer } = require('../lib');
const { assertCode, assertExact, assertSound, dispose } = require('./helpers/check');

const KIB = 1024;
const MIB = 1024 * 1024;

describe('MemoryHeap, many blocks at once', () => {
  describe('allocMany', () => {
    it('gives as many zeroed blocks as were asked for, each its own', () => {
      const heap = new MemoryHeap();
      for (const [count, length] of [[0, 64], [1, 0], [3000, 20], [50, 5000], [5, 100_000]]) {
        assertExact(heap, () => {
          const blocks = heap.allocMany(count, length);
          assert.equal(blocks.length, count);
          for (const [i, block] of blocks.entries()) {
            assert.ok(block instanceof AllocatedMemory);
            assert.equal(block.byteLength, length);
            assert.equal(block.pointer % 16, 0);
            assert.ok(block.data.every((word) => word === 0));
            block.data.fill(i + 1);
          }
          for (const [i, block] of blocks.entries()) {
            assert.ok(block.data.every((word) => word === i + 1), 'a block was overwritten');
            block.free();
          }
        });
      }
      assertSound(heap);
    });

    it('aligns them as alloc does', () => {
      const heap = new MemoryHeap();
      for (let align = 1; align <= MIB; align *= 2) {
        for (const { pointer } of heap.allocMany(5, 100, align)) assert.equal(pointer % align, 0);
      }
    });

    it('allocates none when there is no room for all', () => {
      const heap = new MemoryHeap({ maxSize: MIB });
      const block = heap.alloc(MIB / 2);
      for (const [count, length] of [[2 ** 24, 2 ** 32], [2 ** 24, 0], [10_000, 64], [5, 160_000]]) {
        assertCode('ERR_TH_OUT_OF_MEMORY', () => heap.allocMany(count, length), /is full/);
        assert.equal(heap.currentUsed, MIB / 2);
      }
      block.free();
      heap.freeMany(heap.allocMany(10_000, 64));
      heap.alloc(heap.maxSize).free();
      assertSound(heap);
    });

    it('fills a heap to the last byte', () => {
      for (const length of [16, 4096, 8192]) {
        const heap = new MemoryHeap({ bufferSize: 4096, maxSize: 240 * KIB });
        const blocks = heap.allocMany((240 * KIB) / length, length);
        assert.equal(heap.currentUsed, heap.maxSize);
        heap.freeMany(blocks);
        assert.equal(heap.currentUsed, 0);
      }
    });

    it('grows the heap ahead with autoGrowSize', () => {
      const heap = new MemoryHeap({ autoGrowSize: 50 });
      heap.allocMany(30, 100);
      assert.equal(heap.totalAllocated, 8192);
      heap.allocMany(30, 100);
      assert.ok(heap.totalAllocated > 8192);
    });

    it('refuses what is no count, length or alignment', () => {
      const heap = new MemoryHeap();
      for (const value of [undefined, null, '16', 16n, {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => heap.allocMany(value, 16), /count/);
        assertCode('ERR_TH_ARG_TYPE', () => heap.allocMany(1, value), /byteLength/);
        if (value === undefined) continue;
        assertCode('ERR_TH_ARG_TYPE', () => heap.allocMany(1, 16, value), /align/);
      }
      for (const value of [-1, 1.5, NaN, Infinity, 2 ** 32 + 1]) {
        assertCode('ERR_TH_ARG_RANGE', () => heap.allocMany(value, 16), /count/);
        assertCode('ERR_TH_ARG_RANGE', () => heap.allocMany(1, value), /byteLength/);
        assertCode('ERR_TH_ARG_RANGE', () => heap.allocMany(1, 16, value), /align/);
      }
      assertCode('ERR_TH_ARG_RANGE', () => heap.allocMany(2 ** 24 + 1, 0), /count/);
      assertCode('ERR_TH_ARG_RANGE', () => heap.allocMany(1, 16, 24), /a power of two/);
      assert.equal(heap.currentUsed, 0);
      heap[dispose]();
      assertCode('ERR_TH_FREED', () => heap.allocMany(1, 16));
    });
  });

  describe('freeMany', () => {
    it('frees blocks, wherever they came from', () => {
      const heap = new MemoryHeap();
      const clone = new MemoryHeap(heap.getSharedMemory());
      assertExact(heap, () => {
        const blocks = [...heap.allocMany(100, 64), heap.alloc(100_000), clone.allocUI32(3)];
        const { pointer } = heap.alloc(5);
        blocks.push(new AllocatedMemory(heap, getPointer(pointer)));
        const { data } = blocks[0];
        assert.equal(heap.freeMany(blocks), undefined);
        for (const block of blocks) {
          assertCode('ERR_TH_FREED', () => block.free());
          assertCode('ERR_TH_FREED', () => block.data);
        }
        assert.equal(data.length, 16);
      });
      heap.freeMany([]);
    });

    it('frees all others, and then throws, when some were freed before', () => {
      const heap = new MemoryHeap();
      const blocks = heap.allocMany(10, 64);
      const other = new AllocatedMemory(heap, blocks[6].getSharedMemory());
      blocks[4].free();
      other.free(); // which the object itself does not know
      assertCode('ERR_TH_FREED', () => heap.freeMany(blocks), /^blocks\[4\] was freed/);
      assert.equal(heap.currentUsed, 0);
      const twice = heap.allocMany(3, 64);
      assertCode('ERR_TH_FREED', () => heap.freeMany([...twice, twice[1]]), /^blocks\[3\] /);
      assert.equal(heap.currentUsed, 0);
    });

    it('spares the block that has come to the place of one that was freed before', () => {
      const heap = new MemoryHeap();
      const block = heap.alloc(64);
      block.free();
      const next = heap.alloc(64);
      assert.equal(next.pointer, block.pointer);
      assertCode('ERR_TH_FREED', () => heap.freeMany([block]), /blocks\[0\]/);
      next.free();
    });

    it('frees nothing when there is anything but whole blocks of the heap', () => {
      const heap = new MemoryHeap();
      const block = heap.allocUI32(8);
      const part = new AllocatedMemory(heap, block.getArrayMemory(4));
      const foreign = new MemoryHeap().alloc(64);
      const used = heap.currentUsed;
      for (const value of [undefined, null, 1, 'block', {}, block.pointer, foreign, heap]) {
        assertCode('ERR_TH_ARG_TYPE', () => heap.freeMany([block, value]), /blocks\[1\]/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => heap.freeMany(new Array(2)), /blocks\[0\]/);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => heap.freeMany([block, part]), /blocks\[1\].* part/);
      for (const value of [undefined, null, 1, block, new Set([block]), { length: 1, 0: block }]) {
        assertCode('ERR_TH_ARG_TYPE', () => heap.freeMany(value), /blocks/);
      }
      assert.equal(heap.currentUsed, used);
      block.free();
      heap[dispose]();
      assertCode('ERR_TH_FREED', () => heap.freeMany([]), /the heap/);
    });
  });
});
