'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
const { byAtomics, loadLast } = require('../lib/fence');

const TIME = 1000; // milliseconds

// Counts up, in `last` before it does so in `first`, until it is told to stop.
const COUNT_UP = `
  const { first, last } = require('node:worker_threads').workerData;
  for (let i = 1; last[8] === 0; i = (i + 1) | 0) {
    last[0] = i;
    first[0] = i;
  }
`;

// How often `first` was ahead of `last`, which was loaded after it. Made from the source, so that V8
// knows the arrays and sees one way to load: only then does it make the first load later if it may.
const LOOK = `
  const ahead = () => {
    const a = first[0];
    const b = loadLast(last, 0);
    return (b - a) | 0;
  };
  return (looks) => {
    let wrong = 0;
    for (let i = 0; i < looks; i++) if (ahead() < 0) wrong++;
    return wrong;
  };
`;

describe('a load that comes last', () => {
  for (const [name, load] of [['as chosen', loadLast], ['by Atomics', byAtomics()]]) {
    it(`is of the word as it is (${name})`, () => {
      const words = new Int32Array(new SharedArrayBuffer(16));
      for (const value of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]) {
        words[2] = value;
        assert.equal(load(words, 2), value);
      }
    });

    it(`comes after what was loaded before it (${name})`, async function () {
      if (!['x64', 'ia32'].includes(process.arch)) this.skip(); // the processor has a say, too
      const [first, last] = [0, 1].map(() => new Int32Array(new SharedArrayBuffer(4096)));
      const look = new Function('first', 'last', 'loadLast', LOOK)(first, last, load);
      look(1e5);
      const worker = new Worker(COUNT_UP, { eval: true, workerData: { first, last } });
      await once(worker, 'online');
      const end = Date.now() + TIME;
      let wrong = 0;
      while (Date.now() < end) wrong += look(1e5);
      last[8] = 1;
      await once(worker, 'exit');
      assert.ok(first[0] > 0);
      assert.equal(wrong, 0);
    });
  }
});
