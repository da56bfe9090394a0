'use strict';

// Faults of exemplars, blocks, vectors, maps, stores, LocalSharedMemory, refs, registries and lists of
// pointers, which their own tests or the attack that is about them have to find.

const { ALL, attack, fault, tests: testsOf } = require('./plant');

const tests = (...nouns) => testsOf(nouns);
const only = (noun, title) => testsOf([noun], title);

describe('the tests of exemplars find', () => {
  fault('code that is thrown away with the last object of a class', {
    ...tests('exemplar'),
    file: 'lib/exemplar.js',
    find: '  kept.push(...exemplars);\n',
    replace: '',
    says: /code that is optimised outlives a garbage collection/,
  });
});

describe('the tests of blocks find', () => {
  fault('a block that was just handed out cannot be freed', {
    ...only('magazine', 'are freed at once, and only once'),
    file: 'src/core/alloc.c',
    find: 'return kind == TH_BLOCK_USER && seize_taken(heap, address, block);',
    replace: 'return kind == TH_BLOCK_DYING && seize_taken(heap, address, block);',
    says: /are freed at once, and only once/,
  });

  fault('a block that was just handed out is not found', {
    ...only('magazine', 'are found at once by what pointer says'),
    file: 'src/core/block.c',
    find: 'return again && find_around(record, address, kind, start, length) ? TH_OK : TH_FREED;',
    replace: 'return again && !record ? TH_OK : TH_FREED;',
    says: /are found at once by what pointer says/,
  });

  fault('blocks that are lost when the thread that took them ends', {
    ...tests('threads/heap'),
    file: 'src/core/magazine.c',
    find: '  th__stock_settle(heap, &heap->account);\n  uint32_t count',
    replace: '  uint32_t count',
    says: /counts what other threads allocated, also when they are terminated/,
  });

  fault('a block of another heap', {
    ...only('magazine', 'of several heaps come from the right one'),
    file: 'lib/magazine.js',
    find: ' ||\n    number !== magazine[HEAP]\n',
    replace: '\n',
    says: /of several heaps come from the right one/,
  });
});

describe('the tests of a list find', () => {
  fault('a list that is busy keeps the node of the call that is repeated', {
    args: ['scripts/test-core.js', 'plain', 'list'],
    file: 'src/core/list.c',
    find: '  if (status != TH_OK) nodes_free(handle, added->nodes, added->count);\n',
    replace: '',
    says: /FAIL a_push_that_finds_the_list_busy_keeps_no_node/,
  });
});

describe('the tests of a vector find', () => {
  fault('a number read from a chunk whose place is not known yet', {
    ...tests('vector'),
    file: 'lib/vector.js',
    find: '!this[kIsLive]() || chunk >= this.#bases.length) {',
    replace: '!this[kIsLive]()) {',
    says: /while it looks for the chunks/,
  });
});

describe('the tests of a store find', () => {
  fault('an object whose bounds in the memory map have one byte too many', {
    ...only('store', 'getMemoryMap|fromMemoryMap|memory map'),
    file: 'lib/store.js',
    find: 'size: length - 1',
    replace: 'size: length',
    says: /getMemoryMap|fromMemoryMap|memory map/,
  });

  fault('a store that stays when it could not be filled', {
    ...tests('store'),
    file: 'lib/store.js',
    find: '      store.free();\n',
    replace: '',
    says: /is not left behind by a call that fails/,
  });

  fault('a value that V8 has written and cannot read', {
    ...tests('readable'),
    file: 'lib/map.js',
    find: '  checkReadable(value, bytes);\n',
    replace: '  if (checkReadable === value) return undefined;\n',
    says: /are modules of WebAssembly/,
  });
});

describe('the tests of LocalSharedMemory find', () => {
  fault('a call that does not look for growth', {
    ...only('local-shared-memory', 'after the memory has grown'),
    file: 'lib/local-shared-memory.js',
    find: 'if (this.#backing.reach(offset + byteLength) !== this.#bytes.buffer) this.#renew();',
    replace: '',
    says: /after the memory has grown/,
  });

  fault('an array of the whole memory that is used beyond its end', {
    ...tests('local-shared-memory'),
    file: 'lib/local-shared-memory.js',
    find: 'if (array !== undefined && isIndex && index < array.length) return array;',
    replace: 'if (array !== undefined && isIndex) return array;',
    says: /after the memory has grown/,
  });

  fault('growth in another thread that is not heard of', {
    ...only('threads/local-shared-memory', 'as another thread has just made it'),
    file: 'lib/backing.js',
    find: '? byteLength === grow.call(this.anchor, 0) * WASM_PAGE',
    replace: '? byteLength > 0',
    says: /as another thread has just made it/,
  });
});

describe('the tests of refs find', () => {
  fault('an id that finds the value which came to the place of its own', {
    ...tests('ref', 'number-ref', 'string-ref'),
    file: 'src/core/ref.c',
    find: 'if (life < lives_of(ref) || kind_of(ref) == TH_REF_NONE || generation == 0) return TH_FREED;',
    replace: 'if (kind_of(ref) == TH_REF_NONE || generation == 0) return TH_FREED;',
    says: /ERR_TH_FREED|Missing expected exception/,
  });

  fault('a ref of one kind that is taken for another', {
    ...tests('ref'),
    file: 'src/core/ref.c',
    find: 'return status == TH_OK && found != kind ? TH_BAD_DESCRIPTOR : status;',
    replace: 'return status == TH_OK && found > kind ? TH_BAD_DESCRIPTOR : status;',
    says: /ERR_TH_BAD_DESCRIPTOR|Missing expected exception|SIGSEGV/,
  });
});

describe('the tests of a registry find', () => {
  fault('a value to come that a clear takes away', {
    ...tests('exchange'),
    file: 'lib/exchange.js',
    find: ' || coming.includes(own)',
    replace: '',
    says: /a clear before it has its entry/,
  });

  fault('a value that stays although its key was set again', {
    ...only('exchange', 'when there is a set of its key'),
    file: 'lib/exchange.js',
    find: 'for (const own of this.#held.get(key) ?? []) own.isComing = false;',
    replace: '',
    says: /when there is a set of its key/,
  });
});

describe('attacks on lists of pointers find', () => {
  fault('an item that stays allocated when a handle deletes it that has never had it', {
    ...attack('a list of cached items does', { TEST_SEED: '1' }),
    file: 'lib/cached-item-list.js',
    find: 'const item = this.#cache.get(pointer) ?? this.initItem(pointer);',
    replace: 'const item = this.#cache.get(pointer);',
    says: /Counterexample/,
  });

  fault('a list of pointers that does not free its items', {
    ...attack('a list of pointers does', { TEST_SEED: '1' }),
    file: 'lib/pointer-list.js',
    find: '      if (item !== undefined) freeItem(item);\n',
    replace: '      if (item === freeItem) return;\n',
    says: /Counterexample/,
  });

  fault('an item that is deleted and stays allocated', {
    ...attack('lists of pointers and locks stay whole', { TEST_SEED: '1' }),
    file: 'lib/cached-item-list.js',
    find: '    if (item) item.free();\n',
    replace: '    if (item && item.pointer % 64 > 0) item.free();\n',
    says: /texts more than the list has/,
  });
});

describe('the tests of what a map shows to JavaScript find', () => {
  const core = (noun) => ({ args: ['scripts/test-core.js', 'plain', noun], addon: false });

  fault('a reader of the image that takes another map for its own', {
    ...core('map_peek'),
    file: 'src/core/map_peek.h',
    find: 'return th_load_acquire(&control->generation) == map->generation ? peek : TH_PEEK_ASK;',
    replace: 'return th_load_acquire(&control->generation) != 0 ? peek : TH_PEEK_ASK;',
    says: /FAIL a_map_that_was_freed_or_is_corrupt_has_to_be_asked/,
  });

  fault('a reader of the image that takes a directory for a map without entries', {
    ...core('map_peek'),
    file: 'src/core/map_layout.h',
    find: 'return place->stride == TH__STRIDE_OF_DIRECTORY;',
    replace: 'return place->stride > 100;',
    env: ALL,
    says: /FAIL who_looks_where_a_map_had_one_shard_is_told_of_the_directory/,
  });

  fault('a mirror of a table that is not verified', {
    ...core('map_peek'),
    file: 'src/core/map_table.c',
    find: '  if (!is_shown(heap, shard)) return TH_CORRUPT;\n',
    replace: '  (void)is_shown;\n',
    says: /FAIL a_mirror_that_was_overwritten_is_corrupt/,
  });

  fault('a removal that the mirror does not show', {
    ...only('threads/map', 'torn or of another key|what is in another map'),
    file: 'src/core/map_table.h',
    find: '  th_store_release(&th__map_place(heap, shard)->version, version);',
    replace: '  (void)heap;',
    says: /torn or of another key|the other map has 2/,
  });

  fault('texts whose last units are not read', {
    ...tests('map-reader'),
    file: 'lib/map-reader.js',
    find: '    word |= unit << shift;\n',
    replace: '',
    says: /finds the numbers of texts of up to 14 units/,
  });

  fault('a unit that is taken for a byte', {
    ...tests('map-reader'),
    file: 'lib/map-reader.js',
    find: '  bits |= a | b | c | d;\n',
    replace: '  bits |= a | b | c;\n',
    says: /leaves texts that are longer, or not of bytes, to the addon/,
  });

  fault('a key that is taken for bytes', {
    ...only('map', 'that are short strings are the same'),
    file: 'lib/retry.js',
    find: '    if (unit > 255) return false;\n',
    replace: '',
    says: /that are short strings are the same for every call/,
  });

  fault('a number that is taken for the text before it', {
    ...only('map', 'are numbers and strings in turns'),
    file: 'lib/retry.js',
    find: '    words[1] = NO_TEXT;\n',
    replace: '',
    says: /are numbers and strings in turns, in every call/,
  });

  fault('an access beyond the memory that is thrown', {
    ...only('map-reader', `said to be at ${0xf0000000}`),
    file: 'lib/map-reader.js',
    find: ': this.#findNumberIn(directory, control, generation, key)\n      );\n    } catch {\n      return ASK;',
    replace: ': this.#findNumberIn(directory, control, generation, key)\n      );\n    } catch (error) {\n      throw error;',
    says: /memory access out of bounds/,
  });
});
