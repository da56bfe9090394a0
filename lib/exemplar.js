'use strict';

// V8 holds hidden classes weakly: when a garbage collection finds no object of one, all code that
// was optimised for it is thrown away, and the next loop begins in the interpreter, at several times
// the time for each step. So an object of each class that loops make, or run on, is kept alive.

const kept = [];

function keepAlive(...exemplars) {
  kept.push(...exemplars);
}

module.exports = { keepAlive };
