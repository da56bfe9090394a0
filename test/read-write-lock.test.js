'use strict';

const assert = require('node:assert/strict');
const { READ_WRITE_LOCK_ALLOCATE_COUNT, MemoryHeap, readLock, readUnlock, takeOverLock, writeLock,
  writeUnlock } = require('../lib');
const { assertCode } = require('./helpers/check');

const OTHER = 2 ** 29; // the number of a thread that is not there, and so has not ended
const AT_ONCE = { timeout: 0 };

for (const Type of [Int32Array, Uint32Array]) {
  describe(`a read-write lock in a ${Type.name}`, () => {
    let data;

    beforeEach(() => {
      data = new MemoryHeap().allocUI32(READ_WRITE_LOCK_ALLOCATE_COUNT).getArray(Type);
    });

    it('is two words, which are 0 when nobody holds it', () => {
      readLock(data);
      readUnlock(data);
      writeLock(data);
      writeUnlock(data);
      assert.deepEqual(data, new Type(2));
    });

    it('is shared by readers, who each give it back', () => {
      for (let i = 0; i < 5; i++) readLock(data);
      for (let i = 0; i < 5; i++) {
        assertCode('ERR_TH_TIMEOUT', () => writeLock(data, 0, AT_ONCE));
        readUnlock(data);
      }
      writeLock(data, 0, AT_ONCE);
      writeUnlock(data);
    });

    it('is not waited for by the thread that writes', () => {
      writeLock(data);
      assertCode('ERR_TH_DEADLOCK', () => writeLock(data));
      assertCode('ERR_TH_DEADLOCK', () => readLock(data));
      writeUnlock(data);
    });

    it('is waited for as long as is said while another thread writes', () => {
      data[0] = OTHER;
      for (const timeout of [0, 25]) {
        for (const take of [readLock, writeLock]) {
          const start = performance.now();
          assertCode('ERR_TH_TIMEOUT', () => take(data, 0, { timeout }));
          assert.ok(performance.now() - start >= timeout);
        }
      }
      assert.equal(data[1], 0, 'no writer waits any more');
    });

    it('lets readers in though a writer waits that never comes', () => {
      data[1] = OTHER;
      readLock(data, 0, AT_ONCE);
      readLock(data);
      readUnlock(data);
      readUnlock(data);
      assert.equal(data[0], 0);
    });

    it('cannot be given back by who does not hold it', () => {
      assertCode('ERR_TH_NOT_OWNER', () => readUnlock(data), /nobody/);
      assertCode('ERR_TH_NOT_OWNER', () => writeUnlock(data), /nobody/);
      readLock(data);
      assertCode('ERR_TH_NOT_OWNER', () => writeUnlock(data), /readers/);
      assert.equal(takeOverLock(data), false);
      readUnlock(data);
      writeLock(data);
      assertCode('ERR_TH_NOT_OWNER', () => readUnlock(data));
      writeUnlock(data);
      assert.deepEqual(data, new Type(2));
    });

    it('is refused where there are no two words', () => {
      for (const call of [readLock, readUnlock, writeLock, writeUnlock]) {
        assertCode('ERR_TH_ARG_TYPE', () => call([0, 0]), /data/);
        assertCode('ERR_TH_ARG_RANGE', () => call(data, 1), /two words/);
        assertCode('ERR_TH_ARG_RANGE', () => call(data, -1), /index/);
      }
      assertCode('ERR_TH_UNKNOWN_OPTION', () => readLock(data, 0, { time: 1 }), /time/);
      assertCode('ERR_TH_ARG_RANGE', () => writeLock(data, 0, { timeout: -1 }), /timeout/);
    });
  });
}
