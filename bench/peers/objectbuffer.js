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
  ...loops.propertyObjects,
};

module.exports = {
  objectbuffer: {
    load: () => require('@bnaya/objectbuffer'),
    largest: { vector: 1000 },
    vector,
    object,
  },
};
