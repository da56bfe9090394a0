'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, convertFloat32ToInt32, convertInt32ToFloat32, loadFloat32, storeFloat32 } =
  require('../lib');
const { assertCode } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const NO_NUMBERS = [undefined, null, '1', true, 1n, {}, [1]];

describe('Float32 numbers in words', () => {
  it('have the bits that IEEE 754 gives them', () => {
    assert.equal(convertFloat32ToInt32(1), 0x3f800000);
    assert.equal(convertFloat32ToInt32(-0), -(2 ** 31));
    assert.equal(convertInt32ToFloat32(0x40490fdb), Math.fround(Math.PI));
    assert.equal(convertInt32ToFloat32(0xbf800000), -1, 'read from a Uint32Array');
    assert.ok(Number.isNaN(convertInt32ToFloat32(0x7fc00000)));
  });

  for (const Type of [Int32Array, Uint32Array]) {
    itRandomly(`are what was stored in a ${Type.name}`, (random) => {
      const { data } = new MemoryHeap().allocUI32(4);
      const words = new Type(data.buffer, data.byteOffset, 4);
      const floats = new Float32Array(data.buffer, data.byteOffset, 4);
      const special = [0, -0, Infinity, -Infinity, NaN, 2 ** -149, 16777217, 1e300, Math.PI];
      for (let i = 0; i < 1000; i++) {
        const value = special[i] ?? (random.uint32() - 2 ** 31) / 997;
        storeFloat32(words, i % 4, value);
        assert.equal(loadFloat32(words, i % 4), Math.fround(value));
        assert.equal(floats[i % 4], Math.fround(value));
      }
      storeFloat32(words, 0, 1.5);
      assert.equal(loadFloat32(words), 1.5);
    });
  }

  it('are refused when they are none, or have no place', () => {
    const data = new Int32Array(2);
    for (const value of NO_NUMBERS) {
      assertCode('ERR_TH_ARG_TYPE', () => storeFloat32(data, 0, value), /value/);
      assertCode('ERR_TH_ARG_TYPE', () => convertFloat32ToInt32(value), /value/);
      assertCode('ERR_TH_ARG_TYPE', () => convertInt32ToFloat32(value), /value/);
    }
    for (const none of [undefined, [1], new Float32Array(2), new Uint8Array(8)]) {
      assertCode('ERR_TH_ARG_TYPE', () => loadFloat32(none, 0), /data/);
      assertCode('ERR_TH_ARG_TYPE', () => storeFloat32(none, 0, 1), /data/);
    }
    assertCode('ERR_TH_ARG_RANGE', () => loadFloat32(data, 2), /index/);
    assertCode('ERR_TH_ARG_RANGE', () => storeFloat32(data, -1, 1), /index/);
    assertCode('ERR_TH_ARG_RANGE', () => convertInt32ToFloat32(0.5), /value/);
    assertCode('ERR_TH_ARG_RANGE', () => convertInt32ToFloat32(2 ** 32), /value/);
    assert.deepEqual(data, new Int32Array(2));
  });
});
