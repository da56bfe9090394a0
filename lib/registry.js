'use strict';

const { inspect } = require('node:util');
const { Worker } = require('node:worker_threads');
const { EntryLock } = require('./entry-lock');
const { checkFunction, checkInteger, checkObject, checkOptions, freed, typeError } =
  require('./errors');
const { Exchange, pack } = require('./exchange');
const { MemoryHeap } = require('./heap');
const { SharedMap } = require('./map');
const { AllocatedMemory } = require('./memory');
const { kDispose } = require('./symbols');
const { Wait } = require('./wait');

const DESCRIPTOR = ['heap', 'entries', 'locks', 'members', 'words'];
const SIZE_MAX = 2 ** 24;
const ENTRY_BYTES = 64; // of an entry with a number or short text, about
const BUFFER_SIZE = 8192;
const WORDS = 64;

function create(size) {
  checkInteger('size', size, 0, SIZE_MAX);
  const initialBuffers = Math.ceil((size * ENTRY_BYTES + 1) / BUFFER_SIZE);
  const heap = new MemoryHeap({ bufferSize: BUFFER_SIZE, initialBuffers });
  return {
    heap,
    entries: new SharedMap(heap),
    locks: new SharedMap(heap),
    members: new SharedMap(heap),
    words: heap.allocUI32(WORDS),
  };
}

// Without that key it would not name what is there, but make something new.
function checkPart(name, part, key) {
  checkObject(name, part, 'a descriptor');
  if (!(key in part)) throw typeError(`${name}.${key}`, 'there', undefined);
  return part;
}

function open(data) {
  checkOptions('data', data, DESCRIPTOR);
  const part = (name, has) => checkPart(`data.${name}`, data[name], has);
  const heap = new MemoryHeap(part('heap', 'buffers'));
  return {
    heap,
    entries: new SharedMap(heap, part('entries', 'firstBlock')),
    locks: new SharedMap(heap, part('locks', 'firstBlock')),
    members: new SharedMap(heap, part('members', 'firstBlock')),
    words: new AllocatedMemory(heap, part('words', 'bufferPosition')),
  };
}

function describe(parts) {
  const described = Object.entries(parts).map(([name, part]) => [name, part.getSharedMemory()]);
  return Object.freeze(Object.fromEntries(described));
}

let own; // has to see what is private to Registry

class Registry {
  #heap;
  #entries;
  #data;
  #exchange;
  #lock;
  #listeners = new Set();
  #running = 0; // calls that may wait
  #isClosed = false;

  static {
    // What a method was called on, or a function was given.
    own = (registry, name = 'this') => {
      if (#exchange in Object(registry)) return registry;
      throw typeError(name, 'a Registry', registry);
    };
  }

  constructor(size = 0) {
    if (typeof size !== 'number') checkObject('size', size, 'a number or the data of a registry');
    const parts = typeof size === 'number' ? create(size) : open(size);
    const { heap, entries, locks, members } = parts;
    const words = parts.words.getArray(Int32Array, 0, WORDS);
    this.#heap = heap;
    this.#entries = entries;
    this.#data = describe(parts);
    this.#exchange = new Exchange(heap, entries, members, (key) => this.#announce(key));
    const { id, isAlive } = this.#exchange;
    this.#lock = new EntryLock(locks, words, id, isAlive);
  }

  get data() {
    return own(this).#data;
  }

  get size() {
    own(this).#check();
    return this.#entries.size;
  }

  async get(key, options) {
    return own(this).#call(key, options, (wait) => this.#exchange.get(key, wait));
  }

  async has(key) {
    checkInteger('key', key, 1, Number.MAX_SAFE_INTEGER);
    own(this).#check();
    return this.#entries.has(key);
  }

  async set(key, value, options) {
    const packed = pack(value); // now: the value may change while this waits
    await own(this).#exclusive(key, options, () => this.#set(key, packed));
    return this;
  }

  async delete(key, options) {
    return own(this).#exclusive(key, options, () => this.#exchange.delete(key));
  }

  async update(key, callback, options) {
    checkFunction('callback', callback);
    return own(this).#exclusive(key, options, async (wait) => {
      const value = await callback(await this.#exchange.get(key, wait), key);
      this.#check();
      if (value !== undefined) this.#set(key, pack(value));
      return value;
    });
  }

  async clear() {
    own(this).#check();
    this.#exchange.clear();
    this.#lock.sweep();
  }

  keys() {
    own(this).#check();
    return this.#entries.keys();
  }

  *values() {
    for (const [, value] of own(this)) yield value;
  }

  entries() {
    return own(this)[Symbol.iterator]();
  }

  *[Symbol.iterator]() {
    for (const key of own(this).keys()) {
      const value = this.get(key);
      value.catch(() => {}); // the loop may not want it, and need not hear that it is lost then
      yield [key, value];
    }
  }

  async forEach(callback, thisArg) {
    checkFunction('callback', callback);
    for (const [key, value] of own(this)) await callback.call(thisArg, await value, key, this);
  }

  onSet(listener) {
    checkFunction('listener', listener);
    own(this).#check();
    const entry = { listener }; // the same function may listen twice
    this.#listeners.add(entry);
    this.#exchange.keepAlive(true);
    return () => {
      this.#listeners.delete(entry);
      if (!this.#isClosed) this.#exchange.keepAlive(this.#listeners.size > 0);
    };
  }

  close() {
    if (own(this).#isClosed) return;
    this.#isClosed = true;
    this.#listeners.clear();
    this.#exchange.keepAlive(false);
    this.#leaveIfIdle();
  }

  [kDispose]() {
    own(this).close();
  }

  get [Symbol.toStringTag]() {
    return 'Registry';
  }

  [inspect.custom]() {
    return own(this).#isClosed ? 'Registry { closed: true }' : `Registry(${this.size})`;
  }

  #set(key, packed) {
    if (this.#listeners.size > 0) this.#exchange.drain(); // they hear of earlier ones first
    this.#exchange.set(key, packed);
    this.#announce(key);
  }

  // Calls body(wait) when no other call of any thread is at that key.
  #exclusive(key, options, body) {
    return this.#call(key, options, (wait) =>
      this.#lock.run(key, wait, () => {
        this.#check();
        return body(wait);
      })
    );
  }

  // Calls body(wait), which may wait until the registry is closed.
  async #call(key, options = {}, body) {
    checkInteger('key', key, 1, Number.MAX_SAFE_INTEGER);
    const wait = new Wait(`key ${key}`, options, () => this.#check());
    this.#check();
    this.#running++;
    try {
      return await body(wait);
    } finally {
      this.#running--;
      this.#leaveIfIdle();
    }
  }

  // Not at once: the call that found the message is not over.
  #announce(key) {
    for (const entry of this.#listeners) {
      queueMicrotask(() => this.#listeners.has(entry) && entry.listener(key, this));
    }
  }

  #leaveIfIdle() {
    if (!this.#isClosed || this.#running > 0) return;
    this.#exchange.leave();
    this.#heap[kDispose]();
  }

  #check() {
    if (this.#isClosed) throw freed('the registry');
  }
}

// A registry is connected from its constructor on, so that no entry is missed between that and this.
function bind(registry, worker) {
  if (worker !== undefined && !(worker instanceof Worker)) {
    throw typeError('worker', 'a Worker', worker);
  }
  return own(registry, 'registry');
}

module.exports = { Registry, bind };
