// SPDX-License-Identifier: MIT
#include "store.h"

static th_store *store_of(const th_handle *handle) {
  return (th_store *)(void *)handle->object;
}

th_status th_store_create(th_heap *heap, uint32_t codec, th_handle *handle) {
  const th_status status = th__map_make(heap, TH_STORE, handle);
  if (status != TH_OK) return status;
  th_store_release(&store_of(handle)->codec, codec);
  th__object_publish(handle);
  return TH_OK;
}

static th_status create_empty(th_heap *heap, void *context, th_handle *handle) {
  const uint32_t *codec = context;
  return th_store_create(heap, *codec, handle);
}

th_status th_store_open(th_heap *heap, const th_descriptor *descriptor, uint32_t codec,
                        th_handle *handle) {
  const th_maker maker = {.create = create_empty, .context = &codec};
  return th__object_open(heap, TH_STORE, descriptor, &maker, handle);
}

th_status th_store_codec(const th_handle *handle, uint32_t *codec) {
  // Looked at before the generation, which another store in this place would change first.
  const uint32_t number = th_load_acquire(&store_of(handle)->codec);
  const th_status status = th_object_check(handle);
  if (status == TH_OK) *codec = number;
  return status;
}
