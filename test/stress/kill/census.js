'use strict';

// Which user's blocks and which containers are live in a heap, found without anybody's record: by
// trying every address. Nobody else may use the heap meanwhile.

const { getPointer, SharedList, SharedMap, SharedObjectStore, SharedString, SharedVector } =
  require('../../..');
const { CONTROL_GENERATION, CONTROL_SIZE, HEADER_SIZE } = require('../../../lib/binding');

const ALIGN = 16;
const CLASSES = {
  list: SharedList,
  vector: SharedVector,
  map: SharedMap,
  string: SharedString,
  store: SharedObjectStore,
};

function openOrNot(Class, heap, address) {
  const pointer = getPointer(address);
  try {
    return new Class(heap, Class === SharedString ? pointer : { firstBlock: pointer });
  } catch (error) {
    if (error.code === 'ERR_TH_BAD_DESCRIPTOR' || error.code === 'ERR_TH_FREED') return undefined;
    throw error;
  }
}

// Only where the memory looks like a control block an attempt is made; elsewhere one would be slow,
// and in a zeroed block it would make a container.
function* findContainers(heap) {
  const end = HEADER_SIZE + heap.totalAllocated;
  const doubles = new Float64Array(heap.buffers[0].buf, 0, end / 8);
  for (let address = HEADER_SIZE; address + CONTROL_SIZE <= end; address += CONTROL_SIZE) {
    const generation = doubles[(address + CONTROL_GENERATION) / 8];
    if (!(Number.isSafeInteger(generation) && generation > 0)) continue;
    for (const [kind, Class] of Object.entries(CLASSES)) {
      const object = openOrNot(Class, heap, address);
      if (object) yield { kind, id: object.getSharedMemory().generation, size: 0, object };
    }
  }
}

// Of blocks of 0 bytes it knows nothing: the end of a block looks like one.
function* findBlocks(heap) {
  const end = HEADER_SIZE + heap.totalAllocated;
  for (let address = HEADER_SIZE; address < end; ) {
    const object = heap.getSharedAlloc(getPointer(address));
    const size = object ? object.byteLength : 0;
    if (size > 0) yield { kind: 'block', id: address, size, object };
    address += Math.max(1, Math.ceil(size / ALIGN)) * ALIGN;
  }
}

// [{ kind, id, size, object }]
function takeCensus(heap) {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // most attempts fail
  try {
    return [...findContainers(heap), ...findBlocks(heap)];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

module.exports = { takeCensus };
