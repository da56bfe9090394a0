'use strict';

// Iteration over a SharedList. It goes by batches of nodes, of which each is looked at again before
// it is shown, since it may have been removed meanwhile, here or in another thread.

const { BATCH_COUNT, BATCH_ITEMS, BATCH_ITEM_SEQUENCE, BATCH_ITEM_SIZE, NODE_SIZE } =
  require('./binding');
const { keepAlive } = require('./exemplar');
const { LiveIterator } = require('./live-iterator');
const { kAdvance, kFillBatch, kIsNode, kPlace, kRemoveNode } = require('./symbols');

const BATCH_MAX = 256;
const COUNT = BATCH_COUNT / 4;
const ITEM = BATCH_ITEM_SIZE / 4;
const SEQUENCE = BATCH_ITEM_SEQUENCE / 4;
const FIRST = BATCH_ITEMS / 4;

// Where a node is, of which the core has told at words[at]: its address and the halves of its
// sequence number, all as integers that V8 need not make objects of.
function placeAt(words, at) {
  return { address: words[at], low: words[at + SEQUENCE], high: words[at + SEQUENCE + 1] };
}

// What the iteration yields. deleteCurrent is made when it is asked for, and needs no `this`.
class ListItem {
  #iterator;
  #address;
  #low;
  #high;

  constructor(iterator, address, low, high, data, index) {
    this.data = data;
    this.index = index;
    this.#iterator = iterator;
    this.#address = address;
    this.#low = low;
    this.#high = high;
  }

  get deleteCurrent() {
    return () => this.#iterator[kRemoveNode](this[kPlace]);
  }

  get [kPlace]() {
    return { address: this.#address, low: this.#low, high: this.#high };
  }
}

class ListIterator extends LiveIterator {
  #list;
  #element;
  #backing;
  #batch; // of nodes, as the core fills it in; undefined before the first
  #end = FIRST; // of its nodes
  #at = FIRST; // the next of them
  #index = 0;

  static {
    keepAlive(new ListIterator(), new ListItem(undefined, 0, 0, 0, undefined, 0));
  }

  constructor(list, element, backing) {
    super();
    this.#list = list;
    this.#element = element;
    this.#backing = backing;
  }

  [kAdvance]() {
    for (;;) {
      if (this.#at === this.#end && !this.#refill()) return undefined;
      const batch = this.#batch;
      const at = this.#at;
      this.#at = at + ITEM;
      // Not by placeAt: the object would be made before the code is optimised.
      const address = batch[at];
      const low = batch[at + SEQUENCE];
      const high = batch[at + SEQUENCE + 1];
      if (!this.#list[kIsNode](address, low, high)) continue;
      const data = this.#element.view(this.#backing, (address >>> 0) + NODE_SIZE);
      return new ListItem(this, address, low, high, data, this.#index++);
    }
  }

  // As the list does, and forgets that the node was counted.
  [kRemoveNode](place) {
    const isRemoved = this.#list[kRemoveNode](place);
    if (isRemoved) this.#index--;
    return isRemoved;
  }

  // Whether there are further nodes.
  #refill() {
    this.#batch ??= new Int32Array(FIRST + Math.min(BATCH_MAX, Math.max(1, this.#list.length)) * ITEM);
    this.#list[kFillBatch](this.#batch);
    this.#end = FIRST + this.#batch[COUNT] * ITEM;
    this.#at = FIRST;
    return this.#end > FIRST;
  }
}

module.exports = { ListIterator, placeAt };
