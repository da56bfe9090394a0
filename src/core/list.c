// SPDX-License-Identifier: MIT
#include "list.h"

#include "alloc.h"
#include "bytes.h"

static th_list *list_of(const th_handle *handle) {
  return (th_list *)(void *)handle->object;
}

static uint32_t element_bytes(const th_handle *handle) {
  return th_load_relaxed(&list_of(handle)->element_bytes);
}

static void *element_of(th_node *node) {
  return node + 1;
}

// The node at the address if it is a live one of this list, else NULL.
static th_node *node_at(const th_handle *handle, th_address address) {
  uint64_t length;
  if (th_block_find(handle->heap->record, address, TH_BLOCK_NODE, &length) != TH_OK ||
      length != sizeof(th_node) + element_bytes(handle)) {
    return NULL;
  }
  th_node *node = th__at(handle->heap, address);
  const bool ours = th_load_relaxed(&node->owner) == handle->object->address &&
                    th_load_relaxed(&node->owner_generation) == (uint32_t)handle->generation;
  return ours ? node : NULL;
}

static th_status create(th_heap *heap, const th_element *element, th_handle *handle) {
  const th_status status = th__object_create(heap, TH_LIST, handle);
  if (status != TH_OK) return status;
  th_list *list = list_of(handle);
  th_store_relaxed(&list->element, th__element_pack(element));
  // Pairs with the acquire in th_list_push.
  th_store_release(&list->element_bytes, th_element_bytes(element));
  list->head = list->tail = 0;
  list->length = 0;
  list->sequence = 0;
  th__object_publish(handle);
  return TH_OK;
}

static th_status create_default(th_heap *heap, void *context, th_handle *handle) {
  (void)context;
  const th_element element = {.type = TH_ELEMENT_Uint32, .data_length = 1};
  return create(heap, &element, handle);
}

th_status th_list_create(th_heap *heap, const th_element *element, th_handle *handle) {
  return create(heap, element, handle);
}

th_status th_list_open(th_heap *heap, const th_descriptor *descriptor, th_handle *handle) {
  const th_maker maker = {.create = create_default};
  return th__object_open(heap, TH_LIST, descriptor, &maker, handle);
}

th_element th_list_element(const th_handle *handle) {
  return th__element_unpack(th_load_relaxed(&list_of(handle)->element));
}

static void set_length(const th_handle *handle, uint32_t length) {
  list_of(handle)->length = length;
  th__object_set_length(handle, length);
}

// ---- linking, under the lock ----

static void fill(const th_handle *handle, th_node *node, const void *element, uint32_t bytes) {
  th_store_release(&node->next, 0u);
  th_store_release(&node->owner, handle->object->address);
  th_store_release(&node->owner_generation, (uint32_t)handle->generation);
  th_bytes_store(element_of(node), element, bytes);
}

static th_status link_last(const th_handle *handle, th_address address) {
  th_list *list = list_of(handle);
  th_node *last = list->tail ? node_at(handle, list->tail) : NULL;
  if (list->tail && !last) return th__object_corrupt(handle);
  th_node *node = th__at(handle->heap, address);
  th_store_release(&node->previous, list->tail);
  th_store_release(&node->sequence, ++list->sequence);
  if (last) {
    th_store_release(&last->next, address);
  } else {
    list->head = address;
  }
  list->tail = address;
  set_length(handle, list->length + 1);
  return TH_OK;
}

static th_status unlink(const th_handle *handle, th_address address, th_node *node) {
  th_list *list = list_of(handle);
  const th_address next = th_load_relaxed(&node->next);
  const th_address previous = th_load_relaxed(&node->previous);
  th_node *after = address == list->tail ? NULL : node_at(handle, next);
  th_node *before = address == list->head ? NULL : node_at(handle, previous);
  const bool sound =
      (after ? th_load_relaxed(&after->previous) == address : address == list->tail) &&
      (before ? th_load_relaxed(&before->next) == address : address == list->head);
  if (!sound || list->length == 0) return th__object_corrupt(handle);
  if (after) {
    th_store_release(&after->previous, before ? previous : 0);
  } else {
    list->tail = before ? previous : 0;
  }
  if (before) {
    th_store_release(&before->next, after ? next : 0);
  } else {
    list->head = after ? next : 0;
  }
  th_store_release(&node->owner, 0u);
  th_store_release(&node->sequence, 0ull);
  set_length(handle, list->length - 1);
  return TH_OK;
}

static th_status remove_node(const th_handle *handle, th_address address, void *element) {
  th_node *node = node_at(handle, address);
  if (!node) return th__object_corrupt(handle);
  const th_status status = unlink(handle, address, node);
  if (status != TH_OK) return status;
  th_bytes_load(element, element_of(node), element_bytes(handle));
  return th_free(handle->heap, address, TH_BLOCK_NODE);
}

// ---- walking, under the lock ----

// Where a walk is; all zero before the first node and behind the last.
typedef struct walk {
  th_address address;
  th_node *node;
  uint64_t sequence;
} walk;

// Whether the node at the address may follow in the walk.
static bool follows(const th_handle *handle, const walk *at, const walk *to, bool forward) {
  if (!to->node || to->sequence > list_of(handle)->sequence) return false;
  const th_address back = th_load_relaxed(forward ? &to->node->previous : &to->node->next);
  if (back != at->address) return false;
  return !at->node || (forward ? to->sequence > at->sequence : to->sequence < at->sequence);
}

// Moves to the next node, from tail to head unless forward.
static th_status step(const th_handle *handle, walk *at, bool forward) {
  const th_list *list = list_of(handle);
  if (at->address == (forward ? list->tail : list->head)) {
    *at = (walk){0};
    return TH_OK;
  }
  walk to = {.address = forward ? list->head : list->tail};
  if (at->node) to.address = th_load_relaxed(forward ? &at->node->next : &at->node->previous);
  to.node = node_at(handle, to.address);
  if (to.node) to.sequence = th_load_relaxed(&to.node->sequence);
  if (!follows(handle, at, &to, forward)) return th__object_corrupt(handle);
  *at = to;
  return TH_OK;
}

// The address of the node at an index, which exists.
static th_status seek(const th_handle *handle, uint32_t index, th_address *address) {
  const th_list *list = list_of(handle);
  const bool forward = index < list->length / 2;
  const uint32_t steps = forward ? index : list->length - 1 - index;
  walk at = {0};
  for (uint32_t i = 0; i <= steps; i++) {
    const th_status status = step(handle, &at, forward);
    if (status != TH_OK) return status;
    if (!at.node) return th__object_corrupt(handle);
  }
  *address = at.address;
  return TH_OK;
}

// The node at an index, counted from the end when negative; 0 when there is none.
static th_status seek_any(const th_handle *handle, int64_t index, th_address *address) {
  const int64_t length = list_of(handle)->length;
  if (index < 0) index += length;
  *address = 0;
  return index < 0 || index >= length ? TH_OK : seek(handle, (uint32_t)index, address);
}

// ---- the public calls ----

th_status th_list_push(const th_handle *handle, const void *element, th_list_place *place) {
  th_address address;
  // Pairs with the release in create: bytes of the next list of this slot come with its
  // generation, or with 0, and the check sees that.
  const uint32_t bytes = th_load_acquire(&list_of(handle)->element_bytes);
  th_status status = th_object_check(handle);
  if (status != TH_OK) return status;
  // Allocated and filled before the lock is taken, so that the lock is held for a few stores.
  status = th_alloc(handle->heap, sizeof(th_node) + bytes, TH_BLOCK_ALIGN, TH_BLOCK_NODE, &address);
  if (status != TH_OK) return status;
  fill(handle, th__at(handle->heap, address), element, bytes);
  status = th__object_lock(handle);
  if (status == TH_OK) {
    status = link_last(handle, address);
    if (status == TH_OK && place) {
      *place = (th_list_place){.address = address, .sequence = list_of(handle)->sequence};
    }
    th__object_unlock(handle);
  }
  if (status != TH_OK) th_free(handle->heap, address, TH_BLOCK_NODE);
  return status;
}

th_status th_list_at(const th_handle *handle, int64_t index, th_address *element) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  th_address address;
  status = seek_any(handle, index, &address);
  th__object_unlock(handle);
  if (status == TH_OK) *element = address ? address + (th_address)sizeof(th_node) : 0;
  return status;
}

th_status th_list_remove_at(const th_handle *handle, int64_t index, void *element, bool *found) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  th_address address;
  status = seek_any(handle, index, &address);
  if (status == TH_OK) {
    *found = address != 0;
    if (address) status = remove_node(handle, address, element);
  }
  th__object_unlock(handle);
  return status;
}

static th_status remove_equal(const th_handle *handle, const void *wanted, uint32_t count,
                              void *element, bool *found) {
  const th_element shape = th_list_element(handle);
  walk at = {0};
  th_status status = step(handle, &at, true);
  *found = false;
  for (; status == TH_OK && at.node; status = step(handle, &at, true)) {
    // `element` has room for a whole one, so it serves to compare in.
    th_bytes_load(element, element_of(at.node), element_bytes(handle));
    *found = th_element_equals(&shape, element, wanted, count);
    if (*found) return remove_node(handle, at.address, element);
  }
  return status;
}

th_status th_list_remove_equal(const th_handle *handle, const void *wanted, uint32_t count,
                               void *element, bool *found) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = remove_equal(handle, wanted, count, element, found);
  th__object_unlock(handle);
  return status;
}

// Whether the node a caller remembers is still in the list.
static th_node *node_if_current(const th_handle *handle, th_address address, uint64_t sequence) {
  th_node *node = node_at(handle, address);
  return node && th_load_relaxed(&node->sequence) == sequence ? node : NULL;
}

th_status th_list_remove_node(const th_handle *handle, th_address address, uint64_t sequence,
                              void *element, bool *found) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  *found = node_if_current(handle, address, sequence) != NULL;
  if (*found) status = remove_node(handle, address, element);
  th__object_unlock(handle);
  return status;
}

static uint64_t last_sequence(const th_list_batch *batch) {
  return batch->count ? batch->items[batch->count - 1].sequence : 0;
}

// Where an iteration goes on: at the last item of the batch that is still in the list. When none
// is, at the last node that is not newer than the last item.
static th_status resume(const th_handle *handle, const th_list_batch *batch, walk *at) {
  for (uint32_t i = batch->count; i-- > 0;) {
    const th_address address = batch->items[i].address;
    const uint64_t sequence = batch->items[i].sequence;
    *at = (walk){address, node_if_current(handle, address, sequence), sequence};
    if (at->node) return TH_OK;
  }
  walk next = *at = (walk){0};
  th_status status = step(handle, &next, true);
  while (status == TH_OK && next.node && next.sequence <= last_sequence(batch)) {
    *at = next;
    status = step(handle, &next, true);
  }
  return status;
}

static th_status next_batch(const th_handle *handle, th_list_batch *batch) {
  walk at;
  th_status status = resume(handle, batch, &at);
  if (status != TH_OK) return status;
  const uint64_t last = last_sequence(batch);
  if (batch->limit == 0) batch->limit = list_of(handle)->sequence;
  uint32_t count = 0;
  while (count < batch->capacity) {
    status = step(handle, &at, true);
    if (status != TH_OK) return status;
    if (!at.node || at.sequence > batch->limit) break;
    // All that is not newer than the last item was in a batch: it is here again, with other words.
    if (at.sequence <= last) return th__object_corrupt(handle);
    batch->items[count].address = at.address;
    batch->items[count++].sequence = at.sequence;
  }
  batch->count = count;
  return TH_OK;
}

th_status th_list_next(const th_handle *handle, th_list_batch *batch) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = next_batch(handle, batch);
  th__object_unlock(handle);
  return status;
}

static th_status copy(const th_handle *handle, uint8_t *to, uint32_t capacity) {
  const uint32_t bytes = element_bytes(handle);
  const uint32_t length = list_of(handle)->length;
  const uint32_t count = length < capacity ? length : capacity;
  walk at = {0};
  for (uint32_t i = 0; i < count; i++, to += bytes) {
    const th_status status = step(handle, &at, true);
    if (status != TH_OK) return status;
    if (!at.node) return th__object_corrupt(handle);
    th_bytes_load(to, element_of(at.node), bytes);
  }
  return TH_OK;
}

th_status th_list_copy(const th_handle *handle, void *elements, uint32_t capacity,
                       uint32_t *length) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = copy(handle, elements, capacity);
  if (status == TH_OK) *length = list_of(handle)->length;
  th__object_unlock(handle);
  return status;
}

// Frees all nodes, and leaves their links. Each is unmarked first, so that an iterator that
// remembers it does not take it for one of the list.
static th_status drop_nodes(const th_handle *handle) {
  walk at = {0};
  th_status status = step(handle, &at, true);
  while (status == TH_OK && at.node) {
    const walk done = at;
    status = step(handle, &at, true);
    th_store_release(&done.node->owner, 0u);
    th_store_release(&done.node->sequence, 0ull);
    th_free(handle->heap, done.address, TH_BLOCK_NODE);
  }
  return status;
}

th_status th_list_clear(const th_handle *handle) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = drop_nodes(handle);
  if (status == TH_OK) {
    list_of(handle)->head = list_of(handle)->tail = 0;
    set_length(handle, 0);
  }
  th__object_unlock(handle);
  return status;
}

// The length stays as it was, so that nobody sees the list emptied before it is freed.
th_status th_list_free(const th_handle *handle) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = drop_nodes(handle);
  if (status == TH_OK) th__object_retire(handle);
  th__object_unlock(handle);
  if (status == TH_OK) th__object_release(handle);
  return status;
}

static th_status verify(const th_handle *handle, th_census *reached) {
  walk at = {0};
  uint32_t nodes = 0;
  th_status status = step(handle, &at, true);
  for (; status == TH_OK && at.node; status = step(handle, &at, true))
    nodes++;
  reached->blocks[TH_BLOCK_NODE] += nodes;
  if (status == TH_OK && nodes != list_of(handle)->length) return th__object_corrupt(handle);
  return status;
}

th_status th_list_verify(const th_handle *handle, th_census *reached) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = verify(handle, reached);
  th__object_unlock(handle);
  return status;
}
