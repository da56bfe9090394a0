'use strict';

// Faults of ordering, most of which no x86 processor would ever show.

const { ALL, fault } = require('./plant');

const scheduled = (noun, schedules, env) => ({
  args: ['scripts/test-core.js', 'schedules', noun],
  env: { SCHEDULES: String(schedules), ...env },
  addon: false,
});

describe('simulated schedules find', () => {
  fault('a lock whose release orders nothing', {
    file: 'src/core/lock.h',
    find: 'th_store_release(&lock->held, 0u);',
    replace: 'th_store_relaxed(&lock->held, 0u);',
    ...scheduled('lock', 1000),
    says: /FAIL a_lock_admits_one_thread_and_shows_it_all/,
  });

  fault('a version that is told before the text it stands for', {
    file: 'src/core/string.c',
    find: `  th_store_release(&string->payload, cell.payload);
  th_store_release(&string->tail, cell.tail);
  th_store_release(&string->tag, cell.tag);
  th_store_release(&string->version, version + 2);`,
    replace: `  th_store_release(&string->version, version + 2);
  th_store_release(&string->payload, cell.payload);
  th_store_release(&string->tail, cell.tail);
  th_store_release(&string->tag, cell.tag);`,
    ...scheduled('string', 3000),
    says: /FAIL readers_see_whole_texts_in_the_order_they_were_set/,
  });

  fault('bytes in a block used again that a reader sees without its new version', {
    file: 'src/core/bytes.c',
    find: 'th_store_release((th_atomic_u64 *)(void *)to, value);',
    replace: 'th_store_relaxed((th_atomic_u64 *)(void *)to, value);',
    ...scheduled('string', 30000),
    says: /FAIL (readers_see_whole_texts|texts_that_several_threads_set_stay_whole)/,
  });

  fault('a reader of the image that does not look at the version again', {
    file: 'src/core/map_peek.h',
    find: '  if (th_load_acquire(&place->version) != version) return TH_PEEK_ASK;\n',
    replace: '',
    ...scheduled('map', 400),
    says: /FAIL /,
  });

  fault('a reader of the image that knows the table before the version', {
    file: 'src/core/map_peek.h',
    find: `  const uint64_t version = th_load_acquire(&place->version); // pairs with th__map_version_step
  if (version % 2 != 0) return TH_PEEK_ASK;
  const th_table_place table = th__table_place_load(place);
`,
    replace: `  const th_table_place table = th__table_place_load(place);
  const uint64_t version = th_load_acquire(&place->version); // pairs with th__map_version_step
  if (version % 2 != 0) return TH_PEEK_ASK;
`,
    ...scheduled('map', 400),
    says: /FAIL /,
  });

  fault('a reader of the image that reads in any order', {
    file: 'src/core/map_peek.h',
    find: '*value = th_load_acquire(&entry->value);',
    replace: '*value = th_load_relaxed(&entry->value);',
    ...scheduled('map', 400),
    says: /FAIL /,
  });

  fault('a map that is verified as it was before its split', {
    file: 'src/core/map.c',
    find: '  if (th__map_shard_count(th__map_of(handle)) != count) return TH_BUSY; // it was split meanwhile\n',
    replace: '  (void)count;\n',
    ...scheduled('map', 400),
    says: /FAIL a_map_is_sound_in_the_moment_of_the_split/,
  });

  fault('a map whose shards are seen before its directory', {
    file: 'src/core/map.c',
    find: `  th__table_place_store(th__map_place(handle->heap, &map->single),
                        th__table_place_of_directory(directory));
  th_store_release(&map->shard_count, (uint32_t)TH_MAP_SHARDS);
`,
    replace: `  th_store_release(&map->shard_count, (uint32_t)TH_MAP_SHARDS);
  th__table_place_store(th__map_place(handle->heap, &map->single),
                        th__table_place_of_directory(directory));
`,
    ...scheduled('map', 400, ALL),
    says: /FAIL who_sees_the_shards_finds_the_directory/,
  });

  fault('a map that is freed while it splits', {
    file: 'src/core/map.c',
    find: `  th_status status = th_lock_try(&map->single.lock, waits);
  if (status != TH_OK) return status;
  *count = th__map_shard_count(map);
`,
    replace: `  th_status status = TH_OK;
  *count = th__map_shard_count(map);
  if (*count == 1) status = th_lock_try(&map->single.lock, waits);
  if (status != TH_OK) return status;
`,
    ...scheduled('map', 400),
    says: /FAIL a_map_in_the_place_of_one_that_was_splitting_is_another/,
  });

  fault('a version in the image that is told after what it stands for', {
    file: 'src/core/map_table.h',
    find: '  th_store_release(&th__map_place(heap, shard)->version, version);',
    replace: '  th_store_relaxed(&th__map_place(heap, shard)->version, version);',
    ...scheduled('map', 400),
    says: /FAIL /,
  });

  fault('an allocation that is seen before its run', {
    file: 'src/core/alloc.h',
    find: 'th_store_release(&block->run->tags[block->index], th__tag_make(size, length, kind));',
    replace: 'th_store_relaxed(&block->run->tags[block->index], th__tag_make(size, length, kind));',
    ...scheduled('string', 5000),
    says: /FAIL /,
  });

  fault('a block that another thread took out of its magazine and that cannot be freed', {
    file: 'src/core/alloc.c',
    find: '  th__stocks_settle(heap->record);\n  return seize(heap->record',
    replace: '  return seize(heap->record',
    ...scheduled('magazine', 1000),
    says: /FAIL what_came_out_of_a_magazine_is_live_for_all_who_know_it/,
  });

  fault('two threads that make the same blocks live', {
    file: 'src/core/heap.c',
    find:
      '    th_lock_wait(&heap->stock.lock, &record->lock_waits);\n' +
      '    th__stock_settle(heap, &record->retired);\n',
    replace:
      '    th__stock_settle(heap, &record->retired);\n' +
      '    th_lock_wait(&heap->stock.lock, &record->lock_waits);\n',
    ...scheduled('magazine', 5000),
    says: /FAIL what_/,
  });

  fault('a free that does not look again at what it hit', {
    file: 'src/core/alloc.c',
    find: 'if (start + at.index * size == address) return true;',
    replace: 'if (start > 0) return true;',
    ...scheduled('alloc', 10000),
    says: /FAIL a_free_of_an_old_address_hits_nothing_but_what_lives_there/,
  });

  fault('a removal outside of the version', {
    file: 'src/core/map_table.c',
    find: `  th__map_write_begin(heap, shard);
  th_store_release(&entry->meta, meta_of(sequence_of(entry), TH_ABSENT, TH_ABSENT));
  th__map_write_end(heap, shard);`,
    replace: `  (void)heap;
  th_store_release(&entry->meta, meta_of(sequence_of(entry), TH_ABSENT, TH_ABSENT));`,
    ...scheduled('map', 400),
    says: /FAIL values_are_whole_and_in_order_while_they_are_replaced_and_removed/,
  });

  fault('an entry that is found before its value is there', {
    file: 'src/core/map_table.c',
    find: `  th_store_release(&entry->value, value.payload);
  th_store_release(&entry->meta, meta_of(++shard->sequence, cell.tag, value.tag));
  if (th__table_is_wide(&t)) th_store_release(th__entry_tail(entry), cell.tail);
  index_add(&t, key->hash, at);
`,
    replace: `  th_store_release(&entry->meta, meta_of(++shard->sequence, cell.tag, value.tag));
  if (th__table_is_wide(&t)) th_store_release(th__entry_tail(entry), cell.tail);
  index_add(&t, key->hash, at);
  th_store_release(&entry->value, value.payload);
`,
    ...scheduled('map', 400),
    says: /FAIL keys_and_values_stay_while_a_table_is_replaced/,
  });

  fault('a vector that is longer before the element is there', {
    file: 'src/core/vector.c',
    find: `    th_bytes_store_element(at_place(handle, end), element, vector->element_bytes);
    set_length(handle, length + 1);
`,
    replace: `    set_length(handle, length + 1);
    th_bytes_store_element(at_place(handle, end), element, vector->element_bytes);
`,
    ...scheduled('vector', 1000),
    says: /FAIL an_element_is_there_before_the_length_that_counts_it/,
  });

  fault('a vector that is longer before several elements are there', {
    file: 'src/core/vector.c',
    find: `  store(handle, length, elements, count);
  set_length(handle, length + count);
`,
    replace: `  set_length(handle, length + count);
  store(handle, length, elements, count);
`,
    ...scheduled('vector', 1000),
    says: /FAIL an_element_is_there_before_the_length_that_counts_it/,
  });

  fault('a split that is told before the tables of the shards', {
    file: 'src/core/map.c',
    find: '  status = th__map_spread(handle->heap, &map->single, map->shards);',
    replace: `  th_store_release(&map->shard_count, (uint32_t)TH_MAP_SHARDS);
  status = th__map_spread(handle->heap, &map->single, map->shards);`,
    ...scheduled('map', 500),
    says: /FAIL (keys_and_values_stay_while_the_map_is_split|test_map)/,
  });

  fault('an id that is compared before the generation is read', {
    file: 'src/core/ref.c',
    find: `  const uint64_t generation = th_load_acquire(&object->generation);
  const uint32_t ref = th_load_acquire(&object->ref);`,
    replace: `  const uint32_t ref = th_load_acquire(&object->ref);
  const uint64_t generation = th_load_acquire(&object->generation);`,
    ...scheduled('ref', 4000),
    says: /FAIL an_id_reaches_its_own_life_or_none/,
  });

  fault('a name that goes with a ref that does not have it any more', {
    file: 'src/core/name.c',
    find: 'while (th_map_compare_and_delete(&by_name, name, &number, &found) == TH_BUSY)',
    replace: 'while (th_map_delete(&by_name, name, &found) == TH_BUSY)',
    ...scheduled('ref', 1000),
    says: /FAIL /,
  });

  fault('a length that is seen before the elements it counts', {
    file: 'src/core/vector.c',
    find: 'th_store_release(&vector_of(handle)->length, length);',
    replace: 'th_store_relaxed(&vector_of(handle)->length, length);',
    ...scheduled('ref', 1000),
    says: /FAIL a_get_finds_the_elements_that_the_length_counts/,
  });
});
