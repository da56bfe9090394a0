'use strict';

// Random tests that can be repeated: TEST_SEED=... npm test

const { randomInt } = require('node:crypto');

const SEED = Number(process.env.TEST_SEED) || randomInt(1, 2 ** 32);

// Numbers from a seed (mulberry32).
class Random {
  #state;

  constructor(seed = SEED) {
    this.#state = seed >>> 0;
  }

  uint32() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }

  // An integer from 0 to below the limit.
  below(limit) {
    return Math.floor((this.uint32() / 2 ** 32) * limit);
  }

  chance(probability) {
    return this.uint32() / 2 ** 32 < probability;
  }

  pick(array) {
    return array[this.below(array.length)];
  }

  shuffle(array) {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [array[i], array[j]] = [array[j], array[i]];
    }
    return array;
  }

  // UTF-16 units of any kind, lone surrogates included.
  text(maxLength) {
    const length = this.below(maxLength + 1);
    const limit = this.pick([0x80, 0x100, 0x10000]);
    let text = '';
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.below(limit));
    return text;
  }
}

// A test that is given a Random and tells its seed when it fails.
function itRandomly(promise, body) {
  it(promise, () => {
    try {
      body(new Random());
    } catch (error) {
      error.message += `\n(repeat with TEST_SEED=${SEED})`;
      throw error;
    }
  });
}

module.exports = { Random, SEED, itRandomly };
