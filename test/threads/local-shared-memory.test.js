'use strict';

const assert = require('node:assert/strict');
const { LocalSharedMemory, MemoryHeap, SharedList, SharedMap, SharedVector } = require('../..');
const { LENGTH, families, makeBlock, scratchAt } = require('../helpers/accessors');
const { assertSound } = require('../helpers/check');
const { DATA, DATA_OFFSET, instantiate } = require('../helpers/module');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const THREADS = WORKERS + 1; // where the main thread takes part

function task(name) {
  return `local-shared-memory.${name}`;
}

function staticData(memory) {
  return Buffer.from(memory.arrayBuffer(DATA_OFFSET, DATA.length)).toString();
}

describe('threads: LocalSharedMemory', () => {
  useTeams();

  it('is worked on by a module and by JavaScript in several threads at once', async () => {
    const each = 20000;
    const maximum = 100;
    const reserve = 1024;
    const memory = new LocalSharedMemory(1, maximum, true, { reserve });
    const { sum } = instantiate(memory, { maximum });
    const counter = memory.calloc(1, 4);
    const numbers = memory.calloc(each * THREADS, 4);
    const args = { memory, each, maximum, reserve };
    await runTogether({}, task('count'), { ...args, offset: counter });
    assert.equal(memory.getInt32(counter), each * THREADS);
    await runTogether({}, task('fillPart'), { ...args, offset: numbers });
    assert.equal(sum(numbers, each * THREADS), (each * THREADS * (THREADS + 1)) / 2);
    assert.equal(staticData(memory), DATA);
    memory.free(counter);
    memory.free(numbers);
    assert.deepEqual(memory.allocs(), []);
  });

  it('hands out no byte twice while it grows', async () => {
    const memory = new LocalSharedMemory(1, 2000);
    const heap = new MemoryHeap({ memory });
    await runTogether({}, task('churn'), { memory, each: 3000 });
    assert.deepEqual(memory.allocs(), []);
    assert.equal(heap.currentUsed, 0);
    assert.ok(memory.buffer.byteLength > 65536);
    assertSound(heap);
  });

  it('shows a block that another thread has made, in what it has just grown by', async () => {
    const each = 200;
    const memory = new LocalSharedMemory(1, 400);
    const team = await startTeam({}, task('tellOffsets'), { memory, each, count: 1 });
    team.go();
    for (let i = 1, last = 0; i <= each; i++) {
      let offset = last;
      while (offset === last && team.signals.isBelow('done', 1)) offset = team.signals.get('turn');
      last = offset;
      assert.equal(memory.getUint32(offset + 65532), i);
      assert.equal(memory.load(Uint32Array, offset / 4 + 16383), i);
      assert.equal(memory.arrayView(Uint32Array, offset).at(-1), i);
      team.signals.set('reply', i);
    }
    await team.values();
    assert.equal(memory.allocs().length, each);
  });

  it('is as long for every call as another thread has just made it', async () => {
    const uses = Object.values(families);
    const memory = new LocalSharedMemory(1, 1 + 2 * uses.length);
    const block = makeBlock(memory);
    const team = await startTeam({}, task('growAlong'), { memory, each: 2 * uses.length, count: 1 });
    team.go();
    let pages = 1;
    const growElsewhere = () => {
      team.signals.set('turn', pages);
      team.signals.wait('reply', pages++); // blocks: this thread hears nothing of the growth
    };
    for (const use of uses) {
      growElsewhere();
      use(memory, pages * 65536 - LENGTH, block);
      scratchAt(memory, 65536 - LENGTH);
      growElsewhere();
      use(memory, 65536 - LENGTH, block);
    }
    await team.values();
    assert.equal(memory.buffer.byteLength, pages * 65536);
  });

  it('has one allocator however many make it at once', async () => {
    for (let round = 0; round < 10; round++) {
      const plain = new WebAssembly.Memory({ initial: 1, maximum: 10, shared: true });
      const offsets = await runTogether({}, task('ensure'), { memory: plain });
      const memory = LocalSharedMemory.from(plain);
      assert.equal(new Set(offsets).size, THREADS);
      offsets.forEach((offset, id) => {
        assert.ok(memory.arrayView(Uint8Array, offset).every((byte) => byte === id + 1));
      });
      assert.equal(memory.allocs().length, THREADS);
    }
  });

  it('loses nothing to workers that are terminated in its calls', async () => {
    const memory = new LocalSharedMemory(1, 100);
    const heap = new MemoryHeap({ memory });
    const team = await startTeam({}, task('mallocForever'), { memory });
    team.go();
    team.signals.wait('progress', 100);
    await Promise.all(team.members.map((member) => member.terminate()));
    for (const { byteOffset } of memory.allocs()) memory.free(byteOffset);
    assert.equal(heap.currentUsed, 0);
    assert.equal(heap.stats().threads, 1);
    assertSound(heap);
  });

  it('holds containers, with a reserve and without', async () => {
    const each = 2000;
    for (const reserve of [0, 70000]) {
      const memory = new LocalSharedMemory(2, 1000, true, { reserve });
      const heap = new MemoryHeap({ memory, reserve });
      const own = memory.malloc(100);
      const [map, list, vector] = [SharedMap, SharedList, SharedVector].map((C) => new C(heap));
      const descriptors = Object.fromEntries(
        Object.entries({ heap, map, list, vector }).map(([k, v]) => [k, v.getSharedMemory()])
      );
      const team = await startTeam({}, task('useContainers'), { ...descriptors, each });
      team.go();
      await team.values();
      assert.equal(map.get('sum'), WORKERS * each);
      assert.equal(map.size, WORKERS * each + 1);
      const numbers = Array.from({ length: WORKERS * each }, (_, i) => i);
      const sorted = (values) => Array.from(values).sort((a, b) => a - b);
      assert.deepEqual(sorted(Array.from(list, ({ data }) => data[0])), numbers);
      assert.deepEqual(sorted(Array.from(numbers, (_, i) => vector.get(i))), numbers);
      assert.deepEqual(memory.allocs().map(({ byteOffset }) => byteOffset), [own]);
      await team.ended();
      assertSound(heap);
      for (const container of [map, list, vector]) container.free();
      memory.free(own);
      assert.equal(heap.currentUsed, 0);
    }
  });
});
