'use strict';

const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
const { AllocatedMemory, MemoryHeap, SharedList, SharedMap, SharedString, SharedVector, getPointer } =
  require('../../..');

const kDispose = Symbol.dispose ?? Symbol.for('nodejs.dispose');

// Words of a block that tell whose it is.
function fill(memory, id, n) {
  memory.data.fill(id * 1e6 + n);
}

function isFilled(memory, id, n) {
  return memory.data.every((word) => word === id * 1e6 + n);
}

// Grows the heap by many blocks of many sizes; their pointers go into the list: id, n, pointer.
function grow({ heap, list, map }, { id, each, random, signals }) {
  for (let n = 0; n < each; n++) {
    const memory = heap.allocUI32(1 + random(n % 50 === 0 ? 20000 : 200));
    fill(memory, id, n);
    list.push([id, n, memory.pointer]);
    map.set(`${id}/${n}`, memory.byteLength);
  }
  signals.add('done');
}

// Allocates blocks of all sizes, frees them in random order, and keeps none.
function allocAndFree({ heap }, { each, random }) {
  const blocks = [];
  for (let n = 0; n < each; n++) {
    if (blocks.length > 0 && random(2)) {
      const [memory] = blocks.splice(random(blocks.length), 1);
      if (memory.data[0] !== memory.pointer) throw new Error('a block was overwritten');
      memory.free();
    } else {
      const memory = heap.allocUI32(1 + random(random(10) ? 300 : 10000));
      memory.data.fill(memory.pointer);
      blocks.push(memory);
    }
  }
  for (const memory of blocks) memory.free();
}

// The same, and does not come back from it.
function allocAndThrow(objects, args) {
  allocAndFree(objects, args);
  throw new Error('on purpose');
}

function allocAndExit(objects, args) {
  allocAndFree(objects, args);
  process.exit(0);
}

function allocAndSleep(objects, args) {
  allocAndFree(objects, args);
  args.signals.add('progress');
  args.signals.wait('stop', 1);
}

// Allocates blocks of one length and tells nobody where they are.
function allocAlike({ heap }, { each, length, signals }) {
  for (let n = 0; n < each; n++) heap.alloc(length);
  signals.add('done');
  signals.wait('stop', 1);
}

// Allocates blocks, of random lengths if none is said, for others to free, and frees those that
// others allocated.
function exchange({ heap, list }, { id, each, words, random, signals }) {
  let freed = 0;
  for (let n = 0; n < each; n++) {
    const memory = heap.allocUI32(words ?? 3 + random(random(20) ? 100 : 5000));
    fill(memory, id, n);
    list.push([id, n, memory.pointer]);
    freed += freeOne({ heap, list }) + (random(4) ? 0 : freeOne({ heap, list }));
  }
  signals.add('done');
  return freed;
}

function freeOne({ heap, list }) {
  const data = list.shift();
  if (!data) return 0;
  const memory = new AllocatedMemory(heap, getPointer(data[2]));
  if (!isFilled(memory, data[0], data[1])) throw new Error('a block was overwritten');
  memory.free();
  return 1;
}

// Frees blocks, each at the same instant as the others; returns of each whether it was first.
function freeAll({ heap }, { pointers, count, signals }) {
  const blocks = pointers.map((pointer) => new AllocatedMemory(heap, getPointer(pointer)));
  return blocks.map((memory) => {
    signals.meet(count);
    try {
      memory.free();
      return true;
    } catch (error) {
      if (error.code !== 'ERR_TH_FREED') throw error;
      return false;
    }
  });
}

// Frees one batch of blocks after the other, each at the same instant as the others; returns of each
// whether all its blocks were live.
function freeBatches({ heap }, { batches, count, signals }) {
  return batches.map((pointers) => {
    const blocks = pointers.map((pointer) => new AllocatedMemory(heap, getPointer(pointer)));
    signals.meet(count);
    try {
      heap.freeMany(blocks);
      return true;
    } catch (error) {
      if (error.code !== 'ERR_TH_FREED') throw error;
      return false;
    }
  });
}

// Allocates many blocks at once, until there is no room and after; frees all it got.
function allocBatches({ heap }, { id, each, random }) {
  let batches = 0;
  for (let n = 0; n < each; n++) {
    try {
      const blocks = heap.allocMany(1 + random(300), 12 + random(2000));
      for (const memory of blocks) fill(memory, id, n);
      if (!blocks.every((memory) => isFilled(memory, id, n))) throw new Error('overwritten');
      heap.freeMany(blocks);
      batches++;
    } catch (error) {
      if (error.code !== 'ERR_TH_OUT_OF_MEMORY') throw error;
    }
  }
  return batches;
}

// Fills one heap after the other with blocks of whole pages; returns the pointers of each.
function fillWithBlocks(_, { heaps, id, signals, count }) {
  return heaps.map((descriptor) => {
    const heap = new MemoryHeap(descriptor);
    signals.meet(count);
    const pointers = allocUntilFull(heap, id);
    signals.meet(count);
    return pointers;
  });
}

function allocUntilFull(heap, id) {
  const pointers = [];
  for (let failures = 0; failures < 5; ) {
    try {
      const memory = heap.alloc(12288);
      fill(memory, id, pointers.length);
      pointers.push(memory.pointer);
    } catch (error) {
      if (error.code !== 'ERR_TH_OUT_OF_MEMORY') throw error;
      failures++;
      continue;
    }
    if (failures > 0) throw new Error('the heap was said to be full, and was not');
  }
  return pointers;
}

// Allocates pages of one heap after the other, of each at the same instant as the others.
function allocPages(_, { heaps, each, signals, count }) {
  const opened = heaps.map((descriptor) => new MemoryHeap(descriptor));
  opened.forEach((heap) => {
    signals.meet(count);
    for (let n = 0; n < each; n++) heap.alloc(4096);
  });
}

// Fills the heap with entries and elements; returns how many of each it stored.
function fillWithContainers({ list, map, vector }, { id, signals, count }) {
  const stored = { list: 0, map: 0, vector: 0 };
  signals.meet(count);
  for (let isFull = false; !isFull; ) {
    isFull = true;
    for (const [name, action] of [
      ['list', (n) => list.push([id, n, -1])],
      ['map', (n) => map.set(`${id}/${n}`, `the value of number ${n}`)],
      ['vector', (n) => vector.push([id, n])],
    ]) {
      try {
        for (let i = 0; i < 10; i++) {
          action(stored[name]);
          stored[name]++;
        }
        isFull = false;
      } catch (error) {
        if (error.code !== 'ERR_TH_OUT_OF_MEMORY') throw error;
      }
    }
  }
  return stored;
}

// Uses the containers, disposes of its heap; returns what it can still do then.
function dispose({ heap, list, map }, { id, each }) {
  for (let n = 0; n < each; n++) {
    list.push([id, n, 0]);
    map.add('sum', 1);
  }
  heap[kDispose]();
  return [() => heap.alloc(16), () => list.push([0, 0, 0]), () => map.set('x', 1)].map(codeOf);
}

// The code of the error that a function throws.
function codeOf(f) {
  try {
    f();
  } catch (error) {
    return error.code;
  }
  return 'nothing was thrown';
}

// Adds until told to stop; returns how often.
function addUntilStopped({ map, list }, { id, signals }) {
  let adds = 0;
  for (; signals.get('stop') === 0; adds++) {
    map.add('sum', 1);
    list.push([id, adds, 0]);
    signals.add('progress');
  }
  return adds;
}

// Starts a worker that starts a worker ... each with the descriptors of its parent's objects;
// returns how many there were.
async function nest({ heap, list, map }, { depth, seed, signals }) {
  list.push([depth, 0, 0]);
  map.set(`depth ${depth}`, true);
  if (depth === 1) return 1;
  const shared = {
    heap: heap.getSharedMemory(),
    list: list.getSharedMemory(),
    map: map.getSharedMemory(),
  };
  const workerData = { task: 'heap.nest', depth: depth - 1, shared, seed, signals: signals.buffer };
  const worker = new Worker(require.resolve('../worker'), { workerData });
  await once(worker, 'message'); // it is ready
  const [message] = await once(worker, 'message');
  return message.value + 1;
}

// Opens containers in blocks that are zeroed, each at the same instant as the other threads, and
// adds to them.
function openZeroed({ heap }, { blocks, each, count, signals }) {
  const [list, vector, map, string] = blocks.map((block, i) => {
    const Class = [SharedList, SharedVector, SharedMap, SharedString][i];
    signals.meet(count + 1);
    return new Class(heap, Class === SharedString ? block : { firstBlock: block });
  });
  for (let n = 0; n < each; n++) {
    list.push(1);
    vector.push(1);
    map.add('sum', 1);
  }
  string.value = 'text';
}

// Makes a heap of its own, sends it to another worker through a port and waits for the answer.
async function makeAndSend(_, { port }) {
  const heap = new MemoryHeap({ bufferSize: 1024 });
  const start = heap.currentUsed;
  const map = new SharedMap(heap);
  port.postMessage({ heap: heap.getSharedMemory(), map: map.getSharedMemory() });
  const [key] = await once(port, 'message');
  const { size } = map;
  const value = map.get(key);
  map.free();
  port.close();
  return { size, value, used: heap.currentUsed - start };
}

// The other end of the port.
async function receiveAndUse(_, { port }) {
  const [message] = await once(port, 'message');
  const heap = new MemoryHeap(message.heap);
  const map = new SharedMap(heap, message.map);
  for (let n = 0; n < 1000; n++) map.set(n, 'x'.repeat(n));
  map.set('answer', 42);
  port.postMessage('answer');
}

// Works on a heap while its parent lets go of it, then sends descriptors of it.
function keepUsing({ heap, list }, { signals, each }) {
  while (signals.get('turn') === 0) {
    list.push([1, 1, 1]);
    list.shift();
    signals.add('progress');
  }
  for (let n = 0; n < each; n++) list.push([n, n, n]);
  return { heap: heap.getSharedMemory(), list: list.getSharedMemory() };
}

// Makes a heap with a list; returns descriptors, and keeps nothing.
function make() {
  const heap = new MemoryHeap();
  const list = new SharedList(heap);
  for (let n = 0; n < 1000; n++) list.push(n);
  return { heap: heap.getSharedMemory(), list: list.getSharedMemory() };
}

module.exports = {
  addUntilStopped,
  allocAlike,
  allocAndExit,
  allocAndFree,
  allocAndSleep,
  allocAndThrow,
  allocPages,
  dispose,
  exchange,
  fillWithBlocks,
  fillWithContainers,
  allocBatches,
  freeAll,
  freeBatches,
  freeOne,
  grow,
  isFilled,
  keepUsing,
  make,
  makeAndSend,
  nest,
  openZeroed,
  receiveAndUse,
};
