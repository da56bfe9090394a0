'use strict';

// malloc and free in a SharedArrayBuffer of fixed length. The allocator is found by where the buffer
// is in the process, so every thread that opens the buffer has the same one.

const {
  inspect,
  types: { isSharedArrayBuffer, isTypedArray },
} = require('node:util');
const { Arena, MAX_OFFSET, MAX_SIZE } = require('./arena');
const { FixedBacking } = require('./backing');
const native = require('./binding');
const { badDescriptor, checkInteger, checkOptions, freed, rangeError, typeError, withCode } =
  require('./errors');
const { checkAlign } = require('./heap');
const { allocBlock, freeBlock } = require('./memory');
const { kDispose } = require('./symbols');

const { HEADER_SIZE, PAGE_SIZE } = native;
const OPTIONS = ['buf', 'size', 'start', 'end', 'align', 'compact', 'split', 'minSplit',
  'skipInitialization'];
const LEAST = HEADER_SIZE + PAGE_SIZE;
const SIZES = 32; // of small blocks, which do not share pages
const ALIGN = 8;
const WORD = Uint32Array.BYTES_PER_ELEMENT;
const TYPES = { u8: Uint8Array, u8c: Uint8ClampedArray, i8: Int8Array, u16: Uint16Array,
  i16: Int16Array, u32: Uint32Array, i32: Int32Array, f32: Float32Array, f64: Float64Array };

const roundUp = (size, unit) => Math.ceil(size / unit) * unit;

// Bytes of a buffer in which blocks of `size` bytes together find room, whatever their sizes are.
// What is not used of it the system does not set aside.
function roomFor(size) {
  return Math.min(MAX_SIZE, HEADER_SIZE + 2 * roundUp(size, PAGE_SIZE) + SIZES * PAGE_SIZE);
}

function makeBuffer(size, origin) {
  checkInteger('size', size, 1, MAX_SIZE);
  try {
    return new SharedArrayBuffer(Math.min(MAX_SIZE, origin + roomFor(size)));
  } catch (error) {
    throw withCode(
      new Error(`the system has no ${size} bytes for a buffer`, { cause: error }),
      'ERR_TH_OUT_OF_MEMORY'
    );
  }
}

function checkBuffer(buf) {
  if (!isSharedArrayBuffer(buf)) throw typeError('buf', 'a SharedArrayBuffer', buf);
  return buf;
}

function checkBoolean(name, value) {
  if (typeof value !== 'boolean') throw typeError(name, 'a boolean', value);
}

// What the allocator has no use for, and yet has to be right.
function checkTuning({ compact = true, split = true, minSplit = 16 }) {
  checkBoolean('compact', compact);
  checkBoolean('split', split);
  checkInteger('minSplit', minSplit, 9, MAX_SIZE);
}

// The part of a buffer that an allocator has, or is to have.
function openBacking({ buf, size = PAGE_SIZE, start = 0, end }) {
  const origin = roundUp(checkInteger('start', start, 0, MAX_SIZE), PAGE_SIZE);
  const buffer = buf === undefined ? makeBuffer(size, origin) : checkBuffer(buf);
  const stop = Math.min(end === undefined ? MAX_SIZE : checkInteger('end', end, 0, MAX_SIZE),
    buffer.byteLength);
  if (stop - origin < LEAST) {
    const range = `with ${LEAST} bytes or more between start, rounded up to ${origin}, and its end`;
    throw rangeError('buf', range, Math.max(0, stop - origin));
  }
  return new FixedBacking(buffer, origin, stop);
}

function bytesToAllocate(bytes) {
  if (typeof bytes !== 'number') throw typeError('bytes', 'a number', bytes);
  if (!(bytes <= MAX_SIZE)) throw rangeError('bytes', `at most ${MAX_SIZE}`, bytes);
  return Math.ceil(bytes);
}

function typeOf(type) {
  if (Object.hasOwn(TYPES, type)) return TYPES[type];
  throw typeError('type', `one of ${Object.keys(TYPES).join(', ')}`, type);
}

// What call() returns; `otherwise` when it throws an error of that code.
function unless(code, otherwise, call) {
  try {
    return call();
  } catch (error) {
    if (error.code !== code) throw error;
    return otherwise;
  }
}

let own; // has to see what is private to MemoryBuffer

class MemoryBuffer {
  #buffer;
  #arena; // undefined once it was released
  #start;
  #end;
  #align;

  static {
    // What a method was called on.
    own = (buffer) => {
      if (#buffer in Object(buffer)) return buffer;
      throw typeError('this', 'a MemoryBuffer', buffer);
    };
  }

  constructor(options = {}) {
    checkOptions('options', options, OPTIONS);
    const { align = ALIGN, skipInitialization = false } = options;
    checkTuning(options);
    checkBoolean('skipInitialization', skipInitialization);
    if (checkAlign('align', align) < ALIGN) throw rangeError('align', `at least ${ALIGN}`, align);
    const backing = openBacking(options);
    if (skipInitialization && native.heapLocate(new Uint8Array(backing.buffer)) === undefined) {
      throw badDescriptor('buf has no allocator: the first MemoryBuffer makes one');
    }
    this.#buffer = backing.buffer;
    this.#start = backing.origin + HEADER_SIZE;
    this.#end = backing.origin + backing.byteLength;
    this.#align = align;
    this.#arena = new Arena(backing);
    if (!skipInitialization) this.freeAll();
  }

  get buf() {
    return own(this).#buffer;
  }

  malloc(bytes) {
    return own(this).#allocate(native.memoryAllocRaw, bytes);
  }

  calloc(bytes, fill = 0) {
    if (typeof fill !== 'number') throw typeError('fill', 'a number', fill);
    const address = own(this).#allocate(allocBlock, bytes);
    if (address !== 0 && fill !== 0) new Uint8Array(this.#buffer, address, bytes).fill(fill);
    return address;
  }

  mallocAs(type, num) {
    return own(this).#allocateAs(native.memoryAllocRaw, type, num);
  }

  callocAs(type, num, fill = 0) {
    if (typeof fill !== 'number') throw typeError('fill', 'a number', fill);
    const array = own(this).#allocateAs(allocBlock, type, num);
    return fill === 0 ? array : array?.fill(fill);
  }

  realloc(address, bytes) {
    const byteLength = bytesToAllocate(bytes);
    const arena = own(this).#open();
    if (byteLength <= 0) return 0;
    return unless('ERR_TH_FREED', 0, () => {
      const block = arena.read(address);
      // One that is to be shorter may stay where it is, when there is no room to move it to.
      const otherwise = byteLength <= block.byteLength ? address : 0;
      return unless('ERR_TH_OUT_OF_MEMORY', otherwise, () => {
        const moved = arena.callAt(address, native.memoryRealloc, byteLength, this.#align);
        return moved + arena.reserve;
      });
    });
  }

  reallocArray(array, num) {
    if (!isTypedArray(array)) throw typeError('array', 'a typed array', array);
    checkInteger('num', num, 0, MAX_SIZE / array.BYTES_PER_ELEMENT);
    const address = own(this).#addressOf(array);
    if (address === undefined) return undefined;
    const moved = this.realloc(address, num * array.BYTES_PER_ELEMENT);
    return moved === 0 ? undefined : new array.constructor(this.#buffer, moved, num);
  }

  free(addressOrArray) {
    const arena = own(this).#open();
    const address = this.#addressOf(addressOrArray);
    if (address === undefined) return false;
    return unless('ERR_TH_FREED', false, () => {
      arena.callAt(address, freeBlock);
      return true;
    });
  }

  bytesFor(addressOrArray) {
    const arena = own(this).#open();
    const address = this.#addressOf(addressOrArray);
    if (address === undefined) return undefined;
    const block = unless('ERR_TH_FREED', undefined, () => arena.read(address));
    return block && roundUp(block.byteLength, ALIGN);
  }

  lengthOf(addressOrArray) {
    const bytes = own(this).bytesFor(addressOrArray);
    return bytes === undefined ? undefined : bytes / WORD;
  }

  // Block by block: what another thread frees meanwhile is freed as well.
  freeAll() {
    for (const { byteOffset } of own(this).#open().blocks()) this.free(byteOffset);
  }

  release() {
    own(this).#arena?.close();
    this.#arena = undefined;
    return true;
  }

  stats() {
    const free = { count: 0, size: 0 };
    const used = { count: 0, size: 0 };
    let top = own(this).#start;
    for (const { byteOffset, bufferSize } of this.#open().blocks()) {
      if (byteOffset > top) free.count++;
      free.size += byteOffset - top;
      used.count++;
      used.size += bufferSize;
      top = byteOffset + bufferSize;
    }
    const available = this.#end - top + free.size;
    return { free, used, top, available, total: this.#buffer.byteLength };
  }

  [kDispose]() {
    own(this).release();
  }

  [inspect.custom](depth, options) {
    if (own(this).#arena === undefined) return 'MemoryBuffer { released: true }';
    return `MemoryBuffer ${inspect(this.stats(), { ...options, depth })}`;
  }

  #allocate(method, bytes) {
    const byteLength = bytesToAllocate(bytes);
    const arena = this.#open();
    if (byteLength <= 0) return 0;
    return unless('ERR_TH_OUT_OF_MEMORY', 0, () => arena.allocate(method, byteLength, this.#align));
  }

  #allocateAs(method, type, num) {
    const Type = typeOf(type);
    checkInteger('num', num, 0, MAX_SIZE / Type.BYTES_PER_ELEMENT);
    const address = this.#allocate(method, num * Type.BYTES_PER_ELEMENT);
    return address === 0 ? undefined : new Type(this.#buffer, address, num);
  }

  // undefined for an array that lies elsewhere.
  #addressOf(addressOrArray) {
    if (!ArrayBuffer.isView(addressOrArray)) {
      return checkInteger('address', addressOrArray, 0, MAX_OFFSET);
    }
    return addressOrArray.buffer === this.#buffer ? addressOrArray.byteOffset : undefined;
  }

  #open() {
    if (this.#arena === undefined) throw freed('the buffer was released, or');
    return this.#arena;
  }
}

module.exports = { MemoryBuffer };
