'use strict';

// The tests that make every allocation of the core fail find what does not stand it.

const { ALL, fault } = require('./plant');

const LIST = 'src/core/list.c';
const MAP = 'src/core/map.c';
const RECORD = 'src/core/record.c';
const STRING = 'src/core/string.c';
const TABLE = 'src/core/map_table.c';

// `trying` is what the failing call was about to do when the check failed.
function exhaustionFault(title, program, { test, trying, ...change }) {
  fault(title, {
    ...change,
    args: ['scripts/test-core.js', 'plain', program],
    addon: false,
    says: new RegExp(`^FAIL a_${test}: .*, trying ${trying} with (one|all) `, 'm'),
  });
}

describe('the tests of exhaustion find', function () {
  exhaustionFault('a rebuild that keeps its new table when it cannot read a key', 'exhaustion_map', {
    file: TABLE,
    find: '    th__map_table_free(heap, word);\n    return status;',
    replace: '    return status;',
    test: 'map_that_finds_no_memory_for_an_entry_is_as_before',
    trying: 'set',
  });

  exhaustionFault('a split that keeps tables when a later one finds no room', 'exhaustion_map', {
    file: TABLE,
    find: `  for (uint32_t i = 0; i < TH_MAP_SHARDS; i++) {
    th__map_table_free(heap, words[i]);`,
    replace: `  for (uint32_t i = 0; i < 29; i++) {
    th__map_table_free(heap, words[i]);`,
    test: 'map_that_finds_no_memory_for_its_split_is_as_before',
    trying: 'split and set',
  });

  exhaustionFault('a look-up that ignores that there is no memory for the value', 'exhaustion_map', {
    file: MAP,
    find: '  if (status == TH_OK && f.found) status = value_of(handle, &f, value);\n',
    replace: `  if (status == TH_NO_MEMORY) status = TH_OK;
  if (status == TH_OK && f.found) status = value_of(handle, &f, value);
`,
    env: ALL,
    test: 'map_that_finds_no_memory_to_read_is_as_before',
    trying: 'get',
  });

  exhaustionFault('a check that takes a map for corrupt when there is no memory', 'exhaustion_map', {
    file: TABLE,
    find: 'if (status == TH_NO_MEMORY) complete = false;',
    replace: 'if (status == TH_NO_MEMORY) sound = false;',
    test: 'map_that_finds_no_memory_to_read_is_as_before',
    trying: 'verify',
  });

  exhaustionFault('a list that counts an element before it has a node', 'exhaustion', {
    file: LIST,
    find: `  th_status status = nodes_make(handle, added);
  if (status != TH_OK) return status;
`,
    replace: `  list_of(handle)->length++;
  th_status status = nodes_make(handle, added);
  if (status != TH_OK) return status;
  list_of(handle)->length--; // link_last counts it
`,
    test: 'list_that_finds_no_memory_is_as_before',
    trying: 'push',
  });

  exhaustionFault('a string that frees its text before it has the new one', 'exhaustion', {
    file: STRING,
    find: `  if (status == TH_OK) status = th__cell_make(handle->heap, value, TH_CELL_LONG, &cell);
  if (status != TH_OK) return status;
  status = th__object_lock(handle);
  if (status != TH_OK) {
    th__cell_free(handle->heap, cell);
    return status;
  }
  const th_cell old = cell_of(string_of(handle));
  publish(handle, cell, units_of(value));
  th__object_unlock(handle);
  th__cell_free(handle->heap, old);
`,
    replace: `  if (status == TH_OK) status = th__object_lock(handle);
  if (status != TH_OK) return status;
  th__cell_free(handle->heap, cell_of(string_of(handle)));
  status = th__cell_make(handle->heap, value, TH_CELL_LONG, &cell);
  if (status == TH_OK) publish(handle, cell, units_of(value));
  th__object_unlock(handle);
  if (status != TH_OK) return status;
`,
    test: 'string_that_finds_no_memory_is_as_before',
    trying: 'set',
  });

  exhaustionFault('a commit that goes on when there is no memory for the new pages', 'exhaustion', {
    file: RECORD,
    find: 'if (status == TH_OK && length > committed)',
    replace: 'if (length > committed)',
    test: 'heap_that_finds_no_memory_is_as_before',
    trying: 'commit',
  });
});
