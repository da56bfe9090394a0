'use strict';

// A program: opens descriptors that are not as they were made. node descriptors.js <seed> <rounds>
//
// Every field may be missing, of another type, a strange number, that of another descriptor, or a
// getter that answers differently each time and closes the heap meanwhile; buffers may be of any
// kind, length and content. Prints the seed of each round, and how many descriptors there were.
//
// Ends with status 0 if each gave an error of this package or an object that works, and nothing
// else changed. A call that crashes takes only this process with it; one that hangs is left to the
// caller's time limit.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, SharedList, SharedMap, SharedString, getPointer } = require('../../lib');
const { HEADER_SIZE } = require('../../lib/binding');
const { heapOfBuffer } = require('../../lib/heap');
const { attempt } = require('./attempt');
const { assertSound, dispose } = require('./check');
const { classes } = require('./classes');
const { collectGarbage } = require('./garbage');
const { Guards } = require('./guards');
const { Random } = require('./random');

const DESCRIPTORS = 400; // of a round
const MAX_SIZE = 2 ** 20;
const STRANGE = [0, -0, 1, -1, 4, 12, 16, 4095, 4096, 8192, 2 ** 20 - 4, 2 ** 20, 2 ** 31, 2 ** 32,
  2 ** 32 - 16, 2 ** 53 - 1, 2 ** 53, 0.5, 1e308, 5e-324, NaN, Infinity, -Infinity];

// ---- values of any type ----

function randomFill(random, buffer) {
  const words = new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
  for (let i = 0; i < words.length; i++) words[i] = random.uint32();
  return buffer;
}

// A buffer that begins as another one does, and may be shorter or longer.
function copyOf(random, original, make) {
  const length = random.pick([HEADER_SIZE, original.byteLength, original.byteLength + 8192]);
  const copy = make(length);
  const source = new Uint8Array(original, 0, Math.min(length, original.byteLength));
  new Uint8Array(copy).set(source);
  return copy;
}

function anyBuffer(random, world) {
  const length = random.pick([0, 1, 32, HEADER_SIZE - 1, HEADER_SIZE, HEADER_SIZE + 1, 1 << 16]);
  const shared = (size) => new SharedArrayBuffer(size);
  const growable = (size) => new SharedArrayBuffer(size, { maxByteLength: size + 8192 });
  const plain = (size) => new ArrayBuffer(size);
  const fake = () => Object.create(SharedArrayBuffer.prototype);
  const make = random.pick([shared, shared, growable, growable, plain]);
  const { buf } = random.pick(world.heaps).buffers[0];
  switch (random.below(5)) {
    case 0:
      return make(length);
    case 1:
      return randomFill(random, make(length));
    case 2:
      return fake();
    case 3:
      return copyOf(random, buf, make);
    default:
      return buf;
  }
}

function anyMemory(random, world) {
  const pages = { initial: random.below(3), maximum: 3 };
  switch (random.below(4)) {
    case 0:
      return new WebAssembly.Memory(pages);
    case 1:
      return new WebAssembly.Memory({ ...pages, shared: true });
    case 2:
      return Object.create(WebAssembly.Memory.prototype);
    default:
      return random.pick(world.heaps).getSharedMemory().memory;
  }
}

function anyObject(random, world) {
  const buffer = anyBuffer(random, world);
  const made = random.pick(world.objects).object;
  return random.pick([
    {},
    anyMemory(random, world),
    [],
    [[]],
    [buffer],
    [undefined, buffer],
    { 0: buffer, length: 1 },
    buffer,
    new Uint8Array(buffer),
    Object.create(null),
    new Proxy({}, {}),
    new Proxy([buffer], {}),
    new Date(0),
    new Map([['buffers', [buffer]]]),
    Object(random.pick(STRANGE)),
    { valueOf: () => 16 },
    made,
    random.pick(world.heaps),
  ]);
}

function anyValue(random, world) {
  switch (random.below(3)) {
    case 0:
      return random.pick(STRANGE);
    case 1:
      return anyObject(random, world);
    default:
      return random.pick([undefined, null, true, '', '16', 'NaN', 16n, Symbol('s'), () => 16]);
  }
}

// ---- mutation ----

// A number as a field of a descriptor may have, but for its value.
function otherNumber(random, number) {
  switch (random.below(4)) {
    case 0:
      return random.pick(STRANGE);
    case 1:
      return number + random.pick([-4096, -256, -16, -4, -1, 1, 4, 8, 16, 256, 4096]);
    case 2:
      return random.below(random.pick([16, 2 ** 12, 2 ** 20])) & ~3;
    default:
      return random.uint32() * random.pick([1, 2 ** 21]);
  }
}

function otherField(random, world, field, value) {
  switch (random.below(6)) {
    case 0:
      return anyValue(random, world);
    case 1: {
      const other = random.pick(world.descriptors);
      return other[field] ?? other.firstBlock?.[field] ?? value;
    }
    default:
      if (typeof value === 'number') return otherNumber(random, value);
      if (field === 'buffers') return random.chance(0.5) ? [anyBuffer(random, world)] : value;
      return typeof value === 'object' ? mutate(random, world, value) : value;
  }
}

// Instead of the field a getter, whose answers differ and which does something to the heap.
function defineGetter(random, world, object, field) {
  const answers = [object[field], object[field], otherField(random, world, field, object[field])];
  const act = random.pick([
    () => {},
    () => world.clone[dispose](),
    () => random.pick(world.objects).object[dispose](),
    () => attempt('allocating in a getter', () => random.pick(world.heaps).alloc(5000)),
  ]);
  Object.defineProperty(object, field, {
    get() {
      act();
      return random.pick(answers);
    },
    enumerable: true,
    configurable: true,
  });
}

// A copy of the descriptor in which some fields are not as they were.
function mutate(random, world, descriptor) {
  const copy = Array.isArray(descriptor) ? [...descriptor] : { ...descriptor };
  for (const field of Object.keys(copy)) {
    if (random.chance(0.6)) continue;
    const what = random.below(8);
    if (what === 0) delete copy[field];
    else if (what === 1) defineGetter(random, world, copy, field);
    else copy[field] = otherField(random, world, field, copy[field]);
  }
  if (random.chance(0.05)) copy[random.pick(['value', 'type', 'initWithBlock', 'x'])] = 'text';
  return copy;
}

// ---- what there is to be opened ----

function makeWorld() {
  const heaps = [new MemoryHeap({ maxSize: MAX_SIZE }), new MemoryHeap({ maxSize: MAX_SIZE })];
  const objects = [];
  const descriptors = heaps.map((heap) => heap.getSharedMemory());
  for (const heap of heaps) {
    for (const kind of classes) {
      const stale = kind.create(heap);
      descriptors.push(stale.getSharedMemory());
      stale.free();
      const object = kind.create(heap);
      objects.push({ kind, object });
      descriptors.push(object.getSharedMemory());
    }
    const block = heap.allocUI32(64);
    const list = new SharedList(heap, { initWithBlock: block });
    const string = new SharedString(heap, { ...block.getArrayMemory(4), value: 'text' });
    descriptors.push(list.getSharedMemory(), string.getSharedMemory());
    for (const at of [4, 8, 9, 60, 61]) descriptors.push(block.getArrayMemory(at));
    for (const pointer of [0, 16, 4096, 8192, 2 ** 32 - 1]) descriptors.push(getPointer(pointer));
  }
  return { heaps, objects, descriptors, clone: undefined };
}

// ---- opening ----

function useObject(random, kind, object) {
  attempt('reading it', () => kind.read(object));
  attempt('inspecting it', () => inspect(object));
  const key = random.pick(Reflect.ownKeys(kind.methods));
  attempt(`${kind.Class.name}.${String(key)}`, () => kind.methods[key](object));
  attempt('its descriptor', () => object.getSharedMemory());
}

function useHeap(heap) {
  attempt('inspecting a heap', () => inspect(heap));
  attempt('using a heap', () => {
    const map = new SharedMap(heap).set('key', 'a value that needs a block');
    assert.equal(map.get('key'), 'a value that needs a block');
    map.free();
  });
  heap[dispose]();
}

// Descriptors of a block also tell where a container is to be put.
function asConfig(random, { name }, descriptor) {
  if (random.chance(0.8)) return descriptor;
  if (name === 'SharedList') return { initWithBlock: descriptor.firstBlock ?? descriptor };
  return name === 'SharedString' ? { value: 'text', ...descriptor } : { firstBlock: descriptor };
}

function pickHeap(random, world) {
  if (random.chance(0.1)) return anyValue(random, world);
  return random.chance(0.3) ? world.clone : random.pick(world.heaps);
}

function openAs(random, world, kind, descriptor) {
  const heap = pickHeap(random, world);
  const object = attempt(`opening a ${kind.Class.name}`, () => {
    return new kind.Class(heap, asConfig(random, kind.Class, descriptor));
  });
  if (object) useObject(random, kind, object);
}

function openAsAll(random, world, descriptor) {
  world.clone = new MemoryHeap(world.heaps[0].getSharedMemory());
  for (const kind of classes) openAs(random, world, kind, descriptor);
  const heap = attempt('opening a heap', () => new MemoryHeap(descriptor));
  if (heap) useHeap(heap);
  attempt('getSharedAlloc', () => random.pick(world.heaps).getSharedAlloc(descriptor)?.data);
  world.clone[dispose]();
}

// ---- rounds ----

// What a heap that is gone leaves behind must not serve a buffer, or a memory, that took its place.
async function openRemains(random) {
  const headers = [];
  const keep = (heap) => headers.push(new Uint8Array(heap.buffers[0].buf.slice(0, HEADER_SIZE)));
  for (let i = 0; i < 4; i++) {
    keep(heapOfBuffer());
    keep(new MemoryHeap());
  }
  await collectGarbage();
  for (let i = 0; i < 8; i++) {
    const length = HEADER_SIZE + random.pick([0, 8192, 65536]);
    const buffer = new SharedArrayBuffer(length, { maxByteLength: 2 ** 32 - 4096 });
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    for (const image of [buffer, memory.buffer]) new Uint8Array(image).set(random.pick(headers));
    for (const descriptor of [{ buffers: [buffer] }, { buffers: [], memory }]) {
      const heap = attempt('opening a heap', () => new MemoryHeap(descriptor));
      if (heap) useHeap(heap);
    }
  }
}

async function run(random) {
  const guards = new Guards();
  const world = makeWorld();
  for (let i = 0; i < DESCRIPTORS; i++) {
    openAsAll(random, world, mutate(random, world, random.pick(world.descriptors)));
  }
  for (const heap of world.heaps) {
    assertSound(heap);
    for (const { create } of classes) create(heap);
    heap[dispose]();
  }
  await openRemains(random);
  guards.check();
}

async function main() {
  const [, , seed, rounds] = process.argv;
  const seeds = new Random(Number(seed));
  for (let round = 0; round < Number(rounds); round++) {
    const roundSeed = round === 0 ? Number(seed) : seeds.uint32();
    try {
      process.stdout.write(`${roundSeed}\n`);
      await run(new Random(roundSeed));
    } catch (error) {
      error.message += `\n(node test/helpers/descriptors.js ${roundSeed} 1)`;
      throw error;
    }
  }
  process.stdout.write(`${rounds * DESCRIPTORS}\n`);
}

main();
