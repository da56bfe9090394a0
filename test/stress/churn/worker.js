'use strict';

// A worker of the churn: allocates and frees. A part of its blocks it hands to whoever comes next,
// through letter boxes in shared memory, and frees what others left there.

const { parentPort, workerData } = require('node:worker_threads');
const { AllocatedMemory, MemoryHeap, getPointer } = require('../../..');
const { Random } = require('../../helpers/random');
const { Live } = require('./live');

const MIN = 8;
const MAX = 65536;
const HANDED_OVER = 0.3;

const { seed, operations, slots, distribution, shared } = workerData;
const heap = new MemoryHeap(shared.heap);
const boxes = new Uint32Array(shared.boxes); // pointers, 0 when empty
const live = new Live(shared.live);
const random = new Random(seed);
const unit = () => random.uint32() / 2 ** 32;

// By name: a size in bytes, from how far the work is, 0 to 1.
const distributions = {
  logUniform: () => MIN * (MAX / MIN) ** unit(),

  // Up and down again, within a factor of four at any time.
  drifting: (progress) => {
    const centre = MIN * (MAX / MIN) ** (1 - Math.abs(1 - 2 * progress));
    return Math.min(MAX, Math.max(MIN, centre * 4 ** (unit() - 0.5)));
  },
};

// ---- what is in the blocks ----

let words = new Uint32Array(0); // of the whole buffer

function wordsUpTo(end) {
  if (end > words.byteLength) {
    const [{ buf }] = heap.buffers;
    words = new Uint32Array(buf, 0, Math.floor(buf.byteLength / 4));
  }
  return words;
}

// The first and the last word of a block are its pointer.
function mark(pointer, byteLength) {
  const end = pointer + byteLength;
  const all = wordsUpTo(end);
  all[pointer / 4] = pointer;
  all[Math.floor(end / 4) - 1] = pointer;
}

function check(pointer, byteLength) {
  const end = pointer + byteLength;
  const all = wordsUpTo(end);
  if (all[pointer / 4] !== pointer || all[Math.floor(end / 4) - 1] !== pointer) {
    throw new Error(`the block at ${pointer} was overwritten`);
  }
}

// ---- operations ----

function alloc(size) {
  const block = heap.alloc(size);
  live.add(size);
  mark(block.pointer, size);
  return block;
}

function free(block) {
  check(block.pointer, block.byteLength);
  live.add(-block.byteLength);
  block.free();
}

// Leaves the block for another thread, and frees what is in its place.
function handOver(block) {
  const found = Atomics.exchange(boxes, random.below(boxes.length), block.pointer);
  if (found !== 0) free(new AllocatedMemory(heap, getPointer(found)));
}

function run() {
  const blocks = new Array(slots);
  const sizeOf = distributions[distribution];
  for (let done = 0; done < operations; done++) {
    const i = random.below(slots);
    if (!blocks[i]) {
      blocks[i] = alloc(Math.floor(sizeOf(done / operations)));
      continue;
    }
    if (random.chance(HANDED_OVER)) handOver(blocks[i]);
    else free(blocks[i]);
    blocks[i] = undefined;
  }
  for (const block of blocks) if (block) free(block);
}

run();
parentPort.postMessage('done');
