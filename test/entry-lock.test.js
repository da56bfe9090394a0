'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../lib');
const { EntryLock } = require('../lib/entry-lock');
const { Wait } = require('../lib/wait');

// What no test of the registry can bring about at will.
describe('EntryLock', () => {
  const forEver = () => new Wait('the lock', {}, () => {});
  let queues;
  let lock;

  beforeEach(() => {
    queues = new SharedMap(new MemoryHeap());
    lock = new EntryLock(queues, new Int32Array(new SharedArrayBuffer(4)), '1.1', () => true);
  });

  it('passes the turn on from a call that gives up just when it comes', async () => {
    const givesUp = forEver();
    givesUp.until = async (turn) => {
      await turn;
      throw new Error('gave up');
    };
    const calls = [
      lock.run(1, forEver(), () => 'first'),
      lock.run(1, givesUp, () => 'never'),
      lock.run(1, forEver(), () => 'last'),
    ];
    const [first, second, last] = await Promise.allSettled(calls);
    assert.deepEqual([first.value, last.value], ['first', 'last']);
    assert.match(second.reason.message, /gave up/);
    assert.equal(queues.size, 0);
  });

  it('stands in the queue again when an owner deletes it who thought itself alone', async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const owner = new EntryLock(queues, words, '2.2', () => true);
    const waiter = new EntryLock(queues, words, '3.3', () => true);
    let release;
    const owned = owner.run(1, forEver(), () => new Promise((resolve) => (release = resolve)));
    const waited = waiter.run(1, forEver(), () => queues.get(1));
    await new Promise(setImmediate);
    assert.equal(queues.get(1), '2.2 3.3');
    queues.set(1, '2.2'); // as the owner saw it
    release();
    await owned;
    assert.equal(await waited, '3.3');
    assert.equal(queues.size, 0);
  });
});
