'use strict';

const loops = require('../loops');

const BYTES = 2 ** 26;

function create({ createObjectBuffer }, initial) {
  const tools = {
    textEncoder: new TextEncoder(),
    textDecoder: new TextDecoder(),
    arrayAdditionalAllocation: 0,
  };
  return createObjectBuffer(tools, BYTES, initial, { useSharedArrayBuffer: true });
}

const vector = {
  create: (library) => create(library, { array: [] }).array,
  push: loops.vector.push,
  ...loops.indexed,
};

const object = {
  create: (library) => create(library, {}),
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
  objectbuffer: {
    load: () => require('@bnaya/objectbuffer'),
    largest: { vector: 1000 },
    vector,
    object,
  },
};
