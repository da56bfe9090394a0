'use strict';

const { inspect } = require('node:util');
const { memoryAlloc, memoryAllocNext, memoryFind, memoryFree, memoryFreeMany } =
  require('./binding');
const { badDescriptor, checkHeap, checkInteger, freed, rangeError, typeError } = require('./errors');
const { takeBlock } = require('./magazine');
const { addressOf, getPointer } = require('./pointer');
const { results } = require('./retry');
const { kBacking, kDispose, kNumber } = require('./symbols');

const WORD = Uint32Array.BYTES_PER_ELEMENT;

const LIVE = 0;
const PART = 1; // of a block, which only the whole block's objects free
const FREED = 2;

// Stands for the descriptor of a block that was just allocated and needs no look-up.
const kAllocated = Symbol('allocated');

// Of the functions of the addon that have their arguments in the scratch buffer: heap, address and
// align as words, since V8 makes an object of each number that it reads from an array of doubles;
// the byteLength, which can be 2 ** 32, is result 2.
const given = new Uint32Array(results.buffer, results.byteOffset, 3);

// The address of a new block of zeros.
function allocBlock(number, byteLength, align) {
  given[0] = number;
  given[2] = align;
  results[2] = byteLength;
  return memoryAlloc() ?? given[1];
}

// The same at a multiple of 16; the addon may put further blocks of the length aside.
function allocNext(number, byteLength) {
  const address = takeBlock(number, byteLength);
  if (address !== 0) return address;
  given[0] = number;
  results[2] = byteLength;
  return memoryAllocNext() ?? given[1];
}

function freeBlock(number, address) {
  given[0] = number;
  given[1] = address;
  memoryFree();
}

function partOfBlock(name) {
  return badDescriptor(`${name} is a part of a block, and only the whole block can be freed`);
}

const TypedArray = Object.getPrototypeOf(Uint8Array);

function isTypedArrayConstructor(type) {
  return typeof type === 'function' && Object.getPrototypeOf(type) === TypedArray;
}

// freeBlocks(heap, blocks) frees all that are live, and throws when there are others.
let freeBlocks;

class AllocatedMemory {
  #heap;
  #address;
  #byteLength;
  #state = LIVE;
  #data;

  // address and byteLength: of a block that was just allocated.
  constructor(heap, config, address, byteLength) {
    this.#heap = heap;
    this.#address = address;
    this.#byteLength = byteLength;
    if (config !== kAllocated) this.#find(config);
  }

  static {
    freeBlocks = (heap, blocks) => {
      const number = heap[kNumber];
      for (let i = 0; i < blocks.length; i++) checkOwn(number, blocks[i], i);
      const addresses = new Uint32Array(blocks.length);
      for (let i = 0; i < blocks.length; i++) addresses[i] = blocks[i].#release();
      const index = memoryFreeMany(number, addresses);
      if (index < blocks.length) throw freed(`blocks[${index}]`);
    };

    const checkOwn = (number, block, i) => {
      const isBlock = typeof block === 'object' && block !== null && #heap in block;
      if (!isBlock || block.#heap[kNumber] !== number) {
        throw typeError(`blocks[${i}]`, 'an AllocatedMemory of this heap', block);
      }
      if (block.#state === PART) throw partOfBlock(`blocks[${i}]`);
    };
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
    const number = this.#heap[kNumber];
    if (this.#state !== LIVE || number < 0) this.#refuseFree();
    freeBlock(number, this.#address);
    this.#state = FREED;
    this.#data = undefined;
  }

  [kDispose]() {
    if (this.#state !== PART && this.#isLive()) this.free();
  }

  [inspect.custom](depth, options) {
    const shown = this.#isLive()
      ? { pointer: this.#address, byteLength: this.#byteLength, data: this.data }
      : { freed: true };
    return `AllocatedMemory ${inspect(shown, { ...options, depth })}`;
  }

  // The part of a live block from an address on.
  #find(config) {
    const address = addressOf('config', config);
    const heap = checkHeap(this.#heap);
    if (!memoryFind(heap[kNumber], address)) {
      throw badDescriptor('no live block is at that address: it was freed, or never was one');
    }
    const [start, length] = results;
    this.#address = address;
    this.#byteLength = start + length - address;
    if (address !== start) this.#state = PART;
  }

  #refuseFree() {
    if (this.#state === PART && this.#heap[kNumber] >= 0) throw partOfBlock('this');
    throw freed('the block');
  }

  // The address that the addon is to free; at 0, where no block is, when this one was freed before.
  #release() {
    const address = this.#state === LIVE ? this.#address : 0;
    this.#state = FREED;
    this.#data = undefined;
    return address;
  }

  #check() {
    if (!this.#isLive()) throw freed('the block');
  }

  // Whether the block, or another one that ends where it did, is there. Also not when another
  // object freed it, or the heap was closed.
  #isLive() {
    const heap = this.#heap[kNumber];
    if (this.#state === FREED || heap < 0 || !memoryFind(heap, this.#address)) return false;
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

module.exports = { AllocatedMemory, allocBlock, allocNext, freeBlock, freeBlocks, kAllocated };
