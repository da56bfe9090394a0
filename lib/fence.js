'use strict';

// The order in which V8 loads from typed arrays: that of the program, but a load whose value is used
// later it may make later. What the processor makes of it is another matter (map-reader.js).

// A WebAssembly module that exports a function, f: an empty loop, which is over at once. Later
// versions put small functions into the code that calls them, and then nothing would be left of one
// that does nothing; one with a loop they call. test/fence.test.js tells whether they do.
const LOOP = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0,
  10, 7, 1, 5, 0, 3, 0x40, 0x0b, 0x0b];
const TESTED_UP_TO = 14; // V8's major version

function makeFence() {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(LOOP))).exports.f;
  } catch {
    return undefined; // there is no WebAssembly here, or no code may be made of it
  }
}

// V8 moves no load over a call that it does not look into, and this one takes a third of the time of
// Atomics.load.
function byCall(fence) {
  return (words, at) => {
    fence();
    return words[at];
  };
}

function byAtomics() {
  return (words, at) => Atomics.load(words, at);
}

const fence = parseInt(process.versions.v8, 10) <= TESTED_UP_TO ? makeFence() : undefined;

// A word of an Int32Array, loaded after all that is loaded before it in the program.
const loadLast = fence ? byCall(fence) : byAtomics();

module.exports = { byAtomics, loadLast };
