'use strict';

// One thread's part in concurrent histories. All threads begin each history at nearly the same
// instant, and the first looks at the container at the end, when nobody else uses it.

const { availableParallelism } = require('node:os');
const { Random } = require('../../helpers/random');
const { subjectOf } = require('./subjects');
const { textOf } = require('./words');

// Words that the threads share.
const TIME = 0;
const ARRIVED = 8; // in a cache line of its own

const SPINS_MIN = 2000;
const SPINS_MAX = 20000;
const PROCESSORS = availableParallelism();

const PAUSES = [0, 0, 0, 0, 3, 30, 300];

// ---- time ----

// The clock is a word that each end of an operation advances: one that reads it to be as late as
// another's end began after that.
const now = (clock) => Atomics.load(clock, TIME);
const advance = (clock) => Atomics.add(clock, TIME, 1) + 1;

function pause(clock, steps) {
  for (let i = 0; i < steps; i++) Atomics.load(clock, TIME);
}

// All threads wait here for the last. They spin, so that they go on at the same instant; those that
// find no end, or keep others from a processor, sleep.
function meet(clock, threads) {
  const limit = threads > PROCESSORS ? SPINS_MIN : SPINS_MAX;
  const arrived = Atomics.add(clock, ARRIVED, 1) + 1;
  const all = Math.ceil(arrived / threads) * threads;
  if (arrived === all) Atomics.notify(clock, ARRIVED);
  for (let spins = 0; ; spins++) {
    const count = Atomics.load(clock, ARRIVED);
    if (count >= all) return;
    if (spins > limit) Atomics.wait(clock, ARRIVED, count, 1);
  }
}

// ---- the run ----

function attempt(call, container, args, memory) {
  try {
    return call(container, args, memory);
  } catch (error) {
    if (error.code === undefined) throw error;
    return { error: error.code };
  }
}

function perform(container, subject, plan, { clock, thread, memory }) {
  const operations = plan.map(({ call, args }) => ({
    thread,
    call,
    args,
    result: undefined,
    start: 0,
    end: 0,
  }));
  for (let i = 0; i < operations.length; i++) {
    const operation = operations[i];
    const call = subject.calls[operation.call];
    pause(clock, plan[i].pause);
    operation.start = now(clock);
    operation.result = attempt(call, container, operation.args, memory);
    operation.end = advance(clock);
  }
  for (const operation of operations) {
    operation.args = operation.args.map(textOf);
    operation.result = textOf(operation.result);
  }
  return operations;
}

// What a thread does in a history. Whatever is written is written once: `valueOf(thread, i)` is the
// number of the value that operation i of a thread writes in this history.
function makePlan(subject, random, { id, threads, length, history, isFirst }) {
  const valueOf = (thread, i) => (history * threads + thread) * length + i + 1;
  const anyValue = () => valueOf(random.below(threads), random.below(length));
  return Array.from({ length }, (_, i) => {
    const context = { id, i, isFirst, value: valueOf(id, i), anyValue };
    return { ...subject.plan(random, context), pause: random.pick(PAUSES) };
  });
}

/**
 * Takes part as thread `id` in the histories of each container, of `length` operations a thread.
 * Returns its operations, by history.
 */
function record(heap, { name, descriptors, ...args }) {
  const { length, threads, id, start } = args;
  const clock = new Int32Array(args.clock);
  const subject = subjectOf(name);
  const log = [];
  for (const descriptor of descriptors) {
    const container = new subject.Class(heap, descriptor);
    const memory = subject.prepare?.(heap, descriptor) ?? {};
    for (let i = 0; i < subject.each; i++) {
      const history = log.length;
      const random = new Random(start + Math.imul(history * threads + id, 0x9e3779b1));
      const plan = makePlan(subject, random, { id, threads, length, history, isFirst: i === 0 });
      const run = (what) => perform(container, subject, what, { clock, thread: id, memory });
      meet(clock, threads);
      const operations = run(plan);
      meet(clock, threads);
      log.push(id === 0 ? [...operations, ...run(subject.look)] : operations);
    }
  }
  return log;
}

module.exports = { record };
