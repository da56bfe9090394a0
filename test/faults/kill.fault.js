'use strict';

// Faults that the kill storms have to find.

const { attack, fault } = require('./plant');

const storm = attack('^kill storms workers that are ended anywhere');

describe('kill storms find that', () => {
  fault('a thread that ends keeps what it had cached', {
    ...storm,
    file: 'src/core/heap.c',
    find: '  th__caches_flush(heap);\n',
    replace: '',
    says: /a block is in no cache and not free/,
  });

  fault('what a thread had in use is forgotten when it ends', {
    ...storm,
    file: 'src/core/heap.c',
    find: '  account_add(&record->retired, &heap->account);\n',
    replace: '',
    says: /the bytes in use and the live blocks differ/,
  });

  fault('a thread that ends stays attached', {
    ...storm,
    file: 'src/binding/heap.c',
    find: '  if (heap->heap) th_heap_detach(heap->heap);\n',
    replace: '',
    says: /threads that have ended are still attached|a block is in no cache and not free/,
  });

  fault('an allocation loses a block now and then', {
    ...storm,
    file: 'lib/heap.js',
    find: '    return new AllocatedMemory(this, kAllocated, address, byteLength);',
    replace:
      '    if (address % 4096 === 0) call(this, allocBlock, number, byteLength, align);\n' +
      '    return new AllocatedMemory(this, kAllocated, address, byteLength);',
    says: /block \d+ of \d+ bytes belongs to nobody/,
  });
});
