// SPDX-License-Identifier: MIT
#include "vector.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bytes.h"
#include "compiler.h"
#include "sort.h"

enum {
  DEFAULT_BUFFER_LENGTH = 4,
  GATHERED = 256, // components that are brought together at a time
};

static th_vector *vector_of(const th_handle *handle) {
  return (th_vector *)(void *)handle->object;
}

// Bits of the number without its leading zeros.
static uint32_t bit_length(uint32_t x) {
  return x ? th__floor_log2(x) + 1 : 0;
}

static uint32_t ceil_log2(uint32_t x) {
  const uint32_t log = x > 1 ? bit_length(x - 1) : 0;
  return log < 31 ? log : 31;
}

static uint32_t first_log2(const th_vector *vector) {
  return th_load_relaxed(&((th_vector *)vector)->first_log2);
}

// Of a vector whose chunk 0 has 1 << log2 elements.
static uint64_t chunk_start(uint32_t log2, uint32_t chunk) {
  return (1ull << chunk) >> 1 << log2;
}

static uint64_t chunk_elements(const th_vector *vector, uint32_t chunk) {
  return (1ull << first_log2(vector)) << (chunk == 0 ? 0 : chunk - 1);
}

// The same for every holder of the lock; readers without it load with acquire.
static uint32_t length_of(const th_vector *vector) {
  return th_load_relaxed(&((th_vector *)vector)->length);
}

static th_address chunk_address(const th_vector *vector, uint32_t chunk) {
  return th_load_relaxed(&((th_vector *)vector)->chunks[chunk]);
}

// Where an element is.
typedef struct place {
  uint32_t chunk;
  uint64_t before; // elements of the chunk that come before it
} place;

static inline place place_of(const th_vector *vector, uint32_t index) {
  const uint32_t log2 = first_log2(vector);
  const uint32_t chunk = bit_length(index >> log2);
  return (place){.chunk = chunk, .before = index - chunk_start(log2, chunk)};
}

static inline uint8_t *at_place(const th_handle *handle, place at) {
  const th_vector *vector = vector_of(handle);
  return handle->heap->base + chunk_address(vector, at.chunk) + at.before * vector->element_bytes;
}

static inline uint8_t *element_at(const th_handle *handle, uint32_t index) {
  return at_place(handle, place_of(vector_of(handle), index));
}

// An element, and how many of `most` from it on lie one after the other.
static uint8_t *stretch_at(const th_handle *handle, uint32_t index, uint32_t most,
                           uint32_t *count) {
  const th_vector *vector = vector_of(handle);
  const place at = place_of(vector, index);
  const uint64_t rest = chunk_elements(vector, at.chunk) - at.before;
  *count = rest < most ? (uint32_t)rest : most;
  return at_place(handle, at);
}

static void store(const th_handle *handle, uint32_t index, const uint8_t *from, uint32_t count) {
  const size_t bytes = vector_of(handle)->element_bytes;
  for (uint32_t stretch; count > 0; index += stretch, count -= stretch) {
    uint8_t *to = stretch_at(handle, index, count, &stretch);
    th_bytes_store(to, from, stretch * bytes);
    from += stretch * bytes;
  }
}

th_status th_vector_create(th_heap *heap, const th_vector_config *config, th_handle *handle) {
  const th_status status = th__object_create(heap, TH_VECTOR, handle);
  if (status != TH_OK) return status;
  th_vector *vector = vector_of(handle);
  th_store_relaxed(&vector->element, th__element_pack(&config->element));
  vector->element_bytes = th_element_bytes(&config->element);
  th_store_relaxed(&vector->first_log2, ceil_log2(config->buffer_length));
  th_store_release(&vector->length, 0u);
  vector->chunk_count = 0;
  th__object_publish(handle);
  return TH_OK;
}

static th_status create_default(th_heap *heap, void *context, th_handle *handle) {
  (void)context;
  const th_vector_config config = {
      .element = {.type = TH_ELEMENT_Uint32, .data_length = 1},
      .buffer_length = DEFAULT_BUFFER_LENGTH,
  };
  return th_vector_create(heap, &config, handle);
}

th_status th_vector_open(th_heap *heap, const th_descriptor *descriptor, th_handle *handle) {
  const th_maker maker = {.create = create_default};
  return th__object_open(heap, TH_VECTOR, descriptor, &maker, handle);
}

th_element th_vector_element(const th_handle *handle) {
  return th__element_unpack(th_load_relaxed(&vector_of(handle)->element));
}

uint32_t th_vector_first_log2(const th_handle *handle) {
  return first_log2(vector_of(handle));
}

static void set_length(const th_handle *handle, uint32_t length) {
  th_store_release(&vector_of(handle)->length, length); // pairs with the acquire in get
  th__object_set_length(handle, length);
}

// ---- elements ----

static th_status chunk_add(const th_handle *handle) {
  th_vector *vector = vector_of(handle);
  const uint32_t chunk = vector->chunk_count;
  if (chunk == TH_VECTOR_CHUNKS) return TH_FULL;
  const uint64_t bytes = chunk_elements(vector, chunk) * vector->element_bytes;
  th_address address;
  const th_status status = th_alloc(handle->heap, bytes, TH_BLOCK_ALIGN, TH_BLOCK_CHUNK, &address);
  if (status != TH_OK) return status;
  th_store_release(&vector->chunks[chunk], address);
  vector->chunk_count = chunk + 1;
  return TH_OK;
}

static void chunks_free(const th_handle *handle, uint32_t kept) {
  th_vector *vector = vector_of(handle);
  while (vector->chunk_count > kept)
    th_free(handle->heap, chunk_address(vector, --vector->chunk_count), TH_BLOCK_CHUNK);
}

// Makes the chunks for count (at least 1) more elements that are not there, all or none. Under the
// lock.
TH_COLD static th_status reserve(const th_handle *handle, uint32_t count) {
  const th_vector *vector = vector_of(handle);
  if (count > UINT32_MAX - length_of(vector)) return TH_FULL;
  const uint32_t last = place_of(vector, length_of(vector) + count - 1).chunk;
  const uint32_t before = vector->chunk_count;
  while (vector->chunk_count <= last) {
    const th_status status = chunk_add(handle);
    if (status == TH_OK) continue;
    chunks_free(handle, before);
    return status;
  }
  return TH_OK;
}

th_status th_vector_push(const th_handle *handle, const void *element, uint32_t *index) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_vector *vector = vector_of(handle);
  const uint32_t length = length_of(vector);
  const place end = place_of(vector, length);
  // Before the length could pass its maximum there is no room: an element takes a byte at least.
  if (end.chunk >= vector->chunk_count) status = reserve(handle, 1);
  if (status == TH_OK) {
    th_bytes_store_element(at_place(handle, end), element, vector->element_bytes);
    set_length(handle, length + 1);
    *index = length;
  }
  th__object_unlock(handle);
  return status;
}

static th_status append(const th_handle *handle, const void *elements, uint32_t count,
                        uint32_t *index) {
  const uint32_t length = length_of(vector_of(handle));
  const th_status status = count > 0 ? reserve(handle, count) : TH_OK;
  if (status != TH_OK) return status;
  store(handle, length, elements, count);
  set_length(handle, length + count);
  *index = length;
  return TH_OK;
}

// How many whole elements so many bytes are; UINT32_MAX when that is too many for any vector.
static uint32_t count_of(const th_handle *handle, size_t bytes) {
  const size_t count = bytes / vector_of(handle)->element_bytes;
  return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

th_status th_vector_push_many(const th_handle *handle, const void *elements, size_t bytes,
                              uint32_t *index) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = append(handle, elements, count_of(handle, bytes), index);
  th__object_unlock(handle);
  return status;
}

th_status th_vector_pop(const th_handle *handle, void *element, bool *found) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_vector *vector = vector_of(handle);
  *found = length_of(vector) > 0;
  if (*found) {
    th_bytes_load_element(element, element_at(handle, length_of(vector) - 1),
                          vector->element_bytes);
    set_length(handle, length_of(vector) - 1);
  }
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_set(const th_handle *handle, uint32_t index, const void *element, bool *found) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_vector *vector = vector_of(handle);
  *found = index < length_of(vector);
  if (*found) th_bytes_store_element(element_at(handle, index), element, vector->element_bytes);
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_set_many(const th_handle *handle, uint32_t index, const void *elements,
                             size_t bytes, bool *found) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const uint32_t count = count_of(handle, bytes);
  const uint32_t length = length_of(vector_of(handle));
  *found = index <= length && count <= length - index;
  if (*found) store(handle, index, elements, count);
  th__object_unlock(handle);
  return TH_OK;
}

// Where an element is, or NULL when nothing can be there: of a vector that was freed meanwhile,
// what is read is not of one vector.
static const uint8_t *unlocked_at(const th_handle *handle, uint32_t index, uint32_t bytes) {
  th_vector *vector = vector_of(handle);
  const place at = place_of(vector, index);
  if (at.chunk >= TH_VECTOR_CHUNKS) return NULL;
  const uint64_t address = th_load_acquire(&vector->chunks[at.chunk]) + at.before * bytes;
  if (address > UINT32_MAX || !th__record_has(handle->heap->record, (th_address)address, bytes)) {
    return NULL;
  }
  return handle->heap->base + address;
}

th_status th_vector_get(const th_handle *handle, uint32_t index, void *element, uint32_t bytes,
                        bool *found) {
  // Pairs with the release in set_length.
  const bool is_there = index < th_load_acquire(&vector_of(handle)->length);
  const uint8_t *from = is_there ? unlocked_at(handle, index, bytes) : NULL;
  if (from) th_bytes_load_element(element, from, bytes);
  const th_status status = th_object_check(handle);
  if (status == TH_OK) *found = is_there;
  return status;
}

th_status th_vector_length(const th_handle *handle, uint32_t *out) {
  const uint32_t length = th_load_acquire(&vector_of(handle)->length);
  const th_status status = th_object_check(handle);
  if (status == TH_OK) *out = length;
  return status;
}

// Moves the elements behind `index` one place down, a stretch within one chunk at a time.
static void close_gap(const th_handle *handle, uint32_t index) {
  const th_vector *vector = vector_of(handle);
  const size_t bytes = vector->element_bytes;
  while (index + 1 < length_of(vector)) {
    const uint32_t chunk = place_of(vector, index).chunk;
    const uint64_t end = chunk_start(first_log2(vector), chunk) + chunk_elements(vector, chunk);
    const uint32_t last = (uint32_t)((end < length_of(vector) ? end : length_of(vector)) - 1);
    uint8_t *to = element_at(handle, index);
    if (last > index) {
      th_bytes_move(to, to + bytes, (last - index) * bytes);
      index = last;
    } else {
      th_bytes_move(to, element_at(handle, index + 1), bytes);
      index++;
    }
  }
}

th_status th_vector_remove_at(const th_handle *handle, uint32_t index, bool *found) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_vector *vector = vector_of(handle);
  *found = index < length_of(vector);
  if (*found) {
    close_gap(handle, index);
    set_length(handle, length_of(vector) - 1);
  }
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_clear(const th_handle *handle) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  set_length(handle, 0);
  th__object_unlock(handle);
  return TH_OK;
}

static void copy(const th_handle *handle, uint8_t *to, uint32_t count) {
  const size_t bytes = vector_of(handle)->element_bytes;
  for (uint32_t index = 0, stretch; index < count; index += stretch) {
    const uint8_t *from = stretch_at(handle, index, count - index, &stretch);
    th_bytes_load(to + index * bytes, from, stretch * bytes);
  }
}

th_status th_vector_copy(const th_handle *handle, void *elements, uint32_t capacity,
                         uint32_t *length) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  *length = length_of(vector_of(handle));
  copy(handle, elements, *length < capacity ? *length : capacity);
  th__object_unlock(handle);
  return TH_OK;
}

// ---- all elements, under the lock ----

// Gives one component of all elements to a kernel, piece by piece.
static void apply(const th_handle *handle, uint32_t component, th_kernel kernel, void *result) {
  const th_element element = th_vector_element(handle);
  const size_t bytes = th_element_component_bytes(&element);
  const uint32_t most = element.data_length == 1 ? UINT32_MAX : GATHERED;
  uint64_t gathered[GATHERED];
  const uint32_t length = length_of(vector_of(handle));
  for (uint32_t index = 0, count; index < length; index += count) {
    const uint32_t rest = length - index;
    const uint8_t *at = stretch_at(handle, index, rest < most ? rest : most, &count);
    if (element.data_length == 1) {
      kernel(element.type, at, count, result);
      continue;
    }
    th__kernel_gather(at + component * bytes, bytes, element.data_length, count, gathered);
    kernel(element.type, gathered, count, result);
  }
}

th_status th_vector_sum(const th_handle *handle, uint32_t component, th_sum *sum) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  *sum = (th_sum){0};
  apply(handle, component, th__kernel_add, sum);
  th__object_unlock(handle);
  return TH_OK;
}

static th_status find(const th_handle *handle, uint32_t component, th_kernel kernel, void *number,
                      bool *found) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  *found = length_of(vector_of(handle)) > 0;
  if (*found) {
    const th_element element = th_vector_element(handle);
    const size_t bytes = th_element_component_bytes(&element);
    uint64_t best;
    th_bytes_load(&best, element_at(handle, 0) + component * bytes, bytes);
    apply(handle, component, kernel, &best);
    memcpy(number, &best, bytes);
  }
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_least(const th_handle *handle, uint32_t component, void *number, bool *found) {
  return find(handle, component, th__kernel_least, number, found);
}

th_status th_vector_greatest(const th_handle *handle, uint32_t component, void *number,
                             bool *found) {
  return find(handle, component, th__kernel_greatest, number, found);
}

// ---- sorting ----

// Appends the keys of the numbers.
static void add_keys(th_element_type type, const void *numbers, size_t count, void *end) {
  uint64_t **keys = end;
  th__sort_keys(type, numbers, count, *keys);
  *keys += count;
}

static void sort_numbers(const th_handle *handle, uint64_t *keys, uint64_t *spare) {
  const th_element element = th_vector_element(handle);
  const uint32_t length = length_of(vector_of(handle));
  th__sort(&keys, &spare, length, th_element_component_bytes(&element));
  th__sort_numbers(element.type, keys, length, spare);
  store(handle, 0, (const uint8_t *)spare, length);
}

// `spare` has room for two numbers of 32 bits per element, and for the elements behind.
static void sort_elements(const th_handle *handle, const uint64_t *keys, uint32_t *spare,
                          size_t capacity) {
  const th_element element = th_vector_element(handle);
  const size_t bytes = th_element_bytes(&element);
  const uint32_t length = length_of(vector_of(handle));
  uint32_t *order = spare + capacity;
  uint8_t *elements = (uint8_t *)(order + capacity);
  copy(handle, elements, length);
  th__sort_order(keys, &order, &spare, length, th_element_component_bytes(&element));
  for (uint32_t i = 0; i < length; i++)
    th_bytes_store(element_at(handle, i), elements + order[i] * bytes, bytes);
}

// Sorts by a component, if there are no more than `capacity` elements; `keys` has room for two keys
// per element and, if there are more components, for the elements behind.
static th_status try_sort(const th_handle *handle, uint32_t component, uint64_t *keys,
                          size_t capacity, bool *done) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  *done = length_of(vector_of(handle)) <= capacity;
  if (*done) {
    uint64_t *end = keys;
    apply(handle, component, add_keys, &end);
    if (th_vector_element(handle).data_length == 1) {
      sort_numbers(handle, keys, keys + capacity);
    } else {
      sort_elements(handle, keys, (uint32_t *)(keys + capacity), capacity);
    }
  }
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_sort(const th_handle *handle, uint32_t component) {
  // Of a vector that is freed meanwhile this is anything, and the lock is not to be had.
  const th_element element = th_vector_element(handle);
  const size_t kept = element.data_length == 1 ? 0 : th_element_bytes(&element);
  for (bool done = false; !done;) {
    uint32_t length;
    th_status status = th_vector_length(handle, &length);
    if (status != TH_OK) return status;
    const size_t capacity = (size_t)length + length / 8 + 1; // others may push until it is locked
    uint64_t *keys = malloc(capacity * (2 * sizeof(*keys) + kept));
    if (!keys) return TH_NO_MEMORY;
    status = try_sort(handle, component, keys, capacity, &done);
    free(keys);
    if (status != TH_OK) return status;
  }
  return TH_OK;
}

// ---- the vector ----

th_status th_vector_chunk(const th_handle *handle, uint32_t chunk, th_address *address) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_vector *vector = vector_of(handle);
  *address = chunk < vector->chunk_count ? chunk_address(vector, chunk) : 0;
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_capacity(const th_handle *handle, uint64_t *elements) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_vector *vector = vector_of(handle);
  // Without a chunk yet, what the first will have.
  *elements = chunk_start(first_log2(vector), vector->chunk_count ? vector->chunk_count : 1);
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_free(const th_handle *handle) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  th__object_retire(handle); // first, so that who reads a chunk's next use finds the vector freed
  chunks_free(handle, 0);
  th__object_unlock(handle);
  th__object_release(handle);
  return TH_OK;
}

static bool chunk_is_sound(const th_handle *handle, uint32_t chunk) {
  const th_vector *vector = vector_of(handle);
  uint64_t length;
  return th_block_find(handle->heap->record, chunk_address(vector, chunk), TH_BLOCK_CHUNK,
                       &length) == TH_OK &&
         length == chunk_elements(vector, chunk) * vector->element_bytes;
}

th_status th_vector_verify(const th_handle *handle, th_census *reached) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const uint32_t chunks = vector_of(handle)->chunk_count;
  for (uint32_t chunk = 0; chunk < chunks && status == TH_OK; chunk++) {
    if (!chunk_is_sound(handle, chunk)) status = th__object_corrupt(handle);
  }
  reached->blocks[TH_BLOCK_CHUNK] += chunks;
  th__object_unlock(handle);
  return status;
}
