'use strict';

const { attack, fault } = require('./plant');

// The attack builds the package again, so the copy itself need not have the fault in its addon.
function isFound(subject) {
  return {
    ...attack(`a ${subject} is linearizable even so`),
    addon: false,
    says: /Error: (not linearizable|seed \d+: SIG)/, // or it hangs or crashes before that is seen
  };
}

describe('faults that make a history not linearizable', () => {
  fault('a reader of a map that keeps what a writer has changed meanwhile', {
    file: 'src/core/map_shards.h',
    find: '  if (th_load_acquire(&shard->version) != version) return TH_BUSY;\n',
    replace: '',
    ...isFound('map that grows and shrinks'),
  });

  fault('a value of a map whose type changes before the value, outside of the version', {
    file: 'src/core/map_table.c',
    find: `  th__map_write_begin(heap, shard);
  th_store_release(&entry->value, value.payload);
  th_store_release(&entry->meta, (meta & ~255ull) | value.tag);
  th__map_write_end(heap, shard);
`,
    replace: `  (void)heap, (void)shard;
  th_store_release(&entry->meta, (meta & ~255ull) | value.tag);
  th_store_release(&entry->value, value.payload);
`,
    ...isFound('map that grows and shrinks'),
  });

  fault('a writer that waits for a map while it splits, and then writes where it was', {
    file: 'src/core/map_shards.h',
    find: `  return th__map_shard_of(map, th__map_shard_count(map), hash) == shard &&
         th_object_check(handle) == TH_OK;
`,
    replace: `  (void)map, (void)hash, (void)shard;
  return th_object_check(handle) == TH_OK;
`,
    ...isFound('map that splits'),
  });

  fault('a table of a map that is given back after the lock was', {
    file: 'src/core/map.c',
    find: `    th__map_shrink(heap, shard);
  }
  th_lock_release(&shard->lock);
`,
    replace: `  }
  th_lock_release(&shard->lock);
  if (entry) th__map_shrink(heap, shard);
`,
    ...isFound('map that is counted'),
  });

  fault('a push to a list without its lock', {
    file: 'src/core/list.c',
    find: `  status = th__object_lock(handle);
  if (status == TH_OK) {
    status = link_last(handle, added);
    th__object_unlock(handle);
  }
`,
    replace: '  status = link_last(handle, added);\n',
    ...isFound('list'),
  });

  fault('a length of a list that changes after the lock was given back', {
    file: 'src/core/list.c',
    find: `    status = remove_inner(handle, index, element, found);
  }
  th__object_unlock(handle);
`,
    replace: `    status = remove_inner(handle, index, element, found);
  }
  const uint32_t length = list_of(handle)->length;
  th__object_unlock(handle);
  th__object_set_length(handle, length);
`,
    ...isFound('list'),
  });

  fault('a pop of a vector that gives back the lock between its two steps', {
    file: 'src/core/vector.c',
    find: `    set_length(handle, length_of(vector) - 1);
  }
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_set(`,
    replace: `    const uint32_t length = length_of(vector) - 1;
    th__object_unlock(handle);
    th_lock_wait(&handle->object->lock, &handle->heap->record->lock_waits);
    set_length(handle, length);
  }
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_set(`,
    ...isFound('vector that grows and shrinks'),
  });

  fault('a reader of a string that keeps what a writer has changed meanwhile', {
    file: 'src/core/string.c',
    find: '  if (th_load_acquire(&string->version) != version) return TH_BUSY;\n',
    replace: '',
    ...isFound('string'),
  });

  fault('a version of a string that shows after its text', {
    file: 'src/core/string.c',
    find: `  th_store_release(&handle->control->version_lo, (uint32_t)(version + 2));
  th__object_set_length(handle, units); // who finds it new finds the version new
  th_store_release(&string->payload, cell.payload);
  th_store_release(&string->tail, cell.tail);
  th_store_release(&string->tag, cell.tag);
  th_store_release(&string->version, version + 2); // pairs with the acquires in try_read
`,
    replace: `  th__object_set_length(handle, units);
  th_store_release(&string->payload, cell.payload);
  th_store_release(&string->tail, cell.tail);
  th_store_release(&string->tag, cell.tag);
  th_store_release(&string->version, version + 2);
  th_store_release(&handle->control->version_lo, (uint32_t)(version + 2));
`,
    ...isFound('string'),
  });

  fault('a text that JavaScript remembers whatever its version', {
    file: 'lib/string.js',
    find: 'lo !== this.#versionLo || hi !== this.#versionHi || this.#text === undefined',
    replace: 'this.#text === undefined',
    ...isFound('string'),
  });
});
