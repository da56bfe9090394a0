'use strict';

// The elements of lists and vectors, which both sides take and show as typed arrays, and the
// arguments that only fit a certain list or vector: a value, an index.

const fc = require('fast-check');
const { isBig } = require('../../helpers/elements');
const { fail } = require('./model');

// In the order of their numbers.
const TYPES = [
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  BigInt64Array,
  BigUint64Array,
];

function toScalar(Type, number) {
  if (!isBig(Type)) return number;
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
}

// A number as one component of such an element.
const scalarFor = ({ type }, number) => toScalar(TYPES[type], number);

// The element that a list or vector makes of a value.
function elementFor({ type, dataLength }, value) {
  const element = new TYPES[type](dataLength);
  const values = typeof value === 'object' ? Array.from(value) : [value];
  if (values.length > dataLength) fail('ERR_TH_ARG_RANGE');
  if (values.some((one) => typeof one !== typeof element[0])) fail('ERR_TH_ARG_TYPE');
  element.set(values);
  return element;
}

// The elements that a list or vector makes of the values of a batch.
function elementsFor({ type, dataLength }, values) {
  if (typeof values !== 'object') fail('ERR_TH_ARG_TYPE');
  const scalars = Array.from(values);
  if (scalars.some((one) => typeof one !== typeof new TYPES[type](1)[0])) fail('ERR_TH_ARG_TYPE');
  if (scalars.length % dataLength !== 0) fail('ERR_TH_ARG_RANGE');
  const numbers = TYPES[type].from(scalars);
  const count = numbers.length / dataLength;
  return Array.from({ length: count }, (_, i) => numbers.slice(i * dataLength, (i + 1) * dataLength));
}

// All components of elements, one after the other.
function joined({ type }, elements) {
  return TYPES[type].from(elements.flatMap((element) => Array.from(element)));
}

// ---- values ----

const FORMS = {
  scalar: (Type, scalars) => scalars[0],
  array: (Type, scalars, dataLength) => scalars.slice(0, dataLength),
  typed: (Type, scalars, dataLength) => Type.from(scalars.slice(0, dataLength)),
  long: (Type, scalars, dataLength) => new Array(dataLength + 1).fill(scalars[0]),
  wrong: (Type) => (isBig(Type) ? 1 : 1n),
};

class Value {
  constructor(form, numbers) {
    this.form = form;
    this.numbers = numbers;
  }

  resolve({ type, dataLength }) {
    const Type = TYPES[type];
    return FORMS[this.form](Type, this.numbers.map((n) => toScalar(Type, n)), dataLength);
  }

  toString() {
    return `${this.form} ${fc.stringify(this.numbers)}`;
  }
}

// Few different ones, so that deleteValue finds some.
const component = fc.oneof(
  { weight: 8, arbitrary: fc.nat(3) },
  { weight: 1, arbitrary: fc.constantFrom(-1, -0, 0.5, 255.7, 2 ** 31, 2 ** 53, 1e300) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity) }
);

const form = fc.oneof(
  { weight: 8, arbitrary: fc.constant('scalar') },
  { weight: 4, arbitrary: fc.constant('array') },
  { weight: 4, arbitrary: fc.constant('typed') },
  { weight: 1, arbitrary: fc.constantFrom('long', 'wrong') }
);

const value = fc
  .tuple(form, fc.array(component, { minLength: 1, maxLength: 4 }))
  .map((args) => new Value(...args));

// ---- batches: the components of several elements ----

const BATCH_FORMS = {
  array: (Type, scalars) => scalars,
  typed: (Type, scalars) => Type.from(scalars),
  other: (Type, scalars) => (isBig(Type) ? BigInt64Array : Float64Array).from(scalars),
  ragged: (Type, scalars) => [...scalars, ...scalars.slice(0, 1)],
  mixed: (Type, scalars) => [...scalars, isBig(Type) ? 1 : 1n],
  scalar: (Type, scalars) => scalars[0] ?? toScalar(Type, 0),
};

class Batch {
  constructor(kind, count, numbers) {
    Object.assign(this, { kind, count, numbers });
  }

  resolve({ type, dataLength }) {
    const Type = TYPES[type];
    const scalars = this.numbers.map((n) => toScalar(Type, n));
    const all = Array.from({ length: this.count * dataLength }, (_, i) => scalars[i % scalars.length]);
    return BATCH_FORMS[this.kind](Type, all);
  }

  toString() {
    return `${this.kind} of ${this.count}: ${fc.stringify(this.numbers)}`;
  }
}

const batchForm = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('array', 'typed', 'other') },
  { weight: 1, arbitrary: fc.constantFrom('ragged', 'mixed', 'scalar') }
);

const batch = fc
  .tuple(batchForm, fc.nat(20), fc.array(component, { minLength: 1, maxLength: 9 }))
  .map((args) => new Batch(...args));

// ---- indices ----

const BASES = {
  start: (by) => by,
  end: (by, length) => length - by,
  'from the end': (by) => -by,
  middle: (by, length) => Math.floor((length * by) / 10),
  half: (by) => by + 0.5,
};

class Index {
  constructor(base, by) {
    this.base = base;
    this.by = by;
  }

  resolve({ length }) {
    return BASES[this.base](this.by, length);
  }

  toString() {
    return `${this.base} ${this.by}`;
  }
}

const base = fc.oneof(
  { weight: 6, arbitrary: fc.constant('start') },
  { weight: 8, arbitrary: fc.constant('end') },
  { weight: 4, arbitrary: fc.constant('middle') },
  { weight: 2, arbitrary: fc.constant('from the end') },
  { weight: 1, arbitrary: fc.constant('half') }
);

const index = fc.tuple(base, fc.nat(9)).map((args) => new Index(...args));

function checkIndex(given) {
  if (!Number.isInteger(given)) fail('ERR_TH_ARG_RANGE');
}

// ---- views ----

const views = new WeakMap(); // those that were kept of each handle

function viewsOf(handle) {
  if (!views.has(handle)) views.set(handle, []);
  return views.get(handle);
}

// Which of the kept views are still valid.
class ValidViews {
  constructor(isValid) {
    this.isValid = isValid;
  }

  resolve(model) {
    return [...viewsOf(model).keys()].filter((i) => this.isValid(model, viewsOf(model)[i]));
  }

  toString() {
    return 'those that are valid';
  }
}

function writeKept(handle, [valid, which, number]) {
  if (valid.length === 0) return;
  const view = viewsOf(handle)[valid[which % valid.length]];
  view[view.length - 1] = scalarFor(handle, number);
}

// Calls that keep views, look at them later, and write through them.
function viewCalls(isValid) {
  const valid = fc.constant(new ValidViews(isValid));
  const when = (model) => !model.isFreed;
  return {
    keep: { args: [index], run: (handle, [at]) => void viewsOf(handle).push(handle.at(at)) },
    kept: { args: [valid], run: (handle, [ones]) => ones.map((i) => viewsOf(handle)[i]), when },
    writeKept: { args: [valid, fc.nat(5), fc.nat(9)], run: writeKept, when },
  };
}

// ---- options ----

const type = fc.constantFrom(...TYPES.map(({ name }) => name));
const dataLength = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constant(20) }
);
const typeNumber = (name) => TYPES.findIndex((Type) => Type.name === name);
const withType = (options) => ({ ...options, type: globalThis[options.type] });

module.exports = {
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
};
