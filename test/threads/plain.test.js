'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../..');
const { COUNT, objectOf } = require('./tasks/plain');
const { WORKERS, runTogether, useTeams } = require('./team');

const THREADS = WORKERS + 1; // the main thread takes part

describe('threads: plain data', () => {
  useTeams();

  it('of shapes that another thread was the first to store is read as it was stored', async () => {
    const heap = new MemoryHeap();
    const map = new SharedMap(heap);
    for (const reads of await runTogether({ heap, map }, 'plain.exchange', { rounds: 30 })) {
      assert.equal(typeof reads, 'number', reads);
      assert.ok(reads > COUNT);
    }
    for (let id = 0; id < THREADS; id++) {
      for (let n = 0; n < COUNT; n++) assert.deepStrictEqual(map.get(`${id} ${n}`), objectOf(n));
    }
  });
});
