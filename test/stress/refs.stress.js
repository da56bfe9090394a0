'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { processHeap, MapRef, NumberRef, StringRef, StructFactory, VectorRef } = require('../..');
const { attack } = require('./attack');
const { Actor } = require('./refs/actor');

const PROGRAM = path.join(__dirname, 'refs', 'worker.js');
const ACTIONS = 4000; // of one round
const WORKERS = 4;
const LEDGER_BYTES = 8 * (1 << 16);
const SPIN_MAX_US = 20000;
const REF_BYTES_MAX = 512; // more than any ref of an actor takes when it is new

const Pair = new StructFactory({ text: 'string', number: 'number' });
const connectors = [
  ...[StringRef, NumberRef, MapRef, VectorRef].map((Ref) => (id) => new Ref(id)),
  (id) => Pair.connect(id),
];

function connect(id) {
  for (const connector of connectors) {
    try {
      return connector(id);
    } catch (error) {
      if (error.code === 'ERR_TH_FREED') return undefined;
      assert.equal(error.code, 'ERR_TH_BAD_DESCRIPTOR');
    }
  }
  throw new Error(`no ref has the id ${id}`);
}

async function start(random) {
  const ledger = new SharedArrayBuffer(LEDGER_BYTES);
  const worker = new Worker(PROGRAM, { workerData: { ledger, seed: random.uint32() } });
  await once(worker, 'message');
  return { worker, ledger: new Float64Array(ledger) };
}

function dropAll(ledger) {
  for (const id of ledger.subarray(1, ledger[0] + 1)) connect(id)?.drop();
}

function act(actor, us) {
  const end = performance.now() + us / 1000;
  while (performance.now() < end) actor.act();
}

// Ends workers one after the other, at any moment, while this thread acts itself.
async function storm(random) {
  const before = processHeap.currentUsed;
  const members = await Promise.all(Array.from({ length: WORKERS }, () => start(random)));
  const actor = new Actor(random);
  for (const { worker } of members) {
    act(actor, random.below(SPIN_MAX_US));
    await worker.terminate();
  }
  act(actor, 1000);
  actor.dropAll();
  for (const { ledger } of members) dropAll(ledger);
  // The one ref that each was making when it ended is in no ledger.
  const lost = processHeap.currentUsed - before;
  assert.ok(lost >= 0 && lost <= WORKERS * REF_BYTES_MAX, `${lost} bytes are lost`);
  assert.deepEqual(processHeap.verify({ exclusive: true }), []);
  return WORKERS;
}

describe('refs', () => {
  const calls = { full: 100_000, unit: 'calls', share: 0.02 };
  attack('do what their models do, and nothing once they were dropped', calls, (random) => {
    const before = processHeap.currentUsed;
    const actor = new Actor(random);
    for (let i = 0; i < ACTIONS; i++) actor.act();
    actor.dropAll();
    assert.equal(processHeap.currentUsed, before);
    assert.deepEqual(processHeap.verify({ exclusive: true }), []);
    return ACTIONS;
  });

  const endings = { full: 200, unit: 'endings', share: 0.04 };
  attack('stay whole, and outlive their makers, when those end at any moment', endings, storm);
});
