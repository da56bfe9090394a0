'use strict';

const { randomFillSync } = require('node:crypto');
const {
  inspect,
  types: { isSharedArrayBuffer },
} = require('node:util');
const { BUFFER_SIZE, Backing, GrowableBacking, WasmBacking, bytesOf, isSharedMemory } =
  require('./backing');
const native = require('./binding');
const { badDescriptor, checkFunction, checkInteger, checkObject, checkOptions, freed, rangeError,
  typeError, withCode } = require('./errors');
const { AllocatedMemory, allocBlock, allocNext, freeBlocks, kAllocated } = require('./memory');
const { MAX_BYTE_OFFSET_LENGTH, addressOf } = require('./pointer');
const { stats, verify } = require('./report');
const { floorTo, reserve, reserveBuffer } = require('./reserve');
const { call, results } = require('./retry');
const { kBacking, kCommit, kDispose, kGrow, kHeapId, kNumber } = require('./symbols');

const { ALIGN_MAX, HEADER_SIZE, PAGE_SIZE, heapCommitted, heapUsed, memoryAllocMany, memoryFind } =
  native;
const DESCRIPTOR = ['buffers', 'bufferSize', 'heapId'];
const MEMORY_OPTIONS = ['buffers', 'memory', 'reserve', 'bufferSize', 'heapId', 'autoGrowSize'];
const OPTIONS = ['bufferSize', 'initialBuffers', 'maxSize', 'autoGrowSize'];
const MAX_SIZE = 2 ** 32;
const MAX_BLOCKS = 2 ** 24; // of one call
const MAX_WORDS = MAX_SIZE / 4;
const CLOSED = -1;
const BLOCK_ALIGN = 16; // of every block, so that no more need be asked for
const GROWTH = 1.125; // by more, and much of the heap can be room that is never used
const UNITS = ['B', 'KiB', 'MiB', 'GiB'];

// The attachment of this thread to each buffer or memory it has: { number, users, origin }. It lasts
// as long as that object, also without a MemoryHeap, so that a descriptor that is still held stays
// good.
const attachments = new WeakMap();

function attach(backing, nativeAttach) {
  const { anchor, origin } = backing;
  let attachment = attachments.get(anchor);
  if (attachment && attachment.origin !== origin) {
    throw badDescriptor(`the memory holds a heap with reserve ${attachment.origin}, not ${origin}`);
  }
  if (!attachment) {
    attachment = { number: nativeAttach(backing.image(), anchor), users: 0, origin };
    attachments.set(anchor, attachment);
  }
  attachment.users++;
  return attachment.number;
}

function detach({ anchor }) {
  const attachment = attachments.get(anchor);
  if (--attachment.users > 0) return;
  attachments.delete(anchor);
  native.heapDetach(attachment.number);
}

function readOptions(config) {
  checkOptions('config', config, OPTIONS);
  const { bufferSize = BUFFER_SIZE, initialBuffers = 1, maxSize = MAX_SIZE, autoGrowSize } = config;
  checkInteger('bufferSize', bufferSize, 1, MAX_BYTE_OFFSET_LENGTH);
  checkInteger('maxSize', maxSize, 1, MAX_SIZE);
  // In whole buffers, as the heap grows: what cannot be had is not reserved.
  const area = floorTo(Math.min(maxSize, MAX_SIZE - HEADER_SIZE), bufferSize);
  if (bufferSize > area) throw rangeError('maxSize', `at least bufferSize, ${bufferSize}`, maxSize);
  checkInteger('initialBuffers', initialBuffers, 1, Math.floor(area / bufferSize));
  checkAutoGrowSize(autoGrowSize);
  return { bufferSize, initial: bufferSize * initialBuffers, maximum: area, autoGrowSize };
}

// What checkInteger says of most numbers, and sooner.
function isUint32(value) {
  return typeof value === 'number' && value >>> 0 === value;
}

function checkAlign(name, align) {
  checkInteger(name, align, 1, ALIGN_MAX);
  if ((align & (align - 1)) !== 0) throw rangeError(name, 'a power of two', align);
  return align;
}

function checkBlock(byteLength, align) {
  if (!isUint32(byteLength)) checkInteger('byteLength', byteLength, 0, MAX_SIZE);
  if (align !== BLOCK_ALIGN) checkAlign('align', align);
}

function checkAutoGrowSize(percentage) {
  if (percentage !== undefined) checkInteger('autoGrowSize', percentage, 1, 100);
  return percentage;
}

function randomSeed() {
  return randomFillSync(new Uint32Array(2));
}

function create(config) {
  const options = readOptions(config);
  const { backing, maximum } = reserve(options);
  const image = backing.view(Uint8Array, 0, HEADER_SIZE + options.initial);
  const number = attach(backing, (_, anchor) =>
    native.heapCreate(
      image, anchor, options.bufferSize, HEADER_SIZE + maximum, 0, ...randomSeed()
    )
  );
  return { backing, number, isClone: false, autoGrowSize: options.autoGrowSize };
}

// Another thread may enlarge a memory when the addon is about to compare the length of its view.
function attachToMemory(backing, nativeAttach) {
  for (;;) {
    const { byteLength } = backing;
    try {
      return attach(backing, nativeAttach);
    } catch (error) {
      if (backing.byteLength === byteLength) throw error;
    }
  }
}

// The heap of a memory, which is made if it has none.
function ensure(backing) {
  const number = attachToMemory(backing, (view, anchor) =>
    native.heapEnsure(
      view, anchor, backing.unit, backing.maxByteLength, backing.origin, ...randomSeed()
    )
  );
  return { backing, number, isClone: false };
}

// Where the image of a new heap begins in a memory of that many bytes.
function originFor(reserved, byteLength) {
  checkInteger('reserve', reserved, 0, byteLength - HEADER_SIZE);
  return Math.ceil(reserved / PAGE_SIZE) * PAGE_SIZE;
}

// Where that of a memory begins: if nothing is said, where it is.
function originIn(memory, reserved) {
  const bytes = bytesOf(memory);
  if (bytes.length === 0) throw rangeError('memory', 'of at least 1 page', memory);
  return originFor(reserved ?? native.heapLocate(bytes) ?? 0, bytes.length);
}

function openMemory(config) {
  const { memory, reserve: reserved, heapId, autoGrowSize } =
    checkOptions('config', config, MEMORY_OPTIONS);
  if (!isSharedMemory(memory)) {
    throw typeError('config.memory', 'a shared WebAssembly.Memory', memory);
  }
  checkAutoGrowSize(autoGrowSize);
  const backing = new WasmBacking(memory, originIn(memory, reserved));
  if (heapId === undefined) return { ...ensure(backing), autoGrowSize };
  const number = attachToMemory(backing, native.heapAttach);
  return { backing, number, isClone: true, autoGrowSize };
}

function open(descriptor) {
  const { buffers } = checkOptions('config', descriptor, DESCRIPTOR);
  if (!Array.isArray(buffers) || buffers.length === 0) {
    throw typeError('config.buffers', 'an array with a SharedArrayBuffer', buffers);
  }
  const [buffer] = buffers;
  if (!isSharedArrayBuffer(buffer)) {
    throw typeError('config.buffers[0]', 'a SharedArrayBuffer', buffer);
  }
  if (buffer.byteLength < HEADER_SIZE) {
    throw badDescriptor('config.buffers[0] is too short to be a heap');
  }
  const backing = new GrowableBacking(buffer);
  return { backing, number: attach(backing, native.heapAttach), isClone: true };
}

function connect(config) {
  checkObject('config', config, 'options or a descriptor');
  if (config instanceof Backing) return ensure(config);
  if ('memory' in config) return openMemory(config);
  return 'buffers' in config ? open(config) : create(config);
}

function pretty(bytes) {
  let unit = 0;
  while (bytes >= 1024 && unit < UNITS.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${bytes.toFixed(1)} ${UNITS[unit]}`;
}

class MemoryHeap {
  #bufferSize;
  #maximum;
  #id;
  #autoGrowSize;
  #isClone;
  #buffers = []; // all its elements are one object
  #growHandlers = [];
  #committed; // bytes for blocks that there were when it was looked at last

  constructor(config = {}) {
    const { backing, number, isClone, autoGrowSize } = connect(config);
    this[kBacking] = backing;
    this[kNumber] = number;
    this.#isClone = isClone;
    this.#autoGrowSize = autoGrowSize;
    native.heapDescribe(number);
    [this.#id, this.#bufferSize, this.#maximum] = results;
    this.#committed = heapCommitted(number);
    if (isClone) this.#checkDescriptor(config);
    Object.defineProperties(this, {
      [kBacking]: { enumerable: false },
      [kNumber]: { enumerable: false },
    });
  }

  get [kHeapId]() {
    return this.#id;
  }

  get isClone() {
    return this.#isClone;
  }

  get bufferSize() {
    return this.#bufferSize;
  }

  get maxSize() {
    return this.#maximum;
  }

  get buffers() {
    const { totalAllocated } = this;
    const count = Math.ceil(totalAllocated / this.#bufferSize);
    const backing = this[kBacking];
    const buffer = backing.reach(backing.origin + HEADER_SIZE + totalAllocated);
    if (this.#buffers.length !== count || this.#buffers[0]?.buf !== buffer) {
      this.#buffers = new Array(count).fill(Object.freeze({ buf: buffer }));
    }
    return this.#buffers;
  }

  get currentUsed() {
    return heapUsed(this.#open());
  }

  get totalAllocated() {
    if (this[kNumber] !== CLOSED) this.#committed = heapCommitted(this[kNumber]);
    return this.#committed;
  }

  allocUI32(count) {
    if (typeof count !== 'number') throw typeError('count', 'a number', count);
    if (!(count >= 0 && count <= MAX_WORDS)) {
      throw rangeError('count', `from 0 to ${MAX_WORDS}`, count);
    }
    return this.alloc(Math.ceil(count) * 4);
  }

  alloc(byteLength, align = BLOCK_ALIGN) {
    checkBlock(byteLength, align);
    const number = this.#open();
    const address =
      align === BLOCK_ALIGN
        ? call(this, allocNext, number, byteLength)
        : call(this, allocBlock, number, byteLength, align);
    if (this.#autoGrowSize !== undefined) this.#growAhead();
    return new AllocatedMemory(this, kAllocated, address, byteLength);
  }

  allocMany(count, byteLength, align = BLOCK_ALIGN) {
    checkInteger('count', count, 0, MAX_BLOCKS);
    checkBlock(byteLength, align);
    const number = this.#open();
    if (count * byteLength > this.#maximum) throw this.#full(count * byteLength);
    const addresses = new Uint32Array(count);
    call(this, memoryAllocMany, number, addresses, byteLength, align);
    if (this.#autoGrowSize !== undefined) this.#growAhead();
    const blocks = [];
    for (const address of addresses) {
      blocks.push(new AllocatedMemory(this, kAllocated, address, byteLength));
    }
    return blocks;
  }

  freeMany(blocks) {
    if (!Array.isArray(blocks)) throw typeError('blocks', 'an array of AllocatedMemory', blocks);
    this.#open();
    freeBlocks(this, Array.from(blocks)); // of which no getter has another one the next time
  }

  getSharedAlloc(shared) {
    const address = addressOf('shared', shared);
    const isLive = memoryFind(this.#open(), address);
    return isLive ? new AllocatedMemory(this, shared) : undefined;
  }

  getSharedMemory() {
    this.#open();
    const backing = this[kBacking].describe();
    return { ...backing, bufferSize: this.#bufferSize, heapId: this.#id };
  }

  prettyMemory() {
    return `${pretty(this.currentUsed)} / ${pretty(this.totalAllocated)}`;
  }

  stats() {
    return stats(this.#open());
  }

  verify(options) {
    return verify(this.#open(), options);
  }

  addOnGrowBufferHandlers(handler) {
    this.#growHandlers.push(checkFunction('handler', handler));
  }

  // Every thread sees the growth of the one buffer by itself.
  addSharedBuffer(data) {
    checkObject('data', data, '{ bufferPosition, buffer }');
  }

  [kDispose]() {
    if (this[kNumber] === CLOSED) return;
    this[kNumber] = CLOSED;
    detach(this[kBacking]);
  }

  [inspect.custom](depth, options) {
    if (this[kNumber] === CLOSED) return 'MemoryHeap { closed: true }';
    const shown = {
      used: this.currentUsed,
      totalAllocated: this.totalAllocated,
      maxSize: this.#maximum,
      bufferSize: this.#bufferSize,
      isClone: this.#isClone,
    };
    return `MemoryHeap ${inspect(shown, options)}`;
  }

  // Enlarges the heap by at least that many bytes: geometrically, in whole buffers, up to the
  // maximum. Another thread that did so meanwhile is as good; one that died before it told has left
  // a backing that is long enough.
  [kGrow](room) {
    const backing = this[kBacking];
    const size = heapCommitted(this.#attached());
    if (size !== this.#committed) {
      this.#committed = size;
      return;
    }
    if (size + room > this.#maximum) throw this.#full(room);
    const wanted = Math.max(size + room, Math.min(size * GROWTH, this.#maximum));
    const target = this.#maximum - floorTo(this.#maximum - wanted, this.#bufferSize);
    try {
      backing.grow(HEADER_SIZE + target);
    } catch (error) {
      if (backing.byteLength < HEADER_SIZE + target) throw this.#full(room, error);
    }
    this[kCommit](HEADER_SIZE + target);
    this.#announce(target);
  }

  // The length of the backing is looked at once: another thread may be enlarging it.
  [kCommit](byteLength = this[kBacking].byteLength) {
    native.heapCommit(this.#attached(), this[kBacking].view(Uint8Array, 0, byteLength));
    this.#committed = byteLength - HEADER_SIZE;
  }

  // The number also when this object is closed: its containers work as long as the backing is
  // attached.
  #attached() {
    return attachments.get(this[kBacking].anchor).number;
  }

  #full(room, cause) {
    return withCode(
      new Error(
        `the heap is full: ${room} more bytes are needed, ${this.#committed} are allocated ` +
          `and maxSize is ${this.#maximum}`,
        { cause }
      ),
      'ERR_TH_OUT_OF_MEMORY'
    );
  }

  // Only a convenience: what needs the room will ask for it, and be told if there is none.
  #growAhead() {
    if (this.currentUsed * 100 < this.totalAllocated * this.#autoGrowSize) return;
    try {
      this[kGrow](this.#bufferSize);
    } catch (error) {
      if (error.code !== 'ERR_TH_OUT_OF_MEMORY') throw error;
    }
  }

  // Not at once: the call that needed the room is not over.
  #announce(total) {
    const data = { bufferPosition: Math.ceil(total / this.#bufferSize) - 1, buffer: this[kBacking].buffer };
    for (const handler of this.#growHandlers) queueMicrotask(() => handler(data));
  }

  // Of the heap that was found by it.
  #checkDescriptor({ heapId }) {
    const backing = this[kBacking];
    const isWhole =
      !(backing instanceof GrowableBacking) ||
      HEADER_SIZE + this.#maximum <= backing.maxByteLength;
    if (isWhole && (heapId ?? this.#id) === this.#id) return;
    detach(backing);
    throw badDescriptor(
      isWhole
        ? 'config.heapId is not that of the heap that config names'
        : 'config.buffers[0] shows only what the heap had once: config.memory has to be its memory'
    );
  }

  #open() {
    if (this[kNumber] === CLOSED) throw freed('the heap');
    return this[kNumber];
  }
}

// A heap that its buffer is enough to open in another thread.
function heapOfBuffer() {
  return new MemoryHeap(reserveBuffer(readOptions({})));
}

module.exports = { MemoryHeap, checkAlign, heapOfBuffer, originFor, originIn };
