'use strict';

// Node.js 20 aborts now and then when a thread ends while V8 compiles code of its in the background:
// it has taken the isolate from its platform by then, where V8 looks for it ("Assertion failed:
// (data.first) != nullptr" in node_platform.cc). Our tests end thousands of threads, so V8 compiles in
// the threads themselves there. Any program can meet this, with addons or without; Node.js 22 is the
// first that does not abort.

const { setFlagsFromString } = require('node:v8');

if (parseInt(process.versions.node) < 22) setFlagsFromString('--no-concurrent-recompilation');
