'use strict';

const { availableParallelism } = require('node:os');
const loops = require('../loops');

const BYTES = 2 ** 26;

// It reads navigator, which Node.js 20 does not have.
function load() {
  globalThis.navigator ??= { hardwareConcurrency: availableParallelism() };
  return import('multithreading');
}

const vector = {
  create: ({ SharedJsonBuffer }) => new SharedJsonBuffer([], { size: BYTES }),
  push: loops.vector.push,
  ...loops.indexed,
};

const object = {
  create: ({ SharedJsonBuffer }) => new SharedJsonBuffer({}, { size: BYTES }),
  ...loops.propertyObjects,
};

module.exports = {
  multithreading: {
    load,
    slow: { 'vector.get': 1000, 'vector.getShuffled': 1000 },
    vector,
    object,
    lock: {
      create: ({ Mutex }) => new Mutex(),
      pairs: (mutex, { count }) => {
        for (let i = 0; i < count; i++) mutex.blockingLock().dispose();
        return 0;
      },
    },
  },
};
