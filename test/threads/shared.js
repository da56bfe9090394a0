'use strict';

// Sends a set of shared objects to another thread: { heap, list, map ... } to descriptors and back.

const threadheap = require('../..');

const CLASSES = {
  block: threadheap.AllocatedMemory,
  list: threadheap.SharedList,
  map: threadheap.SharedMap,
  other: threadheap.SharedMap, // a second one
  store: threadheap.SharedObjectStore,
  string: threadheap.SharedString,
  vector: threadheap.SharedVector,
};

function describeShared(objects) {
  return Object.fromEntries(
    Object.entries(objects).map(([name, object]) => [name, object.getSharedMemory()])
  );
}

function openShared({ heap: descriptor, ...others }) {
  if (descriptor === undefined) return {};
  const heap = new threadheap.MemoryHeap(descriptor);
  const objects = { heap };
  for (const [name, other] of Object.entries(others)) {
    objects[name] = new CLASSES[name](heap, other);
  }
  return objects;
}

module.exports = { describeShared, openShared };
