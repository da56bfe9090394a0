'use strict';

// Acts until it is ended. Each ref it makes goes into the ledger: a number for each, after how many
// there are.

const { parentPort, workerData } = require('node:worker_threads');
const { Random } = require('../../helpers/random');
const { Actor } = require('./actor');

const { ledger: buffer, seed } = workerData;
const ledger = new Float64Array(buffer);

const actor = new Actor(new Random(seed), (id) => {
  ledger[ledger[0] + 1] = id;
  ledger[0]++;
});

parentPort.postMessage('ready');
while (ledger[0] < ledger.length - 1) actor.act();
