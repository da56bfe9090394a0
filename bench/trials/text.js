'use strict';

const { sum, texts } = require('../data');

const LATIN = 0x61;
const CJK = 0x4e00;
const KINDS = [
  ['10 one-byte chars', 10, LATIN],
  ['1000 one-byte chars', 1000, LATIN],
  ['10 two-byte chars', 10, CJK],
  ['1000 two-byte chars', 1000, CJK],
];

const lastCodes = (data) => sum(data.texts.map((text) => text.charCodeAt(data.length - 1)));

const common = { noun: 'text', native: 'Buffer', start: 'kept', size: 1000, bar: 1.5, aim: 1 };

// Every `get` is of a cell that was set to another text a moment before: a cached text is no help.
module.exports = KINDS.flatMap(([kind, length, firstCode]) => {
  const data = (size) => texts(size, length, firstCode);
  const set = { operation: 'set', verify: { operation: 'get', expect: lastCodes } };
  const get = { operation: 'get', before: 'set', expect: lastCodes };
  return [
    { ...common, name: `text set, ${kind}`, ...set, data },
    { ...common, name: `text get, ${kind}`, ...get, data },
  ];
});
