'use strict';

// What a worker owns, written down where it outlives the worker: a sheet of its own in shared
// memory. When a worker has been ended nothing else can tell the blocks it had from leaked ones.
//
// Before a worker makes or frees something it notes the intent; afterwards it enters or strikes out
// the thing; then it withdraws the intent. So wherever it ends, the sheet is right about all but
// the one thing of the intent, and of that the sheet says what it is.

const STAGES = ['created', 'running', 'loaded', 'open']; // how far the start of a worker is
const KINDS = ['', 'block', 'list', 'vector', 'map', 'string', 'store'];
const SLOTS = 12;

// 32-bit words
const STAGE = 0;
const PROGRESS = 1;
const WORDS = 2;

// Doubles, behind the words: the intent, and as many for each slot. The id of a container is its
// generation, which no other container ever has; that of a block is its pointer.
const INTENT = ['verb', 'kind', 'size', 'slot'];
const SLOT = ['kind', 'id', 'size'];
const DOUBLES = INTENT.length + SLOTS * SLOT.length;

const NONE = 0;
const MAKE = 1;
const FREE = 2;

class Sheet {
  #words;
  #doubles;

  constructor(buffer = new SharedArrayBuffer(WORDS * 4 + DOUBLES * 8)) {
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#doubles = new Float64Array(buffer, WORDS * 4, DOUBLES);
  }

  get buffer() {
    return this.#words.buffer;
  }

  reach(stage) {
    Atomics.store(this.#words, STAGE, STAGES.indexOf(stage));
  }

  hasReached(stage) {
    return Atomics.load(this.#words, STAGE) >= STAGES.indexOf(stage);
  }

  get progress() {
    return Atomics.load(this.#words, PROGRESS);
  }

  advance() {
    Atomics.add(this.#words, PROGRESS, 1);
  }

  // Calls `make`, which returns an object with an id, and enters that.
  make(slot, kind, size, make) {
    this.#intend(MAKE, kind, size, slot);
    const made = make();
    this.#enter(slot, kind, made.id, size);
    this.#doubles[0] = NONE;
    return made;
  }

  free(slot, free) {
    this.#intend(FREE, '', 0, slot);
    free();
    this.#doubles[this.#at(slot)] = 0;
    this.#doubles[0] = NONE;
  }

  // Once the worker has ended: what is certainly there, what may be, as { kind, id, size }, and
  // what may have been made without its id being known, as { kind, size }.
  read() {
    const [verb, kind, size, slot] = this.#doubles;
    const certain = [];
    const possible = [];
    for (let i = 0; i < SLOTS; i++) {
      const [is, id, bytes] = this.#doubles.subarray(this.#at(i));
      if (is === 0) continue;
      const owned = { kind: KINDS[is], id, size: bytes };
      (verb === FREE && slot === i ? possible : certain).push(owned);
    }
    return { certain, possible, unnamed: verb === MAKE ? { kind: KINDS[kind], size } : undefined };
  }

  #at(slot) {
    return INTENT.length + slot * SLOT.length;
  }

  // The verb, which makes it count, comes last; the kind of a slot too.
  #intend(verb, kind, size, slot) {
    this.#doubles.set([NONE, KINDS.indexOf(kind), size, slot]);
    this.#doubles[0] = verb;
  }

  #enter(slot, kind, id, size) {
    const at = this.#at(slot);
    this.#doubles[at + 1] = id;
    this.#doubles[at + 2] = size;
    this.#doubles[at] = KINDS.indexOf(kind);
  }
}

module.exports = { SLOTS, STAGES, Sheet };
