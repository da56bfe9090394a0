'use strict';

const { MemoryHeap } = require('./heap');
const { SharedList } = require('./list');
const { SharedMap } = require('./map');
const { AllocatedMemory } = require('./memory');
const { addressOf: _addressOf, ...pointer } = require('./pointer');
const { SharedString } = require('./string');
const { SharedVector } = require('./vector');

module.exports = {
  AllocatedMemory,
  MemoryHeap,
  SharedList,
  SharedMap,
  SharedString,
  SharedVector,
  ...pointer,
};
