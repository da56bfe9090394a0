'use strict';

// What the models of all classes have in common. A model is one handle of something that is kept
// in plain JavaScript: it has the calls of the class it stands for, and throws errors of the same
// codes. Handles of the same thing share its state.

const { inspect } = require('node:util');
const { dispose } = require('../../helpers/check');

function fail(code) {
  throw Object.assign(new Error(`the model expects ${code}`), { code });
}

// The class name that util.inspect shows.
const nameShown = (object) => inspect(object).match(/^\w+/)[0];

class Model {
  constructor(state) {
    this.state = state;
  }

  get isFreed() {
    return this.state.isFreed === true;
  }

  // Another handle of the same thing.
  reopened() {
    return new this.constructor(this.state);
  }

  getSharedMemory() {
    return {};
  }

  free() {
    this.state.isFreed = true;
  }

  [dispose]() {
    if (!this.isFreed) this.free();
  }

  [inspect.custom]() {
    return this.className;
  }
}

// The calls that all classes have. See call.js for what is in such a table.
const commonCalls = {
  free: { weight: 2 },
  dispose: { run: (object) => object[dispose](), worksFreed: true, weight: 1 },
  inspect: { run: nameShown, worksFreed: true, weight: 1 },
  getSharedMemory: { run: (object) => typeof object.getSharedMemory(), weight: 1 },
};

module.exports = { Model, commonCalls, fail };
