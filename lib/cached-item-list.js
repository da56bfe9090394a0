'use strict';

// A list of objects in the heap, by their pointers, for each of which a handle of the list remembers
// the object it has made. A subclass says how to make one.
//
// What it remembers is good as long as the node is in the list that it was made for: at a pointer
// whose object another thread deleted, there may be another one by now.

const { inspect } = require('node:util');
const { Container } = require('./container');
const { checkFunction, checkInteger, checkObject, typeError } = require('./errors');
const { SharedList } = require('./list');
const { openPointers, pointersOf } = require('./pointer-list');
const { kCheckLive, kDispose, kInsert, kIsListed, kRemoveNode } = require('./symbols');

function checkPointer(name, pointer) {
  return checkInteger(name, pointer, 1, 2 ** 32 - 1);
}

function pointerOf(item) {
  checkObject('item', item, 'an object with a pointer');
  return checkPointer('item.pointer', item.pointer);
}

function isFreed(item) {
  if (!(item instanceof Container)) return false;
  try {
    item[kCheckLive]();
    return false;
  } catch (error) {
    if (error.code !== 'ERR_TH_FREED') throw error;
    return true;
  }
}

class CachedItemList {
  static ALLOCATE_COUNT = SharedList.ALLOCATE_COUNT;

  #heap;
  #list;
  #cache = new Map(); // pointer -> item
  #places = new Map(); // pointer -> the node in which it was seen last

  constructor(heap, config = undefined) {
    this.#list = openPointers(heap, config);
    this.#heap = heap;
    this.#list.onDelete = ([pointer]) => this.#freeItem(pointer);
  }

  get heap() {
    return this.#heap;
  }

  get list() {
    return this.#list;
  }

  get cache() {
    return this.#cache;
  }

  get length() {
    return this.#list.length;
  }

  insert(item) {
    const pointer = pointerOf(item);
    checkFunction('item.free', item.free);
    const place = this.#list[kInsert](pointer);
    this.#cache.set(pointer, item);
    this.#places.set(pointer, place);
  }

  delete(item) {
    const pointer = pointerOf(item);
    const place = this.#places.get(pointer);
    if (place && this.#list[kRemoveNode](place)) return true;
    this.#remembered(pointer); // or not: what it was for is not in the list
    return this.#list.deleteValue(pointer);
  }

  getByPointer(pointer) {
    checkPointer('pointer', pointer);
    return this.#remembered(pointer) ?? this.#make(pointer);
  }

  initItem() {
    throw typeError('initItem', 'a method of the subclass', undefined);
  }

  *[Symbol.iterator]() {
    for (const { pointer, place, deleteCurrent } of pointersOf(this.#list)) {
      const item = this.#itemAt(pointer, place);
      if (item) yield { item, deleteCurrent };
    }
    if (this.#cache.size > this.length) this.#sweep();
  }

  forEach(callback, filter = undefined) {
    checkFunction('callback', callback);
    if (filter !== undefined) checkFunction('filter', filter);
    for (const { item } of this) if (!filter || filter(item)) callback(item);
  }

  find(callback) {
    checkFunction('callback', callback);
    for (const { item } of this) if (callback(item)) return item;
    return undefined;
  }

  filter(callback) {
    checkFunction('callback', callback);
    return Array.from(this, ({ item }) => item).filter((item) => callback(item));
  }

  map(callback) {
    checkFunction('callback', callback);
    return Array.from(this, ({ item }) => callback(item));
  }

  clear() {
    for (const { pointer, place, deleteCurrent } of pointersOf(this.#list)) {
      if (this.#remembered(pointer)) this.#places.set(pointer, place);
      deleteCurrent();
    }
  }

  getSharedMemory() {
    return this.#list.getSharedMemory();
  }

  free() {
    this.clear();
    this.#cache.clear();
    this.#places.clear();
    this.#list.free(); // which tells onDelete of what other threads have just inserted
  }

  [kDispose]() {
    try {
      this.free();
    } catch (error) {
      if (error.code !== 'ERR_TH_FREED') throw error;
    }
  }

  [inspect.custom](depth, options) {
    return `${this.constructor.name} ${inspect(this.#list, { ...options, depth })}`;
  }

  // The item of a node that was in the list a moment ago. If it cannot be made because another
  // thread has deleted it meanwhile, there is none.
  #itemAt(pointer, place) {
    try {
      const item = this.#remembered(pointer) ?? this.#make(pointer);
      if (item) this.#places.set(pointer, place);
      return item;
    } catch (error) {
      if (this.#list[kIsListed](place)) throw error;
      return undefined;
    }
  }

  // Only while the node is in the list for which it was made. For one that getByPointer made there
  // is no node to look at, but containers know themselves.
  #remembered(pointer) {
    const item = this.#cache.get(pointer);
    if (item === undefined) return undefined;
    const place = this.#places.get(pointer);
    if (place ? this.#list[kIsListed](place) : !isFreed(item)) return item;
    this.#forget(pointer);
    return undefined;
  }

  #make(pointer) {
    const item = this.initItem(pointer);
    if (item) this.#cache.set(pointer, item);
    return item;
  }

  #forget(pointer) {
    this.#cache.delete(pointer);
    this.#places.delete(pointer);
  }

  #sweep() {
    for (const pointer of this.#cache.keys()) this.#remembered(pointer);
  }

  // Of a node that is out of the list by now, which is this thread's to free therefore.
  #freeItem(pointer) {
    const item = this.#cache.get(pointer) ?? this.initItem(pointer);
    this.#forget(pointer);
    if (item) item.free();
  }
}

module.exports = { CachedItemList };
