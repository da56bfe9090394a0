'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { MemoryHeap, SharedObject, SharedObjectStore } = require('../..');
const { generator, seed } = require('./random');
const { withTimeout } = require('./sync');
const { anyObject, find, isWhole, nameOf } = require('./tasks/store');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const THREADS = WORKERS + 1; // the main thread takes part

describe('threads: SharedObjectStore', () => {
  useTeams();

  let heap, store, start;

  beforeEach(() => {
    heap = new MemoryHeap();
    start = heap.currentUsed;
    store = new SharedObjectStore(heap, { codec: 'json' });
  });

  function checkFreed() {
    assert.deepEqual(heap.verify({ exclusive: true }), []);
    store.free();
    assert.equal(heap.currentUsed, start);
  }

  it('gives workers the objects by its memory map, and others what workers set', async () => {
    const objects = {
      first: { at: new Date(86_400_000), nested: [[1, { two: [3] }], null] },
      second: { name: 'unknown' },
    };
    const sos = SharedObjectStore.fromObjects({
      first: SharedObject.fromObject(objects.first),
      second: SharedObject.fromObject(objects.second),
    });
    const { sharedMem } = sos;
    const args = { sharedMem, memoryMap: sos.getMemoryMap() };
    const team = await startTeam({}, 'store.openMap', args);
    team.go();
    for (const read of await team.values()) assert.deepEqual(read, Object.values(objects));
    await team.ended();
    assert.equal(sos.size, 2 + WORKERS);
    for (let id = 0; id < WORKERS; id++) assert.deepEqual(sos.get(`of thread ${id}`), { id });
  });

  it('loses no name that threads set', async () => {
    const each = 3000;
    await runTogether({ heap, store }, 'store.setOwn', { each });
    assert.equal(store.size, THREADS * each);
    for (let n = 0; n < THREADS * each; n++) assert.deepEqual(store.get(nameOf(n)), { n });
    assert.equal(Object.keys(store.getMemoryMap()).length, THREADS * each);
    checkFreed();
  });

  it('gives the old object or the new one whole, or none, beside set and delete', async () => {
    const names = 4;
    const writers = await startTeam({ heap, store }, 'store.write', { count: 2, names });
    const { signals } = writers;
    const readers = await startTeam({ heap, store }, 'store.read', { count: 2, names, signals });
    const random = generator(seed, 300);
    writers.go(); // the word that readers wait for, too
    for (let round = 0; round < 5000 || signals.isBelow('progress', 50000); round++) {
      const object = find(store, nameOf(random(names)));
      assert.ok(!object || isWhole(object), `torn: ${JSON.stringify(object)}`);
    }
    signals.set('stop', 1);
    await writers.values();
    for (const [found, absent] of await readers.values()) assert.ok(found > 0 && absent > 0);
    await Promise.all([writers.ended(), readers.ended()]);
    checkFreed();
  });

  it('never goes back in time', async () => {
    const last = 20000;
    store.set('n', { n: 0 });
    const team = await startTeam({ heap, store }, 'store.readRising', { count: 2, last });
    team.go();
    for (let n = 1; n <= last; n++) {
      store.set('n', { n });
      team.signals.set('progress', n);
    }
    for (const reads of await team.values()) assert.ok(reads > 0);
    await team.ended();
    checkFreed();
  });

  it('opened from a memory map of the past shows a name its own object or none', async () => {
    const random = generator(seed, 301);
    const named = (name) => ({ ...anyObject(random), name });
    const other = new SharedObjectStore(heap, { codec: 'json' });
    const memoryMaps = [];
    for (let i = 0; i < 10; i++) {
      for (let n = 0; n < 20; n++) store.set(nameOf(n), named(nameOf(n)));
      memoryMaps.push(store.getMemoryMap());
    }
    const team = await startTeam({ heap }, 'store.openStale', { count: 2, memoryMaps });
    team.go();
    while (team.signals.isBelow('progress', 2000)) {
      const name = nameOf(random(20));
      if (random(3) === 0) store.delete(name);
      else store.set(name, named(name));
      other.set(name, { ...anyObject(random), name: 'of the other store' }); // in freed places
    }
    team.signals.set('stop', 1);
    for (const { found, unknown } of await team.values()) assert.ok(found > 0 && unknown > 0);
    await team.ended();
    other.free();
    checkFreed();
  });

  it('tells those who write that it was freed, and loses no memory', async () => {
    for (let round = 0; round < 5; round++) {
      const shared = round === 0 ? store : new SharedObjectStore(heap, { codec: 'json' });
      const team = await startTeam({ heap, store: shared }, 'store.writeUntilFreed');
      team.go();
      team.signals.spin('progress', 500 * round + 1);
      shared.free();
      assert.deepEqual(await team.values(), new Array(WORKERS).fill('ERR_TH_FREED'));
      await team.ended();
      assert.equal(heap.currentUsed, start);
    }
  });
});

// The example by which users know the store, with its slips corrected; the worker's half is in
// fixture/. `pool.exec` is a call of a Worker, as a pool makes it.
describe('threads: the example of a store', () => {
  let thread;

  const pool = {
    async exec(method, args) {
      thread.postMessage({ method, args });
      const [result] = await withTimeout(once(thread, 'message'), 'the worker to answer');
      return result;
    },
  };

  beforeEach(() => {
    thread = new Worker(path.join(__dirname, 'fixture', 'example-store.mjs'));
  });

  afterEach(() => thread.terminate());

  it('fetches an object in a worker', async () => {
    const obj = { data: { account: 'testacc', delta: 1000 } };
    const otherObj = { buffer: '09afea0123cd', name: 'unknown' };

    const objMapping = {
      myObject: SharedObject.fromObject(obj),
      myOtherObject: SharedObject.fromObj(otherObj),
    };

    const sos = SharedObjectStore.fromObjects(objMapping);

    const workerMyObject = await pool.exec('getObjectFromStore', [{
      sharedMem: sos.sharedMem,
      memoryMap: sos.getMemoryMap(),
      key: 'myObject',
    }]);
    const workerMyOther = await pool.exec('getObjectFromStore', [{
      sharedMem: sos.sharedMem,
      memoryMap: sos.getMemoryMap(),
      key: 'myOtherObject',
    }]);

    assert.deepEqual(workerMyObject, obj);
    assert.deepEqual(workerMyOther, otherObj);
  });
});
