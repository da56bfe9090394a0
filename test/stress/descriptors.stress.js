'use strict';

// A descriptor is plain data, and comes from anywhere.

const { attack } = require('./attack');
const { runProgram } = require('../helpers/program');

const ROUNDS = 20; // of the program, in one process

describe('a descriptor of which any field is anything', () => {
  attack(
    'gives an error with a code or an object that works, and harms nothing',
    { full: 200_000, unit: 'descriptors', share: 0.05 },
    (random) => runProgram('descriptors.js', random.uint32(), ROUNDS)
  );
});
