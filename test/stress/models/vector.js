'use strict';

// A vector is an Array of places, which are typed arrays and never leave it; `length` says how many
// of them are elements. Its views are the places.

const assert = require('node:assert/strict');
const fc = require('fast-check');
const { SharedVector } = require('../../..');
const { FULL } = require('./call');
const { opener, reopenings } = require('./container');
const {
  batch,
  checkIndex,
  dataLength,
  elementFor,
  elementsFor,
  index,
  joined,
  scalarFor,
  type,
  typeNumber,
  value,
  viewCalls,
  withType,
} = require('./element');
const { actionsOf, loop, nextOf } = require('./iteration');
const { Model, commonCalls, fail } = require('./model');

const hasNaN = (numbers) => numbers.some((number) => Number.isNaN(number));

// As TypedArray.prototype.sort does: -0 before 0, NaN last.
function compare(a, b) {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a !== b) return a < b ? -1 : 1;
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
}

class VectorModel extends Model {
  className = 'SharedVector';

  get type() {
    return this.state.type;
  }

  get dataLength() {
    return this.state.dataLength;
  }

  get length() {
    return this.state.length;
  }

  get bufferLength() {
    return this.state.bufferLength;
  }

  get elements() {
    return this.state.places.slice(0, this.length);
  }

  push(values) {
    const { state } = this;
    const element = elementFor(this, values);
    if (state.length === state.places.length) state.places.push(element);
    else state.places[state.length].set(element);
    while (state.bufferLength <= state.length) state.bufferLength *= 2;
    return state.length++;
  }

  pushMany(values) {
    const first = this.length;
    for (const element of elementsFor(this, values)) this.push(element);
    return first;
  }

  pop() {
    return this.length === 0 ? undefined : this.state.places[--this.state.length].slice();
  }

  get(at, component = 0) {
    if (component >= this.dataLength) fail('ERR_TH_ARG_RANGE');
    checkIndex(at);
    return this.elements[at]?.[component];
  }

  at(at) {
    checkIndex(at);
    return this.elements.at(at);
  }

  set(at, values) {
    const element = elementFor(this, values);
    if (!(at in this.elements)) fail('ERR_TH_ARG_RANGE');
    this.state.places[at].set(element);
  }

  setMany(at, values) {
    const given = elementsFor(this, values);
    if (!Number.isInteger(at) || at < 0 || at + given.length > this.length) fail('ERR_TH_ARG_RANGE');
    given.forEach((element, i) => this.state.places[at + i].set(element));
  }

  sum(component = 0) {
    return this.#column(component).reduce((sum, number) => sum + number, this.#zero());
  }

  min(component = 0) {
    return this.#sorted(component).at(hasNaN(this.#column(component)) ? -1 : 0);
  }

  max(component = 0) {
    return this.#sorted(component).at(-1);
  }

  sort(component = 0) {
    this.#checkComponent(component);
    const sorted = this.elements
      .map((element) => element.slice())
      .sort((a, b) => compare(a[component], b[component]));
    sorted.forEach((element, i) => this.state.places[i].set(element));
    return this;
  }

  #zero() {
    return scalarFor(this, 0);
  }

  #checkComponent(component) {
    if (component >= this.dataLength) fail('ERR_TH_ARG_RANGE');
  }

  #column(component) {
    this.#checkComponent(component);
    return this.elements.map((element) => element[component]);
  }

  #sorted(component) {
    return this.#column(component).sort(compare);
  }

  deleteIndex(at) {
    checkIndex(at);
    const { elements } = this;
    if (!(at in elements)) return false;
    for (let i = at; i + 1 < elements.length; i++) elements[i].set(elements[i + 1]);
    this.state.length--;
    return true;
  }

  clear() {
    this.state.length = 0;
  }

  forEach(callback) {
    for (let i = 0; i < this.length; i++) callback(this.state.places[i], i);
  }

  toTypedArray() {
    return joined(this, this.elements);
  }

  // Each element is a piece of its own.
  chunks() {
    return this.elements;
  }

  *[Symbol.iterator]() {
    for (let i = 0; i < this.length; i++) yield this.state.places[i];
  }
}

function pushOften(vector, [count], { attempt }) {
  for (let i = 0; i < count; i++) {
    if (attempt(() => vector.push(scalarFor(vector, i % 100))) === FULL) return;
  }
}

// Of any component that there is.
const sum = (vector, [n]) => vector.sum(n % vector.dataLength);

// Numbers are added in another order.
function judgeSum(model, returned, args) {
  const expected = sum(model, args);
  if (!Number.isFinite(expected)) return assert.equal(returned, expected);
  const component = args[0] % model.dataLength;
  const size = model.elements.reduce((total, element) => total + Math.abs(element[component]), 0);
  return assert.ok(Math.abs(returned - expected) <= size * 1e-12, `${returned}, not ${expected}`);
}

// All components, and how the pieces end where the vector does.
function chunks(vector) {
  return joined(vector, vector.chunks());
}

// Writes the n-th component of the vector through its chunks.
function writeChunks(vector, [n, number]) {
  let start = 0;
  for (const chunk of vector.chunks()) {
    if (n < start + chunk.length) {
      chunk[n - start] = scalarFor(vector, number);
      return;
    }
    start += chunk.length;
  }
}

const bodyOf = (vector, attempt) => (view, { name, args }) => {
  if (name === 'stop') return undefined;
  return name === 'push' ? attempt(() => vector.push(...args)) : vector[name](...args);
};

function iterate(vector, [actions], { attempt }) {
  return loop(vector, actions, (view) => view.slice(), bodyOf(vector, attempt));
}

function forEach(vector, [at]) {
  const seen = [];
  vector.forEach((view, i) => {
    seen.push(view.slice(), i);
    if (i === at) vector.deleteIndex(i);
  });
  return seen;
}

const isShort = (model) => model.length < 600;

const calls = {
  ...commonCalls,
  ...viewCalls((model, view) => model.elements.includes(view)),
  push: { args: [value], fills: true, weight: 12 },
  pushMany: { args: [batch], fills: true, when: isShort, weight: 6 },
  pushOften: { args: [fc.integer({ min: 1, max: 300 })], run: pushOften, when: isShort, weight: 1 },
  pop: {},
  length: { run: (vector) => vector.length },
  type: { run: (vector) => vector.type, worksFreed: true, weight: 1 },
  dataLength: { run: (vector) => vector.dataLength, worksFreed: true, weight: 1 },
  bufferLength: { run: (vector) => vector.bufferLength },
  get: { args: [index, fc.nat(3)], weight: 8 },
  at: { args: [index] },
  set: { args: [index, value], weight: 8 },
  setMany: { args: [index, batch] },
  sum: { args: [fc.nat(3)], run: sum, judge: judgeSum },
  min: { args: [fc.nat(3)] },
  max: { args: [fc.nat(3)] },
  sort: { args: [fc.nat(3)], run: (vector, [component]) => void vector.sort(component) },
  deleteIndex: { args: [index], weight: 12 },
  clear: { weight: 2 },
  forEach: { args: [fc.nat(20)], run: forEach, weight: 2 },
  toTypedArray: { weight: 2 },
  chunks: { run: chunks },
  writeChunks: { args: [fc.nat(40), fc.nat(9)], run: writeChunks },
  next: { run: (vector) => nextOf(vector)?.slice(), weight: 6 },
  iterate: {
    args: [
      actionsOf({
        push: [value],
        pop: [],
        set: [index, value],
        deleteIndex: [index],
        clear: [],
        stop: [],
      }),
    ],
    run: iterate,
    weight: 6,
  },
};

const DEFAULTS = { type: 'Uint32Array', dataLength: 1, bufferLength: 4 };

module.exports = {
  noun: 'vector',
  Class: SharedVector,
  options: fc.record({
    type,
    dataLength,
    bufferLength: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100 })),
  }),
  forms: {
    own: { make: (heap, options) => new SharedVector(heap, withType(options)) },
    zeroed: {
      isPlaced: true,
      needsZeros: true,
      adapt: () => DEFAULTS,
      make: (heap, options, firstBlock) => new SharedVector(heap, { firstBlock }),
    },
  },
  model: (options) =>
    new VectorModel({
      type: typeNumber(options.type),
      dataLength: options.dataLength,
      bufferLength: 2 ** Math.ceil(Math.log2(options.bufferLength)),
      places: [],
      length: 0,
    }),
  placed: (firstBlock) => ({ firstBlock }),
  open: opener(SharedVector),
  reopenings,
  calls,
  length: (vector) => vector.length,
  read: (vector) => vector.toTypedArray(),
};
