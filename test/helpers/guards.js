'use strict';

// Memory of all kinds beside a heap, in which nothing may change: a second heap, other shared and
// plain buffers, and objects.

const assert = require('node:assert/strict');
const { MemoryHeap } = require('../../lib');
const { assertSound, dispose } = require('./check');
const { classes } = require('./classes');

const BUFFERS = 8;
const BYTES = 1 << 16;
const PATTERN = 0x5a;

const makeObject = (i) => ({ text: `guard ${i}`, numbers: [i, i / 3, -i], map: new Map([[i, {}]]) });

const copyOf = (buffer) => Buffer.from(new Uint8Array(buffer)); // with a copy of the bytes

class Guards {
  #heap = new MemoryHeap();
  #contents = classes.map((kind) => ({ kind, object: kind.create(this.#heap) }));
  #expected = this.#read();
  #image = copyOf(this.#heap.buffers[0].buf);
  #objects = Array.from({ length: 1000 }, (_, i) => makeObject(i));
  #buffers = Array.from({ length: BUFFERS }, (_, i) =>
    new Uint8Array(i % 2 ? new SharedArrayBuffer(BYTES) : new ArrayBuffer(BYTES)).fill(PATTERN)
  );

  // Fails unless all is as it was, and closes the heap.
  check() {
    assert.ok(copyOf(this.#heap.buffers[0].buf).equals(this.#image), 'another heap has changed');
    assert.deepEqual(this.#read(), this.#expected);
    assertSound(this.#heap);
    this.#heap[dispose]();
    for (const bytes of this.#buffers) assert.ok(bytes.every((byte) => byte === PATTERN));
    for (const [i, object] of this.#objects.entries()) assert.deepEqual(object, makeObject(i));
  }

  #read() {
    return this.#contents.map(({ kind, object }) => kind.read(object));
  }
}

module.exports = { Guards };
