'use strict';

// The loops of competitors that have the interface of threadheap or of a native Map. A competitor
// gets its own copy of a loop, made from the source, so a loop uses nothing but its parameters.
// What a loop returns is checked.

const map = {
  set: (container, { keys, values, count }) => {
    for (let i = 0; i < count; i++) container.set(keys[i], values[i]);
  },
  get: (container, { visits, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.get(visits[i]);
    return sum;
  },
  update: (container, { visits, values, count }) => {
    for (let i = 0; i < count; i++) container.set(visits[i], values[i]);
  },
  delete: (container, { visits, count }) => {
    let deleted = 0;
    for (let i = 0; i < count; i++) if (container.delete(visits[i])) deleted++;
    return deleted;
  },
  // What was put in, in the order in which it was.
  readBack: (container, { keys, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.get(keys[i]);
    return sum;
  },
  // How many are still there of what was visited.
  left: (container, { visits, count }) => {
    let left = 0;
    for (let i = 0; i < count; i++) if (container.get(visits[i]) !== undefined) left++;
    return left;
  },
};

const mapBatches = {
  setMany: (container, { keyArray, valueArray }) => {
    container.setMany(keyArray, valueArray);
  },
  getMany: (container, { visitArray, out, count }) => {
    container.getMany(visitArray, out);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += out[i];
    return sum;
  },
  deleteMany: (container, { visitArray }) => {
    container.deleteMany(visitArray);
  },
};

// The same for who has no such methods.
const mapLoopsForBatches = {
  setMany: (container, { keyArray, valueArray, count }) => {
    for (let i = 0; i < count; i++) container.set(keyArray[i], valueArray[i]);
  },
  getMany: (container, { visitArray, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.get(visitArray[i]);
    return sum;
  },
  deleteMany: (container, { visitArray, count }) => {
    for (let i = 0; i < count; i++) container.delete(visitArray[i]);
  },
};

const push = (container, { values, count }) => {
  for (let i = 0; i < count; i++) container.push(values[i]);
};

const list = {
  push,
  shift: (container, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.shift()[0];
    return sum;
  },
  deleteHead: (container, { count }) => {
    let deleted = 0;
    for (let i = 0; i < count; i++) if (container.deleteIndex(0)) deleted++;
    return deleted;
  },
  iterate: (container) => {
    let sum = 0;
    for (const { data } of container) sum += data[0];
    return sum;
  },
  toArray: (container) => {
    let sum = 0;
    const array = container.toArray();
    for (let i = 0; i < array.length; i++) sum += array[i];
    return sum;
  },
  toGivenArray: (container, { out }) => {
    let sum = 0;
    const array = container.toArray(out);
    for (let i = 0; i < array.length; i++) sum += array[i];
    return sum;
  },
  deleteValue: (container, { order, count }) => {
    let deleted = 0;
    for (let i = 0; i < count; i++) if (container.deleteValue(order[i])) deleted++;
    return deleted;
  },
  pushMany: (container, { valueArray }) => {
    container.pushMany(valueArray);
  },
};

const vector = {
  push,
  pop: (container, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.pop()[0];
    return sum;
  },
  get: (container, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.get(i);
    return sum;
  },
  getShuffled: (container, { order, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.get(order[i]);
    return sum;
  },
  set: (container, { order, values, count }) => {
    for (let i = 0; i < count; i++) container.set(order[i], values[i]);
  },
  iterate: (container) => {
    let sum = 0;
    for (const element of container) sum += element[0];
    return sum;
  },
  chunks: (container) => {
    let sum = 0;
    for (const chunk of container.chunks()) {
      for (let i = 0; i < chunk.length; i++) sum += chunk[i];
    }
    return sum;
  },
  pushMany: (container, { valueArray }) => {
    container.pushMany(valueArray);
  },
  setMany: (container, { valueArray }) => {
    container.setMany(0, valueArray);
  },
  sort: (container) => {
    container.sort();
  },
  sum: (container) => container.sum(),
  min: (container) => container.min(),
  max: (container) => container.max(),
  fill: (container) => {
    container.fill(7);
  },
  indexOf: (container, { values, count }) => container.indexOf(values[count - 1]),
  // A sum that also says in which order the elements are.
  weigh: (container) => {
    let sum = 0;
    let i = 0;
    for (const element of container) sum += element[0] * (i++ % 97);
    return sum;
  },
};

// Of a container of which array[i] is a number.
const indexed = {
  get: (array, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += array[i];
    return sum;
  },
  getShuffled: (array, { order, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += array[order[i]];
    return sum;
  },
  set: (array, { order, values, count }) => {
    for (let i = 0; i < count; i++) array[order[i]] = values[i];
  },
  weigh: (array) => {
    let sum = 0;
    for (let i = 0; i < array.length; i++) sum += array[i] * (i % 97);
    return sum;
  },
};

// A container of blocks is { blocks, next, ... }: one is freed, and one allocated in its place, in
// an order that goes on from round to round.
const block = {
  replace: (container, { bytes, order, count }) => {
    const { heap, blocks } = container;
    let { next } = container;
    for (let i = 0; i < count; i++) {
      const place = order[next];
      if (++next === order.length) next = 0;
      blocks[place].free();
      blocks[place] = heap.allocUI32(bytes / 4);
    }
    container.next = next;
    return blocks.length;
  },
  replaceMany: (container, { bytes, count }) => {
    container.heap.freeMany(container.blocks);
    container.blocks = container.heap.allocMany(count, bytes);
    return container.blocks.length;
  },
};

const lock = {
  pairs: ({ take, unlock, words }, { count }) => {
    for (let i = 0; i < count; i++) {
      take(words);
      unlock(words);
    }
    return words[0];
  },
};

// Containers of texts are cells with a `value`, or have `get` and `set` by name. A cell is read
// through another object than it is written through, as another thread would.
const cells = {
  set: ({ writers }, { texts, count }) => {
    for (let i = 0; i < count; i++) writers[i].value = texts[i];
  },
  get: ({ readers }, { count, length }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += readers[i].value.charCodeAt(length - 1);
    return sum;
  },
};

const namedTexts = {
  set: (container, { names, texts, count }) => {
    for (let i = 0; i < count; i++) container.set(names[i], texts[i]);
  },
  get: (container, { names, count, length }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.get(names[i]).charCodeAt(length - 1);
    return sum;
  },
};

const namedObjects = {
  set: (container, { names, objects, count }) => {
    for (let i = 0; i < count; i++) container.set(names[i], objects[i]);
  },
  get: (container, { names, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += container.get(names[i]).id;
    return sum;
  },
  readBack: (container, { names, count }) => {
    const read = [];
    for (let i = 0; i < count; i++) read.push(container.get(names[i]));
    return read;
  },
};

// Of containers whose properties are the objects.
const propertyObjects = {
  set: (container, { names, objects, count }) => {
    for (let i = 0; i < count; i++) container[names[i]] = objects[i];
  },
  // All of it: what a property of the container is reads nothing yet.
  get: (container, { names, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += JSON.parse(JSON.stringify(container[names[i]])).id;
    return sum;
  },
  readBack: (container, { names }) =>
    names.map((name) => JSON.parse(JSON.stringify(container[name]))),
};

module.exports = {
  block,
  cells,
  indexed,
  list,
  lock,
  map,
  mapBatches,
  mapLoopsForBatches,
  namedObjects,
  namedTexts,
  propertyObjects,
  vector,
};
