'use strict';

const { inspect } = require('node:util');
const { bytesOf, codecOf, pack } = require('./codec');
const { checkInteger, checkObject, checkOptions, typeError } = require('./errors');

let encode; // has to see what is private to SharedObject

function readCodec(options) {
  const { codec = 'bson' } = checkOptions('options', options, ['codec']);
  return codecOf(codec);
}

function copyPart(array, bounds) {
  if (!(array instanceof Uint8Array)) throw typeError('array', 'a Uint8Array', array);
  const { index, size } = checkObject('bounds', bounds, '{ index, size }');
  checkInteger('bounds.index', index, 0, array.length);
  checkInteger('bounds.size', size, 0, array.length - index);
  return pack(array.subarray(index, index + size));
}

// An encoded object: what one is before it goes into a store.
class SharedObject {
  #codec;
  #stored;
  #obj;
  #isDecoded = false;

  static {
    encode = (name, value, codec) => {
      const isShared = typeof value === 'object' && value !== null && #stored in value;
      if (isShared && value.#codec === codec) return value.#stored;
      return codec.encode(name, isShared ? value.obj : value);
    };
  }

  constructor(array, bounds, options = {}) {
    this.#codec = readCodec(options);
    this.#stored = copyPart(array, bounds);
  }

  static fromObject(obj, options = {}) {
    const stored = readCodec(options).encode('obj', obj);
    const object = new SharedObject(stored, { index: 0, size: 0 }, options);
    object.#stored = stored;
    return object;
  }

  static fromObj(obj, options) {
    return SharedObject.fromObject(obj, options);
  }

  static fromMemoryArray(array, bounds, options) {
    return new SharedObject(array, bounds, options);
  }

  get raw() {
    return bytesOf(this.#stored);
  }

  get obj() {
    if (!this.#isDecoded) {
      this.#obj = this.#codec.decode(this.#stored);
      this.#isDecoded = true;
    }
    return this.#obj;
  }

  [inspect.custom](depth, options) {
    return `SharedObject ${this.#codec.name} ${inspect(this.obj, { ...options, depth })}`;
  }
}

module.exports = { SharedObject, encode };
