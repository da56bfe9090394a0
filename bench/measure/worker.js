'use strict';

// One of the threads of a trial with threads.

const { parentPort, workerData } = require('node:worker_threads');
const { drivers } = require('../drivers');
const { trials } = require('../trials');
const { clone, now } = require('./contestant');

const { count, gate, index, passes, peer, shared } = workerData;

// Waits until all threads are at this gate. gate[0] counts who is there, gate[1] the rounds.
function meet() {
  const round = Atomics.load(gate, 1);
  if (Atomics.add(gate, 0, 1) === count - 1) {
    Atomics.store(gate, 0, 0);
    Atomics.add(gate, 1, 1);
    return;
  }
  while (Atomics.load(gate, 1) === round);
}

function span(loop, container, data) {
  meet();
  const begin = now();
  for (let i = 0; i < passes; i++) loop(container, data);
  return { begin, end: now(), operations: passes * data.count };
}

async function run() {
  const trial = trials.find(({ name }) => name === workerData.trial);
  const driver = drivers.get(peer);
  const noun = driver[trial.noun];
  const data = trial.part(trial.data(trial.size), index);
  const container = noun.join(await driver.load?.(), shared, data);
  const loop = clone(noun[trial.operation]);
  for (let i = 0; i < 3; i++) loop(container, data);
  parentPort.on('message', () => parentPort.postMessage(span(loop, container, data)));
}

run();
