'use strict';

const { Arena, MAX_OFFSET, MAX_SIZE } = require('./arena');
const { Memory, WASM_PAGE, WASM_PAGES_MAX, WasmBacking, isMemory } = require('./backing');
const native = require('./binding');
const { checkInteger, checkOptions, rangeError, typeError, withCode } = require('./errors');
const { checkAlign, originFor, originIn } = require('./heap');
const { allocBlock, freeBlock } = require('./memory');

const INTEGER_ARRAYS = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array,
  BigInt64Array, BigUint64Array];

const TypedArray = Object.getPrototypeOf(Uint8Array);
const kArena = Symbol('arena'); // LocalSharedMemory: its ViewedArena

function checkNumber(name, value) {
  if (typeof value !== 'number') throw typeError(name, 'a number', value);
}

function checkBigInt(name, value) {
  if (typeof value !== 'bigint') throw typeError(name, 'a bigint', value);
}

function checkArrayType(type) {
  if (typeof type === 'function' && Object.getPrototypeOf(type) === TypedArray) return;
  throw typeError('TypedArray', 'a typed-array constructor', type);
}

function checkIntegerArrayType(type) {
  if (INTEGER_ARRAYS.includes(type)) return;
  const names = INTEGER_ARRAYS.map(({ name }) => name).join(', ');
  throw typeError('TypedArray', `one of ${names}`, type);
}

function checkElement(type, name, value) {
  if (type === BigInt64Array || type === BigUint64Array) checkBigInt(name, value);
  else checkNumber(name, value);
}

// The allocator of one memory in this thread, and views of the whole memory.
class ViewedArena extends Arena {
  #backing;
  #bytes; // its length says how far the views reach: 0 once the buffer was taken away
  #data;
  #arrays = new Map(); // by type

  constructor(backing) {
    super(backing);
    this.#backing = backing;
    this.#view();
  }

  call(method, a, b, c) {
    this.#settle();
    return super.call(method, a, b, c);
  }

  // The buffer for a view of that part, which lies in the memory.
  buffer(offset, byteLength) {
    if (!this.#reaches(offset, byteLength)) this.#checkPart(offset, byteLength);
    return this.#bytes.buffer;
  }

  bytes(offset, byteLength) {
    if (!this.#reaches(offset, byteLength)) this.#checkPart(offset, byteLength);
    return this.#bytes;
  }

  data(offset, byteLength) {
    if (!this.#reaches(offset, byteLength)) this.#checkPart(offset, byteLength);
    return this.#data;
  }

  // The whole memory as an array that has an element of the index.
  array(type, index) {
    const array = this.#arrays.get(type);
    const isIndex = typeof index === 'number' && index >>> 0 === index;
    if (array !== undefined && isIndex && index < array.length) return array;
    return this.#openArray(type, index);
  }

  #reaches(offset, byteLength) {
    const { length } = this.#bytes; // 0 when the memory has moved
    return Number.isInteger(offset) && offset >= 0 && length > 0 && offset + byteLength <= length;
  }

  // Looks at the memory again before it says that there is no such part.
  #checkPart(offset, byteLength) {
    checkInteger('offset', offset, 0, MAX_OFFSET);
    if (this.#backing.reach(offset + byteLength) !== this.#bytes.buffer) this.#renew();
    const { length } = this.#bytes;
    if (offset + byteLength <= length) return;
    throw rangeError('offset', `at least ${byteLength} bytes before the end, ${length}`, offset);
  }

  #openArray(type, index) {
    checkIntegerArrayType(type);
    const size = type.BYTES_PER_ELEMENT;
    checkInteger('index', index, 0, MAX_SIZE / size - 1);
    const buffer = this.buffer(index * size, size);
    const array = new type(buffer);
    this.#arrays.set(type, array);
    return array;
  }

  // The addon is told first where an unshared memory is that has moved.
  #renew() {
    if (this.#bytes.length === 0) this.commit();
    this.#view();
  }

  #view() {
    const { buffer } = this.#backing;
    this.#bytes = new Uint8Array(buffer);
    this.#data = new DataView(buffer);
    this.#arrays.clear();
  }

  // An unshared memory that was enlarged has another buffer, and may have moved.
  #settle() {
    if (this.#bytes.length === 0) this.#renew();
  }
}

// Elements of `size` bytes from the offset on: as said, or what the block there still has.
function lengthFrom(arena, offset, size, length) {
  if (length === undefined) return Math.floor(arena.rest(offset) / size);
  return checkInteger('length', length, 0, MAX_SIZE);
}

function sharedCopy(arena, offset, byteLength) {
  const copy = new SharedArrayBuffer(byteLength);
  new Uint8Array(copy).set(arena.bytes(offset, byteLength).subarray(offset, offset + byteLength));
  return copy;
}

// What allocs() says of a block. The copy is made when it is looked at: a large memory leaves no room
// for copies of all its blocks.
function describe(arena, { byteOffset, byteLength, bufferSize }) {
  return {
    byteOffset,
    byteLength,
    bufferSize,
    get buffer() {
      return sharedCopy(arena, byteOffset, byteLength);
    },
  };
}

function checkPages(initial, maximum, shared) {
  checkInteger('initial', initial, 1, WASM_PAGES_MAX);
  checkInteger('maximum', maximum, initial, WASM_PAGES_MAX);
  if (typeof shared !== 'boolean') throw typeError('shared', 'a boolean', shared);
  return { initial, maximum, shared };
}

function readReserve(options) {
  return checkOptions('options', options, ['reserve']).reserve;
}

// What the methods of a memory work on.
function arenaOf(memory) {
  const arena = memory?.[kArena];
  if (arena === undefined) throw typeError('this', 'a LocalSharedMemory', memory);
  return arena;
}

function hold(memory, backing) {
  Object.defineProperty(memory, kArena, { value: new ViewedArena(backing) });
}

class LocalSharedMemory extends Memory {
  static from(memory, options = {}) {
    if (!isMemory(memory)) throw typeError('memory', 'a WebAssembly.Memory', memory);
    if (!Object.isExtensible(memory)) throw typeError('memory', 'extensible', memory);
    const origin = originIn(memory, readReserve(options));
    if (!(kArena in memory)) hold(memory, new WasmBacking(memory, origin));
    if (memory[kArena].reserve !== origin) {
      throw rangeError('reserve', `${memory[kArena].reserve}, as it was before`, options.reserve);
    }
    return memory instanceof this ? memory : Object.setPrototypeOf(memory, this.prototype);
  }

  constructor(initial = 1000, maximum = initial, shared = true, options = {}) {
    const descriptor = checkPages(initial, maximum, shared);
    const origin = originFor(readReserve(options) ?? 0, initial * WASM_PAGE);
    try {
      super(descriptor);
    } catch (error) {
      throw withCode(
        new Error(`the system has no ${initial} pages for a memory`, { cause: error }),
        'ERR_TH_OUT_OF_MEMORY'
      );
    }
    hold(this, new WasmBacking(this, origin, maximum));
  }

  malloc(byteLength, alignBytes = 16) {
    checkInteger('byteLength', byteLength, 1, MAX_SIZE);
    checkAlign('alignBytes', alignBytes);
    return arenaOf(this).allocate(native.memoryAllocRaw, byteLength, alignBytes);
  }

  calloc(count, byteLength) {
    checkInteger('count', count, 1, MAX_SIZE);
    checkInteger('byteLength', byteLength, 1, MAX_SIZE);
    checkInteger('count * byteLength', count * byteLength, 1, MAX_SIZE);
    return arenaOf(this).allocate(allocBlock, count * byteLength, 16);
  }

  realloc(offset, byteLength, alignBytes = 16) {
    checkInteger('byteLength', byteLength, 1, MAX_SIZE);
    checkAlign('alignBytes', alignBytes);
    const arena = arenaOf(this);
    return arena.callAt(offset, native.memoryRealloc, byteLength, alignBytes) + arena.reserve;
  }

  free(offset) {
    arenaOf(this).callAt(offset, freeBlock);
  }

  allocs() {
    const arena = arenaOf(this);
    return Array.from(arena.blocks(), (block) => describe(arena, block));
  }

  sizeof(offset) {
    return arenaOf(this).read(offset).byteLength;
  }

  lengthof(offset) {
    return arenaOf(this).read(offset).bufferSize;
  }

  memcpy(to, from, byteLength) {
    checkInteger('byteLength', byteLength, 0, MAX_SIZE);
    const arena = arenaOf(this);
    arena.bytes(from, byteLength);
    arena.bytes(to, byteLength).copyWithin(to, from, from + byteLength);
    return to;
  }

  memset(offset, value, byteLength) {
    checkInteger('value', value, 0, 255);
    checkInteger('byteLength', byteLength, 0, MAX_SIZE);
    arenaOf(this).bytes(offset, byteLength).fill(value, offset, offset + byteLength);
    return offset;
  }

  arrayBuffer(offset, byteLength = undefined) {
    const length = lengthFrom(arenaOf(this), offset, 1, byteLength);
    return arenaOf(this).bytes(offset, length).slice(offset, offset + length).buffer;
  }

  sharedArrayBuffer(offset, byteLength = undefined) {
    const length = lengthFrom(arenaOf(this), offset, 1, byteLength);
    return sharedCopy(arenaOf(this), offset, length);
  }

  dataView(offset, byteLength = undefined) {
    const length = lengthFrom(arenaOf(this), offset, 1, byteLength);
    return new DataView(arenaOf(this).buffer(offset, length), offset, length);
  }

  arrayView(type, offset, length = undefined) {
    checkArrayType(type);
    checkInteger('offset', offset, 0, MAX_OFFSET);
    const size = type.BYTES_PER_ELEMENT;
    const count = lengthFrom(arenaOf(this), offset, size, length);
    if (offset % size !== 0) throw rangeError('offset', `a multiple of ${size}`, offset);
    return new type(arenaOf(this).buffer(offset, count * size), offset, count);
  }

  getInt8(offset) {
    return arenaOf(this).data(offset, 1).getInt8(offset);
  }

  setInt8(offset, value) {
    checkNumber('value', value);
    arenaOf(this).data(offset, 1).setInt8(offset, value);
  }

  getUint8(offset) {
    return arenaOf(this).data(offset, 1).getUint8(offset);
  }

  setUint8(offset, value) {
    checkNumber('value', value);
    arenaOf(this).data(offset, 1).setUint8(offset, value);
  }

  getInt16(offset) {
    return arenaOf(this).data(offset, 2).getInt16(offset, true);
  }

  setInt16(offset, value) {
    checkNumber('value', value);
    arenaOf(this).data(offset, 2).setInt16(offset, value, true);
  }

  getUint16(offset) {
    return arenaOf(this).data(offset, 2).getUint16(offset, true);
  }

  setUint16(offset, value) {
    checkNumber('value', value);
    arenaOf(this).data(offset, 2).setUint16(offset, value, true);
  }

  getInt32(offset) {
    return arenaOf(this).data(offset, 4).getInt32(offset, true);
  }

  setInt32(offset, value) {
    checkNumber('value', value);
    arenaOf(this).data(offset, 4).setInt32(offset, value, true);
  }

  getUint32(offset) {
    return arenaOf(this).data(offset, 4).getUint32(offset, true);
  }

  setUint32(offset, value) {
    checkNumber('value', value);
    arenaOf(this).data(offset, 4).setUint32(offset, value, true);
  }

  getFloat32(offset) {
    return arenaOf(this).data(offset, 4).getFloat32(offset, true);
  }

  setFloat32(offset, value) {
    checkNumber('value', value);
    arenaOf(this).data(offset, 4).setFloat32(offset, value, true);
  }

  getFloat64(offset) {
    return arenaOf(this).data(offset, 8).getFloat64(offset, true);
  }

  setFloat64(offset, value) {
    checkNumber('value', value);
    arenaOf(this).data(offset, 8).setFloat64(offset, value, true);
  }

  getBigInt64(offset) {
    return arenaOf(this).data(offset, 8).getBigInt64(offset, true);
  }

  setBigInt64(offset, value) {
    checkBigInt('value', value);
    arenaOf(this).data(offset, 8).setBigInt64(offset, value, true);
  }

  getBigUint64(offset) {
    return arenaOf(this).data(offset, 8).getBigUint64(offset, true);
  }

  setBigUint64(offset, value) {
    checkBigInt('value', value);
    arenaOf(this).data(offset, 8).setBigUint64(offset, value, true);
  }

  add(type, index, value) {
    const array = arenaOf(this).array(type, index);
    checkElement(type, 'value', value);
    return Atomics.add(array, index, value);
  }

  sub(type, index, value) {
    const array = arenaOf(this).array(type, index);
    checkElement(type, 'value', value);
    return Atomics.sub(array, index, value);
  }

  and(type, index, value) {
    const array = arenaOf(this).array(type, index);
    checkElement(type, 'value', value);
    return Atomics.and(array, index, value);
  }

  or(type, index, value) {
    const array = arenaOf(this).array(type, index);
    checkElement(type, 'value', value);
    return Atomics.or(array, index, value);
  }

  xor(type, index, value) {
    const array = arenaOf(this).array(type, index);
    checkElement(type, 'value', value);
    return Atomics.xor(array, index, value);
  }

  exchange(type, index, value) {
    const array = arenaOf(this).array(type, index);
    checkElement(type, 'value', value);
    return Atomics.exchange(array, index, value);
  }

  compareExchange(type, index, expected, value) {
    const array = arenaOf(this).array(type, index);
    checkElement(type, 'expected', expected);
    checkElement(type, 'value', value);
    return Atomics.compareExchange(array, index, expected, value);
  }

  load(type, index) {
    return Atomics.load(arenaOf(this).array(type, index), index);
  }

  store(type, index, value) {
    const array = arenaOf(this).array(type, index);
    checkElement(type, 'value', value);
    return Atomics.store(array, index, value);
  }
}

module.exports = { LocalSharedMemory };
