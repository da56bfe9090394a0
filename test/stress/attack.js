'use strict';

// An attack on one promise: a round, repeated with other random numbers until it has been done
// often enough or, with STRESS_SECONDS, until its share of that time is over.

const { Worker } = require('node:worker_threads');
const { Random, SEED } = require('../helpers/random');

const SECONDS = process.env.STRESS_SECONDS && Number(process.env.STRESS_SECONDS);

const figures = [];

// The seed of a round is that of the run plus its number, so a run with it begins with that round.
const seedOf = (round) => (SEED + round) >>> 0;

/**
 * Defines a test. `round(random)` does some units of work in at most a few seconds and returns how
 * many; a rejection is the finding, and so is no end after `limit` seconds. `full` is how many units a
 * run without STRESS_SECONDS does, `share` which part of STRESS_SECONDS (0 to 1) the attack gets
 * otherwise; one with no share is left out then.
 */
function attack(promise, { full, unit, share, limit = 120 }, round) {
  it(promise, async function () {
    if (SECONDS && share === 0) this.skip();
    this.timeout(0); // the watchdog ends what hangs
    const start = performance.now();
    const elapsed = () => (performance.now() - start) / 1000;
    const isOver = (done) => (SECONDS ? elapsed() >= SECONDS * share : done >= full);
    let done = 0;
    for (let i = 0; i === 0 || !isOver(done); i++) {
      watch(`${promise}, round ${i}, TEST_SEED=${seedOf(i)}`, limit);
      try {
        done += await round(new Random(seedOf(i)));
      } catch (error) {
        error.message += `\n(repeat with TEST_SEED=${seedOf(i)})`;
        throw error;
      } finally {
        unwatch();
      }
    }
    figures.push({ promise, done, unit, seconds: elapsed().toFixed(1) });
  });
}

// ---- the watchdog: a thread that ends a process in which a round hangs ----

const WATCHDOG = `
  const { parentPort } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  let timer;
  parentPort.on('message', ({ what, limit }) => {
    clearTimeout(timer);
    if (!what) return;
    timer = setTimeout(() => {
      writeSync(2, 'no end after ' + limit + ' s: ' + what + '\\n');
      process.kill(process.pid, 'SIGKILL');
    }, limit * 1000);
  });
`;

let watchdog;

function watch(what, limit) {
  watchdog ??= new Worker(WATCHDOG, { eval: true });
  watchdog.unref();
  watchdog.postMessage({ what, limit });
}

function unwatch() {
  watchdog.postMessage({});
}

function report() {
  console.log(`\nseed ${SEED}`);
  for (const { promise, done, unit, seconds } of figures) {
    console.log(`  ${done.toLocaleString('en')} ${unit} in ${seconds} s: ${promise}`);
  }
}

// Mocha runs it after everything else.
const mochaHooks = { afterAll: report };

module.exports = { attack, mochaHooks };
