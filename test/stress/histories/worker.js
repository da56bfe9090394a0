'use strict';

const { writeSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const { MemoryHeap } = require('../../..');
const { record } = require('./record');

try {
  parentPort.postMessage(record(new MemoryHeap(workerData.heap), workerData));
} catch (error) {
  // The others would wait for this thread, so the process ends here.
  writeSync(2, `${error.stack}\n`);
  process.kill(process.pid, 'SIGKILL');
}
