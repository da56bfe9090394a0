'use strict';

// A thread of the attack on full heaps: does in one heap after the other what it is told to.

const { parentPort, workerData } = require('node:worker_threads');
const { MemoryHeap } = require('../../..');
const { dispose } = require('../../helpers/check');
const { Random } = require('../../helpers/random');
const { openShared } = require('../../threads/shared');
const { Signals } = require('../../threads/sync');
const { Hoarder, PAGES, takePages } = require('./hoarder');

const CHANGES = 1500;

const { id, count } = workerData;
const signals = new Signals(workerData.signals);

let heap;
let hoarder;
let pages;

const steps = {
  open({ heap: descriptor, own, shared, seed }) {
    const objects = openShared({ heap: descriptor, ...own });
    heap = objects.heap;
    const others = openShared({ heap: descriptor, ...shared });
    const random = new Random(seed);
    hoarder = new Hoarder({ heap, own: objects, shared: others, id, random });
  },

  takePages() {
    pages = takePages(heap);
  },

  // Takes its share of one heap after the other, at the same instant as the other threads.
  race({ heaps, share }) {
    for (const descriptor of heaps) {
      const own = new MemoryHeap(descriptor);
      signals.meet(count);
      for (let i = 0; i < share; i++) own.alloc(PAGES);
      own[dispose]();
    }
  },

  change() {
    for (const block of pages) block.free();
    for (let i = 0; i < CHANGES; i++) hoarder.change();
    return { failed: hoarder.failed };
  },

  check: () => hoarder.checkAll(),

  free() {
    hoarder.freeBlocks();
    heap[dispose]();
  },
};

parentPort.on('message', ({ step, args }) => parentPort.postMessage(steps[step](args) ?? {}));
