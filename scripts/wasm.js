'use strict';

// Compiles src/wasm to lib/map-reader.wasm, which is committed, since who installs the package has
// no compiler for it:
//   node scripts/wasm.js           makes it
//   node scripts/wasm.js --check   fails if it is not what the sources make

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { CORE_FLAGS } = require('./compiler');

const root = path.join(__dirname, '..');
const made = path.join(root, 'lib', 'map-reader.wasm');
// Another version makes other code of the same sources. Of Debian 12.
const CLANG = 14;

const FLAGS = [
  ...CORE_FLAGS.filter((flag) => flag !== '-g' && flag !== '-Wmissing-prototypes'),
  '--target=wasm32',
  '-O2',
  '-ffreestanding',
  '-matomics', // without them nothing can import a shared memory
  '-mbulk-memory', // which the linker wants with those
  '-fno-delete-null-pointer-checks', // the image is at 0
  '-Isrc/wasm',
  '-Isrc',
];
const LINK = ['--no-entry', '--import-memory', '--shared-memory', '--max-memory=4294967296',
  '--strip-all', '-zstack-size=0'];

function clang(args) {
  const { error, status, stdout, stderr } = spawnSync(`clang-${CLANG}`, args, {
    cwd: root,
    encoding: 'utf8',
  });
  if (error) throw new Error(`clang-${CLANG} is missing (Debian: clang-${CLANG} and lld-${CLANG})`);
  if (status !== 0) throw new Error(`lib/map-reader.wasm was not built:\n${stderr}`);
  return stdout;
}

function compile(file) {
  const link = LINK.map((option) => `-Wl,${option}`);
  clang([...FLAGS, '-nostdlib', ...link, '-o', file, 'src/wasm/map_reader.c']);
  new WebAssembly.Module(fs.readFileSync(file)); // throws if it is not valid
}

function check() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'threadheap-'));
  try {
    const file = path.join(directory, 'map-reader.wasm');
    compile(file);
    if (!fs.readFileSync(file).equals(fs.readFileSync(made))) {
      throw new Error('lib/map-reader.wasm is not what src/wasm makes: run `npm run wasm`');
    }
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

try {
  if (process.argv[2] === '--check') check();
  else compile(made);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
