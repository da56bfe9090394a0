'use strict';

const integers = (i) => i;
const strings = (i) => `user:${String(i).padStart(7, '0')}`;

const map = { operation: 'entries', native: 'Map', unit: 'B/entry' };
const empty = { operation: 'empty', native: '64 KiB', unit: 'B', data: {} };

const trials = [
  { name: 'memory of a map, 1e5 integers', ...map, data: { size: 1e5, keyOf: integers } },
  { name: 'memory of a map, 1e6 integers', ...map, data: { size: 1e6, keyOf: integers }, bar: 1.3 },
  { name: 'memory of a map, 1e5 strings', ...map, data: { size: 1e5, keyOf: strings } },
  { name: 'memory of a map, 1e6 strings', ...map, data: { size: 1e6, keyOf: strings } },
  { name: 'memory of an empty heap', ...empty, bar: 1 },
];

module.exports = trials.map((trial) => ({ measure: 'memory', noun: 'memory', ...trial }));
