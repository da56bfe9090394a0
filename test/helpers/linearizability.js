'use strict';

// Tells whether a concurrent history is linearizable: whether its operations, each put at one
// moment between its start and its end, give what a sequential model gives. The search is that of
// Wing and Gong, with Lowe's memory of the configurations that led nowhere.
//
// A history is { initial, operations }: a state of the model, and operations
// { thread, call, args, result, start, end } with times of one clock. An operation whose end is not
// after another's start was over before it. One without an end is pending: it may have happened, at
// any moment after its start, or not, and its result says nothing.
//
// A model is { apply, reads, split }: apply(state, operation) returns { state, result } and changes
// nothing; states are plain data, results primitives. `reads` has the calls that never change the
// state. split(history), where there is one, returns histories of parts that are independent.

const isPending = (operation) => operation.end === undefined;
const endOf = (operation) => operation.end ?? Infinity;

class Search {
  #apply;
  #operations; // by start
  #isTaken;
  #first = 0; // all before it are taken
  #order = []; // those taken, as indices
  #left; // how many have an end and are not taken
  #deadEnds = new Set();
  deepest = { order: [] }; // the longest order that fits, when no whole one does

  constructor({ operations }, { apply }) {
    this.#apply = apply;
    this.#operations = [...operations].sort((a, b) => a.start - b.start);
    this.#isTaken = this.#operations.map(() => false);
    this.#left = operations.filter((operation) => !isPending(operation)).length;
  }

  // Whether what is left fits, in some order, from that state on.
  fits(state) {
    if (this.#left === 0) return true;
    const configuration = this.#describe(state);
    if (this.#deadEnds.has(configuration)) return false;
    const candidates = this.#candidates();
    for (const index of candidates) {
      const operation = this.#operations[index];
      const next = this.#apply(state, operation);
      if (!isPending(operation) && next.result !== operation.result) continue;
      this.#take(index);
      if (this.fits(next.state)) return true;
      this.#giveBack();
    }
    this.#deadEnds.add(configuration);
    this.#noteDeepest(state, candidates);
    return false;
  }

  // What can be next: nothing else that is left was over when it began.
  #candidates() {
    const found = [];
    let earliestEnd = Infinity;
    for (let i = this.#first; i < this.#operations.length; i++) {
      const operation = this.#operations[i];
      if (operation.start >= earliestEnd) break;
      if (this.#isTaken[i]) continue;
      found.push(i);
      earliestEnd = Math.min(earliestEnd, endOf(operation));
    }
    return found;
  }

  #take(index) {
    this.#isTaken[index] = true;
    this.#order.push(index);
    while (this.#isTaken[this.#first]) this.#first++;
    if (!isPending(this.#operations[index])) this.#left--;
  }

  #giveBack() {
    const index = this.#order.pop();
    this.#isTaken[index] = false;
    this.#first = Math.min(this.#first, index);
    if (!isPending(this.#operations[index])) this.#left++;
  }

  // The first that is left and the taken ones behind it, which began before its end.
  #describe(state) {
    const ahead = [];
    const end = endOf(this.#operations[this.#first]);
    for (let i = this.#first + 1; this.#operations[i]?.start < end; i++) {
      if (this.#isTaken[i]) ahead.push(i);
    }
    return JSON.stringify([this.#first, ahead, state]);
  }

  #noteDeepest(state, candidates) {
    if (this.deepest.state !== undefined && this.#order.length <= this.deepest.order.length) return;
    const at = (index) => this.#operations[index];
    this.deepest = { order: this.#order.map(at), state, candidates: candidates.map(at) };
  }
}

function fits(history, model) {
  return new Search(history, model).fits(history.initial);
}

function parts(history, model) {
  return model.split ? model.split(history) : [history];
}

function isLinearizable(history, model) {
  return parts(history, model).every((part) => fits(part, model));
}

// ---- the report ----

// The history as it was known at a time.
function until({ initial, operations }, time) {
  const begun = operations.filter(({ start }) => start < time);
  const known = begun.map((operation) =>
    endOf(operation) <= time ? operation : { ...operation, result: undefined, end: undefined }
  );
  return { initial, operations: known };
}

function without({ initial, operations }, operation) {
  return { initial, operations: operations.filter((other) => other !== operation) };
}

// The end after which a history, that is not linearizable, is not any more. What comes later never
// makes it so again.
function firstWrongEnd(history, model) {
  const ends = history.operations.map(endOf).sort((a, b) => a - b);
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(until(history, ends[middle]), model)) low = middle + 1;
    else high = middle;
  }
  return ends[low];
}

// The beginning of a history up to the first result that cannot be, without the reads that have no
// part in it. (A write cannot be left out: what remained might be wrong only for want of it.)
function minimize(history, model) {
  let least = until(history, firstWrongEnd(history, model));
  for (const operation of least.operations) {
    if (!model.reads.includes(operation.call)) continue;
    const less = without(least, operation);
    if (!fits(less, model)) least = less;
  }
  return least;
}

function show(operation) {
  const { call, args, result } = operation;
  return `${call}(${args.join(', ')}) ${isPending(operation) ? '...' : `-> ${result}`}`;
}

const showThread = (operation) => `thread ${operation.thread}: ${show(operation)}`;

// One row for each operation, one column for each thread.
function lanes(operations) {
  const threads = [...new Set(operations.map(({ thread }) => thread))].sort((a, b) => a - b);
  const own = (thread) => operations.filter((operation) => operation.thread === thread).map(show);
  const widths = threads.map((thread) => Math.max(...own(thread).map(({ length }) => length), 8));
  const row = (time, cells) =>
    [time.padEnd(12), ...cells.map((cell, i) => cell.padEnd(widths[i]))].join('  ').trimEnd();
  const head = row('time', threads.map((thread) => `thread ${thread}`));
  const rows = [...operations]
    .sort((a, b) => a.start - b.start)
    .map((operation) => {
      const cells = threads.map((thread) => (thread === operation.thread ? show(operation) : ''));
      return row(`${operation.start} to ${operation.end ?? ''}`, cells);
    });
  return [head, ...rows];
}

// Says why a history is not linearizable.
function explain(history, model) {
  const wrong = parts(history, model).find((part) => !fits(part, model));
  const least = minimize(wrong, model);
  const search = new Search(least, model);
  search.fits(least.initial);
  const { order, state, candidates } = search.deepest;
  const misfits = candidates
    .filter((operation) => !isPending(operation))
    .map((operation) => `${showThread(operation)}, not ${model.apply(state, operation).result}`);
  return [
    `not linearizable, from the state ${JSON.stringify(least.initial)}:`,
    ...lanes(least.operations),
    'the longest order that fits:',
    ...order.map(showThread),
    `leaves the state ${JSON.stringify(state)}, where these do not fit:`,
    ...misfits,
  ].join('\n  ');
}

// Throws the report of a history that is not linearizable.
function assertLinearizable(history, model) {
  if (!isLinearizable(history, model)) throw new Error(explain(history, model));
}

module.exports = { assertLinearizable, explain, isLinearizable };
