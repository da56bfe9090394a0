'use strict';

// A string is a string.

const fc = require('fast-check');
const { SharedString } = require('../../..');
const { opener, reopenings } = require('./container');
const { Model, commonCalls } = require('./model');

class StringModel extends Model {
  className = 'SharedString';

  get value() {
    return this.state.text;
  }

  set value(text) {
    this.state.text = text;
  }

  get length() {
    return this.state.text.length;
  }

  reopened({ value } = {}) {
    if (value !== undefined) this.value = value;
    return super.reopened();
  }

  toString() {
    return this.state.text;
  }
}

const units = fc
  .tuple(fc.constantFrom(0x80, 0x100, 0x10000), fc.array(fc.nat(0xffff), { maxLength: 30 }))
  .map(([limit, codes]) => String.fromCharCode(...codes.map((code) => code % limit)));

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', 'a', '12345678', '123456789') },
  { weight: 4, arbitrary: units },
  { weight: 2, arbitrary: fc.tuple(units, fc.nat(300)).map(([part, n]) => part.repeat(n)) }
);

const setValue = (string, [value], { attempt }) => attempt(() => void (string.value = value));

// The constructor with a descriptor and a text, which sets it.
const reopenWith = (string, [value], { attempt, reopen }) =>
  attempt(() => reopen({ value }).value);

const calls = {
  ...commonCalls,
  value: { run: (string) => string.value, weight: 12 },
  length: { run: (string) => string.length },
  toString: { run: (string) => `${string}` },
  setValue: { args: [text], run: setValue, weight: 16 },
  reopenWith: { args: [text], run: reopenWith },
};

module.exports = {
  noun: 'string',
  Class: SharedString,
  options: fc.record({ value: text }),
  forms: {
    own: { make: (heap, { value }) => new SharedString(heap, value) },
    config: { make: (heap, config) => new SharedString(heap, config) },
    block: {
      isPlaced: true,
      needsZeros: true,
      make: (heap, config, place) => new SharedString(heap, { ...place, ...config }),
    },
    zeroed: {
      isPlaced: true,
      needsZeros: true,
      adapt: () => ({ value: '' }),
      make: (heap, config, place) => new SharedString(heap, place),
    },
  },
  model: ({ value }) => new StringModel({ text: value }),
  placed: (place) => place,
  open: opener(SharedString),
  reopenings,
  calls,
  length: (string) => string.length,
  read: (string) => string.value,
  emptyOptions: { value: '' },
  empty: (string) => {
    string.value = '';
  },
};
