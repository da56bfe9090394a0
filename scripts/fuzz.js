'use strict';

// Compiles the core and the fuzz target of test/fuzz with clang's libFuzzer and runs it:
//   node scripts/fuzz.js [seconds]   the kept inputs, then new ones for that long (20 s; 0: none)
//   node scripts/fuzz.js merge       keeps what runs have found, as few inputs as cover as much
// TEST_SEED chooses the new inputs. $CC chooses the compiler, which is clang.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { CORE_FLAGS, sourcesIn } = require('./compiler');

const root = path.join(__dirname, '..');
const out = path.join(root, 'build', 'fuzz');
const program = path.join(out, 'image');
const found = path.join(out, 'found');
const corpus = path.join(root, 'test', 'fuzz', 'corpus'); // covers what the target reaches
const planted = path.join(root, 'test', 'fuzz', 'planted'); // found the faults of test/faults

const compiler = process.env.CC || 'clang';
const SECONDS = 20;

const FLAGS = [
  ...CORE_FLAGS,
  '-O1',
  `-I${path.join(root, 'src')}`,
  '-fsanitize=fuzzer-no-link,address,undefined',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
];
// By these calls test/fuzz/guard.c watches the core.
const WATCHED = '-fsanitize-coverage=trace-loads';
const OPTIONS = ['-max_len=600', '-timeout=10', '-print_final_stats=1', '-verbosity=0'];

const fromRoot = (file) => path.join(root, file);

function compile(args) {
  const { error, status, stdout, stderr } = spawnSync(compiler, [...FLAGS, ...args], {
    cwd: out,
    encoding: 'utf8',
  });
  if (error) throw new Error(`${compiler} is missing: install clang (Debian: clang)`);
  if (status === 0) return;
  const hint = /libclang_rt/.test(stderr)
    ? "clang's fuzzer runtime is missing (Debian: libclang-rt-14-dev)\n"
    : '';
  throw new Error(`${hint}the fuzz target was not built:\n${stdout}${stderr}`);
}

/** Compiles the target. Throws if that fails. */
function build() {
  fs.mkdirSync(found, { recursive: true });
  const core = sourcesIn('src/core');
  compile([WATCHED, '-c', ...core.map(fromRoot)]);
  const objects = core.map((source) => `${path.basename(source, '.c')}.o`);
  const target = sourcesIn('test/fuzz').map(fromRoot);
  compile([...target, ...objects, '-fsanitize=fuzzer', '-o', program]);
}

/**
 * Runs the target with options of libFuzzer, on the inputs in the directories; what it finds it adds
 * to the first. Returns how many executions there were; throws, with the input and what it did, if
 * one failed.
 */
function run(options, directories) {
  const args = [...OPTIONS, `-artifact_prefix=${out}${path.sep}`, ...options, ...directories];
  const { status, signal, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status === 0) return Number(/number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? 0);
  throw new Error(`the fuzz target failed (${signal ?? `status ${status}`}):\n${stderr}`);
}

function emptyDirectory(name) {
  const directory = path.join(out, name);
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory);
  return directory;
}

/** Runs the target from the kept inputs on; what it finds is not kept. */
function fuzz(options) {
  return run(options, [emptyDirectory('passing'), corpus, planted]);
}

function merge() {
  const kept = emptyDirectory('kept');
  run(['-set_cover_merge=1', '-use_counters=0'], [kept, corpus, planted, found]);
  fs.rmSync(corpus, { recursive: true });
  fs.cpSync(kept, corpus, { recursive: true });
  console.log(`fuzz: ${fs.readdirSync(corpus).length} inputs kept`);
}

function search(seconds) {
  const seed = process.env.TEST_SEED ?? 0; // 0: of libFuzzer's choice, which it prints
  console.log(`fuzz: ${fuzz(['-runs=0'])} kept inputs executed`);
  if (seconds === 0) return;
  const options = [`-max_total_time=${seconds}`, `-seed=${seed}`];
  const executions = run(options, [found, corpus, planted]);
  console.log(`fuzz: ${executions.toLocaleString('en')} executions in ${seconds} s`);
}

function main([what = SECONDS]) {
  build();
  if (what === 'merge') merge();
  else search(Number(what));
}

if (require.main === module) main(process.argv.slice(2));

module.exports = { build, fuzz };
