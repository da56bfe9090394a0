'use strict';

// What iterates over elements as live views. Iterators are made by hand, since a generator takes
// longer than all the rest but the view.

const { kAdvance } = require('./symbols');

const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

// A subclass has [kAdvance](), which returns the next value, an object, or undefined at the end.
class LiveIterator {
  #isOver = false;

  static {
    Object.setPrototypeOf(LiveIterator.prototype, IteratorPrototype);
  }

  next() {
    const value = this.#isOver ? undefined : this[kAdvance]();
    return value === undefined ? this.return() : { value, done: false };
  }

  return(value) {
    this.#isOver = true;
    return { value, done: true };
  }

  throw(error) {
    this.#isOver = true;
    throw error;
  }
}

module.exports = { LiveIterator };
