'use strict';

// V8 writes some things without complaint that it cannot read again: a WebAssembly.Module, which it
// leaves out; from Node.js 22 on an object that only messages can carry, as a Blob, of which it writes
// an empty one; and objects nested so deep that reading them overflows a stack that was large enough
// for writing.

const { deserialize } = require('node:v8');
const { isAnyArrayBuffer, isMap, isNativeError, isSet } = require('node:util').types;

// About half of what the stack of a main thread is enough for.
const DEPTH_MAX = 1000;
const MODULE = 'WebAssembly.Module';

// The methods by which Node.js puts an object into a message. Looked for when they are needed first,
// since to load these classes takes milliseconds.
let carriers;

function findCarriers() {
  const classes = [require('node:buffer').Blob, require('node:stream/web').ReadableStream];
  const symbols = classes.flatMap(({ prototype }) => Object.getOwnPropertySymbols(prototype));
  return symbols.filter(({ description }) => /^messaging_(clone|transfer)_symbol$/.test(description));
}

// Not so errors, which V8 writes as such: among them is DOMException.
function isCarried(object) {
  carriers ??= findCarriers();
  return carriers.some((symbol) => symbol in object) && !isNativeError(object);
}

class Inspection {
  hasGetters = false; // what they return is not looked at: they may do anything
  #seen = new Set();

  // An object that is there several times counts where V8 met it first.
  check(value, depth = 1) {
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return;
    if (value[Symbol.toStringTag] === MODULE) throw new Error(`it holds a ${MODULE}`);
    if (isCarried(value)) {
      throw new Error(`it holds a ${value.constructor?.name ?? 'thing'}, which only messages carry`);
    }
    if (depth > DEPTH_MAX) throw new Error(`it is nested more than ${DEPTH_MAX} levels deep`);
    this.#seen.add(value);
    for (const part of this.#partsOf(value)) this.check(part, depth + 1);
  }

  // All that V8 writes of an object, at least.
  #partsOf(object) {
    if (Array.isArray(object)) return Object.values(object);
    if (ArrayBuffer.isView(object) || isAnyArrayBuffer(object)) return [];
    const parts = this.#properties(object);
    if (isMap(object)) Map.prototype.forEach.call(object, (value, key) => parts.push(key, value));
    else if (isSet(object)) Set.prototype.forEach.call(object, (value) => parts.push(value));
    else if (isNativeError(object)) parts.push(object.cause);
    return parts;
  }

  #properties(object) {
    const parts = [];
    for (const key of Object.keys(object)) {
      const { value, get } = Object.getOwnPropertyDescriptor(object, key);
      if (get) this.hasGetters = true;
      else parts.push(value);
    }
    return parts;
  }
}

function tryReading(bytes) {
  try {
    deserialize(bytes);
  } catch (cause) {
    throw new Error('it could not be read again', { cause });
  }
}

// Throws if a value cannot be read from what V8 has written of it.
function checkReadable(value, bytes) {
  const inspection = new Inspection();
  inspection.check(value);
  if (inspection.hasGetters) tryReading(bytes);
}

module.exports = { checkReadable };
