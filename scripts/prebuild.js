'use strict';

// Puts the addon that was built here where the published package looks for one of this platform.
// Run it on every platform to publish for, then pack.

const { copyFileSync, mkdirSync } = require('node:fs');
const path = require('node:path');
const { builtPath, prebuiltPath } = require('../lib/binding-path');

mkdirSync(path.dirname(prebuiltPath), { recursive: true });
copyFileSync(builtPath, prebuiltPath);
console.log(`threadheap: ${path.relative(process.cwd(), prebuiltPath)}`);
