'use strict';

// Lists of pointers are arrays of numbers, each of which is in a block of its own.

const fc = require('fast-check');
const { createPointer } = require('../../..');
const { opener, reopenings } = require('./container');
const { Model, commonCalls } = require('./model');

class Item {
  constructor(memory) {
    this.memory = memory;
  }

  get pointer() {
    return this.memory.pointer;
  }

  get number() {
    return this.memory.data[0];
  }

  free() {
    this.memory.free();
  }
}

// Either list, with the calls of the model; its `delete` has to free the item, too. `numberOf` is
// that of what its iteration gives.
const withNumbers = (Base, numberOf) =>
  class extends Base {
    #heap;

    constructor(heap, config) {
      super(heap, config);
      this.#heap = heap;
    }

    get pointer() {
      const { bufferPosition, bufferByteOffset } = this.getSharedMemory().firstBlock;
      return createPointer(bufferPosition, bufferByteOffset);
    }

    add(number) {
      this.getSharedMemory(); // of what was freed, and not of the heap, an error speaks
      const item = new Item(this.#heap.alloc(4));
      item.memory.data[0] = number;
      try {
        this.insert(item);
      } catch (error) {
        item.free();
        throw error;
      }
    }

    has(number) {
      return this.find((item) => item.number === number) !== undefined;
    }

    remove(number) {
      const item = this.find((one) => one.number === number);
      return item !== undefined && this.delete(item);
    }

    numbers() {
      return Array.from(this, numberOf);
    }
  };

class PointersModel extends Model {
  get length() {
    return this.state.numbers.length;
  }

  add(number) {
    this.state.numbers.push(number);
  }

  has(number) {
    return this.state.numbers.includes(number);
  }

  remove(number) {
    const index = this.state.numbers.indexOf(number);
    if (index < 0) return false;
    this.state.numbers.splice(index, 1);
    return true;
  }

  numbers() {
    return [...this.state.numbers];
  }

  clear() {
    this.state.numbers.length = 0;
  }
}

const number = fc.nat(30);

const calls = {
  ...commonCalls,
  length: { run: (list) => list.length },
  add: { args: [number], fills: true, weight: 24 },
  has: { args: [number] },
  remove: { args: [number], weight: 16 },
  numbers: {},
};

/** How a class of lists is described; see world.js. `more` are calls besides those of both. */
function describeLists(noun, Class, more = {}) {
  class NamedModel extends PointersModel {
    className = Class.name;
  }
  return {
    noun,
    Class,
    options: fc.constant({}),
    forms: {
      own: { make: (heap) => new Class(heap) },
      block: {
        isPlaced: true,
        make: (heap, options, initWithBlock) => new Class(heap, { initWithBlock }),
      },
    },
    model: () => new NamedModel({ numbers: [] }),
    open: opener(Class),
    reopenings,
    calls: { ...calls, ...more },
    length: (list) => list.length,
    read: (list) => list.numbers(),
  };
}

module.exports = { Item, describeLists, withNumbers };
