'use strict';

const assert = require('node:assert/strict');
const threadheap = require('../lib');
const { MemoryHeap, createPointer, getPointer, loadPointer, loadRawPointer, replacePointer,
  replaceRawPointer, storePointer, storeRawPointer } = threadheap;
const { assertCode } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const POSITION_MAX = 4095;
const OFFSET_MAX = 2 ** 20 - 1;
const NO_NUMBERS = [undefined, null, '1', true, 1n, {}, [1], () => 1];
const NO_INDICES = [-1, 1.5, NaN, Infinity];
const arrays = [Uint32Array, Int32Array];

describe('pointers', () => {
  it('have 12 bits of position and 20 bits of byte offset', () => {
    assert.equal(threadheap.POSITION_BIT_COUNT, 12);
    assert.equal(threadheap.BYTE_OFFSET_BIT_COUNT, 20);
    assert.equal(threadheap.MAX_POSITION_LENGTH, POSITION_MAX + 1);
    assert.equal(threadheap.MAX_BYTE_OFFSET_LENGTH, OFFSET_MAX + 1);
    assert.equal(createPointer(1, 2), 2 ** 20 + 2);
    assert.deepEqual(getPointer(2 ** 20 + 2), { bufferPosition: 1, bufferByteOffset: 2 });
  });

  it('are never negative', () => {
    assert.equal(createPointer(2048, 0), 2 ** 31);
    assert.equal(createPointer(POSITION_MAX, OFFSET_MAX), 2 ** 32 - 1);
    for (const Type of arrays) {
      const data = new Type(1);
      storeRawPointer(data, 0, 2 ** 32 - 4);
      assert.equal(loadRawPointer(data), 2 ** 32 - 4);
    }
  });

  itRandomly('survive the way to a pair and back', (random) => {
    for (let i = 0; i < 1000; i++) {
      const pointer = random.uint32();
      const { bufferPosition, bufferByteOffset } = getPointer(pointer);
      assert.ok(bufferPosition >= 0 && bufferPosition <= POSITION_MAX);
      assert.ok(bufferByteOffset >= 0 && bufferByteOffset <= OFFSET_MAX);
      assert.equal(createPointer(bufferPosition, bufferByteOffset), pointer);
      assert.deepEqual(getPointer(pointer | 0), getPointer(pointer), 'read from an Int32Array');
    }
  });

  it('are refused when they are none', () => {
    for (const value of NO_NUMBERS) {
      assertCode('ERR_TH_ARG_TYPE', () => getPointer(value), /value/);
      assertCode('ERR_TH_ARG_TYPE', () => createPointer(value, 0), /bufferPosition/);
      assertCode('ERR_TH_ARG_TYPE', () => createPointer(0, value), /bufferByteOffset/);
    }
    for (const value of [1.5, NaN, Infinity, 2 ** 32, -(2 ** 31) - 1]) {
      assertCode('ERR_TH_ARG_RANGE', () => getPointer(value), /value/);
    }
    for (const value of [...NO_INDICES, POSITION_MAX + 1]) {
      assertCode('ERR_TH_ARG_RANGE', () => createPointer(value, 0), /bufferPosition/);
    }
    for (const value of [...NO_INDICES, OFFSET_MAX + 1]) {
      assertCode('ERR_TH_ARG_RANGE', () => createPointer(0, value), /bufferByteOffset/);
    }
  });
});

describe('words that hold pointers', () => {
  for (const Type of arrays) {
    it(`are loaded from and stored in a ${Type.name}`, () => {
      const data = new Type(3);
      storePointer(data, 1, 4000, 12);
      assert.deepEqual(loadPointer(data, 1), { bufferPosition: 4000, bufferByteOffset: 12 });
      assert.equal(loadRawPointer(data, 1), createPointer(4000, 12));
      storeRawPointer(data, 2, 16);
      assert.deepEqual(loadPointer(data, 2), { bufferPosition: 0, bufferByteOffset: 16 });
      assert.equal(loadRawPointer(data), 0);
      assert.deepEqual(loadPointer(data), { bufferPosition: 0, bufferByteOffset: 0 });
    });

    it(`are replaced in a ${Type.name} only if they hold what is expected`, () => {
      const data = new Type(2);
      storePointer(data, 1, 4095, 16);
      assert.equal(replacePointer(data, 1, 1, 2, 4095, 32), false);
      assert.deepEqual(loadPointer(data, 1), { bufferPosition: 4095, bufferByteOffset: 16 });
      assert.equal(replacePointer(data, 1, 1, 2, 4095, 16), true);
      assert.deepEqual(loadPointer(data, 1), { bufferPosition: 1, bufferByteOffset: 2 });
      assert.equal(replaceRawPointer(data, 0, 2 ** 32 - 16, 0), true);
      assert.equal(replaceRawPointer(data, 0, 5, 0), false);
      assert.equal(loadRawPointer(data, 0), 2 ** 32 - 16);
    });
  }

  it('can lie in a block of the heap', () => {
    const heap = new MemoryHeap();
    const target = heap.allocUI32(1);
    const { data } = heap.allocUI32(2);
    storeRawPointer(data, 1, target.pointer);
    assert.deepEqual(loadPointer(data, 1), target.getSharedMemory());
  });

  it('are refused where there is none', () => {
    const data = new Uint32Array(2);
    for (const none of [undefined, null, [1, 2], new Float64Array(2), new Uint8Array(8), {}]) {
      assertCode('ERR_TH_ARG_TYPE', () => loadPointer(none), /data/);
      assertCode('ERR_TH_ARG_TYPE', () => loadRawPointer(none, 0), /data/);
      assertCode('ERR_TH_ARG_TYPE', () => storePointer(none, 0, 0, 0), /data/);
      assertCode('ERR_TH_ARG_TYPE', () => storeRawPointer(none, 0, 0), /data/);
      assertCode('ERR_TH_ARG_TYPE', () => replacePointer(none, 0, 0, 0, 0, 0), /data/);
      assertCode('ERR_TH_ARG_TYPE', () => replaceRawPointer(none, 0, 0, 0), /data/);
    }
    for (const index of [...NO_INDICES, 2]) {
      assertCode('ERR_TH_ARG_RANGE', () => loadPointer(data, index), /index/);
      assertCode('ERR_TH_ARG_RANGE', () => loadRawPointer(data, index), /index/);
      assertCode('ERR_TH_ARG_RANGE', () => storePointer(data, index, 0, 0), /index/);
      assertCode('ERR_TH_ARG_RANGE', () => storeRawPointer(data, index, 0), /index/);
      assertCode('ERR_TH_ARG_RANGE', () => replacePointer(data, index, 0, 0, 0, 0), /index/);
      assertCode('ERR_TH_ARG_RANGE', () => replaceRawPointer(data, index, 0, 0), /index/);
    }
    assertCode('ERR_TH_ARG_TYPE', () => loadPointer(data, '0'), /index/);
  });

  it('take no value that is no pointer, and keep what they held', () => {
    const data = new Uint32Array([7]);
    for (const value of NO_NUMBERS) {
      assertCode('ERR_TH_ARG_TYPE', () => storeRawPointer(data, 0, value), /pointer/);
      assertCode('ERR_TH_ARG_TYPE', () => storePointer(data, 0, value, 0), /bufferPosition/);
      assertCode('ERR_TH_ARG_TYPE', () => replaceRawPointer(data, 0, value, 7), /newPointer/);
      assertCode('ERR_TH_ARG_TYPE', () => replaceRawPointer(data, 0, 1, value), /oldPointer/);
    }
    for (const value of [...NO_INDICES, 2 ** 32]) {
      assertCode('ERR_TH_ARG_RANGE', () => storeRawPointer(data, 0, value), /pointer/);
      assertCode('ERR_TH_ARG_RANGE', () => storePointer(data, 0, 0, value), /bufferByteOffset/);
      assertCode('ERR_TH_ARG_RANGE', () => replaceRawPointer(data, 0, value, 7), /newPointer/);
      assertCode('ERR_TH_ARG_RANGE', () => replacePointer(data, 0, 0, 0, value, 7), /Position/);
    }
    assert.equal(data[0], 7);
  });
});
