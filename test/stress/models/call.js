'use strict';

/**
 * A call, as the tables of the classes describe it:
 *
 * run(handle, args, { attempt, reopen })
 *   Makes the call on a handle, of the heap or of the model, and returns what there is to compare;
 *   left out, it is the method of that name. `attempt(call)` is for what may find the heap full,
 *   and returns FULL then. `reopen(options)` makes another handle of the same thing.
 * args        Arbitraries of the arguments. One with a method `resolve` becomes what that makes of
 *             the model, on both sides.
 * fills       Whether the method of that name may find the heap full.
 * judge(model, returned, args)
 *   For what is not the same on both sides: fails unless the model allows what the heap returned,
 *   and does the same to the model.
 * when(model) Whether the call makes sense now.
 * worksFreed  Whether it also works on what was freed.
 * weight      How often it is made, 4 if left out.
 */

const assert = require('node:assert/strict');
const { CODES } = require('../../helpers/check');

// What `attempt` returns when the heap is full.
const FULL = Symbol('full');

const CALLBACK_ERROR = 'CALLBACK_ERROR'; // code of what a callback throws

function resolve(arg, model) {
  if (Array.isArray(arg)) return arg.map((one) => resolve(one, model));
  return typeof arg?.resolve === 'function' ? arg.resolve(model) : arg;
}

// What a call comes to: { returned } or { thrown: code }.
function outcomeOf(call) {
  try {
    return { returned: call() };
  } catch (error) {
    if (!(error?.code in CODES) && error?.code !== CALLBACK_ERROR) throw error;
    return { thrown: error.code };
  }
}

// As outcomeOf; the error has to be of the class that goes with its code.
function outcomeOfHeap(call) {
  return outcomeOf(() => {
    try {
      return call();
    } catch (error) {
      const Class = CODES[error?.code];
      if (Class) assert.equal(error.constructor, Class, `the class of ${error.code}`);
      throw error;
    }
  });
}

module.exports = { CALLBACK_ERROR, FULL, outcomeOf, outcomeOfHeap, resolve };
