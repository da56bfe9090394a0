'use strict';

// A list is an Array of typed arrays. Its views are those arrays.

const fc = require('fast-check');
const { SharedList } = require('../../..');
const { CALLBACK_ERROR, FULL } = require('./call');
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

class ListModel extends Model {
  className = 'SharedList';
  onDelete = undefined;

  get type() {
    return this.state.type;
  }

  get dataLength() {
    return this.state.dataLength;
  }

  get length() {
    return this.state.elements.length;
  }

  push(values) {
    this.state.elements.push(elementFor(this, values));
  }

  insert(values) {
    this.push(values);
  }

  pushMany(values) {
    this.state.elements.push(...elementsFor(this, values));
  }

  at(at) {
    checkIndex(at);
    return this.state.elements.at(at);
  }

  shift() {
    return this.state.elements.shift();
  }

  pop() {
    return this.state.elements.pop();
  }

  deleteIndex(at) {
    checkIndex(at);
    return this.#delete(this.state.elements[at]);
  }

  // NaN equals NaN, and 0 equals -0, as Array.prototype.includes has it.
  deleteValue(values) {
    const wanted = elementFor(this, values);
    const count = typeof values === 'object' ? this.dataLength : 1;
    const isEqual = (element) =>
      element.subarray(0, count).every((component, i) => [wanted[i]].includes(component));
    return this.#delete(this.state.elements.find(isEqual));
  }

  deleteMatch(callback) {
    return this.#delete(this.state.elements.find((element, i) => callback(element, i)));
  }

  forEach(callback) {
    this.state.elements.forEach((element, i) => callback(element, i));
  }

  toArray() {
    return joined(this, this.state.elements);
  }

  clear() {
    if (this.onDelete) this.#drain();
    else this.state.elements.length = 0;
  }

  free() {
    if (this.onDelete) this.#drain();
    super.free();
  }

  *[Symbol.iterator]() {
    let at = 0;
    for (const element of [...this.state.elements]) {
      if (!this.state.elements.includes(element)) continue;
      let isDeleted = false;
      yield {
        data: element,
        index: at,
        deleteCurrent: () => {
          const isRemoved = this.#delete(element);
          isDeleted ||= isRemoved;
          return isRemoved;
        },
      };
      if (!isDeleted) at++;
    }
  }

  #delete(element) {
    const at = this.state.elements.indexOf(element);
    if (at < 0) return false;
    this.state.elements.splice(at, 1);
    this.onDelete?.(element);
    return true;
  }

  #drain() {
    for (let left = this.length; left > 0 && this.length > 0; left--) {
      this.#delete(this.state.elements[0]);
    }
  }
}

// ---- callbacks ----

const deletions = new WeakMap(); // what the onDelete of each handle was told

function deletionsOf(list) {
  if (!deletions.has(list)) deletions.set(list, []);
  return deletions.get(list);
}

const WATCHERS = {
  none: () => undefined,
  log: (list) => (data) => deletionsOf(list).push(data),
  throwing: (list) => (data) => {
    deletionsOf(list).push(data);
    if (Number(data[0]) === 1) fail(CALLBACK_ERROR);
  },
  shifting: (list) => (data) => deletionsOf(list).push(data, list.shift()),
};

function clearWhilePushing(list, [values], { attempt }) {
  list.onDelete = () => attempt(() => list.push(values));
  try {
    list.clear();
  } finally {
    list.onDelete = undefined;
  }
}

// ---- iterations ----

const items = new WeakMap(); // the last item of each handle's kept iteration

function next(list) {
  const item = nextOf(list);
  items.set(list, item);
  return item && { data: item.data.slice(), index: item.index };
}

// `length` so that it says when the list was freed.
function deleteKept(list) {
  const item = items.get(list);
  return item ? item.deleteCurrent() : list.length;
}

const bodyOf = (list, attempt) => (item, { name, args }) => {
  if (name === 'stop') return undefined;
  if (name === 'deleteCurrent') return item.deleteCurrent();
  return name === 'push' ? attempt(() => list.push(...args)) : list[name](...args);
};

function iterate(list, [actions], { attempt }) {
  const look = ({ data, index: at }) => ({ data: data.slice(), at });
  return loop(list, actions, look, bodyOf(list, attempt));
}

// Deletes all but each n-th element.
function thin(list, [n]) {
  let at = 0;
  for (const { deleteCurrent } of list) if (at++ % n !== 0) deleteCurrent();
}

function deleteMatch(list, [number, last]) {
  const seen = [];
  const isFound = list.deleteMatch((data, at) => {
    seen.push(data.slice(), at);
    return Number(data[0]) === number || at === last;
  });
  return { isFound, seen };
}

function forEach(list) {
  const seen = [];
  list.forEach((data, at) => seen.push(data.slice(), at));
  return seen;
}

function pushOften(list, [count], { attempt }) {
  for (let i = 0; i < count; i++) {
    if (attempt(() => list.push(scalarFor(list, i % 100))) === FULL) return;
  }
}

const isShort = (model) => model.length < 600;

const calls = {
  ...commonCalls,
  ...viewCalls((model, element) => model.state.elements.includes(element)),
  push: { args: [value], fills: true, weight: 12 },
  insert: { args: [value], fills: true },
  pushMany: { args: [batch], fills: true, when: isShort, weight: 6 },
  pushOften: { args: [fc.integer({ min: 1, max: 400 })], run: pushOften, when: isShort, weight: 1 },
  length: { run: (list) => list.length },
  type: { run: (list) => list.type, worksFreed: true, weight: 1 },
  dataLength: { run: (list) => list.dataLength, worksFreed: true, weight: 1 },
  at: { args: [index] },
  shift: {},
  pop: {},
  deleteIndex: { args: [index], weight: 10 },
  deleteValue: { args: [value], weight: 8 },
  deleteMatch: { args: [fc.nat(3), fc.nat(9)], run: deleteMatch },
  forEach: { run: forEach, weight: 2 },
  toArray: { weight: 2 },
  clear: { weight: 2 },
  clearWhilePushing: {
    args: [value],
    run: clearWhilePushing,
    when: (model) => !model.isFreed,
    weight: 1,
  },
  watch: {
    args: [fc.constantFrom(...Object.keys(WATCHERS))],
    run: (list, [name]) => void (list.onDelete = WATCHERS[name](list)),
    worksFreed: true,
  },
  isWatched: { run: (list) => typeof list.onDelete, worksFreed: true, weight: 1 },
  told: { run: (list) => deletionsOf(list).splice(0), worksFreed: true },
  next: { run: next, weight: 6 },
  deleteKept: { run: deleteKept },
  thin: { args: [fc.integer({ min: 1, max: 9 })], run: thin, weight: 1 },
  iterate: {
    args: [
      actionsOf({
        push: [value],
        shift: [],
        pop: [],
        deleteIndex: [index],
        deleteValue: [value],
        deleteCurrent: [],
        clear: [],
        stop: [],
      }),
    ],
    run: iterate,
    weight: 6,
  },
};

const DEFAULTS = { type: 'Uint32Array', dataLength: 1 };

module.exports = {
  noun: 'list',
  Class: SharedList,
  options: fc.record({ type, dataLength }),
  forms: {
    own: { make: (heap, options) => new SharedList(heap, withType(options)) },
    block: {
      isPlaced: true,
      make: (heap, options, initWithBlock) =>
        new SharedList(heap, { ...withType(options), initWithBlock }),
    },
    zeroed: {
      isPlaced: true,
      needsZeros: true,
      adapt: () => DEFAULTS,
      make: (heap, options, firstBlock) => new SharedList(heap, { firstBlock }),
    },
  },
  model: (options) =>
    new ListModel({
      type: typeNumber(options.type),
      dataLength: options.dataLength,
      elements: [],
    }),
  placed: (firstBlock) => ({ firstBlock }),
  open: opener(SharedList),
  reopenings,
  calls,
  length: (list) => list.length,
  read: (list) => list.toArray(),
  emptyOptions: DEFAULTS,
  empty: (list) => {
    list.onDelete = undefined;
    list.clear();
  },
};
