'use strict';

// Throughput of one worker and of two that do the same at the same time, in turns. A round lasts
// from when the first begins to when the last has ended.

const { join } = require('node:path');
const { Worker } = require('node:worker_threads');
const { clone, now } = require('./contestant');
const { median } = require('./rounds');

const ROUND_NS = 100e6;
const ROUNDS = { normal: 7, quick: 3 };
const WARM_UP = 1;

// How often a worker runs its loop in a round.
function passes(noun, trial, container, data) {
  const loop = clone(noun[trial.operation]);
  const own = trial.part(data, 0);
  const begin = now();
  let ns;
  do {
    const start = now();
    loop(container, own);
    ns = now() - start;
  } while (now() - begin < 2 * ROUND_NS);
  return Math.ceil(ROUND_NS / ns);
}

function answerOf(worker) {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

// Workers that run rounds together.
class Crew {
  #workers;

  // Nanoseconds per operation of all of them together, of each round.
  times = [];

  constructor(count, workerData) {
    const gate = new Int32Array(new SharedArrayBuffer(8));
    this.#workers = Array.from({ length: count }, (_, index) => {
      const file = join(__dirname, 'worker.js');
      return new Worker(file, { workerData: { ...workerData, count, gate, index } });
    });
  }

  async round() {
    const answers = Promise.all(this.#workers.map(answerOf));
    for (const worker of this.#workers) worker.postMessage('go');
    const spans = await answers;
    const begin = Math.min(...spans.map((span) => span.begin));
    const end = Math.max(...spans.map((span) => span.end));
    this.times.push((end - begin) / spans.reduce((sum, span) => sum + span.operations, 0));
  }

  end() {
    return Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function verify(noun, { verify: wanted }, container, data) {
  if (!wanted) return;
  const result = clone(noun[wanted.operation])(container, data);
  const expected = wanted.expect(data);
  if (result !== expected) throw new Error(`wrong content: ${result} instead of ${expected}`);
}

// The times of one worker, and of two.
async function runCrews(workerData, timed) {
  const crews = [1, 2].map((count) => new Crew(count, workerData));
  try {
    for (let i = 0; i < WARM_UP + timed; i++) for (const crew of crews) await crew.round();
  } finally {
    await Promise.all(crews.map((crew) => crew.end()));
  }
  return crews.map(({ times }) => times.slice(WARM_UP));
}

async function measureOne({ name, driver, module }, trial, timed) {
  const noun = driver[trial.noun];
  const data = trial.data(trial.size);
  const container = noun.create(module, data);
  if (trial.fill) clone(noun[trial.fill])(container, data);
  const workerData = {
    trial: trial.name,
    peer: name,
    shared: noun.share(container),
    passes: passes(noun, trial, container, data),
  };
  const [alone, together] = await runCrews(workerData, timed);
  verify(noun, trial, container, data);
  noun.dispose?.(container);
  return {
    ns: median(together),
    min: Math.min(...together),
    alone: { ns: median(alone), min: Math.min(...alone) },
    scale: median(alone) / median(together),
    rounds: timed,
  };
}

async function measure(trial, competitors, { quick }) {
  const rows = [];
  for (const competitor of competitors) {
    const peer = competitor.name;
    try {
      const measured = await measureOne(competitor, trial, ROUNDS[quick ? 'quick' : 'normal']);
      rows.push({ peer, status: 'ok', ...measured });
    } catch (error) {
      rows.push({ peer, status: 'error', message: error.message.slice(0, 200) });
    }
  }
  return rows;
}

module.exports = { measure };
