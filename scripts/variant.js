'use strict';

// Copies of the package in build/, to be compiled and tested in another way than the package itself.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const PARTS = ['binding.gyp', 'examples', 'index.d.mts', 'index.d.ts', 'lib', 'package.json'];
const SOURCES = ['bench', 'scripts', 'src', 'test'];

const isNotInstalled = (source) => path.basename(source) !== 'node_modules';

/**
 * Makes build/<name> a fresh copy of the package with its tests; returns its directory. Packages it
 * requires are found where Node looks for them, in the directories above.
 */
function copyPackage(name) {
  const directory = path.join(root, 'build', name);
  fs.rmSync(directory, { recursive: true, force: true });
  for (const part of [...PARTS, ...SOURCES]) {
    const copy = path.join(directory, part);
    fs.cpSync(path.join(root, part), copy, { recursive: true, filter: isNotInstalled });
  }
  return directory;
}

/** Compiles the addon of a copy; with `again`, only what changed since. Throws if that fails. */
function buildCopy(directory, { env = {}, again = false } = {}) {
  const args = ['scripts/build.js', ...(again ? ['build'] : [])];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: directory,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the addon in ${directory} was not built:\n${stdout}${stderr}`);
}

module.exports = { buildCopy, copyPackage };
