'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { MemoryHeap } = require('../..');
const { assertSound, dispose } = require('../helpers/check');
const { attack } = require('./attack');
const { takeCensus } = require('./kill/census');
const { check, describe: describeAll, make, use } = require('./lists/subjects');

const PROGRAM = path.join(__dirname, 'lists', 'worker.js');
const WORKERS = 4;
const SPIN_MAX_US = 20000;

async function start(shared, random) {
  const worker = new Worker(PROGRAM, { workerData: { shared, seed: random.uint32() } });
  let error;
  worker.once('error', (thrown) => (error = thrown));
  await once(worker, 'message');
  return { worker, error: () => error };
}

// Uses them for a while beside the others, which must not have failed by then.
function useFor(us, subjects, random) {
  const end = performance.now() + us / 1000;
  while (performance.now() < end) use(subjects, random);
}

// What is in the heap besides the subjects are blocks that were deleted from their list, and what each
// worker was inserting or deleting when it ended: one text at most.
function checkRest({ heap, blocks, names, words }) {
  const { length } = names;
  const pointers = new Set(Array.from(blocks, ({ memory }) => memory.pointer));
  const census = takeCensus(heap);
  const texts = census.filter(({ kind }) => kind === 'string').length - length;
  assert.ok(texts >= 0 && texts <= WORKERS, `${texts} texts more than the list has`);
  for (const { id, kind, size } of census) {
    if (kind === 'block' && id !== words.pointer) assert.equal(size, 8);
    pointers.delete(id);
  }
  assert.equal(pointers.size, 0, 'blocks of the list are gone');
  for (const { object } of census) object.free();
  assertSound(heap);
  assert.equal(heap.currentUsed, 0);
}

// Ends workers one after the other, at any moment, while this thread does what they do.
async function storm(random) {
  const heap = new MemoryHeap({ maxSize: 2 ** 28 });
  const subjects = make(heap);
  const shared = describeAll(subjects);
  const members = await Promise.all(Array.from({ length: WORKERS }, () => start(shared, random)));
  try {
    for (const { worker, error } of members) {
      useFor(random.below(SPIN_MAX_US), subjects, random);
      await worker.terminate();
      if (error()) throw error();
      check(subjects);
    }
  } finally {
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }
  checkRest(subjects);
  heap[dispose]();
  return WORKERS;
}

describe('lists of pointers and locks', () => {
  const endings = { full: 200, unit: 'endings', share: 0.03 };
  attack('stay whole when threads that use them end at any moment', endings, storm);
});
