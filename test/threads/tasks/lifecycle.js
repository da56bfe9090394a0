'use strict';

// What a thread does with containers until something ends it, and whether they are whole then.

const { SharedList, SharedMap, SharedString, SharedVector } = require('../../..');
const { openShared } = require('../shared');
const { element, valueOf } = require('./list');
const { anyValue, isWhole, keyOf } = require('./map');
const { anyText, isWhole: isWholeText } = require('./string');

const PAIR = { type: Int32Array, dataLength: 2 };
const MOST = 1000; // elements and entries, about

function expect(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}

// By name: how to make one; what makes it larger and what else can be done to it; a check that it
// is whole; a use that leaves it as it was.
const kinds = {
  list: {
    create: (heap) => new SharedList(heap, PAIR),
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
    create: (heap) => new SharedVector(heap, PAIR),
    grow: [(vector, random) => vector.push(element(random(500)))],
    change: [
      (vector) => vector.pop(),
      (vector, random) => vector.deleteIndex(random(vector.length + 1)),
      (vector, random) => setOne(vector, random(vector.length + 1), element(random(500))),
      (vector, random) => random(100) || vector.clear(),
    ],

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
    create: (heap) => new SharedMap(heap),
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
    create: (heap) => new SharedString(heap, ''),
    grow: [(string, random) => (string.value = anyText(random))],
    change: [(string, random) => (string.value = anyText(random))],

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
};

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
    const actions = object.length < MOST && random(2) ? grow : change;
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
  checkAndUse,
  hogList,
  kinds,
  openAndUse,
  pushToList,
  useAndWrite,
  writeAndExit,
  writeAndThrow,
  writeOnce,
};
