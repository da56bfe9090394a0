'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedVector } = require('../..');
const { element, valueOf } = require('./tasks/vector');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const THREADS = WORKERS + 1; // the main thread takes part

describe('threads: SharedVector', () => {
  useTeams();

  let heap, vector, start;

  beforeEach(() => {
    heap = new MemoryHeap();
    start = heap.currentUsed;
    vector = new SharedVector(heap, { type: Int32Array, dataLength: 2 });
  });

  function checkFreed() {
    vector.free();
    assert.equal(heap.currentUsed, start);
  }

  // The values of the vector, which has as many as it says, whichever way it is read.
  function readValues() {
    const flat = vector.toTypedArray();
    assert.equal(flat.length, vector.length * 2);
    const values = Array.from(vector, valueOf);
    assert.deepEqual(values, Array.from({ length: vector.length }, (_, i) => flat[i * 2]));
    const viewed = vector.chunks().reduce((sum, chunk) => sum + chunk.length, 0);
    assert.equal(viewed, flat.length);
    return values;
  }

  function range(from, to) {
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }

  function sorted(values) {
    return values.sort((a, b) => a - b);
  }

  it('loses no push, and each finds its element at the index it got', async () => {
    const each = 60000;
    const indexes = await runTogether({ heap, vector }, 'vector.push', { each });
    const values = readValues();
    indexes.forEach((own, id) => {
      assert.deepEqual(own.map((index) => values[index]), range(id * each + 1, (id + 1) * each));
    });
    assert.deepEqual(sorted(values), range(1, THREADS * each));
    checkFreed();
  });

  it('loses no batch, and keeps each together', async () => {
    const each = 60000;
    const batch = 75;
    const indexes = await runTogether({ heap, vector }, 'vector.pushMany', { each, batch });
    const values = readValues();
    indexes.forEach((own, id) => {
      const found = own.flatMap((index) => values.slice(index, index + batch));
      assert.deepEqual(found, range(id * each + 1, (id + 1) * each));
    });
    assert.equal(values.length, THREADS * each);
    checkFreed();
  });

  it('sorts whole elements and loses none while others push', async () => {
    const each = 2000;
    await runTogether({ heap, vector }, 'vector.pushAndSort', { each });
    assert.deepEqual(sorted(readValues()), range(1, THREADS * each));
    assert.deepEqual(Array.from(vector.sort(), valueOf), range(1, THREADS * each));
    checkFreed();
  });

  it('hands out every element once to those who pop', async () => {
    const each = 60000;
    const popped = await runTogether({ heap, vector }, 'vector.pushAndPop', { each });
    assert.deepEqual(sorted([...popped.flat(), ...readValues()]), range(1, THREADS * each));
    checkFreed();
  });

  it('keeps what each thread set', async () => {
    const count = 20000;
    const rounds = 10;
    for (let i = 0; i < count; i++) vector.push(element(0));
    await runTogether({ heap, vector }, 'vector.setOwn', { rounds });
    assert.deepEqual(readValues(), range(rounds * count, (rounds + 1) * count - 1));
    checkFreed();
  });

  it('copies no element half set', async () => {
    vector.free();
    vector = new SharedVector(heap, { type: Float64Array, dataLength: 9 });
    for (let i = 0; i < 10; i++) vector.push(new Array(9).fill(0));
    const team = await startTeam({ heap, vector }, 'vector.setSame');
    team.go();
    for (let copies = 0; copies < 5000 || team.signals.isBelow('progress', 20000); copies++) {
      const flat = vector.toTypedArray();
      assert.equal(flat.length, 90);
      for (let i = 0; i < flat.length; i++) {
        if (flat[i] !== flat[i - (i % 9)]) assert.fail(`torn: ${flat.slice(i - (i % 9), i + 1)}`);
      }
    }
    team.signals.set('stop', 1);
    await team.values();
    await team.ended();
    checkFreed();
  });

  it('sets many elements in one step', async () => {
    vector.pushMany(new Int32Array(400));
    const team = await startTeam({ heap, vector }, 'vector.setAllSame');
    team.go();
    for (let copies = 0; copies < 2000 || team.signals.isBelow('progress', 2000); copies++) {
      const flat = vector.toTypedArray();
      if (flat.some((number) => number !== flat[0])) assert.fail(`torn: ${flat}`);
      const sum = vector.sum(); // of 200 numbers that are the same
      if (sum % 200 !== 0) assert.fail(`the sum of no moment: ${sum}`);
    }
    team.signals.set('stop', 1);
    await team.values();
    await team.ended();
    checkFreed();
  });

  it('counts each deletion once', async () => {
    const count = 5000;
    for (let i = 0; i < count; i++) vector.push(element(i));
    const deleted = await runTogether({ heap, vector }, 'vector.deleteAll');
    assert.equal(deleted.reduce((sum, n) => sum + n), count);
    assert.deepEqual(readValues(), []);
    checkFreed();
  });

  it('shows readers no element that was not written yet', async () => {
    vector.free();
    vector = new SharedVector(heap, { type: Int32Array, dataLength: 50 });
    const most = 50000;
    const writers = await startTeam({ heap, vector }, 'vector.pushUntil', { count: 2, most });
    const { signals } = writers;
    const readers = await startTeam({ heap, vector }, 'vector.read', { count: 2, signals });
    writers.go(); // the word that readers wait for, too
    await writers.values();
    signals.set('stop', 1);
    for (const reads of await readers.values()) assert.ok(reads > 0);
    assert.ok(vector.length >= most);
    await Promise.all([writers.ended(), readers.ended()]);
    checkFreed();
  });

  it('lets threads count through views while others push', async () => {
    vector.free();
    vector = new SharedVector(heap, { type: Int32Array });
    const count = 5000;
    const rounds = 40;
    for (let i = 0; i < count; i++) vector.push(0);
    const views = vector.chunks();
    await runTogether({ heap, vector }, 'vector.addThroughViews', { rounds });
    assert.ok(Array.from(vector, ([n]) => n).every((n) => n === rounds * THREADS));
    for (let i = 0; i < count; i++) vector.push(0);
    views.forEach((view) => view.fill(7));
    const all = vector.toTypedArray();
    assert.ok(all.subarray(0, count).every((n) => n === 7));
    assert.ok(all.subarray(count).every((n) => n === 0));
    checkFreed();
  });

  it('stays whole when threads push, pop and clear', async () => {
    await runTogether({ heap, vector }, 'vector.mix', { each: 60000 });
    readValues();
    vector.clear();
    assert.deepEqual(readValues(), []);
    checkFreed();
  });

  it('tells those who push that it was freed, and loses no memory', async () => {
    for (let round = 0; round < 5; round++) {
      const config = { type: Int32Array, dataLength: 2 };
      const shared = round === 0 ? vector : new SharedVector(heap, config);
      const team = await startTeam({ heap, vector: shared }, 'vector.pushUntilFreed');
      team.go();
      team.signals.spin('progress', 500 * (round + 1));
      shared.free();
      assert.deepEqual(await team.values(), new Array(WORKERS).fill('ERR_TH_FREED'));
      await team.ended();
      assert.equal(heap.currentUsed, start);
    }
  });
});
