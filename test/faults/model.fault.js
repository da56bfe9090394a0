'use strict';

const { attack, fault } = require('./plant');

// Attacks have to end with a counterexample.
const says = (pattern) => new RegExp(`Counterexample: .*${pattern}`, 's');

describe('random calls against models find', () => {
  fault('a list that takes the element before the last for the last', {
    ...attack('a list does'),
    file: 'src/core/list.c',
    find: 'forward ? index : list->length - 1 - index;',
    replace: 'forward ? index : list->length - index - (index + 1 < list->length);',
    says: says('list \\d+/\\d+\\.'),
  });

  fault('a list whose last element keeps a wrong link back', {
    ...attack('a list does'),
    file: 'src/core/list.c',
    find: 'th_store_release(&after->previous, before ? previous : 0);',
    replace: 'th_store_release(&after->previous, before ? address : 0);',
    says: says('(ERR_TH_CORRUPT|a container is corrupt|memory in the heap was overwritten)'),
  });

  fault('an iteration of a list that counts what it deletes', {
    ...attack('a list does'),
    file: 'lib/list-iterator.js',
    find: 'if (isRemoved) this.#index--;',
    replace: '',
    says: says('list \\d+/\\d+\\.(iterate|next)'),
  });

  fault('a vector that moves one element too few into a gap', {
    ...attack('a vector does'),
    file: 'src/core/vector.c',
    find: 'th_bytes_move(to, to + bytes, (last - index) * bytes);',
    replace: 'th_bytes_move(to, to + bytes, (last - index - (last - index > 1)) * bytes);',
    says: says('vector \\d+/\\d+\\.'),
  });

  fault('a vector whose short value leaves old components', {
    ...attack('a vector does'),
    file: 'lib/element.js',
    find: 'into.fill(this.#zero(), count);',
    replace: '',
    says: says('vector \\d+/\\d+\\.'),
  });

  fault('a map that does not count a deletion', {
    ...attack('a map does'),
    file: 'src/core/map_table.c',
    find: 'th_store_release(&shard->live, th_load_relaxed(&shard->live) - 1);',
    replace: '',
    says: says('delete'),
  });

  fault('a map that keeps the block of a value that was replaced', {
    ...attack('a map does'),
    file: 'src/core/map.c',
    find: 'c->cell = th__map_replace(handle->heap, shard, entry, c->cell);',
    replace: 'th__map_replace(handle->heap, shard, entry, c->cell);\n    c->cell = (th_cell){0};',
    says: says('differ in number'),
  });

  fault('an iteration of a map that shows what was deleted meanwhile', {
    ...attack('a map does'),
    file: 'lib/map.js',
    find: 'if (isStale && !this.has(key)) continue;',
    replace: '',
    says: says('came, which is not there'),
  });

  fault('a string whose remembered text outlives its version', {
    ...attack('a string does'),
    file: 'lib/string.js',
    find: 'if (lo !== this.#versionLo || hi !== this.#versionHi || this.#text === undefined) {',
    replace: 'if (hi !== this.#versionHi || this.#text === undefined) {',
    says: says('string \\d+/\\d+\\.'),
  });

  fault('a text that leaves a string behind in a full heap', {
    ...attack('a string does'),
    file: 'src/core/string.c',
    find: 'const th_status status = open_or_make(heap, descriptor, &first, handle);',
    replace: 'const th_status status = th_string_open(heap, descriptor, handle);',
    says: says('the bytes in use after a call that failed'),
  });

  fault('a block that is not zeroed', {
    ...attack('a memory does'),
    file: 'src/core/alloc.c',
    find: 'if (status == TH_OK) th_bytes_clear(th__at(heap, *address), (size_t)length);',
    replace: 'if (status == TH_OK) th_bytes_clear(th__at(heap, *address), (size_t)length / 2);',
    says: says('a new block is not zeroed'),
  });

  fault('a container in a block that its end does not leave zeroed', {
    ...attack('of all classes'),
    file: 'src/core/object.c',
    find: 'forward_write(forward, 0, 0, 0);',
    replace: 'forward_write(forward, 0, 0, 1);',
    says: says('make [\\w ]+ \\(\\w+\\) in memory'),
  });
});
