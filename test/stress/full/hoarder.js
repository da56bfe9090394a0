'use strict';

// A thread that stores what it can in a heap that gets full, and remembers what it has stored. A
// call that finds no room has to say so by the one error for it, and to change nothing.

const assert = require('node:assert/strict');
const { anyValue, keyOf } = require('../../threads/tasks/map');

const KEYS = 300; // of a thread in a map
const TEXT_MAX = 3000;
const BLOCK_MAX = 8000;
const PAGES = 12288; // bytes of a block that no thread caches

function isFull(error) {
  return error.constructor === Error && error.code === 'ERR_TH_OUT_OF_MEMORY';
}

// Whether there was room for what the call does.
function hasRoomFor(call) {
  try {
    call();
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    return false;
  }
}

// Takes whole pages until there are no more; returns them.
function takePages(heap) {
  const blocks = [];
  while (hasRoomFor(() => blocks.push(heap.alloc(PAGES))));
  return blocks;
}

class Hoarder {
  failed = 0; // calls
  #heap;
  #random;
  #objects; // a list, a vector, a map and a string that nobody else writes to
  #shared; // a list and a map that others write to
  #id;
  #next = 0; // the number of the next element

  // What has been stored.
  #list = [];
  #vector = [];
  #map = new Map();
  #text = '';
  #blocks = [];
  #elements = []; // in the shared list
  #entries = new Map(); // in the shared map

  constructor({ heap, own, shared, id, random }) {
    this.#heap = heap;
    this.#objects = own;
    this.#shared = shared;
    this.#id = id;
    this.#random = random;
  }

  // One call that needs memory, or one that gives some back.
  change() {
    const actions = this.#random.chance(0.6) ? this.#adders : this.#removers;
    this.#random.pick(actions)();
  }

  #try(call) {
    const isDone = hasRoomFor(call);
    if (!isDone) this.failed++;
    return isDone;
  }

  #below(limit) {
    return this.#random.below(limit);
  }

  #element() {
    return [this.#id, this.#next++];
  }

  #adders = [
    () => {
      const element = this.#element();
      if (this.#try(() => this.#objects.list.push(element))) this.#list.push(element);
      this.#checkList();
    },
    () => {
      const element = this.#element();
      if (this.#try(() => this.#objects.vector.push(element))) this.#vector.push(element);
      this.#checkVector();
    },
    () => this.#setOne(this.#objects.map, this.#map),
    () => this.#setOne(this.#shared.map, this.#entries),
    () => {
      const text = String(this.#below(10)).repeat(this.#below(TEXT_MAX));
      if (this.#try(() => (this.#objects.string.value = text))) this.#text = text;
      assert.equal(this.#objects.string.value, this.#text);
    },
    () => this.#allocOne(),
    () => {
      const element = this.#element();
      if (this.#try(() => this.#shared.list.push(element))) this.#elements.push(element);
    },
  ];

  #allocOne() {
    const length = 1 + this.#below(BLOCK_MAX);
    const value = this.#next++;
    let block;
    if (!this.#try(() => (block = this.#heap.alloc(length)))) return;
    block.getArray(Uint8Array).fill(value);
    this.#blocks.push({ block, value });
  }

  // In one of the ways there are.
  #setOne(map, model) {
    const key = keyOf(this.#id * KEYS + this.#below(KEYS));
    const value = anyValue((limit) => this.#below(limit));
    const present = model.get(key);
    const canCompare = typeof present !== 'object';
    const ways = [
      () => map.set(key, value),
      () => canCompare && assert.ok(map.compareAndSet(key, present, value)),
      () => map.getOrInsert(key, value),
    ];
    const way = this.#below(ways.length);
    const isStored = (way === 1 && canCompare) || way === 0 || present === undefined;
    if (this.#try(ways[way]) && isStored) model.set(key, value);
    assert.deepEqual(map.get(key), model.get(key));
  }

  #removers = [
    () => {
      const { list } = this.#objects;
      const index = this.#below(this.#list.length + 1);
      assert.equal(list.deleteIndex(index), this.#list.splice(index, 1).length === 1);
      this.#checkList();
    },
    () => {
      assert.deepEqual(Array.from(this.#objects.vector.pop() ?? []), this.#vector.pop() ?? []);
      this.#checkVector();
    },
    () => this.#deleteOne(this.#objects.map, this.#map),
    () => this.#deleteOne(this.#shared.map, this.#entries),
    () => {
      const [element] = this.#elements.splice(this.#below(this.#elements.length), 1);
      if (element) assert.ok(this.#shared.list.deleteValue(element));
    },
    // Holds the lock that the others need for as long as it walks.
    () => assert.equal(this.#shared.list.deleteValue([this.#id, -1]), false),
    () => {
      const [item] = this.#blocks.splice(this.#below(this.#blocks.length), 1);
      if (item) this.#freeOne(item);
    },
  ];

  #deleteOne(map, model) {
    const key = keyOf(this.#id * KEYS + this.#below(KEYS));
    assert.equal(map.delete(key), model.delete(key));
    assert.equal(map.has(key), false);
  }

  #freeOne({ block, value }) {
    assert.ok(block.getArray(Uint8Array).every((byte) => byte === value % 256));
    block.free();
  }

  // ---- checks ----

  #checkList() {
    const { list } = this.#objects;
    assert.equal(list.length, this.#list.length);
    assert.deepEqual(Array.from(list.at(-1) ?? []), this.#list.at(-1) ?? []);
  }

  #checkVector() {
    const { vector } = this.#objects;
    assert.equal(vector.length, this.#vector.length);
    assert.deepEqual(Array.from(vector.at(-1) ?? []), this.#vector.at(-1) ?? []);
  }

  // All that was stored is there, and nothing else.
  checkAll() {
    const { list, vector, map, string } = this.#objects;
    assert.deepEqual(Array.from(list.toArray()), this.#list.flat());
    assert.deepEqual(Array.from(vector.toTypedArray()), this.#vector.flat());
    assert.deepEqual(new Map(map), this.#map);
    assert.equal(string.value, this.#text);
    const mine = Array.from(this.#shared.list, ({ data }) => Array.from(data));
    assert.deepEqual(mine.filter(([id]) => id === this.#id), this.#elements);
    for (const [key, value] of this.#entries) assert.deepEqual(this.#shared.map.get(key), value);
    for (const { block, value } of this.#blocks) {
      assert.ok(block.getArray(Uint8Array).every((byte) => byte === value % 256));
    }
    return { elements: this.#elements.length, entries: this.#entries.size };
  }

  freeBlocks() {
    for (const item of this.#blocks) this.#freeOne(item);
    this.#blocks = [];
  }
}

module.exports = { Hoarder, PAGES, hasRoomFor, takePages };
