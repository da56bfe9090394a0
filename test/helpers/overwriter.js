'use strict';

// A thread that overwrites a heap until it is told to stop.

const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { Random } = require('./random');
const { WAYS, someWord } = require('./ways');

const [IDLE, RUNNING, STOPPING, STOPPED] = [0, 1, 2, 3];
const TIMEOUT_MS = 10_000;
const WINDOW = 256; // words in a neighbourhood that is overwritten for a while
const WRITES = 64; // in one window
const BROAD = ['words', 'bytes', 'bits', 'fill', 'copies', 'header'];

class Overwriter {
  #state = new Int32Array(new SharedArrayBuffer(4));

  constructor(heap, random) {
    const seed = random.uint32();
    const descriptor = heap.getSharedMemory();
    new Worker(__filename, { workerData: { descriptor, state: this.#state, seed } });
    this.#await(IDLE);
  }

  stop() {
    Atomics.store(this.#state, 0, STOPPING);
    this.#await(STOPPING);
  }

  #await(state) {
    const result = Atomics.wait(this.#state, 0, state, TIMEOUT_MS);
    if (result === 'timed-out') throw new Error('the thread that overwrites does not answer');
  }
}

// The words of the image, of which there are more when it has grown.
function wordsOf({ memory, buffers }) {
  memory?.grow(0); // or V8 would show its length of some time ago
  const buffer = memory?.buffer ?? buffers[0];
  return new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
}

// Words of one neighbourhood, so that what is there is hit more than once, at a random pace: each
// write while the other thread has done little or much.
function overwriteWindow(random, words) {
  const start = random.below(words.length - WINDOW);
  const window = words.subarray(start, start + WINDOW);
  const pause = random.pick([0, 100, 10_000]);
  for (let i = 0; i < WRITES; i++) {
    const at = random.below(WINDOW);
    if (random.chance(0.5)) window[at] = someWord(random, words);
    else window[at] ^= 1 << random.below(32);
    for (let spin = 0; spin < pause; spin++);
  }
}

function main({ descriptor, state, seed }) {
  const random = new Random(seed);
  Atomics.store(state, 0, RUNNING);
  Atomics.notify(state, 0);
  while (Atomics.load(state, 0) === RUNNING) {
    const words = wordsOf(descriptor);
    if (random.chance(0.01)) WAYS[random.pick(BROAD)](random, words, []);
    overwriteWindow(random, words);
  }
  Atomics.store(state, 0, STOPPED);
  Atomics.notify(state, 0);
}

if (!isMainThread && workerData.state) main(workerData);

module.exports = { Overwriter };
