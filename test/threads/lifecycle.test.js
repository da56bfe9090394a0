'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { MemoryHeap } = require('../..');
const { generator, seed } = require('./random');
const { describeShared } = require('./shared');
const { TIMEOUT_MS } = require('./sync');
const { POSTS, checkAndUse, create, createNumbered, fill, kinds, point, post, writeOnce } =
  require('./tasks/lifecycle');
const { element } = require('./tasks/list');
const { startTeam, useTeams } = require('./team');

const TERMINATIONS = 50;
const NAMES = Object.keys(kinds);
const kDispose = Symbol.dispose ?? Symbol.for('nodejs.dispose');

describe('threads: the end of a thread', function () {
  this.timeout(4 * TIMEOUT_MS);
  useTeams();

  // Containers of those kinds in a heap of their own.
  function createAll(names) {
    const heap = new MemoryHeap();
    const objects = { heap };
    for (const name of names) objects[name] = create(heap, name);
    return objects;
  }

  function free({ heap, ...containers }) {
    assert.deepEqual(heap.verify({ exclusive: true }), []);
    for (const container of Object.values(containers)) container.free();
    assert.equal(heap.currentUsed, 0);
  }

  // The containers are whole, can be used here and by another worker, and leave nothing behind.
  async function checkAndFree(objects) {
    checkAndUse(objects);
    const args = { count: 1, left: describeShared(objects) };
    const team = await startTeam({}, 'lifecycle.openAndUse', args);
    team.go();
    await team.values();
    await team.ended();
    checkAndUse(objects);
    free(objects);
  }

  for (const names of [...NAMES.map((name) => [name]), NAMES]) {
    it(`leaves a ${names.join(', ')} whole: terminated ${TERMINATIONS} times`, async () => {
      const random = generator(seed, 200);
      let left; // by the worker before: what the next one begins with
      for (let round = 0; round < TERMINATIONS; round++) {
        const objects = createAll(names);
        const args = { count: 1, left: left && describeShared(left) };
        const team = await startTeam(objects, 'lifecycle.useAndWrite', args);
        team.go();
        await team.reach('done', 1);
        if (left) free(left);
        const moment = random(1000 / names.length);
        while (team.signals.isBelow('progress', moment)) writeOnce(objects, random);
        const end = team.members[0].terminate();
        for (let i = random(200); i > 0; i--) writeOnce(objects, random);
        await end;
        checkAndUse(objects);
        assert.deepEqual(objects.heap.verify({ exclusive: true }), []);
        left = objects;
      }
      await checkAndFree(left);
    });
  }

  it('leaves all whole: several terminated while they write to the same', async () => {
    const random = generator(seed, 201);
    for (let round = 0; round < 10; round++) {
      const objects = createAll(NAMES);
      const team = await startTeam(objects, 'lifecycle.useAndWrite', { count: 4 });
      const { members, signals } = team;
      team.go();
      const ends = members.map((member) => {
        signals.spin('progress', signals.get('progress') + random(300));
        return member.terminate();
      });
      await Promise.all(ends);
      await checkAndFree(objects);
    }
  });

  it('and what they do before it never look wrong to verify', async () => {
    const objects = createAll(NAMES);
    const team = await startTeam(objects, 'lifecycle.useAndWrite', { count: 3 });
    team.go();
    for (let round = 0; round < 50; round++) {
      if (round === 25) await team.members[0].terminate();
      assert.deepEqual(objects.heap.verify(), []);
      team.signals.spin('progress', team.signals.get('progress') + 20);
    }
    await Promise.all(team.members.map((member) => member.terminate()));
    await checkAndFree(objects);
  });

  for (const [ending, task, message] of [
    ['an uncaught error', 'lifecycle.writeAndThrow', /on purpose/],
    ['process.exit() in a worker', 'lifecycle.writeAndExit', /exit code 3/],
  ]) {
    it(`leaves all whole: ${ending}`, async () => {
      const random = generator(seed, 202);
      for (let round = 0; round < 10; round++) {
        const objects = createAll(NAMES);
        const args = { count: 2, times: random(1000) };
        const team = await startTeam(objects, task, args);
        team.go();
        for (let i = 0; i < 300; i++) writeOnce(objects, random);
        for (const { value } of team.members) await assert.rejects(value, message);
        await team.ended();
        await checkAndFree(objects);
      }
    });
  }

  it('comes to a thread that waits for a lock', async () => {
    const random = generator(seed, 203);
    const objects = createAll(['list']);
    const { list } = objects;
    for (let i = 0; i < 100000; i++) list.push(element(i));
    const hogs = await startTeam(objects, 'lifecycle.hogList', { count: 1 });
    hogs.go();
    for (let round = 0; round < 10; round++) {
      const team = await startTeam(objects, 'lifecycle.pushToList', { count: 2 });
      team.go();
      hogs.signals.wait('turn', hogs.signals.get('turn') + 1 + random(5));
      await Promise.all(team.members.map((member) => member.terminate()));
    }
    hogs.signals.set('stop', 1);
    await hogs.values();
    await hogs.ended();
    await checkAndFree(objects);
  });

  it('of a container takes it away whole from all who read it', async () => {
    const random = generator(seed, 204);
    const heap = new MemoryHeap();
    const all = [];
    for (let i = 0; i < 800; i++) {
      const name = NAMES[i % NAMES.length];
      const container = create(heap, name);
      const length = fill(container, name, 1 + random(i % 40 ? 20 : 2000));
      all.push({ name, container, length });
    }
    const descriptors = all.map(({ container, ...others }) => {
      return { ...others, descriptor: container.getSharedMemory() };
    });
    const team = await startTeam({ heap }, 'lifecycle.readUntilFreed', { count: 2, all: descriptors });
    team.go();
    for (const [i, { container }] of all.entries()) {
      await team.reach('done', 2 * (i + 1)); // both are at this one
      container.free();
    }
    await team.values();
    await team.ended();
    assert.equal(heap.currentUsed, 0);
    assert.deepEqual(heap.verify({ exclusive: true }), []);
  });

  it('of a container lets nobody take another for it', async () => {
    const FIRST = 1000; // what the workers write is less
    const random = generator(seed, 205);
    const heap = new MemoryHeap();
    const block = heap.alloc(POSTS * 16);
    const start = heap.currentUsed;
    const posts = Array.from({ length: POSTS }, (_, i) => post(block, i));
    const containers = posts.map((_, i) => createNumbered(heap, FIRST + i));
    posts.forEach((one, i) => point(one, containers[i], FIRST + i));
    const team = await startTeam({ heap, block }, 'lifecycle.follow');
    team.go();
    for (let round = 0; round < 5000 || team.signals.isBelow('progress', 3000); round++) {
      containers[random(POSTS)][kDispose](); // does nothing if it is freed already
      const i = random(POSTS);
      const number = FIRST + POSTS + round * 4 + random(4);
      containers[i][kDispose]();
      containers[i] = createNumbered(heap, number);
      if (random(4)) point(posts[i], containers[i], number);
    }
    team.signals.set('stop', 1);
    for (const outcomes of await team.values()) {
      const { written, ERR_TH_FREED: freed, ERR_TH_BAD_DESCRIPTOR: bad, ...others } = outcomes;
      assert.deepEqual(others, {});
      assert.ok(written > 0 && freed > 0, `written ${written}, freed ${freed}, bad ${bad}`);
    }
    for (const container of containers) container[kDispose]();
    await team.ended();
    assert.equal(heap.currentUsed, start);
    assert.deepEqual(heap.verify({ exclusive: true }), []);
  });

  for (const [way, code] of [
    ['exit', 7],
    ['throw', 1],
    ['return', 0],
  ]) {
    it(`of the process, by ${way}, while workers write, gives exit code ${code}`, () => {
      const program = path.join(__dirname, 'fixture', 'end.js');
      const options = { encoding: 'utf8', timeout: TIMEOUT_MS };
      for (let round = 0; round < 4; round++) {
        const args = [program, way, `${seed + round}`];
        const { status, signal, stderr } = spawnSync(process.execPath, args, options);
        assert.deepEqual({ status, signal }, { status: code, signal: null }, stderr);
        assert.match(stderr, way === 'throw' ? /Error: on purpose/ : /^$/);
      }
    });
  }
});
