'use strict';

// Counts the instructions that operations of the core take (test/instructions/operations.c) and
// compares them with the table beside that program:
//   node scripts/instructions.js           fails when one takes clearly more than the table says
//   node scripts/instructions.js --write   writes what it counts into the table
// Another compiler than the table's makes other instructions: then nothing is compared. $CC chooses
// it. `callgrind_annotate build/instructions/profile.3` shows where those of the third go.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { CORE_FLAGS, sourcesIn } = require('./compiler');

const TABLE = 'test/instructions/table.json';
const REWRITE = 'npm run test:instructions -- --write';
// Counts are exact, but for the processor: the C library copies and compares by what it can do,
// which is worth 1 %. The rest is what may go in with a change that is worth it.
const PERCENT = 5;
const CALLS = 100_000; // of each operation

const out = 'build/instructions';
const program = `${out}/operations`;
const profile = `${out}/profile`;
const compiler = process.env.CC || 'cc';

const FLAGS = [
  ...CORE_FLAGS,
  '-gdwarf-4', // what Valgrind reads of every compiler
  // as node-gyp compiles the addon
  '-O3',
  '-fPIC',
  '-fvisibility=hidden',
  '-fno-omit-frame-pointer',
  '-pthread',
  '-Isrc',
  '-Itest/core',
  `-DCALLS=${CALLS}`,
];

process.chdir(path.join(__dirname, '..'));

/** Runs a command to its end and returns what it prints. Throws if it is missing or fails. */
function run(command, args, env = process.env) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8' });
  if (error) throw new Error(`${command} is missing: please install it`);
  if (status !== 0) throw new Error(`${command} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** What counts are worth comparing under. The compiler names the distribution, and so the C
 * library, with its version. */
function describeBuild() {
  const [version] = run(compiler, ['--version']).split('\n', 1);
  return { compiler: version, architecture: process.arch };
}

function buildProgram() {
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });
  const sources = ['src/core', 'test/instructions'].flatMap(sourcesIn);
  run(compiler, [...FLAGS, ...sources, 'test/core/harness.c', '-o', program]);
}

/** The operation that a profile of Callgrind is of, and the instructions of one call. */
function readProfile(number) {
  const text = fs.readFileSync(`${profile}.${number}`, 'utf8');
  const [, name] = /^desc: Trigger: Client Request: (.*)$/m.exec(text);
  const [, instructions] = /^summary: (\d+)$/m.exec(text);
  return [name, Math.round(Number(instructions) / CALLS)];
}

/** Runs the program; returns the instructions of one call of each operation, by name. */
function countInstructions() {
  // The environment is on the stack: with another, what is behind it lies in other pages.
  const env = { PATH: process.env.PATH };
  run('valgrind', ['--tool=callgrind', `--callgrind-out-file=${profile}`, program], env);
  const profiles = fs.readdirSync(out).filter((name) => /^profile\.\d+$/.test(name));
  return Object.fromEntries(profiles.map((_, index) => readProfile(index + 1)));
}

/** What there is to say about an operation that takes `now` instructions and took `before`. */
function judge(now, before) {
  if (before === undefined) return 'not in the table';
  if (now === undefined) return 'only in the table';
  if (now > before * (1 + PERCENT / 100)) return 'more';
  return now < before * (1 - PERCENT / 100) ? 'fewer' : '';
}

function printRow(name, now, before, verdict = '') {
  const numbers = [now, before].map((number) => String(number ?? '-').padStart(7));
  console.log(`${name.padEnd(26)}${numbers.join('')}  ${verdict}`.trimEnd());
}

/** Prints the counts beside the table. Throws if one is too large, or on one side only. */
function compare(counts, table) {
  const names = [...new Set([...Object.keys(table), ...Object.keys(counts)])];
  const verdicts = names.map((name) => judge(counts[name], table[name]));
  printRow('instructions per call', 'now', 'table');
  names.forEach((name, i) => printRow(name, counts[name], table[name], verdicts[i]));
  const fewer = verdicts.filter((verdict) => verdict === 'fewer').length;
  const failed = verdicts.filter(Boolean).length - fewer;
  if (fewer) console.log(`${fewer} take over ${PERCENT} % fewer, to be kept by ${REWRITE}`);
  if (failed) throw new Error(`${failed} take over ${PERCENT} % more, or are new or gone`);
}

function main([option]) {
  const build = describeBuild();
  buildProgram();
  const instructions = countInstructions();
  if (option === '--write') {
    fs.writeFileSync(TABLE, `${JSON.stringify({ ...build, instructions }, null, 2)}\n`);
  }
  const table = JSON.parse(fs.readFileSync(TABLE, 'utf8'));
  if (table.compiler === build.compiler && table.architecture === build.architecture) {
    return compare(instructions, table.instructions);
  }
  Object.entries(instructions).forEach(([name, count]) => printRow(name, count));
  console.log(`not compared: this is ${build.compiler}, ${build.architecture}`);
  console.log(`              the table ${table.compiler}, ${table.architecture}`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`instructions: ${error.message}`);
  process.exitCode = 1;
}
