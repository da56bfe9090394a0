'use strict';

// What the trials work on: the same for every run and every competitor. Keys are put in in one
// shuffled order and visited in another, since a native Map that is read in the order in which it
// was filled reads memory in order.

const SEED = 20231;

// A generator of numbers from 0 to 1 (xorshift32).
function generator(seed = SEED) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function shuffle(array, next) {
  for (let i = array.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [array[i], array[j]] = [array[j], array[i]];
  }
  return array;
}

function range(count) {
  return Array.from({ length: count }, (_, i) => i);
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

// The same characters in a string object that nobody has hashed yet.
function fresh(text) {
  return Buffer.from(text, 'latin1').toString('latin1');
}

const KEYS = {
  integers: (i) => i,
  strings: (i) => fresh(`user:${String(i).padStart(7, '0')}`),
};

// `count` entries: keys[i] has the value values[i], and is visits[j] with the value answers[j].
function entries(kind, count) {
  const next = generator();
  const values = range(count);
  const keys = shuffle(range(count), next).map(KEYS[kind]);
  const order = shuffle(range(count), next);
  const visits = order.map((i) => keys[i]);
  const data = { size: count, count, keys, values, visits, answers: order };
  if (kind === 'integers') {
    data.keyArray = Int32Array.from(keys);
    data.visitArray = Int32Array.from(data.visits);
  } else {
    data.keyArray = data.keys;
    data.visitArray = data.visits;
  }
  data.valueArray = Float64Array.from(values);
  data.out = new Float64Array(count);
  return data;
}

// Entries whose keys are, at every visit, strings that were never hashed.
function freshEntries(count) {
  const data = entries('strings', count);
  data.refresh = (own) => {
    own.visits = own.visits.map(fresh);
  };
  return data;
}

// `count` numbers in order, and an order in which to visit them.
function numbers(count) {
  const values = range(count);
  const order = Int32Array.from(shuffle(range(count), generator()));
  const valueArray = Float64Array.from(values);
  return { size: count, count, values, order, valueArray, out: new Float64Array(count) };
}

// `count` numbers in no order.
function randomNumbers(count) {
  const next = generator();
  const valueArray = Float64Array.from({ length: count }, () => Math.floor(next() * 2 ** 31));
  return { size: count, count, values: Array.from(valueArray), valueArray };
}

// `count` live blocks of `bytes`, which are replaced in an order.
function blocks(count, bytes, order) {
  const places = range(count);
  if (order === 'random') shuffle(places, generator());
  return { size: count, count, bytes, order: Int32Array.from(places) };
}

// `count` texts of `length` characters, others at each turn.
function texts(count, length, firstCode) {
  const next = generator();
  const make = () => {
    const codes = Uint16Array.from({ length }, () => firstCode + Math.floor(next() * 26));
    const encoding = firstCode < 256 ? 'latin1' : 'utf16le';
    const bytes = firstCode < 256 ? Uint8Array.from(codes) : new Uint8Array(codes.buffer);
    return Buffer.from(bytes).toString(encoding);
  };
  const turns = [0, 1].map(() => range(count).map(make));
  return {
    size: count,
    count,
    length,
    names: range(count).map((i) => `name${i}`),
    texts: turns[0],
    refresh(own) {
      own.texts = turns[own.texts === turns[0] ? 1 : 0];
    },
  };
}

// `count` objects of about 1 kB of JSON: nested, with text, numbers, booleans and nulls.
function objects(count) {
  const next = generator();
  const word = () => Math.floor(next() * 2 ** 40).toString(36);
  const make = (id) => ({
    id,
    name: `${word()} ${word()}`,
    active: id % 2 === 0,
    parent: null,
    score: next(),
    tags: range(8).map(word),
    position: { x: next(), y: next(), z: next() },
    items: range(9).map((number) => ({ number, label: word(), price: next(), sold: number > 4 })),
  });
  return {
    size: count,
    count,
    names: range(count).map((i) => `object${i}`),
    objects: range(count).map(make),
  };
}

module.exports = { blocks, entries, freshEntries, numbers, objects, randomNumbers, sum, texts };
