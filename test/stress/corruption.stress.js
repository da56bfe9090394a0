'use strict';

// JavaScript can write any byte of a heap, also while another thread is in the middle of a call.

const { attack } = require('./attack');
const { runProgram } = require('../helpers/program');

const ROUNDS = 20; // of the program, in one process

describe('a heap that is overwritten', () => {
  attack(
    'between calls, in any way, makes them fail with a code at worst and harms nothing outside',
    { full: 12_000, unit: 'bursts', share: 0.05 },
    (random) => runProgram('overwrite.js', 'any', random.uint32(), ROUNDS)
  );

  attack(
    'by another thread, during calls, makes them fail with a code at worst and harms nothing outside',
    { full: 6_000, unit: 'bursts', share: 0.05 },
    (random) => runProgram('overwrite.js', 'beside', random.uint32(), ROUNDS)
  );

  attack(
    'and is that of a registry makes its calls fail with a code at worst, and keeps none waiting',
    { full: 6_000, unit: 'bursts', share: 0.02 },
    (random) => runProgram('overwrite-registry.js', random.uint32(), ROUNDS)
  );
});
