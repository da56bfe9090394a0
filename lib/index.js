'use strict';

const { CachedItemList } = require('./cached-item-list');
const float32 = require('./float32');
const { MemoryHeap } = require('./heap');
const { SharedList } = require('./list');
const { LocalSharedMemory } = require('./local-shared-memory');
const lock = require('./lock');
const { SharedMap } = require('./map');
const { MapRef } = require('./map-ref');
const { AllocatedMemory } = require('./memory');
const { MemoryBuffer } = require('./memory-buffer');
const { NumberRef } = require('./number-ref');
const { SharedObject } = require('./object');
const pointer = require('./pointer');
const { SharedPointerList } = require('./pointer-list');
const { processHeap } = require('./process-heap');
const readWriteLock = require('./read-write-lock');
const { Registry, bind } = require('./registry');
const serializedObject = require('./serialized-object');
const { SharedObjectStore } = require('./store');
const { SharedString } = require('./string');
const { StringRef } = require('./string-ref');
const { StructFactory, StructRef } = require('./struct');
const uint16 = require('./uint16');
const { SharedVector } = require('./vector');
const { VectorRef } = require('./vector-ref');

module.exports = {
  AllocatedMemory,
  CachedItemList,
  LocalSharedMemory,
  MapRef,
  MemoryBuffer,
  MemoryHeap,
  NumberRef,
  Registry,
  SharedList,
  SharedMap,
  SharedObject,
  SharedObjectStore,
  SharedPointerList,
  SharedString,
  SharedVector,
  StringRef,
  StructDefinition: StructFactory,
  StructFactory,
  StructRef,
  VectorRef,
  BYTE_OFFSET_BIT_COUNT: pointer.BYTE_OFFSET_BIT_COUNT,
  MAX_BYTE_OFFSET_LENGTH: pointer.MAX_BYTE_OFFSET_LENGTH,
  MAX_POSITION_LENGTH: pointer.MAX_POSITION_LENGTH,
  POSITION_BIT_COUNT: pointer.POSITION_BIT_COUNT,
  bind,
  createPointer: pointer.createPointer,
  getPointer: pointer.getPointer,
  loadPointer: pointer.loadPointer,
  loadRawPointer: pointer.loadRawPointer,
  processHeap,
  replacePointer: pointer.replacePointer,
  replaceRawPointer: pointer.replaceRawPointer,
  storePointer: pointer.storePointer,
  storeRawPointer: pointer.storeRawPointer,
  ...float32,
  ...lock,
  ...readWriteLock,
  ...serializedObject,
  ...uint16,
};
