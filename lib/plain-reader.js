'use strict';

// Reads plain data (plain.js). What another version wrote is read to its end or to an error: each
// value takes one byte at least.

const { Buffer } = require('node:buffer');
const { corrupt } = require('./errors');
const { ARRAY, DICTIONARY, DOUBLE, FALSE, INTEGER, LONG_STRING, NULL, OBJECT, PLAIN, STRING,
  TEXT, TEXT_LENGTH, TRUE, UNDEFINED, WIDTH } = require('./plain');
const { shapeAt } = require('./shape');

let bytes; // what is read
let at = 0; // the next byte of it
let text = '';
let textAt = 0; // the next unit of it

function readLength() {
  const length = bytes.readUInt32LE(at);
  at += 4;
  return length;
}

function readInteger() {
  const integer = bytes.readInt32LE(at);
  at += 4;
  return integer;
}

function readDouble() {
  const double = bytes.readDoubleLE(at);
  at += 8;
  return double;
}

function readString(length) {
  return text.substring(textAt, (textAt += length));
}

function readArray() {
  const array = [];
  for (let count = readLength(); count > 0; count--) array.push(readValue());
  return array;
}

// A key that is inherited would set what it is inherited from.
function addProperty(object, key, value) {
  if (key in object) {
    const attributes = { writable: true, enumerable: true, configurable: true };
    Object.defineProperty(object, key, { value, ...attributes });
  } else {
    object[key] = value;
  }
}

function readObject() {
  const shape = shapeAt(bytes[at] | (bytes[at + 1] << 8));
  at += 2;
  if (!shape) throw corrupt('the object');
  const read = shape.reader(readValue);
  if (read) return read();
  const object = {};
  for (const key of shape.keys) addProperty(object, key, readValue());
  return object;
}

function readDictionary() {
  const object = {};
  for (let count = readLength(); count > 0; count--) addProperty(object, readValue(), readValue());
  return object;
}

function readValue() {
  const tag = bytes[at++];
  if (tag < STRING) return tag;
  if (tag < LONG_STRING) return readString(tag - STRING);
  switch (tag) {
    case LONG_STRING:
      return readString(readLength());
    case INTEGER:
      return readInteger();
    case DOUBLE:
      return readDouble();
    case ARRAY:
      return readArray();
    case OBJECT:
      return readObject();
    case DICTIONARY:
      return readDictionary();
    case UNDEFINED:
      return undefined;
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    default:
      throw corrupt('the object');
  }
}

function readText() {
  const width = bytes[WIDTH];
  at = TEXT + bytes.readUInt32LE(TEXT_LENGTH) * width;
  if (width === 1 && at <= bytes.length) return bytes.latin1Slice(TEXT, at);
  if (width === 2 && at <= bytes.length) return bytes.ucs2Slice(TEXT, at);
  throw corrupt('the object');
}

function isPlain(stored) {
  return stored[0] === PLAIN;
}

function asBuffer({ buffer, byteOffset, length }) {
  return Buffer.from(buffer, byteOffset, length);
}

function decodePlain(stored) {
  bytes = stored instanceof Buffer ? stored : asBuffer(stored);
  text = readText();
  textAt = 0;
  const value = readValue();
  if (at !== bytes.length || textAt !== text.length) throw corrupt('the object');
  bytes = undefined;
  text = '';
  return value;
}

module.exports = { decodePlain, isPlain };
