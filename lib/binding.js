'use strict';

// Loads the addon. One that was built from source comes first: it was built for a reason.

const { existsSync } = require('node:fs');
const { builtPath, platform, prebuiltPath } = require('./binding-path');
const { withCode } = require('./errors');

function load() {
  const path = [builtPath, prebuiltPath].find(existsSync);
  if (path) return require(path);
  throw withCode(
    new Error(
      `threadheap has no prebuilt addon for ${platform}; build it with ` +
        '"npm explore threadheap -- npm run build" (needs node-gyp, a C compiler and Python)'
    ),
    'ERR_TH_NO_ADDON'
  );
}

// These are so many that V8 keeps them in a dictionary, and a call by way of `native.mapGet` takes
// twice as long as one of a constant: what is called often is taken out of here once.
module.exports = load();
