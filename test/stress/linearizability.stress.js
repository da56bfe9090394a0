'use strict';

// Each round is a process of its own, so that the same program can run in two builds: the package as
// it is, and one whose threads stop now and then between any two atomic operations of the core.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { buildCopy, copyPackage } = require('../../scripts/variant');
const { attack } = require('./attack');
const { NAMES } = require('./histories/subjects');

const ROOT = path.join(__dirname, '../..');
const LIMIT_S = 100;
const SCOPE = { full: 2000, unit: 'histories', share: 0.2 / (2 * NAMES.length) };

function runRound(directory, name, seed) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['test/stress/histories/round.js', name, seed],
    { cwd: directory, encoding: 'utf8', timeout: LIMIT_S * 1000, killSignal: 'SIGKILL' }
  );
  if (status !== 0) throw new Error(`seed ${seed}: ${signal ?? ''}${stderr}`);
  return Number(stdout);
}

function perturb(directory) {
  const header = path.join(directory, 'test/stress/histories/perturb.h');
  const atomic = path.join(directory, 'src/core/atomic.h');
  fs.appendFileSync(atomic, `\n#include ${JSON.stringify(header)}\n`);
}

describe('stress: linearizability', () => {
  for (const name of NAMES) {
    attack(`a ${name} is linearizable`, SCOPE, (random) => runRound(ROOT, name, random.uint32()));
  }
});

describe('stress: linearizability of a core whose threads stop anywhere', () => {
  let directory;

  before(function () {
    this.timeout(0); // it compiles
    directory = copyPackage('perturbed');
    perturb(directory);
    buildCopy(directory, { env: { JOBS: 'max' } });
  });

  for (const name of NAMES) {
    attack(`a ${name} is linearizable even so`, SCOPE, (random) =>
      runRound(directory, name, random.uint32())
    );
  }
});
