'use strict';

// A program: overwrites a heap while it is used. node overwrite.js <way> <seed> <rounds>
//
// Ends with status 0 if every call returned or threw an error of this package. A call that crashes
// takes only this process with it; one that hangs is left to the caller's time limit.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { AllocatedMemory, MemoryHeap, SharedList, SharedMap, SharedString, SharedVector, getPointer } =
  require('../../lib');
const { CONTROL_SIZE, HEADER_SIZE, NODE_SIZE } = require('../../lib/binding');
const { CODES, dispose } = require('./check');
const { classes } = require('./classes');
const { Random } = require('./random');

const SLOW_MS = 5000;

// ---- ways to overwrite ----

const STRANGE = [0, 1, 2 ** 31, 2 ** 32 - 1, 0x7ff00000, 0x7ff80000, 4096, 8192];

function someWord(random, words) {
  switch (random.below(4)) {
    case 0:
      return random.pick(STRANGE);
    case 1:
      return random.uint32();
    case 2:
      return random.below(words.byteLength) & ~15; // looks like an address
    default:
      return words[random.below(words.length)];
  }
}

function overwriteWords(random, words, count) {
  for (let i = 0; i < count; i++) words[random.below(words.length)] = someWord(random, words);
}

const WAYS = {
  words: (random, words) => overwriteWords(random, words, random.pick([1, 10, 100, words.length])),

  bytes: (random, words) => {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    for (let i = random.pick([1, 10, 1000]); i > 0; i--) {
      bytes[random.below(bytes.length)] = random.uint32();
    }
  },

  bits: (random, words) => {
    for (let i = random.pick([1, 10, 1000]); i > 0; i--) {
      words[random.below(words.length)] ^= 1 << random.below(32);
    }
  },

  fill: (random, words) => {
    const start = random.below(words.length);
    words.fill(someWord(random, words), start, start + random.pick([10, 1000, words.length]));
  },

  copies: (random, words) => {
    for (let i = random.pick([1, 10, 100]); i > 0; i--) {
      const from = random.below(words.length);
      words.copyWithin(random.below(words.length), from, from + random.pick([1, 2, 6, 24]));
    }
  },

  header: (random, words) => overwriteWords(random, words.subarray(0, HEADER_SIZE / 4), 100),

  // The words that JavaScript looks at, which mirror the state of a container.
  control: (random, words, objects) => {
    for (const { pointer } of objects) {
      const control = words.subarray(pointer / 4, (pointer + CONTROL_SIZE) / 4);
      if (random.chance(0.5)) control[random.below(control.length)] = someWord(random, words);
    }
  },

  // Links that lead to other nodes, of the same and of other lists.
  nodes: (random, words, objects) => {
    const nodes = [];
    for (const object of objects) {
      if (!(object instanceof SharedList)) continue;
      const collect = () => {
        for (const { data } of object) nodes.push((data.byteOffset - NODE_SIZE) / 4);
      };
      attempt('collecting nodes', collect);
    }
    for (let i = random.pick([1, 2, 10]); i > 0 && nodes.length > 0; i--) {
      const [to, from] = [random.pick(nodes), random.pick(nodes)];
      const word = random.below(NODE_SIZE / 4);
      words[to + word] = random.chance(0.5) ? from * 4 : words[from + word];
    }
  },
};

// ---- use ----

// Whatever the call does, it returns soon or throws an error with a code.
function attempt(what, call) {
  const start = performance.now();
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof CODES[error?.code], `${what}: ${error?.stack ?? error}`);
  }
  const ms = performance.now() - start;
  assert.ok(ms < SLOW_MS, `${what} took ${ms} ms`);
}

function makeObjects(heap) {
  const objects = [];
  for (const { create } of classes) objects.push(create(heap), create(heap));
  const long = new SharedList(heap, { type: Int8Array, dataLength: 5 });
  for (let i = 0; i < 400; i++) long.push([i, i]);
  const vector = new SharedVector(heap, { bufferLength: 1 });
  for (let i = 0; i < 400; i++) vector.push(i);
  const map = new SharedMap(heap);
  for (let i = 0; i < 300; i++) {
    map.set(i, `value ${i}`).set(`a long key, number ${i}`, i % 3 ? i : { i: [i] });
  }
  const large = new SharedMap(heap);
  for (let i = 0; i < 1500; i++) large.set(i, i);
  const block = heap.allocUI32(16);
  const placed = [
    new SharedList(heap, { initWithBlock: block }),
    new SharedVector(heap, { firstBlock: block.getArrayMemory(4) }),
    new SharedMap(heap, { firstBlock: block.getArrayMemory(8) }),
    new SharedString(heap, { ...block.getArrayMemory(12), value: 'text' }),
  ];
  return [...objects, long, vector, map, large, block, ...placed];
}

// Calls with arguments that are not always the same.
function useMore(random, object) {
  const index = random.below(random.pick([5, 500, 2 ** 32]));
  const key = random.pick([index, `a long key, number ${index}`, random.text(20)]);
  if (object instanceof SharedList || object instanceof SharedVector) {
    attempt('at', () => object.at(index)?.fill(object.at(index)[0]));
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

function useAll(random, kindOf, objects, withFree) {
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

const kindOf = (object) => classes.find(({ Class }) => object instanceof Class);

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

// The allocator and what is made from now on are as sound as ever.
function checkSound(heap) {
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

function run(way, random) {
  const beside = new MemoryHeap();
  const neighbour = classes.map((kind) => ({ kind, object: kind.create(beside) }));
  const expected = neighbour.map(({ kind, object }) => kind.read(object));

  const heap = new MemoryHeap({ maxSize: 2 ** 22 });
  const objects = makeObjects(heap);
  const iterators = objects.flatMap((object) => object[Symbol.iterator]?.() ?? []);
  for (const iterator of iterators) iterator.next();
  for (let burst = 0; burst < 6; burst++) {
    const words = new Uint32Array(heap.buffers[0].buf, 0, (HEADER_SIZE + heap.totalAllocated) / 4);
    WAYS[way](random, words, objects);
    for (const iterator of iterators) attempt('an iterator', () => iterator.next());
    reopen(heap, objects);
    useAll(random, kindOf, objects, burst > 3);
    attempt('stats', () => heap.stats());
    attempt('verify', () => heap.verify({ exclusive: random.chance(0.5) }));
  }
  for (const iterator of iterators) attempt('the rest of an iterator', () => Array.from(iterator));
  for (const object of objects) attempt('dispose', () => object[dispose]());
  checkSound(heap);

  assert.deepEqual(neighbour.map(({ kind, object }) => kind.read(object)), expected);
  heap[dispose]();
  beside[dispose]();
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
