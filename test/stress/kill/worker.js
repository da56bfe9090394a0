'use strict';

// A worker of a kill storm. It does random operations until it is ended, or ends itself; or, to see
// what the others left, each operation once.

const { parentPort, workerData } = require('node:worker_threads');
const { Sheet } = require('./ledger');

const { task, seed, shared, ending } = workerData;
const sheet = new Sheet(workerData.sheet);
sheet.reach('running');
const { Belongings, endInside, openAll, useAll, useShared } = require('./operations');
const { Random } = require('../../helpers/random');
const { checkAndUse } = require('../../threads/tasks/lifecycle');
sheet.reach('loaded');
parentPort.postMessage('loaded'); // from here on there is a time limit for who looks
const objects = openAll(shared);
const random = new Random(seed);
sheet.reach('open');

const tasks = {
  storm() {
    const belongings = new Belongings(objects.heap, sheet, random);
    const end = ends[ending.way];
    for (let done = 0; ; done++) {
      if (end && done === ending.after) endInside(objects, random, end);
      if (random.chance(0.5)) useShared(objects, random);
      else belongings.change();
      sheet.advance();
    }
  },

  // Beside the others, which may do anything meanwhile.
  look() {
    useAll(objects);
    parentPort.postMessage('done');
  },

  lookAlone() {
    useAll(objects);
    checkAndUse(objects.random);
    parentPort.postMessage('done');
  },
};

const ends = {
  throw: () => {
    throw new Error('on purpose');
  },
  exit: () => process.exit(3),
};

tasks[task]();
