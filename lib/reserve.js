'use strict';

// Finds room for the image of a new heap: { bufferSize, initial, maximum } are in bytes of blocks.

const { GrowableBacking, Memory, WASM_PAGE, WasmBacking } = require('./backing');
const { HEADER_SIZE, heapAnchors, processCanReserve } = require('./binding');
const { withCode } = require('./errors');

function floorTo(size, unit) {
  return Math.floor(size / unit) * unit;
}

// A process that has so many heaps gets no further memories: V8 looks at all of a thread when one
// grows.
const ANCHORS_MAX = 64;
// V8 reserves 10 GiB of addresses for each. What has not many times that would soon lack them for other
// things, and there V8 may make a memory that does not grow as far as it says.
const ADDRESSES_MIN = 2 ** 37;

function reserveMemory({ initial, maximum }) {
  if (heapAnchors() >= ANCHORS_MAX || !processCanReserve(ADDRESSES_MIN)) return undefined;
  const pages = (size) => Math.ceil((HEADER_SIZE + size) / WASM_PAGE);
  try {
    return new Memory({ initial: pages(initial), maximum: pages(maximum), shared: true });
  } catch {
    return undefined;
  }
}

// Where the system refuses to reserve that much address space, a smaller maximum is tried.
function reserveBuffer({ bufferSize, initial, maximum }) {
  for (let size = maximum; ; size = Math.max(initial, floorTo(size / 2, bufferSize))) {
    try {
      const maxByteLength = HEADER_SIZE + size;
      return new GrowableBacking(new SharedArrayBuffer(HEADER_SIZE + initial, { maxByteLength }));
    } catch (error) {
      if (size > initial) continue;
      throw withCode(
        new Error(`the system has no ${initial} bytes for a heap`, { cause: error }),
        'ERR_TH_OUT_OF_MEMORY'
      );
    }
  }
}

// A WebAssembly.Memory, since V8 makes views of it in half the time; a growable buffer where there is
// none, or are many already. And the bytes for blocks that it can have.
function reserve(options) {
  const memory = reserveMemory(options);
  if (memory) return { backing: new WasmBacking(memory, 0), maximum: options.maximum };
  const backing = reserveBuffer(options);
  return { backing, maximum: backing.maxByteLength - HEADER_SIZE };
}

module.exports = { floorTo, reserve, reserveBuffer };
