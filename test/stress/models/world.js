'use strict';

/**
 * One heap, what was made in it, and the models of all that. A class is described by its file:
 *
 * noun, Class
 * options     Arbitrary of the options to make one with.
 * forms       Ways to make one: make(heap, options, place). `isPlaced`: in a user's block at that
 *             place; `needsZeros`: which has to be zeroed; `adapt(options)`: what the options come
 *             to.
 * model(options)
 *             The model of one that was just made: see model.js.
 * calls       What can be called: see call.js.
 * open(heap, handle, options), reopenings
 *             Makes another handle of what a handle names; arbitrary of the options.
 * length(handle), read(handle)
 *             What is compared after each command, and at the end; also of the model.
 *
 * and where there is such a thing
 *
 * placed(place)              The descriptor of a container at a place.
 * emptyOptions, empty(real)  Options of an empty one, and how one that is used becomes one.
 * mayKeep(state)             Bytes that one of that history may have more than an empty one.
 * namesPlace                 A handle names a place, and not what is there.
 * checkNew(real, options, others)
 *                            More to check of one that was just made.
 */

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap, getPointer } = require('../../..');
const { assertCode, assertSound, dispose, fill } = require('../../helpers/check');
const { FULL } = require('./call');
const memory = require('./memory');

const { TENANT_BYTES } = memory;
const LIVE_MAX = 10; // of one class, so that commands meet
const FREED_MAX = 3;
const FILLED_MAX = 2 ** 20; // a heap that may grow further is not filled
const REQUEST_MAX = 2 ** 18; // more than any command asks for at once

// A container or block, and its handles: each one of the heap and one of the model.
class Subject {
  constructor(kind, real, model, host) {
    this.kind = kind;
    this.handles = [{ real, model }];
    this.pointer = real.pointer;
    this.descriptor = real.getSharedMemory();
    this.host = host; // { subject, offset } of a container in a user's block
  }

  get isFreed() {
    return this.handles[0].model.isFreed;
  }

  handle(number) {
    return this.handles[number % this.handles.length];
  }

  // The heap and the model agree, whichever handle is asked.
  check() {
    const { length, read } = this.kind;
    for (const { real, model } of this.handles) {
      assert.equal(length(real), length(model), 'the length');
      assert.deepEqual(read(real), read(model));
      assert.equal(real.pointer - (model.offset ?? 0), this.pointer, 'the pointer');
    }
  }
}

class World {
  subjects = [];
  executed = 0; // commands
  #growths = [];
  #ballast = [];

  constructor(options) {
    const { pages, ...others } = options;
    const heap = new MemoryHeap(
      pages ? { ...others, memory: new WebAssembly.Memory(pages) } : options
    );
    this.heap = heap;
    this.heaps = [heap, new MemoryHeap(heap.getSharedMemory())];
    for (const one of this.heaps) one.addOnGrowBufferHandlers((data) => this.#growths.push(data));
    this.start = heap.currentUsed;
    this.initial = this.allocated = heap.totalAllocated;
  }

  live(kind) {
    return this.subjects.filter((subject) => subject.kind === kind && !subject.isFreed);
  }

  // One of a class; mostly a live one.
  find(kind, number) {
    const live = this.live(kind);
    const all = this.subjects.filter((subject) => subject.kind === kind);
    const among = number % 8 === 7 || live.length === 0 ? all : live;
    return among[number % among.length];
  }

  hasRoomFor(kind) {
    return this.live(kind).length < LIVE_MAX;
  }

  // What the call returns, or FULL when the heap was and has not changed.
  attempt(call) {
    const used = this.heap.currentUsed;
    try {
      return call();
    } catch (error) {
      if (error.code !== 'ERR_TH_OUT_OF_MEMORY') throw error;
      const { committed, maximum, largestFree } = this.heap.stats();
      assert.ok(Math.max(maximum - committed, largestFree) < REQUEST_MAX, 'the heap is not full');
      assert.equal(this.heap.currentUsed, used, 'the bytes in use after a call that failed');
      return FULL;
    }
  }

  // ---- making ----

  // A place for a container in a live block, or undefined when there is none.
  findPlace(number, word) {
    const blocks = this.live(memory);
    if (blocks.length === 0) return undefined;
    const subject = blocks[number % blocks.length];
    const { model } = subject.handles[0];
    const words = Math.floor((model.state.bytes.length - TENANT_BYTES) / 4) + 1;
    if (words < 1) return undefined;
    const offset = (word % words) * 4;
    return model.isFree(offset, TENANT_BYTES) ? { subject, offset } : undefined;
  }

  make(kind, form, options, host, heapNumber) {
    const place = host && getPointer(host.subject.pointer + host.offset);
    const make = () => form.make(this.heaps[heapNumber], options, place);
    if (form.needsZeros && !this.#isZeroed(host)) {
      assertCode('ERR_TH_BAD_DESCRIPTOR', make);
      return;
    }
    const real = this.attempt(make);
    if (real !== FULL) this.#add(kind, real, form.adapt ? form.adapt(options) : options, host);
    host?.subject.check();
  }

  #add(kind, real, options, host) {
    const subject = new Subject(kind, real, kind.model(options), host);
    kind.checkNew?.(real, options, this.live(kind).map(({ handles: [{ real: one }] }) => one));
    if (host) this.#moveIn(host);
    this.subjects.push(subject);
    subject.check();
  }

  #isZeroed({ subject, offset }) {
    const { bytes } = subject.handles[0].model.state;
    return bytes.subarray(offset, offset + TENANT_BYTES).every((byte) => byte === 0);
  }

  // The words of a container in a block are its own: what they are now they have to stay.
  #moveIn({ subject, offset }) {
    const { real, model } = subject.handles[0];
    const words = real.getArray(Uint8Array, offset, TENANT_BYTES);
    model.state.bytes.set(words, offset);
    model.state.tenants.add(offset);
  }

  #moveOut({ subject, offset }) {
    const { state } = subject.handles[0].model;
    state.bytes.fill(0, offset, offset + TENANT_BYTES);
    state.tenants.delete(offset);
  }

  reopen(subject, number, options, heapNumber) {
    const { real, model } = subject.handle(number);
    const handle = subject.kind.open(this.heaps[heapNumber], real, options);
    subject.handles.push({ real: handle, model: model.reopened(options) });
    subject.check();
  }

  // ---- filling the heap ----

  get canBeFilled() {
    return this.heap.maxSize <= FILLED_MAX;
  }

  // Takes all that is left, so that what is made next has to find the heap full.
  fill() {
    this.#ballast.push(...fill(this.heap));
  }

  relieve() {
    for (const block of this.#ballast.splice(0)) block.free();
  }

  // ---- freeing ----

  // After a command that has freed the subject by one of its handles.
  settle(subject, handle) {
    if (subject.host) {
      this.#moveOut(subject.host);
      subject.host.subject.check();
    }
    for (const { real } of subject.handles) {
      assertCode('ERR_TH_FREED', () => subject.kind.read(real));
    }
    if (subject.kind.namesPlace) {
      assert.equal(this.heap.getSharedAlloc(subject.descriptor), undefined);
      subject.handles = [handle]; // another one finds the next block that comes to be there
    }
    const freed = this.subjects.filter(({ kind, isFreed }) => kind === subject.kind && isFreed);
    if (freed.length > FREED_MAX) this.subjects.splice(this.subjects.indexOf(freed[0]), 1);
  }

  // ---- the heap ----

  checkHeap() {
    const { heap } = this;
    const { used, committed, maximum, threads } = heap.stats();
    assert.equal(used, heap.currentUsed);
    assert.equal(committed, heap.totalAllocated);
    assert.equal(maximum, heap.maxSize);
    assert.equal(threads, 1);
    assert.ok(used <= committed && committed <= maximum && this.allocated <= committed);
    assert.equal(this.heaps[1].isClone, true);
    assert.equal(heap.buffers.length, Math.ceil(committed / heap.bufferSize));
    assert.match(heap.prettyMemory(), /^\d+\.\d [KMG]?i?B \/ \d+\.\d [KMG]?i?B$/);
    assert.deepEqual(heap.verify(), []);
    this.allocated = committed;
  }

  /** Checks everything, frees everything and checks that nothing is left. */
  async end() {
    const { heap } = this;
    this.checkHeap();
    const live = this.subjects.filter((subject) => !subject.isFreed);
    for (const subject of live) subject.check();
    assertSound(heap);
    this.relieve();
    const blocksLast = live.sort((one, other) => (one.kind === memory) - (other.kind === memory));
    for (const subject of blocksLast) this.#freeAtEnd(subject);
    assert.equal(heap.currentUsed, this.start, 'the bytes in use after all was freed');
    assertSound(heap);
    await this.#checkGrowths();
    this.#close();
  }

  // Where a container can be emptied, it has to have what an empty one has, and what it may keep.
  #freeAtEnd({ kind, handles }) {
    const { heap } = this;
    if (kind.empty) for (const { real } of handles) kind.empty(real);
    const used = heap.currentUsed;
    handles.find(({ model }) => !model.offset).real.free();
    for (const { real } of handles) assertCode('ERR_TH_FREED', () => real.getSharedMemory());
    if (!kind.empty) return;
    const kept = used - heap.currentUsed - this.#sizeOfEmpty(kind);
    const allowed = [0, ...(kind.mayKeep?.(handles[0].model.state) ?? [])];
    assert.ok(allowed.includes(kept), `${kept} bytes more than an empty one has`);
  }

  #sizeOfEmpty(kind) {
    const used = this.heap.currentUsed;
    const empty = kind.forms.own.make(this.heap, kind.emptyOptions);
    const size = this.heap.currentUsed - used;
    empty.free();
    return size;
  }

  // The last growth that was told of is the last there was.
  async #checkGrowths() {
    await null; // it is told in a microtask
    const { heap, initial } = this;
    const positions = this.#growths.map(({ bufferPosition }) => bufferPosition);
    assert.deepEqual(positions, [...positions].sort((one, other) => one - other));
    const isGrown = heap.totalAllocated > initial;
    assert.equal(positions.at(-1), isGrown ? heap.buffers.length - 1 : undefined);
  }

  // With the last handle of the heap, what is in it is gone for this thread.
  #close() {
    const [heap, twin] = this.heaps;
    const map = new SharedMap(twin);
    heap[dispose]();
    assert.equal(map.size, 0);
    twin[dispose]();
    assertCode('ERR_TH_FREED', () => map.size);
    assertCode('ERR_TH_FREED', () => heap.currentUsed);
  }
}

module.exports = { World };
