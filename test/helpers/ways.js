'use strict';

// Ways to overwrite a heap, given its words and the objects in it.

const { SharedList } = require('../../lib');
const { CONTROL_SIZE, HEADER_SIZE, NODE_SIZE } = require('../../lib/binding');
const { attempt } = require('./attempt');

const STRANGE = [0, 1, 2 ** 31, 2 ** 32 - 1, 0x7ff00000, 0x7ff80000, 4096, 8192];

function someWord(random, words) {
  switch (random.below(4)) {
    case 0:
      return random.pick(STRANGE);
    case 1:
      return random.uint32();
    case 2:
      return random.below(words.byteLength) & ~15; // looks like an address
    default:
      return words[random.below(words.length)];
  }
}

function overwriteWords(random, words, count) {
  for (let i = 0; i < count; i++) words[random.below(words.length)] = someWord(random, words);
}

const WAYS = {
  words: (random, words) => overwriteWords(random, words, random.pick([1, 10, 100, words.length])),

  bytes: (random, words) => {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    for (let i = random.pick([1, 10, 1000]); i > 0; i--) {
      bytes[random.below(bytes.length)] = random.uint32();
    }
  },

  bits: (random, words) => {
    for (let i = random.pick([1, 10, 1000]); i > 0; i--) {
      words[random.below(words.length)] ^= 1 << random.below(32);
    }
  },

  fill: (random, words) => {
    const start = random.below(words.length);
    words.fill(someWord(random, words), start, start + random.pick([10, 1000, words.length]));
  },

  copies: (random, words) => {
    for (let i = random.pick([1, 10, 100]); i > 0; i--) {
      const from = random.below(words.length);
      words.copyWithin(random.below(words.length), from, from + random.pick([1, 2, 6, 24]));
    }
  },

  header: (random, words) => overwriteWords(random, words.subarray(0, HEADER_SIZE / 4), 100),

  // The words that JavaScript looks at, which mirror the state of a container.
  control: (random, words, objects) => {
    for (const { pointer } of objects) {
      const control = words.subarray(pointer / 4, (pointer + CONTROL_SIZE) / 4);
      if (random.chance(0.5)) control[random.below(control.length)] = someWord(random, words);
    }
  },

  // Links that lead to other nodes, of the same and of other lists.
  nodes: (random, words, objects) => {
    const nodes = [];
    for (const object of objects) {
      if (!(object instanceof SharedList)) continue;
      const collect = () => {
        for (const { data } of object) nodes.push((data.byteOffset - NODE_SIZE) / 4);
      };
      attempt('collecting nodes', collect);
    }
    for (let i = random.pick([1, 2, 10]); i > 0 && nodes.length > 0; i--) {
      const [to, from] = [random.pick(nodes), random.pick(nodes)];
      const word = random.below(NODE_SIZE / 4);
      words[to + word] = random.chance(0.5) ? from * 4 : words[from + word];
    }
  },
};

module.exports = { WAYS, someWord };
