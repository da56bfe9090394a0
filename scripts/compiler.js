'use strict';

// What compiling and running the core without Node has in common.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

// The language and the warnings are those of the core in binding.gyp.
const CORE_FLAGS = [
  '-std=c11',
  '-g',
  '-Wall',
  '-Wextra',
  '-Wshadow',
  '-Wstrict-prototypes',
  '-Wmissing-prototypes',
  '-Werror',
];

/** The C files of one of the package's directories, by their paths in the package. */
function sourcesIn(directory) {
  const names = fs.readdirSync(path.join(root, directory)).filter((name) => name.endsWith('.c'));
  return names.map((name) => `${directory}/${name}`);
}

/** What a program under ThreadSanitizer, which cannot start where the kernel scatters mappings too
 * widely, is to be started with. */
function fixedMappings() {
  return spawnSync('setarch', ['-R', 'true']).status === 0 ? ['setarch', '-R'] : [];
}

module.exports = { CORE_FLAGS, fixedMappings, sourcesIn };
