'use strict';

const { FORWARD_SIZE, KIND_LIST, NODE_OWNER, NODE_SEQUENCE, NODE_SIZE, listAt, listClear,
  listCopy, listCreate, listDescribe, listFree, listNext, listPush, listPushMany, listRemoveAt,
  listRemoveEqual, listRemoveNode, scratch } =
  require('./binding');
const { Container, LENGTH, keepExemplar, openContainer } = require('./container');
const { Element, checkDataLength, typeNumber } = require('./element');
const { badDescriptor, checkFunction, checkHeap, checkInteger, checkObject, checkOptions,
  rangeError } =
  require('./errors');
const { imageOf } = require('./image');
const { ListIterator, placeAt } = require('./list-iterator');
const { addressOf } = require('./pointer');
const { call, callHot, results } = require('./retry');
const { kBacking, kCheckLive, kControl, kDescribe, kFillBatch, kGeneration, kHandle, kHeap,
  kInsert, kIsListed, kIsNode, kNumber, kRemoveNode, kWords } = require('./symbols');

const OPTIONS = ['type', 'dataLength', 'initWithBlock'];
const INSPECT_MAX = 100;
const GUESS_MAX = 256; // components that are worth a guess at the length

// Of a node, in 32-bit words.
const SEQUENCE = NODE_SEQUENCE / 4;
const OWNER = NODE_OWNER / 4;

const resultWords = new Int32Array(scratch, 0, 4);

function create(heap, config) {
  checkOptions('config', config, OPTIONS);
  const { type = Uint32Array, dataLength = 1, initWithBlock } = config;
  const number = typeNumber(type);
  checkDataLength(dataLength);
  const block = initWithBlock === undefined ? 0 : addressOf('initWithBlock', initWithBlock);
  // For the addon 0 is no block.
  if (initWithBlock && block === 0) throw badDescriptor('initWithBlock names no live block');
  checkHeap(heap);
  return call(heap, listCreate, heap[kNumber], number, dataLength, block);
}

function open(heap, config) {
  return openContainer(heap, KIND_LIST, config);
}

class SharedList extends Container {
  static ALLOCATE_COUNT = FORWARD_SIZE / 4;

  #element;
  #onDelete;
  #words; // of the image, for looks at nodes
  #viewed = 0; // of them, those that a node can begin at
  #owner; // what nodes of this list carry: its address, and half of its generation
  #generation;

  constructor(heap, config = {}) {
    checkObject('config', config, 'options or a descriptor');
    super(heap, 'firstBlock' in config ? open(heap, config) : create(heap, config), listFree);
    listDescribe(this[kHandle]);
    const [type, dataLength] = results;
    this.#element = new Element(type, dataLength);
    this.#owner = this[kControl] | 0;
    this.#generation = this[kGeneration] | 0;
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
    return this.#removeAt(0) ? this.#element.read() : undefined;
  }

  pop() {
    return this.#removeAt(-1) ? this.#element.read() : undefined;
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
    return this.#deleted(found);
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

  toArray(out) {
    if (out !== undefined) return this.#copyTo(out);
    const { type, dataLength } = this.#element;
    // What the control block shows may be overwritten: of much, the first round asks for the length.
    const shown = this[kWords][LENGTH];
    for (let length = shown * dataLength <= GUESS_MAX ? shown : 0; ; ) {
      const array = new type(length * dataLength);
      const count = call(this[kHeap], listCopy, this[kHandle], array);
      if (count === length) return array;
      if (count < length) return array.slice(0, count * dataLength);
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
    return placeAt(resultWords, 0);
  }

  [kFillBatch](view) {
    call(this[kHeap], listNext, this[kHandle], view);
  }

  [kIsListed]({ address, low, high }) {
    return this[kIsNode](address, low, high);
  }

  // Whether the node is still in this list: a removed one loses its sequence number and owner. The
  // halves of the number may be read at two moments: a low half that is the same, and never 0, tells
  // that the node was in the list at the first of them, unless 2^32 elements were pushed since.
  [kIsNode](address, low, high) {
    const at = address >>> 2;
    if (at >= this.#viewed) this.#viewNode(at);
    const words = this.#words;
    return (
      words[at + SEQUENCE] === low &&
      words[at + SEQUENCE + 1] === high &&
      words[at + OWNER] === this.#owner &&
      words[at + OWNER + 1] === this.#generation
    );
  }

  [kRemoveNode]({ address, low, high }) {
    const words = [address >>> 0, low >>> 0, high >>> 0];
    return this.#deleted(call(this[kHeap], listRemoveNode, this[kHandle], ...words));
  }

  // Views of the image that reach to a node.
  #viewNode(at) {
    const image = imageOf(this[kHeap]);
    image.reach(at * 4 + NODE_SIZE);
    this.#words = image.view(Int32Array);
    this.#viewed = (image.byteLength - NODE_SIZE) / 4;
  }

  #copyTo(out) {
    const { dataLength } = this.#element;
    const room = this.#element.checkOut(out);
    const count = call(this[kHeap], listCopy, this[kHandle], out);
    if (count * dataLength <= room) return out.subarray(0, count * dataLength);
    throw rangeError('out', `as long as the list needs, ${count * dataLength}`, out);
  }

  #checkIndex(index) {
    checkInteger('index', index, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }

  // Whether there was an element at the index, which is in scratch then.
  #removeAt(index) {
    callHot(this[kHeap], listRemoveAt, this[kHandle], index);
    return results[0] === 1;
  }

  // Tells onDelete of the element in scratch, if one was removed; whether one was.
  #deleted(found) {
    if (found && this.#onDelete) this.#onDelete(this.#element.read());
    return found;
  }

  // Removes one by one what is in the list now, telling onDelete.
  #drain() {
    for (let left = this.length; left > 0; left--) {
      if (!this.#deleted(this.#removeAt(0))) return;
    }
  }
}

keepExemplar(SharedList);

module.exports = { SharedList };
