'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedList } = require('../..');
const { assertSound } = require('../helpers/check');
const { Blocks, Names, insert, valueOf } = require('./tasks/pointer-list');
const { WORKERS, runTogether, useTeams } = require('./team');

const THREADS = WORKERS + 1; // the main thread takes part

describe('threads: lists of pointers', () => {
  useTeams();

  let heap, start, list;

  beforeEach(() => {
    heap = new MemoryHeap();
    start = heap.currentUsed;
    list = new SharedList(heap);
  });

  afterEach(() => {
    assert.equal(heap.currentUsed, start);
    assertSound(heap);
  });

  it('lose no item and repeat none', async () => {
    const each = 400;
    const deleted = await runTogether({ heap, list }, 'pointer-list.churnBlocks', { each });
    const blocks = new Blocks(heap, list.getSharedMemory());
    const values = Array.from(blocks, valueOf);
    assert.equal(new Set(values).size, values.length);
    assert.equal(values.length, THREADS * each - deleted.reduce((a, b) => a + b));
    assert.ok(values.every((value) => value < THREADS * each));
    blocks.free();
  });

  it('are freed by several threads at once, and each item once', async () => {
    const blocks = new Blocks(heap, list.getSharedMemory());
    for (let i = 0; i < 3000; i++) insert(heap, blocks, i);
    const ends = await runTogether({ heap, list }, 'pointer-list.freeBlocks');
    assert.equal(ends.filter((end) => end === 'freed').length, 1, `${ends}`);
    assert.ok(ends.every((end) => end === 'freed' || end === 'ERR_TH_FREED'), `${ends}`);
  });

  it('that own their items free each once, whoever deletes it', async () => {
    const left = await runTogether({ heap, list }, 'pointer-list.churnNames', { each: 1500 });
    const names = new Names(heap, list.getSharedMemory());
    assert.equal(names.length, left.reduce((a, b) => a + b));
    assert.ok(names.map(({ value }) => value).every((text) => /^name \d+ \d+ x*$/.test(text)));
    names.free();
  });
});
