'use strict';

const { entries, freshEntries, sum } = require('../data');

const integers = (size) => entries('integers', size);
const strings = (size) => entries('strings', size);
const firstAnswers = ({ answers, count }) => sum(answers.slice(0, count));
const firstValues = ({ values, count }) => sum(values.slice(0, count));

const kept = { start: 'kept', fill: 'set' };
const get = { operation: 'get', ...kept, expect: firstAnswers };
const getLarge = { ...get, size: 1e6, rounds: { warmUp: 1, timed: 3 } };
const isWritten = { operation: 'readBack', expect: firstValues };
const set = { operation: 'set', start: 'empty', verify: isWritten };
const update = { operation: 'update', ...kept, verify: { operation: 'get', expect: firstValues } };
const remove = { operation: 'delete', start: 'filled', fill: 'set', expect: ({ count }) => count };

const getMany = { ...get, operation: 'getMany', method: 'getMany' };
const setMany = { ...set, operation: 'setMany', method: 'setMany' };
const deleteMany = {
  operation: 'deleteMany',
  method: 'deleteMany',
  start: 'filled',
  fill: 'set',
  verify: { operation: 'left', expect: () => 0 },
};

const trials = [
  { name: 'map get, 1e3 integers', ...get, data: integers, size: 1e3, bar: 5 },
  { name: 'map get, 1e5 integers', ...get, data: integers, bar: 2, aim: 1.3 },
  { name: 'map get, 1e6 integers', ...getLarge, data: integers, bar: 1.8 },
  { name: 'map get, 1e3 strings', ...get, data: strings, size: 1e3, bar: 6 },
  { name: 'map get, 1e5 strings', ...get, data: strings, bar: 3.2, aim: 1.8 },
  { name: 'map get, 1e6 strings', ...getLarge, data: strings, bar: 2.7, aim: 1.6 },
  { name: 'map get, 1e5 new strings', ...get, data: freshEntries, bar: 1.9 },
  { name: 'map set new, 1e5 integers', ...set, data: integers, bar: 1.5, aim: 1 },
  { name: 'map set new, 1e5 strings', ...set, data: strings, bar: 2.4, aim: 1.5 },
  { name: 'map update, 1e5 integers', ...update, data: integers, bar: 2.2 },
  { name: 'map update, 1e5 strings', ...update, data: strings },
  { name: 'map delete, 1e5 integers', ...remove, data: integers, bar: 1.1 },
  { name: 'map delete, 1e5 strings', ...remove, data: strings },
  { name: 'map getMany, 1e5 integers', ...getMany, data: integers, bar: 1, aim: 0.55 },
  { name: 'map getMany, 1e5 strings', ...getMany, data: strings },
  { name: 'map setMany new, 1e5 integers', ...setMany, data: integers },
  { name: 'map setMany new, 1e5 strings', ...setMany, data: strings },
  { name: 'map deleteMany, 1e5 integers', ...deleteMany, data: integers },
  { name: 'map deleteMany, 1e5 strings', ...deleteMany, data: strings },
];

module.exports = trials.map((trial) => ({ noun: 'map', native: 'Map', size: 1e5, ...trial }));
