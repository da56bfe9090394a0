'use strict';

// Faults of locks and of lists of pointers that the tests with threads have to find.

const { fault, tests: testsOf } = require('./plant');

const tests = (noun, title) => ({
  ...testsOf([`threads/${noun}`], title),
  env: { TEST_TIMEOUT_MS: '8000' },
});

describe('the tests of locks find that', () => {
  fault('a thread that ends is not remembered', {
    ...tests('lock', 'can be taken over'),
    file: 'src/binding/addon.c',
    find: '  if (js->is_named) th_thread_end(js->thread);\n',
    replace: '',
    says: /and can be taken over/,
  });

  fault('a lock is looked at and then taken', {
    ...tests('lock', 'is held by one'),
    file: 'lib/lock.js',
    find: '  if (Atomics.compareExchange(data, index, 0, SELF) !== 0) {',
    replace:
      '  if (Atomics.load(data, index) === 0) {\n' +
      '    for (let i = 0; i < 1e4; i++) Atomics.load(data, index);\n' +
      '    Atomics.store(data, index, SELF);\n' +
      '  } else {',
    says: /half done|does not hold the lock|ERR_ASSERTION/,
  });

  fault('an owner that was seen just before it gave the lock back and ended is held to have it', {
    ...tests('lock', 'gave it back and ended since'),
    file: 'lib/lock-word.js',
    find: ' && ownerOf(Atomics.load(words, index)) === ownerOf(value)',
    replace: '',
    says: /is not missed by who saw it/,
  });

  fault('two threads take over one lock', {
    ...tests('lock'),
    file: 'lib/lock.js',
    find: '    const found = Atomics.compareExchange(data, index, value, SELF | WAITERS);\n',
    replace:
      '    const found = Atomics.load(data, index);\n' +
      '    for (let i = 0; i < 1e4; i++) Atomics.load(data, index);\n' +
      '    if (found === value) Atomics.store(data, index, SELF | WAITERS);\n',
    says: /taken over by one of those who want it at once/,
  });

  fault('who waits for a lock never sleeps', {
    ...tests('lock'),
    file: 'lib/lock-word.js',
    find: '    if (value !== 0) sleep(words, index, value, left);\n',
    replace: '',
    says: /ms of the processor/,
  });

  fault('a reader comes in beside a writer', {
    ...tests('read-write-lock'),
    file: 'lib/read-write-lock.js',
    find: 'if (value !== 0 && (!(value & READING) || isFull)) {',
    replace: 'if (value !== 0 && isFull) {',
    says: /half done|does not hold the lock|ERR_ASSERTION|SIGKILL/, // or the count is lost, and all wait for ever
  });

  fault('readers keep a writer out for good', {
    ...tests('read-write-lock'),
    file: 'lib/read-write-lock.js',
    find: '  letWriterPass(data, index + 1, timeout);\n',
    replace: '',
    says: /comes to a writer though the readers never stop/,
  });

  fault('a writer that ended is waited for by readers', {
    ...tests('read-write-lock'),
    file: 'lib/read-write-lock.js',
    find: '    Atomics.compareExchange(data, index, writer, 0);\n',
    replace: '',
    says: /forgets a writer that ended/,
  });

  fault('several threads free the items of a list', {
    ...tests('pointer-list'),
    file: 'lib/pointer-list.js',
    find: '      const data = this.#list.shift();\n',
    replace: '      const data = this.#list.at(0);\n',
    says: /lists of pointers/,
  });

  fault('an object is remembered for its pointer alone', {
    ...tests('pointer-list'),
    file: 'lib/cached-item-list.js',
    find: 'if (place ? this.#list[kIsListed](place) : !isFreed(item)) return item;',
    replace: 'return item;',
    says: /free each once|ERR_TH_FREED|was freed/,
  });
});
