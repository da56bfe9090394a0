'use strict';

const loops = require('../loops');

const SPARE = 1.5; // places for each entry: its table does not grow, and slows down when it is full
const NUMBER_CHARS = 10;

// Keys and values are text. One that fills its place runs into the next: so 2 chars more.
function create(SharedMap, entries, keyChars, valueChars) {
  return new SharedMap(Math.ceil(entries * SPARE), keyChars + 2, valueChars + 2);
}

const map = {
  create: (SharedMap, { size, keys }) =>
    create(SharedMap, size, Math.max(NUMBER_CHARS, String(keys[0]).length), NUMBER_CHARS),
  set: (container, { keys, values, count }) => {
    for (let i = 0; i < count; i++) container.set(String(keys[i]), String(values[i]));
  },
  get: (container, { visits, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += Number(container.get(String(visits[i])));
    return sum;
  },
  update: (container, { visits, values, count }) => {
    for (let i = 0; i < count; i++) container.set(String(visits[i]), String(values[i]));
  },
  // It does not say whether the key was there.
  delete: (container, { visits, count }) => {
    const before = container.length;
    for (let i = 0; i < count; i++) container.delete(String(visits[i]));
    return before - container.length;
  },
  share: (container) => container,
  // It arrives as the plain object that is left of it.
  join: (SharedMap, container) => Object.setPrototypeOf(container, SharedMap.prototype),
  readBack: (container, { keys, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += Number(container.get(String(keys[i])));
    return sum;
  },
};

const object = {
  create: (SharedMap, { size }) => create(SharedMap, size, NUMBER_CHARS, 1200),
  set: (container, { names, objects, count }) => {
    for (let i = 0; i < count; i++) container.set(names[i], JSON.stringify(objects[i]));
  },
  get: (container, { names, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += JSON.parse(container.get(names[i])).id;
    return sum;
  },
  readBack: (container, { names, count }) => {
    const read = [];
    for (let i = 0; i < count; i++) read.push(JSON.parse(container.get(names[i])));
    return read;
  },
};

module.exports = {
  sharedmap: {
    load: () => require('sharedmap'),
    slow: { 'map.delete': 5000 },
    largest: { map: 1e5 }, // a million would take minutes
    map,
    text: {
      create: (SharedMap, { size, length }) => create(SharedMap, size, NUMBER_CHARS, length),
      ...loops.namedTexts,
    },
    object,
    memory: {
      entries: (SharedMap, { size, keyOf }) =>
        map.create(SharedMap, { size, keys: [keyOf(0)] }).storage.byteLength / size,
    },
  },
};
