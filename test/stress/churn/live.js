'use strict';

// Counts the bytes that are live in all threads, and the most there ever were.

class Live {
  #bytes;

  constructor(buffer = new SharedArrayBuffer(8)) {
    this.#bytes = new Int32Array(buffer); // now, at the peak
  }

  get buffer() {
    return this.#bytes.buffer;
  }

  get peak() {
    return Atomics.load(this.#bytes, 1);
  }

  add(bytes) {
    const now = Atomics.add(this.#bytes, 0, bytes) + bytes;
    for (let peak = this.peak; now > peak; peak = this.peak) {
      Atomics.compareExchange(this.#bytes, 1, peak, now);
    }
  }
}

module.exports = { Live };
