'use strict';

const { inspect } = require('node:util');
const native = require('./binding');
const { badDescriptor, checkHeap, checkInteger, freed, rangeError, typeError } = require('./errors');
const { addressOf, getPointer } = require('./pointer');
const { call, results } = require('./retry');
const { kBacking, kDispose, kHandle } = require('./symbols');

const WORD = Uint32Array.BYTES_PER_ELEMENT;

// A block that MemoryHeap has just allocated, which needs no look-up.
class Allocation {
  constructor(address, byteLength) {
    this.address = address;
    this.byteLength = byteLength;
  }
}

const TypedArray = Object.getPrototypeOf(Uint8Array);

function isTypedArrayConstructor(type) {
  return typeof type === 'function' && Object.getPrototypeOf(type) === TypedArray;
}

// The part of a live block from an address on.
function find(heap, config) {
  const address = addressOf('config', config);
  checkHeap(heap);
  if (!native.memoryFind(heap[kHandle], address)) {
    throw badDescriptor('no live block is at that address: it was freed, or never was one');
  }
  const [start, length] = results;
  return { address, byteLength: start + length - address, isPart: address !== start };
}

class AllocatedMemory {
  #heap;
  #address;
  #byteLength;
  #isPart = false;
  #isFreed = false;
  #data;

  constructor(heap, config) {
    const block = config instanceof Allocation ? config : find(heap, config);
    this.#heap = heap;
    this.#address = block.address;
    this.#byteLength = block.byteLength;
    this.#isPart = block.isPart === true;
  }

  get data() {
    if (this.#data) return this.#data;
    this.#check();
    const words = Math.floor(this.#byteLength / WORD);
    this.#data = this.#heap[kBacking].view(Uint32Array, this.#address, words);
    return this.#data;
  }

  get byteLength() {
    return this.#byteLength;
  }

  get pointer() {
    return this.#address;
  }

  get bufferPosition() {
    return getPointer(this.#address).bufferPosition;
  }

  get bufferByteOffset() {
    return getPointer(this.#address).bufferByteOffset;
  }

  getArray(type, offset = 0, length = undefined) {
    this.#check();
    if (!isTypedArrayConstructor(type)) {
      throw typeError('type', 'a typed-array constructor', type);
    }
    const size = type.BYTES_PER_ELEMENT;
    if (this.#address % size !== 0) {
      throw rangeError('type', `aligned to the block's address`, type);
    }
    const count = this.#checkPart(size, offset, length);
    return this.#heap[kBacking].view(type, this.#address + offset * size, count);
  }

  getArrayMemory(offset = 0, length = undefined) {
    this.#check();
    this.#checkPart(WORD, offset, length);
    return getPointer(this.#address + offset * WORD);
  }

  getSharedMemory() {
    this.#check();
    return getPointer(this.#address);
  }

  free() {
    if (this.#isFreed || this.#heap[kHandle] < 0) throw freed('the block');
    if (this.#isPart) {
      throw badDescriptor('this is a part of a block, and only the whole block can be freed');
    }
    call(this.#heap, native.memoryFree, this.#heap[kHandle], this.#address);
    this.#isFreed = true;
    this.#data = undefined;
  }

  [kDispose]() {
    if (!this.#isPart && this.#isLive()) this.free();
  }

  [inspect.custom](depth, options) {
    const shown = this.#isLive()
      ? { pointer: this.#address, byteLength: this.#byteLength, data: this.data }
      : { freed: true };
    return `AllocatedMemory ${inspect(shown, { ...options, depth })}`;
  }

  #check() {
    if (!this.#isLive()) throw freed('the block');
  }

  // Whether the block, or another one that ends where it did, is there. Also not when another
  // object freed it, or the heap was closed.
  #isLive() {
    const heap = this.#heap[kHandle];
    if (this.#isFreed || heap < 0 || !native.memoryFind(heap, this.#address)) return false;
    const [start, length] = results;
    return start + length === this.#address + this.#byteLength;
  }

  // Elements of `size` bytes from offset on; all there are unless a length is given.
  #checkPart(size, offset, length) {
    const total = Math.floor(this.#byteLength / size);
    checkInteger('offset', offset, 0, total);
    if (length === undefined) return total - offset;
    return checkInteger('length', length, 0, total - offset);
  }
}

module.exports = { AllocatedMemory, Allocation };
