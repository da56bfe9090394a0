'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');
const { LocalSharedMemory, MemoryHeap, SharedMap, SharedVector } = require('../lib');
const { assertCode, assertExact, assertSound, dispose, fill } = require('./helpers/check');
const { containers } = require('./helpers/classes');

const PAGE = 65536;
const FLAG = '--disable-wasm-trap-handler'; // without which V8 reserves 10 GiB, or fails
const RESERVES = [0, 1, 4096, 100_000];

function sharedMemory(initial = 2, maximum = 100) {
  return new WebAssembly.Memory({ initial, maximum, shared: true });
}

describe('MemoryHeap in a WebAssembly.Memory', () => {
  for (const reserve of RESERVES) {
    describe(`with ${reserve} bytes reserved`, () => {
      let memory;
      let heap;

      beforeEach(() => {
        memory = sharedMemory();
        heap = new MemoryHeap({ memory, reserve });
      });

      afterEach(() => assertSound(heap));

      it('uses the rest of the memory, and grows as far as that does', () => {
        const before = Math.ceil(reserve / 4096) * 4096;
        assert.equal(heap.totalAllocated, 2 * PAGE - before - 4096);
        assert.equal(heap.maxSize, 100 * PAGE - before - 4096);
        const blocks = fill(heap);
        assert.equal(memory.buffer.byteLength, 100 * PAGE);
        assert.equal(heap.currentUsed, heap.maxSize);
        for (const block of blocks) block.free();
        assert.equal(heap.currentUsed, 0);
        assert.deepEqual(new Uint8Array(memory.buffer, 0, reserve), new Uint8Array(reserve));
      });

      it('has blocks whose views are where their pointers say', () => {
        const block = heap.alloc(1000, 64);
        const offset = block.pointer + Math.ceil(reserve / 4096) * 4096;
        assert.equal(offset % 64, 0);
        block.getArray(Uint8Array).fill(7);
        block.data[1] = 5;
        assert.equal(block.data.byteOffset, offset);
        assert.equal(new Uint32Array(memory.buffer)[offset / 4 + 1], 5);
        const { bufferPosition, bufferByteOffset } = block.getArrayMemory(1, 1);
        assert.deepEqual(heap.getSharedAlloc({ bufferPosition, bufferByteOffset }).data[0], 5);
        block.free();
      });

      for (const { Class, create, read } of containers) {
        it(`holds a ${Class.name}, opened again by its descriptor`, () => {
          assertExact(heap, () => {
            const object = create(heap);
            const same = new MemoryHeap({ ...heap.getSharedMemory(), memory: structuredClone(memory) });
            const again = new Class(same, object.getSharedMemory());
            assert.deepEqual(read(again), read(object));
            object.free();
            assertCode('ERR_TH_FREED', () => read(again));
            same[dispose]();
          });
        });
      }

      it('keeps the views of a vector and a map while it grows', () => {
        const vector = new SharedVector(heap, { type: Float64Array });
        const map = new SharedMap(heap);
        for (let i = 0; i < 20000; i++) {
          vector.push(i);
          map.set(`key ${i}`, i);
        }
        const [first] = vector.chunks();
        first[0] = -1;
        assert.equal(vector.get(0), -1);
        for (let i = 1; i < 20000; i++) assert.equal(vector.get(i), i);
        for (let i = 0; i < 20000; i++) assert.equal(map.get(`key ${i}`), i);
        vector.free();
        map.free();
        assert.equal(heap.currentUsed, 0);
      });
    });
  }

  it('is described by the memory, which goes to other threads', () => {
    const memory = sharedMemory();
    const heap = new MemoryHeap({ memory, reserve: 1 });
    const { buffers, memory: same, reserve, bufferSize, heapId } = heap.getSharedMemory();
    assert.deepEqual([buffers, same, reserve, bufferSize], [[], memory, 4096, PAGE]);
    const again = new MemoryHeap(structuredClone(heap.getSharedMemory()));
    assert.ok(again.isClone);
    assert.equal(again.getSharedMemory().heapId, heapId);
    assert.equal(again.stats().threads, 2); // this thread has two memory objects
  });

  it('is the same heap for all who name the memory', () => {
    const memory = sharedMemory();
    const map = new SharedMap(new MemoryHeap({ memory })).set('key', 1);
    const heap = new MemoryHeap({ memory: structuredClone(memory) });
    assert.equal(new SharedMap(heap, map.getSharedMemory()).get('key'), 1);
  });

  it('is opened again after all handles were closed', () => {
    const memory = new LocalSharedMemory(1, 10);
    const offset = memory.malloc(10);
    const heap = new MemoryHeap({ memory });
    heap[dispose]();
    assertCode('ERR_TH_FREED', () => heap.alloc(1));
    assert.equal(memory.sizeof(offset), 10);
    assert.equal(new MemoryHeap({ memory }).currentUsed, 16);
  });

  it('shows the memory in its buffers, as it is now', () => {
    const memory = sharedMemory(1, 10);
    const heap = new MemoryHeap({ memory, autoGrowSize: 50 });
    assert.equal(heap.buffers.length, 1);
    assert.equal(heap.buffers[0].buf.byteLength, PAGE);
    heap.alloc(50000);
    assert.equal(heap.buffers.length, 2);
    assert.equal(heap.buffers[1].buf.byteLength, 2 * PAGE);
    memory.grow(3); // which the heap has not taken
    assert.equal(heap.buffers.length, 2);
    assert.equal(heap.buffers, heap.buffers);
    heap.alloc(3 * PAGE);
    assert.equal(heap.buffers.length, 5);
    assert.equal(heap.buffers[4].buf.byteLength, 5 * PAGE);
  });

  it('is not made where it cannot be', () => {
    const memory = sharedMemory(1);
    const make = (config) => () => new MemoryHeap(config);
    const unshared = new WebAssembly.Memory({ initial: 1 });
    for (const other of [unshared, {}, null, undefined, new SharedArrayBuffer(PAGE)]) {
      assertCode('ERR_TH_ARG_TYPE', make({ memory: other }), /config\.memory/);
    }
    for (const reserve of [-1, 0.5, PAGE, PAGE - 4095]) {
      assertCode('ERR_TH_ARG_RANGE', make({ memory, reserve }), /reserve/);
    }
    assertCode('ERR_TH_UNKNOWN_OPTION', make({ memory, maxSize: PAGE }), /maxSize/);
    assertCode('ERR_TH_ARG_RANGE', make({ memory, autoGrowSize: 0 }), /autoGrowSize/);
    assertCode('ERR_TH_BAD_DESCRIPTOR', make({ memory, heapId: 5 }));
    const { heapId } = new MemoryHeap({ memory }).getSharedMemory();
    assertCode('ERR_TH_BAD_DESCRIPTOR', make({ memory, heapId: heapId + 1 }), /heapId/);
    assertCode('ERR_TH_BAD_DESCRIPTOR', make({ memory, reserve: 8192 }), /reserve/);
    const other = structuredClone(memory);
    assertCode('ERR_TH_BAD_DESCRIPTOR', make({ memory: other, reserve: 8192 }), /elsewhere/);
    assertCode('ERR_TH_BAD_DESCRIPTOR', make({ memory: other, reserve: 8192, heapId }));
  });

  it('stays where it is when a header in the memory is overwritten', () => {
    const memory = sharedMemory();
    const heap = new MemoryHeap({ memory });
    const map = new SharedMap(heap).set('key', 1);
    new Uint8Array(memory.buffer, 0, 4096).fill(255);
    assert.equal(map.get('key'), 1);
    assertSound(heap);
  });

  // The memory moves when it grows if V8 cannot reserve address space for its maximum.
  it('and a memory that is not shared: its allocator follows it where it moves', async function () {
    // AddressSanitizer needs more addresses than the limit leaves.
    if (/san\b/.test(process.env.LD_PRELOAD ?? '')) this.skip();
    if (process.platform !== 'linux' || !process.allowedNodeEnvironmentFlags.has(FLAG)) this.skip();
    const program = path.join(__dirname, 'helpers', 'moving.js');
    const command = `ulimit -v 1600000; exec "$0" ${FLAG} "$1"`;
    const args = ['-c', command, process.execPath, program];
    const { stdout } = await promisify(execFile)('/bin/sh', args);
    assert.equal(stdout, 'ok\n');
  });
});

describe('heaps that are many', () => {
  it('have a memory each, or a growable buffer, and work', async () => {
    const program = path.join(__dirname, 'helpers', 'many-heaps.js');
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program]);
    assert.equal(stdout, '64, then 23 in memories\n');
  });
});

describe('a Node.js without WebAssembly', () => {
  it('has all that needs none', async () => {
    const program = path.join(__dirname, 'helpers', 'without-wasm.js');
    const { stdout } = await promisify(execFile)(process.execPath, ['--jitless', program]);
    assert.equal(stdout, 'undefined\n');
  });
});
