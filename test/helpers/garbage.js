'use strict';

const { setImmediate: nextTurn } = require('node:timers/promises');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

// Collects what is unreachable, and lets the finalizers run.
async function collectGarbage() {
  collect();
  await nextTurn();
  await nextTurn();
}

module.exports = { collectGarbage };
