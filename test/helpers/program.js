'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');

const LIMIT_MS = 60_000;

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
 * Runs a program of this directory that makes calls of which nobody knows how they end; it prints
 * the seed of each round it begins, and in the end how much it did. Returns that number. Rejects if
 * the program did not end well within a minute.
 */
async function runProgram(name, ...args) {
  const program = [path.join(__dirname, name), ...args.map(String)];
  const child = spawn(process.execPath, program, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr, { status, signal }] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    end(child),
  ]);
  const last = stdout.trim().split('\n').at(-1);
  const how = `status ${status}, signal ${signal}; the last seed was ${last}\n${stderr}`;
  assert.ok(status === 0 && signal === null, `node ${program.join(' ')}: ${how}`);
  return Number(last);
}

module.exports = { runProgram };
