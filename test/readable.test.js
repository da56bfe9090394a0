'use strict';

// What V8 writes and cannot read is refused when it is stored, wherever it is inside a value.

const assert = require('node:assert/strict');
const { BlockList } = require('node:net');
const { ReadableStream } = require('node:stream/web');
const vm = require('node:vm');
const { MemoryHeap, Registry, SharedMap, SharedObjectStore, serializeObjectToMemory } =
  require('../lib');
const { assertCode, assertExact, assertRejects } = require('./helpers/check');

const DEPTH_MAX = 1000;

const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const module_ = new WebAssembly.Module(bytes);

const HOLDING = {
  'a property': (part) => ({ a: 1, part, b: 2 }),
  'an element': (part) => [1, part],
  'an element behind holes': (part) => Object.assign([], { 1000: part }),
  'a property of an array': (part) => Object.assign([1], { part }),
  'a key of a map': (part) => new Map([[part, 1]]),
  'a value of a map': (part) => new Map([[1, part]]),
  'a member of a set': (part) => new Set([1, part]),
  'the cause of an error': (part) => new Error('text', { cause: part }),
  'an object of a class': (part) => new (class { part = part; })(), // prettier-ignore
};

const CARRIED = {
  Blob: () => new Blob(['text']),
  BlockList: () => new BlockList(),
  ReadableStream: () => new ReadableStream(),
};

const WAYS = {
  properties: (inner) => ({ inner }),
  elements: (inner) => [inner],
  'members of sets': (inner) => new Set([inner]),
  'values of maps': (inner) => new Map([[1, inner]]),
  causes: (inner) => new Error('text', { cause: inner }),
};

function nest(way, depth) {
  let value = way('innermost');
  for (let i = 1; i < depth; i++) value = way(value);
  return value;
}

describe('values that V8 cannot read again', () => {
  let heap;
  let map;
  let stored; // by what can be stored in: calls that store a value

  beforeEach(() => {
    heap = new MemoryHeap();
    map = new SharedMap(heap).set('key', 'old');
    const store = new SharedObjectStore(heap, { codec: 'structured' }).set('key', 'old');
    stored = {
      'SharedMap.set': (value) => map.set('key', value),
      'SharedMap.compareAndSet': (value) => map.compareAndSet('key', 'old', value),
      'SharedMap.getOrInsert': (value) => map.getOrInsert('new', value),
      SharedObjectStore: (value) => store.set('key', value),
      serializeObjectToMemory: (value) => serializeObjectToMemory(heap, value),
    };
  });

  function assertRefused(value, message) {
    for (const store of Object.values(stored)) {
      assertExact(heap, () => assertCode('ERR_TH_NOT_CLONEABLE', () => store(value), message));
    }
    assert.deepEqual([...map], [['key', 'old']]);
  }

  it('are modules of WebAssembly', () => {
    assertRefused(module_, /WebAssembly\.Module/);
    assertRefused(vm.runInNewContext('new WebAssembly.Module(bytes)', { bytes }), /Module/);
  });

  for (const [name, hold] of Object.entries(HOLDING)) {
    it(`are modules that are ${name}`, () => {
      assertRefused(hold(module_), /WebAssembly\.Module/);
      assertRefused({ deep: [hold(module_), hold(module_)] }, /WebAssembly\.Module/);
    });
  }

  for (const [name, make] of Object.entries(CARRIED)) {
    it(`are objects that only messages carry: ${name}`, () => {
      assertRefused(make(), new RegExp(name));
      for (const hold of Object.values(HOLDING)) assertRefused(hold(make()), new RegExp(name));
    });
  }

  it('are modules that a getter returns, which is called once', () => {
    let calls = 0;
    const value = {
      get part() {
        calls++;
        return module_;
      },
    };
    assertCode('ERR_TH_NOT_CLONEABLE', () => map.set('key', { value }), /read again/);
    assert.equal(calls, 1);
    assertRefused(value, /read again/);
  });

  for (const [name, way] of Object.entries(WAYS)) {
    it(`are nested more than ${DEPTH_MAX} levels deep: ${name}`, () => {
      assertRefused(nest(way, DEPTH_MAX + 1), /1000 levels deep/);
      assertRefused([nest(way, DEPTH_MAX)], /1000 levels deep/);
      map.set('key', nest(way, DEPTH_MAX));
      assert.ok(map.get('key') instanceof way().constructor);
    });
  }

  it('are no objects that are there several times, nor cycles', () => {
    const part = nest(WAYS.elements, DEPTH_MAX - 2);
    const value = { part, again: { part } };
    value.self = value;
    map.set('key', value);
    const read = map.get('key');
    assert.equal(read.part, read.again.part);
    assert.equal(read.self, read);
  });

  it('travel in messages where they can, as a module does in a registry', async () => {
    const registry = new Registry();
    const other = new Registry(registry.data);
    await registry.set(1, { compiled: module_ });
    for (const one of [registry, other]) {
      const { compiled } = await one.get(1);
      assert.ok(new WebAssembly.Instance(compiled));
    }
    const memory = new WebAssembly.Memory({ initial: 1 });
    await assertRejects('ERR_TH_NOT_CLONEABLE', registry.set(1, { compiled: module_, memory }));
    assert.ok((await other.get(1)).compiled);
    registry.close();
    other.close();
  });
});
