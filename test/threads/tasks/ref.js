'use strict';

const { MapRef, NumberRef, StringRef, StructFactory, VectorRef } = require('../../..');
const { refs } = require('../../helpers/refs');

const PLACES = 8;

// What a call throws as its code, or returns.
function outcome(call) {
  try {
    return call();
  } catch (error) {
    if (error.code === undefined) throw error;
    return error.code;
  }
}

// Makes a value of each class, and a map that holds them all; returns its id.
function makeAll() {
  const map = new MapRef();
  for (const { Class, create } of refs) map.set(Class.name, create());
  return map.id;
}

// Reads all of them.
function readAll(objects, { map }) {
  const all = new MapRef(map);
  return refs.map(({ Class, read }) => read(all.get(Class.name)));
}

// Drops each id; returns which it was the one to drop.
function dropAll(objects, { ids, count, signals }) {
  signals.meet(count + 1);
  return ids.map(([name, id]) => {
    const { Class } = refs.find((kind) => kind.Class.name === name);
    const result = outcome(() => new Class(id).drop());
    if (result !== undefined && result !== 'ERR_TH_FREED') throw new Error(result);
    return result === undefined;
  });
}

// Uses a value until it is dropped; returns the code of the error that says so.
function useUntilDropped(objects, { name, ref, signals }) {
  const { Class, methods } = refs.find((kind) => kind.Class.name === name);
  const uses = Object.keys(methods)
    .filter((method) => method !== 'drop')
    .map((method) => methods[method]);
  for (;;) {
    for (const use of uses) {
      const result = outcome(() => use(new Class(ref)));
      if (typeof result === 'string' && /^ERR_/.test(result)) return result;
    }
    signals.add('progress');
  }
}

// Puts values up at a few places, each with a text that no other has, and takes those of others
// down. Who reads one finds that text, or that it was dropped.
function takeTurns(objects, { map: mapId, random, turns }) {
  const map = new MapRef(mapId);
  const made = [];
  let dropped = 0;
  for (let turn = 0; turn < turns; turn++) {
    const place = `place ${random(PLACES)}`;
    const found = outcome(() => map.get(place));
    if (found instanceof StringRef && turn % 3 !== 0) {
      const text = outcome(() => found.obtainValue());
      if (text !== `text ${found.id}` && text !== 'ERR_TH_FREED' && text !== '') {
        throw new Error(`${text} in ${found.id}`);
      }
      if (random(2) === 0 && outcome(() => found.drop()) === undefined) dropped++;
    } else {
      const string = new StringRef();
      string.setValue(`text ${string.id}`);
      map.set(place, string);
      made.push(string.id);
    }
  }
  return { made, dropped };
}

// Asks for the same names as the others at the same time; returns what it got.
function nameTogether(objects, { names, count, signals }) {
  return names.map((name) => {
    signals.meet(count + 1);
    return MapRef.named(name).id;
  });
}

// The same names as values of this thread's own class; returns which were refused.
function nameDifferently(objects, { names, count, id, signals }) {
  return names.map((name) => {
    signals.meet(count + 1);
    return outcome(() => refs[id % refs.length].named(name).id);
  });
}

// Makes, changes and drops named values until it is ended.
function nameAndDrop(objects, { names, random, signals }) {
  signals.add('done');
  for (;;) {
    const kind = refs[random(refs.length)];
    const value = outcome(() => kind.named(names[random(names.length)]));
    if (!(value instanceof kind.Class)) continue;
    const methods = Object.values(kind.methods);
    outcome(() => methods[random(methods.length)](value));
    signals.add('progress');
  }
}

// Sets keys of its own in a map that the others fill, too.
function fillMap(objects, { map: mapId, id, keys }) {
  const map = new MapRef(mapId);
  const numbers = new VectorRef();
  for (let i = 0; i < keys; i++) {
    const number = NumberRef.from(i * 1000 + id);
    numbers.push(number);
    map.set(`${id}: ${i}`, number);
  }
  for (let i = 0; i < keys; i++) {
    if (map.get(`${id}: ${i}`).obtainValue() !== i * 1000 + id) throw new Error(`${i} was lost`);
  }
  return numbers.id;
}

// Fills a vector that the others fill, too.
function fillVector(objects, { vector: vectorId, number, pushes }) {
  const vector = new VectorRef(vectorId);
  const item = new NumberRef(number);
  for (let i = 0; i < pushes; i++) vector.push(item);
  for (let i = 0; i < pushes; i++) if (vector.index(i).id !== number) throw new Error(`${i}`);
}

// Replaces the text by one letter repeated, and reads what others put there, whole.
function writeAndRead(objects, { string: stringId, struct, random, turns }) {
  const string = new StringRef(stringId);
  const Shape = new StructFactory({ text: 'string' });
  const proxy = Shape.connect_proxy(struct);
  for (let turn = 0; turn < turns; turn++) {
    const letter = String.fromCharCode(0x61 + random(26), 0x61)[0];
    const text = letter.repeat(50 + (letter.charCodeAt(0) % 7) * 100);
    if (turn % 2 === 0) string.setValue(text);
    else proxy.text = text;
    for (const read of [string.obtainValue(), proxy.text]) {
      if (read !== read[0].repeat(50 + (read.charCodeAt(0) % 7) * 100)) throw new Error(read);
    }
  }
}

// Makes and drops texts so large that the heap has to grow.
function growHeap(objects, { id, count, signals }) {
  signals.meet(count + 1);
  const text = `${id}`.repeat(300_000);
  const strings = Array.from({ length: 20 }, () => StringRef.from(text));
  for (const string of strings) {
    if (string.obtainValue() !== text) throw new Error('another text');
    string.drop();
  }
}

module.exports = {
  dropAll,
  fillMap,
  fillVector,
  growHeap,
  makeAll,
  nameAndDrop,
  nameDifferently,
  nameTogether,
  readAll,
  takeTurns,
  useUntilDropped,
  writeAndRead,
};
