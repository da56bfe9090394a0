'use strict';

// The element types of lists and vectors, each with values that have to survive and what they are
// read back as.

const { EPSILON, MAX_SAFE_INTEGER, MAX_VALUE, MIN_VALUE } = Number;

const TYPES = [
  { Type: Int8Array, values: [-128, -1, 0, 127] },
  { Type: Uint8Array, values: [0, 1, 255] },
  { Type: Uint8ClampedArray, values: [0, 1, 255], converted: [[-5, 0], [300, 255], [1.5, 2]] },
  { Type: Int16Array, values: [-32768, -1, 0, 32767] },
  { Type: Uint16Array, values: [0, 65535] },
  { Type: Int32Array, values: [-(2 ** 31), -1, 0, 2 ** 31 - 1] },
  { Type: Uint32Array, values: [0, 2 ** 32 - 1], converted: [[-1, 2 ** 32 - 1], [1.5, 1]] },
  {
    Type: Float32Array,
    values: [0, -0, NaN, Infinity, -1.5, 16777216],
    converted: [[0.1, Math.fround(0.1)]],
  },
  {
    Type: Float64Array,
    values: [-0, NaN, -Infinity, 0.1, EPSILON, MAX_SAFE_INTEGER, MAX_VALUE, MIN_VALUE],
  },
  { Type: BigInt64Array, values: [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n] },
  { Type: BigUint64Array, values: [0n, 2n ** 64n - 1n], converted: [[-1n, 2n ** 64n - 1n]] },
];

const isBig = (Type) => typeof new Type(1)[0] === 'bigint';

module.exports = { TYPES, isBig };
