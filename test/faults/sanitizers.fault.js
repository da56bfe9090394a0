'use strict';

// Faults that a test without a sanitizer passes over, mostly.

const { fault } = require('./plant');

const watched = (sanitizer, spec, title) => ({
  args: ['scripts/test-addon.js', sanitizer, spec, '-g', title],
  addon: false, // the script builds its own
});

describe('sanitizers of the addon find', () => {
  fault('a scratch buffer that is too short', {
    file: 'src/core/heap.c',
    find: 'realloc(buffer->data, capacity)',
    replace: 'realloc(buffer->data, capacity / 2)',
    ...watched('asan', 'test/string.test.js', 'SharedString'),
    says: /AddressSanitizer: heap-buffer-overflow/,
  });

  fault('a push without the lock', {
    file: 'src/core/vector.c',
    find: `const void *element, uint32_t *index) {
  th_status status = th__object_lock(handle);`,
    replace: `const void *element, uint32_t *index) {
  th_status status = th_object_check(handle);`,
    ...watched('tsan', 'test/threads/vector.test.js', 'loses no push'),
    says: /ThreadSanitizer: data race/,
  });

  fault('a lock whose release orders nothing', {
    file: 'src/core/lock.h',
    find: 'th_store_release(&lock->held, 0u);',
    replace: 'th_store_relaxed(&lock->held, 0u);',
    ...watched('tsan', 'test/threads/vector.test.js', 'loses no push'),
    says: /ThreadSanitizer: data race/,
  });
});
