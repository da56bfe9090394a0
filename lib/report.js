'use strict';

// What the addon tells about a heap, by its number: figures, and what is wrong with it.

const native = require('./binding');
const { checkOptions, typeError } = require('./errors');

function stats(number) {
  const numbers = new Float64Array(native.STATS_LENGTH);
  native.heapStats(number, numbers);
  const [used, committed, maximum, free, largestFree, threads, lockWaits, ...rest] = numbers;
  const [count, bytes, lists, vectors, maps, strings, stores, ...classes] = rest;
  const blocks = [];
  for (let i = 0; i < classes.length; i += 2) {
    blocks.push({ byteLength: classes[i], count: classes[i + 1] });
  }
  return {
    used,
    committed,
    maximum,
    free,
    largestFree,
    threads,
    lockWaits,
    blocks,
    largeBlocks: { byteLength: bytes, count },
    containers: { lists, vectors, maps, strings, stores },
  };
}

function verify(number, options = {}) {
  const { exclusive = false } = checkOptions('options', options, ['exclusive']);
  if (typeof exclusive !== 'boolean') throw typeError('exclusive', 'a boolean', exclusive);
  const found = native.heapVerify(number, exclusive);
  const problems = [];
  for (let i = 0; i < found.length; i += 2) {
    problems.push({ problem: found[i], pointer: found[i + 1] });
  }
  return problems;
}

module.exports = { stats, verify };
