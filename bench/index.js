'use strict';

// npm run bench [-- <noun or name of a trial>... --quick --output <file>]

const { execFileSync, fork } = require('node:child_process');
const { existsSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { PRODUCT } = require('./evaluate');
const { machine } = require('./machine');
const { publish, summarize } = require('./report');
const { NOUNS, trials } = require('./trials');

const FLAGS = ['--expose-gc', '--no-flush-bytecode'];
const TIMEOUT_MS = 10 * 60 * 1000; // of a trial: a competitor may hang

function installPeers() {
  if (existsSync(join(__dirname, 'node_modules'))) return;
  console.log('installing what to compare with, in bench/node_modules');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: __dirname,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
}

// Those of a noun, or whose name has the text.
function pick(words) {
  if (words.length === 0) return trials;
  return trials.filter(({ group, name }) =>
    words.some((word) => (NOUNS.includes(word) ? group === word : name.includes(word)))
  );
}

// What the process of a trial sends, or that it failed.
function run({ name }, options) {
  const args = options.quick ? [name, '--quick'] : [name];
  return new Promise((resolve) => {
    const settings = { execArgv: FLAGS, timeout: TIMEOUT_MS };
    const child = fork(join(__dirname, 'trial.js'), args, settings);
    let rows;
    child.once('message', (message) => {
      rows = message;
    });
    child.once('close', (code, signal) => {
      const failed = { peer: PRODUCT, status: 'error', message: `it ended with ${signal ?? code}` };
      resolve(rows ?? [failed]);
    });
  });
}

function describe({ group, name, native, nativeOf, unit, bar, aim, slope }) {
  return { group, name, native, nativeOf, unit, bar, aim, slope };
}

// The line that is written over.
function showProgress(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
}

async function main() {
  const { values: options, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, output: { type: 'string' } },
    allowPositionals: true,
  });
  const picked = pick(positionals);
  if (picked.length === 0) throw new Error(`no trial has ${positionals.join(' or ')} in its name`);
  installPeers();
  const results = { machine: machine(), quick: options.quick, trials: [] };
  for (const [i, trial] of picked.entries()) {
    const place = `${i + 1}/${picked.length}`;
    showProgress(`${place}  ${trial.name} ...`);
    const start = performance.now();
    const rows = await run(trial, options);
    const seconds = Math.round((performance.now() - start) / 1000);
    results.trials.push({ ...describe(trial), rows });
    showProgress('');
    console.log(`${place}  ${summarize(results.trials.at(-1), results)} | ${seconds} s`);
  }
  if (options.output) writeFileSync(options.output, JSON.stringify(results, null, 1));
  publish(results, { isWhole: picked.length === trials.length && !options.quick });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
