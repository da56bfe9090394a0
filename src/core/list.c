// SPDX-License-Identifier: MIT
#include "list.h"

#include <stdlib.h>
#include <string.h>

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

// th_bytes_load of an element, with the lengths that most have in line.
static inline void element_load(void *to, th_node *node, uint32_t bytes) {
  if (bytes == sizeof(uint64_t)) {
    const uint64_t word = th_load_acquire((th_atomic_u64 *)element_of(node));
    memcpy(to, &word, sizeof(word));
  } else if (bytes == sizeof(uint32_t)) {
    const uint32_t word = th_load_acquire((th_atomic_u32 *)element_of(node));
    memcpy(to, &word, sizeof(word));
  } else {
    th_bytes_load(to, element_of(node), bytes);
  }
}

// The node at the address if it is a live one of this list, else NULL. In line, for a walk does
// little else: a live node as long as ours has that tag. So may, far from here, a block of another
// size, or whatever the place of a run that is being reused leads to; all of it is in the image.
static inline th_node *node_at(const th_handle *handle, th_address address) {
  const uint32_t length = (uint32_t)sizeof(th_node) + element_bytes(handle);
  const th_place at = th__place_of(handle->heap->record, address);
  if (!at.run || at.offset != 0 || at.size < length ||
      th__tag_settled(at.run, at.index) != th__tag_make(at.size, length, TH_BLOCK_NODE) ||
      !th__record_has(handle->heap->record, address, length)) {
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
  list->sequence = 1;
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

// ---- nodes to come, without the lock ----

// Elements to be appended, in nodes that are allocated and filled before the lock is taken, so that
// it is held for a few stores each.
typedef struct arrivals {
  const uint8_t *elements;
  uint32_t element_bytes;
  uint32_t count;
  th_address *nodes;
  uint64_t sequence; // of the last, once they are linked
} arrivals;

static void fill(const th_handle *handle, th_node *node, const void *element, uint32_t bytes) {
  th_store_release(&node->next, 0u);
  th_store_release(&node->owner, handle->object->address);
  th_store_release(&node->owner_generation, (uint32_t)handle->generation);
  th_bytes_store(element_of(node), element, bytes);
}

static void nodes_free(const th_handle *handle, const th_address *nodes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    th_free(handle->heap, nodes[i], TH_BLOCK_NODE);
}

static th_status nodes_make(const th_handle *handle, const arrivals *added) {
  const uint64_t bytes = sizeof(th_node) + added->element_bytes;
  for (uint32_t i = 0; i < added->count; i++) {
    const th_status status =
        th_alloc(handle->heap, bytes, TH_BLOCK_ALIGN, TH_BLOCK_NODE, &added->nodes[i]);
    if (status != TH_OK) {
      nodes_free(handle, added->nodes, i);
      if (status == TH_NEED_ROOM) {
        th__ask_more(handle->heap, added->count - i - 1, bytes, TH_BLOCK_ALIGN);
      }
      return status;
    }
    fill(handle, th__at(handle->heap, added->nodes[i]),
         added->elements + (size_t)i * added->element_bytes, added->element_bytes);
  }
  return TH_OK;
}

// ---- linking, under the lock ----

static th_status link_last(const th_handle *handle, arrivals *added) {
  th_list *list = list_of(handle);
  th_node *last = list->tail ? node_at(handle, list->tail) : NULL;
  if (list->tail && !last) return th__object_corrupt(handle);
  for (uint32_t i = 0; i < added->count; i++) {
    const th_address address = added->nodes[i];
    th_node *node = th__at(handle->heap, address);
    th_store_release(&node->previous, list->tail);
    th_store_release(&node->sequence, list->sequence += 2);
    if (last) {
      th_store_release(&last->next, address);
    } else {
      list->head = address;
    }
    list->tail = address;
    last = node;
  }
  added->sequence = list->sequence;
  set_length(handle, list->length + added->count);
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

// Removes a node that was found by a walk.
static th_status remove_node(const th_handle *handle, th_address address, th_node *node,
                             void *element) {
  const th_status status = unlink(handle, address, node);
  if (status != TH_OK) return status;
  element_load(element, node, element_bytes(handle));
  return th_free(handle->heap, address, TH_BLOCK_NODE);
}

// ---- walking, under the lock ----

// Where a walk is; all zero before the first node and behind the last.
typedef struct walk {
  th_address address;
  th_node *node;
  uint64_t sequence;
} walk;

// Whether a node of that sequence and with that link back may follow in the walk.
static inline bool follows(const th_handle *handle, const walk *at, uint64_t sequence,
                           th_address back, bool forward) {
  if (back != at->address || sequence > list_of(handle)->sequence) return false;
  return !at->node || (forward ? sequence > at->sequence : sequence < at->sequence);
}

// Moves to the next node, from tail to head unless forward. The fields of `at` are set one by one:
// a copy of the struct would wait for the stores before it.
static inline th_status step(const th_handle *handle, walk *at, bool forward) {
  const th_list *list = list_of(handle);
  if (at->address == (forward ? list->tail : list->head)) {
    at->address = 0;
    at->node = NULL;
    at->sequence = 0;
    return TH_OK;
  }
  th_address address = forward ? list->head : list->tail;
  if (at->node) address = th_load_relaxed(forward ? &at->node->next : &at->node->previous);
  th_node *node = node_at(handle, address);
  if (!node) return th__object_corrupt(handle);
  const uint64_t sequence = th_load_relaxed(&node->sequence);
  const th_address back = th_load_relaxed(forward ? &node->previous : &node->next);
  if (!follows(handle, at, sequence, back, forward)) return th__object_corrupt(handle);
  at->address = address;
  at->node = node;
  at->sequence = sequence;
  return TH_OK;
}

// The node at an index, which exists.
static th_status seek(const th_handle *handle, uint32_t index, walk *at) {
  const th_list *list = list_of(handle);
  const bool forward = index < list->length / 2;
  const uint32_t steps = forward ? index : list->length - 1 - index;
  for (uint32_t i = 0; i <= steps; i++) {
    const th_status status = step(handle, at, forward);
    if (status != TH_OK) return status;
    if (!at->node) return th__object_corrupt(handle);
  }
  return TH_OK;
}

// The node at an index, counted from the end when negative; none when there is none.
static th_status seek_any(const th_handle *handle, int64_t index, walk *at) {
  const int64_t length = list_of(handle)->length;
  if (index < 0) index += length;
  *at = (walk){0};
  return index < 0 || index >= length ? TH_OK : seek(handle, (uint32_t)index, at);
}

// ---- the public calls ----

static th_status append(const th_handle *handle, arrivals *added) {
  th_status status = nodes_make(handle, added);
  if (status != TH_OK) return status;
  status = th__object_lock(handle);
  if (status == TH_OK) {
    status = link_last(handle, added);
    th__object_unlock(handle);
  }
  if (status != TH_OK) nodes_free(handle, added->nodes, added->count);
  return status;
}

// Bytes of an element, of a list that is live.
static th_status element_bytes_find(const th_handle *handle, uint32_t *bytes) {
  // Pairs with the release in create: bytes of the next list of this slot come with its
  // generation, or with 0, and the check sees that.
  *bytes = th_load_acquire(&list_of(handle)->element_bytes);
  return th_object_check(handle);
}

th_status th_list_push(const th_handle *handle, const void *element, th_list_place *place) {
  th_address address;
  arrivals added = {.elements = element, .count = 1, .nodes = &address};
  th_status status = element_bytes_find(handle, &added.element_bytes);
  if (status == TH_OK) status = append(handle, &added);
  if (status == TH_OK && place) {
    *place = (th_list_place){.address = address, .sequence = added.sequence};
  }
  return status;
}

th_status th_list_push_many(const th_handle *handle, const void *elements, size_t bytes) {
  arrivals added = {.elements = elements};
  th_status status = element_bytes_find(handle, &added.element_bytes);
  if (status != TH_OK || bytes < added.element_bytes) return status;
  if (bytes / added.element_bytes > UINT32_MAX / sizeof(th_node)) return TH_FULL;
  added.count = (uint32_t)(bytes / added.element_bytes);
  added.nodes = malloc(added.count * sizeof(added.nodes[0]));
  if (!added.nodes) return TH_NO_MEMORY;
  status = append(handle, &added);
  free(added.nodes);
  return status;
}

th_status th_list_at(const th_handle *handle, int64_t index, th_address *element) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  walk at;
  status = seek_any(handle, index, &at);
  th__object_unlock(handle);
  if (status == TH_OK) *element = at.node ? at.address + (th_address)sizeof(th_node) : 0;
  return status;
}

th_status th_list_remove_at(const th_handle *handle, int64_t index, void *element, bool *found) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  walk at;
  status = seek_any(handle, index, &at);
  if (status == TH_OK) {
    *found = at.node != NULL;
    if (at.node) status = remove_node(handle, at.address, at.node, element);
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
    element_load(element, at.node, element_bytes(handle));
    *found = th_element_equals(&shape, element, wanted, count);
    if (*found) return remove_node(handle, at.address, at.node, element);
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
  th_node *node = node_if_current(handle, address, sequence);
  *found = node != NULL;
  if (node) status = remove_node(handle, address, node, element);
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
    element_load(to, at.node, bytes);
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
