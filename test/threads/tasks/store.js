'use strict';

const { SharedObjectStore } = require('../../..');

// Objects of which each says what text is in it, so that a torn one shows: many of the same size, so
// that they take each other's memory.
const LETTERS = 'abcdefghij';

function anyObject(random) {
  const letter = LETTERS[random(LETTERS.length)];
  const length = [1, 40, 41, 3000][random(4)];
  return { letter, length, text: letter.repeat(length), at: { letter: [letter] } };
}

// Also the objects that are only a number.
function isWhole({ n, letter, length, text, at }) {
  if (n !== undefined) return true;
  return text === letter.repeat(length) && at.letter[0] === letter;
}

function nameOf(n) {
  return n % 2 ? `name ${n}` : `a rather longer name of an object, number ${n}`;
}

// The object of a name, or undefined.
function find(store, name) {
  try {
    return store.get(name);
  } catch (error) {
    if (error.code !== 'ERR_TH_UNKNOWN_NAME') throw error;
    return undefined;
  }
}

// Sets and deletes a few names until told to stop.
function write({ store }, { names, random, signals }) {
  while (signals.get('stop') === 0) {
    const name = nameOf(random(names));
    if (random(3) === 0) store.delete(name);
    else store.set(name, anyObject(random));
    signals.add('progress');
  }
}

// Gets them until told to stop; returns how many were there and how many were not.
function read({ store }, { names, random, signals }) {
  const counts = [0, 0];
  while (signals.get('stop') === 0) {
    const name = nameOf(random(names));
    const object = find(store, name);
    counts[object ? 0 : 1]++;
    if (object && !isWhole(object)) throw new Error(`torn: ${JSON.stringify(object)}`);
    if (random(50) > 0) continue;
    const seen = new Map(store);
    for (const each of seen.values()) {
      if (!isWhole(each)) throw new Error(`torn: ${JSON.stringify(each)}`);
    }
  }
  return counts;
}

// Sets the names that are this thread's own.
function setOwn({ store }, { each, id }) {
  for (let n = 0; n < each; n++) store.set(nameOf(id * each + n), { n: id * each + n });
}

// Opens the store from its memory map alone, reads, and sets what others can read.
function openMap(_, { sharedMem, memoryMap, id }) {
  const store = SharedObjectStore.fromMemoryMap(sharedMem, memoryMap);
  const names = [...store.keys()].filter((name) => name in memoryMap);
  const objects = names.map((name) => store.get(name));
  store.set(`of thread ${id}`, { id });
  return objects;
}

// Reads while another thread counts up; what it reads is never older than what is known to be in.
function readRising({ store }, { last, signals }) {
  let reads = 0;
  for (let before = 0; before < last; reads++) {
    const known = signals.get('progress');
    const { n } = store.get('n');
    if (n < known) throw new Error(`${n} after ${known} was set`);
    if (n < before) throw new Error(`${n} after ${before} was read`);
    before = n;
  }
  return reads;
}

// Opens stores from memory maps that are out of date by now.
function openStale({ heap }, { memoryMaps, signals }) {
  const outcomes = { found: 0, unknown: 0 };
  for (let i = 0; signals.get('stop') === 0; i = (i + 1) % memoryMaps.length) {
    const store = SharedObjectStore.fromMemoryMap(heap, memoryMaps[i]);
    for (const name of Object.keys(memoryMaps[i])) {
      const object = find(store, name);
      outcomes[object ? 'found' : 'unknown']++;
      if (object && (object.name !== name || !isWhole(object))) {
        throw new Error(`${name} is ${JSON.stringify(object)}`);
      }
    }
    signals.add('progress');
  }
  return outcomes;
}

// Writes until the store is freed; returns the code of the error that says so.
function writeUntilFreed({ store }, { random, signals }) {
  try {
    for (;;) {
      store.set(nameOf(random(100)), anyObject(random));
      signals.add('progress');
    }
  } catch (error) {
    return error.code;
  }
}

module.exports = {
  anyObject,
  find,
  isWhole,
  nameOf,
  openMap,
  openStale,
  read,
  readRising,
  setOwn,
  write,
  writeUntilFreed,
};
