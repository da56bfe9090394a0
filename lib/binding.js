'use strict';

// Finds the addon: a prebuilt one for this platform, or the one that was built here.

const { existsSync } = require('node:fs');
const path = require('node:path');

function libc() {
  if (process.platform !== 'linux') return '';
  return process.report?.getReport?.().header.glibcVersionRuntime ? '' : '-musl';
}

function load() {
  const name = `${process.platform}-${process.arch}`;
  const built = path.join(__dirname, '..', 'build', 'Release', 'threadheap.node');
  if (existsSync(built)) return require(built);
  const prebuilt = path.join(__dirname, '..', 'prebuilds', `${name}${libc()}.node`);
  if (existsSync(prebuilt)) return require(prebuilt);
  const error = new Error(
    `threadheap has no prebuilt addon for ${name}${libc()}; build it with ` +
      '"npm explore threadheap -- npm run build" (needs node-gyp, a C compiler and Python)'
  );
  error.code = 'ERR_TH_NO_ADDON';
  throw error;
}

module.exports = load();
