'use strict';

// A block is the bytes it has, and a handle of a part of it begins at an offset. `tenants` are the
// containers in the block: the offsets of their words, which are theirs alone.

const assert = require('node:assert/strict');
const fc = require('fast-check');
const { AllocatedMemory, createPointer, getPointer } = require('../../..');
const { dispose } = require('../../helpers/check');
const { Model, commonCalls, fail } = require('./model');

const TENANT_BYTES = 16; // of the ALLOCATE_COUNT words of any container

// Where the part of a block is that begins at some word of a handle.
function partOffset({ byteLength }, word = 0) {
  const words = Math.ceil(byteLength / 4);
  return (word % Math.max(1, words)) * 4;
}

class MemoryModel extends Model {
  className = 'AllocatedMemory';

  constructor(state, offset = 0) {
    super(state);
    this.offset = offset;
  }

  get bytes() {
    return this.state.bytes.subarray(this.offset);
  }

  get byteLength() {
    return this.bytes.length;
  }

  // As if the block began at 0.
  get pointer() {
    return this.offset;
  }

  get bufferPosition() {
    return getPointer(this.offset).bufferPosition;
  }

  get bufferByteOffset() {
    return getPointer(this.offset).bufferByteOffset;
  }

  get data() {
    return this.getArray(Uint32Array);
  }

  reopened({ word } = {}) {
    return new MemoryModel(this.state, this.offset + partOffset(this, word));
  }

  getArray(Type, offset = 0, length = undefined) {
    const size = Type.BYTES_PER_ELEMENT;
    const total = Math.floor(this.byteLength / size);
    const count = length ?? total - offset;
    if (this.offset % size !== 0 || offset > total || offset + count > total) {
      fail('ERR_TH_ARG_RANGE');
    }
    return new Type(this.state.bytes.buffer, this.offset + offset * size, count);
  }

  getArrayMemory(offset = 0, length = 0) {
    if ((offset + length) * 4 > this.byteLength) fail('ERR_TH_ARG_RANGE');
    return getPointer(this.offset + offset * 4);
  }

  isFree(start, length) {
    const { tenants } = this.state;
    const end = start + length;
    return ![...tenants].some((at) => at < end && start < at + TENANT_BYTES);
  }

  free() {
    if (this.offset > 0) fail('ERR_TH_BAD_DESCRIPTOR');
    super.free();
  }

  [dispose]() {
    if (this.offset === 0) super[dispose]();
  }
}

const addressOf = ({ bufferPosition, bufferByteOffset }) =>
  createPointer(bufferPosition, bufferByteOffset);

// ---- arguments ----

// A word of the block that no container has; -1 when there is none, which writes nothing.
class FreeWord {
  constructor(number) {
    this.number = number;
  }

  resolve(model) {
    const words = Math.floor(model.byteLength / 4);
    const isFree = (word) => model.isFree(model.offset + word * 4, 4);
    const free = Array.from({ length: words }, (_, word) => word).filter(isFree);
    return free.length === 0 ? -1 : free[this.number % free.length];
  }

  toString() {
    return `free word ${this.number}`;
  }
}

const freeWord = fc.nat(1000).map((number) => new FreeWord(number));
const someType = fc.constantFrom(Uint8Array, Int16Array, Uint32Array, Float32Array, Float64Array);
const maybe = (arbitrary) => fc.option(arbitrary, { nil: undefined });

// ---- calls ----

function write(memory, [word, value]) {
  memory.data[word] = value;
  return memory.data[word];
}

// Through another view than `data`.
function writeArray(memory, [word, value]) {
  memory.getArray(Int32Array)[word] = value;
  return memory.data[word];
}

// Shown as numbers, so that NaNs of any bits are the same.
const getArray = (memory, args) => Array.from(memory.getArray(...args));

const getArrayMemory = (memory, args) => addressOf(memory.getArrayMemory(...args)) - memory.pointer;

function readPart(memory, [word], { reopen }) {
  return Array.from(reopen({ word }).getArray(Uint8Array));
}

const hasNoTenant = (model) => model.state.tenants.size === 0;

const calls = {
  ...commonCalls,
  free: { ...commonCalls.free, when: hasNoTenant },
  dispose: { ...commonCalls.dispose, when: hasNoTenant },
  byteLength: { run: (memory) => memory.byteLength, worksFreed: true, weight: 1 },
  place: { run: (memory) => addressOf(memory) === memory.pointer, worksFreed: true, weight: 1 },
  data: { run: (memory) => Array.from(memory.data) },
  write: { args: [freeWord, fc.integer()], run: write, weight: 12 },
  writeArray: { args: [freeWord, fc.integer()], run: writeArray, weight: 8 },
  getArray: { args: [someType, maybe(fc.nat(9)), maybe(fc.nat(9))], run: getArray, weight: 8 },
  getArrayMemory: { args: [maybe(fc.nat(20)), maybe(fc.nat(9))], run: getArrayMemory },
  readPart: { args: [fc.nat(20)], run: readPart, when: (model) => !model.isFreed },
};

// Whether the block is zeroed, aligned and apart from all others.
function checkNew(memory, { align = 16 }, others) {
  assert.ok(memory.getArray(Uint8Array).every((byte) => byte === 0), 'a new block is not zeroed');
  assert.equal(memory.pointer % Math.max(align, 16), 0, 'a new block is not aligned');
  const end = memory.pointer + memory.byteLength;
  for (const { pointer, byteLength } of others) {
    assert.ok(end <= pointer || pointer + byteLength <= memory.pointer, 'two blocks overlap');
  }
}

// A handle of the rest from a word on, or of the whole.
function open(heap, memory, { word, byHeap = false } = {}) {
  const place = getPointer(memory.pointer + partOffset(memory, word));
  return byHeap ? heap.getSharedAlloc(place) : new AllocatedMemory(heap, place);
}

const someSize = fc.oneof(
  { weight: 8, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.nat(10000) },
  { weight: 1, arbitrary: fc.nat(100000) }
);

module.exports = {
  noun: 'memory',
  Class: AllocatedMemory,
  options: fc.record({ size: someSize, align: fc.nat(13).map((log) => 2 ** log) }),
  forms: {
    bytes: { make: (heap, { size, align }) => heap.alloc(size, align) },
    words: {
      make: (heap, { size }) => heap.allocUI32(size / 4),
      adapt: ({ size }) => ({ size: Math.ceil(size / 4) * 4 }),
    },
  },
  model: ({ size }) => new MemoryModel({ bytes: new Uint8Array(size), tenants: new Set() }),
  open,
  reopenings: fc.record({ word: maybe(fc.nat(20)), byHeap: fc.boolean() }),
  namesPlace: true,
  calls,
  length: (memory) => memory.byteLength,
  read: (memory) => memory.getArray(Uint8Array),
  checkNew,
  TENANT_BYTES,
};
