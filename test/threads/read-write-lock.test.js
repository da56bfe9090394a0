'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, readLock, readUnlock, takeOverLock, writeLock, writeUnlock } =
  require('../..');
const { assertCode } = require('../helpers/check');
const { addOne, untilWriterWaits } = require('./tasks/read-write-lock');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const AT_ONCE = { timeout: 0 };

describe('threads: a read-write lock', () => {
  useTeams();

  let heap, block, data;

  beforeEach(() => {
    heap = new MemoryHeap();
    block = heap.allocUI32(4);
    ({ data } = block);
  });

  it('keeps readers from writers, and writers from each other', async () => {
    const task = 'read-write-lock.readAndWrite';
    const writes = await runTogether({ heap, block }, task, { each: 20000 });
    const sum = writes.reduce((a, b) => a + b);
    assert.deepEqual(Array.from(data), [0, 0, sum, sum]);
  });

  it('is held by all readers at once', async () => {
    const team = await startTeam({ heap, block }, 'read-write-lock.readTogether');
    team.go();
    await team.values();
    assert.deepEqual(Array.from(data), [0, 0, 0, 0]);
  });

  it('comes to a writer though the readers never stop', async () => {
    const team = await startTeam({ heap, block }, 'read-write-lock.readOn');
    team.go();
    await team.reach('turn', 100);
    writeLock(data, 0, { timeout: 10000 });
    addOne(data);
    writeUnlock(data);
    team.signals.set('stop', 1);
    await team.values();
    assert.deepEqual(Array.from(data), [0, 0, 1, 1]);
  });

  it('lets a reader read once more though a writer waits for it', async () => {
    const team = await startTeam({ heap, block }, 'read-write-lock.readTwice', { count: 1 });
    team.go();
    await team.reach('progress', 1);
    writeLock(data, 0, { timeout: 10000 });
    writeUnlock(data);
    await team.values();
    assert.deepEqual(Array.from(data), [0, 0, 0, 0]);
  });

  it('of a writer that ended is noticed by all, and can be taken over', async () => {
    const team = await startTeam({ heap, block }, 'read-write-lock.writeAndExit', { count: 1 });
    team.go();
    await team.ended();
    assertCode('ERR_TH_OWNER_DIED', () => readLock(data));
    assertCode('ERR_TH_OWNER_DIED', () => writeLock(data));
    assertCode('ERR_TH_NOT_OWNER', () => writeUnlock(data));
    assert.equal(data[1], 0, 'no writer waits');
    assert.equal(takeOverLock(data), true);
    data[3] = data[2];
    writeUnlock(data);
    readLock(data, 0, AT_ONCE);
    readUnlock(data);
    assert.deepEqual(Array.from(data), [0, 0, 1, 1]);
  });

  it('of a reader that ended keeps writers out, who need not wait for ever', async () => {
    const team = await startTeam({ heap, block }, 'read-write-lock.readAndExit', { count: 1 });
    team.go();
    await team.ended();
    assertCode('ERR_TH_TIMEOUT', () => writeLock(data, 0, { timeout: 50 }));
    assert.equal(takeOverLock(data), false);
    readLock(data, 0, AT_ONCE);
    readUnlock(data);
    readUnlock(data); // for the one that ended
    writeLock(data, 0, AT_ONCE);
    writeUnlock(data);
  });

  it('forgets a writer that ended while it waited', async () => {
    readLock(data);
    const team = await startTeam({ heap, block }, 'read-write-lock.wantToWrite', { count: 1 });
    team.go();
    await team.reach('arrived', 1);
    untilWriterWaits(data);
    await team.members[0].terminate();
    assert.notEqual(data[1], 0);
    readLock(data, 0, AT_ONCE);
    assert.equal(data[1], 0);
    readUnlock(data);
    readUnlock(data);
    writeLock(data, 0, AT_ONCE);
    writeUnlock(data);
    assert.deepEqual(Array.from(data), [0, 0, 0, 0]);
  });

  it('wakes the readers and writers that wait', async () => {
    writeLock(data);
    const writers = await startTeam({ heap, block }, 'read-write-lock.wantToWrite');
    writers.go();
    await writers.reach('arrived', WORKERS);
    writeUnlock(data);
    await writers.values();
    assert.deepEqual(Array.from(data), [0, 0, 0, 0]);
  });
});
