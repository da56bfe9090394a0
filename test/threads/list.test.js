'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedList } = require('../..');
const { generator, seed } = require('./random');
const { element, valueOf } = require('./tasks/list');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const THREADS = WORKERS + 1; // the main thread takes part

describe('threads: SharedList', () => {
  useTeams();

  let heap, list, start;

  beforeEach(() => {
    heap = new MemoryHeap();
    start = heap.currentUsed;
    list = new SharedList(heap, { type: Int32Array, dataLength: 2 });
  });

  function checkFreed() {
    list.free();
    assert.equal(heap.currentUsed, start);
  }

  // The values of the list, which has as many as it says, whichever way it is read.
  function readValues() {
    const flat = list.toArray();
    assert.equal(flat.length, list.length * 2);
    const values = Array.from(list, ({ data }) => valueOf(data));
    assert.deepEqual(values, Array.from({ length: list.length }, (_, i) => flat[i * 2]));
    return values;
  }

  function range(end, from = 0) {
    return Array.from({ length: end - from }, (_, i) => from + i);
  }

  function sorted(values) {
    return values.sort((a, b) => a - b);
  }

  it('loses no push', async () => {
    const each = 60000;
    await runTogether({ heap, list }, 'list.push', { each });
    const values = readValues();
    for (let id = 0; id < THREADS; id++) {
      // Those of one thread are in the order in which it pushed them.
      const own = values.filter((value) => Math.floor(value / each) === id);
      assert.deepEqual(own, range((id + 1) * each, id * each));
    }
    assert.equal(values.length, THREADS * each);
    checkFreed();
  });

  it('loses no batch, and keeps each together', async () => {
    const each = 60000;
    const batch = 75;
    await runTogether({ heap, list }, 'list.pushMany', { each, batch });
    const values = readValues();
    for (let i = 0; i < values.length; i += batch) {
      assert.deepEqual(values.slice(i, i + batch), range(values[i] + batch, values[i]));
    }
    assert.deepEqual(sorted(values), range(THREADS * each));
    checkFreed();
  });

  it('hands out every element once to those who shift and pop', async () => {
    const each = 60000;
    const taken = await runTogether({ heap, list }, 'list.pushAndTake', { each });
    const all = [...taken.flat(), ...readValues()];
    assert.deepEqual(sorted(all), range(THREADS * each));
    checkFreed();
  });

  it('is empty and whole after threads deleted disjoint values', async () => {
    const each = 3000;
    const empty = heap.currentUsed;
    for (let i = 0; i < each * THREADS; i++) list.push(element(i));
    const args = { each, modulus: THREADS };
    const deleted = await runTogether({ heap, list }, 'list.deleteOwn', args);
    assert.deepEqual(deleted, new Array(THREADS).fill(each));
    assert.deepEqual(readValues(), []);
    assert.equal(list.at(0), undefined);
    assert.equal(heap.currentUsed, empty);
    checkFreed();
  });

  it('lets exactly one thread delete each element, and tells that one', async () => {
    const count = 200000;
    for (let i = 0; i < count; i++) list.push(element(i));
    const deleted = await runTogether({ heap, list }, 'list.deleteAll');
    assert.deepEqual(sorted(deleted.flat()), range(count));
    assert.deepEqual(readValues(), []);
    list.onDelete = undefined;
    checkFreed();
  });

  it('shows an iteration each element that stays once, in order, while others come and go', async () => {
    const stay = 1000;
    for (let i = 0; i < stay; i++) {
      list.push(element(i));
      if (i % 3 === 0) list.push(element(stay + 1e6 + i)); // these go
    }
    const team = await startTeam({ heap, list }, 'list.churn', { first: stay });
    team.go();
    for (let round = 0; round < 300 || team.signals.isBelow('progress', 2000); round++) {
      // What a live view shows of an element that goes meanwhile can be anything but one that
      // stays.
      const seen = Array.from(list, ({ data }) => data[0]).filter((v) => v >= 0 && v < stay);
      assert.deepEqual(seen, range(stay));
      if (round % 10 === 0) {
        const copy = list.toArray();
        const kept = [];
        for (let i = 0; i < copy.length; i += 2) {
          const value = valueOf(copy.subarray(i, i + 2));
          if (value < stay) kept.push(value);
        }
        assert.deepEqual(kept, range(stay));
      }
    }
    team.signals.set('stop', 1);
    await team.values();
    assert.deepEqual(
      readValues().filter((value) => value < stay),
      range(stay)
    );
    await team.ended();
    checkFreed();
  });

  it('goes on with an iteration behind elements that another thread deletes', async () => {
    const random = generator(seed, 100);
    const [stay, go, turns] = [600, 1500, 200];
    for (let i = 0; i < stay + go; i++) list.push(element(i < stay / 2 ? i : i + stay));
    for (let i = stay / 2; i < stay; i++) list.push(element(i));
    const args = { count: 1, first: stay, go, turns };
    const team = await startTeam({ heap, list }, 'list.replaceAtTurns', args);
    team.go();
    for (let turn = 1; turn <= turns; turn++) {
      let left = random(list.length);
      const seen = [];
      for (const { data } of list) {
        const value = valueOf(data);
        if (value < stay) seen.push(value);
        // Neither one of those that were deleted nor one of those that were pushed.
        else if (left < 0) assert.fail(`${value} was yielded`);
        if (left-- > 0) continue;
        if (left === -1) {
          team.signals.set('turn', turn);
          team.signals.wait('reply', turn);
        }
      }
      assert.deepEqual(seen, range(stay));
    }
    await team.values();
    await team.ended();
    checkFreed();
  });

  it('stays whole when threads clear it and push', async () => {
    const empty = heap.currentUsed;
    await runTogether({ heap, list }, 'list.pushAndClear', { each: 100000 });
    readValues();
    list.clear();
    assert.deepEqual(readValues(), []);
    assert.equal(heap.currentUsed, empty);
    checkFreed();
  });

  it('tells those who push that it was freed, and loses no memory', async () => {
    for (let round = 0; round < 5; round++) {
      const shared = round === 0 ? list : new SharedList(heap, { type: Int32Array, dataLength: 2 });
      const team = await startTeam({ heap, list: shared }, 'list.pushUntilFreed');
      team.go();
      team.signals.spin('progress', 500 * (round + 1));
      shared.free();
      assert.deepEqual(await team.values(), new Array(WORKERS).fill('ERR_TH_FREED'));
      await team.ended();
      assert.equal(heap.currentUsed, start);
    }
  });
});
