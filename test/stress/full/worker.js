'use strict';

// A thread of the attack on full heaps: does in one heap after the other what it is told to.

const { parentPort, workerData } = require('node:worker_threads');
const { dispose } = require('../../helpers/check');
const { Random } = require('../../helpers/random');
const { openShared } = require('../../threads/shared');
const { Hoarder } = require('./hoarder');

const CHANGES = 1500;

let heap;
let hoarder;
let givePagesBack;

const steps = {
  open({ heap: descriptor, own, shared, seed }) {
    const objects = openShared({ heap: descriptor, ...own });
    heap = objects.heap;
    const others = openShared({ heap: descriptor, ...shared });
    const random = new Random(seed);
    hoarder = new Hoarder({ heap, own: objects, shared: others, id: workerData.id, random });
  },

  takePages() {
    givePagesBack = hoarder.takePages();
  },

  change() {
    givePagesBack();
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
