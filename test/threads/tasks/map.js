'use strict';

const { SharedMap } = require('../../..');

const LETTERS = 'abcdxäßλ語😀'.match(/./gu);
const LENGTHS = [0, 1, 3, 4, 7, 8, 9, 16, 40, 200, 201, 1000, 1001, 1002];
const STYLES = [
  (n) => `k${n}`,
  (n) => `user:${n}`,
  (n) => `/path/to/file_${n}.txt`,
  (n) => n * 7919 - 2 ** 31,
  (n) => n + 0.5,
];

// Key number n: the forms that programs use.
function keyOf(n) {
  return STYLES[n % STYLES.length](n);
}

// One letter repeated, an integer, or an array of one number repeated: whole or visibly torn.
function anyValue(random) {
  const kind = random(10);
  if (kind < 3) return random(2 ** 31);
  if (kind < 4) return new Array(random(20)).fill(random(1000));
  return LETTERS[random(LETTERS.length)].repeat(LENGTHS[random(LENGTHS.length)]);
}

function isWhole(value) {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0;
  if (Array.isArray(value)) return value.every((n) => n === value[0]);
  if (typeof value !== 'string') return false;
  const [letter = ''] = value;
  const times = value.length / (letter.length || 1);
  return LENGTHS.includes(times) && value === letter.repeat(times);
}

// Sets keys id * each ... (id + 1) * each - 1, and reads each back.
function set({ map }, { id, each }) {
  for (let n = id * each; n < (id + 1) * each; n++) {
    map.set(keyOf(n), n);
    if (map.get(keyOf(n)) !== n) throw new Error(`key ${keyOf(n)} was lost`);
  }
}

// Deletes the same; returns how many were there.
function remove({ map }, { id, each }) {
  let deleted = 0;
  for (let n = id * each; n < (id + 1) * each; n++) deleted += map.delete(keyOf(n)) ? 1 : 0;
  return deleted;
}

// Does what it likes to keys of its own, and compares with a Map; returns the entries at the end.
function own({ map }, { id, each, random, keys }) {
  const model = new Map();
  for (let i = 0; i < each; i++) {
    const key = keyOf(id * keys + random(keys));
    const value = anyValue(random);
    switch (random(8)) {
      case 0:
      case 1:
        if (map.delete(key) !== model.delete(key)) throw new Error(`delete ${key}`);
        break;
      case 2:
        if (map.has(key) !== model.has(key)) throw new Error(`has ${key}`);
        break;
      case 3:
        if (!model.has(key)) model.set(key, value);
        check(map.getOrInsert(key, value), model.get(key));
        break;
      default:
        map.set(key, value);
        model.set(key, value);
    }
    check(map.get(key), model.get(key));
  }
  return [...model];
}

function check(actual, expected) {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

// Counts up: one key that everybody wants, and some that only some want.
function add({ map }, { each, random }) {
  for (let i = 0; i < each; i++) {
    map.add('hot', 1);
    map.add(`warm ${random(8)}`, 1);
  }
}

// Counts up without add: reads, and replaces if nobody was faster.
function compareAndSet({ map }, { each, key, toText }) {
  const show = (n) => (toText ? `this is number ${n}` : n);
  for (let i = 0; i < each; ) {
    const now = map.get(key);
    const n = toText ? Number(now.slice(now.lastIndexOf(' '))) : now;
    if (map.compareAndSet(key, now, show(n + 1))) i++;
  }
}

// Inserts every key; returns what it was told is there.
function getOrInsert({ map }, { id, each }) {
  const told = [];
  for (let n = 0; n < each; n++) told.push(map.getOrInsert(keyOf(n), `of thread ${id}`));
  return told;
}

// Sets keys to values of every kind until told to stop.
function writeValues({ map }, { keys, random, signals }) {
  while (signals.get('stop') === 0) {
    map.set(keyOf(random(keys)), anyValue(random));
    signals.add('progress');
  }
}

// Reads the same; returns how many it read.
function readValues({ map }, { keys, random, signals }) {
  for (let reads = 0; ; reads++) {
    if (signals.get('stop') === 1) return reads;
    const key = keyOf(random(keys));
    const value = map.get(key);
    if (!isWhole(value)) throw new Error(`torn value of ${key}: ${value}`);
  }
}

// What number `round` of a key is in readNumbers.
function numberOf(key, round) {
  return key + round * 2 ** 20;
}

// Keys that readers look up without a call: integers, or texts of up to 14 units.
function shortKeyOf(n, isText) {
  return isText ? String(n).padStart(n % 15, 'k') : n;
}

// Gives such keys numbers that tell which key they are of, and other values, and takes them away.
function changeNumbers({ map }, { keys, isText, random, signals }) {
  for (let round = 1; signals.get('stop') === 0; round++) {
    const n = random(keys);
    const key = shortKeyOf(n, isText);
    const way = random(1000);
    if (way < 700) map.set(key, numberOf(n, random(1000)));
    else if (way < 750) map.set(key, 'x'.repeat(random(12)));
    else if (way < 999) map.delete(key);
    else map.clear();
    signals.add('progress');
  }
}

// Reads the same; returns how many numbers it found.
function readNumbers({ map }, { keys, isText, random, signals }) {
  for (let found = 0; ; ) {
    if (signals.get('stop') === 1) return found;
    const n = random(keys);
    const value = map.get(shortKeyOf(n, isText));
    if (typeof value !== 'number') continue;
    found++;
    if (!Number.isInteger(value) || value % 2 ** 20 !== n) throw new Error(`${n} has ${value}`);
  }
}

// Has one of two maps hold a number at a time, so that the table of one is where that of the other
// has been.
function alternate({ map, other }, { signals }) {
  const hold = (holder, number) => {
    for (let i = 0; i < 30; i++) holder.set(7, number);
    holder.delete(7);
  };
  while (signals.get('stop') === 0) {
    hold(map, 1);
    hold(other, 2);
    signals.add('progress');
  }
}

// Reads the first; returns how often the number was there.
function readOnes({ map }, { signals }) {
  for (let found = 0; ; ) {
    if (signals.get('stop') === 1) return found;
    const value = map.get(7);
    if (value === 1) found++;
    else if (value !== undefined) throw new Error(`the other map has ${value}`);
  }
}

// Sets keys from `first` on and deletes some of them again until told to stop.
function churn({ map }, { id, count, first, random, signals }) {
  const mine = (n) => keyOf(first + n * count + id);
  for (let next = 0; signals.get('stop') === 0; next++) {
    map.set(mine(next), 'x'.repeat(random(30)));
    if (random(50) === 0) {
      for (let n = next - random(next + 1); n <= next; n++) map.delete(mine(n));
    } else if (random(3) === 0) {
      map.delete(mine(random(next + 1)));
    }
    signals.add('progress');
  }
}

// Reads keys that are there all the time until told to stop; returns how often it read all.
function readStaying({ map }, { stay, signals }) {
  for (let reads = 0; ; reads++) {
    for (let n = 0; n < stay; n++) {
      if (signals.get('stop') === 1 && reads > 0) return reads;
      const value = map.get(keyOf(n));
      if (value !== n) throw new Error(`${keyOf(n)} is ${value}`);
      if (!map.has(keyOf(n))) throw new Error(`${keyOf(n)} is not there`);
    }
  }
}

// Looks at one map after the other while others fill them: neither its size nor what it has of the
// first keys may fall.
function watch({ heap }, { descriptors, signals }) {
  descriptors.forEach((descriptor, i) => {
    const map = new SharedMap(heap, descriptor);
    for (let last = 0, key = 0; signals.get('turn') <= i; ) {
      const { size } = map;
      if (size < last) throw new Error(`size fell from ${last} to ${size}`);
      last = size;
      if (map.has(keyOf(key))) key++;
      else if (key > 0 && !map.has(keyOf(key - 1))) throw new Error(`${keyOf(key - 1)} went away`);
      if (key > 10) key = 1;
    }
  });
}

// Sets keys of its own in one map after the other, of each at the same instant as the others.
function setInEach({ heap }, { descriptors, id, count, each, signals }) {
  const maps = descriptors.map((descriptor) => new SharedMap(heap, descriptor));
  for (const map of maps) {
    signals.meet(count + 1);
    for (let n = id * each; n < (id + 1) * each; n++) map.set(keyOf(n), n);
  }
}

// At each turn deletes the keys from `stay` to `end` of one map and inserts many others.
function replaceAtTurns({ heap }, { descriptors, stay, end, signals }) {
  descriptors.forEach((descriptor, i) => {
    const map = new SharedMap(heap, descriptor);
    signals.wait('turn', i + 1);
    for (let n = stay; n < end; n++) map.delete(keyOf(n));
    for (let n = end; n < end + 2000; n++) map.set(keyOf(n), n);
    signals.set('reply', i + 1);
  });
}

// Makes a map with few keys rebuild its table again and again, until told to stop. What it stores
// takes the memory of the tables.
function rebuild({ map }, { id, random, signals }) {
  while (signals.get('stop') === 0) {
    for (let n = 0; n < 10; n++) map.set(`${id}/${n}`, 'r'.repeat(500 + random(3000)));
    for (let n = 0; n < 10; n++) map.delete(`${id}/${n}`);
    signals.add('progress');
  }
}

// Sets, and clears now and then.
function setAndClear({ map }, { id, each, random }) {
  for (let i = 0; i < each; i++) {
    map.set(keyOf(id * each + i), anyValue(random));
    if (random(2000) === 0) map.clear();
  }
}

// Writes until the map is freed; returns the code of the error that says so.
function writeUntilFreed({ map }, { random, signals }) {
  try {
    for (;;) {
      map.set(keyOf(random(5000)), anyValue(random));
      if (random(4) === 0) map.delete(keyOf(random(5000)));
      signals.add('progress');
    }
  } catch (error) {
    return error.code;
  }
}

module.exports = {
  add,
  alternate,
  anyValue,
  changeNumbers,
  churn,
  compareAndSet,
  getOrInsert,
  isWhole,
  keyOf,
  own,
  readNumbers,
  readOnes,
  readStaying,
  readValues,
  rebuild,
  remove,
  replaceAtTurns,
  set,
  setAndClear,
  setInEach,
  watch,
  writeUntilFreed,
  writeValues,
};
