'use strict';

// The heap of the process, which the addon makes. No view of it ever reaches JavaScript.

const { randomFillSync } = require('node:crypto');
const { inspect } = require('node:util');
const native = require('./binding');
const { typeError } = require('./errors');
const { stats, verify } = require('./report');
const { kGrow, kNumber } = require('./symbols');

let own; // has to see what is private to ProcessHeap

class ProcessHeap {
  #number; // undefined before this thread uses the heap
  #known = 0; // the size that the addon has told; what it means is its own affair

  static {
    // What a method was called on.
    own = (heap) => {
      if (#number in Object(heap)) return heap;
      throw typeError('this', 'processHeap', heap);
    };
  }

  get currentUsed() {
    return native.heapUsed(own(this)[kNumber]);
  }

  stats() {
    return stats(own(this)[kNumber]);
  }

  verify(options) {
    return verify(own(this)[kNumber], options);
  }

  get [kNumber]() {
    return (this.#number ??= native.processAttach(this, ...randomFillSync(new Uint32Array(2))));
  }

  [kGrow](room) {
    this.#known = native.processGrow(this[kNumber], room, this.#known);
  }

  [inspect.custom](depth, options) {
    const { used, committed, maximum } = own(this).stats();
    return `ProcessHeap ${inspect({ used, committed, maximum }, options)}`;
  }
}

module.exports = { processHeap: new ProcessHeap() };
