'use strict';

// A store is a map from names to encoded objects (core/store.h). An object is one value of the map:
// its bytes lie in a block of their own, and are read and replaced as SharedMap reads and replaces
// a value. A `get` beside a `set` or `delete` therefore copies the bytes between two looks at the
// version and verifies their checksum before it decodes: it has the old object or the new one
// whole, or none. `set` and `delete` are one native call each, so a thread that dies leaves the one
// or the other.
//
// A memory map tells where bytes lie, for who wants to read them where they are. `get` does not use
// it: it looks the name up. All it has to find is the directory, which is the root of a heap that
// was made for the store, and named by the memory map where the heap was given.

const {
  types: { isSharedArrayBuffer },
} = require('node:util');
const native = require('./binding');
const { checkCodec, codecOf } = require('./codec');
const { Container, openAt } = require('./container');
const { badDescriptor, checkFunction, checkHeap, checkInteger, checkObject, checkOptions, typeError,
  withCode } = require('./errors');
const { MemoryHeap, heapOfBuffer } = require('./heap');
const { encode } = require('./object');
const { getPointer } = require('./pointer');
const { call, callHotText, results } = require('./retry');
const { kBacking, kDescribe, kHandle, kHeap, kNumber } = require('./symbols');

const DESCRIPTOR = ['firstBlock', 'heapId', 'generation', 'codec'];
const INSPECT_MAX = 100;
const MAX_SIZE = 2 ** 32;

function checkName(name) {
  if (typeof name !== 'string') throw typeError('name', 'a string', name);
  return name;
}

function unknownName(name) {
  const shown = name.length > 40 ? `${name.slice(0, 40)}...` : name;
  return withCode(new Error(`the store has no object named '${shown}'`), 'ERR_TH_UNKNOWN_NAME');
}

// ---- finding the directory ----

// Two numbers in the header of a heap: address and generation of the store it was made for.
function rootOf(heap) {
  return heap[kBacking].view(Float64Array, native.HEADER_ROOT, 2);
}

function isPositive(value, max) {
  return Number.isInteger(value) && value > 0 && value <= max;
}

function rootDescriptor(heap) {
  const [address, generation] = rootOf(heap);
  if (isPositive(address, MAX_SIZE - 1) && isPositive(generation, Number.MAX_SAFE_INTEGER)) {
    return { firstBlock: getPointer(address), generation };
  }
  throw badDescriptor(
    'memoryMap names no store, and sharedMem is not that of a store with a heap of its own; ' +
      'new SharedObjectStore(heap, descriptor) opens one in a heap it was given'
  );
}

// The descriptor in a memory map, all of which is checked, or undefined.
function findDescriptor(memoryMap) {
  let found;
  for (const [name, bounds] of Object.entries(memoryMap)) {
    const shown = `memoryMap[${JSON.stringify(name)}]`;
    const { index, size, store } = checkObject(shown, bounds, '{ index, size }');
    checkInteger(`${shown}.index`, index, 0, MAX_SIZE);
    checkInteger(`${shown}.size`, size, 0, MAX_SIZE);
    found ??= store;
  }
  return found;
}

function create(heap, codec) {
  checkHeap(heap);
  return call(heap, native.storeCreate, heap[kNumber], codec.number);
}

function open(heap, config, codec) {
  checkOptions('config', config, DESCRIPTOR);
  const nativeOpen = (number, ...place) => native.storeOpen(number, ...place, codec.number);
  return openAt(heap, 'firstBlock', config.firstBlock, config, nativeOpen);
}

let own; // has to see what is private to SharedObjectStore

class SharedObjectStore extends Container {
  static ALLOCATE_COUNT = native.FORWARD_SIZE / 4;

  #codec;

  static {
    // What a method was called on.
    own = (store) => {
      if (#codec in Object(store)) return store;
      throw typeError('this', 'a SharedObjectStore', store);
    };
  }

  constructor(heap, config = {}) {
    checkObject('config', config, 'options or a descriptor');
    const { codec: option } = config;
    const codec = codecOf(option ?? 'bson'); // of a store that is made here
    const isDescriptor = 'firstBlock' in config;
    if (!isDescriptor) checkOptions('config', config, ['codec']);
    super(heap, isDescriptor ? open(heap, config, codec) : create(heap, codec), native.mapFree);
    this.#codec = checkCodec(native.storeCodec(this[kHandle]), option);
  }

  static fromObjects(objects, options = {}) {
    checkObject('objects', objects, 'an object of names and objects');
    const { heap, codec: option = 'bson' } = checkOptions('options', options, ['heap', 'codec']);
    const codec = codecOf(option);
    const encoded = Object.entries(objects).map(([name, object]) => [
      name,
      encode(`objects[${JSON.stringify(name)}]`, object, codec),
    ]);
    const store = new SharedObjectStore(heap ?? heapOfBuffer(), { codec: option });
    if (heap === undefined) store.#becomeRoot();
    try {
      for (const [name, stored] of encoded) store.#write(name, stored);
    } catch (error) {
      store.free();
      throw error;
    }
    return store;
  }

  static fromMemoryMap(sharedMem, memoryMap, options = {}) {
    const isHeap = sharedMem instanceof MemoryHeap;
    if (!isHeap && !isSharedArrayBuffer(sharedMem)) {
      throw typeError('sharedMem', 'a SharedArrayBuffer or a MemoryHeap', sharedMem);
    }
    if (isHeap) checkHeap(sharedMem);
    checkObject('memoryMap', memoryMap, 'an object of names and { index, size }');
    const { codec } = checkOptions('options', options, ['codec']);
    const descriptor = findDescriptor(memoryMap);
    const heap = isHeap ? sharedMem : new MemoryHeap({ buffers: [sharedMem] });
    return new SharedObjectStore(heap, { ...(descriptor ?? rootDescriptor(heap)), codec });
  }

  get heap() {
    return own(this)[kHeap];
  }

  get sharedMem() {
    return own(this)[kHeap][kBacking].buffer;
  }

  get codec() {
    return own(this).#codec.name;
  }

  get size() {
    return own(this).#call(native.mapSize);
  }

  get(name) {
    const stored = own(this).#read(checkName(name));
    if (stored === undefined) throw unknownName(name);
    return this.#codec.decode(stored);
  }

  has(name) {
    own(this).#callText(native.mapHasByText, checkName(name));
    return results[0] === 1;
  }

  set(name, value) {
    checkName(name);
    own(this).#write(name, encode('value', value, this.#codec));
    return this;
  }

  delete(name) {
    own(this).#callText(native.mapDeleteByText, checkName(name));
    return results[0] === 1;
  }

  clear() {
    own(this).#call(native.mapClear);
  }

  getMemoryMap() {
    const descriptor = own(this).getSharedMemory();
    const rest = this.#isRoot(descriptor) ? {} : { store: descriptor };
    const { origin } = this[kHeap][kBacking];
    const entries = [];
    for (const name of this.#names()) {
      if (!this.#call(native.mapLocate, name)) continue;
      const [index, length] = results;
      entries.push([name, { index: origin + index, size: length - 1, ...rest }]); // without the mark of codec.js
    }
    return Object.fromEntries(entries);
  }

  *keys() {
    for (const name of own(this).#names()) if (this.has(name)) yield name;
  }

  *values() {
    for (const [, value] of own(this).entries()) yield value;
  }

  *entries() {
    for (const name of own(this).#names()) {
      const stored = this.#read(name);
      if (stored !== undefined) yield [name, this.#codec.decode(stored)];
    }
  }

  [Symbol.iterator]() {
    return own(this).entries();
  }

  forEach(callback, thisArg) {
    checkFunction('callback', callback);
    for (const [name, value] of own(this).entries()) callback.call(thisArg, value, name, this);
  }

  [kDescribe](name, inspect) {
    const shown = [];
    for (const key of this.#names()) {
      if (shown.push(key) === INSPECT_MAX) break;
    }
    const { size } = this;
    const more = size > shown.length ? ` and ${size - shown.length} more` : '';
    return `${name}(${size}) ${this.codec} ${inspect(shown)}${more}`;
  }

  #call(method, a, b) {
    return call(this[kHeap], method, this[kHandle], a, b);
  }

  #callText(method, name) {
    return callHotText(this[kHeap], method, this[kHandle], name);
  }

  #read(name) {
    return this.#callText(native.mapGetByText, name);
  }

  #write(name, stored) {
    this.#call(native.mapSet, name, stored);
  }

  // Read up to 64 ahead: whoever uses a name looks again whether it is there.
  *#names() {
    const cursor = new Uint8Array(native.CURSOR_SIZE);
    for (;;) {
      const batch = this.#call(native.mapNext, cursor, false);
      if (batch.length === 0) return;
      yield* batch;
    }
  }

  // Nobody else knows the heap yet.
  #becomeRoot() {
    rootOf(this[kHeap]).set([this.pointer, this.getSharedMemory().generation]);
  }

  #isRoot({ generation }) {
    const [address, rootGeneration] = rootOf(this[kHeap]);
    return address === this.pointer && rootGeneration === generation;
  }
}

module.exports = { SharedObjectStore };
