'use strict';

const { CONTROL_VERSION_HI, CONTROL_VERSION_LO, FORWARD_SIZE, KIND_STRING, objectOpen,
  stringCreate, stringFree, stringGet, stringOpen, stringSet } =
  require('./binding');
const { Container, LENGTH, openAt } = require('./container');
const { checkHeap, checkObject, checkOptions, checkText } = require('./errors');
const { getPointer } = require('./pointer');
const { call, callHot, callHotText } = require('./retry');
const { kCheckLive, kDescribe, kHandle, kHeap, kIdentity, kNumber, kWords } = require('./symbols');

const OPTIONS = ['value', 'bufferPosition', 'bufferByteOffset', 'heapId', 'generation'];
const VERSION_LO = CONTROL_VERSION_LO / 4;
const VERSION_HI = CONTROL_VERSION_HI / 4;

function create(heap, text) {
  checkHeap(heap);
  return call(heap, stringCreate, heap[kNumber], text);
}

// With a text, which it gets in the same step: a zeroed block stays one if that fails.
function open(heap, config, text) {
  const nativeOpen = (number, ...place) =>
    text === undefined
      ? objectOpen(number, KIND_STRING, ...place)
      : stringOpen(number, ...place, text);
  return openAt(heap, 'config', config, config, nativeOpen);
}

class SharedString extends Container {
  static ALLOCATE_COUNT = FORWARD_SIZE / 4;

  // The text that was read last, and the version it had. A version is never used twice.
  #text;
  #versionLo;
  #versionHi;

  constructor(heap, config) {
    if (typeof config === 'string') {
      super(heap, create(heap, config), stringFree);
      return;
    }
    checkObject('config', config, 'a string, { value } or a descriptor');
    checkOptions('config', config, OPTIONS);
    const text = 'value' in config ? checkText('value', config.value) : undefined;
    const isDescriptor = 'bufferPosition' in config || text === undefined;
    super(heap, isDescriptor ? open(heap, config, text) : create(heap, text), stringFree);
  }

  get value() {
    const words = this[kWords];
    const lo = Atomics.load(words, VERSION_LO);
    const hi = words[VERSION_HI];
    this[kCheckLive]();
    if (lo !== this.#versionLo || hi !== this.#versionHi || this.#text === undefined) {
      // Read after the version: the text is at least as new as what it is remembered under.
      this.#text = callHot(this[kHeap], stringGet, this[kHandle]);
      this.#versionLo = lo;
      this.#versionHi = hi;
    }
    return this.#text;
  }

  set value(text) {
    callHotText(this[kHeap], stringSet, this[kHandle], checkText('value', text));
  }

  get length() {
    const length = Atomics.load(this[kWords], LENGTH);
    this[kCheckLive]();
    return length;
  }

  getSharedMemory() {
    return { ...getPointer(this.pointer), ...this[kIdentity]() };
  }

  toString() {
    return this.value;
  }

  [kDescribe](name, inspect) {
    return `${name} ${inspect(this.value)}`;
  }
}

module.exports = { SharedString };
