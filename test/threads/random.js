'use strict';

const { randomInt } = require('node:crypto');

// A test that fails prints it; TEST_SEED=... repeats it.
const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));

// Numbers below `limit`, the same for the same stream of the same seed (mulberry32).
function generator(from, stream = 0) {
  let state = Math.imul(from ^ Math.imul(stream + 1, 0x9e3779b1), 0x85ebca6b);
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (((x ^ (x >>> 14)) >>> 0) % limit) >>> 0;
  };
}

function shuffle(array, random) {
  for (let i = array.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [array[i], array[j]] = [array[j], array[i]];
  }
  return array;
}

module.exports = { generator, seed, shuffle };
