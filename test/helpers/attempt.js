'use strict';

// For programs that make calls of which nobody knows how they end.

const assert = require('node:assert/strict');
const { CODES } = require('./check');

const SLOW_MS = 5000;

// Whatever the call does, it returns soon or throws an error of this package. What it returned.
function attempt(what, call) {
  const start = performance.now();
  let result;
  try {
    result = call();
  } catch (error) {
    const Class = CODES[error?.code];
    if (!Class || !(error instanceof Class)) assert.fail(`${what}: ${error?.stack ?? error}`);
  }
  const ms = performance.now() - start;
  assert.ok(ms < SLOW_MS, `${what} took ${ms} ms`);
  return result;
}

module.exports = { attempt };
