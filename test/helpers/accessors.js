'use strict';

// What a LocalSharedMemory can do with bytes, by family: each writes and reads at an offset, which
// has room for 64 bytes and is a multiple of 8, and at a block of 64 bytes that holds 7s alone.

const assert = require('node:assert/strict');

const LENGTH = 64;
const NUMBERS = ['Int8', 'Uint8', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64'];
const INTEGERS = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array,
  BigInt64Array, BigUint64Array];
const SEVENS = new Uint8Array(LENGTH).fill(7);

const families = {
  'malloc, realloc and free': (memory, offset, block) => {
    const other = memory.malloc(LENGTH);
    assert.equal(memory.sizeof(other), LENGTH);
    const moved = memory.realloc(other, 10 * LENGTH);
    assert.ok(memory.lengthof(moved) >= 10 * LENGTH);
    memory.free(moved);
    assert.equal(memory.sizeof(block), LENGTH);
  },
  calloc: (memory) => {
    const cleared = memory.calloc(2, LENGTH);
    assert.equal(memory.dataView(cleared).getUint32(0), 0);
    memory.free(cleared);
  },
  allocs: (memory, offset, block) => {
    const [first] = memory.allocs();
    assert.equal(first.byteOffset, block);
    assert.deepEqual(new Uint8Array(first.buffer), SEVENS);
  },
  arrayView: (memory, offset, block) => {
    memory.arrayView(Uint16Array, offset, 1)[0] = 300;
    assert.equal(memory.arrayView(Uint16Array, offset, 1)[0], 300);
    assert.deepEqual(memory.arrayView(Uint8Array, block), SEVENS);
  },
  dataView: (memory, offset, block) => {
    memory.dataView(offset, 8).setFloat64(0, 1.5);
    assert.equal(memory.dataView(offset, 8).getFloat64(0), 1.5);
    assert.equal(memory.dataView(block).byteLength, LENGTH);
  },
  arrayBuffer: (memory, offset, block) => {
    assert.equal(memory.arrayBuffer(offset, LENGTH).byteLength, LENGTH);
    assert.deepEqual(new Uint8Array(memory.arrayBuffer(block)), SEVENS);
  },
  sharedArrayBuffer: (memory, offset, block) => {
    assert.equal(memory.sharedArrayBuffer(offset, LENGTH).byteLength, LENGTH);
    assert.deepEqual(new Uint8Array(memory.sharedArrayBuffer(block)), SEVENS);
  },
  memcpy: (memory, offset, block) => {
    assert.equal(memory.memcpy(offset, block, LENGTH), offset);
    assert.deepEqual(memory.arrayView(Uint8Array, offset, LENGTH), SEVENS);
    memory.memcpy(block, offset, LENGTH);
  },
  memset: (memory, offset) => {
    assert.equal(memory.memset(offset, 9, LENGTH), offset);
    assert.ok(memory.arrayView(Uint8Array, offset, LENGTH).every((byte) => byte === 9));
  },
};

for (const type of [...NUMBERS, 'BigInt64', 'BigUint64']) {
  const value = type.startsWith('Big') ? 100n : 100;
  families[`set${type} and get${type}`] = (memory, offset) => {
    memory[`set${type}`](offset, value);
    assert.equal(memory[`get${type}`](offset), value);
  };
  families[`get${type}`] = (memory, offset) => {
    assert.equal(memory[`get${type}`](offset), type.startsWith('Big') ? 0n : 0);
  };
}

for (const type of INTEGERS) {
  const convert = type.name.startsWith('Big') ? BigInt : Number;
  const [two, three] = [convert(2), convert(3)];
  for (const name of ['add', 'sub', 'and', 'or', 'xor', 'exchange', 'store']) {
    families[`${name} of ${type.name}`] = (memory, offset) => {
      const index = offset / type.BYTES_PER_ELEMENT;
      assert.equal(memory[name](type, index, three), name === 'store' ? three : convert(0));
    };
  }
  families[`load and compareExchange of ${type.name}`] = (memory, offset) => {
    const index = offset / type.BYTES_PER_ELEMENT;
    assert.equal(memory.load(type, index), convert(0));
    assert.equal(memory.compareExchange(type, index, convert(0), two), convert(0));
    assert.equal(memory.load(type, index), two);
  };
}

// A block as the families want one.
function makeBlock(memory) {
  const block = memory.malloc(LENGTH);
  memory.memset(block, 7, LENGTH);
  return block;
}

// A place with zeros, for any family.
function scratchAt(memory, offset) {
  memory.memset(offset, 0, LENGTH);
  return offset;
}

module.exports = { LENGTH, families, makeBlock, scratchAt };
