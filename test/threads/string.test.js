'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedString } = require('../..');
const { generator, seed } = require('./random');
const { isWhole, numbered } = require('./tasks/string');
const { WORKERS, startTeam, useTeams } = require('./team');

describe('threads: SharedString', () => {
  useTeams();

  let heap, string, start;

  beforeEach(() => {
    heap = new MemoryHeap();
    start = heap.currentUsed;
    string = new SharedString(heap, '');
  });

  function checkFreed() {
    string.free();
    assert.equal(heap.currentUsed, start);
  }

  it('is never torn', async () => {
    const writers = await startTeam({ heap, string }, 'string.write', { count: 2 });
    const { signals } = writers;
    const readers = await startTeam({ heap, string }, 'string.read', { count: 2, signals });
    writers.go(); // the word that readers wait for, too
    for (let reads = 0; reads < 50000 || signals.isBelow('progress', 200000); reads++) {
      const { value } = string;
      assert.ok(isWhole(value), `torn: ${value.length} of ${value.slice(0, 80)}`);
    }
    signals.set('stop', 1);
    await writers.values();
    for (const reads of await readers.values()) assert.ok(reads > 0);
    assert.equal(string.length, string.value.length);
    await Promise.all([writers.ended(), readers.ended()]);
    checkFreed();
  });

  // Kept inline, and in a block of its own.
  for (const width of [4, 20]) {
    it(`is never stale: ${width} characters`, async () => {
      const turns = 1000;
      string.value = numbered(0, width);
      const team = await startTeam({ heap, string }, 'string.answer', { count: 2, turns, width });
      const { signals } = team;
      team.go();
      for (let turn = 1; turn <= turns; turn++) {
        string.value = numbered(turn, width);
        signals.set('turn', turn);
        signals.wait('done', turn);
        assert.equal(string.value, numbered(turn, width));
      }
      await team.values();
      await team.ended();
      checkFreed();
    });

    it(`never goes back in time: ${width} characters`, async () => {
      const last = 100000;
      const random = generator(seed, 100);
      string.value = numbered(0, width);
      const team = await startTeam({ heap, string }, 'string.readRising', { count: 3, last });
      const { signals } = team;
      team.go();
      for (let n = 1; n <= last; n++) {
        string.value = numbered(n, width);
        signals.set('progress', n);
        for (let pause = random(300); pause > 0; pause--) signals.get('go');
      }
      for (const reads of await team.values()) assert.ok(reads > 0);
      await team.ended();
      checkFreed();
    });
  }

  it('tells those who write that it was freed, and loses no memory', async () => {
    for (let round = 0; round < 5; round++) {
      const shared = round === 0 ? string : new SharedString(heap, '');
      const team = await startTeam({ heap, string: shared }, 'string.writeUntilFreed');
      team.go();
      team.signals.spin('progress', 1000 * round + 1);
      shared.free();
      assert.deepEqual(await team.values(), new Array(WORKERS).fill('ERR_TH_FREED'));
      await team.ended();
      assert.equal(heap.currentUsed, start);
    }
  });
});
