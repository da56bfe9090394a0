'use strict';

// A program: overwrites a heap while it is used. node overwrite.js <way> <seed> <rounds>
//
// The ways are those of ways.js, each of which overwrites the heap in bursts between calls; "any",
// one of these in each round; and "beside", where another thread overwrites it during the calls.
// Prints the seed of each round, and how many bursts there were in the end.
//
// Ends with status 0 if every call returned or threw an error of this package and nothing outside
// the heap has changed. A call that crashes takes only this process with it; one that hangs is left
// to the caller's time limit.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { AllocatedMemory, MemoryHeap, SharedList, SharedMap, SharedString, SharedVector, getPointer } =
  require('../../lib');
const { HEADER_SIZE } = require('../../lib/binding');
const { attempt } = require('./attempt');
const { dispose } = require('./check');
const { classes } = require('./classes');
const { Guards } = require('./guards');
const { Overwriter } = require('./overwriter');
const { Random } = require('./random');
const tenants = require('./tenants');
const { WAYS } = require('./ways');

const BURSTS = 6; // in a round

// Puts objects of every class into the array, as many as can be made.
function makeObjects(heap, objects) {
  const add = (object) => objects[objects.push(object) - 1];
  for (const { create } of classes) {
    add(create(heap));
    add(create(heap));
  }
  const long = add(new SharedList(heap, { type: Int8Array, dataLength: 5 }));
  for (let i = 0; i < 400; i++) long.push([i, i]);
  const vector = add(new SharedVector(heap, { bufferLength: 1 }));
  for (let i = 0; i < 400; i++) vector.push(i);
  const map = add(new SharedMap(heap));
  for (let i = 0; i < 300; i++) {
    map.set(i, `value ${i}`).set(`a long key, number ${i}`, i % 3 ? i : { i: [i] });
  }
  const large = add(new SharedMap(heap));
  for (let i = 0; i < 1500; i++) large.set(i, i);
  const block = add(heap.allocUI32(16));
  add(new SharedList(heap, { initWithBlock: block }));
  add(new SharedVector(heap, { firstBlock: block.getArrayMemory(4) }));
  add(new SharedMap(heap, { firstBlock: block.getArrayMemory(8) }));
  add(new SharedString(heap, { ...block.getArrayMemory(12), value: 'text' }));
}

// Calls with arguments that are not always the same.
function useMore(random, object) {
  const index = random.below(random.pick([5, 500, 2 ** 32]));
  const key = random.pick([index, `a long key, number ${index}`, random.text(20)]);
  if (object instanceof SharedList || object instanceof SharedVector) {
    attempt('at', () => {
      const data = object.at(index);
      data?.fill(data[0]);
    });
    attempt('deleteIndex', () => object.deleteIndex(index));
    attempt('push', () => object.push([]));
  }
  if (object instanceof SharedVector) attempt('get', () => object.get(index));
  if (object instanceof SharedList) {
    attempt('deleteCurrent', () => {
      for (const { deleteCurrent } of object) if (random.chance(0.1)) deleteCurrent();
    });
  }
  if (object instanceof SharedMap) {
    attempt('get', () => object.get(key));
    attempt('set', () => object.set(key, random.pick([index, random.text(50), [index]])));
    attempt('delete', () => object.delete(random.below(400)));
  }
}

const kindOf = (object) => classes.find(({ Class }) => object instanceof Class);

function useAll(random, objects, withFree) {
  for (const object of objects) {
    const { Class, methods } = kindOf(object);
    for (const key of random.shuffle(Reflect.ownKeys(methods))) {
      if (['free', 'clear', 'deleteMatch'].includes(key) && !withFree) continue;
      attempt(`${Class.name}.${String(key)}`, () => methods[key](object));
    }
    useMore(random, object);
    attempt(`inspecting a ${Class.name}`, () => inspect(object));
  }
}

function reopen(heap, objects) {
  for (const object of objects) {
    const { Class, block, withBlock } = kindOf(object);
    attempt(`opening a ${Class.name}`, () => {
      const other = new Class(heap, withBlock(block(object.getSharedMemory()), {}));
      inspect(other);
    });
    attempt(`opening another ${Class.name}`, () => {
      inspect(new Class(heap, withBlock(getPointer(object.pointer), {})));
    });
  }
}

// Blocks that were cleared and put aside before are as the overwriting left them. So many of another
// length take their place.
function usePutAside(heap) {
  for (let i = 0; i < 100; i++) heap.alloc(32).free();
}

// The allocator and what is made from now on are as sound as ever.
function checkSound(heap) {
  usePutAside(heap);
  const before = heap.currentUsed;
  const made = classes.map((kind) => ({ kind, object: kind.create(heap) }));
  const blocks = Array.from({ length: 200 }, (_, i) => heap.allocUI32(i));
  for (const [i, { data }] of blocks.entries()) {
    assert.ok(data.every((word) => word === 0));
    data.fill(i);
  }
  for (const [i, { data }] of blocks.entries()) assert.ok(data.every((word) => word === i));
  const twin = new MemoryHeap();
  for (const { kind, object } of made) {
    assert.deepEqual(kind.read(object), kind.read(kind.create(twin)));
    object.free();
  }
  for (const block of blocks) new AllocatedMemory(heap, getPointer(block.pointer)).free();
  twin[dispose]();
  assert.equal(heap.currentUsed, before);
}

const iteratorsOf = (objects) => objects.flatMap((object) => object[Symbol.iterator]?.() ?? []);

function useHeap(random, heap, objects, iterators, withFree) {
  for (const iterator of iterators) attempt('an iterator', () => iterator.next());
  reopen(heap, objects);
  useAll(random, objects, withFree);
  attempt('stats', () => heap.stats());
  attempt('verify', () => heap.verify({ exclusive: random.chance(0.5) }));
}

const makeTenants = (heap) =>
  tenants.makers.flatMap((make) => attempt(`making ${make.name}`, () => make(heap)) ?? []);

function useTenants(random, others) {
  for (const { name, object, uses } of others) {
    for (const [use, call] of random.shuffle(Object.entries(uses))) {
      attempt(`${use} of a ${name}`, () => call(random));
    }
    attempt(`inspecting a ${name}`, () => inspect(object));
  }
}

function disposeAll(objects, iterators, others) {
  for (const iterator of iterators) attempt('the rest of an iterator', () => Array.from(iterator));
  for (const { name, free } of others) attempt(`freeing a ${name}`, free);
  for (const object of objects) attempt('dispose', () => object[dispose]());
}

// Overwrites the heap between calls.
function runBetween(overwrite, random, heap) {
  const objects = [];
  makeObjects(heap, objects);
  const others = makeTenants(heap);
  const iterators = iteratorsOf(objects);
  for (const iterator of iterators) iterator.next();
  for (let burst = 0; burst < BURSTS; burst++) {
    const words = new Uint32Array(heap.buffers[0].buf, 0, (HEADER_SIZE + heap.totalAllocated) / 4);
    overwrite(random, words, objects);
    useHeap(random, heap, objects, iterators, burst > 3);
    useTenants(random, others);
  }
  disposeAll(objects, iterators, others);
}

// Another thread overwrites the heap all the time. Containers that it has spoilt are of no more
// use, so there are new ones in each burst.
function runBeside(random, heap) {
  const overwriter = new Overwriter(heap, random);
  for (let burst = 0; burst < BURSTS; burst++) {
    const objects = [];
    attempt('making objects', () => makeObjects(heap, objects));
    const others = makeTenants(heap);
    const iterators = iteratorsOf(objects);
    for (let i = 0; i < 3; i++) {
      useHeap(random, heap, objects, iterators, i > 1);
      useTenants(random, others);
    }
    disposeAll(objects, iterators, others);
  }
  overwriter.stop();
}

function run(way, random) {
  const guards = new Guards();
  const heap = new MemoryHeap({ maxSize: 2 ** 22 });
  if (way === 'beside') runBeside(random, heap);
  else runBetween(WAYS[way === 'any' ? random.pick(Object.keys(WAYS)) : way], random, heap);
  checkSound(heap);
  heap[dispose]();
  guards.check();
}

const [, , way, seed, rounds] = process.argv;
const seeds = new Random(Number(seed));
for (let round = 0; round < Number(rounds); round++) {
  const roundSeed = round === 0 ? Number(seed) : seeds.uint32();
  try {
    process.stdout.write(`${roundSeed}\n`);
    run(way, new Random(roundSeed));
  } catch (error) {
    error.message += `\n(node test/helpers/overwrite.js ${way} ${roundSeed} 1)`;
    throw error;
  }
}
process.stdout.write(`${rounds * BURSTS}\n`);
