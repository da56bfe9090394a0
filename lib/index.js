'use strict';

const { MemoryHeap } = require('./heap');
const { SharedList } = require('./list');
const { LocalSharedMemory } = require('./local-shared-memory');
const { SharedMap } = require('./map');
const { AllocatedMemory } = require('./memory');
const { SharedObject } = require('./object');
const pointer = require('./pointer');
const { Registry, bind } = require('./registry');
const { SharedObjectStore } = require('./store');
const { MapRef } = require('./map-ref');
const { NumberRef } = require('./number-ref');
const pointer = require('./pointer');
const { processHeap } = require('./process-heap');
const { SharedString } = require('./string');
const { StringRef } = require('./string-ref');
const { StructFactory, StructRef } = require('./struct');
const { SharedVector } = require('./vector');
const { CachedItemList } = require('./cached-item-list');
const float32 = require('./float32');
const lock = require('./lock');
const { SharedPointerList } = require('./pointer-list');
const readWriteLock = require('./read-write-lock');
const serializedObject = require('./serialized-object');
const uint16 = require('./uint16');
const { VectorRef } = require('./vector-ref');

module.exports = {
  AllocatedMemory,
  LocalSharedMemory,
  MemoryHeap,
  Registry,
  SharedList,
  SharedMap,
  SharedObject,
  SharedObjectStore,
  SharedString,
  SharedVector,
  BYTE_OFFSET_BIT_COUNT: pointer.BYTE_OFFSET_BIT_COUNT,
  MAX_BYTE_OFFSET_LENGTH: pointer.MAX_BYTE_OFFSET_LENGTH,
  MAX_POSITION_LENGTH: pointer.MAX_POSITION_LENGTH,
  POSITION_BIT_COUNT: pointer.POSITION_BIT_COUNT,
  bind,
  createPointer: pointer.createPointer,
  getPointer: pointer.getPointer,
  loadPointer: pointer.loadPointer,
  loadRawPointer: pointer.loadRawPointer,
  replacePointer: pointer.replacePointer,
  replaceRawPointer: pointer.replaceRawPointer,
  storePointer: pointer.storePointer,
  storeRawPointer: pointer.storeRawPointer,
  CachedItemList,
  SharedPointerList,
  ...float32,
  ...lock,
  ...readWriteLock,
  ...serializedObject,
  ...uint16,
  MapRef,
  NumberRef,
  StringRef,
  StructDefinition: StructFactory,
  StructFactory,
  StructRef,
  VectorRef,
  processHeap,
};
