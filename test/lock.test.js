'use strict';

const assert = require('node:assert/strict');
const { threadId } = require('node:worker_threads');
const { MemoryHeap, SIMPLE_LOCK_ALLOCATE_COUNT, lock, takeOverLock, unlock } = require('../lib');
const { assertCode } = require('./helpers/check');

const OTHER = 2 ** 29; // the number of a thread that is not there, and so has not ended

describe('a lock', () => {
  for (const Type of [Int32Array, Uint32Array]) {
    it(`in a ${Type.name} is one word, which is 0 when nobody holds it`, () => {
      const data = new Type(new SharedArrayBuffer(12));
      lock(data, 1);
      assert.deepEqual(Array.from(data), [0, threadId + 1, 0]);
      unlock(data, 1);
      assert.deepEqual(Array.from(data), [0, 0, 0]);
      lock(data);
      assert.equal(data[0], threadId + 1);
      unlock(data);
    });
  }

  it('can lie in a block of the heap', () => {
    const { data } = new MemoryHeap().allocUI32(SIMPLE_LOCK_ALLOCATE_COUNT);
    lock(data);
    unlock(data);
    assert.deepEqual(data, new Uint32Array(1));
  });

  it('can be private as long as nobody has to wait', () => {
    const data = new Int32Array(1);
    lock(data);
    unlock(data);
    data[0] = OTHER;
    assertCode('ERR_TH_ARG_TYPE', () => lock(data), /SharedArrayBuffer/);
  });

  it('is not waited for by the thread that holds it', () => {
    const data = new Int32Array(new SharedArrayBuffer(4));
    lock(data);
    assertCode('ERR_TH_DEADLOCK', () => lock(data));
    assertCode('ERR_TH_DEADLOCK', () => lock(data, 0, { timeout: 0 }));
    unlock(data);
    lock(data);
  });

  for (const Type of [Int32Array, Uint32Array]) {
    it(`in a ${Type.name} is waited for as long as is said`, () => {
      const data = new Type(new SharedArrayBuffer(4));
      data[0] = OTHER;
      for (const timeout of [0, 0.5, 25]) {
        const start = performance.now();
        assertCode('ERR_TH_TIMEOUT', () => lock(data, 0, { timeout }), /lock/);
        assert.ok(performance.now() - start >= timeout);
      }
      assertCode('ERR_TH_NOT_OWNER', () => unlock(data), new RegExp(`thread ${OTHER - 1} `));
      assert.equal(takeOverLock(data), false);
    });
  }

  it('cannot be given back when nobody holds it', () => {
    const data = new Int32Array(new SharedArrayBuffer(4));
    assertCode('ERR_TH_NOT_OWNER', () => unlock(data), /nobody/);
    assert.equal(takeOverLock(data), false);
    assert.equal(data[0], 0);
  });

  it('is refused where there is none', () => {
    const data = new Int32Array(2);
    for (const call of [lock, unlock, takeOverLock]) {
      for (const none of [undefined, null, [0], new Int16Array(4), new BigInt64Array(1), {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => call(none), /data/);
      }
      for (const index of [-1, 0.5, 2, NaN]) {
        assertCode('ERR_TH_ARG_RANGE', () => call(data, index), /index/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => call(data, '0'), /index/);
    }
    for (const timeout of [-1, NaN]) {
      assertCode('ERR_TH_ARG_RANGE', () => lock(data, 0, { timeout }), /timeout/);
    }
    for (const timeout of ['1', null, 1n]) {
      assertCode('ERR_TH_ARG_TYPE', () => lock(data, 0, { timeout }), /timeout/);
    }
    assertCode('ERR_TH_UNKNOWN_OPTION', () => lock(data, 0, { time: 1 }), /time/);
    assertCode('ERR_TH_ARG_TYPE', () => lock(data, 0, 10), /options/);
    assert.deepEqual(data, new Int32Array(2));
  });
});
