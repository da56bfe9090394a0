'use strict';

// The blocks of one memory, as this thread gets at them. Offsets are those of the memory, in which the
// image of the heap begins at `reserve`.

const native = require('./binding');
const { checkInteger, freed } = require('./errors');
const { MemoryHeap } = require('./heap');
const { call, results } = require('./retry');
const { kCommit, kDispose, kNumber } = require('./symbols');

const MAX_SIZE = 2 ** 32;
const MAX_OFFSET = MAX_SIZE - 1;
const LIST_BLOCKS = 128; // at most as many as a call of the addon lists
const LIST_NUMBERS = 3; // address, length and size of each

function notAllocated(offset) {
  return freed(`what starts at offset ${offset} is no allocation, or`);
}

class Arena {
  #heap;

  constructor(backing) {
    this.#heap = new MemoryHeap(backing);
    this.reserve = backing.origin;
  }

  // A call of the addon: method(heap, a, b, c).
  call(method, a, b, c) {
    return call(this.#heap, method, this.#heap[kNumber], a, b, c);
  }

  // The offset of a new block.
  allocate(method, byteLength, align) {
    return this.call(method, byteLength, align) + this.reserve;
  }

  // method(heap, address of the block at the offset, b, c)
  callAt(offset, method, b, c) {
    const address = checkInteger('offset', offset, 0, MAX_OFFSET) - this.reserve;
    if (address < 0) throw notAllocated(offset);
    try {
      return this.call(method, address, b, c);
    } catch (error) {
      throw error.code === 'ERR_TH_FREED' ? notAllocated(offset) : error;
    }
  }

  // The block at the offset: bytes asked for, and set aside.
  read(offset) {
    if (!this.callAt(offset, native.memoryRead)) throw notAllocated(offset);
    const [byteLength, bufferSize] = results;
    return { byteLength, bufferSize };
  }

  // Bytes from the offset to the end of the block around it.
  rest(offset) {
    if (!this.callAt(offset, native.memoryFind)) throw notAllocated(offset);
    const [start, length] = results;
    return start + length - (offset - this.reserve);
  }

  // All blocks in the order of their offsets; other threads may change them meanwhile.
  *blocks() {
    const numbers = new Float64Array(LIST_BLOCKS * LIST_NUMBERS);
    for (let from = 0; ; ) {
      const count = this.call(native.memoryList, from, numbers);
      if (count === 0) return;
      const batch = numbers.slice(0, count * LIST_NUMBERS);
      for (let i = 0; i < batch.length; i += LIST_NUMBERS) {
        const [address, byteLength, bufferSize] = batch.subarray(i, i + LIST_NUMBERS);
        yield { byteOffset: address + this.reserve, byteLength, bufferSize };
        from = address + 1;
      }
    }
  }

  // Tells the addon where the memory is now.
  commit() {
    this.#heap[kCommit]();
  }

  close() {
    this.#heap[kDispose]();
  }
}

module.exports = { Arena, MAX_OFFSET, MAX_SIZE, notAllocated };
