'use strict';

// What lies in a heap and is no container: lists of pointers, locks. Each can be used in any state of
// its memory; what is not a call that frees comes first.

const { READ_WRITE_LOCK_ALLOCATE_COUNT, SharedString, lock, readLock, readUnlock, takeOverLock,
  unlock, writeLock, writeUnlock } = require('../../lib');
const { Blocks, Names } = require('../threads/tasks/pointer-list');

const TIMEOUT = { timeout: 1 };
const ITEMS = 20;

function makeBlocks(heap) {
  const blocks = new Blocks(heap);
  for (let i = 0; i < ITEMS; i++) blocks.insert({ memory: heap.alloc(8) });
  return {
    name: 'SharedPointerList',
    object: blocks,
    uses: {
      length: () => blocks.length,
      iterate: () => Array.from(blocks),
      forEach: () => blocks.forEach(() => {}),
      insert: () => blocks.insert({ memory: heap.alloc(8) }),
      delete: () => blocks.delete(blocks.find(() => true) ?? { memory: heap.alloc(8) }),
      reopen: () => new Blocks(heap, blocks.getSharedMemory()).find(() => false),
    },
    free: () => blocks.free(),
  };
}

function makeNames(heap) {
  const names = new Names(heap);
  for (let i = 0; i < ITEMS; i++) names.insert(new SharedString(heap, `the name ${i}`));
  return {
    name: 'CachedItemList',
    object: names,
    uses: {
      length: () => names.length,
      iterate: () => Array.from(names),
      map: () => names.map(({ value }) => value),
      filter: () => names.filter(({ length }) => length > 5),
      insert: () => names.insert(new SharedString(heap, 'another name')),
      delete: () => names.delete(names.find(() => true) ?? new SharedString(heap, 'no member')),
      getByPointer: (random) => names.getByPointer(random.pick([16, 4096, random.uint32()])),
      reopen: () => new Names(heap, names.getSharedMemory()).forEach(({ value }) => value),
      clear: (random) => random.chance(0.2) && names.clear(),
    },
    free: () => names.free(),
  };
}

// Nobody holds a lock but this thread: one that seems to be held is waited for until the timeout.
function makeLocks(heap) {
  const block = heap.allocUI32(1 + READ_WRITE_LOCK_ALLOCATE_COUNT);
  const { data } = block;
  return {
    name: 'lock',
    object: block,
    uses: {
      lock: () => lock(data, 0, TIMEOUT),
      unlock: () => unlock(data, 0),
      takeOver: () => takeOverLock(data, 0),
      readLock: () => readLock(data, 1, TIMEOUT),
      readUnlock: () => readUnlock(data, 1),
      writeLock: () => writeLock(data, 1, TIMEOUT),
      writeUnlock: () => writeUnlock(data, 1),
    },
    free: () => block.free(),
  };
}

const makers = [makeBlocks, makeNames, makeLocks];

module.exports = { makers };
