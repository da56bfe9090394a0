'use strict';

// The tests with threads once more, with an addon that a sanitizer watches.

const path = require('node:path');
const { run } = require('../helpers/program');
const { attack } = require('./attack');

const PROGRAM = path.join(__dirname, '..', '..', 'scripts', 'test-addon.js');
const TESTS = 'test/threads/**/*.test.js';
const LIMIT_S = 1800;

async function runUnder(sanitizer) {
  const output = await run([PROGRAM, sanitizer, TESTS], { limit: LIMIT_S });
  return Number(/(\d+) passing/.exec(output)[1]);
}

describe('sanitizers', () => {
  for (const sanitizer of ['asan', 'tsan']) {
    const amount = { full: 1, unit: 'tests', share: 0, limit: LIMIT_S };
    attack(`${sanitizer} has nothing to say about the tests with threads`, amount, () =>
      runUnder(sanitizer)
    );
  }
});
