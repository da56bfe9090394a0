'use strict';

// The heap of the process, which the addon makes. No view of it ever reaches JavaScript.

const { randomFillSync } = require('node:crypto');
const { inspect } = require('node:util');
const native = require('./binding');
const { stats, verify } = require('./report');
const { kGrow, kHandle } = require('./symbols');

class ProcessHeap {
  #number; // undefined before this thread uses the heap
  #known = 0; // the size that the addon has told; what it means is its own affair

  get currentUsed() {
    return native.heapUsed(this[kHandle]);
  }

  stats() {
    return stats(this[kHandle]);
  }

  verify(options) {
    return verify(this[kHandle], options);
  }

  get [kHandle]() {
    return (this.#number ??= native.processAttach(this, ...randomFillSync(new Uint32Array(2))));
  }

  [kGrow](room) {
    this.#known = native.processGrow(this[kHandle], room, this.#known);
  }

  [inspect.custom](depth, options) {
    const { used, committed, maximum } = this.stats();
    return `ProcessHeap ${inspect({ used, committed, maximum }, options)}`;
  }
}

module.exports = { processHeap: new ProcessHeap() };
