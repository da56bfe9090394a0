'use strict';

// Compiles the core and its C tests without Node and runs them:
//   node scripts/test-core.js plain|asan|tsan|schedules [noun ...]
// A noun names one program: "list" is test/core/test_list.c. $CC chooses the compiler.
// "schedules" are programs of test/schedules, on simulated threads and memory.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { CORE_FLAGS, fixedMappings, sourcesIn } = require('./compiler');

const MODES = {
  plain: { flags: ['-O2'], timeout: 120 },
  asan: {
    flags: [
      '-O1',
      '-fsanitize=address,undefined',
      '-fno-sanitize-recover=all',
      '-fno-omit-frame-pointer',
    ],
    timeout: 300,
  },
  tsan: { flags: ['-O1', '-fsanitize=thread', '-fno-omit-frame-pointer'], timeout: 300 },
  schedules: {
    flags: [
      '-O2',
      '-D_DEFAULT_SOURCE',
      '-D_POSIX_C_SOURCE=200809L', // set before what -include includes
      '-Itest/core',
      '-include',
      'test/schedules/atomic.h',
    ],
    timeout: 900,
    directory: 'test/schedules',
    sources: ['test/schedules/simulator.c'],
  },
};

const FLAGS = [...CORE_FLAGS, '-pthread', '-Isrc'];

// The core's allocations go through test/core/inject.c, which can make them fail.
const NATIVE = ['malloc', 'calloc', 'realloc', 'free'];
const IMAGE = ['th_alloc', 'th__alloc_control'];
const ALLOCATOR = 'src/core/alloc.c';

const [modeName, ...nouns] = process.argv.slice(2);
const mode = MODES[modeName];
const compiler = process.env.CC || 'cc';
const out = path.join('build', `core-${modeName}`);
const directory = mode?.directory ?? 'test/core';

process.chdir(path.join(__dirname, '..'));

/** Runs a command to its end and collects what it prints. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ output: `${error.message}\n`, end: error.message }));
    child.on('close', (code, signal) => {
      resolve({ output, end: signal ? `killed by ${signal}` : code && `exit code ${code}` });
    });
  });
}

/** Calls work(item) for each item, one per processor at a time; the results are in order. */
async function inParallel(items, work) {
  const results = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  return results;
}

/** Compiles or links; returns whether it worked. */
async function compile(args) {
  const { output, end } = await run(compiler, [...FLAGS, ...mode.flags, ...args]);
  process.stdout.write(output);
  return !end;
}

function objectOf(source) {
  return path.join(out, `${source.replace(/[/\\]/g, '-')}.o`);
}

function injection(source) {
  if (!source.startsWith('src/core/')) return [];
  const names = source === ALLOCATOR ? NATIVE : [...NATIVE, ...IMAGE];
  return names.map((name) => `-D${name}=inject_${name}`);
}

function compileAll(sources) {
  return inParallel(sources, (source) =>
    compile(['-c', source, ...injection(source), '-o', objectOf(source)])
  );
}

function findTests() {
  const all = fs.readdirSync(directory).filter((name) => /^test_\w+\.c$/.test(name));
  const wanted = nouns.map((noun) => `test_${noun}.c`);
  const missing = wanted.find((name) => !all.includes(name));
  if (missing) throw new Error(`there is no ${directory}/${missing}`);
  return (nouns.length ? wanted : all).map((name) => `${directory}/${name}`);
}

/** Runs one test program; the harness ends it at the time-out, this process a little later. */
async function runTest(program) {
  const [command, ...args] = [...(modeName === 'tsan' ? fixedMappings() : []), program];
  const { output, end } = await run(command, args, {
    timeout: (mode.timeout + 10) * 1000,
    killSignal: 'SIGKILL',
    env: {
      ASAN_OPTIONS: 'exitcode=66',
      UBSAN_OPTIONS: 'exitcode=66,print_stacktrace=1',
      TSAN_OPTIONS: 'exitcode=66',
      ...process.env,
      TEST_TIMEOUT: String(mode.timeout),
    },
  });
  process.stdout.write(output);
  const passed = (output.match(/^ok /gm) || []).length;
  const failed = (output.match(/^FAIL /gm) || []).length;
  const cleanEnd = failed ? end === 'exit code 1' : !end && passed > 0;
  if (cleanEnd) return { passed, failed };
  console.log(`FAIL ${path.basename(program)}: ${end || 'no test ran'}`);
  return { passed, failed: failed + 1 };
}

/** Links and runs one test file's program. */
async function linkAndRun(source, objects) {
  const program = path.join(out, path.basename(source, '.c'));
  console.log(`# ${path.basename(program)}`);
  if (await compile([objectOf(source), ...objects, '-o', program])) return runTest(program);
  console.log(`FAIL ${path.basename(program)}: does not link`);
  return { passed: 0, failed: 1 };
}

async function main() {
  if (!mode) throw new Error(`usage: node scripts/test-core.js ${Object.keys(MODES).join('|')} [noun ...]`);
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });

  const common = [
    ...sourcesIn('src/core'),
    'test/core/harness.c',
    'test/core/inject.c',
    ...(mode.sources ?? []),
  ];
  const tests = findTests();
  if (tests.length === 0) throw new Error(`there are no test programs in ${directory}`);
  const compiled = await compileAll([...common, ...tests]);
  if (compiled.includes(false)) throw new Error('compilation failed');

  const total = { passed: 0, failed: 0 };
  for (const source of tests) {
    const { passed, failed } = await linkAndRun(source, common.map(objectOf));
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

main()
  .catch((error) => {
    console.log(`FAIL test-core: ${error.message}`);
    return { passed: 0, failed: 1 };
  })
  .then(({ passed, failed }) => {
    console.log(`core ${modeName}: ${passed} passed, ${failed} failed`);
    process.exitCode = failed ? 1 : 0;
  });
