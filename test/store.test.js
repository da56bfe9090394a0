'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { inspect } = require('node:util');
const { BSON } = require('bson');
const { MemoryHeap, SharedMap, SharedObject, SharedObjectStore } = require('../lib');
const { HEADER_ROOT } = require('../lib/binding');
const { assertCode, assertExact, assertSound, dispose, fill } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const ROOT = path.join(__dirname, '..');
const TEXT = {
  encode: (value) => `v=${value.v}`,
  decode: (text) => ({ v: Number(text.slice(2)) }),
};

const bytesAt = (store, { index, size }) => Buffer.from(store.sharedMem, index, size);

// What another thread gets, who has the store from its memory map.
function reopen(store, options) {
  const memoryMap = JSON.parse(JSON.stringify(store.getMemoryMap()));
  return SharedObjectStore.fromMemoryMap(store.sharedMem, memoryMap, options);
}

describe('SharedObjectStore', () => {
  describe('as known', () => {
    const obj = { data: { account: 'testacc', delta: 1000 } };
    const otherObj = { buffer: '09afea0123cd', name: 'unknown' };
    let sos;

    beforeEach(() => {
      sos = SharedObjectStore.fromObjects({
        myObject: SharedObject.fromObject(obj),
        myOtherObject: SharedObject.fromObj(otherObj),
      });
    });

    it('gets the objects by name, here and from a memory map', () => {
      for (const store of [sos, reopen(sos)]) {
        assert.deepEqual(store.get('myObject'), obj);
        assert.deepEqual(store.get('myOtherObject'), otherObj);
      }
    });

    it('throws for an unknown name', () => {
      const long = 'x'.repeat(1000);
      for (const name of ['', 'myobject', 'toString', '__proto__', 'constructor', long]) {
        assertCode('ERR_TH_UNKNOWN_NAME', () => sos.get(name), /no object named/);
      }
    });

    it('has a memory map of index and size alone, where the encoded objects lie', () => {
      assert.ok(sos.sharedMem instanceof SharedArrayBuffer);
      const map = sos.getMemoryMap();
      assert.deepEqual(Object.keys(map), ['myObject', 'myOtherObject']);
      for (const [name, object] of Object.entries({ myObject: obj, myOtherObject: otherObj })) {
        assert.deepEqual(Object.keys(map[name]), ['index', 'size']);
        assert.deepEqual(bytesAt(sos, map[name]), BSON.serialize(object));
        const array = new Uint8Array(sos.sharedMem);
        assert.deepEqual(SharedObject.fromMemoryArray(array, map[name]).obj, object);
      }
      assert.deepEqual(structuredClone(map), map);
      assert.deepEqual(sos.getMemoryMap(), map);
    });

    it('returns a new object each time', () => {
      sos.get('myObject').data.delta = 5;
      assert.deepEqual(sos.get('myObject'), obj);
    });
  });

  describe('as it was not known', () => {
    let store;

    beforeEach(() => {
      store = SharedObjectStore.fromObjects({ a: SharedObject.fromObject({ n: 1 }) });
    });

    it('sets, replaces and deletes after it was made, through every handle', () => {
      const other = reopen(store);
      assert.equal(other.set('b', { n: 2 }), other);
      store.set('a', SharedObject.fromObject({ n: 3 }));
      assert.deepEqual([store.get('b'), other.get('a')], [{ n: 2 }, { n: 3 }]);
      assert.equal(other.delete('a'), true);
      assert.equal(store.delete('a'), false);
      assert.ok(!store.has('a') && store.has('b') && other.has('b'));
      assertCode('ERR_TH_UNKNOWN_NAME', () => store.get('a'));
      assert.deepEqual([store.size, other.size], [1, 1]);
      other.clear();
      assert.equal(store.size, 0);
    });

    it('finds what is there now by a memory map of what was there', () => {
      const map = store.getMemoryMap();
      store.set('a', { replaced: true });
      assert.deepEqual(SharedObjectStore.fromMemoryMap(store.sharedMem, map).get('a'), {
        replaced: true,
      });
      store.delete('a');
      for (let i = 0; i < 300; i++) store.set(`filler ${i}`, { n: 1 }); // the same size, everywhere
      const stale = SharedObjectStore.fromMemoryMap(store.sharedMem, map);
      assertCode('ERR_TH_UNKNOWN_NAME', () => stale.get('a'));
      assert.deepEqual(stale.get('filler 299'), { n: 1 });
    });

    it('needs no name in the memory map', () => {
      const other = SharedObjectStore.fromMemoryMap(store.sharedMem, {});
      assert.deepEqual(other.get('a'), { n: 1 });
    });

    it('can begin empty', () => {
      const empty = SharedObjectStore.fromObjects({});
      assert.deepEqual(empty.getMemoryMap(), {});
      reopen(empty).set('late', { n: 1 });
      assert.deepEqual(empty.get('late'), { n: 1 });
    });

    it('takes objects as they are', () => {
      const mixed = SharedObjectStore.fromObjects({ a: { n: 1 }, b: SharedObject.fromObject({}) });
      assert.deepEqual(Object.fromEntries(mixed), { a: { n: 1 }, b: {} });
    });

    it('has names of any kind', () => {
      const strange = ['', '__proto__', 'toString', '0', '\ud800'];
      const names = [...strange, 'Łódź 漢字 😀', 'n'.repeat(10_000)];
      names.forEach((name, i) => store.set(name, { i }));
      const other = reopen(store);
      names.forEach((name, i) => assert.deepEqual(other.get(name), { i }));
      assert.deepEqual(Object.keys(store.getMemoryMap()).sort(), ['a', ...names].sort());
    });

    it('grows: objects much larger than what it began with', () => {
      const text = 'x'.repeat(30 * 2 ** 20);
      store.set('large', { text });
      assert.equal(reopen(store).get('large').text, text);
      assert.deepEqual(store.get('a'), { n: 1 });
    });

    it('keeps the old object when a new one is refused', () => {
      const circular = {};
      circular.self = circular;
      for (const none of [circular, null, undefined, 5, [1]]) {
        assertCode('ERR_TH_NOT_CLONEABLE', () => store.set('a', none), /^value/);
      }
      assert.deepEqual(store.get('a'), { n: 1 });
    });
  });

  describe('iteration', () => {
    it('is that of a Map', () => {
      const objects = { one: { n: 1 }, two: { n: 2 }, three: { n: 3 } };
      const store = SharedObjectStore.fromObjects(objects);
      const map = new Map(Object.entries(objects));
      assert.deepEqual([...store], [...map]);
      assert.deepEqual([...store.entries()], [...map]);
      assert.deepEqual([...store.keys()], [...map.keys()]);
      assert.deepEqual([...store.values()], [...map.values()]);
      const seen = [];
      const self = {};
      store.forEach(function (value, name, where) {
        seen.push([name, value]);
        assert.ok(this === self && where === store);
      }, self);
      assert.deepEqual(seen, [...map]);
      assertCode('ERR_TH_ARG_TYPE', () => store.forEach(5), /callback/);
    });

    it('shows what the body and others changed, and does not repeat', () => {
      const store = new SharedObjectStore(new MemoryHeap(), { codec: 'json' });
      const other = new SharedObjectStore(store.heap, store.getSharedMemory());
      for (let i = 0; i < 200; i++) store.set(`n${i}`, i);
      const walk = (entries, writer) => {
        const seen = [];
        for (const [name, value] of entries) {
          seen.push([name, value]);
          if (value % 3 !== 0 || value >= 190) continue;
          writer.delete(`n${value + 1}`);
          writer.set(`n${value + 2}`, value + 2.5);
        }
        return seen;
      };
      const map = new Map(store);
      assert.deepEqual(walk(store, other), walk(map, map));
      assert.deepEqual([...store], [...map]);
    });

    it('goes over thousands', () => {
      const store = new SharedObjectStore(new MemoryHeap(), { codec: 'json' });
      for (let i = 0; i < 5000; i++) store.set(`${i}`, i);
      assert.deepEqual([...store.values()].sort((a, b) => a - b), Array.from(Array(5000).keys()));
      const map = store.getMemoryMap();
      assert.equal(Object.keys(map).length, 5000);
      assert.equal(bytesAt(store, map[4321]).toString(), '4321');
    });
  });

  describe('in a heap it is given', () => {
    let heap;

    beforeEach(() => {
      heap = new MemoryHeap();
    });

    it('is told from other stores by its memory map, whatever came to its places', () => {
      const fifty = (text) =>
        Object.fromEntries(Array.from(Array(50), (_, i) => [`n${i}`, { text }]));
      const first = SharedObjectStore.fromObjects(fifty('first'), { heap });
      const map = first.getMemoryMap();
      for (let i = 0; i < 50; i++) first.delete(`n${i}`);
      const second = SharedObjectStore.fromObjects(fifty('other'), { heap });
      const places = new Set(Object.values(map).map(({ index }) => index));
      const reused = Object.values(second.getMemoryMap()).filter(({ index }) => places.has(index));
      assert.ok(reused.length > 0, 'the second store has taken places of the first');
      const stale = SharedObjectStore.fromMemoryMap(heap, map);
      for (let i = 0; i < 50; i++) assertCode('ERR_TH_UNKNOWN_NAME', () => stale.get(`n${i}`));
      const again = SharedObjectStore.fromMemoryMap(heap, second.getMemoryMap());
      assert.equal(again.get('n7').text, 'other');
      first.free();
      assertCode('ERR_TH_FREED', () => SharedObjectStore.fromMemoryMap(heap, map));
      assertSound(heap);
    });

    it('has a descriptor', () => {
      const store = SharedObjectStore.fromObjects({ a: { n: 1 } }, { heap, codec: 'json' });
      const clone = new MemoryHeap(heap.getSharedMemory());
      const other = new SharedObjectStore(clone, structuredClone(store.getSharedMemory()));
      assert.equal(other.codec, 'json');
      assert.deepEqual(other.get('a'), { n: 1 });
      assert.ok(store.heap === heap && store.sharedMem === heap.buffers[0].buf);
    });

    it('is opened with a heap that is one, and open', () => {
      const map = SharedObjectStore.fromObjects({ a: { n: 1 } }, { heap, codec: 'json' }).getMemoryMap();
      const clone = new MemoryHeap(heap.getSharedMemory());
      assert.deepEqual(SharedObjectStore.fromMemoryMap(clone, map).get('a'), { n: 1 });
      clone[dispose]();
      const none = Object.create(MemoryHeap.prototype);
      for (const seen of [map, {}]) {
        assertCode('ERR_TH_FREED', () => SharedObjectStore.fromMemoryMap(clone, seen));
        assertCode('ERR_TH_ARG_TYPE', () => SharedObjectStore.fromMemoryMap(none, seen));
      }
    });

    it('cannot be told by an empty memory map', () => {
      SharedObjectStore.fromObjects({}, { heap });
      assertCode('ERR_TH_BAD_DESCRIPTOR', () =>
        SharedObjectStore.fromMemoryMap(heap, {})
      );
    });

    it('gives back what it took, exactly', () => {
      const start = heap.currentUsed;
      const store = new SharedObjectStore(heap);
      const empty = heap.currentUsed;
      for (let i = 0; i < 3000; i++) {
        store.set(`name ${i % 2000}`, { i, text: 'x'.repeat(i % 100) });
      }
      for (const name of store.keys()) store.delete(name);
      assert.equal(heap.currentUsed, empty);
      store.set('a', { n: 1 });
      store.free();
      assert.equal(heap.currentUsed, start);
    });

    it('is not left behind by a call that fails', () => {
      const objects = { a: { n: 1 }, b: { text: 'x'.repeat(2 ** 20) } };
      const full = new MemoryHeap({ maxSize: 2 ** 18 });
      assertExact(full, () => {
        assertCode('ERR_TH_OUT_OF_MEMORY', () =>
          SharedObjectStore.fromObjects(objects, { heap: full })
        );
        const circular = {};
        circular.self = circular;
        assertCode('ERR_TH_NOT_CLONEABLE', () =>
          SharedObjectStore.fromObjects({ a: { n: 1 }, circular }, { heap: full })
        );
      });
      const store = SharedObjectStore.fromObjects({ a: { n: 1 } }, { heap: full });
      const blocks = fill(full, 1024);
      assertCode('ERR_TH_OUT_OF_MEMORY', () => store.set('a', objects.b));
      assert.deepEqual(store.get('a'), { n: 1 });
      for (const block of blocks) block.free();
      store.set('a', { n: 2 });
      assert.deepEqual(store.get('a'), { n: 2 });
      store.free();
      assert.equal(full.currentUsed, 0);
    });
  });

  describe('codecs', () => {
    it('are known to a store, so that who opens it need not say', () => {
      for (const codec of ['bson', 'json', 'structured']) {
        const store = SharedObjectStore.fromObjects({ a: { n: [1] } }, { codec });
        assert.equal(store.codec, codec);
        for (const options of [{}, { codec }, { codec: undefined }]) {
          const other = reopen(store, options);
          assert.equal(other.codec, codec);
          other.set('b', { n: [2] });
          assert.deepEqual(store.get('b'), { n: [2] });
        }
        const wrong = codec === 'json' ? 'bson' : 'json';
        assertCode('ERR_TH_ARG_TYPE', () => reopen(store, { codec: wrong }), /codec/);
        assertCode('ERR_TH_ARG_TYPE', () => reopen(store, { codec: TEXT }), /codec/);
      }
    });

    it('of the program are given by everybody', () => {
      const store = SharedObjectStore.fromObjects({ a: { v: 1 } }, { codec: TEXT });
      assert.equal(store.codec, 'custom');
      assert.equal(bytesAt(store, store.getMemoryMap().a).toString(), 'v=1');
      const other = reopen(store, { codec: { ...TEXT } });
      other.set('b', { v: 2 });
      assert.deepEqual(store.get('b'), { v: 2 });
      assertCode('ERR_TH_ARG_TYPE', () => reopen(store), /codec/);
      assertCode('ERR_TH_ARG_TYPE', () => reopen(store, { codec: 'json' }), /codec/);
    });

    it('encode a SharedObject of another codec again', () => {
      const store = new SharedObjectStore(new MemoryHeap(), { codec: 'json' });
      store.set('a', SharedObject.fromObject({ at: new Date(0) }));
      assert.deepEqual(store.get('a'), { at: new Date(0).toJSON() });
    });

    it('keep Dates, arrays, cycles and classes of values as they do', () => {
      const cycle = { at: new Date(5), set: new Set([1n]) };
      cycle.self = cycle;
      const store = SharedObjectStore.fromObjects({ cycle, no: undefined }, { codec: 'structured' });
      assert.deepEqual(reopen(store).get('cycle'), cycle);
      assert.equal(store.get('no'), undefined);
      assert.ok(store.has('no'));
      assert.deepEqual([...store.values()], [cycle, undefined]);
    });

    it('may use the store while they encode and decode', () => {
      const heap = new MemoryHeap();
      const codec = {
        encode: (n) => {
          if (n > 0) store.set(`${n - 1}`, n - 1);
          return `${n}`;
        },
        decode: (text) => {
          store.delete(text);
          return Number(text);
        },
      };
      const store = new SharedObjectStore(heap, { codec });
      store.set('20', 20);
      assert.equal(store.size, 21);
      assert.deepEqual([...store.values()].length, 21);
      assert.equal(store.size, 0);
    });
  });

  describe('without the package bson', () => {
    // The package as it is installed where nobody installed bson.
    let directory;

    before(() => {
      directory = fs.mkdtempSync(path.join(os.tmpdir(), 'threadheap-'));
      for (const part of ['package.json', 'lib', path.join('build', 'Release', 'threadheap.node')]) {
        fs.cpSync(path.join(ROOT, part), path.join(directory, part), { recursive: true });
      }
    });

    after(() => fs.rmSync(directory, { recursive: true }));

    it('all works that needs no BSON, and the rest says what to install', () => {
      const program = `
        const { MemoryHeap, SharedObject, SharedObjectStore } = require('./lib');
        const store = SharedObjectStore.fromObjects({ a: { n: 1 } }, { codec: 'json' });
        if (store.get('a').n !== 1) throw new Error('no JSON');
        const codes = [
          () => SharedObject.fromObject({}),
          () => SharedObjectStore.fromObjects({ a: {} }),
          () => new SharedObjectStore(new MemoryHeap()).set('a', {}),
        ].map((call) => {
          try {
            call();
          } catch ({ code, message }) {
            return /install/.test(message) ? code : message;
          }
        });
        console.log(codes.join());`;
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
        cwd: directory,
        encoding: 'utf8',
        env: { ...process.env, NODE_PATH: '' },
      });
      assert.deepEqual({ stdout, stderr }, {
        stdout: 'ERR_TH_NO_CODEC,ERR_TH_NO_CODEC,ERR_TH_NO_CODEC\n',
        stderr: '',
      });
    });

    it('nothing loads it before it is used', () => {
      const program = `
        const { SharedObject } = require('./lib');
        const isLoaded = () => Object.keys(require.cache).some((file) => /bson/.test(file));
        const before = isLoaded();
        SharedObject.fromObject({});
        console.log(before, isLoaded());`;
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      assert.deepEqual({ stdout, stderr }, { stdout: 'false true\n', stderr: '' });
    });
  });

  describe('wrong input', () => {
    let store;

    beforeEach(() => {
      store = SharedObjectStore.fromObjects({ a: { n: 1 } });
    });

    it('is named', () => {
      for (const name of [undefined, null, 0, 5n, {}, ['a'], Symbol('s')]) {
        for (const method of ['get', 'has', 'set', 'delete']) {
          assertCode('ERR_TH_ARG_TYPE', () => store[method](name, {}), /name/);
        }
      }
      for (const none of [undefined, null, 5, 'text']) {
        assertCode('ERR_TH_ARG_TYPE', () => SharedObjectStore.fromObjects(none), /objects/);
        assertCode('ERR_TH_ARG_TYPE', () =>
          SharedObjectStore.fromMemoryMap(store.sharedMem, none), /memoryMap/);
        assertCode('ERR_TH_ARG_TYPE', () => SharedObjectStore.fromMemoryMap(none, {}), /sharedMem/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => SharedObjectStore.fromObjects({}, { heap: {} }), /heap/);
      const misspelt = { heep: store.heap };
      assertCode('ERR_TH_UNKNOWN_OPTION', () => SharedObjectStore.fromObjects({}, misspelt), /heep/);
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new SharedObjectStore(store.heap, { n: 1 }), /n/);
      const none = { a: 5 };
      assertCode('ERR_TH_NOT_CLONEABLE', () => SharedObjectStore.fromObjects(none), /\["a"\]/);
    });

    it('in a memory map is named', () => {
      const open = (map) => SharedObjectStore.fromMemoryMap(store.sharedMem, map);
      for (const none of [null, 5, 'text']) {
        assertCode('ERR_TH_ARG_TYPE', () => open({ a: none }), /memoryMap\["a"\]/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => open({ a: { index: '1', size: 1 } }), /\["a"\].index/);
      assertCode('ERR_TH_ARG_RANGE', () => open({ a: { index: 0, size: -1 } }), /\["a"\].size/);
      const descriptor = store.getSharedMemory();
      const withStore = (rest) => ({ a: { index: 0, size: 1, store: { ...descriptor, ...rest } } });
      assert.deepEqual(open(withStore({})).get('a'), { n: 1 });
      assertCode('ERR_TH_FREED', () => open(withStore({ generation: 1000 })));
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => open(withStore({ heapId: 1000 })));
      assertCode('ERR_TH_ARG_TYPE', () => open(withStore({ firstBlock: 5 })));
    });

    it('of another kind is refused', () => {
      const map = new SharedMap(store.heap);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () =>
        new SharedObjectStore(store.heap, map.getSharedMemory())
      );
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new SharedMap(store.heap, store.getSharedMemory()));
      assertCode('ERR_TH_BAD_DESCRIPTOR', () =>
        SharedObjectStore.fromMemoryMap(new MemoryHeap(), {})
      );
      assertCode('ERR_TH_BAD_DESCRIPTOR', () =>
        SharedObjectStore.fromMemoryMap(new SharedArrayBuffer(8192), {})
      );
    });

    itRandomly('in the root of the heap gives an error, or the store', (random) => {
      const root = new Float64Array(store.sharedMem, HEADER_ROOT, 2);
      const words = new Uint32Array(store.sharedMem, HEADER_ROOT, 4);
      const original = words.slice();
      const strange = [0, -1, 0.5, NaN, Infinity, 4096, 4097, 2 ** 32, 2 ** 53, 2 ** 60];
      for (let i = 0; i < 500; i++) {
        words.set(original);
        if (random.chance(0.5)) root[random.below(2)] = random.pick(strange);
        else words[random.below(4)] = random.uint32();
        try {
          assert.deepEqual(SharedObjectStore.fromMemoryMap(store.sharedMem, {}).get('a'), { n: 1 });
        } catch (error) {
          assert.ok(/^ERR_TH_(BAD_DESCRIPTOR|FREED|ARG_RANGE)$/.test(error.code), error.stack);
        }
      }
      assert.deepEqual(store.get('a'), { n: 1 });
      assertSound(store.heap);
    });

    it('that overwrites an object gives an error, not another object', () => {
      const { a } = store.getMemoryMap();
      bytesAt(store, a)[a.size - 3] ^= 1;
      assertCode('ERR_TH_CORRUPT', () => store.get('a'));
    });
  });

  it('is freed for all handles', () => {
    const store = SharedObjectStore.fromObjects({ a: { n: 1 } });
    const other = reopen(store);
    const { sharedMem } = store;
    const map = store.getMemoryMap();
    const iteration = other.entries();
    iteration.next();
    store.free();
    for (const each of [store, other]) assertCode('ERR_TH_FREED', () => each.get('a'));
    assertCode('ERR_TH_FREED', () => iteration.next());
    assertCode('ERR_TH_FREED', () => SharedObjectStore.fromMemoryMap(sharedMem, map));
    SharedObjectStore.fromObjects({ a: { n: 2 } }, { heap: store.heap }); // in its place
    assertCode('ERR_TH_FREED', () => SharedObjectStore.fromMemoryMap(sharedMem, map));
    store[dispose]();
    assert.match(inspect(other), /freed/);
  });

  it('is inspected as its names', () => {
    const store = SharedObjectStore.fromObjects({ a: { n: 1 }, b: {} });
    assert.equal(inspect(store), "SharedObjectStore(2) bson [ 'a', 'b' ]");
  });

  itRandomly('does what a Map does', (random) => {
    const heap = new MemoryHeap();
    const stores = [new SharedObjectStore(heap)];
    stores.push(new SharedObjectStore(heap, stores[0].getSharedMemory()));
    const model = new Map();
    for (let i = 0; i < 4000; i++) {
      const store = random.pick(stores);
      const name = `name ${random.below(200)}`;
      const value = { i, list: Array(random.below(30)).fill(random.uint32()) };
      switch (random.below(4)) {
        case 0:
          assert.equal(store.delete(name), model.delete(name));
          break;
        case 1:
          assert.equal(store.has(name), model.has(name));
          if (model.has(name)) assert.deepEqual(store.get(name), model.get(name));
          else assertCode('ERR_TH_UNKNOWN_NAME', () => store.get(name));
          break;
        default:
          store.set(name, value);
          model.set(name, value);
      }
    }
    assert.deepEqual(new Map(stores[1]), model);
    assert.equal(stores[0].size, model.size);
    const map = stores[0].getMemoryMap();
    for (const [name, value] of model) {
      assert.deepEqual(bytesAt(stores[0], map[name]), BSON.serialize(value));
    }
    stores[0].free();
    assert.equal(heap.currentUsed, 0);
  });
});
