'use strict';

const { isDeepStrictEqual } = require('node:util');

const ROUND_NS = 20e6; // a round repeats what takes less
const MAX_REPEATS = 200;

// The same function, of which the engine knows nothing yet.
function clone(loop) {
  return new Function(`return ${loop}`)();
}

function check(what, result, expected) {
  if (isDeepStrictEqual(result, expected)) return;
  throw new Error(`wrong ${what}: ${result} instead of ${expected}`);
}

function now() {
  return Number(process.hrtime.bigint());
}

// One competitor in one trial: its containers, its loops, its times.
class Contestant {
  #noun;
  #module;
  #trial;
  #loops = new Map();
  #kept;
  #expected;
  #pass = Infinity; // nanoseconds of the last one

  // What it measured: nanoseconds per operation, of a round each.
  times = [];

  constructor(driver, module, trial, data) {
    this.#noun = driver[trial.noun];
    this.#module = module;
    this.#trial = trial;
    const most = driver.slow?.[`${trial.noun}.${trial.operation}`] ?? Infinity;
    this.data = { ...data, count: Math.min(data.count, most) };
  }

  get repeats() {
    return Math.max(1, Math.min(MAX_REPEATS, Math.floor(ROUND_NS / this.#pass)));
  }

  // The first of short passes is not timed: the garbage collection before it has taken the caches of
  // the processor, which would count most for who is timed over the fewest passes.
  round() {
    const isFirst = this.times.length === 0;
    if (isFirst || this.#pass < ROUND_NS) this.#pass = this.#once(isFirst);
    const { repeats } = this;
    let ns = 0;
    for (let i = 0; i < repeats; i++) ns += this.#once(i === 0);
    this.#pass = ns / repeats;
    this.times.push(this.#pass / this.data.count);
  }

  end() {
    if (this.#kept !== undefined) this.#dispose(this.#kept);
    this.#kept = undefined;
  }

  #once(isFirst) {
    const { operation, before, expect, verify } = this.#trial;
    const { data } = this;
    const container = this.#container();
    data.refresh?.(data);
    const expected = expect && this.#expect();
    if (before) this.#loop(before)(container, data);
    const loop = this.#loop(operation);
    const start = now();
    const result = loop(container, data);
    const ns = now() - start;
    if (expect) check('result', result, expected);
    if (isFirst && verify) this.#verify(container, verify);
    if (container !== this.#kept) this.#dispose(container);
    return ns;
  }

  // Once, unless the data change: what it takes would be gone through between any two passes, and
  // leave the caches of the processor without what is measured.
  #expect() {
    if (this.#expected === undefined || this.data.refresh) {
      this.#expected = this.#trial.expect(this.data);
    }
    return this.#expected;
  }

  // By what can be read afterwards.
  #verify(container, { operation, expect }) {
    check('content', this.#loop(operation)(container, this.data), expect(this.data));
  }

  // `start` of a trial: 'empty' and 'filled' are of a new container each time, 'kept' is one that
  // is filled once.
  #container() {
    const { start, fill } = this.#trial;
    if (start === 'kept' && this.#kept !== undefined) return this.#kept;
    const { data } = this;
    const container = this.#noun.create(this.#module, data);
    this.#checkMethod(container);
    if (fill && start !== 'empty') this.#loop(fill)(container, { ...data, count: data.size });
    if (start === 'kept') this.#kept = container;
    return container;
  }

  #checkMethod(container) {
    const { method } = this.#trial;
    const object = this.#noun.methodsOf?.(container);
    if (object && method && typeof object[method] !== 'function') {
      throw Object.assign(new Error(`there is no ${method} in this version`), { isMissing: true });
    }
  }

  #loop(operation) {
    if (!this.#loops.has(operation)) this.#loops.set(operation, clone(this.#noun[operation]));
    return this.#loops.get(operation);
  }

  #dispose(container) {
    this.#noun.dispose?.(container);
  }
}

module.exports = { Contestant, clone, now };
