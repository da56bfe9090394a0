'use strict';

// The image of a heap as this thread looks into it.

const { kBacking } = require('./symbols');

const images = new WeakMap();

// Views of the whole image, of fixed length for speed. They stay good when it grows; what lies
// behind them is reached by new ones.
class Image {
  #backing;
  #views = new Map(); // by type, as far as they were asked for

  constructor(backing) {
    this.#backing = backing;
    this.#measure();
  }

  // Has the views that come reach to that offset, as far as there is an image.
  reach(end) {
    if (end > this.byteLength) this.#measure();
  }

  view(Type) {
    if (!this.#views.has(Type)) {
      const length = this.byteLength / Type.BYTES_PER_ELEMENT;
      this.#views.set(Type, this.#backing.view(Type, 0, length));
    }
    return this.#views.get(Type);
  }

  #measure() {
    this.#views.clear();
    this.byteLength = Math.floor(this.#backing.byteLength / 8) * 8;
  }
}

// One for all containers of a heap.
function imageOf(heap) {
  if (!images.has(heap)) images.set(heap, new Image(heap[kBacking]));
  return images.get(heap);
}

module.exports = { imageOf };
