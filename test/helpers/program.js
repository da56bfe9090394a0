'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');

const SETUP = path.join(__dirname, 'background-compilation.js');

function end(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal }));
  });
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

/**
 * Runs a program of Node with arguments; returns what it printed. Rejects with all it said if it did
 * not end well within the limit, in seconds.
 */
async function run(args, { env = {}, limit = 60 } = {}) {
  const child = spawn(process.execPath, ['--require', SETUP, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: limit * 1000,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr, { status, signal }] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    end(child),
  ]);
  const said = `node ${args.join(' ')}: status ${status}, signal ${signal}\n${stdout}${stderr}`;
  assert.ok(status === 0 && signal === null, said);
  return stdout;
}

/**
 * Runs a program of this directory that makes calls of which nobody knows how they end; it prints
 * the seed of each round it begins, and in the end how much it did. Returns that number.
 */
async function runProgram(name, ...args) {
  const stdout = await run([path.join(__dirname, name), ...args]);
  return Number(stdout.trim().split('\n').at(-1));
}

module.exports = { run, runProgram };
