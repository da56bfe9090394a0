'use strict';

const { FORWARD_SIZE, KIND_LIST, NODE_OWNER, NODE_SEQUENCE, NODE_SIZE, listAt, listClear,
  listCopy, listCreate, listDescribe, listFree, listNext, listPush, listPushMany, listRemoveAt,
  listRemoveEqual, listRemoveNode } =
  require('./binding');
const { Container, LENGTH, openContainer } = require('./container');
const { Element, checkDataLength, typeNumber } = require('./element');
const { badDescriptor, checkFunction, checkHeap, checkInteger, checkObject, checkOptions } =
  require('./errors');
const { ListIterator } = require('./list-iterator');
const { addressOf } = require('./pointer');
const { call, callHot, results } = require('./retry');
const { kBacking, kCheckLive, kControl, kDescribe, kFillBatch, kHandle, kHeap, kInsert,
  kIsListed, kRemoveNode, kWords } = require('./symbols');

const OPTIONS = ['type', 'dataLength', 'initWithBlock'];
const INSPECT_MAX = 100;

function create(heap, config) {
  checkOptions('config', config, OPTIONS);
  const { type = Uint32Array, dataLength = 1, initWithBlock } = config;
  const number = typeNumber(type);
  checkDataLength(dataLength);
  const block = initWithBlock === undefined ? 0 : addressOf('initWithBlock', initWithBlock);
  // For the addon 0 is no block.
  if (initWithBlock && block === 0) throw badDescriptor('initWithBlock names no live block');
  checkHeap(heap);
  return call(heap, listCreate, heap[kHandle], number, dataLength, block);
}

function open(heap, config) {
  return openContainer(heap, KIND_LIST, config);
}

class SharedList extends Container {
  static ALLOCATE_COUNT = FORWARD_SIZE / 4;

  #element;
  #onDelete;
  #nodeWords; // the image, for looks at nodes
  #nodeDoubles;
  #viewed = 0; // bytes of it that they reach to

  constructor(heap, config = {}) {
    checkObject('config', config, 'options or a descriptor');
    super(heap, 'firstBlock' in config ? open(heap, config) : create(heap, config), listFree);
    listDescribe(this[kHandle]);
    const [type, dataLength] = results;
    this.#element = new Element(type, dataLength);
  }

  get length() {
    const length = Atomics.load(this[kWords], LENGTH);
    this[kCheckLive]();
    return length;
  }

  get type() {
    return this.#element.number;
  }

  get dataLength() {
    return this.#element.dataLength;
  }

  get onDelete() {
    return this.#onDelete;
  }

  set onDelete(callback) {
    this.#onDelete = callback === undefined ? undefined : checkFunction('onDelete', callback);
  }

  push(values) {
    this.#element.write(values);
    callHot(this[kHeap], listPush, this[kHandle]);
  }

  insert(values) {
    this.push(values);
  }

  pushMany(values) {
    call(this[kHeap], listPushMany, this[kHandle], this.#element.batch(values));
  }

  at(index) {
    this.#checkIndex(index);
    const address = call(this[kHeap], listAt, this[kHandle], index);
    return address === 0 ? undefined : this.#element.view(this[kHeap][kBacking], address);
  }

  shift() {
    return this.#removeAt(0);
  }

  pop() {
    return this.#removeAt(-1);
  }

  deleteIndex(index) {
    this.#checkIndex(index);
    if (index < 0) {
      this[kCheckLive]();
      return false;
    }
    return this.#deleted(this.#removeAt(index));
  }

  deleteValue(values) {
    const count = this.#element.write(values);
    const isWhole = typeof values === 'object';
    const wanted = this.#element.read();
    const found = call(
      this[kHeap],
      listRemoveEqual,
      this[kHandle],
      wanted,
      isWhole ? this.dataLength : count
    );
    return this.#deleted(found ? this.#element.read() : undefined);
  }

  deleteMatch(callback) {
    checkFunction('callback', callback);
    for (const item of this) {
      if (callback(item.data, item.index) && item.deleteCurrent()) return true;
    }
    return false;
  }

  forEach(callback) {
    checkFunction('callback', callback);
    for (const { data, index } of this) callback(data, index);
  }

  toArray() {
    // The first round only asks for the length: what the control block shows may be overwritten.
    for (let length = 0; ; ) {
      const array = new this.#element.type(length * this.dataLength);
      const count = call(this[kHeap], listCopy, this[kHandle], array);
      if (count === length) return array;
      if (count < length) return array.slice(0, count * this.dataLength);
      length = count;
    }
  }

  clear() {
    if (this.#onDelete) {
      this.#drain();
    } else {
      call(this[kHeap], listClear, this[kHandle]);
    }
  }

  free() {
    if (this.#onDelete) this.#drain();
    super.free();
  }

  [Symbol.iterator]() {
    return new ListIterator(this, this.#element, this[kHeap][kBacking]);
  }

  [kDescribe](name, inspect) {
    const shown = [];
    for (const { data } of this) {
      if (shown.push(data.length === 1 ? data[0] : Array.from(data)) === INSPECT_MAX) break;
    }
    const more = this.length > shown.length ? ` and ${this.length - shown.length} more` : '';
    return `${name}(${this.length}) ${this.#element.type.name} ${inspect(shown)}${more}`;
  }

  [kInsert](values) {
    this.push(values);
    const [address, sequence] = results;
    return { address, sequence };
  }

  [kFillBatch](view) {
    call(this[kHeap], listNext, this[kHandle], view);
  }

  // Whether the node is still in this list: a removed one loses its sequence number and owner.
  [kIsListed](address, sequence) {
    if (address + NODE_SIZE > this.#viewed) this.#viewImage();
    return (
      this.#nodeDoubles[(address + NODE_SEQUENCE) / 8] === sequence &&
      this.#nodeWords[(address + NODE_OWNER) / 4] === this[kControl]
    );
  }

  [kRemoveNode](address, sequence) {
    const found = call(this[kHeap], listRemoveNode, this[kHandle], address, sequence);
    return this.#deleted(found ? this.#element.read() : undefined);
  }

  // Fixed-length views, made anew when the image has grown past them.
  #viewImage() {
    const backing = this[kHeap][kBacking];
    const doubles = Math.floor(backing.byteLength / 8);
    this.#nodeDoubles = backing.view(Float64Array, 0, doubles);
    this.#nodeWords = backing.view(Uint32Array, 0, doubles * 2);
    this.#viewed = doubles * 8;
  }

  #checkIndex(index) {
    checkInteger('index', index, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }

  // A copy of the element that was at the index, or undefined.
  #removeAt(index) {
    callHot(this[kHeap], listRemoveAt, this[kHandle], index);
    return results[0] ? this.#element.read() : undefined;
  }

  // Tells onDelete of an element that was removed; whether there was one.
  #deleted(data) {
    if (data === undefined) return false;
    this.#onDelete?.(data);
    return true;
  }

  // Removes one by one what is in the list now, telling onDelete.
  #drain() {
    for (let left = this.length; left > 0; left--) {
      if (!this.#deleted(this.#removeAt(0))) return;
    }
  }
}

module.exports = { SharedList };
