'use strict';

// A method that is called on something else says so, and changes nothing.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { LocalSharedMemory, MapRef, MemoryBuffer, MemoryHeap, NumberRef, Registry, SharedMap, SharedObjectStore,
  StringRef, StructFactory, StructRef, VectorRef, processHeap } = require('../lib');
const { assertCode, assertRejects, dispose } = require('./helpers/check');

const nested = new StructFactory({ key: 'number' });

// By class: arguments that its methods take, so that what is wrong is `this` alone.
const CLASSES = [
  [StringRef, { setValue: ['text'] }],
  [NumberRef, { setValue: [1] }],
  [MapRef, { get: ['a'], set: ['a', nested.new()], add: ['a', nested.new()], remove: ['a'] }],
  [VectorRef, { push: [nested.new()], index: [0] }],
  [StructRef, { getKey: ['key'], setKey: ['key', 1] }],
  [StructFactory, { connect: [nested.new().id], connect_proxy: [nested.new().id],
    named: ['a name'], named_proxy: ['a name'] }],
  [SharedObjectStore, { get: ['a'], set: ['a', {}], has: ['a'], delete: ['a'], forEach: [() => {}] }],
  [Registry, { get: [1], set: [1, 1], has: [1], delete: [1], update: [1, () => 1],
    forEach: [() => {}], onSet: [() => {}] }],
  [processHeap.constructor, {}],
  [Object.getPrototypeOf(NumberRef), {}],
  [Object.getPrototypeOf(SharedObjectStore), {}],
  [LocalSharedMemory, { calloc: [1, 1], memcpy: [0, 0, 0], memset: [0, 0, 0],
    arrayView: [Uint8Array, 4096], malloc: [8], realloc: [4096, 8], ...setters() }],
  [MemoryBuffer, { malloc: [8], calloc: [8], mallocAs: ['u8', 1], callocAs: ['u8', 1],
    realloc: [8, 8], reallocArray: [new Uint8Array(1), 1] }],
];

function setters() {
  const numbers = ['Int8', 'Uint8', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64'];
  const setNumber = numbers.map((type) => [`set${type}`, [0, 1]]);
  const setBigInt = ['BigInt64', 'BigUint64'].map((type) => [`set${type}`, [0, 1n]]);
  return Object.fromEntries([...setNumber, ...setBigInt]);
}

// The methods and getters that a class itself has.
function methodsOf({ prototype }) {
  const symbols = [Symbol.iterator, dispose, inspect.custom];
  return Reflect.ownKeys(prototype)
    .filter((key) => key !== 'constructor' && (typeof key === 'string' || symbols.includes(key)))
    .map((key) => [key, Object.getOwnPropertyDescriptor(prototype, key)])
    .map(([key, { value, get }]) => [key, value ?? get]);
}

// What a caller can get hold of, an object of each class, and one that only looks like it.
function receivers(Class, objects) {
  const others = objects.filter((object) => !(object instanceof Class));
  const plain = [undefined, null, 1, 'text', {}, [], { id: 1 }, () => {}];
  return [...plain, Object.create(Class.prototype), ...others];
}

function run(method, receiver, args) {
  const result = method.apply(receiver, args);
  return typeof result?.next === 'function' ? result.next() : result;
}

describe('a method that is called on something else', () => {
  const objects = [];

  before(() => {
    const heap = new MemoryHeap();
    objects.push(heap, new SharedMap(heap), new SharedObjectStore(heap), new Registry(), nested);
    objects.push(new StringRef(), new NumberRef(), new MapRef(), new VectorRef(), nested.new());
    objects.push(new MemoryBuffer(), new LocalSharedMemory(1), new WebAssembly.Memory({ initial: 1 }), heap.alloc(8));
  });

  after(() => {
    for (const object of objects) {
      if (object instanceof Registry) object.close();
      object.drop?.();
    }
  });

  for (const [Class, args] of CLASSES) {
    for (const [key, method] of methodsOf(Class)) {
      it(`is refused: ${Class.name}.${String(key)}`, async () => {
        for (const receiver of receivers(Class, objects)) {
          const call = () => run(method, receiver, args[key]);
          const isAsync = method.constructor.name === 'AsyncFunction';
          if (isAsync) await assertRejects('ERR_TH_ARG_TYPE', call(), /^this must be/);
          else assertCode('ERR_TH_ARG_TYPE', call, /^this must be/);
        }
      });
    }
  }

  it('is refused when that is a heap, whatever number it has for the addon', () => {
    const heaps = Array.from({ length: 8 }, () => new MemoryHeap());
    const maps = heaps.map((heap) => new SharedMap(heap).set('a', 1));
    for (const heap of heaps) {
      for (const name of ['get', 'set', 'has', 'delete', 'add', 'free']) {
        assertCode('ERR_TH_ARG_TYPE', () => SharedMap.prototype[name].call(heap, 'a', 2), /this/);
      }
    }
    assert.deepEqual(maps.map((map) => map.get('a')), heaps.fill(1));
  });

  it('changes nothing', () => {
    const { size } = objects[2];
    assert.equal(size, 0);
    assert.equal(objects[1].size, 0);
    assert.equal(objects[3].size, 0);
    assert.equal(objects[6].obtainValue(), 0);
  });
});
