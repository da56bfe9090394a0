'use strict';

const assert = require('node:assert/strict');
const { convert16To32, convert32To16, load16From32, load16From64, store16In32, store16In64 } =
  require('../lib');
const { assertCode } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const NO_HALVES = [-32769, 65536, 1.5, NaN, Infinity];

describe('numbers of 16 bits in words', () => {
  it('begin with the lowest bits', () => {
    assert.equal(convert16To32(0x1234, 0xfedc), 0xfedc1234);
    assert.deepEqual(convert32To16(0xfedc1234), [0x1234, 0xfedc]);
    assert.deepEqual(convert32To16(-1), [0xffff, 0xffff], 'read from an Int32Array');
    const longs = new BigUint64Array(1);
    store16In64(longs, 0, 1, 2, 3, 0xffff);
    assert.equal(longs[0], 0xffff000300020001n);
  });

  it('may be negative, and are read as positive then', () => {
    assert.deepEqual(convert32To16(convert16To32(-1, -32768)), [0xffff, 0x8000]);
  });

  for (const Type of [Uint32Array, Int32Array]) {
    itRandomly(`are what was stored in a ${Type.name}`, (random) => {
      const data = new Type(new SharedArrayBuffer(12));
      for (let i = 0; i < 300; i++) {
        const pair = [random.uint32() >>> 16, random.uint32() >>> 16];
        store16In32(data, i % 3, ...pair);
        assert.deepEqual(load16From32(data, i % 3), pair);
        assert.deepEqual(convert32To16(convert16To32(...pair)), pair);
      }
      store16In32(data, 0, 7, 8);
      assert.deepEqual(load16From32(data), [7, 8]);
    });
  }

  for (const Type of [BigUint64Array, BigInt64Array]) {
    itRandomly(`are what was stored in a ${Type.name}`, (random) => {
      const data = new Type(new SharedArrayBuffer(24));
      for (let i = 0; i < 300; i++) {
        const four = Array.from({ length: 4 }, () => random.uint32() >>> 16);
        store16In64(data, i % 3, ...four);
        assert.deepEqual(load16From64(data, i % 3), four);
      }
      store16In64(data, 0, 7, 8, 9);
      assert.deepEqual(load16From64(data), [7, 8, 9, 0]);
    });
  }

  it('are refused when they are none, or have no place, and nothing changes', () => {
    const data = new Uint32Array(2);
    const longs = new BigInt64Array(2);
    for (const value of NO_HALVES) {
      assertCode('ERR_TH_ARG_RANGE', () => convert16To32(value, 0), /value1/);
      assertCode('ERR_TH_ARG_RANGE', () => store16In32(data, 0, 1, value), /value2/);
      assertCode('ERR_TH_ARG_RANGE', () => store16In64(longs, 0, 1, 1, 1, value), /value4/);
    }
    assertCode('ERR_TH_ARG_TYPE', () => store16In32(data, 0, 1), /value2/);
    assertCode('ERR_TH_ARG_TYPE', () => store16In64(longs, 0, 1, 1, '1'), /value3/);
    assertCode('ERR_TH_ARG_TYPE', () => load16From32(new Uint16Array(2)), /data/);
    assertCode('ERR_TH_ARG_TYPE', () => load16From64(data), /data/);
    assertCode('ERR_TH_ARG_RANGE', () => load16From32(data, 2), /index/);
    assertCode('ERR_TH_ARG_RANGE', () => load16From64(longs, 2), /index/);
    assertCode('ERR_TH_ARG_RANGE', () => store16In64(longs, -1, 1, 1, 1), /index/);
    assertCode('ERR_TH_ARG_RANGE', () => convert32To16(2 ** 32), /value/);
    assert.deepEqual([...data, ...longs], [0, 0, 0n, 0n]);
  });
});
