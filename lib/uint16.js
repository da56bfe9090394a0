'use strict';

// Several numbers of 16 bits in one word of 32 or 64, which is read and written whole. The first
// one is in the lowest bits.

const { checkInteger, typeError } = require('./errors');
const { checkWord } = require('./pointer');

const MASK = 0xffff;
const BITS = 16;

// The 16 bits of a number that may be negative, as one from an Int16Array is.
function checkHalf(name, value) {
  return checkInteger(name, value, -(2 ** 15), MASK) & MASK;
}

function checkLongWord(data, index) {
  if (!(data instanceof BigUint64Array || data instanceof BigInt64Array)) {
    throw typeError('data', 'a BigUint64Array or BigInt64Array', data);
  }
  checkInteger('index', index, 0, data.length - 1);
}

function convert32To16(value) {
  checkInteger('value', value, -(2 ** 31), 2 ** 32 - 1);
  return [value & MASK, value >>> BITS];
}

function convert16To32(value1, value2) {
  const low = checkHalf('value1', value1);
  return ((checkHalf('value2', value2) << BITS) | low) >>> 0;
}

function load16From32(data, index = 0) {
  checkWord(data, index);
  return convert32To16(Atomics.load(data, index));
}

function store16In32(data, index, value1, value2) {
  checkWord(data, index);
  Atomics.store(data, index, convert16To32(value1, value2));
}

function load16From64(data, index = 0) {
  checkLongWord(data, index);
  const value = BigInt.asUintN(64, Atomics.load(data, index));
  const low = Number(value & 0xffffffffn);
  return [...convert32To16(low), ...convert32To16(Number(value >> 32n))];
}

function store16In64(data, index, value1, value2, value3, value4 = 0) {
  checkLongWord(data, index);
  const low = convert16To32(value1, value2);
  const high = (checkHalf('value4', value4) << BITS) | checkHalf('value3', value3);
  Atomics.store(data, index, (BigInt(high >>> 0) << 32n) | BigInt(low));
}

module.exports = {
  convert16To32,
  convert32To16,
  load16From32,
  load16From64,
  store16In32,
  store16In64,
};
