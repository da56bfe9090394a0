'use strict';

const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { inspect } = require('node:util');
const { AllocatedMemory, MemoryHeap, SharedList, SharedMap, SharedObjectStore, SharedString,
  SharedVector, getPointer } = require('../lib');
const { kBacking } = require('../lib/symbols');
const { assertCode, assertExact, assertSound, dispose, fill } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const KIB = 1024;
const MIB = 1024 * 1024;

describe('MemoryHeap', () => {
  describe('at birth', () => {
    it('is one buffer of 8192 bytes unless told otherwise', () => {
      const heap = new MemoryHeap();
      assert.equal(heap.bufferSize, 8192);
      assert.equal(heap.totalAllocated, 8192);
      assert.equal(heap.buffers.length, 1);
      assert.equal(heap.currentUsed, 0);
      assert.equal(heap.isClone, false);
    });

    it('takes at most 64 KiB, also with one of each container in it', () => {
      const heap = new MemoryHeap();
      const { buf } = heap.buffers[0];
      new SharedList(heap);
      new SharedVector(heap);
      new SharedMap(heap);
      new SharedString(heap, '');
      new SharedObjectStore(heap);
      assert.ok(buf.byteLength <= 64 * KIB, `${buf.byteLength} bytes`);
    });

    it('has bufferSize * initialBuffers bytes for blocks', () => {
      for (const [bufferSize, initialBuffers] of [[8192, 3], [MIB, 2], [100, 7], [1, 1]]) {
        const heap = new MemoryHeap({ bufferSize, initialBuffers });
        assert.equal(heap.bufferSize, bufferSize);
        assert.equal(heap.totalAllocated, bufferSize * initialBuffers);
        assert.equal(heap.buffers.length, initialBuffers);
      }
    });

    it('may use 4 GiB but for a page, in whole buffers, unless told otherwise', () => {
      const heap = new MemoryHeap();
      assert.equal(heap.maxSize, 2 ** 32 - heap.bufferSize);
      assert.equal(new MemoryHeap({ bufferSize: 4096 }).maxSize, 2 ** 32 - 4096);
      assert.equal(new MemoryHeap({ maxSize: 2 ** 32 }).maxSize, heap.maxSize);
      assert.equal(heap.stats().maximum, heap.maxSize);
    });

    it('is apart from every other heap', () => {
      const a = new MemoryHeap();
      const b = new MemoryHeap();
      a.allocUI32(10).data.fill(7);
      assert.equal(b.currentUsed, 0);
      assert.notEqual(a.buffers[0].buf, b.buffers[0].buf);
      assert.notEqual(a.getSharedMemory().heapId, b.getSharedMemory().heapId);
    });
  });

  describe('options', () => {
    it('refuses an unknown key', () => {
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new MemoryHeap({ bufferSzie: 8192 }), /bufferSzie/);
    });

    it('refuses what is no object', () => {
      for (const config of [null, 1, 'text', true, 1n, Symbol('s'), () => {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => new MemoryHeap(config), /config/);
      }
    });

    for (const name of ['bufferSize', 'initialBuffers', 'maxSize', 'autoGrowSize']) {
      it(`refuses a ${name} that is no number, or none that is allowed`, () => {
        for (const value of [null, '8192', true, 8192n, {}, [], () => {}]) {
          assertCode('ERR_TH_ARG_TYPE', () => new MemoryHeap({ [name]: value }), new RegExp(name));
        }
        for (const value of [0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 32 + 1, 2 ** 53]) {
          assertCode('ERR_TH_ARG_RANGE', () => new MemoryHeap({ [name]: value }), new RegExp(name));
        }
      });

      it(`takes an undefined ${name} for an absent one`, () => {
        assert.equal(new MemoryHeap({ [name]: undefined }).totalAllocated, 8192);
      });
    }

    it('takes a bufferSize of up to 1 MiB', () => {
      assert.equal(new MemoryHeap({ bufferSize: MIB }).bufferSize, MIB);
      assertCode('ERR_TH_ARG_RANGE', () => new MemoryHeap({ bufferSize: MIB + 1 }), /bufferSize/);
    });

    it('refuses a maxSize that the initial buffers do not fit in', () => {
      assertCode('ERR_TH_ARG_RANGE', () => new MemoryHeap({ maxSize: 8191 }), /maxSize/);
      const tooMany = { maxSize: 3 * 8192, initialBuffers: 4 };
      assertCode('ERR_TH_ARG_RANGE', () => new MemoryHeap(tooMany), /initialBuffers/);
      assert.equal(new MemoryHeap({ ...tooMany, initialBuffers: 3 }).totalAllocated, 3 * 8192);
    });

    it('takes an autoGrowSize of up to 100 percent', () => {
      assert.ok(new MemoryHeap({ autoGrowSize: 100 }));
      assertCode('ERR_TH_ARG_RANGE', () => new MemoryHeap({ autoGrowSize: 101 }), /autoGrowSize/);
    });
  });

  describe('allocUI32', () => {
    it('gives exactly as many words as were asked for', () => {
      const heap = new MemoryHeap();
      for (const count of [0, 1, 2, 3, 4, 5, 31, 100, 1000, 2047, 2048, 2049, 100_000]) {
        const { data } = heap.allocUI32(count);
        assert.ok(data instanceof Uint32Array);
        assert.equal(data.length, count);
      }
    });

    it('rounds a fraction up', () => {
      const heap = new MemoryHeap();
      assert.equal(heap.allocUI32(2.1).data.length, 3);
      assert.equal(heap.allocUI32(0.5).data.length, 1);
      assert.equal(heap.allocUI32(7.999).data.length, 8);
    });

    it('refuses what is no count', () => {
      const heap = new MemoryHeap();
      for (const count of [undefined, null, '4', 4n, {}, [4]]) {
        assertCode('ERR_TH_ARG_TYPE', () => heap.allocUI32(count), /count/);
      }
      for (const count of [-1, -0.5, NaN, Infinity, -Infinity, 2 ** 30 + 1]) {
        assertCode('ERR_TH_ARG_RANGE', () => heap.allocUI32(count), /count/);
      }
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('alloc', () => {
    it('gives exactly as many bytes as were asked for', () => {
      const heap = new MemoryHeap();
      for (const length of [0, 1, 3, 15, 16, 17, 100, 4095, 4096, 4097, 8192, 8193, 1_000_001]) {
        const memory = heap.alloc(length);
        assert.equal(memory.byteLength, length);
        assert.equal(memory.getArray(Uint8Array).length, length);
        assert.equal(memory.data.length, Math.floor(length / 4));
      }
    });

    it('aligns blocks to 16 bytes, or to more when asked', () => {
      const heap = new MemoryHeap();
      for (const length of [0, 1, 40, 1000, 10_000]) {
        assert.equal(heap.alloc(length).pointer % 16, 0);
        assert.equal(heap.alloc(length, 1).pointer % 16, 0);
        for (let align = 1; align <= MIB; align *= 2) {
          assert.equal(heap.alloc(length, align).pointer % align, 0, `${length} at ${align}`);
        }
      }
    });

    it('refuses a length or an alignment that is none', () => {
      const heap = new MemoryHeap();
      for (const value of [undefined, null, '16', 16n, {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => heap.alloc(value), /byteLength/);
        if (value === undefined) continue;
        assertCode('ERR_TH_ARG_TYPE', () => heap.alloc(16, value), /align/);
      }
      for (const length of [-1, 1.5, NaN, Infinity, 2 ** 32 + 1]) {
        assertCode('ERR_TH_ARG_RANGE', () => heap.alloc(length), /byteLength/);
      }
      for (const align of [0, -16, 3, 24, 1.5, NaN, Infinity, 2 * MIB, 2 ** 32]) {
        assertCode('ERR_TH_ARG_RANGE', () => heap.alloc(16, align), /align/);
      }
      assert.equal(heap.currentUsed, 0);
    });

    itRandomly('gives zeroed memory, whatever was there before', (random) => {
      const heap = new MemoryHeap({ maxSize: MIB });
      for (let round = 0; round < 30; round++) {
        const blocks = [];
        for (let i = 0; i < 40; i++) {
          const block = heap.alloc(random.below(random.pick([64, 2000, 20_000])));
          const bytes = block.getArray(Uint8Array);
          assert.ok(bytes.every((byte) => byte === 0));
          bytes.fill(0xff);
          blocks.push(block);
        }
        for (const block of random.shuffle(blocks)) block.free();
      }
    });

    itRandomly('gives blocks that do not overlap, and counts them exactly', (random) => {
      const heap = new MemoryHeap();
      const live = [];
      for (let i = 1; i <= 6000; i++) {
        if (live.length > 0 && random.chance(0.45)) {
          const at = random.below(live.length);
          const { block, mark } = live[at];
          assert.ok(block.data.every((word) => word === mark), 'a block was overwritten');
          block.free();
          live[at] = live.at(-1);
          live.pop();
        } else {
          const block = heap.allocUI32(random.below(random.pick([8, 300, 5000])));
          block.data.fill(i);
          live.push({ block, mark: i });
        }
        if (i % 1000 === 0) assertSound(heap);
      }
      for (const { block, mark } of random.shuffle(live)) {
        assert.ok(block.data.every((word) => word === mark), 'a block was overwritten');
        block.free();
      }
      assert.equal(heap.currentUsed, 0);
    });

    it('gives blocks larger than a buffer', () => {
      const heap = new MemoryHeap();
      for (const size of [8193, 100_000, MIB, 5 * MIB + 12]) {
        const block = heap.alloc(size);
        const bytes = block.getArray(Uint8Array);
        bytes.fill(1);
        assert.equal(bytes.length, size);
      }
    });

    it('gives blocks beyond 2 GiB, at addresses that are not negative', () => {
      const heap = new MemoryHeap();
      // A vector's chunk takes room without being touched.
      const half = new SharedVector(heap, { type: Uint8Array, bufferLength: 2 ** 31 });
      half.push(1);
      const block = heap.allocUI32(4);
      assert.ok(block.pointer > 2 ** 31);
      assert.ok(block.bufferPosition >= 2048);
      block.data.fill(9);
      const rebuilt = new AllocatedMemory(heap, getPointer(block.pointer));
      assert.deepEqual(Array.from(rebuilt.data), [9, 9, 9, 9]);
      heap[dispose]();
    });

    it('gives one block of all there is, and not a byte more', () => {
      const heap = new MemoryHeap({ bufferSize: MIB, maxSize: 4 * MIB });
      assertCode('ERR_TH_OUT_OF_MEMORY', () => heap.alloc(4 * MIB + 1));
      const block = heap.alloc(4 * MIB);
      assert.equal(block.byteLength, 4 * MIB);
      assert.equal(heap.totalAllocated, 4 * MIB);
      block.free();
      assert.equal(heap.currentUsed, 0);
    });

    it('merges freed neighbours: after all the small blocks are freed a large one fits', () => {
      const heap = new MemoryHeap({ bufferSize: MIB, maxSize: MIB });
      for (const size of [16, 48, 1000, 5000]) {
        for (const block of fill(heap, size)) block.free();
        assert.equal(heap.currentUsed, 0);
        heap.alloc(MIB).free();
      }
    });

    it('allocates and frees 200,000 blocks with as many live in no time to speak of', () => {
      const heap = new MemoryHeap();
      assertExact(heap, () => {
        const blocks = [];
        for (let i = 0; i < 200_000; i++) blocks.push(heap.alloc(16));
        for (const block of blocks) block.free();
      });
    }).timeout(5000);
  });

  describe('growth', () => {
    it('comes in whole buffers, geometrically', () => {
      for (const bufferSize of [100, 8192, 100_000]) {
        const heap = new MemoryHeap({ bufferSize });
        const sizes = new Set();
        while (heap.totalAllocated < 30 * MIB) {
          heap.alloc(10_000);
          sizes.add(heap.totalAllocated);
        }
        for (const size of sizes) assert.equal(size % bufferSize, 0);
        assert.equal(heap.buffers.length, heap.totalAllocated / bufferSize);
        assert.ok(sizes.size < 60, `${sizes.size} steps`);
      }
    });

    it('leaves the memory the same one, and shows all of it in each buffer', () => {
      const heap = new MemoryHeap({ initialBuffers: 2 });
      const descriptor = heap.getSharedMemory();
      const [{ buf: before }] = heap.buffers;
      assert.ok(before instanceof SharedArrayBuffer);
      const { data } = heap.alloc(100_000);
      data[0] = 7;
      assert.ok(heap.buffers.length > 2);
      const [{ buf: after }] = heap.buffers;
      for (const { buf } of heap.buffers) assert.equal(buf, after);
      assert.equal(new Uint32Array(after, data.byteOffset, 1)[0], 7);
      new Uint8Array(before, 0, 8192)[8191] = 9; // a view of what there was stays good
      assert.equal(new Uint8Array(after)[8191], 9);
      const { memory, buffers } = heap.getSharedMemory();
      assert.equal(memory ?? buffers[0], descriptor.memory ?? descriptor.buffers[0]);
    });

    it('leaves pointers, views and contents as they were', () => {
      const heap = new MemoryHeap();
      const block = heap.allocUI32(100);
      const { data, pointer } = block;
      data.fill(5);
      heap.alloc(10 * MIB);
      assert.equal(block.data, data);
      assert.equal(block.pointer, pointer);
      assert.ok(data.every((word) => word === 5));
      data[0] = 6;
      assert.equal(new AllocatedMemory(heap, block.getSharedMemory()).data[0], 6);
    });

    it('uses what the memory was enlarged by from outside', () => {
      const heap = new MemoryHeap({ maxSize: 256 * KIB });
      const { memory, buffers } = heap.getSharedMemory();
      if (memory) memory.grow(4);
      else buffers[0].grow(buffers[0].maxByteLength);
      assert.equal(heap.totalAllocated, 8192);
      assert.equal(heap.alloc(256 * KIB).byteLength, 256 * KIB);
    });

    it('stops at maxSize, of which only whole buffers are used', () => {
      const heap = new MemoryHeap({ bufferSize: 10_000, maxSize: 35_000 });
      fill(heap);
      assert.equal(heap.totalAllocated, 30_000);
    });
  });

  describe('when it is full', () => {
    it('throws, keeps everything that was there, and goes on after something was freed', () => {
      const heap = new MemoryHeap({ maxSize: 256 * KIB });
      const blocks = [];
      assertCode('ERR_TH_OUT_OF_MEMORY', () => {
        for (;;) {
          const block = heap.allocUI32(250);
          block.data.fill(blocks.length);
          blocks.push(block);
        }
      });
      const used = heap.currentUsed;
      assert.ok(blocks.length > 230, `${blocks.length} blocks`);
      assert.ok(heap.totalAllocated <= 256 * KIB);
      assertCode('ERR_TH_OUT_OF_MEMORY', () => heap.allocUI32(250), /maxSize/);
      assert.equal(heap.currentUsed, used);
      for (const [i, { data }] of blocks.entries()) assert.ok(data.every((word) => word === i));
      blocks.pop().free();
      blocks.push(heap.allocUI32(250));
      assertSound(heap);
      for (const block of blocks) block.free();
      assert.equal(heap.currentUsed, 0);
    });

    it('still has room for a smaller block after a large one was refused', () => {
      const heap = new MemoryHeap({ maxSize: 64 * KIB });
      for (let i = 0; i < 100; i++) {
        assertCode('ERR_TH_OUT_OF_MEMORY', () => heap.alloc(64 * KIB + 1));
        assertCode('ERR_TH_OUT_OF_MEMORY', () => heap.alloc(2 ** 32));
      }
      assert.equal(heap.currentUsed, 0);
      assert.equal(heap.alloc(60 * KIB).byteLength, 60 * KIB);
    });
  });

  it('finds room that a whole run needs but the block itself does not, up to maxSize', () => {
    for (const maxSize of [16384, 20480]) {
      const heap = new MemoryHeap({ bufferSize: 8192, maxSize });
      heap.alloc(16).free();
      heap.alloc(8193).free();
      heap.alloc(16384).free();
      assert.equal(heap.totalAllocated, 16384);
    }
  });

  describe('getSharedAlloc', () => {
    it('rebuilds a block, and is undefined where there is none', () => {
      const heap = new MemoryHeap();
      const block = heap.allocUI32(3);
      block.data[1] = 8;
      const shared = block.getSharedMemory();
      const rebuilt = heap.getSharedAlloc(shared);
      assert.ok(rebuilt instanceof AllocatedMemory);
      assert.deepEqual(Array.from(rebuilt.data), [0, 8, 0]);
      block.free();
      assert.equal(heap.getSharedAlloc(shared), undefined);
      assert.equal(heap.getSharedAlloc({ bufferPosition: 4095, bufferByteOffset: 0 }), undefined);
    });

    it('refuses what names no block', () => {
      const heap = new MemoryHeap();
      assertCode('ERR_TH_ARG_TYPE', () => heap.getSharedAlloc(), /shared/);
      assertCode('ERR_TH_ARG_TYPE', () => heap.getSharedAlloc({}), /bufferPosition/);
    });
  });

  describe('numbers about it', () => {
    it('prettyMemory tells what is used of what is there', () => {
      const heap = new MemoryHeap();
      assert.equal(heap.prettyMemory(), '0.0 B / 8.0 KiB');
      heap.alloc(3 * MIB);
      assert.match(heap.prettyMemory(), /^3\.0 MiB \/ \d+\.\d (MiB)$/);
    });

    it('stats tells the same as the getters, and no more is free than is there', () => {
      const heap = new MemoryHeap({ initialBuffers: 4, maxSize: MIB });
      heap.alloc(1000);
      const { used, committed, maximum, free, largestFree, threads } = heap.stats();
      assert.equal(used, heap.currentUsed);
      assert.equal(committed, heap.totalAllocated);
      assert.equal(maximum, MIB);
      assert.equal(threads, 1);
      assert.ok(largestFree > 0 && largestFree <= free && free + used <= committed);
    });

    it('stats counts blocks by size class, whole pages and containers', () => {
      const heap = new MemoryHeap();
      const count = (byteLength) =>
        heap.stats().blocks.find((block) => block.byteLength === byteLength).count;
      const lists = [new SharedList(heap), new SharedList(heap)];
      const map = new SharedMap(heap);
      const blocks = [heap.alloc(100), heap.alloc(112), heap.alloc(100000)];
      assert.equal(count(112), 2);
      assert.equal(count(96), 0);
      assert.deepEqual(heap.stats().largeBlocks, { byteLength: 102400, count: 1 });
      assert.deepEqual(heap.stats().containers, { lists: 2, vectors: 0, maps: 1, strings: 0, stores: 0 });
      for (const object of [...lists, map, ...blocks]) object.free();
      assert.ok(heap.stats().blocks.every((block) => block.count === 0));
      assert.deepEqual(heap.stats().largeBlocks, { byteLength: 0, count: 0 });
      assert.deepEqual(heap.stats().containers, { lists: 0, vectors: 0, maps: 0, strings: 0, stores: 0 });
    });

    it('stats adds up to what is used', () => {
      const heap = new MemoryHeap();
      for (let i = 0; i < 300; i++) heap.alloc(i * 40);
      const { blocks, largeBlocks, used } = heap.stats();
      const sum = blocks.reduce((bytes, block) => bytes + block.byteLength * block.count, 0);
      assert.equal(sum + largeBlocks.byteLength, used);
    });

    it('util.inspect shows them', () => {
      const heap = new MemoryHeap();
      assert.match(inspect(heap), /^MemoryHeap \{\s+used: 0,\s+totalAllocated: 8192,/);
      assert.match(inspect({ heap }), /heap: MemoryHeap/);
      heap[dispose]();
      assert.equal(inspect(heap), 'MemoryHeap { closed: true }');
      assert.equal(heap.totalAllocated, 8192);
    });
  });

  describe('autoGrowSize', () => {
    it('enlarges the heap as soon as that percentage of it is used', () => {
      const heap = new MemoryHeap({ bufferSize: MIB, autoGrowSize: 50 });
      while (heap.currentUsed + 16 * KIB < MIB / 2) heap.alloc(16 * KIB);
      assert.equal(heap.totalAllocated, MIB);
      heap.alloc(32 * KIB);
      assert.equal(heap.totalAllocated, 2 * MIB);
    });

    it('fails no allocation when the system has no more memory', () => {
      const heap = new MemoryHeap({ bufferSize: MIB, autoGrowSize: 10 });
      heap[kBacking].grow = () => {
        throw new RangeError('no memory');
      };
      assert.equal(heap.alloc(MIB / 2).byteLength, MIB / 2);
      assertCode('ERR_TH_OUT_OF_MEMORY', () => heap.alloc(MIB));
      assert.equal(heap.totalAllocated, MIB);
    });

    it('does not make a heap larger than maxSize, nor fail at it', () => {
      const heap = new MemoryHeap({ maxSize: 64 * KIB, autoGrowSize: 1 });
      const block = heap.alloc(64 * KIB);
      assert.equal(heap.totalAllocated, 64 * KIB);
      block.free();
      assert.equal(heap.currentUsed, 0);
    });

    it('is not needed: without it the heap grows when an allocation has to have room', () => {
      const heap = new MemoryHeap();
      heap.alloc(8192);
      assert.equal(heap.totalAllocated, 8192);
      heap.alloc(1);
      assert.ok(heap.totalAllocated > 8192);
    });
  });

  describe('addOnGrowBufferHandlers', () => {
    it('has the handlers called after a growth, from a microtask', async () => {
      const heap = new MemoryHeap();
      const calls = [];
      heap.addOnGrowBufferHandlers((data) => calls.push(['first', data]));
      heap.addOnGrowBufferHandlers((data) => calls.push(['second', data]));
      heap.alloc(1000);
      await null;
      assert.deepEqual(calls, []);
      heap.alloc(100_000);
      assert.deepEqual(calls, []);
      await null;
      assert.deepEqual(calls.map(([name]) => name), ['first', 'second']);
      const [[, data]] = calls;
      assert.equal(data.buffer, heap.buffers[0].buf);
      assert.equal(data.bufferPosition, heap.buffers.length - 1);
    });

    it('lets a handler use the heap', async () => {
      const heap = new MemoryHeap();
      let handled = 0;
      heap.addOnGrowBufferHandlers(() => {
        if (++handled < 3) heap.alloc(heap.totalAllocated);
      });
      heap.alloc(8193);
      await sleep(1);
      assert.equal(handled, 3);
    });

    it('gives data that addSharedBuffer takes, though nothing needs it', async () => {
      const heap = new MemoryHeap();
      const clone = new MemoryHeap(heap.getSharedMemory());
      let handled = 0;
      heap.addOnGrowBufferHandlers((data) => {
        clone.addSharedBuffer(data);
        handled++;
      });
      const block = heap.alloc(50_000);
      assert.equal(new AllocatedMemory(clone, block.getSharedMemory()).byteLength, 50_000);
      await null;
      assert.equal(handled, 1);
      assert.equal(clone.totalAllocated, heap.totalAllocated);
    });

    it('refuses what is no function', () => {
      const heap = new MemoryHeap();
      for (const handler of [undefined, null, {}, 'text']) {
        assertCode('ERR_TH_ARG_TYPE', () => heap.addOnGrowBufferHandlers(handler), /handler/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => heap.addSharedBuffer(5), /data/);
    });
  });

  describe('a clone', () => {
    it('is the same heap, and says that it is a clone', () => {
      const heap = new MemoryHeap({ bufferSize: 4096, initialBuffers: 2, maxSize: MIB });
      const clone = new MemoryHeap(heap.getSharedMemory());
      assert.equal(clone.isClone, true);
      for (const name of ['bufferSize', 'totalAllocated', 'maxSize', 'currentUsed']) {
        assert.equal(clone[name], heap[name], name);
      }
      const block = clone.allocUI32(1000);
      block.data[999] = 4;
      assert.equal(new AllocatedMemory(heap, block.getSharedMemory()).data[999], 4);
      clone.alloc(100_000);
      assert.equal(heap.currentUsed, clone.currentUsed);
      assert.equal(heap.totalAllocated, clone.totalAllocated);
      assert.deepEqual(clone.getSharedMemory(), heap.getSharedMemory());
    });

    it('can be cloned again, from its descriptor or from a structured clone of it', () => {
      const heap = new MemoryHeap();
      const list = new SharedList(heap);
      const clone = new MemoryHeap(new MemoryHeap(heap.getSharedMemory()).getSharedMemory());
      const other = new MemoryHeap(structuredClone(heap.getSharedMemory()));
      new SharedList(clone, list.getSharedMemory()).push(1);
      new SharedList(other, list.getSharedMemory()).push(2);
      assert.deepEqual(Array.from(list.toArray()), [1, 2]);
    });

    it('frees what the original allocated, and the other way round, exactly', () => {
      const heap = new MemoryHeap();
      const other = new MemoryHeap(structuredClone(heap.getSharedMemory()));
      for (let i = 0; i < 500; i++) {
        const a = heap.alloc(i);
        const b = other.alloc(i);
        new AllocatedMemory(other, a.getSharedMemory()).free();
        new AllocatedMemory(heap, b.getSharedMemory()).free();
        assert.equal(heap.currentUsed, 0);
        assert.equal(other.currentUsed, 0);
      }
    });
  });

  describe('Symbol.dispose', () => {
    it('closes the heap for this object: every later call throws', () => {
      const heap = new MemoryHeap();
      heap[dispose]();
      assertCode('ERR_TH_FREED', () => heap.alloc(1));
      assertCode('ERR_TH_FREED', () => heap.allocUI32(1));
      assertCode('ERR_TH_FREED', () => heap.currentUsed);
      assertCode('ERR_TH_FREED', () => heap.prettyMemory());
      assertCode('ERR_TH_FREED', () => heap.stats());
      assertCode('ERR_TH_FREED', () => heap.getSharedMemory());
      assertCode('ERR_TH_FREED', () =>
        heap.getSharedAlloc({ bufferPosition: 0, bufferByteOffset: 4096 })
      );
      assertCode('ERR_TH_FREED', () => new SharedList(heap), /heap/);
    });

    it('may be called again', () => {
      const heap = new MemoryHeap();
      heap[dispose]();
      heap[dispose]();
    });

    it('leaves the clones of the heap open', () => {
      const heap = new MemoryHeap();
      const clone = new MemoryHeap(heap.getSharedMemory());
      const map = new SharedMap(clone).set('key', 'value');
      heap[dispose]();
      heap[dispose]();
      assert.equal(map.get('key'), 'value');
      assert.equal(clone.allocUI32(2).data.length, 2);
    });

    it('leaves the containers of a closed heap usable while a clone is open', () => {
      const heap = new MemoryHeap();
      const clone = new MemoryHeap(heap.getSharedMemory());
      const list = new SharedList(heap);
      heap[dispose]();
      for (let i = 0; i < 10_000; i++) list.push(i);
      assert.equal(list.length, 10_000);
      const descriptor = list.getSharedMemory();
      assert.equal(new SharedList(clone, descriptor).length, 10_000);
      assert.equal(descriptor.heapId, clone.getSharedMemory().heapId);
      clone[dispose]();
      assertCode('ERR_TH_FREED', () => list.length);
      assertCode('ERR_TH_FREED', () => list.push(1));
    });

    it('gives back what blocks and containers of the heap still occupied', () => {
      // A live heap reserves 4 GiB of addresses, of which a process has 128 TiB at most.
      for (let i = 0; i < 300; i++) {
        const heap = new MemoryHeap();
        new SharedMap(heap).set('key', 'a value that needs a block');
        heap.alloc(100_000);
        heap[dispose]();
      }
    });
  });
});
