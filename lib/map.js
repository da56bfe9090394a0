'use strict';

const {
  types: { isBigInt64Array, isBigUint64Array, isFloat64Array, isTypedArray },
} = require('node:util');
const { DefaultSerializer, deserialize } = require('node:v8');
const { CURSOR_SIZE, FORWARD_SIZE, KIND_MAP, mapAddByKey, mapAddByText, mapClear,
  mapCompareAndSet, mapCreate, mapDeleteByKey, mapDeleteByText, mapDeleteMany, mapFree,
  mapGetByKey, mapGetByText, mapGetMany, mapGetOrInsert, mapHasByKey, mapHasByText,
  mapNext, mapSet, mapSetMany, mapSetNumberByKey, mapSetNumberByText, mapSize, mapSlots } =
  require('./binding');
const { Container, keepExemplar, openContainer } = require('./container');
const { atIndex, checkFunction, checkHeap, checkObject, checkOptions, rangeError, typeError,
  withCode } =
  require('./errors');
const { decodePlain, isPlain } = require('./plain-reader');
const { ABSENT, ASK, MapReader, NUMBER, found } = require('./map-reader');
const { encodePlain } = require('./plain-writer');
const { checkReadable } = require('./readable');
const { call, callHot, callHotKey, callMany, results } = require('./retry');
const { kDescribe, kHandle, kHeap, kNumber, kReader, kSetEncoded } = require('./symbols');

const INSPECT_MAX = 100;
// What V8 says when it has no memory for a copy.
const NO_MEMORY = [
  'Array buffer allocation failed',
  'Data cannot be cloned, out of memory.',
  'Unable to deserialize cloned data.',
];

// v8.serialize would copy what a view of a SharedArrayBuffer shows, so that the threads share
// nothing any more.
class Serializer extends DefaultSerializer {
  _writeHostObject(view) {
    if (view.buffer instanceof SharedArrayBuffer) throw new Error('it holds a SharedArrayBuffer');
    super._writeHostObject(view);
  }

  _getSharedArrayBufferId() {
    throw new Error('it holds a SharedArrayBuffer');
  }
}

function throwIfNoMemory(error) {
  if (!NO_MEMORY.includes(error?.message)) return;
  throw withCode(
    new Error('the process is out of memory', { cause: error }),
    'ERR_TH_OUT_OF_MEMORY'
  );
}

function serializeAny(value) {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  const bytes = serializer.releaseBuffer();
  checkReadable(value, bytes);
  return bytes;
}

function serialize(name, value) {
  try {
    return encodePlain(value) ?? serializeAny(value);
  } catch (error) {
    throwIfNoMemory(error);
    throw withCode(
      new TypeError(`${name} cannot be stored: ${error?.message}`, { cause: error }),
      'ERR_TH_NOT_CLONEABLE'
    );
  }
}

// What the addon takes: primitives as they are, objects as serialised bytes.
function encode(name, value) {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw typeError(name, 'a primitive or a structured-cloneable object', value);
  }
  return typeof value === 'object' && value !== null ? serialize(name, value) : value;
}

// The other way: the only objects the addon returns are serialised bytes, whose checksum was right.
function decode(value) {
  if (typeof value !== 'object' || value === null) return value;
  try {
    return isPlain(value) ? decodePlain(value) : deserialize(value);
  } catch (error) {
    throwIfNoMemory(error);
    throw error;
  }
}

// A Map keeps -0 as 0.
function checkKey(key) {
  if (typeof key === 'number') return key + 0;
  if (typeof key === 'string') return key;
  throw typeError('key', 'a string or a number', key);
}

// Writes of this thread to any map. Iterations read ahead; when this has moved on, they look again.
let writes = 0;

// A hot call for a key, and perhaps a number.
function callByKey(map, byKey, byText, key, number) {
  return typeof key === 'number'
    ? callHot(map[kHeap], byKey, map[kHandle], key, number)
    : callHotKey(map[kHeap], byKey, byText, map[kHandle], checkKey(key), number);
}

// What the reader makes of a key.
function look(map, key) {
  const reader = map[kReader];
  if (reader === undefined) return ASK;
  if (typeof key === 'number') return reader.find(key);
  return typeof key === 'string' ? reader.findText(key) : ASK;
}

function read(map, key) {
  const outcome = look(map, key);
  if (outcome === NUMBER) return found[0];
  return outcome === ABSENT ? undefined : ask(map, key);
}

// What the addon says that the value is.
function ask(map, key) {
  const value = callByKey(map, mapGetByKey, mapGetByText, key);
  if (value !== undefined) {
    if (typeof key === 'string') map[kReader]?.rest();
    return decode(value);
  }
  return results[0] === 1 ? results[1] : undefined;
}

// A value that was encoded before.
function store(map, key, stored) {
  writes++;
  if (typeof stored === 'number') {
    callByKey(map, mapSetNumberByKey, mapSetNumberByText, key, stored);
  } else {
    call(map[kHeap], mapSet, map[kHandle], key, stored);
  }
}

// Whether there was an entry.
function remove(map, key) {
  writes++;
  callByKey(map, mapDeleteByKey, mapDeleteByText, key);
  return results[0] === 1;
}

function checkPrimitive(name, value) {
  const type = typeof value;
  if ((type !== 'object' || value === null) && type !== 'function' && type !== 'symbol') return value;
  throw typeError(name, 'a number, string, boolean, bigint, null or undefined', value);
}

// ---- many at a time ----

// A Float64Array where all are numbers, which the addon takes in one call, or an array of our own.
function series(name, allowed, values, toElement) {
  if (isFloat64Array(values) && values.constructor === Float64Array) return values;
  if (isTypedArray(values) && !isBigInt64Array(values) && !isBigUint64Array(values)) {
    return new Float64Array(values);
  }
  if (!Array.isArray(values)) throw typeError(name, allowed, values);
  const { length } = values;
  const elements = [];
  let isNumbers = true;
  for (let i = 0; i < length; i++) {
    elements.push(toElement(values[i]));
    isNumbers &&= typeof elements[i] === 'number';
  }
  return isNumbers ? new Float64Array(elements) : elements;
}

function keySeries(keys) {
  return series('keys', 'a typed array of numbers or an array of strings and numbers', keys, checkKey);
}

function valueSeries(values, length) {
  const allowed = 'a typed array of numbers or an array';
  const stored = series('values', allowed, values, (value) => encode('value', value));
  if (stored.length === length) return stored;
  throw rangeError('values', `as long as keys, ${length}`, values);
}

// Short texts go in one call, if they are enough for that to take less time: one after the other in
// one string, and where each ends there.
const TEXT_UNITS = 64;
const TEXTS_MIN = 16;
const textEnds = new Uint32Array(256);

// How many of the keys from an index on are such texts.
function gather(keys, from) {
  const most = Math.min(textEnds.length, keys.length - from);
  let units = 0;
  let count = 0;
  for (; count < most; count++) {
    const key = keys[from + count];
    if (typeof key !== 'string' || key.length > TEXT_UNITS) break;
    textEnds[count] = units += key.length;
  }
  return count;
}

// Every key once: those that go in one call by many(index, keys, their ends), if there is that, and the
// others by one(key, index). What is thrown names the index.
function forKeys(keys, many, one) {
  if (many && isFloat64Array(keys)) return many(0, keys);
  for (let i = 0; i < keys.length; ) {
    const count = many ? gather(keys, i) : 0;
    if (count >= TEXTS_MIN) {
      many(i, keys.slice(i, i + count).join(''), textEnds.subarray(0, count));
      i += count;
    } else {
      for (const end = i + Math.max(count, 1); i < end; i++) oneAt(keys, i, one);
    }
  }
}

function oneAt(keys, i, one) {
  try {
    one(keys[i], i);
  } catch (error) {
    throw atIndex(error, i);
  }
}

function checkOut(out, length) {
  if (!isFloat64Array(out)) throw typeError('out', 'a Float64Array', out);
  if (out.length >= length) return out;
  throw rangeError('out', `as long as keys, ${length}`, out);
}

function readMissing(options) {
  const { missing = NaN } = checkOptions('options', options, ['missing']);
  if (typeof missing === 'number') return missing;
  throw typeError('options.missing', 'a number', missing);
}

function checkNumber(value, missing) {
  if (typeof value === 'number') return value;
  if (value === undefined) return missing;
  throw withCode(new TypeError('the stored value is not a number'), 'ERR_TH_NOT_A_NUMBER');
}

function create(heap, config) {
  checkOptions('config', config, []);
  checkHeap(heap);
  return call(heap, mapCreate, heap[kNumber]);
}

function open(heap, config) {
  return openContainer(heap, KIND_MAP, config);
}

class SharedMap extends Container {
  static ALLOCATE_COUNT = FORWARD_SIZE / 4;

  constructor(heap, config = {}) {
    checkObject('config', config, 'options or a descriptor');
    super(heap, 'firstBlock' in config ? open(heap, config) : create(heap, config), mapFree);
    Object.defineProperty(this, kReader, { value: MapReader.for(this) });
  }

  get size() {
    return call(this[kHeap], mapSize, this[kHandle]);
  }

  get length() {
    return this.size;
  }

  get maxHash() {
    return call(this[kHeap], mapSlots, this[kHandle]);
  }

  get(key) {
    return read(this, key);
  }

  has(key) {
    const outcome = look(this, key);
    if (outcome !== ASK) return outcome !== ABSENT;
    callByKey(this, mapHasByKey, mapHasByText, key);
    return results[0] === 1;
  }

  set(key, value) {
    checkKey(key);
    // Serialising can call getters of the value, which may do anything, so it comes first.
    store(this, key, encode('value', value));
    return this;
  }

  delete(key) {
    return remove(this, key);
  }

  clear() {
    this.#write(mapClear);
  }

  add(key, delta) {
    if (typeof delta !== 'number') throw typeError('delta', 'a number', delta);
    writes++;
    callByKey(this, mapAddByKey, mapAddByText, key, delta);
    return results[1];
  }

  compareAndSet(key, expected, value) {
    const stored = encode('value', value);
    checkPrimitive('expected', expected);
    return this.#write(mapCompareAndSet, checkKey(key), expected, stored);
  }

  getOrInsert(key, value) {
    const stored = encode('value', value);
    const present = this.#write(mapGetOrInsert, checkKey(key), stored);
    return Object.is(present, stored) ? value : decode(present);
  }

  getMany(keys, out = undefined, options = {}) {
    const wanted = keySeries(keys);
    const missing = readMissing(options);
    const values = out === undefined ? new Float64Array(wanted.length) : checkOut(out, wanted.length);
    forKeys(
      wanted,
      (i, part, ends) =>
        callMany(this[kHeap], mapGetMany, this[kHandle], i, part, ends, values, missing),
      (key, i) => (values[i] = checkNumber(read(this, key), missing))
    );
    return values;
  }

  setMany(keys, values) {
    const wanted = keySeries(keys);
    const stored = valueSeries(values, wanted.length);
    const setNumbers = (i, part, ends) =>
      callMany(this[kHeap], mapSetMany, this[kHandle], i, part, ends, stored);
    writes++;
    forKeys(wanted, isFloat64Array(stored) && setNumbers, (key, i) => store(this, key, stored[i]));
    return this;
  }

  deleteMany(keys) {
    const wanted = keySeries(keys);
    let deleted = 0;
    writes++;
    forKeys(
      wanted,
      (i, part, ends) => {
        deleted += callMany(this[kHeap], mapDeleteMany, this[kHandle], i, part, ends);
      },
      (key) => (deleted += remove(this, key) ? 1 : 0)
    );
    return deleted;
  }

  // The callback runs before the insertion, outside of it: of several threads one inserts.
  getOrInsertComputed(key, callback) {
    checkFunction('callback', callback);
    const present = this.get(key);
    return present === undefined ? this.getOrInsert(key, callback(checkKey(key))) : present;
  }

  *keys() {
    for (const [key] of this.#iterate(false)) yield key;
  }

  *values() {
    for (const [, value] of this.#iterate(true)) yield value;
  }

  entries() {
    return this.#iterate(true);
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  forEach(callback, thisArg) {
    checkFunction('callback', callback);
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  free() {
    writes++; // an iteration does not go on with what it has read
    super.free();
  }

  get [Symbol.toStringTag]() {
    return 'SharedMap';
  }

  [kDescribe](name, inspect) {
    const shown = new Map();
    for (const [key, value] of this.entries()) {
      shown.set(key, value);
      if (shown.size === INSPECT_MAX) break;
    }
    const { size } = this;
    const more = size > shown.size ? ` and ${size - shown.size} more` : '';
    return `${name}(${size}) ${inspect(shown).replace(/^Map\(\d+\) /, '')}${more}`;
  }

  [kSetEncoded](key, stored) {
    store(this, key, stored);
  }

  #write(method, a, b, c) {
    writes++;
    return call(this[kHeap], method, this[kHandle], a, b, c);
  }

  // Entries come in batches. What this thread has changed since the batch was read is not shown as
  // it was then, so that a loop sees the map as a loop over a Map does.
  *#iterate(withValues) {
    const cursor = new Uint8Array(CURSOR_SIZE);
    const step = withValues ? 2 : 1;
    for (;;) {
      const batch = call(this[kHeap], mapNext, this[kHandle], cursor, withValues);
      if (batch.length === 0) return;
      const writesThen = writes;
      for (let i = 0; i < batch.length; i += step) {
        const key = batch[i];
        const isStale = writes !== writesThen;
        if (isStale && !this.has(key)) continue;
        if (!withValues) yield [key];
        else yield [key, isStale ? this.get(key) : decode(batch[i + 1])];
      }
    }
  }
}

keepExemplar(SharedMap);

module.exports = { SharedMap, decode, encode, serialize };
