'use strict';

// The elements of one list or vector: their type, and how values get in and out. A value goes to
// the core through the scratch buffer of this thread, which the addon knows the address of.

const {
  types: { isTypedArray },
} = require('node:util');
const { DATA_LENGTH_MAX, ELEMENT_TYPES, SCRATCH_ELEMENT, scratch } = require('./binding');
const { checkInteger, rangeError, typeError } = require('./errors');

const constructors = ELEMENT_TYPES.map((name) => globalThis[name]);

function typeNumber(type) {
  const number = constructors.indexOf(type);
  if (number < 0) throw typeError('type', `one of ${ELEMENT_TYPES.join(', ')}`, type);
  return number;
}

function checkDataLength(dataLength) {
  return checkInteger('dataLength', dataLength, 1, DATA_LENGTH_MAX);
}

function isArrayOfNumbers(values) {
  return Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
}

// Of a typed array as it is: a subclass can have a `length` of its own, which does what it likes.
const typedLength = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length').get;

function lengthOf(values) {
  return ArrayBuffer.isView(values) ? typedLength.call(values) : values.length;
}

class Element {
  #scratch;
  #isBig = false;
  #scalar; // what typeof says of a component

  constructor(number, dataLength) {
    this.number = number;
    this.type = constructors[number];
    this.dataLength = dataLength;
    this.bytes = this.type.BYTES_PER_ELEMENT * dataLength;
    this.#scratch = new this.type(scratch, SCRATCH_ELEMENT, dataLength);
    this.#scalar = typeof this.#scratch[0];
    this.#isBig = this.#scalar === 'bigint';
  }

  // Puts a value into scratch, padded with zeros; returns how many components it has. Numbers are
  // converted as an assignment to an element of a typed array does.
  write(values) {
    const into = this.#scratch;
    let count = 1;
    if (this.#isBig ? typeof values === 'bigint' : typeof values === 'number') {
      into[0] = values;
    } else {
      const numbers = this.#readArray(values);
      count = lengthOf(numbers);
      for (let i = 0; i < count; i++) into[i] = numbers[i];
    }
    if (count < this.dataLength) into.fill(this.#zero(), count);
    return count;
  }

  // The values of several elements as a typed array of this type: themselves if they are one, or
  // converted as write() does.
  batch(values) {
    if (!isArrayOfNumbers(values)) throw typeError('values', `an array of ${this.#scalar}s`, values);
    const numbers = values instanceof this.type ? values : this.#convert(values);
    if (lengthOf(numbers) % this.dataLength === 0) return numbers;
    throw rangeError('values', `a multiple of ${this.dataLength} long (dataLength)`, values);
  }

  // The length of a typed array that elements are to be copied to.
  checkOut(out) {
    const isOut = isTypedArray(out) && out.constructor === this.type;
    if (!isOut) throw typeError('out', `a ${this.type.name}`, out);
    return typedLength.call(out);
  }

  // A copy of the element in scratch.
  read() {
    return new this.type(this.#scratch);
  }

  // The first component in scratch.
  readFirst() {
    return this.#scratch[0];
  }

  // A live view of the components from an address on, as many as one element has unless a length is
  // given. Not by backing.view: if V8 sees one type only, as here in most programs, it is faster.
  view(backing, address, length = this.dataLength) {
    const offset = backing.origin + address;
    const end = offset + length * this.type.BYTES_PER_ELEMENT;
    return new this.type(backing.reach(end), offset, length);
  }

  #zero() {
    return this.#isBig ? 0n : 0;
  }

  // Reads all before scratch is touched: a getter or proxy may use a container itself. A typed array
  // has neither.
  #readArray(values) {
    if (!isArrayOfNumbers(values)) {
      throw typeError('values', `a ${this.#scalar} or an array of them`, values);
    }
    if (lengthOf(values) > this.dataLength) {
      throw rangeError('values', `at most ${this.dataLength} long (dataLength)`, values);
    }
    return this.#checkScalars(values);
  }

  #convert(values) {
    return new this.type(this.#checkScalars(values));
  }

  // The values, or a copy if reading them can have effects.
  #checkScalars(values) {
    const length = lengthOf(values);
    const numbers = ArrayBuffer.isView(values) ? values : [];
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (typeof value !== this.#scalar) throw typeError(`values[${i}]`, `a ${this.#scalar}`, value);
      if (numbers !== values) numbers[i] = value;
    }
    return numbers;
  }
}

module.exports = { Element, checkDataLength, typeNumber };
