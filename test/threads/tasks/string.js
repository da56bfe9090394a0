'use strict';

// One letter repeated as often as the letter says, so that a torn text shows. Many have the same
// length, so that they take each other's memory.
const LENGTHS = {
  ...{ a: 0, b: 1, c: 8, d: 9, e: 9, f: 64, g: 65, h: 2900, i: 3000, j: 3000, k: 3000 },
  ...{ λ: 4, ω: 5, 語: 64, 文: 1500, 字: 1500, 本: 1499 },
};
const LETTERS = Object.keys(LENGTHS);

function anyText(random) {
  const letter = LETTERS[random(LETTERS.length)];
  return letter.repeat(LENGTHS[letter]);
}

function isWhole(text) {
  return text === '' || text === text[0].repeat(LENGTHS[text[0]]);
}

function write({ string }, { random, signals }) {
  while (signals.get('stop') === 0) {
    string.value = anyText(random);
    signals.add('progress');
  }
}

// Reads until told to stop; returns how often.
function read({ string }, { signals }) {
  for (let reads = 0; ; reads++) {
    if (signals.get('stop') === 1) return reads;
    const { value } = string;
    if (!isWhole(value)) throw new Error(`torn: ${value.length} of ${value.slice(0, 80)}`);
  }
}

// Texts of the same length: the case that a careless cache gets wrong.
function numbered(n, width) {
  return String(n).padStart(width, '0');
}

// Answers each turn with what it reads then.
function answer({ string }, { count, turns, width, signals }) {
  for (let turn = 1; turn <= turns; turn++) {
    signals.wait('turn', turn);
    const { value } = string;
    if (value !== numbered(turn, width)) throw new Error(`"${value}" in turn ${turn}`);
    if (signals.add('reply') === turn * count) signals.set('done', turn);
  }
}

// Reads while one writer counts up; what it reads is never older than what is known to be there.
function readRising({ string }, { last, signals }) {
  let reads = 0;
  for (let before = 0; before < last; reads++) {
    const known = signals.get('progress');
    const now = Number(string.value);
    if (now < known) throw new Error(`${now} after ${known} was set`);
    if (now < before) throw new Error(`${now} after ${before} was read`);
    before = now;
  }
  return reads;
}

// Writes until the string is freed; returns the code of the error that says so.
function writeUntilFreed({ string }, { random, signals }) {
  try {
    for (;;) {
      string.value = anyText(random);
      signals.add('progress');
    }
  } catch (error) {
    return error.code;
  }
}

module.exports = {
  answer,
  anyText,
  isWhole,
  numbered,
  read,
  readRising,
  write,
  writeUntilFreed,
};
