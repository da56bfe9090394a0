'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { StringRef, processHeap } = require('../lib');
const { assertCode } = require('./helpers/check');
const { useProcessHeap } = require('./helpers/refs');

const MIB = 2 ** 20;

describe('processHeap', () => {
  useProcessHeap();

  it('counts the bytes of what is in it', () => {
    const start = processHeap.currentUsed;
    const text = StringRef.from('x'.repeat(MIB));
    assert.ok(processHeap.currentUsed >= start + MIB);
    assert.equal(processHeap.stats().used, processHeap.currentUsed);
    text.drop();
    assert.equal(processHeap.currentUsed, start);
  });

  it('has the figures of a heap', () => {
    const { containers, maximum, committed, threads } = processHeap.stats();
    const text = new StringRef();
    assert.equal(processHeap.stats().containers.strings, containers.strings + 1);
    assert.ok(committed > 0 && committed <= maximum && threads >= 1);
    text.drop();
  });

  it('grows as it is needed, and uses the same memory again', () => {
    const texts = Array.from({ length: 40 }, (_, i) => StringRef.from(`${i}`.repeat(MIB)));
    const { committed } = processHeap.stats();
    assert.ok(committed >= 40 * MIB);
    texts.forEach((text, i) => assert.ok(text.obtainValue() === `${i}`.repeat(MIB)));
    for (const text of texts) text.drop();
    for (let i = 0; i < 200; i++) StringRef.from('x'.repeat(MIB)).drop();
    assert.equal(processHeap.stats().committed, committed);
  });

  it('refuses what is no option of verify', () => {
    assertCode('ERR_TH_UNKNOWN_OPTION', () => processHeap.verify({ excluding: true }));
    assertCode('ERR_TH_ARG_TYPE', () => processHeap.verify({ exclusive: 1 }));
  });

  it('shows how full it is', () => {
    assert.match(inspect(processHeap), /^ProcessHeap \{ used: \d+, committed: \d+, maximum: \d+ \}$/);
  });
});
