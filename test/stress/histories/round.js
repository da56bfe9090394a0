'use strict';

// A program: records concurrent histories of a subject and checks them. node round.js <name> <seed>
//
// Prints how many there were, or ends with the report of one that is not linearizable.

require('../../helpers/background-compilation');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { MemoryHeap } = require('../../..');
const { assertLinearizable } = require('../../helpers/linearizability');
const { Random } = require('../../helpers/random');
const { record } = require('./record');
const { subjectOf } = require('./subjects');

const PROGRAM = path.join(__dirname, 'worker.js');
const HISTORIES = 400;
const LENGTH_MIN = 4; // operations of a thread
const LENGTH_MAX = 10;

const TEAMS = [
  { workers: 2, isMainPart: false },
  { workers: 1, isMainPart: true },
  { workers: 3, isMainPart: false },
  { workers: 2, isMainPart: true },
  { workers: 4, isMainPart: false },
  { workers: 3, isMainPart: true },
];

// What each thread did, by history.
async function recordAll(heap, { workers, isMainPart }, args) {
  const shared = { ...args, heap: heap.getSharedMemory(), threads: workers + Number(isMainPart) };
  const answers = Array.from({ length: workers }, (_, id) =>
    once(new Worker(PROGRAM, { workerData: { ...shared, id } }), 'message')
  );
  const own = isMainPart ? [record(heap, { ...shared, id: workers })] : [];
  const logs = await Promise.all(answers);
  return [...logs.map(([log]) => log), ...own];
}

// A history begins with the state that the first thread saw at the end of the one before.
function checkAll({ initial, each, look, model, stateOf }, logs) {
  let state;
  for (let i = 0; i < logs[0].length; i++) {
    if (i % each === 0) state = initial;
    assertLinearizable({ initial: state, operations: logs.flatMap((log) => log[i]) }, model);
    state = stateOf(logs[0][i].slice(-look.length));
  }
}

async function round(name, random) {
  const subject = subjectOf(name);
  const heap = new MemoryHeap();
  const count = HISTORIES / subject.each;
  const containers = Array.from({ length: count }, () => subject.create(heap, random));
  const logs = await recordAll(heap, random.pick(TEAMS), {
    name,
    descriptors: containers.map((container) => container.getSharedMemory()),
    length: LENGTH_MIN + random.below(LENGTH_MAX - LENGTH_MIN + 1),
    start: random.uint32(),
    clock: new SharedArrayBuffer(128),
  });
  checkAll(subject, logs);
  for (const container of containers) subject.check?.(container);
  assert.deepEqual(heap.verify(), []);
  console.log(logs[0].length);
}

const [, , name, seed] = process.argv;
round(name, new Random(Number(seed)));
