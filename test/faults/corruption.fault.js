'use strict';

// Checks of what is read from the image, taken out. The kept inputs of the fuzz target find them at
// once, and the attacks by random overwriting find those that let a call leave the heap.

const { attack, fault } = require('./plant');

const FUZZ = { args: ['scripts/fuzz.js', '0'], addon: false };
const DAMAGE = { args: ['scripts/test-core.js', 'plain', 'list_damage'], addon: false };

describe('the fuzz target notices', () => {
  fault('an address that is not looked up within the image only', {
    file: 'src/core/block.h',
    find: 'if (address >= record->max_length) return at;',
    replace: '',
    says: /SUMMARY: AddressSanitizer: .* in th__place_of/,
    ...FUZZ,
  });

  fault('a node that is looked for in the run of the last one wherever it is', {
    file: 'src/core/list.c',
    find: 'if (address - s->near.start >= s->near.span) {',
    replace: 'if (s->near.span == 0) {',
    says: /SUMMARY: AddressSanitizer: .* in th__vicinity_has/,
    ...FUZZ,
  });

  fault('a list that is walked on from nodes that were passed', {
    file: 'src/core/list.c',
    find: 'if (at.sequence <= last) return',
    replace: 'if (at.sequence < 1 && last) return',
    says: /batch->items\[i\]\.sequence > last/,
    ...FUZZ,
  });

  fault('a table slot that leads beyond the entries', {
    file: 'src/core/map_layout.h',
    find: 'return at < t->capacity ? th__table_entry(t, at) : NULL;',
    replace: 'return at < t->mask ? th__table_entry(t, at) : NULL;',
    says: /SUMMARY: AddressSanitizer: .* in th__entry_matches/,
    ...FUZZ,
  });

  fault('a text whose length is not that of its block', {
    file: 'src/core/value.c',
    find: `TH_BLOCK_CELL, &length) != TH_OK ||
      length != length_of(cell)) {`,
    replace: 'TH_BLOCK_CELL, &length) != TH_OK) {',
    says: /SUMMARY: AddressSanitizer: .* in load_word/,
    ...FUZZ,
  });

  fault('a block that forwards to a container although its words were overwritten', {
    file: 'src/core/object.c',
    find: 'return th_load_relaxed(&forward->check) == forward_check(record, kind, *control, *generation);',
    replace: `return *control != 0 || th_load_relaxed(&forward->check) ==
                                 forward_check(record, kind, *control, *generation);`,
    says: /known->is_bound/,
    ...FUZZ,
  });

  fault('native memory that outlives its heap', {
    file: 'src/core/heap.c',
    find: 'free(heap->buffer.data);',
    replace: '',
    says: /allocations == allocations_of_heap/,
    ...FUZZ,
  });
});

describe('the tests of damaged lists find', () => {
  fault('an address inside of a block that is taken for that of a node', {
    file: 'src/core/block.h',
    find: 'return (uint64_t)index * v->block_size == address - v->start &&',
    replace: 'return',
    says: /^FAIL a_node_inside_of_a_block_is_noticed/m,
    ...DAMAGE,
  });

  fault('a block that is too short for a node', {
    file: 'src/core/block.c',
    find: 'if (!at.run || at.size < length) return nowhere;',
    replace: 'if (!at.run) return nowhere;',
    says: /^FAIL a_node_that_is_too_short_is_noticed/m,
    ...DAMAGE,
  });

  fault('a push that does not look at the last node', {
    file: 'src/core/list.c',
    find: 'if (last && th_load_relaxed(&last->owner) != owner_of(handle)) return corrupt(handle);',
    replace: '',
    says: /^FAIL a_push_behind_a_node_that_is_not_the_lists_is_noticed/m,
    ...DAMAGE,
  });
});

describe('overwriting a heap at random shows', () => {
  fault('a text whose length is not that of its block', {
    file: 'src/core/value.c',
    find: `TH_BLOCK_CELL, &length) != TH_OK ||
      length != length_of(cell)) {`,
    replace: 'TH_BLOCK_CELL, &length) != TH_OK) {',
    says: /signal SIG(SEGV|BUS|ABRT)/,
    ...attack('a heap that is overwritten between calls', { TEST_SEED: '1' }),
  });

  fault('a length in the control block that is taken for the number of elements', {
    file: 'lib/vector.js',
    find: 'if (address === 0) return false;',
    replace: '',
    says: /RangeError: .*#viewFrom/s,
    ...attack('a heap that is overwritten between calls', { TEST_SEED: '1' }),
  });
});

describe('descriptors of any content show', () => {
  fault('a header that was copied over the remains of another heap', {
    file: 'src/binding/heap.c',
    find: 'length >= committed',
    replace: 'length >= committed % 2',
    says: /signal SIG(SEGV|BUS)/,
    ...attack('descriptor of which any field', { TEST_SEED: '1' }),
  });
});
