'use strict';

// The worker of all tests: opens what it was given, says that it is ready, waits for the word to go
// and runs its task. What the task returns goes to the parent.

const { parentPort, workerData } = require('node:worker_threads');
const { generator } = require('./random');
const { openShared } = require('./shared');
const { Signals } = require('./sync');

async function main() {
  const { task, shared, signals: buffer, seed, ...args } = workerData;
  const [noun, name] = task.split('.');
  const run = require(`./tasks/${noun}`)[name];
  const signals = new Signals(buffer);
  const objects = openShared(shared);
  parentPort.postMessage({ isReady: true });
  signals.wait('go', 1);
  const random = generator(seed, args.id);
  const value = await run(objects, { ...args, random, seed, signals });
  parentPort.postMessage({ value });
}

main();
