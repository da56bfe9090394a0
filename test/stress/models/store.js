'use strict';

// A store is a Map from names to texts of JSON.

const assert = require('node:assert/strict');
const fc = require('fast-check');
const { SharedObject, SharedObjectStore } = require('../../..');
const { opener, reopenings } = require('./container');
const { Model, commonCalls, fail } = require('./model');

const codec = 'json';

class StoreModel extends Model {
  className = 'SharedObjectStore';

  get size() {
    return this.state.texts.size;
  }

  get(name) {
    return JSON.parse(this.state.texts.get(name) ?? fail('ERR_TH_UNKNOWN_NAME'));
  }

  has(name) {
    return this.state.texts.has(name);
  }

  set(name, value) {
    const text = JSON.stringify(value instanceof SharedObject ? value.obj : value);
    this.state.texts.set(name, text ?? fail('ERR_TH_NOT_CLONEABLE'));
    return this;
  }

  delete(name) {
    return this.state.texts.delete(name);
  }

  clear() {
    this.state.texts.clear();
  }

  *entries() {
    for (const name of [...this.state.texts.keys()]) yield [name, this.get(name)];
  }
}

// ---- calls ----

function set(store, [name, value], { attempt }) {
  const returned = attempt(() => store.set(name, value));
  return returned === store ? 'itself' : returned;
}

function setShared(store, [name, value], context) {
  return set(store, [name, SharedObject.fromObject(value, { codec })], context);
}

const allOf = (store) => [...store.entries()];

// The same names and objects, each once; the order is the map's, which its model knows.
function judgeAll(model, entries) {
  assert.equal(entries.length, model.size);
  assert.deepEqual(new Map(entries), new Map(model.entries()));
}

// What who reads the memory finds there.
function readMemory(store) {
  const array = new Uint8Array(store.sharedMem);
  return Object.entries(store.getMemoryMap()).map(([name, bounds]) => {
    return [name, new SharedObject(array, bounds, { codec }).obj];
  });
}

// ---- arguments ----

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('', 'a', 'b', '0', '__proto__', 'a longer name \ud800é') },
  { weight: 1, arbitrary: fc.constantFrom('n'.repeat(3000)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) }
);

const value = fc.oneof(
  { weight: 8, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((any) => ({ any: [any] })) },
  { weight: 2, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.nat(9000).map((length) => 'ü'.repeat(length)) }
);

const calls = {
  ...commonCalls,
  size: { run: (store) => store.size },
  get: { args: [name], weight: 8 },
  has: { args: [name] },
  set: { args: [name, value], run: set, weight: 16 },
  setNothing: { args: [name], run: (store, [one], context) => set(store, [one], context) },
  setShared: { args: [name, value], run: setShared },
  delete: { args: [name], weight: 8 },
  clear: { weight: 1 },
  entries: { run: allOf, judge: judgeAll, weight: 2 },
  memory: { run: readMemory, judge: judgeAll, weight: 2 },
};

module.exports = {
  noun: 'store',
  Class: SharedObjectStore,
  options: fc.constant({}),
  forms: {
    own: { make: (heap) => new SharedObjectStore(heap, { codec }) },
    zeroed: {
      isPlaced: true,
      needsZeros: true,
      make: (heap, options, firstBlock) => new SharedObjectStore(heap, { firstBlock, codec }),
    },
  },
  model: () => new StoreModel({ texts: new Map() }),
  placed: (firstBlock) => ({ firstBlock }),
  open: opener(SharedObjectStore),
  reopenings,
  calls,
  length: (store) => store.size,
  read: (store) => new Map(store.entries()),
  emptyOptions: { codec },
  empty: (store) => store.clear(),
};
