'use strict';

// Iteration over a SharedList. It goes by batches of nodes, of which each is looked at again before
// it is shown, since it may have been removed meanwhile, here or in another thread.

const { BATCH_COUNT, BATCH_ITEMS, BATCH_ITEM_SEQUENCE, BATCH_ITEM_SIZE, NODE_SIZE } =
  require('./binding');
const { LiveIterator } = require('./live-iterator');
const { kAdvance, kFillBatch, kIsListed, kPlace, kRemoveNode } = require('./symbols');

const BATCH_MAX = 256;
const COUNT_WORD = BATCH_COUNT / 4;
const ITEM_WORDS = BATCH_ITEM_SIZE / 4;
const ITEM_DOUBLES = BATCH_ITEM_SIZE / 8;
const FIRST_WORD = BATCH_ITEMS / 4;
const FIRST_SEQUENCE = (BATCH_ITEMS + BATCH_ITEM_SEQUENCE) / 8;

// The nodes an iteration is to visit next, as the core fills them in: for each its address and its
// sequence number. Sequence numbers are compared as bit patterns, never computed with.
class Batch {
  #words;
  #sequences;

  constructor(memory) {
    this.#words = new Uint32Array(memory);
    this.#sequences = new Float64Array(memory);
  }

  static of(capacity) {
    return new Batch(new ArrayBuffer(BATCH_ITEMS + capacity * BATCH_ITEM_SIZE));
  }

  // Another one with the same nodes, behind which the core goes on.
  copy() {
    return new Batch(this.#words.slice().buffer);
  }

  get view() {
    return this.#words;
  }

  get count() {
    return this.#words[COUNT_WORD];
  }

  address(i) {
    return this.#words[FIRST_WORD + i * ITEM_WORDS];
  }

  sequence(i) {
    return this.#sequences[FIRST_SEQUENCE + i * ITEM_DOUBLES];
  }
}

// What the iteration yields. deleteCurrent is made when it is asked for, and needs no `this`.
class ListItem {
  #list;
  #batch; // where the node is item #at: V8 would make an object of a sequence number kept here
  #at;
  #isDeleted = false;

  constructor(list, batch, at, data, index) {
    this.data = data;
    this.index = index;
    this.#list = list;
    this.#batch = batch;
    this.#at = at;
  }

  get deleteCurrent() {
    return () => {
      const { address, sequence } = this[kPlace];
      const isRemoved = this.#list[kRemoveNode](address, sequence);
      this.#isDeleted ||= isRemoved;
      return isRemoved;
    };
  }

  get [kPlace]() {
    return { address: this.#batch.address(this.#at), sequence: this.#batch.sequence(this.#at) };
  }

  static isDeleted(item) {
    return item.#isDeleted;
  }
}

class ListIterator extends LiveIterator {
  #list;
  #element;
  #backing;
  #batch; // undefined before the first
  #count = 0; // of its nodes
  #at = 0; // the next of them
  #index = 0;
  #item; // the last

  constructor(list, element, backing) {
    super();
    this.#list = list;
    this.#element = element;
    this.#backing = backing;
  }

  [kAdvance]() {
    if (this.#item !== undefined && !ListItem.isDeleted(this.#item)) this.#index++;
    for (;;) {
      if (this.#at === this.#count && !this.#refill()) return undefined;
      const at = this.#at++;
      const batch = this.#batch;
      const address = batch.address(at);
      if (!this.#list[kIsListed](address, batch.sequence(at))) continue;
      const data = this.#element.view(this.#backing, address + NODE_SIZE);
      this.#item = new ListItem(this.#list, batch, at, data, this.#index);
      return this.#item;
    }
  }

  // Whether there are further nodes.
  #refill() {
    const batch =
      this.#batch?.copy() ?? Batch.of(Math.min(BATCH_MAX, Math.max(1, this.#list.length)));
    this.#list[kFillBatch](batch.view);
    this.#batch = batch;
    this.#count = batch.count;
    this.#at = 0;
    return this.#count > 0;
  }
}

module.exports = { ListIterator };
