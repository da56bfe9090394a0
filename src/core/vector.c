// SPDX-License-Identifier: MIT
#include "vector.h"

#include "alloc.h"
#include "bytes.h"

enum { DEFAULT_BUFFER_LENGTH = 4 };

static th_vector *vector_of(const th_handle *handle) {
  return (th_vector *)(void *)handle->object;
}

static uint32_t ceil_log2(uint32_t x) {
  uint32_t log = 0;
  while (log < 31 && (1u << log) < x)
    log++;
  return log;
}

static uint32_t first_log2(const th_vector *vector) {
  return th_load_relaxed(&((th_vector *)vector)->first_log2);
}

static uint32_t chunk_of(const th_vector *vector, uint32_t index) {
  const uint32_t firsts = index >> first_log2(vector);
  uint32_t chunk = 0;
  while (firsts >> chunk)
    chunk++;
  return chunk;
}

static uint64_t chunk_start(const th_vector *vector, uint32_t chunk) {
  return chunk == 0 ? 0 : (1ull << first_log2(vector)) << (chunk - 1);
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

static uint8_t *element_at(const th_handle *handle, uint32_t index) {
  const th_vector *vector = vector_of(handle);
  const uint32_t chunk = chunk_of(vector, index);
  const uint64_t offset = (index - chunk_start(vector, chunk)) * vector->element_bytes;
  return handle->heap->base + chunk_address(vector, chunk) + offset;
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

// Makes the chunk for the next element if it is not there. Under the lock.
static th_status reserve(const th_handle *handle) {
  th_vector *vector = vector_of(handle);
  if (length_of(vector) == UINT32_MAX) return TH_FULL;
  const uint32_t chunk = chunk_of(vector, length_of(vector));
  if (chunk < vector->chunk_count) return TH_OK;
  if (chunk == TH_VECTOR_CHUNKS) return TH_FULL;
  const uint64_t bytes = chunk_elements(vector, chunk) * vector->element_bytes;
  th_address address;
  const th_status status = th_alloc(handle->heap, bytes, TH_BLOCK_ALIGN, TH_BLOCK_CHUNK, &address);
  if (status != TH_OK) return status;
  th_store_release(&vector->chunks[chunk], address);
  vector->chunk_count = chunk + 1;
  return TH_OK;
}

th_status th_vector_push(const th_handle *handle, const void *element, uint32_t *index) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = reserve(handle);
  if (status == TH_OK) {
    const th_vector *vector = vector_of(handle);
    *index = length_of(vector);
    th_bytes_store(element_at(handle, *index), element, vector->element_bytes);
    set_length(handle, *index + 1);
  }
  th__object_unlock(handle);
  return status;
}

th_status th_vector_pop(const th_handle *handle, void *element, bool *found) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_vector *vector = vector_of(handle);
  *found = length_of(vector) > 0;
  if (*found) {
    th_bytes_load(element, element_at(handle, length_of(vector) - 1), vector->element_bytes);
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
  if (*found) th_bytes_store(element_at(handle, index), element, vector->element_bytes);
  th__object_unlock(handle);
  return TH_OK;
}

// The place of an element, or NULL when nothing can be there: of a vector that was freed meanwhile,
// what is read is not of one vector.
static const uint8_t *place_of(const th_handle *handle, uint32_t index, uint32_t bytes) {
  th_vector *vector = vector_of(handle);
  const uint32_t chunk = chunk_of(vector, index);
  if (chunk >= TH_VECTOR_CHUNKS) return NULL;
  const uint64_t offset = (index - chunk_start(vector, chunk)) * bytes;
  const uint64_t address = th_load_acquire(&vector->chunks[chunk]) + offset;
  if (address > UINT32_MAX || !th__record_has(handle->heap->record, (th_address)address, bytes)) {
    return NULL;
  }
  return handle->heap->base + address;
}

th_status th_vector_get(const th_handle *handle, uint32_t index, void *element, uint32_t bytes,
                        bool *found) {
  // Pairs with the release in set_length.
  const bool is_there = index < th_load_acquire(&vector_of(handle)->length);
  const uint8_t *place = is_there ? place_of(handle, index, bytes) : NULL;
  if (place) th_bytes_load(element, place, bytes);
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
    const uint32_t chunk = chunk_of(vector, index);
    const uint64_t end = chunk_start(vector, chunk) + chunk_elements(vector, chunk);
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
  const th_vector *vector = vector_of(handle);
  for (uint32_t chunk = 0; chunk_start(vector, chunk) < count; chunk++) {
    const uint64_t start = chunk_start(vector, chunk);
    const uint64_t rest = count - start;
    const uint64_t elements = chunk_elements(vector, chunk);
    th_bytes_load(to + start * vector->element_bytes,
                  th__at(handle->heap, chunk_address(vector, chunk)),
                  (size_t)(rest < elements ? rest : elements) * vector->element_bytes);
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
  *elements = chunk_start(vector, vector->chunk_count ? vector->chunk_count : 1);
  th__object_unlock(handle);
  return TH_OK;
}

th_status th_vector_free(const th_handle *handle) {
  const th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_vector *vector = vector_of(handle);
  th__object_retire(handle); // first, so that who reads a chunk's next use finds the vector freed
  for (uint32_t chunk = 0; chunk < vector->chunk_count; chunk++) {
    th_free(handle->heap, chunk_address(vector, chunk), TH_BLOCK_CHUNK);
  }
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
