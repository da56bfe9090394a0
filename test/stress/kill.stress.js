'use strict';

// Kill storms: several workers do all that the package can do; at random moments they are ended, in
// every way there is, and others started. After that the heap has to be as if they had stopped of
// their own accord between two calls.
//
// What was in containers is checked by verify: every block of a container hangs on one, and the
// bytes in use are those of the live blocks. What the workers had for themselves is compared with
// their ledger (kill/ledger.js): a block or a container may be lost only when its worker was ended
// while making it, so one for each worker at most, and of the kind and size it was making.

const assert = require('node:assert/strict');
const path = require('node:path');
const vm = require('node:vm');
const { Worker } = require('node:worker_threads');
const { LocalSharedMemory, MemoryHeap } = require('../..');
const { assertSound, dispose } = require('../helpers/check');
const { checkAndUse } = require('../threads/tasks/lifecycle');
const { attack } = require('./attack');
const { takeCensus } = require('./kill/census');
const { STAGES, Sheet } = require('./kill/ledger');
const { NAMES, createAll, describeAll, useAll, useShared } = require('./kill/operations');

const PROGRAM = path.join(__dirname, 'kill', 'worker.js');
const STORM = 4; // workers alive at once
const ENDINGS = 20; // of a round
const ENDINGS_BETWEEN_LOOKS = 5;
const CALL_LIMIT_MS = 5000;

// ---- time limits ----

const context = vm.createContext({});
const script = new vm.Script('call()');

// Calls a function that must not take long, and ends it when it does.
function limited(call) {
  context.call = call;
  try {
    script.runInContext(context, { timeout: CALL_LIMIT_MS });
  } catch (error) {
    if (error.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new Error(`a call took more than ${CALL_LIMIT_MS} ms`, { cause: error });
  }
}

// ---- workers ----

class Runner {
  sheet = new Sheet();
  end; // { code, error }, once it has ended

  constructor(shared, random, { task = 'storm', ending } = {}) {
    const workerData = { task, shared, ending, seed: random.uint32(), sheet: this.sheet.buffer };
    this.ending = ending;
    this.worker = new Worker(PROGRAM, { workerData, stderr: false });
    let error;
    this.worker.once('error', (thrown) => (error = thrown));
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => resolve((this.end = { code, error })));
    });
  }
}

// How a worker is going to be ended.
function anyEnding(random) {
  if (random.chance(0.2)) return { way: 'terminate', stage: random.pick(STAGES) };
  const way = random.pick(['terminate', 'terminate', 'throw', 'exit']);
  return { way, after: Math.floor(500 ** (random.uint32() / 2 ** 32)) };
}

// Each start of a worker takes about as many microseconds from one stage to the next.
const STAGE_US = { created: 30000, running: 10000, loaded: 1000, open: 100 };
const OPERATION_US = 50;

function isDue({ sheet, ending }) {
  return ending.stage ? sheet.hasReached(ending.stage) : sheet.progress >= ending.after;
}

const nextTurn = () => new Promise(setImmediate);

// Until it is so, uses the containers in this thread, too.
async function useUntil(objects, random, isSo) {
  while (!isSo()) {
    limited(() => useShared(objects, random));
    await nextTurn();
  }
}

// Waits until the worker ends, or for its moment to be ended.
async function endOne(objects, random, runner) {
  const { way, stage } = runner.ending;
  if (way === 'terminate') {
    await useUntil(objects, random, () => runner.end || isDue(runner));
    spin(random.below(stage ? STAGE_US[stage] : OPERATION_US));
    runner.worker.terminate();
  }
  await useUntil(objects, random, () => runner.end);
  checkEnd(runner);
}

function spin(microseconds) {
  const end = performance.now() + microseconds / 1000;
  while (performance.now() < end);
}

const CODES = { terminate: [0, 1], throw: [1], exit: [3] };

function checkEnd({ ending: { way }, end: { code, error } }) {
  if (error && !(way === 'throw' && /on purpose/.test(error.message))) throw error;
  assert.ok(CODES[way].includes(code), `the exit code of ${way} was ${code}`);
}

// ---- what is left ----

// Makes all calls in a thread that has just come.
async function lookInNewThread(shared, random, task) {
  const { worker, ended } = new Runner(shared, random, { task });
  let timer;
  let isDone = false;
  worker.on('message', (message) => {
    if (message === 'loaded') timer = setTimeout(() => worker.terminate(), CALL_LIMIT_MS);
    else isDone = true;
  });
  const { error } = await ended;
  clearTimeout(timer);
  if (error) throw error;
  assert.ok(isDone, `the calls of a new thread took more than ${CALL_LIMIT_MS} ms`);
}

async function look(objects, random, { isAlone }) {
  await lookInNewThread(describeAll(objects), random, isAlone ? 'lookAlone' : 'look');
  limited(() => useAll(objects));
  if (isAlone) limited(() => checkAndUse(objects.random));
}

const nameOf = ({ kind, id, size }) => `${kind} ${id} of ${size} bytes`;
const sortOf = ({ kind, size }) => `${kind} of ${size} bytes`;

// What is in the heap is what the sheets and `known` say.
function compare(census, sheets, known) {
  const rest = new Map(census.map((item) => [nameOf(item), item]));
  const records = sheets.map((sheet) => sheet.read());
  for (const item of [...known, ...records.flatMap(({ certain }) => certain)]) {
    assert.ok(rest.delete(nameOf(item)), `${nameOf(item)} is gone`);
  }
  for (const item of records.flatMap(({ possible }) => possible)) rest.delete(nameOf(item));
  const lost = records.flatMap(({ unnamed }) => unnamed ?? []).map(sortOf);
  for (const item of rest.values()) {
    const i = lost.indexOf(sortOf(item));
    assert.ok(i >= 0, `${nameOf(item)} belongs to nobody`);
    lost.splice(i, 1);
  }
}

function listShared({ block, random, whole, long }) {
  const containers = [random, whole, long].flatMap((objects) =>
    NAMES.filter((kind) => objects[kind]).map((kind) => {
      const id = objects[kind].getSharedMemory().generation;
      return { kind, id, size: 0 };
    })
  );
  const blocks = [block, whole.block].map(({ pointer, byteLength }) => {
    return { kind: 'block', id: pointer, size: byteLength };
  });
  return [...containers, ...blocks];
}

// Blocks last: some hold a container.
function freeAll(census) {
  for (const { object } of census) object.free();
}

function checkRest(objects, sheets) {
  const { heap } = objects;
  assertSound(heap);
  assert.equal(heap.stats().threads, 1, 'threads that have ended are still attached');
  const census = takeCensus(heap);
  compare(census, sheets, listShared(objects));
  freeAll(census);
  assertSound(heap);
  assert.equal(heap.currentUsed, 0, 'bytes in use when everything was freed');
}

// ---- the storm ----

// Adds the workers it starts to `runners`.
async function storm(objects, random, runners) {
  const shared = describeAll(objects);
  const waiting = [];
  const start = () => {
    const runner = new Runner(shared, random, { ending: anyEnding(random) });
    runners.push(runner);
    waiting.push(runner);
  };
  for (let i = 0; i < STORM; i++) start();
  for (let ended = 1; ended <= ENDINGS; ended++) {
    const [runner] = waiting.splice(random.below(waiting.length), 1);
    await endOne(objects, random, runner);
    if (runners.length < ENDINGS) start();
    const isAlone = ended === ENDINGS;
    if (ended % ENDINGS_BETWEEN_LOOKS === 0) await look(objects, random, { isAlone });
  }
}

async function round(random, config) {
  const heap = new MemoryHeap(config);
  const objects = createAll(heap);
  const runners = [];
  try {
    await storm(objects, random, runners);
  } finally {
    await Promise.all(runners.map(({ worker }) => worker.terminate()));
  }
  checkRest(objects, runners.map(({ sheet }) => sheet));
  heap[dispose]();
  return ENDINGS;
}

describe('kill storms', () => {
  attack(
    'workers that are ended anywhere leave all containers whole, and nothing behind',
    { full: 1000, unit: 'endings', share: 0.15 },
    (random) => round(random, { maxSize: 2 ** 28 })
  );

  attack(
    'and those in a WebAssembly.Memory',
    { full: 200, unit: 'endings', share: 0.03 },
    (random) => round(random, { memory: new LocalSharedMemory(16, 4096) })
  );
});
