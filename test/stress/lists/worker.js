'use strict';

// Inserts into and deletes from lists of pointers, and changes what a lock guards, until it is ended.

const { parentPort, workerData } = require('node:worker_threads');
const { MemoryHeap } = require('../../..');
const { Random } = require('../../helpers/random');
const { open, use } = require('./subjects');

const { shared, seed } = workerData;
const subjects = open(new MemoryHeap(shared.heap), shared);
const random = new Random(seed);

parentPort.postMessage('ready');
for (;;) use(subjects, random);
