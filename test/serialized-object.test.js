'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, createObjectFromMemory, createObjectFromPointer, getPointer,
  serializeObjectToMemory } = require('../lib');
const { assertCode, assertExact, assertFails, fill } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

describe('objects in blocks', () => {
  let heap;

  beforeEach(() => {
    heap = new MemoryHeap();
  });

  const samples = {
    'numbers of full precision': { pi: Math.PI, odd: 16777217, huge: 1e300, zero: -0, none: NaN },
    'booleans, null and undefined': { yes: true, no: false, nothing: null, absent: undefined },
    'nested objects and arrays': { a: [1, [2, { b: 'c' }]], d: { e: { f: [] } } },
    'texts of any kind': { 漢字: '😀 \ud800 \0', '': '', long: 'x'.repeat(200_000) },
    'what structuredClone copies': { map: new Map([[1, new Set([2n])]]), at: new Date(0), re: /x/g },
    'an array': [1, 'two', null],
    'an object without keys': {},
  };
  for (const [what, object] of Object.entries(samples)) {
    it(`can be ${what}`, () => {
      const memory = serializeObjectToMemory(heap, object);
      assert.deepEqual(createObjectFromMemory(memory), object);
      const other = new MemoryHeap(heap.getSharedMemory());
      assert.deepEqual(createObjectFromPointer(other, memory.pointer), object);
      assert.notEqual(createObjectFromMemory(memory), createObjectFromMemory(memory));
      assertExact(heap, () => serializeObjectToMemory(heap, object).free());
    });
  }

  it('cannot be what has no copy', () => {
    const none = { run() {} };
    assertExact(heap, () => {
      assertCode('ERR_TH_NOT_CLONEABLE', () => serializeObjectToMemory(heap, none), /object/);
      assertCode('ERR_TH_NOT_CLONEABLE', () => serializeObjectToMemory(heap, [Symbol('s')]));
      for (const value of [undefined, null, 1, 'text', true, 1n]) {
        assertCode('ERR_TH_ARG_TYPE', () => serializeObjectToMemory(heap, value), /object/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => serializeObjectToMemory({}, {}), /heap/);
    });
  });

  it('are refused where there are none', () => {
    for (let words = 0; words < 10; words++) {
      const block = heap.allocUI32(words);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => createObjectFromMemory(block), /object/);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => createObjectFromPointer(heap, block.pointer));
    }
    assertCode('ERR_TH_ARG_TYPE', () => createObjectFromMemory(new Uint32Array(8)), /memory/);
    assertCode('ERR_TH_ARG_TYPE', () => createObjectFromPointer(heap, '16'), /value/);
    const memory = serializeObjectToMemory(heap, { a: 1 });
    memory.free();
    assertCode('ERR_TH_FREED', () => createObjectFromMemory(memory));
    assertCode('ERR_TH_BAD_DESCRIPTOR', () => createObjectFromPointer(heap, memory.pointer));
    heap[Symbol.dispose ?? Symbol.for('nodejs.dispose')]();
    assertCode('ERR_TH_FREED', () => serializeObjectToMemory(heap, {}));
  });

  itRandomly('are told to be overwritten when any bit is', (random) => {
    const memory = serializeObjectToMemory(heap, { some: ['thing', 1.5, { of: 'some length' }] });
    const { data } = memory;
    const length = data[1];
    for (let i = 0; i < 500; i++) {
      const bit = random.uint32() % (96 + length * 8);
      const word = bit < 96 ? bit >>> 5 : 4 + ((bit - 96) >>> 5);
      data[word] ^= 1 << (bit & 31);
      assertFails(() => createObjectFromMemory(memory));
      data[word] ^= 1 << (bit & 31);
    }
    assert.deepEqual(createObjectFromMemory(memory).some[1], 1.5);
  });

  it('have no place in a full heap, which is left as it was', () => {
    const small = new MemoryHeap({ maxSize: 65536 });
    const blocks = fill(small);
    assertCode('ERR_TH_OUT_OF_MEMORY', () => serializeObjectToMemory(small, { a: 'b'.repeat(99) }));
    for (const block of blocks) block.free();
    const memory = serializeObjectToMemory(small, { a: 1 });
    assert.deepEqual(createObjectFromPointer(small, memory.pointer), { a: 1 });
    assert.deepEqual(getPointer(memory.pointer), memory.getSharedMemory());
  });
});
