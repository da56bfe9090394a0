'use strict';

// Shapes: lists of keys that objects have in common. One has a number, the same in all threads
// (core/shape.h), and each thread keeps what it knows of it.
//
// Keys are numbered when they are met for the second time, so that objects that serve as
// dictionaries do not use up the numbers.

const { SHAPES_MAX, shapeNumber, shapeText } = require('./binding');

const KEYS_MAX = 64;
const KEY_LENGTH_MAX = 128;
// Lists of keys, and beginnings of such, that a thread remembers before it begins anew.
const NODES_MAX = 1 << 13;
// Functions for a shape are made once so many objects were written or read without.
const USES_MIN = 16;

const shapes = new Array(SHAPES_MAX).fill(undefined); // by number

class Shape {
  constructor(number, keys) {
    this.number = number;
    this.keys = keys;
    // The shape that the last value of each key had, or its elements had.
    this.places = keys.map(() => undefined);
    this.checks = 0; // objects that had no accessor since one had
    this.skips = 0; // values that are to be refused
    this.reads = 0;
    this.write = undefined;
    this.read = undefined;
  }

  // Whether objects are taken to have no accessors, like many before them.
  get isTrusted() {
    return this.checks >= USES_MIN;
  }

  // A function (object, depth) that calls writeValue(value, places, place, depth) for the value of
  // each key of an object, and returns whether it always returned true. It refuses objects of
  // classes.
  writer(writeValue) {
    this.write ??= makeWriter(this, writeValue);
    return this.write;
  }

  // A function that calls readValue() for each key, in order, and returns the object; undefined
  // where there is none.
  reader(readValue) {
    if (this.reads <= USES_MIN && ++this.reads > USES_MIN) this.read = makeReader(this, readValue);
    return this.read;
  }
}

// Calls new Function where programs may be made of text at run time, or returns undefined.
function tryFunction(...args) {
  try {
    return new Function(...args);
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

// As fast as property accesses and literals in a program.
function makeWriter({ keys, places }, writeValue) {
  const parts = keys.map((key, i) => `writeValue(object[${JSON.stringify(key)}], places, ${i}, depth)`);
  const all = ['object.constructor === Object', ...parts].join(' && ');
  const body = `'use strict'; return (object, depth) => ${all};`;
  const write = (object, depth) =>
    object.constructor === Object &&
    keys.every((key, i) => writeValue(object[key], places, i, depth));
  return tryFunction('writeValue', 'places', body)?.(writeValue, places) ?? write;
}

function makeReader({ keys }, readValue) {
  const properties = keys.map((key) => `${JSON.stringify(key)}: readValue()`);
  const body = `'use strict'; return () => ({ ${properties.join(', ')} });`;
  return tryFunction('readValue', body)?.(readValue);
}

// The shape of that number, or undefined.
function shapeAt(number) {
  if (shapes[number]) return shapes[number];
  const text = shapeText(number);
  if (text === undefined) return undefined;
  return (shapes[number] = new Shape(number, JSON.parse(text)));
}

// ---- finding the shape of keys ----

// A tree: the node of some keys is reached by one key after the other.
class Node {
  children = new Map();
  isMet = false;
  shape; // null: it gets no number
}

let root = new Node();
let nodes = 0;

function addChild(node, key) {
  if (++nodes > NODES_MAX) {
    root = new Node();
    nodes = 0;
  }
  const child = new Node();
  node.children.set(key, child);
  return child;
}

function nodeOf(keys) {
  let node = root;
  for (let i = 0; i < keys.length; i++) node = node.children.get(keys[i]) ?? addChild(node, keys[i]);
  return node;
}

// Of objects with these keys, the constructor is not known, nor can a literal make them.
function newShape(keys) {
  if (keys.includes('constructor') || keys.includes('__proto__')) return null;
  const number = shapeNumber(JSON.stringify(keys));
  if (number === undefined) return null;
  const shape = shapeAt(number);
  shape.keys = keys; // the same strings as those of other objects, which compare faster
  return shape;
}

function isLong(key) {
  return key.length > KEY_LENGTH_MAX;
}

// Keys that are indexes come first.
function isDictionary(keys) {
  return keys.length === 0 || keys.length > KEYS_MAX || /^\d/.test(keys[0]) || keys.some(isLong);
}

function hasKeys(shape, keys) {
  if (shape.keys.length !== keys.length) return false;
  for (let i = 0; i < keys.length; i++) if (shape.keys[i] !== keys[i]) return false;
  return true;
}

// The shape of an object's keys, perhaps the one that is expected; null when they have none.
function shapeOf(keys, expected) {
  if (expected && hasKeys(expected, keys)) return expected;
  if (isDictionary(keys)) return null;
  const node = nodeOf(keys);
  if (node.shape === undefined && node.isMet) node.shape = newShape(keys);
  node.isMet = true;
  return node.shape ?? null;
}

module.exports = { shapeAt, shapeOf };
