'use strict';

// The image of a heap as this thread looks into it.

const { kBacking } = require('./symbols');

const images = new WeakMap();

// Views of the whole image, of fixed length for speed. They stay good when it grows; what lies
// behind them is reached by new ones.
class Image {
  #backing;

  constructor(backing) {
    this.#backing = backing;
    this.#view();
  }

  // Makes the views reach to that offset, as far as there is an image.
  reach(end) {
    if (end > this.byteLength) this.#view();
    return end <= this.byteLength;
  }

  #view() {
    const doubles = Math.floor(this.#backing.byteLength / 8);
    this.byteLength = doubles * 8;
    this.doubles = this.#backing.view(Float64Array, 0, doubles);
    this.words = this.#backing.view(Int32Array, 0, doubles * 2);
  }
}

// One for all containers of a heap.
function imageOf(heap) {
  if (!images.has(heap)) images.set(heap, new Image(heap[kBacking]));
  return images.get(heap);
}

module.exports = { imageOf };
