'use strict';

// The tests with threads once more, with an addon that a sanitizer watches.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { attack } = require('./attack');

const PROGRAM = path.join(__dirname, '..', '..', 'scripts', 'test-addon.js');

async function runUnder(sanitizer) {
  const child = spawn(process.execPath, [PROGRAM, sanitizer, 'test/threads/**/*.test.js']);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  assert.equal(code, 0, output);
  return Number(/(\d+) passing/.exec(output)[1]);
}

describe('sanitizers', () => {
  for (const sanitizer of ['asan', 'tsan']) {
    const amount = { full: 1, unit: 'tests', share: 0, limit: 1800 };
    attack(`${sanitizer} has nothing to say about the tests with threads`, amount, () =>
      runUnder(sanitizer)
    );
  }
});
