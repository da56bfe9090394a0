'use strict';

// What a user sees when memory runs out: of the heap's buffer, of the system, of the process.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { MemoryHeap, SharedList, SharedMap, SharedObjectStore, SharedString, SharedVector } =
  require('..');
const { kBacking } = require('../lib/symbols');
const { assertCode, assertSound, dispose, fill } = require('./helpers/check');

const KIB = 1024;
const MIB = 1024 * KIB;
const LONG = 'x'.repeat(100 * KIB);
const WIDE = { type: Uint32Array, dataLength: 30_000 };
const TEXT = 'a text that needs a block';

// Lets the system refuse to enlarge the heap until the returned function is called.
function refuseGrowth(heap) {
  const backing = heap[kBacking];
  backing.grow = () => {
    throw new RangeError('no memory');
  };
  return () => delete backing.grow;
}

// One container of each kind with contents, and a look at all of them.
function makeZoo(heap) {
  const list = new SharedList(heap, WIDE);
  const vector = new SharedVector(heap, { ...WIDE, bufferLength: 1 });
  const map = new SharedMap(heap);
  const string = new SharedString(heap, TEXT);
  const store = new SharedObjectStore(heap, { codec: 'json' });
  list.push([1, 2, 3]);
  vector.push([4, 5, 6]);
  for (let i = 0; i < 100; i++) map.set(`key number ${i}`, i % 2 ? { i } : `${TEXT} ${i}`);
  for (let i = 0; i < 10; i++) store.set(`object ${i}`, { i });
  const look = () => ({
    list: list.toArray(),
    vector: vector.toTypedArray(),
    map: new Map(map),
    string: string.value,
    store: new Map(store),
    used: heap.currentUsed,
  });
  return { list, vector, map, string, store, look };
}

// What needs more room than a full heap has.
const CALLS = {
  'heap.alloc': ({ heap }) => heap.alloc(100 * KIB).free(),
  'heap.allocUI32': ({ heap }) => heap.allocUI32(25 * KIB).free(),
  'heap.allocMany': ({ heap }) => heap.freeMany(heap.allocMany(100, KIB)),
  'list.push': ({ list }) => list.push([7]),
  'list.pushMany': ({ list }) => list.pushMany(new Uint32Array(90_000)),
  'vector.push': ({ vector }) => vector.push([7]),
  'vector.pushMany': ({ vector }) => vector.pushMany(new Uint32Array(90_000)),
  'map.set of a long key': ({ map }) => map.set(LONG, 1),
  'map.set of a long value': ({ map }) => map.set('key number 1', LONG),
  'map.set of a long object': ({ map }) => map.set('key number 2', { LONG }),
  'map.add': ({ map }) => map.add(LONG + 1, 1),
  'map.getOrInsert': ({ map }) => map.getOrInsert('new', LONG),
  'map.compareAndSet': ({ map }) => map.compareAndSet('other', undefined, LONG),
  'string.value': ({ string }) => (string.value = LONG),
  'new SharedString': ({ heap }) => new SharedString(heap, LONG).free(),
  'store.set of a long object': ({ store }) => store.set('object 1', { LONG }),
  'store.set of a long name': ({ store }) => store.set(LONG, { LONG }),
  'SharedObjectStore.fromObjects': ({ heap }) =>
    SharedObjectStore.fromObjects({ a: {}, b: { LONG } }, { heap, codec: 'json' }).free(),
};

const MAKERS = {
  'new SharedList': (heap) => new SharedList(heap),
  'new SharedVector': (heap) => new SharedVector(heap),
  'new SharedMap': (heap) => new SharedMap(heap),
  'new SharedString': (heap) => new SharedString(heap, TEXT),
};

describe('when the system refuses to enlarge the heap', () => {
  for (const [name, run] of Object.entries(CALLS)) {
    it(`${name} throws, leaves everything as it was, and works once there is memory`, () => {
      const heap = new MemoryHeap();
      const zoo = { heap, ...makeZoo(heap) };
      const allowGrowth = refuseGrowth(heap);
      fill(heap);
      const before = zoo.look();
      for (let i = 0; i < 3; i++) assertCode('ERR_TH_OUT_OF_MEMORY', () => run(zoo));
      assert.deepEqual(zoo.look(), before);
      assertSound(heap);
      allowGrowth();
      run(zoo);
      assertSound(heap);
      heap[dispose]();
    });
  }

  for (const [name, make] of Object.entries(MAKERS)) {
    it(`${name} throws and makes nothing`, () => {
      const heap = new MemoryHeap();
      const allowGrowth = refuseGrowth(heap);
      fill(heap);
      const used = heap.currentUsed;
      for (let i = 0; i < 3; i++) assertCode('ERR_TH_OUT_OF_MEMORY', () => make(heap));
      assert.equal(heap.currentUsed, used);
      assertSound(heap);
      allowGrowth();
      make(heap).free();
      assert.equal(heap.currentUsed, used);
      heap[dispose]();
    });
  }

  it('the error names the refusal as its cause, and what was needed', () => {
    const heap = new MemoryHeap();
    refuseGrowth(heap);
    assert.throws(
      () => heap.alloc(MIB),
      ({ code, message, cause }) =>
        code === 'ERR_TH_OUT_OF_MEMORY' &&
        /\d+ more bytes are needed, 8192 are allocated/.test(message) &&
        cause instanceof RangeError
    );
  });

  it('what needs no room goes on: reads, removals and free', () => {
    const heap = new MemoryHeap();
    const start = heap.currentUsed;
    const { list, vector, map, string, store, look } = makeZoo(heap);
    refuseGrowth(heap);
    const blocks = fill(heap);
    const { used, ...before } = look();
    assert.ok(used > start);
    assert.equal(list.shift()[0], 1);
    assert.equal(vector.pop()[0], 4);
    for (let i = 0; i < 100; i++) assert.equal(map.delete(`key number ${i}`), true);
    assert.equal(string.value, before.string);
    assert.equal(store.delete('object 1'), true);
    assert.equal(store.get('object 2').i, 2);
    assertSound(heap);
    for (const container of [list, vector, map, string, store]) container.free();
    for (const block of blocks) block.free();
    assert.equal(heap.currentUsed, start);
    assertSound(heap);
  });
});

// ---- with a limit on the process, which only a child can have ----

const LIBRARY = JSON.stringify(path.join(__dirname, '..'));

// What the process has taken, in KiB, of that which an option of ulimit limits.
const FIELDS = { '-v': 'VmSize', '-d': 'VmData' };
const readTaken = (option) =>
  `Number(/${FIELDS[option]}:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1])`;

// What the programs share. They end without a word when all is well. V8 needs some memory at all
// times and ends the process without it, so they look at what is left instead of taking all.
const prelude = (option, limitKib) => `
  const assert = require('node:assert/strict');
  const { readFileSync } = require('node:fs');
  const { MemoryHeap, SharedMap, SharedList } = require(${LIBRARY});
  const MIB = 2 ** 20;
  const left = () => (${limitKib} - ${readTaken(option)}) * 1024;
  const outOfMemory = (call) => assert.throws(call, { code: 'ERR_TH_OUT_OF_MEMORY' });
  const assertSound = (heap) => assert.deepEqual(heap.verify({ exclusive: true }), []);
`;

// What Node.js itself takes, which differs between versions by ten times.
function takenAtFirst(option) {
  const program = `const { readFileSync } = require('node:fs'); console.log(${readTaken(option)})`;
  return Number(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout);
}

// Runs a program under a limit of the shell's ulimit (-v: addresses, -d: memory): it can have as many
// KiB more than Node.js takes.
function runLimited(option, roomKib, program) {
  const limitKib = takenAtFirst(option) + roomKib;
  const command = `ulimit ${option} ${limitKib} && exec "$0" --expose-gc -e "$1"`;
  const { status, signal, stderr } = spawnSync(
    'sh',
    ['-c', command, process.execPath, prelude(option, limitKib) + program],
    { encoding: 'utf8', timeout: 60_000 }
  );
  assert.equal(status, 0, `${signal ?? ''}${stderr}`);
}

// macOS and Windows have no such limits, and AddressSanitizer needs more addresses than they leave.
const isSanitized = /san\b/.test(process.env.LD_PRELOAD ?? '');
const hasLimits = process.platform === 'linux' && !isSanitized;
const describeWithLimits = hasLimits ? describe : describe.skip;

describeWithLimits('when the process may have no more', function () {
  this.timeout(60_000);

  it('addresses, though for one memory there are enough, heaps leave them to V8', () => {
    runLimited(
      '-v',
      20_000_000,
      `
        const heap = new MemoryHeap({ maxSize: MIB });
        const { memory, buffers } = heap.getSharedMemory();
        assert.deepEqual([memory, buffers.length], [undefined, 1]);
        assert.ok(left() > 18_000 * MIB, String(left()));
      `
    );
  });

  it('addresses, a heap takes a smaller maximum, and one that cannot throws', () => {
    runLimited(
      '-v',
      3_300_000,
      `
        const heap = new MemoryHeap();
        const { maximum } = heap.stats();
        assert.ok(maximum < 4000 * MIB && maximum > 100 * MIB, String(maximum));
        const block = heap.alloc(64 * MIB);
        block.data.fill(7);
        const reserve = (size) =>
          new MemoryHeap({ bufferSize: MIB, initialBuffers: size, maxSize: size * MIB });
        const others = [];
        while (left() > 200 * MIB) others.push(reserve(100));
        outOfMemory(() => reserve(300));
        for (const other of others) other.alloc(MIB).data.fill(1);
        assert.ok(block.data.every((word) => word === 7));
        heap.alloc(MIB).free();
        assertSound(heap);
      `
    );
  });

  // Without a limit: what heaps that are gone have left.
  it('memory is not kept for heaps that were closed', () => {
    runLimited(
      '-v',
      2 ** 40, // more than there is
      `
        const { rss } = process.memoryUsage();
        for (let round = 0; round < 4; round++) {
          const heaps = Array.from({ length: 100 }, () => new MemoryHeap());
          for (const heap of heaps) heap[Symbol.dispose ?? Symbol.for('nodejs.dispose')]();
        }
        const more = process.memoryUsage().rss - rss;
        assert.ok(more < 200 * MIB, String(more)); // of 3200 MiB of page maps
      `
    );
  });

  it('memory, the heap is full at that and goes on with what it has', () => {
    runLimited(
      '-d',
      450_000,
      `
        const heap = new MemoryHeap({ bufferSize: MIB });
        const map = new SharedMap(heap);
        const list = new SharedList(heap);
        const blocks = [];
        while (left() > 120 * MIB) blocks.push(heap.alloc(8 * MIB));
        const used = heap.currentUsed;
        outOfMemory(() => heap.alloc(300 * MIB));
        assert.equal(heap.currentUsed, used);
        assertSound(heap);
        for (const block of blocks) block.free();
        for (let i = 0; i < 10_000; i++) map.set('key ' + i, i) && list.push(i);
        assert.equal(map.get('key 77'), 77);
        assertSound(heap);
      `
    );
  });

  it('memory, a large value of a map is refused or given whole', () => {
    runLimited(
      '-d',
      550_000,
      `
        const heap = new MemoryHeap({ maxSize: 1024 * MIB });
        const map = new SharedMap(heap);
        const value = new Uint8Array(28 * MIB).fill(7).buffer;
        map.set('large', value);
        const used = heap.currentUsed;
        const held = [];
        while (left() > 20 * MIB) held.push(new ArrayBuffer(4 * MIB));
        outOfMemory(() => map.get('large'));
        outOfMemory(() => [...map.values()]);
        outOfMemory(() => map.set('other', value));
        outOfMemory(() => map.set('large', value));
        assert.equal(heap.currentUsed, used);
        assertSound(heap);
        let read;
        // There is memory for the bytes before there is memory for what they stand for.
        while (!read) {
          held.pop();
          gc();
          try {
            read = map.get('large');
          } catch (error) {
            assert.equal(error.code, 'ERR_TH_OUT_OF_MEMORY', error.stack);
          }
        }
        assert.deepEqual(read, value);
        assert.equal(map.size, 1);
      `
    );
  });
});
