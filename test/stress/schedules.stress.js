'use strict';

// The core on simulated threads and a simulated memory (test/schedules), each time other schedules.

const path = require('node:path');
const { run } = require('../helpers/program');
const { attack } = require('./attack');

const PROGRAM = path.join(__dirname, '..', '..', 'scripts', 'test-core.js');
const SECONDS_PER_TEST = process.env.STRESS_SECONDS ? 0.2 : 2;

async function explore(random) {
  const env = { SCHEDULE_SECONDS: String(SECONDS_PER_TEST), TEST_SEED: String(random.uint32()) };
  const output = await run([PROGRAM, 'schedules'], { env, limit: 110 });
  const explored = Array.from(output.matchAll(/^# (\d+) schedules$/gm), ([, count]) => +count);
  return explored.reduce((sum, count) => sum + count, 0);
}

describe('schedules', () => {
  const amount = { full: 500000, unit: 'schedules', share: 0.08 };
  attack('no order of steps and no old value that C11 allows breaks the core', amount, explore);
});
