'use strict';

// One of the names of `weights`, each as often as it weighs.
function choose(random, weights) {
  const names = Object.keys(weights);
  let left = random.below(names.reduce((sum, name) => sum + weights[name], 0));
  return names.find((name) => (left -= weights[name]) < 0);
}

// What was given or returned, as the models say it: a primitive. The long run of one letter in a
// text is written short.
function textOf(value) {
  if (typeof value === 'string') {
    return `'${value.replace(/(.)\1{8,}/gu, (run, letter) => `${letter}{${run.length}}`)}'`;
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (ArrayBuffer.isView(value)) return value.join();
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value;
}

// The elements of two numbers in the text of a typed array.
function elementsOf(text) {
  return text.match(/\d+,\d+/g) ?? [];
}

module.exports = { choose, elementsOf, textOf };
