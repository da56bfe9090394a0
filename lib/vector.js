'use strict';

const { FORWARD_SIZE, KIND_VECTOR, vectorCapacity, vectorChunk, vectorClear, vectorCopy,
  vectorCreate, vectorDescribe, vectorFree, vectorGreatest, vectorLeast, vectorPop, vectorPush,
  vectorPushMany, vectorRemoveAt, vectorSet, vectorSetMany, vectorSort, vectorSum } =
  require('./binding');
const { Container, LENGTH, keepExemplar, openContainer } = require('./container');
const { Element, checkDataLength, typeNumber } = require('./element');
const { checkFunction, checkHeap, checkInteger, checkObject, checkOptions, corrupt, rangeError } =
  require('./errors');
const { keepAlive } = require('./exemplar');
const { imageOf } = require('./image');
const { LiveIterator } = require('./live-iterator');
const { call, callHot, results } = require('./retry');
const { kAdvance, kBacking, kCheckLive, kDescribe, kElementAt, kHandle, kHeap, kIsLive,
  kNumber, kWords } = require('./symbols');

const OPTIONS = ['type', 'dataLength', 'bufferLength'];
const BUFFER_LENGTH_MAX = 2 ** 31;
const INSPECT_MAX = 100;

function isUint32(value) {
  return typeof value === 'number' && value >>> 0 === value;
}

function checkComponent(component, dataLength) {
  checkInteger('component', component, 0, dataLength - 1);
}

function create(heap, config) {
  checkOptions('config', config, OPTIONS);
  const { type = Uint32Array, dataLength = 1, bufferLength = 4 } = config;
  const number = typeNumber(type);
  checkDataLength(dataLength);
  checkInteger('bufferLength', bufferLength, 1, BUFFER_LENGTH_MAX);
  checkHeap(heap);
  return call(heap, vectorCreate, heap[kNumber], number, dataLength, bufferLength);
}

function open(heap, config) {
  return openContainer(heap, KIND_VECTOR, config);
}

class VectorIterator extends LiveIterator {
  #vector;
  #index = 0;

  static {
    keepAlive(new VectorIterator());
  }

  constructor(vector) {
    super();
    this.#vector = vector;
  }

  [kAdvance]() {
    return this.#vector[kElementAt](this.#index++);
  }
}

class SharedVector extends Container {
  static ALLOCATE_COUNT = FORWARD_SIZE / 4;

  #element;
  #firstLog2 = 0; // of the elements of chunk 0; chunk k > 0 holds as many as all before it
  #all; // numbers of the image, with all that #bases has the places of
  #bases = []; // of the chunks used so far: where element 0 would be if they were one array
  #chunks = []; // views of those that were asked for
  #dataLength = 0;

  constructor(heap, config = {}) {
    checkObject('config', config, 'options or a descriptor');
    const handle = 'firstBlock' in config ? open(heap, config) : create(heap, config);
    super(heap, handle, vectorFree);
    vectorDescribe(this[kHandle]);
    const [type, dataLength, firstLog2] = results;
    this.#element = new Element(type, dataLength);
    this.#dataLength = dataLength | 0;
    this.#firstLog2 = firstLog2 | 0;
  }

  get length() {
    const length = Atomics.load(this[kWords], LENGTH);
    this[kCheckLive]();
    return length;
  }

  get type() {
    return this.#element.number;
  }

  get dataLength() {
    return this.#element.dataLength;
  }

  get bufferLength() {
    return call(this[kHeap], vectorCapacity, this[kHandle]);
  }

  push(values) {
    this.#element.write(values);
    callHot(this[kHeap], vectorPush, this[kHandle]);
    return results[0];
  }

  pushMany(values) {
    const numbers = this.#element.batch(values);
    return call(this[kHeap], vectorPushMany, this[kHandle], numbers);
  }

  pop() {
    callHot(this[kHeap], vectorPop, this[kHandle]);
    return results[0] ? this.#element.read() : undefined;
  }

  get(index, component = 0) {
    if (!isUint32(index)) return this.#getSlowly(index, component);
    const chunk = this.#chunkOf(index);
    // First, since a call that returns makes V8 forget what it has looked at.
    if (chunk >= this.#bases.length) this.#openAll();
    // What is not there is left to a call of its own: where none is ever made, V8 need not make an
    // object of each number for the sake of an `undefined`.
    if (index >= this[kWords][LENGTH] || !this[kIsLive]() || chunk >= this.#bases.length) {
      return this.#getSlowly(index, component);
    }
    if (component !== 0 && !(isUint32(component) && component < this.#dataLength)) {
      return this.#getSlowly(index, component);
    }
    return this.#all[this.#placeIn(chunk, index, component)];
  }

  at(index) {
    checkInteger('index', index, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const wanted = index < 0 ? index + this.length : index;
    return this[kElementAt](wanted);
  }

  set(index, values) {
    this.#element.write(values);
    checkInteger('index', index, 0, 2 ** 32 - 1);
    callHot(this[kHeap], vectorSet, this[kHandle], index);
    if (results[0]) return;
    throw rangeError('index', `less than the length, ${this.length}`, index);
  }

  setMany(index, values) {
    const numbers = this.#element.batch(values);
    checkInteger('index', index, 0, 2 ** 32 - 1);
    if (call(this[kHeap], vectorSetMany, this[kHandle], index, numbers)) return;
    const count = numbers.length / this.dataLength;
    throw rangeError('index', `followed by ${count} elements (of ${this.length})`, index);
  }

  deleteIndex(index) {
    checkInteger('index', index, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    if (index < 0 || index >= 2 ** 32) {
      this[kCheckLive]();
      return false;
    }
    return call(this[kHeap], vectorRemoveAt, this[kHandle], index);
  }

  clear() {
    call(this[kHeap], vectorClear, this[kHandle]);
  }

  forEach(callback) {
    checkFunction('callback', callback);
    for (let i = 0; i < this.length; i++) callback(this.#elementView(i), i);
  }

  toTypedArray() {
    // The first round only asks for the length: what the control block shows may be overwritten.
    for (let length = 0; ; ) {
      const array = new this.#element.type(length * this.dataLength);
      const count = call(this[kHeap], vectorCopy, this[kHandle], array);
      if (count === length) return array;
      if (count < length) return array.slice(0, count * this.dataLength);
      length = count;
    }
  }

  sum(component = 0) {
    checkComponent(component, this.dataLength);
    return call(this[kHeap], vectorSum, this[kHandle], component);
  }

  min(component = 0) {
    return this.#search(vectorLeast, component);
  }

  max(component = 0) {
    return this.#search(vectorGreatest, component);
  }

  sort(component = 0) {
    checkComponent(component, this.dataLength);
    call(this[kHeap], vectorSort, this[kHandle], component);
    return this;
  }

  chunks() {
    const { length, dataLength } = this;
    const views = [];
    for (let chunk = 0, start = 0; start < length; chunk++) {
      const view = this.#view(chunk);
      const used = (length - start) * dataLength;
      views.push(used < view.length ? view.subarray(0, used) : view);
      start += view.length / dataLength;
    }
    return views;
  }

  [Symbol.iterator]() {
    return new VectorIterator(this);
  }

  [kElementAt](index) {
    return this.#has(index) ? this.#elementView(index) : undefined;
  }

  [kDescribe](name, inspect) {
    const { length } = this;
    const shown = [];
    for (let i = 0; i < length && i < INSPECT_MAX; i++) {
      const data = this.#elementView(i);
      shown.push(data.length === 1 ? data[0] : Array.from(data));
    }
    const more = length > shown.length ? ` and ${length - shown.length} more` : '';
    return `${name}(${length}) ${this.#element.type.name} ${inspect(shown)}${more}`;
  }

  #search(method, component) {
    checkComponent(component, this.dataLength);
    const found = call(this[kHeap], method, this[kHandle], component);
    return found ? this.#element.readFirst() : undefined;
  }

  // `get` of anything: what is there after all, too.
  #getSlowly(index, component) {
    checkComponent(component, this.#dataLength);
    if (!this.#has(index)) return undefined;
    this.#reachFor(index);
    return this.#all[this.#placeOf(index, component)];
  }

  // Whether the index is one of an element now. Plain loads: see index.d.ts on what they may miss.
  #has(index) {
    this[kCheckLive]();
    if (isUint32(index)) return index < this[kWords][LENGTH];
    checkInteger('index', index, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    return false;
  }

  #chunkOf(index) {
    return 32 - Math.clz32(index >>> this.#firstLog2);
  }

  // Index of the first element of a chunk.
  #start(chunk) {
    return chunk === 0 ? 0 : 2 ** (this.#firstLog2 + chunk - 1);
  }

  // Where a component of an element within reach is in #all. In integers, of which V8 keeps no
  // objects, and so modulo 2 ** 32, of which there are no more numbers.
  #placeIn(chunk, index, component) {
    return (this.#bases[chunk] + Math.imul(index, this.#dataLength) + component) >>> 0;
  }

  #placeOf(index, component) {
    return this.#placeIn(this.#chunkOf(index), index, component);
  }

  // All that there are, so that it is seldom called. The length may be overwritten.
  #openAll() {
    const length = this[kWords][LENGTH];
    while (this.#start(this.#bases.length) < length) if (!this.#openNext()) return;
  }

  #reachFor(index) {
    while (this.#chunkOf(index) >= this.#bases.length) {
      if (!this.#openNext()) throw corrupt(`the length that the vector's control block shows`);
    }
  }

  // Returns whether there is another chunk.
  #openNext() {
    const chunk = this.#bases.length;
    const address = call(this[kHeap], vectorChunk, this[kHandle], chunk);
    if (address === 0) return false;
    const { type, bytes, dataLength } = this.#element;
    const start = this.#start(chunk);
    const image = imageOf(this[kHeap]);
    image.reach(address + (this.#start(chunk + 1) - start) * bytes);
    this.#all = image.view(type);
    this.#bases.push((address / type.BYTES_PER_ELEMENT - start * dataLength) | 0);
    return true;
  }

  #view(chunk) {
    return (this.#chunks[chunk] ??= this.#viewFrom(this.#start(chunk), this.#start(chunk + 1)));
  }

  // A view of an element that is there.
  #elementView(index) {
    return this.#viewFrom(index, index + 1);
  }

  // A view of the elements [start, end), which are there and in one chunk.
  #viewFrom(start, end) {
    this.#reachFor(start);
    const { type, dataLength } = this.#element;
    const address = this.#placeOf(start, 0) * type.BYTES_PER_ELEMENT;
    return this.#element.view(this[kHeap][kBacking], address, (end - start) * dataLength);
  }
}

keepExemplar(SharedVector);

module.exports = { SharedVector };
