'use strict';

// Codecs: how the objects of a store become bytes and come back.
//
// What a codec encodes to is bytes or text; text is kept as UTF-8. Behind the bytes comes one more
// that says which it was, so that a codec gets back what it gave. Bytes with that mark are called
// `stored` here.

const { checkFunction, checkOptions, corrupt, typeError, withCode } = require('./errors');
const { decode, serialize } = require('./map');

const BYTES = 0;
const TEXT = 1;
const CUSTOM = 'custom';
// Room that the package bson has at first. What it has no room for it leaves out without a word.
const BSON_ROOM = 17 * 2 ** 20 - 16;

function notCloneable(name, cause) {
  return withCode(
    new TypeError(`${name} cannot be stored: ${cause?.message}`, { cause }),
    'ERR_TH_NOT_CLONEABLE'
  );
}

function notDecodable(cause) {
  return Object.assign(corrupt('the object'), { cause });
}

function hasOwnCode(error) {
  return String(error?.code).startsWith('ERR_TH_');
}

// ---- the mark ----

function pack(encoded) {
  const isText = typeof encoded === 'string';
  const length = isText ? Buffer.byteLength(encoded) : encoded.length;
  const stored = Buffer.allocUnsafeSlow(length + 1);
  if (isText) stored.write(encoded);
  else stored.set(encoded);
  stored[length] = isText ? TEXT : BYTES;
  return stored;
}

// The bytes without the mark.
function bytesOf(stored) {
  return Buffer.from(stored.buffer, stored.byteOffset, stored.length - 1);
}

function unpack(stored) {
  const bytes = bytesOf(stored);
  return stored[bytes.length] === TEXT ? bytes.toString() : bytes;
}

// ---- the codecs of this package ----

let bsonPackage; // loaded when it is first used

function loadBson() {
  try {
    bsonPackage ??= require('bson');
    return bsonPackage;
  } catch (cause) {
    throw withCode(
      new Error(
        `the codec 'bson' needs the package bson, which cannot be loaded: install it, or ` +
          `choose the codec 'json' or 'structured'`,
        { cause }
      ),
      'ERR_TH_NO_CODEC'
    );
  }
}

function tryBson(serializeBson, value) {
  try {
    return serializeBson(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // no room for a number
    throw error;
  }
}

function encodeBson(value) {
  const bson = loadBson();
  if (value === null || value === undefined) throw new Error('BSON has objects only');
  const bytes = tryBson(bson.serialize, value);
  if (bytes && bytes.length < BSON_ROOM) return bytes;
  return bson.serialize(value, { minInternalBufferSize: bson.calculateObjectSize(value) });
}

function encodeJson(value) {
  const text = JSON.stringify(value);
  if (text === undefined) throw new Error('JSON has nothing for it');
  return text;
}

function builtIn(number, name, encode, decodeEncoded) {
  return {
    number,
    name,
    encode(what, value) {
      try {
        return pack(encode(value, what));
      } catch (error) {
        throw hasOwnCode(error) ? error : notCloneable(what, error);
      }
    },
    decode(stored) {
      try {
        return decodeEncoded(unpack(stored));
      } catch (error) {
        throw hasOwnCode(error) ? error : notDecodable(error);
      }
    },
  };
}

// The numbers are kept in the shared directory.
const builtIns = {
  bson: builtIn(0, 'bson', encodeBson, (bytes) => loadBson().deserialize(bytes)),
  json: builtIn(1, 'json', encodeJson, JSON.parse),
  structured: builtIn(2, 'structured', (value, what) => serialize(what, value), decode),
};
const NAMES = [...Object.keys(builtIns), CUSTOM];
const CHOICES = `'${Object.keys(builtIns).join("', '")}' or { encode, decode }`;

// ---- those of users ----

// Always the same one for the same object, so that it can be told.
const customs = new WeakMap();

function checkEncoded(encoded) {
  if (typeof encoded === 'string') {
    if (encoded.isWellFormed()) return encoded;
    throw notCloneable('the text of codec.encode()', new Error('it has lone surrogates'));
  }
  if (encoded instanceof Uint8Array) return encoded;
  throw typeError('what codec.encode() returns', 'a Uint8Array or a string', encoded);
}

// Errors of the functions go to the caller as they are.
function custom(functions) {
  checkOptions('codec', functions, ['encode', 'decode']);
  const { encode, decode: decodeEncoded } = functions;
  checkFunction('codec.encode', encode);
  checkFunction('codec.decode', decodeEncoded);
  return {
    number: NAMES.indexOf(CUSTOM),
    name: CUSTOM,
    encode: (what, value) => pack(checkEncoded(encode.call(functions, value))),
    decode: (stored) => decodeEncoded.call(functions, unpack(stored)),
  };
}

// ---- choosing ----

// The codec that a user named or gave.
function codecOf(option) {
  if (typeof option === 'string' && Object.hasOwn(builtIns, option)) return builtIns[option];
  if (typeof option !== 'object' || option === null) throw typeError('codec', CHOICES, option);
  if (!customs.has(option)) customs.set(option, custom(option));
  return customs.get(option);
}

// The codec of a store that has the number, opened with the option, if any.
function checkCodec(number, option) {
  const name = NAMES[number];
  if (option === undefined && name === CUSTOM) {
    throw typeError('codec', 'given: the store has one of its own, { encode, decode }', option);
  }
  const codec = option === undefined ? builtIns[name] : codecOf(option);
  if (codec.number === number) return codec;
  throw typeError('codec', `that of the store, ${name}`, option);
}

module.exports = { bytesOf, checkCodec, codecOf, pack };
