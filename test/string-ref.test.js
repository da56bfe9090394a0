'use strict';

const assert = require('node:assert/strict');
const { StringRef, processHeap } = require('../lib');
const { assertCode } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');
const { useProcessHeap } = require('./helpers/refs');

const TEXTS = ['', 'a', '12345678', '123456789', '漢字漢字', 'Ünïcödé ÿ', 'a\0b', '😀', '\ud800'];
const LONG = [
  'abcdefghij'.repeat(100_000),
  '漢字かな交じり文。😀'.repeat(100_000),
  `${'a'.repeat(1_000_000)}漢`,
];

describe('StringRef', () => {
  useProcessHeap();

  it('holds any text, from when it is made or set', () => {
    for (const text of [...TEXTS, ...LONG]) {
      const made = StringRef.from(text);
      const set = new StringRef();
      assert.equal(set.obtainValue(), '');
      set.setValue(text);
      assert.ok(made.obtainValue() === text && set.obtainValue() === text);
      set.setValue('short');
      assert.equal(set.obtainValue(), 'short');
      made.drop();
      set.drop();
    }
  });

  it('refuses what is no text, and keeps the one it has', () => {
    const string = StringRef.from('old');
    for (const value of [undefined, null, 1, 1n, true, {}, ['a'], Symbol('s'), Object('a')]) {
      assertCode('ERR_TH_ARG_TYPE', () => string.setValue(value), /^text must/);
      assertCode('ERR_TH_ARG_TYPE', () => StringRef.from(value), /^text must/);
    }
    assert.equal(string.obtainValue(), 'old');
    string.drop();
  });

  itRandomly('gives back the memory of every text', (random) => {
    const string = new StringRef();
    const empty = processHeap.currentUsed;
    for (let i = 0; i < 1000; i++) {
      const text = random.text(random.pick([8, 100, 5000]));
      string.setValue(text);
      assert.equal(string.obtainValue(), text);
    }
    string.setValue('');
    assert.equal(processHeap.currentUsed, empty);
    string.drop();
  });
});
