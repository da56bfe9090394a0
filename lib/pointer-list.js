'use strict';

// A list of blocks, by their pointers. A subclass says what object stands for a block.

const { inspect } = require('node:util');
const { badDescriptor, checkFunction, checkObject, checkOptions, typeError } = require('./errors');
const { SharedList } = require('./list');
const { addressOf, getPointer } = require('./pointer');
const { kDispose, kHandle, kIsListed, kPlace } = require('./symbols');

// The list of single Uint32 values that such a list is kept in.
function openPointers(heap, config = {}) {
  checkObject('config', config, 'options or a descriptor');
  const isOpened = 'firstBlock' in config;
  if (!isOpened) checkOptions('config', config, ['initWithBlock']);
  const list = new SharedList(heap, config);
  if (list.type === 0 && list.dataLength === 1) return list;
  throw badDescriptor('config names a list that is not one of pointers');
}

// The pointers of a list and their places, each of which was there when it was looked at.
function* pointersOf(list) {
  for (const { data, deleteCurrent, [kPlace]: place } of list) {
    const pointer = Atomics.load(data, 0);
    if (list[kIsListed](place)) yield { pointer, place, deleteCurrent };
  }
}

function pointerOf(item) {
  const { memory } = checkObject('item', item, 'an object with its block as memory');
  return addressOf('item.memory', memory);
}

function freeItem(item) {
  if (typeof item.free === 'function') {
    item.free();
  } else {
    item.memory.free();
  }
}

class SharedPointerList {
  #heap;
  #list;

  constructor(heap, config = undefined) {
    this.#list = openPointers(heap, config);
    this.#heap = heap;
  }

  get length() {
    return this.#list.length;
  }

  insert(item) {
    const pointer = pointerOf(item);
    if (!this.#blockAt(pointer)) {
      throw badDescriptor('item.memory is no live block of the heap of this list');
    }
    this.#list.push(pointer);
  }

  delete(item) {
    return this.#list.deleteValue(pointerOf(item));
  }

  *[Symbol.iterator]() {
    for (const { pointer, place } of pointersOf(this.#list)) {
      const item = this.#itemIn(pointer, place);
      if (item !== undefined) yield item;
    }
  }

  forEach(callback) {
    checkFunction('callback', callback);
    for (const item of this) callback(item);
  }

  find(callback) {
    checkFunction('callback', callback);
    for (const item of this) if (callback(item)) return item;
    return undefined;
  }

  getSharedMemory() {
    return this.#list.getSharedMemory();
  }

  createItem() {
    throw typeError('createItem', 'a method of the subclass', undefined);
  }

  free() {
    this.#freeItems();
    this.#list.free();
  }

  [kDispose]() {
    if (this.#list[kHandle] < 0) return;
    try {
      this.#freeItems();
    } catch (error) {
      if (error.code !== 'ERR_TH_FREED') throw error;
    }
    this.#list[kDispose]();
  }

  [inspect.custom](depth, options) {
    return `${this.constructor.name} ${inspect(this.#list, { ...options, depth })}`;
  }

  // Each is taken from the list before it is freed, so that no other thread frees it, too.
  #freeItems() {
    for (let left = this.#list.length; left > 0; left--) {
      const data = this.#list.shift();
      if (data === undefined) return;
      const item = this.#itemAt(data[0]);
      if (item !== undefined) freeItem(item);
    }
  }

  // The item of a node that was in the list a moment ago. If it cannot be made because another
  // thread has deleted it meanwhile, there is none.
  #itemIn(pointer, place) {
    try {
      return this.#itemAt(pointer);
    } catch (error) {
      if (this.#list[kIsListed](place)) throw error;
      return undefined;
    }
  }

  // undefined for a block that was freed with its pointer still in the list.
  #itemAt(pointer) {
    const memory = this.#blockAt(pointer);
    return memory && this.createItem(memory);
  }

  #blockAt(pointer) {
    return this.#heap.getSharedAlloc(getPointer(pointer));
  }
}

module.exports = { SharedPointerList, openPointers, pointersOf };
