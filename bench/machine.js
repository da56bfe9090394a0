'use strict';

const os = require('node:os');

// What a reader has to know of where the figures are from.
function machine() {
  return {
    cores: os.availableParallelism(),
    architecture: process.arch,
    system: process.platform,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    load: os.loadavg()[0], // by other programs, if this is asked before the first trial
  };
}

module.exports = { machine };
