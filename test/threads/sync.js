'use strict';

// Words in shared memory by which threads tell each other how far they are. Every wait has an end.

const TIMEOUT_MS = Number(process.env.TEST_TIMEOUT_MS ?? 15000);

const SPINS = 2000;
const NAMES = ['go', 'stop', 'arrived', 'progress', 'turn', 'reply', 'done'];

class Signals {
  #words;
  #deadline; // of those who ask with isBelow

  constructor(buffer = new SharedArrayBuffer(NAMES.length * 4)) {
    this.#words = new Int32Array(buffer);
  }

  get buffer() {
    return this.#words.buffer;
  }

  get(name) {
    return Atomics.load(this.#words, this.#index(name));
  }

  set(name, value) {
    Atomics.store(this.#words, this.#index(name), value);
    Atomics.notify(this.#words, this.#index(name));
  }

  add(name, value = 1) {
    const index = this.#index(name);
    const sum = Atomics.add(this.#words, index, value) + value;
    Atomics.notify(this.#words, index);
    return sum;
  }

  // Sleeps until the word is at least that much; returns it.
  wait(name, least) {
    const index = this.#index(name);
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const value = Atomics.load(this.#words, index);
      if (value >= least) return value;
      Atomics.wait(this.#words, index, value, this.#timeLeft(deadline, name, least));
    }
  }

  // The same without blocking this thread.
  async reach(name, least) {
    const index = this.#index(name);
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const value = Atomics.load(this.#words, index);
      if (value >= least) return value;
      const left = this.#timeLeft(deadline, name, least);
      await Atomics.waitAsync(this.#words, index, value, left).value;
    }
  }

  // The same without sleeping, for a reaction within microseconds.
  spin(name, least) {
    const deadline = performance.now() + TIMEOUT_MS;
    while (this.get(name) < least) this.#timeLeft(deadline, name, least);
  }

  // Whether the word is still below that; throws when that takes too long.
  isBelow(name, least) {
    if (this.get(name) >= least) return false;
    this.#deadline ??= performance.now() + TIMEOUT_MS;
    return this.#timeLeft(this.#deadline, name, least) > 0;
  }

  // Waits until that many threads have come here; they go on at nearly the same instant.
  meet(count) {
    const arrived = this.add('arrived');
    const all = Math.ceil(arrived / count) * count;
    for (let i = 0; i < SPINS; i++) if (this.get('arrived') >= all) return;
    this.wait('arrived', all);
  }

  #timeLeft(deadline, name, least) {
    const left = deadline - performance.now();
    if (left > 0) return left;
    throw new Error(`timed out: "${name}" is ${this.get(name)}, waiting for ${least}`);
  }

  #index(name) {
    const index = NAMES.indexOf(name);
    if (index < 0) throw new Error(`no signal "${name}"`);
    return index;
  }
}

function withTimeout(promise, what) {
  let timer;
  const timeout = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`timed out: ${what}`)), TIMEOUT_MS);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}

module.exports = { Signals, TIMEOUT_MS, withTimeout };
