'use strict';

// Pointers: a byte address of the heap in one unsigned 32-bit number, of which bufferPosition is
// the top 12 bits and bufferByteOffset the low 20.

const { checkInteger, typeError, rangeError } = require('./errors');

const POSITION_BIT_COUNT = 12;
const BYTE_OFFSET_BIT_COUNT = 20;
const MAX_POSITION_LENGTH = 2 ** POSITION_BIT_COUNT;
const MAX_BYTE_OFFSET_LENGTH = 2 ** BYTE_OFFSET_BIT_COUNT;

// A negative value is a pointer beyond 2 GiB that was read from an Int32Array.
function getPointer(value) {
  checkInteger('value', value, -(2 ** 31), 2 ** 32 - 1);
  return {
    bufferPosition: value >>> BYTE_OFFSET_BIT_COUNT,
    bufferByteOffset: value & (MAX_BYTE_OFFSET_LENGTH - 1),
  };
}

function createPointer(bufferPosition, bufferByteOffset) {
  checkInteger('bufferPosition', bufferPosition, 0, MAX_POSITION_LENGTH - 1);
  checkInteger('bufferByteOffset', bufferByteOffset, 0, MAX_BYTE_OFFSET_LENGTH - 1);
  return bufferPosition * MAX_BYTE_OFFSET_LENGTH + bufferByteOffset;
}

// A word of 32 bits.
function checkWord(data, index) {
  if (!(data instanceof Uint32Array || data instanceof Int32Array)) {
    throw typeError('data', 'a Uint32Array or Int32Array', data);
  }
  checkInteger('index', index, 0, data.length - 1);
}

function checkPointer(name, value) {
  return checkInteger(name, value, 0, 2 ** 32 - 1);
}

function loadRawPointer(data, index = 0) {
  checkWord(data, index);
  return Atomics.load(data, index) >>> 0;
}

function loadPointer(data, index = 0) {
  return getPointer(loadRawPointer(data, index));
}

function storeRawPointer(data, index = 0, pointer = undefined) {
  checkWord(data, index);
  Atomics.store(data, index, checkPointer('pointer', pointer));
}

function storePointer(data, index = 0, bufferPosition = undefined, bufferByteOffset = undefined) {
  storeRawPointer(data, index, createPointer(bufferPosition, bufferByteOffset));
}

function replaceRawPointer(data, index, newPointer, oldPointer) {
  checkWord(data, index);
  checkPointer('newPointer', newPointer);
  checkPointer('oldPointer', oldPointer);
  return Atomics.compareExchange(data, index, oldPointer, newPointer) >>> 0 === oldPointer;
}

function replacePointer(data, index, newPosition, newByteOffset, oldPosition, oldByteOffset) {
  return replaceRawPointer(
    data,
    index,
    createPointer(newPosition, newByteOffset),
    createPointer(oldPosition, oldByteOffset)
  );
}

// The address of a { bufferPosition, bufferByteOffset } that a user passed.
function addressOf(name, block) {
  if (typeof block !== 'object' || block === null) {
    throw typeError(name, '{ bufferPosition, bufferByteOffset }', block);
  }
  const { bufferPosition, bufferByteOffset } = block;
  checkInteger(`${name}.bufferPosition`, bufferPosition, 0, MAX_POSITION_LENGTH - 1);
  checkInteger(`${name}.bufferByteOffset`, bufferByteOffset, 0, MAX_BYTE_OFFSET_LENGTH - 1);
  const address = createPointer(bufferPosition, bufferByteOffset);
  if (address % 4 !== 0) {
    throw rangeError(`${name}.bufferByteOffset`, 'a multiple of 4', bufferByteOffset);
  }
  return address;
}

module.exports = {
  BYTE_OFFSET_BIT_COUNT,
  MAX_BYTE_OFFSET_LENGTH,
  MAX_POSITION_LENGTH,
  POSITION_BIT_COUNT,
  addressOf,
  checkWord,
  createPointer,
  getPointer,
  loadPointer,
  loadRawPointer,
  replacePointer,
  replaceRawPointer,
  storePointer,
  storeRawPointer,
};
