'use strict';

// What the image of a heap lies in, and how this thread gets at it. Addresses and lengths are those
// of the image, which begins `origin` bytes into the backing.

const { types } = require('node:util');
const { PAGE_SIZE } = require('./binding');

const BUFFER_SIZE = 8192; // that a heap grows by, if nothing else is said
const WASM_PAGE = 65536;
const WASM_PAGES_MAX = 65536;

// Where V8 makes no machine code there is no WebAssembly either: nothing is a memory.
class NoMemory {
  constructor() {
    throw new Error('this Node.js has no WebAssembly');
  }

  get buffer() {
    throw new TypeError('no WebAssembly.Memory');
  }
}

const Memory = globalThis.WebAssembly?.Memory ?? NoMemory;

// Of the prototype, so that nothing a program puts on a memory gets in between.
const getBuffer = Object.getOwnPropertyDescriptor(Memory.prototype, 'buffer').get;
const { grow } = Memory.prototype;

class Backing {
  constructor(anchor, origin) {
    this.anchor = anchor; // what keeps the image alive
    this.origin = origin;
  }

  // A view of `length` elements, whose fixed length makes it fast.
  view(Type, address, length) {
    const offset = this.origin + address;
    return new Type(this.reach(offset + length * Type.BYTES_PER_ELEMENT), offset, length);
  }

  // The buffer, which reaches to that offset in it as far as there is an image.
  reach() {
    return this.buffer;
  }

  describe() {
    return { buffers: [this.buffer] };
  }
}

// A growable SharedArrayBuffer: one object for ever, in which each thread sees growth at once.
class GrowableBacking extends Backing {
  unit = BUFFER_SIZE;

  constructor(buffer) {
    super(buffer, 0);
    this.buffer = buffer;
  }

  get byteLength() {
    return this.buffer.byteLength;
  }

  get maxByteLength() {
    return this.buffer.maxByteLength;
  }

  // For the addon: its length is looked at when the addon does.
  image() {
    return new Uint8Array(this.buffer);
  }

  // Throws when that cannot be had.
  grow(byteLength) {
    this.buffer.grow(byteLength);
  }
}

// A part of a SharedArrayBuffer, from the origin on, in whole pages. It does not grow.
class FixedBacking extends Backing {
  unit = PAGE_SIZE; // what it would grow by

  constructor(buffer, origin, end) {
    super(buffer, origin);
    this.buffer = buffer;
    this.byteLength = Math.floor((end - origin) / PAGE_SIZE) * PAGE_SIZE;
    this.maxByteLength = this.byteLength;
  }

  image() {
    return this.view(Uint8Array, 0, this.byteLength);
  }
}

// A WebAssembly.Memory: it has another buffer object after growth. Views of a shared one stay good,
// but V8 tells this thread of growth in another one some time later, unless this one grows as well,
// if by nothing. An unshared one takes its old buffer away, and may move.
class WasmBacking extends Backing {
  unit = WASM_PAGE; // what it grows by
  #buffer;
  #length = -1; // that it has for ever, if it is shared
  #maximum;

  // `maximum` is in pages.
  constructor(memory, origin, maximum) {
    super(memory, origin);
    this.#maximum = maximum;
    this.isShared = types.isSharedArrayBuffer(getBuffer.call(memory));
    this.#renew();
  }

  // As long as the memory is now, whoever has enlarged it.
  get buffer() {
    const { byteLength } = this.#buffer;
    const isCurrent = this.isShared
      ? byteLength === grow.call(this.anchor, 0) * WASM_PAGE
      : byteLength > 0;
    if (!isCurrent) this.#renew();
    return this.#buffer;
  }

  get byteLength() {
    return this.buffer.byteLength - this.origin;
  }

  get maxByteLength() {
    return (this.#maximum ?? maximumOf(this.anchor, this.isShared)) * WASM_PAGE - this.origin;
  }

  reach(end) {
    return end <= this.#length ? this.#buffer : this.buffer;
  }

  image() {
    return new Uint8Array(this.buffer, this.origin);
  }

  grow(byteLength) {
    const missing = byteLength - this.byteLength;
    if (missing > 0) grow.call(this.anchor, Math.ceil(missing / WASM_PAGE));
  }

  describe() {
    return { buffers: [], memory: this.anchor, reserve: this.origin };
  }

  #renew() {
    this.#buffer = getBuffer.call(this.anchor);
    if (this.isShared) this.#length = this.#buffer.byteLength;
  }
}

function isMemory(value) {
  try {
    getBuffer.call(value);
    return true;
  } catch {
    return false;
  }
}

function bytesOf(memory) {
  return new Uint8Array(getBuffer.call(memory));
}

function isSharedMemory(value) {
  return isMemory(value) && types.isSharedArrayBuffer(getBuffer.call(value));
}

function leb128(number) {
  return number < 128 ? [number] : [(number & 127) | 128, ...leb128(number >>> 7)];
}

// A module that does nothing but import a memory of at most that many pages.
function importer(maximum, isShared) {
  const section = [1, 0, 0, 2, isShared ? 3 : 1, 0, ...leb128(maximum)];
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return new WebAssembly.Module(Uint8Array.from([...header, 2, section.length, ...section]));
}

function fits(memory, maximum, isShared) {
  try {
    new WebAssembly.Instance(importer(maximum, isShared), { '': { '': memory } });
    return true;
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) return false;
    throw error;
  }
}

// Pages a memory may grow to. Only the linker can be asked: a module may import what grows no
// further than it says itself.
function maximumOf(memory, isShared) {
  let low = 1;
  let high = WASM_PAGES_MAX;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (fits(memory, middle, isShared)) high = middle;
    else low = middle + 1;
  }
  return high;
}

module.exports = {
  BUFFER_SIZE,
  Backing,
  FixedBacking,
  GrowableBacking,
  Memory,
  WASM_PAGE,
  WASM_PAGES_MAX,
  WasmBacking,
  bytesOf,
  isMemory,
  isSharedMemory,
};
