'use strict';

// Runs Mocha tests with an addon that a sanitizer watches, in the Node that is installed:
//   node scripts/test-addon.js asan|tsan [mocha argument ...]
// Without arguments asan runs all tests, tsan those with threads. $CC chooses the compiler.

const { execFileSync, spawnSync } = require('node:child_process');
const path = require('node:path');
const { fixedMappings } = require('./compiler');
const { buildCopy, copyPackage } = require('./variant');

const MODES = {
  asan: {
    flag: '-fsanitize=address,undefined',
    library: 'libasan.so',
    // Node does not free everything at its end, so leaks are left to the C tests.
    options: { ASAN_OPTIONS: 'detect_leaks=0', UBSAN_OPTIONS: 'print_stacktrace=1' },
    tests: ['test/**/*.test.js'],
  },
  tsan: {
    flag: '-fsanitize=thread',
    library: 'libtsan.so',
    // Node is not instrumented: only races in the addon are looked for.
    options: { TSAN_OPTIONS: 'ignore_noninstrumented_modules=1' },
    tests: ['test/threads/**/*.test.js'],
  },
};

const SETUP = 'test/helpers/background-compilation.js';
const COMMON_FLAGS = '-g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all';
const SLOWER = 10; // by how much a sanitizer may slow a test down

function findLibrary(name) {
  const compiler = process.env.CC || 'cc';
  const found = execFileSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  if (!path.isAbsolute(found)) throw new Error(`${compiler} has no ${name}`);
  return found;
}

function runMocha(directory, mode, args) {
  const mocha = require.resolve('mocha/bin/mocha.js');
  const [command, ...rest] = [...fixedMappings(), process.execPath, mocha];
  // The specs of a configuration would be added to those of the arguments.
  const options = ['--no-config', '--fail-zero', '--require', SETUP];
  const timeout = ['--timeout', String(20000 * SLOWER)];
  return spawnSync(command, [...rest, ...options, ...timeout, ...args], {
    cwd: directory,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...mode.options,
      LD_PRELOAD: findLibrary(mode.library),
      TEST_TIMEOUT_MS: String(15000 * SLOWER),
    },
  });
}

function main(modeName, args) {
  const mode = MODES[modeName];
  if (!mode) throw new Error('usage: node scripts/test-addon.js asan|tsan [mocha argument ...]');
  const directory = copyPackage(`addon-${modeName}`);
  const flags = `${COMMON_FLAGS} ${mode.flag}`;
  buildCopy(directory, { env: { CFLAGS: flags, LDFLAGS: mode.flag } });
  const { status, signal } = runMocha(directory, mode, args.length ? args : mode.tests);
  if (signal) throw new Error(`Mocha was ended by ${signal}`);
  return status;
}

try {
  process.exitCode = main(process.argv[2], process.argv.slice(3));
} catch (error) {
  console.error(`test-addon: ${error.message}`);
  process.exitCode = 1;
}
