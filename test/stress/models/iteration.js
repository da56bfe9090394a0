'use strict';

// Iterations in a test: things done while one runs, and one that goes on from command to command.

const fc = require('fast-check');
const { resolve } = require('./call');

// A call in the body of a loop, at one of its steps.
class Action {
  constructor(step, name, args) {
    this.step = step;
    this.name = name;
    this.args = args;
  }

  resolve(model) {
    return new Action(this.step, this.name, resolve(this.args, model));
  }

  toString() {
    return `step ${this.step}: ${this.name}(${this.args.map(fc.stringify).join(', ')})`;
  }
}

// Mostly near the start; some beyond what is read ahead.
const step = fc.oneof(
  { weight: 5, arbitrary: fc.nat(6) },
  { weight: 1, arbitrary: fc.nat(300) }
);

// Some actions; the table has the arguments of each.
function actionsOf(table) {
  const each = Object.entries(table).map(([name, args]) =>
    fc.tuple(step, fc.tuple(...args)).map(([at, given]) => new Action(at, name, given))
  );
  return fc.array(fc.oneof(...each), { maxLength: 5 });
}

/**
 * Runs a loop over `iterable`; at each step calls `look(item)` and then `act(item, action)` for the
 * actions of that step. Returns for each step what was seen and what the actions returned.
 */
function loop(iterable, actions, look, act) {
  const steps = [];
  for (const item of iterable) {
    const seen = look(item);
    const now = actions.filter((action) => action.step === steps.length);
    steps.push({ seen, results: now.map((action) => act(item, action)) });
    if (now.some(({ name }) => name === 'stop')) break;
  }
  return steps;
}

const iterators = new WeakMap();

// The next item of an iteration that is kept for the handle; undefined at the end.
function nextOf(handle) {
  const iterator = iterators.get(handle) ?? handle[Symbol.iterator]();
  iterators.delete(handle); // one that throws is over
  const { value, done } = iterator.next();
  if (!done) iterators.set(handle, iterator);
  return value;
}

module.exports = { actionsOf, loop, nextOf };
