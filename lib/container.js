'use strict';

const { inspect } = require('node:util');
const native = require('./binding');
const { checkHeap, checkInteger, checkOptions, typeError } = require('./errors');
const { keepAlive } = require('./exemplar');
const { addressOf, getPointer } = require('./pointer');
const { call, results } = require('./retry');
const { kBacking, kCheckLive, kControl, kDescribe, kDispose, kGeneration, kHandle, kHeap, kHeapId,
  kIdentity, kIsLive, kNumber, kWords } = require('./symbols');

const { CONTROL_GENERATION, CONTROL_LENGTH, CONTROL_SIZE } = native;
const LENGTH = CONTROL_LENGTH / Uint32Array.BYTES_PER_ELEMENT;
const GENERATION = CONTROL_GENERATION / Uint32Array.BYTES_PER_ELEMENT;

// Gives the number of a container back when its object is gone.
const registry = new FinalizationRegistry((handle) => native.objectClose(handle));

const DESCRIPTOR = ['firstBlock', 'heapId', 'generation'];

// Opens the container at a block, which is called `name` in errors, by a call of the addon. The heap
// is looked at last, here and wherever something is made: a getter of a descriptor may close it.
function openAt(heap, name, block, { heapId = 0, generation = 0 }, nativeOpen) {
  const address = addressOf(name, block);
  checkInteger('heapId', heapId, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('generation', generation, 0, Number.MAX_SAFE_INTEGER);
  checkHeap(heap);
  const open = (number) => nativeOpen(number, address, heapId, generation);
  return call(heap, open, heap[kNumber]);
}

// Stands for the heap of an exemplar: a container of which nothing is used but its hidden class, so
// that it is kept alive without a heap. It is made with the number of one that was just opened.
class NoHeap {
  [kNumber] = -1;
  [kBacking] = { view: (Type, address, length) => new Type(length) };

  constructor(number) {
    this.number = number;
  }
}

const CLOSED = -1; // the handle of a container that was freed here; for the addon, 0 would be none

const awaited = new Set(); // classes of which an exemplar is to be kept

// From the first container on that is made of the class, whose constructor opens what it is given a
// descriptor of by openContainer.
function keepExemplar(Class) {
  awaited.add(Class);
}

// Opens the container of a kind that a descriptor names.
function openContainer(heap, kind, descriptor) {
  if (heap instanceof NoHeap) return heap.number;
  checkOptions('config', descriptor, DESCRIPTOR);
  const open = (number, ...place) => native.objectOpen(number, kind, ...place);
  return openAt(heap, 'firstBlock', descriptor.firstBlock, descriptor, open);
}

let own; // the container that a method was called on, which has to see what is private

// What the four containers share: a number in the addon, a control block that is seen through
// views, a descriptor, and being freed.
class Container {
  #address;
  #generation;
  #generationLow = 0; // the words of the double that the control block holds
  #generationHigh = 0;
  #freeMethod;

  // `handle` is the number of a container that was opened or made just now.
  constructor(heap, handle, freeMethod) {
    this.#freeMethod = freeMethod;
    registry.register(this, handle, this);
    native.objectDescribe(handle);
    const [address, generation, control] = results;
    this.#address = address;
    this.#generation = generation;
    [this.#generationLow, this.#generationHigh] = new Int32Array(Float64Array.of(generation).buffer);
    const words = heap[kBacking].view(Uint32Array, control, CONTROL_SIZE / 4);
    Object.defineProperties(this, {
      [kHeap]: { value: heap },
      [kHandle]: { value: handle, writable: true },
      [kControl]: { value: control },
      [kWords]: { value: words },
    });
    if (awaited.delete(new.target)) keepAlive(new new.target(new NoHeap(handle), { firstBlock: 0 }));
  }

  static {
    own = (container) => {
      if (#address in Object(container)) return container;
      throw typeError('this', 'a container', container);
    };
  }

  get pointer() {
    return own(this).#address;
  }

  get [kGeneration]() {
    return this.#generation;
  }

  getSharedMemory() {
    return { firstBlock: getPointer(own(this).#address), ...this[kIdentity]() };
  }

  free() {
    own(this);
    call(this[kHeap], this.#freeMethod, this[kHandle]);
    this.#close();
  }

  [kDispose]() {
    if (own(this)[kHandle] === CLOSED) return;
    try {
      this.free();
    } catch (error) {
      if (error.code !== 'ERR_TH_FREED') throw error;
      this.#close(); // another thread was first
    }
  }

  [inspect.custom](depth, options) {
    const { name } = own(this).constructor;
    try {
      this[kCheckLive]();
      return this[kDescribe](name, (value) => inspect(value, { ...options, depth }));
    } catch (error) {
      return `${name} <${error.code === 'ERR_TH_FREED' ? 'freed' : error.message}>`;
    }
  }

  // The control block and the heap are the quick look; the addon has the last word.
  [kCheckLive]() {
    if (!this[kIsLive]()) native.objectCheck(this[kHandle]);
  }

  [kIsLive]() {
    const words = this[kWords];
    const difference =
      (words[GENERATION] ^ this.#generationLow) | (words[GENERATION + 1] ^ this.#generationHigh);
    return difference === 0 && this[kHeap][kNumber] >= 0;
  }

  [kIdentity]() {
    native.objectCheck(this[kHandle]);
    return { heapId: this[kHeap][kHeapId], generation: this.#generation };
  }

  #close() {
    registry.unregister(this);
    native.objectClose(this[kHandle]);
    this[kHandle] = CLOSED;
  }
}

module.exports = { Container, LENGTH, keepExemplar, openAt, openContainer };
