'use strict';

// A call that waits for another thread: until a deadline, or until an AbortSignal says so.

const { checkObject, checkOptions, rangeError, typeError, withCode } = require('./errors');

// A thread that dies tells nobody, so a wait looks again after this time, whether it was woken or
// not.
const SLICE_MS = 20;
const OPTIONS = ['timeout', 'signal'];

function checkTimeout(timeout) {
  if (typeof timeout !== 'number') throw typeError('options.timeout', 'a number', timeout);
  if (!(timeout >= 0)) throw rangeError('options.timeout', 'at least 0', timeout);
  return timeout;
}

function checkSignal(signal) {
  checkObject('options.signal', signal, 'an AbortSignal');
  if (!('aborted' in signal)) throw typeError('options.signal', 'an AbortSignal', signal);
  return signal;
}

// As Node.js makes it.
function abortError({ reason }) {
  const error = new Error('The operation was aborted', { cause: reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
}

function deferred() {
  let resolve;
  const promise = new Promise((resolver) => (resolve = resolver));
  return { promise, resolve };
}

class Wait {
  #what;
  #timeout;
  #deadline;
  #signal;
  #check;
  #woken; // what the last sleep was for
  #wake; // ends the present one

  // `what` is waited for, in words; check() throws when there is no use in that any more.
  constructor(what, options, check) {
    const { timeout = Infinity, signal } = checkOptions('options', options, OPTIONS);
    this.#what = what;
    this.#timeout = checkTimeout(timeout);
    this.#deadline = performance.now() + timeout;
    if (signal !== undefined) this.#signal = checkSignal(signal);
    this.#check = check;
    this.#throwIfAborted();
  }

  // Until `woken` is fulfilled or a slice is over, whichever comes first. The caller then looks again
  // and comes back, or not. The timer keeps the thread alive meanwhile, which the rest would not.
  async sleep(woken) {
    this.#check();
    this.#throwIfAborted();
    const left = this.#deadline - performance.now();
    if (left <= 0) throw this.#timeoutError();
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(left, SLICE_MS));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#listen(woken);
    });
  }

  // Until a promise is fulfilled.
  async until(promise) {
    let isOver = false;
    const over = promise.then(() => (isOver = true));
    while (!isOver) await this.sleep(over);
  }

  // Once for each promise: it may be pending for many slices, and would keep what listens to it.
  #listen(woken) {
    if (woken === this.#woken) return;
    this.#woken = woken;
    woken.then(() => this.#woken === woken && this.#wake());
  }

  #throwIfAborted() {
    if (this.#signal?.aborted) throw abortError(this.#signal);
  }

  #timeoutError() {
    return withCode(
      new Error(`waited ${this.#timeout} ms in vain for ${this.#what}`),
      'ERR_TH_TIMEOUT'
    );
  }
}

// Until the word is something else than `seen`, or a slice is over.
function changed(words, index, seen) {
  return Promise.resolve(Atomics.waitAsync(words, index, seen, SLICE_MS).value);
}

function wake(words, index) {
  Atomics.add(words, index, 1);
  Atomics.notify(words, index);
}

module.exports = { Wait, changed, deferred, wake };
