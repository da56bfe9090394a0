'use strict';

const assert = require('node:assert/strict');
const { MemoryBuffer } = require('../..');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const THREADS = WORKERS + 1; // where the main thread takes part
const EMPTY = { count: 0, size: 0 };

describe('threads: MemoryBuffer', () => {
  useTeams();

  it('hands out no byte twice, also while it is full', async () => {
    for (const [size, start] of [[2 ** 20, 0], [2 ** 17, 5000]]) {
      const memory = new MemoryBuffer({ buf: new SharedArrayBuffer(size), start });
      await runTogether({}, 'memory-buffer.churn', { buf: memory.buf, start, each: 3000 });
      assert.deepEqual(memory.stats().used, EMPTY);
      assert.notEqual(memory.malloc(size / 2), 0);
    }
  });

  it('frees a block once, however many threads free it', async () => {
    const memory = new MemoryBuffer({ buf: new SharedArrayBuffer(2 ** 20) });
    const addresses = Array.from({ length: 1000 }, (_, i) => memory.malloc(1 + (i % 500)));
    const args = { buf: memory.buf, addresses };
    const counts = await runTogether({}, 'memory-buffer.freeListed', args);
    assert.equal(counts.reduce((sum, count) => sum + count), addresses.length);
    assert.deepEqual(memory.stats().used, EMPTY);
  });

  it('shares what is in its blocks', async () => {
    const each = 10_000;
    const memory = new MemoryBuffer();
    const address = memory.calloc(64);
    await runTogether({}, 'memory-buffer.add', { buf: memory.buf, address, each });
    assert.equal(new Uint32Array(memory.buf, address, 1)[0], each * THREADS);
  });

  it('loses no more to workers that are terminated in its calls than they had', async () => {
    const memory = new MemoryBuffer({ buf: new SharedArrayBuffer(2 ** 20) });
    const team = await startTeam({}, 'memory-buffer.churnForever', { buf: memory.buf });
    team.go();
    team.signals.wait('progress', 100);
    await Promise.all(team.members.map((member) => member.terminate()));
    memory.freeAll();
    assert.deepEqual(memory.stats().used, EMPTY);
    assert.notEqual(memory.malloc(2 ** 20 - 4096), 0);
  });
});
