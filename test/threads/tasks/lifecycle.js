'use strict';

// What a thread does with containers until something ends it, and whether they are whole then.

const { SharedList, SharedMap, SharedObjectStore, SharedString, SharedVector, getPointer } =
  require('../../..');
const { openShared } = require('../shared');
const { element, valueOf } = require('./list');
const { anyValue, isWhole, keyOf } = require('./map');
const { anyObject, isWhole: isWholeObject, nameOf: objectName } = require('./store');
const { anyText, isWhole: isWholeText } = require('./string');

const PAIR = { type: Int32Array, dataLength: 2 };
const MOST = 1000; // elements and entries, about

function expect(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}

// By name: the class; what makes one larger and what else can be done to it; how long it is, asked in
// every way that takes no lock; a check that it is whole; a use that leaves it as it was.
const kinds = {
  list: {
    Class: SharedList,
    config: PAIR,
    grow: [(list, random) => list.push(element(random(500)))],
    change: [
      (list) => list.pop(),
      (list) => list.shift(),
      (list, random) => list.deleteIndex(random(list.length + 1)),
      (list, random) => list.deleteValue(element(random(500))),
      (list, random) => deleteFirst(list, random(500)),
      (list, random) => deleteSome(list, random),
      (list, random) => random(100) || list.clear(),
    ],

    lengths: (list) => [list.length],

    check(list) {
      const flat = list.toArray();
      expect('elements', flat.length / 2, list.length);
      const values = Array.from(list, ({ data }) => valueOf(data));
      expect('iterated', values.length, list.length);
      values.forEach((value, i) => expect(`element ${i}`, flat[2 * i], value));
      for (let i = 1; i <= Math.min(20, values.length); i++) {
        expect(`element -${i}`, list.at(-i)[0], values.at(-i));
      }
    },

    use(list) {
      const { length } = list;
      list.push(element(-1));
      expect('last', list.at(-1)[0], -1);
      list.push(element(-2));
      expect('deleted', list.deleteValue(element(-1)), true);
      expect('popped', list.pop()[0], -2);
      expect('length', list.length, length);
    },
  },

  vector: {
    Class: SharedVector,
    config: PAIR,
    grow: [(vector, random) => vector.push(element(random(500)))],
    change: [
      (vector) => vector.pop(),
      (vector, random) => vector.deleteIndex(random(vector.length + 1)),
      (vector, random) => setOne(vector, random(vector.length + 1), element(random(500))),
      (vector, random) => random(100) || vector.clear(),
    ],

    lengths: (vector) => [vector.length, vector.get(0) === 1 ? vector.length : 0],

    check(vector) {
      const flat = vector.toTypedArray();
      expect('elements', flat.length / 2, vector.length);
      const values = Array.from(vector, valueOf);
      expect('iterated', values.length, vector.length);
      values.forEach((value, i) => expect(`element ${i}`, flat[2 * i], value));
      expect('in views', vector.chunks().reduce((sum, { length }) => sum + length, 0), flat.length);
    },

    use(vector) {
      const { length } = vector;
      const index = vector.push(element(-1));
      expect('index', index, length);
      vector.set(index, element(-2));
      expect('set', vector.get(index), -2);
      vector.push(element(-3));
      expect('deleted', vector.deleteIndex(index), true);
      expect('popped', vector.pop()[0], -3);
      expect('length', vector.length, length);
    },
  },

  map: {
    Class: SharedMap,
    grow: [
      (map, random) => map.set(keyOf(random(2 * MOST)), anyValue(random)),
      (map, random) => map.getOrInsert(keyOf(random(2 * MOST)), anyValue(random)),
    ],
    change: [
      (map, random) => map.set(keyOf(random(2 * MOST)), anyValue(random)),
      (map, random) => map.delete(keyOf(random(2 * MOST))),
      (map) => map.add('sum', 1),
      (map, random) => map.compareAndSet('text', map.get('text'), 'c'.repeat(8 + random(2))),
      (map, random) => random(100) || map.clear(),
    ],

    lengths: (map) => [map.size, map.get('size'), map.has('size') ? map.size : 0],

    check(map) {
      const entries = [...map];
      expect('entries', entries.length, map.size);
      expect('keys', new Set(map.keys()).size, map.size);
      for (const [key, value] of entries) {
        if (!isWhole(value)) throw new Error(`torn value of ${key}: ${value}`);
        expect(`value of ${key}`, JSON.stringify(map.get(key)), JSON.stringify(value));
      }
    },

    use(map) {
      const { size } = map;
      for (let i = 0; i < 100; i++) map.set(`new ${i}`, 'n'.repeat(i));
      expect('size', map.size, size + 100);
      for (let i = 0; i < 100; i++) expect('value', map.get(`new ${i}`), 'n'.repeat(i));
      for (let i = 0; i < 100; i++) expect('deleted', map.delete(`new ${i}`), true);
      expect('size', map.size, size);
    },
  },

  string: {
    Class: SharedString,
    config: '',
    grow: [(string, random) => (string.value = anyText(random))],
    change: [(string, random) => (string.value = anyText(random))],

    lengths: (string) => [string.value.length, string.length],

    check(string) {
      const { value } = string;
      if (!isWholeText(value)) throw new Error(`torn text: ${value}`);
      expect('length', string.length, value.length);
    },

    use(string) {
      const { value } = string;
      string.value = 'used';
      expect('text', string.value, 'used');
      string.value = value;
    },
  },

  store: {
    Class: SharedObjectStore,
    config: { codec: 'json' },
    grow: [(store, random) => store.set(objectName(random(MOST)), anyObject(random))],
    change: [
      (store, random) => store.set(objectName(random(MOST)), anyObject(random)),
      (store, random) => store.delete(objectName(random(MOST))),
      (store, random) => random(100) || store.clear(),
    ],

    lengths: (store) => [store.size, store.has('size') ? store.get('size').n : 0],

    check(store) {
      const entries = [...store];
      expect('entries', entries.length, store.size);
      expect('places', Object.keys(store.getMemoryMap()).length, store.size);
      for (const [name, object] of entries) {
        if (!isWholeObject(object)) throw new Error(`torn object: ${JSON.stringify(object)}`);
        expect(`object ${name}`, JSON.stringify(store.get(name)), JSON.stringify(object));
      }
    },

    use(store) {
      const { size } = store;
      store.set('used', { n: 5 });
      expect('object', store.get('used').n, 5);
      expect('size', store.size, size + 1);
      expect('deleted', store.delete('used'), true);
    },
  },
};

function create(heap, name) {
  const { Class, config } = kinds[name];
  return new Class(heap, config);
}

function deleteFirst(list, value) {
  list.deleteMatch((data) => data[0] === value);
}

function deleteSome(list, random) {
  let left = random(10);
  for (const item of list) {
    if (left-- === 0) return;
    if (random(2)) item.deleteCurrent();
  }
}

// Another thread may have made it shorter.
function setOne(vector, index, value) {
  try {
    vector.set(index, value);
  } catch (error) {
    if (error.code !== 'ERR_TH_ARG_RANGE') throw error;
  }
}

// Does one thing to each container.
function writeOnce(objects, random) {
  for (const [name, { grow, change }] of Object.entries(kinds)) {
    const object = objects[name];
    if (!object) continue;
    const actions = lengthOf(object) < MOST && random(2) ? grow : change;
    actions[random(actions.length)](object, random);
  }
}

// Uses what an earlier thread left, and then writes; never ends by itself.
function useAndWrite(objects, { left, random, signals }) {
  if (left) checkAndUse(openShared(left));
  signals.add('done');
  for (;;) {
    writeOnce(objects, random);
    signals.add('progress');
  }
}

// Writes that often and then calls `end`, which does not return, in the middle of something.
function writeAndEnd(objects, { times, random, signals }, end) {
  for (let i = 0; i < times; i++) {
    writeOnce(objects, random);
    signals.add('progress');
  }
  const way = random(3);
  if (way === 0 && objects.list) objects.list.deleteMatch(end);
  if (way === 1 && objects.map) objects.map.forEach(end);
  if (objects.vector) objects.vector.forEach(end);
  end();
}

function writeAndThrow(objects, args) {
  writeAndEnd(objects, args, () => {
    throw new Error('on purpose');
  });
}

function writeAndExit(objects, args) {
  writeAndEnd(objects, args, () => process.exit(3));
}

// What a thread that comes afterwards finds and does.
function checkAndUse(objects) {
  for (const [name, { check, use }] of Object.entries(kinds)) {
    const object = objects[name];
    if (!object) continue;
    check(object);
    use(object);
    check(object);
  }
}

// The same in a thread that opens them only now.
function openAndUse(_, { left }) {
  checkAndUse(openShared(left));
}

// Asks each container, until it is freed, how long it is, and hears the same until then.
function readUntilFreed({ heap }, { all, signals }) {
  for (const { name, descriptor, length } of all) {
    const { Class, check, lengths } = kinds[name];
    const container = new Class(heap, descriptor);
    signals.add('done');
    try {
      for (let reads = 1; ; reads++) {
        lengths(container).forEach((n, i) => expect(`length ${i} of a ${name}`, n, length));
        if (reads % 100 === 0) check(container);
      }
    } catch (error) {
      if (error.code !== 'ERR_TH_FREED') throw error;
    }
  }
}

// Makes a container about that long; returns how long it is then.
function fill(container, name, length) {
  if (name === 'string') container.value = length % 2 ? 'e'.repeat(9) : '文'.repeat(1500);
  if (name === 'map') container.set('size', length);
  if (name === 'store') container.set('size', { n: length });
  while (lengthOf(container) < length && name !== 'string') {
    if (name === 'map') container.set(container.size, 'x');
    else if (name === 'store') container.set(`${container.size}`, { n: 1 });
    else container.push(element(1));
  }
  return lengthOf(container);
}

function lengthOf(container) {
  return container.length ?? container.size;
}

const POSTS = 8;

// A signpost to a container: [number, address] and, at byte 8, its generation. The number tells the
// kind, and is in the container, too; 0 while the rest is being written.
function post(block, i) {
  return { words: block.getArray(Uint32Array, 4 * i, 2), id: block.getArray(Float64Array, 2 * i + 1, 1) };
}

function nameOf(number) {
  const names = Object.keys(kinds);
  return names[number % names.length];
}

function point({ words, id }, container, number) {
  Atomics.store(words, 0, 0);
  Atomics.store(words, 1, container.pointer);
  id[0] = container.getSharedMemory().generation;
  Atomics.store(words, 0, number);
}

// Makes container number `number`, in which it says so.
function createNumbered(heap, number) {
  const container = create(heap, nameOf(number));
  numbered[nameOf(number)].write(container, number);
  return container;
}

// How a container says its number, which nobody else writes: others may write before it does.
const numbered = {
  list: {
    write: (list, number) => list.push([number, 0]),
    has: (list, number) => list.toArray().includes(number),
  },
  vector: {
    write: (vector, number) => vector.push([number, 0]),
    has: (vector, number) => vector.toTypedArray().includes(number),
  },
  map: {
    write: (map, number) => map.set('number', number),
    has: (map, number) => map.get('number') === number,
  },
  string: {
    write: (string, number) => (string.value = `number ${number}`),
    has: (string, number) => string.value === `number ${number}`,
  },
  store: {
    write: (store, number) => store.set('number', { n: number }),
    has: (store, number) => store.get('number').n === number,
  },
};

// Follows signposts, to containers that may be others or none by now. What it opens by generation
// must be what was meant. Returns how that went, and how often.
function follow({ heap, block }, { random, signals }) {
  const posts = Array.from({ length: POSTS }, (_, i) => post(block, i));
  const outcomes = {};
  while (signals.get('stop') === 0) {
    const { words, id } = posts[random(POSTS)];
    const number = Atomics.load(words, 0);
    const address = getPointer(Atomics.load(words, 1));
    const byGeneration = random(2) === 1;
    const rest = byGeneration ? { generation: id[0] } : {};
    const isSettled = number !== 0 && Atomics.load(words, 0) === number;
    const isSure = byGeneration && isSettled;
    const outcome = look(heap, number, { ...address, ...rest }, { isSure, random });
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    signals.add('progress');
  }
  return outcomes;
}

function look(heap, number, { generation, ...address }, { isSure, random }) {
  const name = nameOf(number);
  const rest = generation === undefined ? {} : { generation };
  const descriptor = name === 'string' ? { ...address, ...rest } : { firstBlock: address, ...rest };
  try {
    const container = new kinds[name].Class(heap, descriptor);
    if (isSure && !numbered[name].has(container, number)) return `another than ${name} ${number}`;
    if (name !== 'string') kinds[name].grow[0](container, random);
    return 'written';
  } catch (error) {
    return error.code ?? error.message;
  }
}

// Holds the lock of a long list nearly all the time: searches it for what is not there.
function hogList({ list }, { signals }) {
  while (signals.get('stop') === 0) {
    list.deleteValue([1, 1]);
    signals.add('turn');
  }
}

function pushToList({ list }, { signals }) {
  for (;;) {
    list.push(element(1));
    signals.add('progress');
  }
}

module.exports = {
  POSTS,
  checkAndUse,
  create,
  createNumbered,
  fill,
  follow,
  hogList,
  kinds,
  openAndUse,
  point,
  post,
  pushToList,
  readUntilFreed,
  useAndWrite,
  writeAndExit,
  writeAndThrow,
  writeOnce,
};
