import threadheap from './index.js';

export const {
  AllocatedMemory,
  MemoryHeap,
  Registry,
  SharedList,
  SharedMap,
  SharedString,
  SharedVector,
  BYTE_OFFSET_BIT_COUNT,
  MAX_BYTE_OFFSET_LENGTH,
  MAX_POSITION_LENGTH,
  POSITION_BIT_COUNT,
  bind,
  createPointer,
  getPointer,
  loadPointer,
  loadRawPointer,
  replacePointer,
  replaceRawPointer,
  storePointer,
  storeRawPointer,
} = threadheap;
