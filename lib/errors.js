'use strict';

// The errors of the JavaScript layer, and the checks that throw them. A message names the argument,
// says what is allowed and what was given. Codes are stable; index.d.ts lists them.

const { inspect } = require('node:util');
const { kBacking, kHandle, kNumber } = require('./symbols');

function withCode(error, code) {
  error.code = code;
  return error;
}

const OF_ONE = ['ERR_TH_NOT_A_NUMBER', 'ERR_TH_OUT_OF_MEMORY'];

// The error of a call with many arguments, if it is that of the one at the index.
function atIndex(error, index) {
  if (OF_ONE.includes(error.code)) error.message += `, at index ${index}`;
  return error;
}

function show(value) {
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  // A form of its own could throw.
  const options = { depth: 0, breakLength: Infinity, maxStringLength: 40, customInspect: false };
  return inspect(value, options);
}

function typeError(name, allowed, given) {
  return withCode(
    new TypeError(`${name} must be ${allowed}, but ${show(given)} was given`),
    'ERR_TH_ARG_TYPE'
  );
}

function rangeError(name, allowed, given) {
  return withCode(
    new RangeError(`${name} must be ${allowed}, but ${show(given)} was given`),
    'ERR_TH_ARG_RANGE'
  );
}

function unknownKey(key, known) {
  return withCode(
    new TypeError(`the struct has no key ${show(key)}${known ? `; known: ${known.join(', ')}` : ''}`),
    'ERR_TH_UNKNOWN_KEY'
  );
}

function badDescriptor(message) {
  return withCode(new Error(message), 'ERR_TH_BAD_DESCRIPTOR');
}

function freed(what) {
  return withCode(new Error(`${what} was freed before this call`), 'ERR_TH_FREED');
}

function corrupt(what) {
  return withCode(new Error(`${what} was overwritten by something else`), 'ERR_TH_CORRUPT');
}

function checkText(name, text) {
  if (typeof text !== 'string') throw typeError(name, 'a string', text);
  return text;
}

// An integer from min to max, both included.
function checkInteger(name, value, min, max) {
  if (typeof value !== 'number') throw typeError(name, 'an integer', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw rangeError(name, `an integer from ${min} to ${max}`, value);
  }
  return value;
}

function checkObject(name, value, allowed) {
  if (typeof value !== 'object' || value === null) throw typeError(name, allowed, value);
  return value;
}

function checkFunction(name, value) {
  if (typeof value !== 'function') throw typeError(name, 'a function', value);
  return value;
}

// An object without keys other than the known ones.
function checkOptions(name, options, known) {
  checkObject(name, options, 'an object');
  // A heap or container, where what its getSharedMemory() returns is meant, has no own keys.
  if (kHandle in options || kNumber in options) {
    throw typeError(name, 'plain data, as of getSharedMemory()', options);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw withCode(
      new TypeError(`${name} has the unknown key ${show(key)}; known: ${known.join(', ') || 'none'}`),
      'ERR_TH_UNKNOWN_OPTION'
    );
  }
  return options;
}

// The heap argument of every constructor.
function checkHeap(heap) {
  if (typeof heap !== 'object' || heap === null || !(kBacking in heap)) {
    throw typeError('heap', 'a MemoryHeap', heap);
  }
  if (heap[kNumber] < 0) throw freed('the heap');
  return heap;
}

module.exports = {
  atIndex,
  checkHeap,
  withCode,
  typeError,
  rangeError,
  unknownKey,
  badDescriptor,
  corrupt,
  freed,
  checkText,
  checkInteger,
  checkObject,
  checkFunction,
  checkOptions,
};
