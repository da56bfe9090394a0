'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { MemoryHeap, Registry, bind } = require('../..');
const { assertRejects, assertSound } = require('../helpers/check');
const { generator, seed } = require('./random');
const { TIMEOUT_MS, withTimeout } = require('./sync');
const { ELEMENTS, KEYS, add, addInPlace, change, numbersOf } = require('./tasks/registry');
const { WORKERS, startTeam, useTeams } = require('./team');

const FIXTURES = path.join(__dirname, 'fixture');

describe('threads: Registry', function () {
  this.timeout(4 * TIMEOUT_MS);
  useTeams();

  let registry;
  let heap;
  let start; // bytes in use while the registry is empty and nobody has it

  beforeEach(() => {
    registry = new Registry();
    heap = new MemoryHeap(registry.data.heap);
    registry.close();
    start = heap.currentUsed;
    registry = new Registry(registry.data);
  });

  afterEach(() => registry.close());

  async function startAndGo(task, args) {
    const team = await startTeam({}, `registry.${task}`, { data: registry.data, ...args });
    team.go();
    return team;
  }

  // Nobody is at any key, and nothing is left behind. No other thread has the registry.
  async function checkEmptied(keys = KEYS) {
    for (let key = 1; key <= keys; key++) await registry.set(key, key, { timeout: TIMEOUT_MS });
    assert.equal(registry.size, keys);
    await registry.clear();
    registry.close();
    assert.equal(heap.currentUsed, start);
    assertSound(heap);
    registry = new Registry(registry.data);
  }

  it('does what its documentation shows, also in a worker that does not bind it', async () => {
    // Make a map with an initial size of 1,000
    const registry = new Registry(1_000); // eslint-disable-line no-shadow -- as there
    // Create and bind worker events
    const worker = new Worker(path.join(FIXTURES, 'example-registry.mjs'), {
      workerData: registry.data,
    });
    bind(registry, worker);
    const exited = once(worker, 'exit');

    await registry.set(1, { foo: 'bar', array: new Uint8Array(new SharedArrayBuffer(4)) });

    const [value] = await withTimeout(once(worker, 'message'), 'the worker to get the value');
    assert.deepEqual(value, { foo: 'bar', array: new Uint8Array([0, 0, 0, 5]) });
    assert.equal((await registry.get(1)).array[3], 5);
    const [code] = await withTimeout(exited, 'the worker to end by itself');
    assert.equal(code, 0);
    registry.close();
  });

  describe('a shared buffer in a value', () => {
    it('is the same memory in all threads', async () => {
      await registry.set(1, { numbers: numbersOf(1) });
      const late = await startAndGo('getShared', { count: 3 });
      await late.reach('arrived', 3);
      const { numbers } = await registry.get(1);
      assert.equal(numbers[1], 9);
      numbers[0] = 2;
      late.signals.set('turn', 1);
      late.signals.set('stop', 1);
      assert.deepEqual(await late.values(), new Array(3).fill([1, 2]));
      await late.ended();
    });

    it('outlives its setter in those that had the registry then', async () => {
      const team = await startAndGo('setShared', { count: 1 });
      await team.reach('turn', 1);
      await team.members[0].terminate();
      assert.equal((await registry.get(1)).numbers[0], 7);
      const late = await startAndGo('getShared', { count: 1 });
      late.signals.set('turn', 1);
      late.signals.set('stop', 1);
      assert.deepEqual(await late.values(), [[7, 7]]);
    });

    for (const isBlocked of [false, true]) {
      it(`is lost when the only one that has it ends, ${isBlocked ? 'busy' : 'idle'}`, async () => {
        registry.close(); // so that the worker is alone
        const team = await startAndGo('setShared', { count: 1, isBlocked });
        await team.reach('turn', 1);
        registry = new Registry(registry.data);
        if (isBlocked) {
          await assertRejects('ERR_TH_TIMEOUT', registry.get(1, { timeout: 50 }), /key 1/);
          const lost = assertRejects('ERR_TH_VALUE_LOST', registry.get(1), /key 1/);
          await team.members[0].terminate();
          await lost;
        } else {
          await team.members[0].terminate();
        }
        await assertRejects('ERR_TH_VALUE_LOST', registry.get(1), /key 1/);
        assert.equal(await registry.get(2), 'outlives me');
        await registry.set(1, numbersOf(3));
        assert.equal((await registry.get(1))[0], 3);
      });
    }

    it('comes from a thread that was busy when it was asked', async () => {
      registry.close();
      const team = await startAndGo('setShared', { count: 1, isBlocked: true });
      await team.reach('turn', 1);
      registry = new Registry(registry.data);
      const value = registry.get(1);
      team.signals.set('stop', 1);
      assert.equal((await value).numbers[0], 7);
      team.signals.set('done', 1);
      await team.values();
      await team.ended();
      assert.equal((await registry.get(1)).numbers[0], 7); // has it itself now
    });
  });

  it('goes from worker to worker', async () => {
    await registry.set(1, numbersOf(40));
    const team = await startAndGo('nest', { count: 2 });
    for (const [size, number] of await team.values()) {
      assert.ok(size >= 3);
      assert.equal(number, 40);
    }
    await team.ended();
    assert.equal((await registry.get(1))[1], 44);
    assert.equal(await registry.get(4), 2);
  });

  it('shows keys and size to all at once', async () => {
    const team = await startAndGo('follow', { count: 1 });
    for (let key = 1; key <= 200; key++) {
      team.signals.wait('progress', key);
      assert.deepEqual([registry.size, [...registry.keys()]], [1, [key]]);
      assert.equal(await registry.has(key), true);
      if (key % 2) assert.equal(await registry.get(key), key);
      else assert.equal((await registry.get(key))[0], key);
      await registry.delete(key);
      if (key === 200) team.signals.set('stop', 1);
      team.signals.set('reply', key);
    }
    await team.values();
    await team.ended();
    await checkEmptied();
  });

  describe('update', () => {
    it('loses nothing', async () => {
      const each = 300;
      const team = await startAndGo('add', { each });
      const { data } = registry;
      await Promise.all([team.values(), add({}, { data, each, random: generator(seed, 9) })]);
      assert.equal(await registry.get(1), (WORKERS + 1) * each);
      await team.ended();
      await checkEmptied();
    });

    it('loses nothing of what is written in place, by many calls at once', async () => {
      const each = 500;
      await registry.set(1, numbersOf(0));
      const team = await startAndGo('addInPlace', { each });
      await Promise.all([team.values(), addInPlace({}, { data: registry.data, each })]);
      const sum = (WORKERS + 1) * each;
      assert.deepEqual([...(await registry.get(1))], new Array(ELEMENTS).fill(sum));
      await team.ended();
      await checkEmptied();
    });

    it('lets one in at a time', async () => {
      const team = await startAndGo('beAlone', { each: 100 });
      assert.deepEqual(await team.values(), new Array(WORKERS).fill(true));
      await team.ended();
      await checkEmptied();
    });

    for (const way of ['terminate', 'exit', 'throw']) {
      it(`goes to the next when its thread ends: ${way}`, async () => {
        await registry.set(1, 'old');
        const team = await startAndGo('hold', { count: 1, way });
        await team.reach('turn', 1);
        await assertRejects('ERR_TH_TIMEOUT', registry.set(1, 'new', { timeout: 30 }), /key 1/);
        const seen = registry.update(1, (value) => value, { timeout: TIMEOUT_MS });
        const [member] = team.members;
        if (way === 'terminate') await member.terminate();
        team.signals.set('stop', 1);
        await assert.rejects(member.value);
        assert.equal(await seen, 'old');
        await team.ended();
        await checkEmptied();
      });
    }

    it('leaves nothing behind of a thread that ended, after a clear', async () => {
      const team = await startAndGo('hold', { count: 1, way: 'terminate' });
      await team.reach('turn', 1);
      await team.members[0].terminate();
      await checkEmptied(0);
    });

    it('passes over those that ended while they waited', async () => {
      let release;
      const held = registry.update(1, () => new Promise((resolve) => (release = resolve)));
      const team = await startAndGo('queue', { count: 3 });
      await team.reach('arrived', 3);
      const last = new Registry(registry.data);
      const seen = last.update(1, () => 'last');
      await Promise.all(team.members.map((member) => member.terminate()));
      release('first');
      await held;
      assert.equal(await seen, 'last');
      last.close();
      await checkEmptied();
    });
  });

  describe('onSet', () => {
    it('tells every thread of every set, whoever made it', async () => {
      const each = 50;
      const listeners = await startAndGo('listen', { count: 2 });
      await listeners.reach('arrived', 2);
      const heard = [];
      const remove = registry.onSet((key) => heard.push(key));
      const setters = await startAndGo('setMany', { count: 2, each });
      setters.signals.set('turn', 1);
      await setters.values();
      await registry.set(1, 'the end');
      remove();
      const expected = [1, ...[2, 3].flatMap((key) => new Array(each).fill(key))];
      expected.push(...new Array(2 * each).fill(10));
      expected.sort();
      assert.deepEqual(heard.sort(), expected);
      for (const list of await listeners.values()) {
        assert.deepEqual(list.map(([key]) => key).sort(), expected);
        assert.ok(list.every(([, isThere]) => isThere));
      }
      await Promise.all([listeners.ended(), setters.ended()]);
    });
  });

  describe('a process', () => {
    for (const [way, output, what] of [
      ['idle', 'the worker ended', 'ends, as its worker does, when a registry is all it has'],
      ['update', 'set', 'goes on while a call waits for its turn'],
      ['get', 'got 7', 'goes on while a call waits for a value'],
      ['listen', 'heard of 5', 'goes on while it listens, and ends after that'],
    ]) {
      it(what, () => {
        const program = path.join(FIXTURES, 'registry-process.js');
        const options = { encoding: 'utf8', timeout: TIMEOUT_MS };
        const { status, stdout, stderr } = spawnSync(process.execPath, [program, way], options);
        assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${output}\n`, stderr: '' });
      });
    }
  });

  it('is whole, free and leaves nothing after threads ended anywhere', async () => {
    const random = generator(seed, 300);
    for (let round = 0; round < 15; round++) {
      const team = await startAndGo('changeAll', { count: 3 });
      const { members, signals } = team;
      await team.reach('progress', 1 + random(200));
      for (let i = random(30); i > 0; i--) await change(registry, random);
      const ends = members.slice(1).map((member) => member.terminate());
      for (let i = random(30); i > 0; i--) await change(registry, random);
      await Promise.all(ends);
      await signals.reach('progress', signals.get('progress') + 1); // the other goes on
      signals.set('stop', 1);
      await members[0].value;
      await team.ended();
      await checkEmptied();
    }
  });
});
