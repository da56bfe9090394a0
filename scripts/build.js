'use strict';

// Builds the addon into build/Release: all of it, or with `node scripts/build.js build` what changed.
// Where the headers of the running Node are installed beside it, they are used and nothing is
// downloaded; otherwise node-gyp fetches them.

const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

function findNodeGyp() {
  try {
    return require.resolve('node-gyp/bin/node-gyp.js');
  } catch {
    throw new Error('node-gyp is not installed; run "npm install node-gyp" first');
  }
}

function headerOption() {
  if (process.env.npm_config_nodedir) return [];
  const prefix = path.join(path.dirname(process.execPath), '..');
  const header = path.join(prefix, 'include', 'node', 'node_api.h');
  return existsSync(header) ? [`--nodedir=${prefix}`] : [];
}

// Only for the configuration, which a later "build" keeps; that would pass it on to make. The tests
// are not published, so where they are, this is a checkout.
function strictOption(command) {
  const isCheckout = existsSync(path.join(root, 'test'));
  return isCheckout && command === 'rebuild' ? ['--', '-Dstrict=1'] : [];
}

function build(command = 'rebuild') {
  const options = ['--release', '--loglevel=warn', '--jobs=max', ...headerOption(), ...strictOption(command)];
  const args = [findNodeGyp(), command, ...options];
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    throw new Error(
      'node-gyp failed, see above; it needs a C and C++ compiler, make and Python 3 ' +
        '(on Windows: Visual Studio 2022 17.5 or later with the C++ workload)'
    );
  }
}

try {
  build(process.argv[2]);
} catch (error) {
  console.error(`threadheap: the addon was not built: ${error.message}`);
  process.exitCode = 1;
}
