'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, lock, takeOverLock, unlock } = require('../..');
const { checkOwner } = require('../../lib/lock-word');
const { assertCode } = require('../helpers/check');
const { generator, seed } = require('./random');
const { countAndRepair } = require('./tasks/lock');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const THREADS = WORKERS + 1; // the main thread takes part

describe('threads: a lock', () => {
  useTeams();

  let heap, block, data;

  beforeEach(() => {
    heap = new MemoryHeap();
    block = heap.allocUI32(3);
    ({ data } = block);
  });

  it('is held by one at a time, the main thread among them', async () => {
    const each = 200000;
    await runTogether({ heap, block }, 'lock.count', { each });
    assert.deepEqual(Array.from(data), [0, each * THREADS, each * THREADS]);
  });

  it('is held by one of those who want it at once', async () => {
    const args = { count: 1, each: 20000 };
    await runTogether({ heap, block }, 'lock.countTogether', args);
    assert.deepEqual(Array.from(data), [0, 2 * args.each, 2 * args.each]);
  });

  it('is slept for in the main thread, too, while another one has it', async () => {
    const team = await startTeam({ heap, block }, 'lock.takeAndSleep', { count: 1 });
    team.go();
    await team.reach('progress', 1);
    const before = process.cpuUsage();
    const start = performance.now();
    assertCode('ERR_TH_TIMEOUT', () => lock(data, 0, { timeout: 1000 }));
    const { user, system } = process.cpuUsage(before);
    assert.ok(performance.now() - start >= 1000);
    assert.ok((user + system) / 1000 < 500, `used ${(user + system) / 1000} ms of the processor`);
    team.signals.set('stop', 1);
    lock(data);
    assert.deepEqual(Array.from(data.subarray(1)), [1, 1]);
    unlock(data);
    await team.values();
  });

  it('is given on to those who sleep', async () => {
    lock(data);
    const team = await startTeam({ heap, block }, 'lock.want');
    team.go();
    await team.reach('arrived', WORKERS);
    unlock(data);
    assert.deepEqual(await team.values(), new Array(WORKERS).fill('taken'));
  });

  it('lets a thread be terminated that sleeps for it', async () => {
    lock(data);
    const team = await startTeam({ heap, block }, 'lock.want', { count: 1 });
    team.go();
    await team.reach('arrived', 1);
    await team.members[0].terminate();
    unlock(data);
    assert.equal(data[0], 0);
  });

  for (const way of ['takeAndThrow', 'takeAndExit', 'takeAndReturn', 'takeAndSleep']) {
    it(`of a thread that ended is noticed, and can be taken over: ${way}`, async () => {
      const team = await startTeam({ heap, block }, `lock.${way}`, { count: 1 });
      const waiting = await startTeam({ heap, block }, 'lock.want', { count: 2 });
      team.go();
      if (way === 'takeAndSleep') {
        await team.reach('progress', 1);
        assert.equal(takeOverLock(data), false, 'it lives');
        waiting.go();
        await waiting.reach('arrived', 2);
        await team.members[0].terminate();
      } else {
        await team.ended();
        waiting.go();
      }
      assert.deepEqual(await waiting.values(), new Array(2).fill('ERR_TH_OWNER_DIED'));
      const { threadId } = team.members[0].worker;
      assert.equal(threadId, -1, 'it has ended');
      assertCode('ERR_TH_OWNER_DIED', () => lock(data, 0, { timeout: 0 }));
      assertCode('ERR_TH_NOT_OWNER', () => unlock(data));
      assert.equal(takeOverLock(data), true);
      assert.equal(takeOverLock(data), false);
      assertCode('ERR_TH_DEADLOCK', () => lock(data));
      assert.deepEqual(Array.from(data.subarray(1)), [1, 0]);
      unlock(data);
      assert.equal(data[0], 0);
    });
  }

  it('is not missed by who saw it with a thread that gave it back and ended since', async () => {
    const team = await startTeam({ heap, block }, 'lock.takeAndReturn', { count: 1 });
    team.go();
    await team.ended();
    const [seen] = data;
    assertCode('ERR_TH_OWNER_DIED', () => checkOwner(data, 0, seen));
    takeOverLock(data);
    checkOwner(data, 0, seen); // somebody else has it now
    unlock(data);
    checkOwner(data, 0, seen);
  });

  it('of a thread that ended is taken over by one of those who want it at once', async () => {
    const team = await startTeam({ heap, block }, 'lock.takeAndExit', { count: 1 });
    team.go();
    await team.ended();
    const args = { count: 1, rounds: 5000, word: data[0] };
    const taken = await runTogether({ heap, block }, 'lock.takeOver', args);
    assert.equal(taken[0] + taken[1], args.rounds);
  });

  it('of a thread that ended is put in order by one of those who wait for it', async () => {
    const team = await startTeam({ heap, block }, 'lock.takeAndExit', { count: 1 });
    const waiting = await startTeam({ heap, block }, 'lock.repair');
    team.go();
    await team.ended();
    waiting.go();
    const repaired = await waiting.values();
    assert.equal(repaired.filter(Boolean).length, 1);
    assert.deepEqual(Array.from(data), [0, WORKERS + 1, WORKERS + 1]);
  });

  it('goes on over threads that are terminated anywhere', async () => {
    const random = generator(seed, 0);
    for (let round = 0; round < 12; round++) {
      const team = await startTeam({ heap, block }, 'lock.countAndRepair', { count: 2 });
      team.go();
      await team.reach('progress', 1 + random(3000));
      await Promise.all(team.members.map((member) => member.terminate()));
    }
    const before = data[1];
    const stop = { isStopped: false, add: () => assert.fail('once is enough') };
    assert.throws(() => countAndRepair({ block }, { signals: stop }), /once is enough/);
    assert.ok(data[1] > before);
    assert.deepEqual(Array.from(data), [0, data[1], data[1]]);
  });
});
