'use strict';

const { MessageChannel, receiveMessageOnPort } = require('node:worker_threads');
const loops = require('../loops');

const load = () => require('../..');

// One heap for all containers of a process.
const heaps = new WeakMap();
function heapFor(threadheap) {
  if (!heaps.has(threadheap)) heaps.set(threadheap, new threadheap.MemoryHeap());
  return heaps.get(threadheap);
}

function onHeap(name, options) {
  return {
    methodsOf: (made) => made,
    create: (threadheap) => new threadheap[name](heapFor(threadheap), options),
    dispose: (made) => made.free(),
  };
}

const DOUBLES = { type: Float64Array };

const sharedMap = {
  ...onHeap('SharedMap'),
  ...loops.map,
  ...loops.mapBatches,
  share: (made) => ({ heap: heapFor(load()).getSharedMemory(), made: made.getSharedMemory() }),
  join: ({ MemoryHeap, SharedMap }, { heap, made }) => new SharedMap(new MemoryHeap(heap), made),
};

const text = {
  create({ MemoryHeap, SharedString }, { count }) {
    const heap = new MemoryHeap();
    const writers = Array.from({ length: count }, () => new SharedString(heap, ''));
    const readers = writers.map((cell) => new SharedString(heap, cell.getSharedMemory()));
    return { writers, readers };
  },
  ...loops.cells,
};

function liveBlocks(heap, { size, bytes }) {
  return { heap, next: 0, blocks: Array.from({ length: size }, () => heap.allocUI32(bytes / 4)) };
}

const block = {
  methodsOf: ({ heap }) => heap,
  create: ({ MemoryHeap }, data) => liveBlocks(new MemoryHeap(), data),
  share: ({ heap }) => heap.getSharedMemory(),
  join: ({ MemoryHeap }, shared, data) => liveBlocks(new MemoryHeap(shared), data),
  ...loops.block,
};

const memoryUse = {
  entries({ MemoryHeap, SharedMap }, { size, keyOf }) {
    const heap = new MemoryHeap();
    const before = heap.currentUsed;
    const made = new SharedMap(heap);
    for (let i = 0; i < size; i++) made.set(keyOf(i), i);
    return (heap.currentUsed - before) / made.size;
  },
  // With what the heap needs for itself.
  empty: ({ MemoryHeap }) => new MemoryHeap().buffers[0].buf.byteLength,
};

const lock = {
  create({ MemoryHeap, lock: take, unlock }) {
    const { data } = new MemoryHeap().allocUI32(1);
    return { take, unlock, words: new Int32Array(data.buffer, data.byteOffset, 1) };
  },
  pairs: loops.lock.pairs,
};

const handover = {
  create({ MemoryHeap, SharedMap }, { keys, values }) {
    const heap = new MemoryHeap();
    const map = new SharedMap(heap);
    keys.forEach((key, i) => map.set(key, values[i]));
    const descriptor = { heap: heap.getSharedMemory(), map: map.getSharedMemory() };
    const { port1, port2 } = new MessageChannel();
    return { descriptor, map, MemoryHeap, SharedMap, receiveMessageOnPort, port1, port2 };
  },
  hand: ({ descriptor, MemoryHeap, SharedMap, receiveMessageOnPort: receive, port1, port2 }) => {
    port1.postMessage(descriptor);
    const { heap, map } = receive(port2).message;
    return new SharedMap(new MemoryHeap(heap), map).size;
  },
  dispose: ({ port1 }) => port1.close(),
};

const store = {
  create: ({ MemoryHeap, SharedObjectStore }) =>
    new SharedObjectStore(new MemoryHeap(), { codec: 'json' }),
  ...loops.namedObjects,
};

const rawBlocks = {
  create({ LocalSharedMemory }, { size, bytes }) {
    const memory = new LocalSharedMemory(1, 1024, true);
    return { memory, next: 0, blocks: Array.from({ length: size }, () => memory.malloc(bytes)) };
  },
  replace: (container, { bytes, order, count }) => {
    const { memory, blocks } = container;
    let { next } = container;
    for (let i = 0; i < count; i++) {
      const place = order[next];
      if (++next === order.length) next = 0;
      memory.free(blocks[place]);
      blocks[place] = memory.malloc(bytes);
    }
    container.next = next;
    return blocks.length;
  },
};

module.exports = {
  threadheap: {
    load,
    map: sharedMap,
    list: { ...onHeap('SharedList', DOUBLES), ...loops.list },
    vector: { ...onHeap('SharedVector', DOUBLES), ...loops.vector },
    object: { ...onHeap('SharedMap'), ...loops.namedObjects },
    text,
    block,
    lock,
    handover,
    memory: memoryUse,
  },
  'threadheap SharedObjectStore': { load, object: store },
  'threadheap LocalSharedMemory': { load, block: rawBlocks },
};
