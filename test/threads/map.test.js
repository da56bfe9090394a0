'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../..');
const { MAP_DIRECTORY } = require('../helpers/check');
const { generator, seed } = require('./random');
const { anyValue, isWhole, keyOf } = require('./tasks/map');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const THREADS = WORKERS + 1; // the main thread takes part

describe('threads: SharedMap', () => {
  useTeams();

  let heap, map, start;

  beforeEach(() => {
    heap = new MemoryHeap();
    start = heap.currentUsed;
    map = new SharedMap(heap);
  });

  function checkFreed() {
    map.free();
    assert.equal(heap.currentUsed, start);
  }

  // The entries as a Map; the shared one has as many as it says, whichever way it is read.
  function readEntries() {
    const entries = [...map];
    const read = new Map(entries);
    assert.equal(read.size, entries.length);
    assert.equal(map.size, entries.length);
    assert.deepEqual([...map.keys()], [...read.keys()]);
    for (const [key, value] of entries) assert.deepEqual(map.get(key), value);
    return read;
  }

  // One thread writes as long as others read the map, until it has come so far. Each of them has found
  // something then.
  async function readBeside({ objects, task }, reading, { count, progress, ...args }) {
    const writers = await startTeam(objects, task, { count: 1, ...args });
    const { signals } = writers;
    const readers = await startTeam({ heap, map }, reading, { count, signals, ...args });
    writers.go();
    await signals.reach('progress', progress);
    signals.set('stop', 1);
    await writers.values();
    for (const found of await readers.values()) assert.ok(found > 0);
    await Promise.all([writers.ended(), readers.ended()]);
  }

  it('loses no key that threads set, and none that they delete stays', async () => {
    const each = 20000;
    const empty = heap.currentUsed;
    await runTogether({ heap, map }, 'map.set', { each });
    const entries = readEntries();
    assert.equal(entries.size, THREADS * each);
    for (let n = 0; n < THREADS * each; n++) assert.equal(entries.get(keyOf(n)), n);
    const deleted = await runTogether({ heap, map }, 'map.remove', { each });
    assert.deepEqual(deleted, new Array(THREADS).fill(each));
    assert.equal(readEntries().size, 0);
    assert.equal(heap.currentUsed, empty + MAP_DIRECTORY);
    checkFreed();
  });

  it('does for each thread what a Map does, whatever the others do to other keys', async () => {
    const args = { each: 25000, keys: 400 };
    const models = await runTogether({ heap, map }, 'map.own', args);
    const expected = new Map(models.flat());
    const entries = readEntries();
    assert.equal(entries.size, expected.size);
    for (const [key, value] of expected) assert.deepEqual(entries.get(key), value);
    checkFreed();
  });

  it('adds exactly', async () => {
    const each = 100000;
    await runTogether({ heap, map }, 'map.add', { each });
    assert.equal(map.get('hot'), THREADS * each);
    const warm = [...map].filter(([key]) => key.startsWith('warm'));
    assert.equal(warm.reduce((sum, [, n]) => sum + n, 0), THREADS * each);
    checkFreed();
  });

  for (const toText of [false, true]) {
    it(`counts exactly by compareAndSet of ${toText ? 'strings' : 'numbers'}`, async () => {
      const each = 20000;
      map.set('n', toText ? 'this is number 0' : 0);
      await runTogether({ heap, map }, 'map.compareAndSet', { each, key: 'n', toText });
      const total = THREADS * each;
      assert.equal(map.get('n'), toText ? `this is number ${total}` : total);
      checkFreed();
    });
  }

  it('has one winner for each key of getOrInsert', async () => {
    const each = 20000;
    const told = await runTogether({ heap, map }, 'map.getOrInsert', { each });
    const winners = new Array(THREADS).fill(0);
    for (let n = 0; n < each; n++) {
      const value = map.get(keyOf(n));
      assert.ok(told.every((values) => values[n] === value));
      winners[Number(value.slice('of thread '.length))]++;
    }
    assert.equal(winners.reduce((sum, wins) => sum + wins), each);
    assert.equal(readEntries().size, each);
    checkFreed();
  });

  it('shows no reader a value half written', async () => {
    const keys = 5;
    const random = generator(seed, 100);
    for (let n = 0; n < keys; n++) map.set(keyOf(n), anyValue(random));
    const writers = await startTeam({ heap, map }, 'map.writeValues', { count: 2, keys });
    const { signals } = writers;
    const readers = await startTeam({ heap, map }, 'map.readValues', { count: 2, keys, signals });
    writers.go(); // the word that readers wait for, too
    for (let round = 0; round < 5000 || signals.isBelow('progress', 200000); round++) {
      const key = keyOf(random(keys));
      const value = map.get(key);
      assert.ok(isWhole(value), `torn value of ${key}: ${value}`);
      if (round % 10 > 0) continue;
      const entries = [...map];
      assert.equal(entries.length, keys);
      for (const [k, v] of entries) assert.ok(isWhole(v), `torn value of ${k}: ${v}`);
    }
    signals.set('stop', 1);
    await writers.values();
    for (const reads of await readers.values()) assert.ok(reads > 0);
    await Promise.all([writers.ended(), readers.ended()]);
    checkFreed();
  });

  // From one table, which comes and goes, and from many.
  for (const kind of ['integers', 'short texts']) {
    for (const keys of [8, 3000]) {
      it(`shows no reader of ${keys} ${kind} a value that is torn or of another key`, async () => {
        const writing = { objects: { heap, map }, task: 'map.changeNumbers' };
        const isText = kind === 'short texts';
        await readBeside(writing, 'map.readNumbers', { count: 3, keys, isText, progress: 300000 });
        checkFreed();
      });
    }
  }

  it('shows no reader what is in another map, whose table comes to the same place', async () => {
    const other = new SharedMap(heap);
    const writing = { objects: { heap, map, other }, task: 'map.alternate' };
    await readBeside(writing, 'map.readOnes', { count: 2, progress: 200000 });
    other.free();
    checkFreed();
  });

  // From a few keys, before the map splits into shards, and from many.
  for (const stay of [50, 3000]) {
    it(`shows an iteration each of ${stay} keys that stay once, and no key twice`, async () => {
      for (let n = 0; n < stay; n++) {
        map.set(keyOf(n), n);
        map.set(`goes ${n}`, n);
      }
      for (let n = 0; n < stay; n++) map.delete(`goes ${n}`);
      const writers = await startTeam({ heap, map }, 'map.churn', { count: 3, first: stay });
      const { signals } = writers;
      const readers = await startTeam({ heap, map }, 'map.readStaying', { count: 1, stay, signals });
      writers.go();
      for (let round = 0; round < 20 || signals.isBelow('progress', 30000); round++) {
        const entries = [...map];
        const seen = new Map(entries);
        assert.equal(seen.size, entries.length, 'a key came twice');
        for (let n = 0; n < stay; n++) assert.equal(seen.get(keyOf(n)), n);
      }
      signals.set('stop', 1);
      await writers.values();
      assert.ok((await readers.values())[0] > 0);
      readEntries();
      await Promise.all([writers.ended(), readers.ended()]);
      checkFreed();
    });
  }

  it('goes on with an iteration after another thread replaced half of the map', async () => {
    const random = generator(seed, 101);
    const [stay, end] = [700, 900];
    const maps = Array.from({ length: 40 }, () => {
      const filled = new SharedMap(heap);
      for (let n = 0; n < end; n++) filled.set(keyOf(n), n);
      return filled;
    });
    const descriptors = maps.map((filled) => filled.getSharedMemory());
    const args = { count: 1, descriptors, stay, end };
    const team = await startTeam({ heap }, 'map.replaceAtTurns', args);
    team.go();
    for (const [i, filled] of maps.entries()) {
      let left = random(stay);
      const seen = new Set();
      for (const [key, value] of filled) {
        assert.ok(!seen.has(key), `${key} came twice`);
        seen.add(key);
        assert.equal(key, keyOf(value));
        if (left-- !== 0) continue;
        team.signals.set('turn', i + 1);
        team.signals.wait('reply', i + 1);
      }
      for (let n = 0; n < stay; n++) assert.ok(seen.has(keyOf(n)));
      filled.free();
    }
    await team.values();
    await team.ended();
    checkFreed();
  });

  it('shows a reader what stays while its table is rebuilt all the time', async () => {
    const stay = 5;
    for (let n = 0; n < stay; n++) map.set(keyOf(n), n);
    const writers = await startTeam({ heap, map }, 'map.rebuild', { count: 2 });
    const { signals } = writers;
    const readers = await startTeam({ heap, map }, 'map.readStaying', { count: 2, stay, signals });
    writers.go();
    signals.wait('progress', 20000);
    signals.set('stop', 1);
    await writers.values();
    for (const reads of await readers.values()) assert.ok(reads > 0);
    assert.equal(readEntries().size, stay);
    await Promise.all([writers.ended(), readers.ended()]);
    checkFreed();
  });

  it('loses and hides nothing while it splits', async () => {
    const each = 500;
    const maps = Array.from({ length: 200 }, () => new SharedMap(heap));
    const descriptors = maps.map((filled) => filled.getSharedMemory());
    const writers = await startTeam({ heap }, 'map.setInEach', { count: 2, each, descriptors });
    const { signals } = writers;
    const watchers = await startTeam({ heap }, 'map.watch', { count: 2, descriptors, signals });
    writers.go();
    for (const filled of maps) {
      signals.meet(3);
      for (let n = 2 * each; n < 3 * each; n++) filled.set(keyOf(n), n);
      signals.add('turn');
    }
    await writers.values();
    await watchers.values();
    for (const filled of maps) {
      assert.equal(filled.size, 3 * each);
      for (let n = 0; n < 3 * each; n++) assert.equal(filled.get(keyOf(n)), n);
      filled.free();
    }
    await Promise.all([writers.ended(), watchers.ended()]);
    checkFreed();
  });

  it('stays whole when threads set and clear', async () => {
    const empty = heap.currentUsed;
    await runTogether({ heap, map }, 'map.setAndClear', { each: 40000 });
    for (const [key, value] of readEntries()) assert.ok(isWhole(value), `${key}: ${value}`);
    map.clear();
    assert.equal(readEntries().size, 0);
    assert.equal(heap.currentUsed, empty + MAP_DIRECTORY);
    checkFreed();
  });

  it('tells those who write that it was freed, and loses no memory', async () => {
    for (let round = 0; round < 5; round++) {
      const shared = round === 0 ? map : new SharedMap(heap);
      const team = await startTeam({ heap, map: shared }, 'map.writeUntilFreed');
      team.go();
      team.signals.spin('progress', 2000 * round + 1);
      shared.free();
      assert.deepEqual(await team.values(), new Array(WORKERS).fill('ERR_TH_FREED'));
      await team.ended();
      assert.equal(heap.currentUsed, start);
    }
  });
});
