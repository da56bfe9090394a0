'use strict';

// Plants a fault in a copy of the package and shows that a checker finds it.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { buildCopy, copyPackage } = require('../../scripts/variant');

const LIMIT_S = 120;
const MOCHA = [
  require.resolve('mocha/bin/mocha.js'),
  '--bail', // one failure is enough to know
  '--require',
  'test/helpers/background-compilation.js',
];

// What runs the tests of nouns, those whose titles match.
const tests = (nouns, title = '') => ({
  args: [
    ...MOCHA,
    ...['--no-config', '--timeout', '20000', '-g', title],
    ...nouns.map((noun) => `test/${noun}.test.js`),
  ],
});

// The environment of a C program that is to go on after its first failure: what it has to say is said
// by a later test.
const ALL = { TEST_BAIL: undefined };

/**
 * What runs the attacks whose titles match. Only what they find, or the limit, ends them: how soon they
 * find it depends on chance and on the machine.
 */
const attack = (title, env) => ({
  args: [...MOCHA, '--config', 'test/stress/mocharc.json', '-g', title],
  env: { STRESS_SECONDS: '1000000', ...env },
});

// Files of faults run beside each other, each process with a copy of its own.
const COPY = `faults-${process.env.MOCHA_WORKER_ID ?? 0}`;

let directory;

// Replaces the one place of a file.
function replaceOnce(file, find, replace) {
  const text = fs.readFileSync(file, 'utf8');
  assert.equal(text.split(find).length, 2, `"${find}" has to occur once in ${file}`);
  fs.writeFileSync(file, text.replace(find, () => replace));
}

function run(args, env) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: directory,
    env: { ...process.env, TEST_BAIL: '1', ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    timeout: LIMIT_S * 1000,
    killSignal: 'SIGKILL',
  });
  return { failed: status !== 0, output: `${stdout}${stderr}${signal ?? ''}` };
}

// Marks the lines of a report, so that nobody takes them for those of the one they are quoted in.
function quote(report) {
  return report.replace(/^/gm, '| ');
}

/**
 * Defines a test: with `find` replaced by `replace` in `file`, the program `args` (of Node, in the
 * copy) fails and says something that matches `says`. `addon` is false where the program does not use
 * the addon of the copy, which then may have a fault of before.
 */
function fault(title, { file, find, replace, args, env = {}, says, addon = true }) {
  it(title, function () {
    this.timeout(0); // the programs have a limit
    directory ??= copyPackage(COPY);
    const at = path.join(directory, file);
    const original = fs.readFileSync(at);
    try {
      replaceOnce(at, find, replace);
      const isBuilt = fs.existsSync(path.join(directory, 'build/Release'));
      if (addon || !isBuilt) buildCopy(directory, { again: isBuilt });
      const { failed, output } = run(args, env);
      assert.ok(failed, `the fault was not found:\n${quote(output)}`);
      assert.match(output, says);
    } finally {
      fs.writeFileSync(at, original);
    }
  });
}

module.exports = { ALL, attack, fault, tests };
