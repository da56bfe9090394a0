'use strict';

// A map is a Map of cells; a cell is one entry from its insertion to its deletion. Values are kept
// as clones.

const assert = require('node:assert/strict');
const fc = require('fast-check');
const { SharedMap } = require('../../..');
const { MAP_DIRECTORY } = require('../../helpers/check');
const { CALLBACK_ERROR, FULL, outcomeOf } = require('./call');
const { opener, reopenings } = require('./container');
const { actionsOf, loop, nextOf } = require('./iteration');
const { Model, commonCalls, fail } = require('./model');

const ORDERED_MAX = 1000; // entries up to which the order is that of insertion

const isPrimitive = (value) =>
  value === null || !['object', 'function', 'symbol'].includes(typeof value);

// As the map stores the value.
function cloneOf(value) {
  if (typeof value === 'function' || typeof value === 'symbol') fail('ERR_TH_ARG_TYPE');
  try {
    return structuredClone(value);
  } catch {
    return fail('ERR_TH_NOT_CLONEABLE');
  }
}

class MapModel extends Model {
  className = 'SharedMap';

  get size() {
    return this.state.cells.size;
  }

  get length() {
    return this.size;
  }

  get isOrdered() {
    return this.state.largest <= ORDERED_MAX;
  }

  get(key) {
    return structuredClone(this.state.cells.get(key)?.value);
  }

  has(key) {
    return this.state.cells.has(key);
  }

  set(key, value) {
    const stored = cloneOf(value);
    const { state } = this;
    if (this.has(key)) state.cells.get(key).value = stored;
    else state.cells.set(key, { value: stored });
    state.largest = Math.max(state.largest, this.size);
    return this;
  }

  delete(key) {
    return this.state.cells.delete(key);
  }

  clear() {
    this.state.cells.clear();
  }

  add(key, delta) {
    const present = this.has(key) ? this.get(key) : 0;
    if (typeof present !== 'number') fail('ERR_TH_NOT_A_NUMBER');
    this.set(key, present + delta);
    return present + delta;
  }

  compareAndSet(key, expected, value) {
    const stored = cloneOf(value);
    if (!isPrimitive(expected)) fail('ERR_TH_ARG_TYPE');
    if (![this.get(key)].includes(expected)) return false;
    this.set(key, stored);
    return true;
  }

  getOrInsert(key, value) {
    const stored = cloneOf(value);
    if (this.has(key)) return this.get(key);
    this.set(key, stored);
    return value;
  }

  *entries() {
    for (const key of this.state.cells.keys()) yield [key, this.get(key)];
  }

  getOrInsertComputed(key, callback) {
    const present = this.get(key);
    if (present !== undefined) return present;
    return this.getOrInsert(key, callback(key === 0 ? 0 : key)); // a Map keeps -0 as 0
  }
}

// ---- iterations: what the map shows, held against the model ----

class Iteration {
  #model;
  #expected; // the entries at the start that have not come: key to cell
  #seen = new Set();

  constructor(model) {
    this.#model = model;
    this.#expected = new Map(model.state.cells);
  }

  // The iteration has come to an entry.
  visit(key, ...values) {
    assert.ok(this.#model.has(key), `the key ${fc.stringify(key)} came, which is not there`);
    assert.ok(!this.#seen.has(key), `the key ${fc.stringify(key)} came twice`);
    for (const value of values) assert.deepEqual(value, this.#model.get(key));
    this.#seen.add(key);
    if (!this.#isThere(key)) return;
    if (this.#model.isOrdered) assert.equal(key, this.#missing()[0], 'the next in the order');
    this.#expected.delete(key);
  }

  end() {
    assert.deepEqual(this.#missing(), [], 'keys that were there throughout did not come');
  }

  // Whether the entry of that key was there throughout.
  #isThere(key) {
    const cell = this.#expected.get(key);
    return cell !== undefined && this.#model.state.cells.get(key) === cell;
  }

  #missing() {
    return [...this.#expected.keys()].filter((key) => this.#isThere(key));
  }
}

// All of a map that nobody changes, as [key, value] pairs.
function judgeAll(model, entries) {
  const iteration = new Iteration(model);
  for (const [key, value] of entries) iteration.visit(key, value);
  iteration.end();
}

function forEach(map) {
  const [entries, owner] = [[], {}];
  map.forEach(function (value, key, given) {
    assert.equal(this, owner);
    assert.equal(given, map);
    entries.push([key, value]);
  }, owner);
  return entries;
}

// The keys and the values, which come in the same order.
function keysAndValues(map) {
  const values = map.values();
  return Array.from(map.keys(), (key) => [key, values.next().value]);
}

// ---- changes in the body of a loop; without a key of their own, to the current one ----

const CURRENT = Symbol('the current key');

function bodyOf(map, attempt) {
  return ([current], { name, args: [key, ...args] }) => {
    if (name === 'stop') return undefined;
    const call = () => map[name](key === CURRENT ? current : key, ...args);
    return outcomeOf(() => {
      const returned = attempt(call);
      return returned === map ? 'itself' : returned;
    });
  };
}

function iterate(map, [actions], { attempt }) {
  return loop(map, actions, (entry) => entry, bodyOf(map, attempt));
}

// Does what the body did to the model, and asks whether the next entry may come then.
function judgeLoop(model, steps, [actions]) {
  const iteration = new Iteration(model);
  const act = bodyOf(model, (call) => call());
  const isStopped = (i) => actions.some(({ step, name }) => step === i && name === 'stop');
  for (const [i, { seen, results }] of steps.entries()) {
    iteration.visit(...seen);
    const now = actions.filter(({ step }) => step === i);
    for (const [k, action] of now.entries()) {
      if (results[k]?.returned === FULL) continue;
      assert.deepEqual(results[k], act(seen, action));
    }
  }
  if (!isStopped(steps.length - 1)) iteration.end();
}

const iterations = new WeakMap(); // of the models

function judgeNext(model, entry) {
  const iteration = iterations.get(model) ?? new Iteration(model);
  if (entry === undefined) {
    iteration.end();
    iterations.delete(model);
  } else {
    iteration.visit(...entry);
    iterations.set(model, iteration);
  }
}

// ---- other calls ----

function set(map, [given, stored], { attempt }) {
  const returned = attempt(() => map.set(given, stored));
  return returned === map ? 'itself' : returned;
}

function compareAndSet(map, [given, wanted, stored], { attempt }) {
  const present = wanted === PRESENT ? map.get(given) : wanted;
  return attempt(() => map.compareAndSet(given, present, stored));
}

// One number of slots is as good as another, but for an empty map.
function judgeSlots(model, slots) {
  assert.equal(slots === 0, model.size === 0);
  assert.ok(slots >= model.size);
}

function setMany(map, [from, count], { attempt }) {
  for (let i = from; i < from + count; i++) {
    const key = i % 3 ? i : `a long key, number ${i}`;
    if (attempt(() => map.set(key, i % 2 ? i : `value ${i}`)) === FULL) return;
  }
}

function deleteMany(map, [from, count]) {
  let deleted = 0;
  for (let i = from; i < from + count; i++) {
    if (map.delete(i) || map.delete(`a long key, number ${i}`)) deleted++;
  }
  return deleted;
}

// What is stored is what the object was when it was set, and is another one each time.
function setAndChange(map, [key, number], { attempt }) {
  const value = { list: [number] };
  if (attempt(() => map.set(key, value)) === FULL) return FULL;
  value.list.push('changed');
  map.get(key).list.push('changed');
  return map.get(key);
}

function getOrInsert(map, [key, value], { attempt }) {
  const returned = attempt(() => map.getOrInsert(key, value));
  return { returned, isSame: Object.is(returned, value) };
}

// What the callback does first, to the key it is called for.
const COMPUTATIONS = {
  nothing: () => {},
  set: (map, key, attempt) => attempt(() => map.set(key, 'set meanwhile')),
  throw: () => fail(CALLBACK_ERROR),
};

function getOrInsertComputed(map, [key, value, first], { attempt }) {
  const given = [];
  const callback = (one) => {
    given.push(one);
    COMPUTATIONS[first](map, one, attempt);
    return value;
  };
  const returned = attempt(() => map.getOrInsertComputed(key, callback));
  return returned === FULL ? FULL : { returned, given };
}

// ---- arguments ----

// Stands for the value that the key of the call has.
const PRESENT = Symbol('the present value');

const key = fc.oneof(
  { weight: 6, arbitrary: fc.nat(12) },
  { weight: 4, arbitrary: fc.constantFrom('', 'a', 'b', '1', 'a longer key of text', '\ud800é') },
  { weight: 1, arbitrary: fc.constantFrom(NaN, -0, 0.5, -1, Infinity, 'k'.repeat(3000)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) }
);

const primitive = fc.oneof(
  { weight: 4, arbitrary: fc.nat(3) },
  { weight: 2, arbitrary: fc.double() },
  { weight: 3, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constantFrom('', 'x'.repeat(5000), 'ü\ud800'.repeat(300)) },
  { weight: 2, arbitrary: fc.constantFrom(undefined, null, true, false, 0n, -(2n ** 200n)) }
);

const object = fc.oneof(
  fc.array(fc.nat(9), { maxLength: 5 }),
  fc.anything({ maxDepth: 2, withBigInt: true, withDate: true, withMap: true, withSet: true }),
  fc.constantFrom(Float64Array.of(1.5, -0), 'text'.repeat(400).split('e'))
);

const value = fc.oneof(
  { weight: 12, arbitrary: primitive },
  { weight: 4, arbitrary: object },
  { weight: 1, arbitrary: fc.constantFrom(Symbol.iterator, isPrimitive, { no: isPrimitive }) }
);

const expected = fc.oneof(
  { weight: 4, arbitrary: fc.constant(PRESENT) },
  { weight: 3, arbitrary: primitive },
  { weight: 1, arbitrary: object }
);

const delta = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double());

const from = fc.nat(20);
const count = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 90 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1000, max: 1300 }) }
);
const any = fc.oneof({ weight: 3, arbitrary: fc.constant(CURRENT) }, { weight: 2, arbitrary: key });

const calls = {
  ...commonCalls,
  size: { run: (map) => map.size },
  length: { run: (map) => map.length, weight: 1 },
  maxHash: { run: (map) => map.maxHash, judge: judgeSlots, weight: 2 },
  get: { args: [key], weight: 6 },
  has: { args: [key] },
  set: { args: [key, value], run: set, weight: 16 },
  setMany: { args: [from, count], run: setMany, weight: 1 },
  setAndChange: { args: [key, fc.nat(9)], run: setAndChange, weight: 2 },
  delete: { args: [key], weight: 10 },
  deleteMany: { args: [from, count], run: deleteMany, weight: 1 },
  clear: { weight: 1 },
  add: { args: [key, delta], fills: true, weight: 6 },
  compareAndSet: { args: [key, expected, value], run: compareAndSet, weight: 8 },
  getOrInsert: { args: [key, value], run: getOrInsert, weight: 6 },
  getOrInsertComputed: {
    args: [key, value, fc.constantFrom(...Object.keys(COMPUTATIONS))],
    run: getOrInsertComputed,
  },
  keysAndValues: { run: keysAndValues, judge: judgeAll, weight: 1 },
  entries: { run: (map) => [...map.entries()], judge: judgeAll, weight: 1 },
  forEach: { run: forEach, judge: judgeAll, weight: 1 },
  next: { run: nextOf, judge: judgeNext, weight: 6 },
  iterate: {
    args: [
      actionsOf({
        set: [any, primitive],
        delete: [any],
        add: [any, delta],
        getOrInsert: [any, primitive],
        clear: [],
        stop: [],
      }),
    ],
    run: iterate,
    judge: judgeLoop,
    weight: 8,
  },
};

module.exports = {
  noun: 'map',
  Class: SharedMap,
  options: fc.constant({}),
  forms: {
    own: { make: (heap) => new SharedMap(heap) },
    zeroed: {
      isPlaced: true,
      needsZeros: true,
      make: (heap, options, firstBlock) => new SharedMap(heap, { firstBlock }),
    },
  },
  model: () => new MapModel({ cells: new Map(), largest: 0 }),
  placed: (firstBlock) => ({ firstBlock }),
  open: opener(SharedMap),
  reopenings,
  calls,
  length: (map) => map.size,
  read: (map) => new Map(map.entries()),
  emptyOptions: {},
  empty: (map) => map.clear(),
  mayKeep: ({ largest }) => (largest > 1024 ? [MAP_DIRECTORY] : []),
};
