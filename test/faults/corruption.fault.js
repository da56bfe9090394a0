'use strict';

// Checks of what is read from the image, taken out. The kept inputs of the fuzz target find them at
// once, and the attacks by random overwriting find those that let a call leave the heap.

const { STRESS, fault } = require('./plant');

const FUZZ = { args: ['scripts/fuzz.js', '0'], addon: false };
const ENV = { STRESS_SECONDS: '60', TEST_SEED: '1' };
const attack = (title) => ({ args: [...STRESS, '-g', title], env: ENV });

describe('the fuzz target notices', () => {
  fault('an address that is not looked up within the image only', {
    file: 'src/core/block.h',
    find: 'if (address >= record->max_length) return at;',
    replace: '',
    says: /SUMMARY: AddressSanitizer: .* in th__place_of/,
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
    file: 'src/core/map_table.h',
    find: ' || at >= t.capacity) continue;',
    replace: ') continue;',
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

describe('overwriting a heap at random shows', () => {
  fault('a text whose length is not that of its block', {
    file: 'src/core/value.c',
    find: `TH_BLOCK_CELL, &length) != TH_OK ||
      length != length_of(cell)) {`,
    replace: 'TH_BLOCK_CELL, &length) != TH_OK) {',
    says: /signal SIG(SEGV|BUS|ABRT)/,
    ...attack('a heap that is overwritten between calls'),
  });

  fault('a length in the control block that is taken for the number of elements', {
    file: 'lib/vector.js',
    find: 'if (address === 0) throw corrupt(',
    replace: 'if (false) throw corrupt(',
    says: /RangeError: .*#openChunk/s,
    ...attack('a heap that is overwritten between calls'),
  });
});

describe('descriptors of any content show', () => {
  fault('a header that was copied over the remains of another heap', {
    file: 'src/binding/heap.c',
    find: 'length >= committed',
    replace: 'length >= committed % 2',
    says: /signal SIG(SEGV|BUS)/,
    ...attack('descriptor of which any field'),
  });
});
