'use strict';

const { Random, SEED } = require('../helpers/random');

// Numbers below `limit`, the same for the same stream of the same seed.
function generator(seed, stream = 0) {
  const random = new Random(Math.imul(seed ^ Math.imul(stream + 1, 0x9e3779b1), 0x85ebca6b));
  return (limit) => random.below(limit);
}

module.exports = { generator, seed: SEED };
