'use strict';

// The classes as data: how each is made, rebuilt, read and used, so that a promise that all of them
// make is tested on all of them.

const {
  AllocatedMemory,
  SharedList,
  SharedMap,
  SharedObjectStore,
  SharedString,
  SharedVector,
} = require('../../lib');

const iterate = (object) => Array.from(object);

const list = {
  Class: SharedList,
  create: (heap) => {
    const object = new SharedList(heap, { type: Float64Array, dataLength: 2 });
    for (let i = 0; i < 5; i++) object.push([i, i / 2]);
    return object;
  },
  read: (object) => Array.from(object.toArray()),
  block: (descriptor) => descriptor.firstBlock,
  withBlock: (block, rest) => ({ firstBlock: block, ...rest }),
  methods: {
    length: (object) => object.length,
    push: (object) => object.push([1, 2]),
    insert: (object) => object.insert(1),
    pushMany: (object) => object.pushMany([1, 2, 3, 4]),
    at: (object) => object.at(0),
    shift: (object) => object.shift(),
    pop: (object) => object.pop(),
    deleteIndex: (object) => object.deleteIndex(0),
    deleteValue: (object) => object.deleteValue(1),
    deleteMatch: (object) => object.deleteMatch(() => false),
    forEach: (object) => object.forEach(() => {}),
    toArray: (object) => object.toArray(),
    clear: (object) => object.clear(),
    [Symbol.iterator]: iterate,
    getSharedMemory: (object) => object.getSharedMemory(),
    free: (object) => object.free(),
  },
  constants: ['type', 'dataLength', 'onDelete', 'pointer'],
};

const vector = {
  Class: SharedVector,
  create: (heap) => {
    const object = new SharedVector(heap, { type: Float64Array, dataLength: 2 });
    for (let i = 0; i < 9; i++) object.push([i, i / 2]);
    return object;
  },
  read: (object) => Array.from(object.toTypedArray()),
  block: list.block,
  withBlock: list.withBlock,
  methods: {
    length: (object) => object.length,
    bufferLength: (object) => object.bufferLength,
    push: (object) => object.push([1, 2]),
    pushMany: (object) => object.pushMany(new Float64Array([1, 2, 3, 4])),
    pop: (object) => object.pop(),
    get: (object) => object.get(0),
    at: (object) => object.at(-1),
    set: (object) => object.set(0, [3]),
    setMany: (object) => object.setMany(0, [3, 4, 5, 6]),
    sum: (object) => object.sum(1),
    min: (object) => object.min(),
    max: (object) => object.max(),
    sort: (object) => object.sort(1),
    deleteIndex: (object) => object.deleteIndex(0),
    clear: (object) => object.clear(),
    forEach: (object) => object.forEach(() => {}),
    toTypedArray: (object) => object.toTypedArray(),
    chunks: (object) => object.chunks(),
    [Symbol.iterator]: iterate,
    getSharedMemory: (object) => object.getSharedMemory(),
    free: (object) => object.free(),
  },
  constants: ['type', 'dataLength', 'pointer'],
};

const map = {
  Class: SharedMap,
  create: (heap) =>
    new SharedMap(heap)
      .set('short', 1)
      .set('a key that does not fit inline', 'a value that does not either')
      .set(3, { nested: [true, null] })
      .set('bigint', 2n ** 100n),
  read: (object) => Array.from(object),
  block: list.block,
  withBlock: list.withBlock,
  methods: {
    size: (object) => object.size,
    length: (object) => object.length,
    maxHash: (object) => object.maxHash,
    get: (object) => object.get('short'),
    has: (object) => object.has('short'),
    set: (object) => object.set('short', 'a new value of some length'),
    delete: (object) => object.delete(3),
    clear: (object) => object.clear(),
    add: (object) => object.add('counter', 1),
    compareAndSet: (object) => object.compareAndSet('counter', 1, 2),
    getMany: (object) => object.getMany(['counter', 'absent']),
    setMany: (object) => object.setMany([1, 2], ['a text that needs a block', 2]),
    deleteMany: (object) => object.deleteMany([1, 2]),
    getOrInsert: (object) => object.getOrInsert('other', [1]),
    getOrInsertComputed: (object) => object.getOrInsertComputed('computed', () => 'a value'),
    keys: (object) => iterate(object.keys()),
    values: (object) => iterate(object.values()),
    entries: (object) => iterate(object.entries()),
    forEach: (object) => object.forEach(() => {}),
    [Symbol.iterator]: iterate,
    getSharedMemory: (object) => object.getSharedMemory(),
    free: (object) => object.free(),
  },
  constants: [Symbol.toStringTag, 'pointer'],
};

const string = {
  Class: SharedString,
  create: (heap) => new SharedString(heap, 'some text, long enough for a block'),
  read: (object) => object.value,
  block: ({ bufferPosition, bufferByteOffset }) => ({ bufferPosition, bufferByteOffset }),
  withBlock: (block, rest) => ({ ...block, ...rest }),
  methods: {
    value: (object) => object.value,
    'value=': (object) => (object.value = 'another'),
    length: (object) => object.length,
    toString: (object) => `${object}`,
    getSharedMemory: (object) => object.getSharedMemory(),
    free: (object) => object.free(),
  },
  constants: ['pointer'],
};

const store = {
  Class: SharedObjectStore,
  create: (heap) =>
    new SharedObjectStore(heap)
      .set('short', { n: 1 })
      .set('a name that does not fit inline', { nested: [true, null], at: new Date(5) }),
  read: (object) => Array.from(object),
  block: list.block,
  withBlock: list.withBlock,
  methods: {
    size: (object) => object.size,
    get: (object) => object.get('short'),
    has: (object) => object.has('short'),
    set: (object) => object.set('short', { text: 'a new object of some length' }),
    delete: (object) => object.delete('short'),
    clear: (object) => object.clear(),
    getMemoryMap: (object) => object.getMemoryMap(),
    keys: (object) => iterate(object.keys()),
    values: (object) => iterate(object.values()),
    entries: (object) => iterate(object.entries()),
    forEach: (object) => object.forEach(() => {}),
    [Symbol.iterator]: iterate,
    getSharedMemory: (object) => object.getSharedMemory(),
    free: (object) => object.free(),
  },
  constants: ['heap', 'sharedMem', 'codec', 'pointer'],
};

const memory = {
  Class: AllocatedMemory,
  create: (heap) => {
    const object = heap.allocUI32(6);
    object.data.set([1, 2, 3, 4, 5, 6]);
    return object;
  },
  read: (object) => Array.from(object.data),
  block: string.block,
  withBlock: string.withBlock,
  methods: {
    data: (object) => object.data,
    getArray: (object) => object.getArray(Int8Array),
    getArrayMemory: (object) => object.getArrayMemory(),
    getSharedMemory: (object) => object.getSharedMemory(),
    free: (object) => object.free(),
  },
  constants: ['byteLength', 'pointer', 'bufferPosition', 'bufferByteOffset'],
};

const containers = [list, vector, map, string, store];
const classes = [...containers, memory];

module.exports = { classes, containers, list, map, memory, store, string, vector };
