'use strict';

// Writes plain data (plain.js).
//
// When a value turns out not to be plain, V8 begins anew, and would call getters for the second time.
// So the properties of objects are looked at one by one, and those with accessors refused uncalled,
// until that found nothing in many objects of the shape. After that they are only read: then a getter
// among them is called once more, if V8 has to begin anew.

const { Buffer } = require('node:buffer');
const { isAnyArrayBuffer, isMap, isProxy, isSet } = require('node:util').types;
const { ARRAY, DICTIONARY, DOUBLE, FALSE, INTEGER, LONG_STRING, NULL, OBJECT, PLAIN, STRING,
  TEXT, TEXT_LENGTH, TRUE, UNDEFINED } = require('./plain');
const { shapeOf } = require('./shape');

const ITEM_MAX = 9; // bytes of a tag and of what it says
const BYTES_MAX = 1 << 20;
const DEPTH_MAX = 100;
const SKIPS = 16;
const TWO_BYTES = /[^\0-\xff]/; // V8 needs no look at a string that it keeps with one byte a unit

const { getOwnPropertyDescriptor, getPrototypeOf, keys: keysOf } = Object;
const { toString } = Object.prototype;

// The value is written here, and then copied behind its text.
const scratch = Buffer.allocUnsafeSlow(BYTES_MAX);
const view = new DataView(scratch.buffer);
let end = 0; // of what is written
let text = '';
let isWriting = false; // getters can store values themselves
const rootPlace = [undefined];

// What was met: as long as it is little, it is looked through.
const FEW = 32;
const few = new Array(FEW).fill(undefined);
let fewCount = 0;
let many = new Set();

function isNew(object) {
  for (let i = 0; i < fewCount; i++) if (few[i] === object) return false;
  if (fewCount < FEW) {
    few[fewCount++] = object;
    return true;
  }
  const count = many.size;
  return many.add(object).size > count;
}

function forget() {
  few.fill(undefined, 0, fewCount);
  fewCount = 0;
  if (many.size > 0) many = new Set();
}

function writeLength(tag, length) {
  scratch[end] = tag;
  view.setUint32(end + 1, length, true);
  end += 5;
}

function writeTag(tag) {
  scratch[end++] = tag;
  return true;
}

function writeNumber(value) {
  if (value !== (value | 0) || Object.is(value, -0)) {
    scratch[end] = DOUBLE;
    view.setFloat64(end + 1, value, true);
    end += 9;
  } else if (value >= 0 && value < STRING) {
    scratch[end++] = value;
  } else {
    scratch[end] = INTEGER;
    view.setInt32(end + 1, value, true);
    end += 5;
  }
  return true;
}

function writeString(value) {
  const { length } = value;
  if (length > BYTES_MAX - text.length) return false;
  text += value;
  if (STRING + length < LONG_STRING) scratch[end++] = STRING + length;
  else writeLength(LONG_STRING, length);
  return true;
}

function writeArray(array, places, place, depth) {
  const { length } = array;
  if (array.constructor !== Array || length > BYTES_MAX) return false;
  const elements = Object.values(array);
  // As many values as elements: there are no holes, unless there are properties in their place.
  if (elements.length !== length) return false;
  writeLength(ARRAY, length);
  for (let i = 0; i < length; i++) {
    if (!(i in array) || !writeValue(elements[i], places, place, depth)) return false;
  }
  return true;
}

// Maps and others remain what they are when they get another prototype.
function isOrdinary(object) {
  return (
    getPrototypeOf(object) === Object.prototype &&
    toString.call(object) === '[object Object]' &&
    !isMap(object) &&
    !isSet(object) &&
    !isAnyArrayBuffer(object)
  );
}

function writeProperty(object, key, places, place, depth) {
  const { value, writable } = getOwnPropertyDescriptor(object, key);
  return writable !== undefined && writeValue(value, places, place, depth);
}

function writeDictionary(object, keys, depth) {
  if (!isOrdinary(object)) return false;
  const places = [undefined];
  writeLength(DICTIONARY, keys.length);
  for (const key of keys) {
    if (end > BYTES_MAX - ITEM_MAX || !writeString(key)) return false;
    if (!writeProperty(object, key, places, 0, depth)) return false;
  }
  return true;
}

function writeChecked(object, { keys, places }, depth) {
  return (
    isOrdinary(object) &&
    keys.every((key, i) => writeProperty(object, key, places, i, depth))
  );
}

function writeShaped(object, shape, depth) {
  scratch[end] = OBJECT;
  view.setUint16(end + 1, shape.number, true);
  end += 3;
  if (shape.isTrusted) return shape.writer(writeValue)(object, depth);
  const isWritten = writeChecked(object, shape, depth);
  shape.checks = isWritten ? shape.checks + 1 : 0;
  return isWritten;
}

// Where a value was refused, the next ones like it are, too, so that few are begun in vain.
function writeRoot(object, shape) {
  if (shape.skips > 0) {
    shape.skips--;
    return false;
  }
  const isWritten = writeShaped(object, shape, 2);
  if (!isWritten) shape.skips = SKIPS;
  return isWritten;
}

function writeObject(object, places, place, depth) {
  if (depth > DEPTH_MAX || isProxy(object) || !isNew(object)) return false;
  if (Array.isArray(object)) return writeArray(object, places, place, depth + 1);
  if (ArrayBuffer.isView(object)) return false; // which has many keys
  const keys = keysOf(object);
  const shape = shapeOf(keys, places[place]);
  if (!shape) return writeDictionary(object, keys, depth + 1);
  places[place] = shape;
  return depth === 1 ? writeRoot(object, shape) : writeShaped(object, shape, depth + 1);
}

// Writes a value, whose shape is expected to be the one that was at the place before. false when it
// is not plain.
function writeValue(value, places, place, depth) {
  if (end > BYTES_MAX - ITEM_MAX) return false;
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'boolean') return writeTag(value ? TRUE : FALSE);
  if (value === undefined) return writeTag(UNDEFINED);
  if (value === null) return writeTag(NULL);
  return typeof value === 'object' && writeObject(value, places, place, depth);
}

function join() {
  const width = TWO_BYTES.test(text) ? 2 : 1;
  const bytes = Buffer.allocUnsafe(TEXT + text.length * width + end);
  bytes.writeUInt32LE(PLAIN | (width << 8));
  bytes.writeUInt32LE(text.length, TEXT_LENGTH);
  const length = width === 2 ? bytes.ucs2Write(text, TEXT) : bytes.latin1Write(text, TEXT);
  scratch.copy(bytes, TEXT + length, 0, end);
  return bytes;
}

// The bytes of a value, or undefined when it is not plain.
function encodePlain(value) {
  if (isWriting) return undefined;
  isWriting = true;
  try {
    end = 0;
    return writeValue(value, rootPlace, 0, 1) ? join() : undefined;
  } finally {
    isWriting = false;
    text = '';
    forget();
  }
}

module.exports = { encodePlain };
