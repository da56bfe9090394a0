'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');
const v8 = require('node:v8');
const vm = require('node:vm');
const { MessageChannel, Worker, receiveMessageOnPort } = require('node:worker_threads');
const { AllocatedMemory, LocalSharedMemory, MemoryHeap, SharedList, SharedMap, SharedString,
  SharedVector, getPointer } =
  require('../..');
const { TIMEOUT_MS, withTimeout } = require('./sync');
const { freeOne, isFilled } = require('./tasks/heap');
const { WORKERS, runTogether, startTeam, useTeams } = require('./team');

const THREADS = WORKERS + 1; // where the main thread takes part
const TRIPLE = { type: Int32Array, dataLength: 3 };

const kDispose = Symbol.dispose ?? Symbol.for('nodejs.dispose');

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');

// Waits until the garbage collector has taken it.
async function gone(ref) {
  for (let i = 0; i < 100; i++) {
    await new Promise(setImmediate); // what was looked at is kept until then
    collectGarbage();
    if (ref.deref() === undefined) return;
  }
  assert.fail('it was not collected');
}

function sum(numbers) {
  return numbers.reduce((total, n) => total + n, 0);
}

function range(end) {
  return Array.from({ length: end }, (_, i) => i);
}

describe('threads: MemoryHeap', () => {
  useTeams();

  it('is grown by workers while the main thread is blocked, which then sees it all', async () => {
    const each = 2000;
    const heap = new MemoryHeap();
    const list = new SharedList(heap, TRIPLE);
    const map = new SharedMap(heap);
    const before = heap.totalAllocated;
    const team = await startTeam({ heap, list, map }, 'heap.grow', { each });
    team.go();
    team.signals.wait('done', WORKERS); // and receives no message
    assert.ok(heap.totalAllocated > before + WORKERS * each * 300);
    assert.equal(list.length, WORKERS * each);
    assert.equal(map.size, WORKERS * each);
    for (const { data } of list) {
      const memory = new AllocatedMemory(heap, getPointer(data[2]));
      assert.equal(memory.byteLength, map.get(`${data[0]}/${data[1]}`));
      assert.ok(isFilled(memory, data[0], data[1]));
    }
    await team.values();
  });

  for (const [ending, task] of [
    ['returns', 'heap.allocAndFree'],
    ['throws', 'heap.allocAndThrow'],
    ['calls process.exit()', 'heap.allocAndExit'],
    ['is terminated', 'heap.allocAndSleep'],
  ]) {
    it(`has all its memory back after a worker ${ending}`, async () => {
      const heap = new MemoryHeap({ maxSize: 2 ** 23 });
      for (let round = 0; round < 3; round++) {
        const team = await startTeam({ heap }, task, { each: 4000 });
        team.go();
        if (ending === 'is terminated') {
          team.signals.wait('progress', WORKERS);
          await Promise.all(team.members.map((member) => member.terminate()));
        }
        await team.ended();
        if (ending === 'returns') await team.values();
        if (ending === 'throws') await assert.rejects(team.values(), { message: 'on purpose' });
        assert.equal(heap.currentUsed, 0);
        heap.alloc(heap.maxSize).free(); // in one piece
        assert.equal(heap.currentUsed, 0);
        assert.equal(heap.stats().threads, 1);
      }
    });
  }

  for (const [lengths, words] of [['of any length', undefined], ['of one length', 16]]) {
    it(`takes blocks ${lengths} back from any thread`, async () => {
      const heap = new MemoryHeap();
      const list = new SharedList(heap, TRIPLE);
      const start = heap.currentUsed;
      const each = 5000;
      const freed = await runTogether({ heap, list }, 'heap.exchange', { each, words });
      let left = 0;
      while (freeOne({ heap, list })) left++;
      assert.equal(sum(freed) + left, each * THREADS);
      assert.equal(heap.currentUsed, start);
    });
  }

  for (const isTerminated of [false, true]) {
    const ending = isTerminated ? 'are terminated' : 'end';
    it(`counts what other threads allocated, also when they ${ending}`, async () => {
      const [each, length] = [1013, 64];
      const memory = new LocalSharedMemory(16, 64);
      const heap = new MemoryHeap({ memory });
      const team = await startTeam({ heap }, 'heap.allocAlike', { each, length });
      team.go();
      await team.reach('done', WORKERS);
      const isCounted = () => {
        assert.equal(memory.allocs().length, WORKERS * each);
        const { used, blocks } = heap.stats();
        assert.equal(heap.currentUsed, WORKERS * each * length);
        assert.equal(used, WORKERS * each * length);
        assert.equal(blocks.find(({ byteLength }) => byteLength === length).count, WORKERS * each);
        assert.deepEqual(heap.verify({ exclusive: true }), []);
      };
      if (isTerminated) {
        await Promise.all(team.members.map((member) => member.terminate()));
      } else {
        isCounted();
        team.signals.set('stop', 1);
      }
      await team.ended();
      isCounted();
    });
  }

  it('lets one of those win who free the same block at once', async () => {
    const heap = new MemoryHeap();
    const start = heap.currentUsed;
    const sizes = [4, 16, 100, 1000, 5000, 20000];
    const pointers = range(6000).map((i) => heap.alloc(sizes[i % sizes.length]).pointer);
    const team = await startTeam({ heap }, 'heap.freeAll', { count: 2, pointers });
    team.go();
    const wins = await team.values();
    pointers.forEach((_, i) => assert.equal(sum(wins.map((own) => own[i])), 1));
    await team.ended();
    assert.equal(heap.currentUsed, start);
  });

  it('has every block freed once by all who free the same many at once', async () => {
    const heap = new MemoryHeap();
    const start = heap.currentUsed;
    const batches = range(200).map((i) =>
      heap.allocMany(50, [16, 1000, 10_000][i % 3]).map(({ pointer }) => pointer)
    );
    const team = await startTeam({ heap }, 'heap.freeBatches', { count: 2, batches });
    team.go();
    const whole = await team.values();
    batches.forEach((_, i) => assert.ok(sum(whole.map((own) => own[i])) <= 1));
    await team.ended();
    assert.equal(heap.currentUsed, start); // also of the batches that two threads shared
    assert.deepEqual(heap.verify({ exclusive: true }), []);
  });

  it('gives many blocks at once, or none, to several threads', async () => {
    const heap = new MemoryHeap({ maxSize: 2 ** 20 });
    const team = await startTeam({ heap }, 'heap.allocBatches', { each: 300 });
    team.go();
    const batches = await team.values();
    assert.ok(sum(batches) > 0);
    await team.ended();
    assert.equal(heap.currentUsed, 0);
    heap.alloc(heap.maxSize).free(); // in one piece
  });

  it('is full only when it is, and what was stored before stays', async () => {
    const heaps = range(20).map(() => new MemoryHeap({ maxSize: 2 ** 19 }));
    const descriptors = heaps.map((heap) => heap.getSharedMemory());
    const team = await startTeam({}, 'heap.fillWithBlocks', { heaps: descriptors });
    team.go();
    const stored = await team.values();
    heaps.forEach((heap, i) => {
      stored.forEach((pointers, id) => {
        pointers[i].forEach((pointer, n) => {
          const memory = new AllocatedMemory(heap, getPointer(pointer));
          assert.ok(isFilled(memory, id, n));
          memory.free();
        });
      });
      assert.ok(sum(stored.map((pointers) => pointers[i].length)) * 12288 > heap.maxSize * 0.9);
      assert.equal(heap.currentUsed, 0);
      heap.alloc(heap.maxSize).free();
    });
    await team.ended();
  });

  it('has room for all who ask for the last of it at once', async () => {
    const count = 2;
    const each = 4;
    const room = count * each * 4096;
    const heaps = range(300).map(() => {
      const heap = new MemoryHeap({ bufferSize: room, initialBuffers: 4, maxSize: 5 * room });
      heap.alloc(4 * room);
      return heap;
    });
    const descriptors = heaps.map((heap) => heap.getSharedMemory());
    const team = await startTeam({}, 'heap.allocPages', { count, each, heaps: descriptors });
    team.go();
    await team.values();
    for (const heap of heaps) assert.equal(heap.currentUsed, heap.maxSize);
    await team.ended();
  });

  it('keeps every element and entry that was stored before it was full', async () => {
    const heap = new MemoryHeap({ maxSize: 2 ** 20 });
    const objects = {
      heap,
      list: new SharedList(heap, TRIPLE),
      map: new SharedMap(heap),
      vector: new SharedVector(heap, { type: Int32Array, dataLength: 2 }),
    };
    const { list, map, vector } = objects;
    const team = await startTeam(objects, 'heap.fillWithContainers');
    team.go();
    const stored = await team.values();
    const elements = Array.from(list, ({ data }) => Array.from(data));
    const pairs = Array.from(vector, (data) => Array.from(data));
    for (let id = 0; id < WORKERS; id++) {
      const numbersOf = (all) => all.filter((data) => data[0] === id).map((data) => data[1]);
      assert.deepEqual(numbersOf(elements), range(stored[id].list));
      assert.deepEqual(numbersOf(pairs), range(stored[id].vector));
      for (let n = 0; n < stored[id].map; n++) {
        assert.equal(map.get(`${id}/${n}`), `the value of number ${n}`);
      }
    }
    assert.equal(map.size, sum(stored.map((counts) => counts.map)));
    assert.equal(elements.length, sum(stored.map((counts) => counts.list)));
    assert.ok(heap.currentUsed > heap.maxSize * 0.8);
    await team.ended();
    list.free();
    map.free();
    vector.free();
    assert.equal(heap.currentUsed, 0);
  });

  it('has one container in a zeroed block that all open at once', async () => {
    for (let round = 0; round < 10; round++) {
      const each = 200;
      const heap = new MemoryHeap();
      const memories = range(4).map(() => heap.alloc(16));
      const start = heap.currentUsed;
      const blocks = memories.map((memory) => memory.getSharedMemory());
      await runTogether({ heap }, 'heap.openZeroed', { blocks, each });
      const list = new SharedList(heap, { firstBlock: blocks[0] });
      const vector = new SharedVector(heap, { firstBlock: blocks[1] });
      const map = new SharedMap(heap, { firstBlock: blocks[2] });
      const string = new SharedString(heap, blocks[3]);
      assert.equal(list.length, THREADS * each);
      assert.equal(vector.length, THREADS * each);
      assert.equal(map.get('sum'), THREADS * each);
      assert.equal(string.value, 'text');
      for (const container of [list, vector, map, string]) container.free();
      assert.equal(heap.currentUsed, start);
      for (const memory of memories) assert.deepEqual(memory.data, new Uint32Array(4));
    }
  });

  it('reaches workers of workers', async () => {
    const depth = 4;
    const heap = new MemoryHeap();
    const list = new SharedList(heap, TRIPLE);
    const map = new SharedMap(heap);
    const team = await startTeam({ heap, list, map }, 'heap.nest', { count: 2, depth });
    team.go();
    assert.deepEqual(await team.values(), [depth, depth]);
    assert.equal(list.length, 2 * depth);
    assert.equal(map.size, depth);
    await team.ended();
    list.free();
    map.free();
    assert.equal(heap.currentUsed, 0);
  });

  it('goes from worker to worker through a MessageChannel', async () => {
    const channels = range(2).map(() => new MessageChannel());
    const senders = await startTeam({}, 'heap.makeAndSend', {
      count: 2,
      ports: channels.map(({ port1 }) => port1),
    });
    const receivers = await startTeam({}, 'heap.receiveAndUse', {
      count: 2,
      ports: channels.map(({ port2 }) => port2),
    });
    receivers.go();
    senders.go();
    const expected = { size: 1001, value: 42, used: 0 };
    assert.deepEqual(await senders.values(), [expected, expected]);
    await receivers.values();
  });

  it('lives on in a worker when the main thread has no heap object any more', async () => {
    async function start() {
      const heap = new MemoryHeap();
      const list = new SharedList(heap, TRIPLE);
      const args = { count: 1, each: 20000 };
      const team = await startTeam({ heap, list }, 'heap.keepUsing', args);
      team.objects = undefined;
      return { team, heap: new WeakRef(heap), buffer: new WeakRef(heap.buffers[0].buf) };
    }
    const { team, heap, buffer } = await start();
    team.go();
    team.signals.wait('progress', 1);
    await gone(heap);
    await gone(buffer);
    team.signals.wait('progress', team.signals.get('progress') + 1000);
    team.signals.set('turn', 1);
    const [descriptors] = await team.values();
    const again = new MemoryHeap(descriptors.heap);
    const list = new SharedList(again, descriptors.list);
    assert.equal(list.length, 20000);
    await team.ended();
    list.free();
    assert.equal(again.currentUsed, 0);
  });

  it('is opened again by a descriptor that outlived all heap objects', async () => {
    const team = await startTeam({}, 'heap.make', { count: 1 });
    team.go();
    const [descriptors] = await team.values();
    await team.ended();
    for (let round = 0; round < 3; round++) {
      new MemoryHeap(); // takes nothing from one that has no user
      const use = () => {
        const heap = new MemoryHeap(descriptors.heap);
        const list = new SharedList(heap, descriptors.list);
        assert.equal(list.length, 1000 + round);
        list.push(1);
        assert.equal(heap.stats().threads, 1);
        return new WeakRef(heap);
      };
      await gone(use());
    }
  });

  it('survives on the way: no thread has it while its descriptor waits in a port', async () => {
    const { port1, port2 } = new MessageChannel();
    function send() {
      const heap = new MemoryHeap();
      const list = new SharedList(heap);
      for (const n of range(1000)) list.push(n);
      port1.postMessage({ heap: heap.getSharedMemory(), list: list.getSharedMemory() });
      return new WeakRef(heap.buffers[0].buf);
    }
    await gone(send());
    new MemoryHeap(); // takes nothing from one that has no user
    const { message } = receiveMessageOnPort(port2);
    const heap = new MemoryHeap(message.heap);
    const list = new SharedList(heap, message.list);
    assert.deepEqual(Array.from(list.toArray()), range(1000));
    list.free();
    assert.equal(heap.currentUsed, 0);
    port1.close();
  });

  it('is closed in one thread without the others noticing', async () => {
    const each = 3000;
    const heap = new MemoryHeap();
    const objects = { heap, list: new SharedList(heap, TRIPLE), map: new SharedMap(heap) };
    const { list, map } = objects;
    const adders = await startTeam(objects, 'heap.addUntilStopped', { count: 2 });
    const { signals } = adders;
    const closers = await startTeam(objects, 'heap.dispose', { count: 2, each, signals });
    adders.go();
    for (const codes of await closers.values()) {
      assert.deepEqual(codes, new Array(3).fill('ERR_TH_FREED'));
    }
    await closers.ended();
    signals.wait('progress', signals.get('progress') + 100);
    signals.set('stop', 1);
    const total = sum(await adders.values()) + 2 * each;
    assert.equal(map.get('sum'), total);
    assert.equal(list.length, total);
    const descriptors = [heap, map, list].map((object) => object.getSharedMemory());
    heap[kDispose]();
    const again = new MemoryHeap(descriptors[0]);
    const sameMap = new SharedMap(again, descriptors[1]);
    assert.equal(sameMap.get('sum'), total);
    sameMap.free();
    new SharedList(again, descriptors[2]).free();
    await adders.ended();
    assert.equal(again.currentUsed, 0);
  });

  it('needs the addon in workers only, generation after generation', async () => {
    const program = path.join(__dirname, 'fixture', 'generations.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program], {
      timeout: TIMEOUT_MS,
    });
    assert.equal(stdout, 'ok\n');
  });

  it('is opened by postMessage in a worker that has no workerData', async () => {
    const program = path.join(__dirname, 'fixture', 'messages.js');
    const worker = new Worker(program);
    const heap = new MemoryHeap();
    const map = new SharedMap(heap);
    const answer = new Promise((resolve) => worker.once('message', resolve));
    worker.postMessage({ heap: heap.getSharedMemory(), map: map.getSharedMemory() });
    assert.equal(await withTimeout(answer, 'an answer'), 'set');
    assert.equal(map.get('key'), 'value');
    await worker.terminate();
  });
});
