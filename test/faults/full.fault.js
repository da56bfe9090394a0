'use strict';

// Faults that the attack on full heaps has to find.

const { attack, fault } = require('./plant');

const LEAK =
  /strings and objects in the heap and in containers differ in number|did not return to its start/;

const full = attack('^full heaps a call');
const race = attack('^full heaps several threads');

describe('full heaps show that', () => {
  fault('a map that finds no room for a table keeps the key', {
    ...full,
    file: 'src/core/map_table.c',
    find: `  if (status != TH_OK) {
    th__cell_free(heap, cell);
    return status;
  }`,
    replace: '  if (status != TH_OK) return status;',
    says: LEAK,
  });

  fault('a map that finds no room for an entry keeps the value', {
    ...full,
    file: 'src/core/map.c',
    find: `  }
  th__cell_free(handle->heap, c.cell);
  return status == TH_CORRUPT`,
    replace: `  }
  if (status == TH_OK) th__cell_free(handle->heap, c.cell);
  return status == TH_CORRUPT`,
    says: LEAK,
  });

  fault('a vector counts the chunk that it did not get', {
    ...full,
    file: 'src/core/vector.c',
    find: '    chunks_free(handle, before);\n',
    replace: '    vector_of(handle)->chunk_count = last + 1;\n    (void)before;\n    (void)chunks_free;\n',
    says: /vector's control block shows was overwritten|a container is corrupt/,
  });

  fault('a string is emptied before there is room for the next text', {
    ...full,
    file: 'src/core/string.c',
    find: `  if (status == TH_OK) status = th__cell_make(handle->heap, value, TH_CELL_LONG, &cell);
  if (status != TH_OK) return status;
  status = th__object_lock(handle);
`,
    replace: `  if (status == TH_OK) status = th__cell_make(handle->heap, value, TH_CELL_LONG, &cell);
  if (status == TH_FULL) {
    cell = (th_cell){.tag = TH_LATIN1};
    publish(handle, cell, 0);
  }
  if (status != TH_OK) return status;
  status = th__object_lock(handle);
`,
    says: /Expected values to be strictly|differ in number/,
  });

  fault('a thread keeps its cached blocks when there is no other room', {
    ...full,
    file: 'src/core/alloc.c',
    find: `  if (status == TH_FULL) {
    th__caches_flush(heap);
    status = alloc_once(heap, length, align, kind, address);
  }
`,
    replace: '',
    says: /the heap is full: its maxSize leaves no room/,
  });

  fault('a thread does not see that another has made the heap grow to its maximum', {
    ...race,
    file: 'lib/heap.js',
    find: '    if (size !== this.#committed) {\n',
    replace: '    if (size < this.#committed) {\n',
    says: /the heap is full: \d+ more bytes are needed/,
  });
});
