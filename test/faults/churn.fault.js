'use strict';

// Faults that the churn has to find.

const { attack, fault } = require('./plant');

const churn = (name) => attack(`^churn: .*${name}`);

describe('churn finds that', () => {
  fault('a free span is not merged with the one before it', {
    ...churn('log-uniform sizes, 25 MB'),
    file: 'src/core/page.c',
    find: '  if (first > 1) absorb(record, first - 1, &first, &count);\n',
    replace: '',
    says: /two free spans lie side by side/,
  });

  fault('the free blocks of a run in part used are not used again', {
    ...churn('log-uniform sizes, 8 MB'),
    file: 'src/core/alloc.c',
    find: '    if (size_class->partial) {\n',
    replace: '    if (size_class->partial && cache->count > 0) {\n',
    says: /the heap is full|\d+ bytes for \d+, which is \d+\.\d\d times/,
  });

  fault('the heap grows to twice its size', {
    ...churn('log-uniform sizes, 8 MB'),
    file: 'lib/heap.js',
    find: 'const GROWTH = 1.125;',
    replace: 'const GROWTH = 2;',
    says: /\d+ bytes for \d+, which is \d+\.\d\d times/,
  });

  fault('free blocks that go back to their run together are counted as one', {
    ...churn('log-uniform sizes, 1 MB'),
    file: 'src/core/alloc.c',
    find: '  size_class->taken -= some->count;\n',
    replace: '  size_class->taken -= some->count > 0;\n',
    says: /the blocks taken from the runs and their number differ/,
  });

  fault('a block that is freed stays in the count of bytes in use', {
    ...churn('log-uniform sizes, 1 MB'),
    file: 'src/core/alloc.c',
    find: '  th__count(&heap->account.used, -(int64_t)block->size);\n',
    replace: '  if (block->run->next) th__count(&heap->account.used, -(int64_t)block->size);\n',
    says: /the bytes in use and the live blocks differ/,
  });
});
