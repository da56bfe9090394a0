'use strict';

// Float32 numbers in words, for Atomics, which know integers only.

const { checkInteger, typeError } = require('./errors');
const { checkWord } = require('./pointer');

const floats = new Float32Array(1);
const words = new Int32Array(floats.buffer);

// A word from a Uint32Array is as good as one from an Int32Array.
function convertInt32ToFloat32(value) {
  checkInteger('value', value, -(2 ** 31), 2 ** 32 - 1);
  words[0] = value;
  return floats[0];
}

function convertFloat32ToInt32(value) {
  if (typeof value !== 'number') throw typeError('value', 'a number', value);
  floats[0] = value;
  return words[0];
}

function loadFloat32(data, index = 0) {
  checkWord(data, index);
  return convertInt32ToFloat32(Atomics.load(data, index));
}

function storeFloat32(data, index, value) {
  checkWord(data, index);
  Atomics.store(data, index, convertFloat32ToInt32(value));
}

module.exports = { convertFloat32ToInt32, convertInt32ToFloat32, loadFloat32, storeFloat32 };
