'use strict';

// How handles of containers are made from descriptors.

const fc = require('fast-check');

const WAYS = {
  whole: (descriptor) => descriptor,
  json: (descriptor) => JSON.parse(JSON.stringify(descriptor)),
  bare: ({ heapId: _id, generation: _generation, ...place }) => place,
};

const opener = (Class) => (heap, handle, { way = 'whole', ...options } = {}) =>
  new Class(heap, { ...WAYS[way](handle.getSharedMemory()), ...options });

const reopenings = fc.record({ way: fc.constantFrom(...Object.keys(WAYS)) });

module.exports = { opener, reopenings };
