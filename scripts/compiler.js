'use strict';

// What compiling and running the core without Node has in common.

const { spawnSync } = require('node:child_process');

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

/** What a program under ThreadSanitizer, which cannot start where the kernel scatters mappings too
 * widely, is to be started with. */
function fixedMappings() {
  return spawnSync('setarch', ['-R', 'true']).status === 0 ? ['setarch', '-R'] : [];
}

module.exports = { CORE_FLAGS, fixedMappings };
