'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { inspect } = require('node:util');
const { MapRef, NumberRef, StringRef, StructFactory, StructRef, VectorRef, processHeap } =
  require('../..');
const { assertCode } = require('../helpers/check');
const { refs, useProcessHeap } = require('../helpers/refs');
const { generator, seed } = require('./random');
const { TIMEOUT_MS } = require('./sync');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

function runFixture(program) {
  const file = path.join(__dirname, 'fixture', program);
  return execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: TIMEOUT_MS });
}

// A map and the values it holds under the names of the classes.
function dropHeld(map) {
  for (const { Class } of refs) map.get(Class.name).drop();
  map.drop();
}

describe('threads: refs', function () {
  this.timeout(4 * TIMEOUT_MS);
  useTeams();
  useProcessHeap();

  it('cross with nothing but their ids, and outlive the thread that made them', async () => {
    const team = await startTeam({}, 'ref.makeAll');
    team.go();
    const maps = (await team.values()).map((id) => new MapRef(id));
    await team.ended();
    for (const map of maps) {
      assert.equal(map.len(), refs.length);
      const readers = await startTeam({}, 'ref.readAll', { count: 1, map: map.id });
      readers.go();
      const [values] = await readers.values();
      await readers.ended();
      assert.deepEqual(values, refs.map(({ Class, read }) => read(map.get(Class.name))));
      dropHeld(map);
    }
  });

  it('do not depend on who loads the package first', () => {
    assert.equal(runFixture('refs-first.js'), 'made by a worker\nmade by the main thread\n64 []\n');
  });

  it('are dropped once, by whichever of many threads', async () => {
    const ids = upTo(400).map((i) => {
      const { Class, create } = refs[i % refs.length];
      return [Class.name, create().id];
    });
    const dropped = await runTogether({}, 'ref.dropAll', { ids });
    for (const i of upTo(ids.length)) {
      assert.equal(dropped.filter((mine) => mine[i]).length, 1, `${ids[i]}`);
    }
  });

  for (const { Class, create } of refs) {
    it(`tell all who use a ${Class.name} that it was dropped`, async () => {
      for (const round of upTo(3)) {
        const ref = create();
        const args = { count: 3, name: Class.name, ref: ref.id };
        const team = await startTeam({}, 'ref.useUntilDropped', args);
        team.go();
        team.signals.spin('progress', 100 * (round + 1));
        ref.drop();
        const next = create(); // in the same memory
        assert.deepEqual(await team.values(), new Array(3).fill('ERR_TH_FREED'));
        await team.ended();
        next.drop();
      }
    });
  }

  it('never show another value than their own, however often memory is used again', async () => {
    const map = new MapRef();
    const before = processHeap.stats().containers.strings;
    const counts = await runTogether({}, 'ref.takeTurns', { map: map.id, turns: 20_000 });
    const made = counts.flatMap((count) => count.made);
    const dropped = counts.reduce((sum, count) => sum + count.dropped, 0);
    assert.equal(new Set(made).size, made.length, 'an id was given out twice');
    assert.equal(processHeap.stats().containers.strings - before, made.length - dropped);
    assert.ok(dropped > 1000);
    for (const id of made) {
      try {
        const string = new StringRef(id);
        assert.equal(string.obtainValue(), `text ${id}`);
        string.drop();
      } catch (error) {
        assert.equal(error.code, 'ERR_TH_FREED', error.stack);
      }
    }
    map.drop();
  });

  it('get the same value for the same name, however many ask at once', async () => {
    const names = upTo(300).map((i) => `the name of a value: ${i}`);
    const results = await runTogether({}, 'ref.nameTogether', { names });
    for (const ids of results) assert.deepEqual(ids, results[0]);
    assert.equal(new Set(results[0]).size, names.length);
    for (const id of results[0]) new MapRef(id).drop();
  });

  it('have one class for one name, however many ask for others at once', async () => {
    const names = upTo(300).map((i) => `the name of a value: ${i}`);
    const results = await runTogether({}, 'ref.nameDifferently', { names });
    for (const i of upTo(names.length)) {
      const winners = results.filter((mine) => typeof mine[i] === 'number');
      assert.equal(winners.length, 1);
      for (const mine of results) {
        if (!winners.includes(mine)) assert.equal(mine[i], 'ERR_TH_BAD_DESCRIPTOR');
      }
      const { named } = refs[results.indexOf(winners[0]) % refs.length];
      named(names[i]).drop();
    }
  });

  it('stay whole, and lose no memory, when their threads are terminated', async () => {
    const random = generator(seed, 300);
    const names = upTo(5).map((i) => `a name: ${i}`);
    const start = processHeap.currentUsed;
    for (const round of upTo(30)) {
      const team = await startTeam({}, 'ref.nameAndDrop', { count: 2, names });
      team.go();
      await team.reach('done', 2);
      team.signals.spin('progress', 20 * round + random(500));
      await Promise.all(team.members.map((member) => member.terminate()));
      assert.deepEqual(processHeap.verify({ exclusive: true }), []);
      for (const name of names) {
        for (const { Class, named, read } of refs) {
          try {
            const value = named(name);
            assert.ok(value instanceof Class);
            read(value);
            value.drop();
          } catch (error) {
            assert.equal(error.code, 'ERR_TH_BAD_DESCRIPTOR', error.stack);
          }
        }
      }
      assert.equal(processHeap.currentUsed, start);
    }
  });

  it('lose nothing that many threads put into one map', async () => {
    const map = new MapRef();
    const keys = 2000;
    const vectors = await runTogether({}, 'ref.fillMap', { map: map.id, keys });
    assert.equal(map.len(), vectors.length * keys);
    for (const [id, vectorId] of vectors.entries()) {
      const vector = new VectorRef(vectorId);
      for (const i of upTo(keys)) {
        const number = vector.index(i);
        assert.equal(map.get(`${id}: ${i}`).id, number.id);
        number.drop();
      }
      vector.drop();
    }
    map.drop();
  });

  it('lose nothing that many threads push to one vector', async () => {
    const vector = new VectorRef();
    const number = new NumberRef();
    const pushes = 5000;
    await runTogether({}, 'ref.fillVector', { vector: vector.id, number: number.id, pushes });
    assert.equal(vector.len(), (WORKERS + 1) * pushes);
    for (const i of upTo(vector.len())) assert.equal(vector.index(i).id, number.id);
    vector.drop();
    number.drop();
  });

  it('are never torn', async () => {
    const string = StringRef.from('b'.repeat(50));
    const struct = new StructFactory({ text: 'string' }).new({ text: 'b'.repeat(50) });
    const args = { string: string.id, struct: struct.id, turns: 10_000 };
    string.setValue('b'.repeat(50 + (98 % 7) * 100));
    struct.setKey('text', string.obtainValue());
    await runTogether({}, 'ref.writeAndRead', args);
    string.drop();
    struct.drop();
  });

  it('make the heap grow, from many threads at once', async () => {
    await runTogether({}, 'ref.growHeap');
  });

  it('leave an id that means nothing when it is made up', () => {
    for (const Class of [StringRef, NumberRef, MapRef, VectorRef, StructRef]) {
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new Class(342));
    }
  });
});

// The examples by which users know these classes, but for the import, which is this package's, the
// worker's file, and "set" for "add", as they say themselves that it should be.
describe('threads: examples of refs', () => {
  useProcessHeap();

  it('share a map with a worker', () => {
    assert.equal(runFixture('example-refs.mjs'), 'Hello World\n');
  });

  it('make one of each type', () => {
    const str = new StringRef(); // Empty string
    const num = new NumberRef(); // Empty number (64 bit float)
    const map = new MapRef(); // Key/Value store that holds refs
    const vec = new VectorRef(); // Dynamic array that holds refs

    assert.deepEqual([str.obtainValue(), num.obtainValue(), map.len(), vec.len()], ['', 0, 0, 0]);
    for (const ref of [str, num, map, vec]) ref.drop();
  });

  it('define a struct and make one', () => {
    // Define struct
    const Foo = new StructFactory({
      key_1: 'string',
      key_2: 'number',
    });

    const foo = Foo.new({
      key_1: 'foo',
      key_2: 42,
    });

    assert.equal(foo.getKey('key_1'), 'foo');
    foo.setKey('key_1', 'something else');
    assert.equal(foo.getKey('key_1'), 'something else');
    foo.drop();
  });

  it('use a struct through a proxy', () => {
    const Foo = new StructFactory({
      key_1: 'string',
      key_2: 'number',
    });

    const foo = Foo.new_proxy({
      key_1: 'foo',
      key_2: 42,
    });

    assert.equal(foo.key_1, 'foo');
    foo.key_1 = 'bar';
    assert.equal(foo.key_1, 'bar');
    foo.drop();
  });

  it('show an id, and the value when it is obtained', () => {
    const str = StringRef.from('foo');

    assert.match(inspect(str), /\{ id: \d+ \}$/);
    assert.equal(str.obtainValue(), 'foo');
    str.drop();
  });

  it('drop a value', () => {
    const str = StringRef.from('foo');

    assert.equal(str.obtainValue(), 'foo');

    str.drop(); // will deallocate the value

    assert.throws(() => str.obtainValue(), /use after free/);
  });
});
