'use strict';

const { LocalSharedMemory, MemoryHeap, SharedList, SharedMap, SharedVector } = require('../../..');
const { instantiate } = require('../../helpers/module');

// Adds 1 `each` times to an i32: threads with an even id by the module, the others in JavaScript.
function count(objects, { memory: plain, id, each, offset, maximum, reserve }) {
  const memory = LocalSharedMemory.from(plain, { reserve });
  const { add } = instantiate(memory, { maximum });
  for (let i = 0; i < each; i++) {
    if (id % 2 === 0) add(offset, 1);
    else memory.add(Int32Array, offset / 4, 1);
  }
}

// Fills its part of an array, which the module adds up in another thread.
function fillPart(objects, { memory: plain, id, each, offset, reserve }) {
  const memory = LocalSharedMemory.from(plain, { reserve });
  memory.arrayView(Int32Array, offset + id * each * 4, each).fill(id + 1);
}

function mark(memory, offset, byteLength, id) {
  memory.memset(offset, id + 1, byteLength);
}

function isMarked(memory, offset, byteLength, id) {
  return memory.arrayView(Uint8Array, offset, byteLength).every((byte) => byte === id + 1);
}

// Allocates, resizes and frees at random, and looks after its blocks; frees all in the end.
function churn(objects, { memory: plain, id, each, random, reserve }) {
  const memory = LocalSharedMemory.from(plain, { reserve });
  const blocks = new Map(); // offset to length
  const add = (offset, length) => {
    if (blocks.has(offset)) throw new Error(`${offset} was handed out twice`);
    mark(memory, offset, length, id);
    blocks.set(offset, length);
  };
  const take = (offset) => {
    const length = blocks.get(offset);
    if (memory.sizeof(offset) !== length) throw new Error(`${offset} has another length`);
    if (!isMarked(memory, offset, length, id)) throw new Error(`${offset} was overwritten`);
    blocks.delete(offset);
    return length;
  };
  for (let i = 0; i < each; i++) {
    const [offset] = blocks.keys();
    const length = 1 + random(random(4) === 0 ? 20000 : 200);
    const way = random(5);
    if (offset === undefined || way > 2) {
      add(memory.malloc(length, 2 ** random(8)), length);
    } else if (way === 2) {
      const kept = Math.min(take(offset), length);
      const moved = memory.realloc(offset, length);
      if (!isMarked(memory, moved, kept, id)) throw new Error('realloc lost bytes');
      add(moved, length);
    } else {
      take(offset);
      memory.free(offset);
    }
  }
  for (const offset of [...blocks.keys()]) {
    take(offset);
    memory.free(offset);
  }
}

// Allocates and tells of each block at once, by signal; the memory grows all the time.
function tellOffsets(objects, { memory: plain, each, signals }) {
  const memory = LocalSharedMemory.from(plain);
  for (let i = 1; i <= each; i++) {
    const offset = memory.malloc(65536);
    memory.setUint32(offset + 65532, i);
    signals.set('turn', offset);
    signals.spin('reply', i);
  }
}

// Makes the allocator of a plain memory, at the same time as others.
function ensure(objects, { memory: plain, id, count: threads, signals }) {
  signals.meet(threads + 1);
  const memory = LocalSharedMemory.from(plain);
  const offset = memory.malloc(64);
  mark(memory, offset, 64, id);
  return offset;
}

// Allocates until it is terminated.
function mallocForever(objects, { memory: plain, signals }) {
  const memory = LocalSharedMemory.from(plain);
  for (;;) {
    const offsets = Array.from({ length: 100 }, (_, i) => memory.malloc(i + 1));
    for (const offset of offsets) memory.free(offset);
    signals.add('progress');
  }
}

// Uses containers in the memory.
function useContainers(objects, { heap: descriptor, map, list, vector, id, each }) {
  const heap = new MemoryHeap(descriptor);
  const ownMap = new SharedMap(heap, map);
  const ownList = new SharedList(heap, list);
  const ownVector = new SharedVector(heap, vector);
  for (let i = 0; i < each; i++) {
    ownMap.set(`${id}/${i}`, `a value of some length ${i}`);
    ownList.push(id * each + i);
    ownVector.push(id * each + i);
    ownMap.add('sum', 1);
  }
  return { sum: heap.isClone, length: ownList.length };
}

// Makes the memory one page longer whenever it is told to, without a call of the package.
function growAlong(objects, { memory, each, signals }) {
  for (let turn = 1; turn <= each; turn++) {
    signals.wait('turn', turn);
    memory.grow(1);
    signals.set('reply', turn);
  }
}

module.exports = {
  churn,
  count,
  ensure,
  fillPart,
  growAlong,
  mallocForever,
  tellOffsets,
  useContainers,
};
