'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { MemoryHeap } = require('../..');
const { generator, seed } = require('./random');
const { describeShared } = require('./shared');
const { TIMEOUT_MS } = require('./sync');
const { checkAndUse, kinds, writeOnce } = require('./tasks/lifecycle');
const { element } = require('./tasks/list');
const { startTeam, useTeams } = require('./team');

const TERMINATIONS = 50;
const NAMES = Object.keys(kinds);

describe('threads: the end of a thread', function () {
  this.timeout(4 * TIMEOUT_MS);
  useTeams();

  // Containers of those kinds in a heap of their own.
  function create(names) {
    const heap = new MemoryHeap();
    const objects = { heap };
    for (const name of names) objects[name] = kinds[name].create(heap);
    return objects;
  }

  function free({ heap, ...containers }) {
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

  // Writes here, too, until the others have done that much.
  function writeUntil(objects, signals, progress, random) {
    const deadline = performance.now() + TIMEOUT_MS;
    while (signals.get('progress') < progress) {
      writeOnce(objects, random);
      if (performance.now() > deadline) throw new Error('timed out: the workers do not go on');
    }
  }

  for (const names of [...NAMES.map((name) => [name]), NAMES]) {
    it(`leaves a ${names.join(', ')} whole: terminated ${TERMINATIONS} times`, async () => {
      const random = generator(seed, 200);
      let left; // by the worker before: what the next one begins with
      for (let round = 0; round < TERMINATIONS; round++) {
        const objects = create(names);
        const args = { count: 1, left: left && describeShared(left) };
        const team = await startTeam(objects, 'lifecycle.useAndWrite', args);
        team.go();
        await team.reach('done', 1);
        if (left) free(left);
        writeUntil(objects, team.signals, random(1000 / names.length), random);
        const end = team.members[0].terminate();
        for (let i = random(200); i > 0; i--) writeOnce(objects, random);
        await end;
        checkAndUse(objects);
        left = objects;
      }
      await checkAndFree(left);
    });
  }

  it('leaves all whole: several terminated while they write to the same', async () => {
    const random = generator(seed, 201);
    for (let round = 0; round < 10; round++) {
      const objects = create(NAMES);
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

  for (const [ending, task, message] of [
    ['an uncaught error', 'lifecycle.writeAndThrow', /on purpose/],
    ['process.exit() in a worker', 'lifecycle.writeAndExit', /exit code 3/],
  ]) {
    it(`leaves all whole: ${ending}`, async () => {
      const random = generator(seed, 202);
      for (let round = 0; round < 10; round++) {
        const objects = create(NAMES);
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
    const objects = create(['list']);
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
