'use strict';

// What the threads of a kill storm do: every operation of every class.

const { MemoryHeap, SharedList, SharedMap, SharedObjectStore, SharedString, SharedVector } =
  require('../../..');
const { dispose } = require('../../helpers/check');
const table = require('../../helpers/classes');
const { describeShared, openShared } = require('../../threads/shared');
const { create, kinds, writeOnce } = require('../../threads/tasks/lifecycle');
const { element, valueOf } = require('../../threads/tasks/list');
const { isWhole } = require('../../threads/tasks/map');
const { isWhole: isWholeObject } = require('../../threads/tasks/store');
const { isWhole: isWholeText } = require('../../threads/tasks/string');
const { SLOTS } = require('./ledger');

const NAMES = Object.keys(kinds);
const BLOCK_MAX = 1 << 16;

// ---- containers that all threads use ----

const LONG = 20000; // elements: a walk takes so long that others see the lock taken
const GROUPS = ['random', 'whole', 'long'];

function createLong(heap) {
  const list = create(heap, 'list');
  for (let i = 0; i < LONG; i++) list.push(element(0));
  return list;
}

// `random`: for random changes, three of which lie in a user's block; `whole`: for every method
// there is; `long`: a list whose lock is busy.
function createAll(heap) {
  const block = heap.alloc(48);
  const random = {
    list: new SharedList(heap, { ...kinds.list.config, initWithBlock: block }),
    vector: create(heap, 'vector'),
    map: new SharedMap(heap, { firstBlock: block.getArrayMemory(4) }),
    string: new SharedString(heap, { ...block.getArrayMemory(8), value: '' }),
    store: create(heap, 'store'),
  };
  const whole = { block: table.memory.create(heap) };
  for (const name of NAMES) whole[name] = table[name].create(heap);
  return { heap, block, random, whole, long: { list: createLong(heap) } };
}

function describeAll({ heap, ...objects }) {
  const groups = GROUPS.map((group) => [group, describeShared(objects[group])]);
  return { heap: heap.getSharedMemory(), ...Object.fromEntries(groups) };
}

function openAll({ heap: descriptor, ...shared }) {
  const { heap } = openShared({ heap: descriptor });
  const groups = GROUPS.map((group) => {
    return [group, openShared({ heap: descriptor, ...shared[group] })];
  });
  return { heap, ...Object.fromEntries(groups) };
}

// ---- using them ----

// Another thread may have emptied the vector, or deleted the object.
const EMPTIED = [
  [SharedVector, 'ERR_TH_ARG_RANGE'],
  [SharedObjectStore, 'ERR_TH_UNKNOWN_NAME'],
];

function callMethod(object, method) {
  try {
    method(object);
  } catch (error) {
    const isEmptied = ([Class, code]) => object instanceof Class && error.code === code;
    if (!EMPTIED.some(isEmptied)) throw error;
  }
}

function methodsOf(name) {
  const { methods } = name === 'block' ? table.memory : table[name];
  return Reflect.ownKeys(methods).filter((key) => key !== 'free').map((key) => methods[key]);
}

const METHODS = Object.fromEntries([...NAMES, 'block'].map((name) => [name, methodsOf(name)]));

// Looks at all that a container holds, also beside writers.
const readers = {
  list: (list) => {
    for (const { data } of list) data[0];
    const flat = list.toArray();
    for (let i = 0; i < flat.length; i += 2) valueOf([flat[i], flat[i + 1]]);
  },
  vector: (vector) => {
    for (const data of vector) data[0];
    const flat = vector.toTypedArray();
    for (let i = 0; i < flat.length; i += 2) valueOf([flat[i], flat[i + 1]]);
  },
  map: (map) => {
    for (const [key, value] of map) {
      if (!isWhole(value)) throw new Error(`torn value of ${key}: ${value}`);
    }
  },
  string: (string) => {
    if (!isWholeText(string.value)) throw new Error(`torn text: ${string.value}`);
  },
  store: (store) => {
    for (const [name, object] of store) {
      if (!isWholeObject(object)) throw new Error(`torn object ${name}`);
    }
  },
};

const heapUses = [
  ({ heap }) => heap.stats(),
  ({ heap }) => heap.prettyMemory(),
  ({ heap }) => heap.buffers.length,
  ({ heap }) => heap.verify(),
  ({ heap }) => new MemoryHeap(heap.getSharedMemory())[dispose](),
  (objects) => Object.assign(objects, openAll(describeAll(objects))),
];

const longUses = [
  (list) => list.deleteValue(element(1)), // is not there
  (list) => {
    list.push(element(0));
    list.shift();
  },
];

// Does a few things to containers that others use, too.
function useShared(objects, random) {
  writeOnce(objects.random, (limit) => random.below(limit));
  const name = random.pick(Object.keys(METHODS));
  callMethod(objects.whole[name], random.pick(METHODS[name]));
  const reader = random.pick(NAMES);
  if (random.chance(0.1)) readers[reader](objects.random[reader]);
  if (random.chance(0.2)) random.pick(longUses)(objects.long.list);
  if (random.chance(0.05)) random.pick(heapUses)(objects);
}

// Makes every call once.
function useAll(objects) {
  for (const [name, methods] of Object.entries(METHODS)) {
    for (const method of methods) callMethod(objects.whole[name], method);
  }
  for (const name of NAMES) readers[name](objects.random[name]);
  for (const use of heapUses) use(objects);
  for (const use of longUses) use(objects.long.list);
}

// ---- what a thread has for itself ----

// From 1 to BLOCK_MAX bytes, small ones more often.
function anySize(random) {
  return Math.floor(BLOCK_MAX ** (random.uint32() / 2 ** 32));
}

class Belongings {
  #heap;
  #sheet;
  #random;
  #items = new Array(SLOTS);

  constructor(heap, sheet, random) {
    this.#heap = heap;
    this.#sheet = sheet;
    this.#random = random;
  }

  // Makes something, or uses or frees something made before.
  change() {
    const slot = this.#random.below(SLOTS);
    const item = this.#items[slot];
    if (!item) this.#make(slot);
    else if (this.#random.chance(0.5)) this.#use(item);
    else this.#free(slot);
  }

  #make(slot) {
    const random = this.#random;
    const size = anySize(random);
    const words = Math.ceil(size / 4);
    const align = random.pick([1, 16, 64, 4096, 16384]);
    const makers = [
      () => this.#makeBlock(slot, size, () => this.#heap.alloc(size, align)),
      () => this.#makeBlock(slot, words * 4, () => this.#heap.allocUI32(words)),
      () => this.#makeContainer(slot, random.pick(NAMES)),
    ];
    random.pick(makers)();
  }

  #makeBlock(slot, size, alloc) {
    const item = this.#sheet.make(slot, 'block', size, () => {
      const object = alloc();
      return { id: object.pointer, object };
    });
    item.object.data.fill(item.id);
    this.#items[slot] = item;
  }

  #makeContainer(slot, name) {
    this.#items[slot] = this.#sheet.make(slot, name, 0, () => {
      const object = create(this.#heap, name);
      return { id: object.getSharedMemory().generation, object, name };
    });
  }

  #use({ name, id, object }) {
    const random = this.#random;
    if (name) {
      random.pick(kinds[name].grow)(object, (limit) => random.below(limit));
    } else if (!object.data.every((word) => word === id)) {
      throw new Error(`the block at ${id} was overwritten`);
    }
  }

  #free(slot) {
    this.#sheet.free(slot, () => this.#items[slot].object.free());
    this.#items[slot] = undefined;
  }
}

// ---- ends ----

// Calls `end`, which does not return, in the middle of something.
const endings = [
  (_, end) => end(),
  ({ list }, end) => list.deleteMatch(end),
  ({ list }, end) => {
    list.onDelete = end;
    list.clear();
  },
  ({ list }, end) => {
    for (const item of list) item.deleteCurrent(end());
  },
  ({ vector }, end) => vector.forEach(end),
  ({ map }, end) => map.forEach(end),
  ({ map }, end) => map.getOrInsertComputed('nobody has this key', end),
  ({ map }, end) => map.set('getter', { get value() { return end(); } }),
];

function endInside({ random: objects }, random, end) {
  random.pick(endings)(objects, end);
  end(); // what it was to be in the middle of was empty
}

module.exports = {
  Belongings,
  NAMES,
  createAll,
  describeAll,
  endInside,
  openAll,
  useAll,
  useShared,
};
