'use strict';

// Elements are [value, ~value], so that one put together from two shows.

function element(value) {
  return [value, ~value];
}

function valueOf(data) {
  if (data[1] !== ~data[0]) throw new Error(`torn element ${data[0]}, ${data[1]}`);
  return data[0];
}

// Pushes values id * each + 1 ... (id + 1) * each, and finds each where push said; returns where.
function push({ vector }, { id, each }) {
  const indexes = [];
  for (let i = 1; i <= each; i++) {
    const value = id * each + i;
    const index = vector.push(element(value));
    if (vector.get(index) !== value) throw new Error(`${value} is not at ${index}`);
    indexes.push(index);
  }
  return indexes;
}

// Pushes batches of the values of `push`, and finds each where pushMany said; returns where.
function pushMany({ vector }, { id, each, batch }) {
  const indexes = [];
  for (let i = 0; i < each; i += batch) {
    const values = Array.from({ length: batch }, (_, j) => id * each + i + j + 1);
    const index = vector.pushMany(values.flatMap(element));
    if (vector.get(index) !== values[0]) throw new Error(`${values[0]} is not at ${index}`);
    indexes.push(index);
  }
  return indexes;
}

// Pushes the values of `push`, and sorts now and then.
function pushAndSort({ vector }, { id, each }) {
  for (let i = 1; i <= each; i++) {
    vector.push(element(id * each + i));
    if (i % 50 === 0) vector.sort(i % 2);
  }
}

// Pushes the same and pops about two thirds as often; returns what it popped.
function pushAndPop({ vector }, { id, each, random }) {
  const popped = [];
  for (let i = 1; i <= each; i++) {
    vector.push(element(id * each + i));
    if (random(3) === 0) continue;
    const data = vector.pop();
    if (data) popped.push(valueOf(data));
  }
  return popped;
}

// Sets every element whose index leaves `id` when divided by the number of threads, several times.
function setOwn({ vector }, { id, count, rounds }) {
  const { length } = vector;
  for (let round = 1; round <= rounds; round++) {
    for (let i = id; i < length; i += count + 1) vector.set(i, element(round * length + i));
  }
}

// Sets all components of random elements to the same number, while another reads copies.
function setSame({ vector }, { random, signals }) {
  while (signals.get('stop') === 0) {
    vector.set(random(vector.length), new Array(vector.dataLength).fill(random(1e9)));
    signals.add('progress');
  }
}

// Sets all components of all elements to the same number at once, while another reads copies.
function setAllSame({ vector }, { random, signals }) {
  const { length, dataLength } = vector;
  while (signals.get('stop') === 0) {
    vector.setMany(0, new Array(length * dataLength).fill(random(1e9)));
    signals.add('progress');
  }
}

// Deletes elements from random places until none is left; returns how many.
function deleteAll({ vector }, { random }) {
  let deleted = 0;
  for (let { length } = vector; length > 0; { length } = vector) {
    if (vector.deleteIndex(random(length))) deleted++;
  }
  return deleted;
}

// Pushes elements of equal components, none of them zero, until there are enough.
function pushUntil({ vector }, { id, most }) {
  for (let i = 1; vector.length < most; i++) {
    vector.push(new Array(vector.dataLength).fill(id * most + i));
  }
}

function checkEqual(data) {
  if (data[0] !== 0 && data.every((component) => component === data[0])) return;
  throw new Error(`an element that was not written yet: ${data}`);
}

// Reads what was pushed last, and now and then all there is, until told to stop; returns how often.
function read({ vector }, { signals }) {
  let reads = 0;
  for (; signals.get('stop') === 0; reads++) {
    const { length } = vector;
    if (vector.get(length - 1, vector.dataLength - 1) === 0) throw new Error('0 was read');
    if (reads % 10000 > 0) continue;
    const seen = Array.from(vector, checkEqual);
    if (seen.length < length) throw new Error(`${seen.length} of ${length} elements`);
  }
  return reads;
}

// Pushes, pops and clears.
function mix({ vector }, { each, random }) {
  for (let i = 0; i < each; i++) {
    vector.push(element(i));
    if (random(4) === 0) vector.pop();
    if (random(500) === 0) vector.clear();
  }
}

// Adds 1 to every element through views, that many times.
function addThroughViews({ vector }, { rounds }) {
  for (let round = 0; round < rounds; round++) {
    for (const chunk of vector.chunks()) {
      for (let i = 0; i < chunk.length; i++) Atomics.add(chunk, i, 1);
    }
  }
}

// Pushes until the vector is freed; returns the code of the error that says so.
function pushUntilFreed({ vector }, { signals }) {
  try {
    for (;;) {
      vector.push(element(1));
      signals.add('progress');
    }
  } catch (error) {
    return error.code;
  }
}

module.exports = {
  addThroughViews,
  deleteAll,
  element,
  mix,
  push,
  pushAndPop,
  pushAndSort,
  pushMany,
  pushUntil,
  pushUntilFreed,
  read,
  setAllSame,
  setOwn,
  setSame,
  valueOf,
};
