'use strict';

// Where the addon can be: built from source in this package, or shipped with it.

const { existsSync } = require('node:fs');
const path = require('node:path');

function libc() {
  return existsSync('/etc/alpine-release') ? '-musl' : '';
}

const root = path.join(__dirname, '..');
const platform = `${process.platform}-${process.arch}${libc()}`;

module.exports = {
  platform,
  builtPath: path.join(root, 'build', 'Release', 'threadheap.node'),
  prebuiltPath: path.join(root, 'prebuilds', `${platform}.node`),
};
