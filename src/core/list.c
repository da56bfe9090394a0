// SPDX-License-Identifier: MIT
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bytes.h"
#include "compiler.h"

static th_list *list_of(const th_handle *handle) {
  return (th_list *)(void *)handle->object;
}

TH_COLD static void mark_corrupt(const th_handle *handle) {
  th__object_corrupt(handle);
}

static inline th_status corrupt(const th_handle *handle) {
  mark_corrupt(handle);
  return TH_CORRUPT;
}

static uint32_t element_bytes(const th_handle *handle) {
  return th_load_relaxed(&list_of(handle)->element_bytes);
}

static void *element_of(th_node *node) {
  return node + 1;
}

// What nodes of this list carry.
static uint64_t owner_of(const th_handle *handle) {
  return (handle->generation & UINT32_MAX) << 32 | handle->object->address;
}

// A search for nodes of one list, under its lock, so that what it has found stays (block.h). What
// does not change is here so that loops keep it in registers.
typedef struct search {
  const th_record *record;
  const th_list *list;
  uint8_t *base; // of the image
  uint64_t owner;
  uint32_t node_bytes;
  th_vicinity near; // where the last node was found
} search;

TH_INLINE search search_of(const th_handle *handle) {
  return (search){
      .record = handle->heap->record,
      .list = list_of(handle),
      .base = handle->heap->base,
      .owner = owner_of(handle),
      .node_bytes = (uint32_t)sizeof(th_node) + element_bytes(handle),
  };
}

// The node at the address if it is a live one of this list, else NULL. A live node as long as ours
// has that tag. So may, far from here, a block of another size; all of it is in the image.
TH_INLINE th_node *node_at(search *s, th_address address) {
  if (address - s->near.start >= s->near.span) {
    const th_vicinity near = th__vicinity_of(s->record, address, TH_BLOCK_NODE, s->node_bytes);
    if (near.span == 0) return NULL;
    s->near = near;
  }
  if (!th__vicinity_has(&s->near, address)) return NULL;
  th_node *node = (th_node *)(void *)(s->base + address);
  return th_load_relaxed(&node->owner) == s->owner ? node : NULL;
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
  th_store_release(&node->owner, owner_of(handle));
  th_bytes_store_element(element_of(node), element, bytes);
}

static void nodes_free(const th_handle *handle, const th_address *nodes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    th_free(handle->heap, nodes[i], TH_BLOCK_NODE);
}

TH_INLINE th_status nodes_make(const th_handle *handle, const arrivals *added) {
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

// The last node cannot have been freed, nor be out of the image (list.h).
TH_INLINE th_status link_last(const th_handle *handle, arrivals *added) {
  th_list *list = list_of(handle);
  th_node *last = list->tail ? th__at(handle->heap, list->tail) : NULL;
  if (last && th_load_relaxed(&last->owner) != owner_of(handle)) return corrupt(handle);
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

// Before it is freed, so that an iterator which remembers it does not take it for one of the list.
static void unmark(th_node *node) {
  th_store_release(&node->owner, 0ull);
  th_store_release(&node->sequence, 0ull);
}

TH_INLINE th_status unlink(const th_handle *handle, search *s, th_address address, th_node *node) {
  th_list *list = list_of(handle);
  const th_address next = th_load_relaxed(&node->next);
  const th_address previous = th_load_relaxed(&node->previous);
  th_node *after = address == list->tail ? NULL : node_at(s, next);
  th_node *before = address == list->head ? NULL : node_at(s, previous);
  const bool sound =
      (after ? th_load_relaxed(&after->previous) == address : address == list->tail) &&
      (before ? th_load_relaxed(&before->next) == address : address == list->head);
  if (!sound || list->length == 0) return corrupt(handle);
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
  unmark(node);
  set_length(handle, list->length - 1);
  return TH_OK;
}

// Removes the node that the search has found last.
TH_INLINE th_status remove_node(const th_handle *handle, search *s, th_address address,
                                th_node *node, void *element) {
  th_run *run = s->near.run;
  const uint32_t index = th__vicinity_index(&s->near, address);
  const th_status status = unlink(handle, s, address, node);
  if (status != TH_OK) return status;
  th_bytes_load_element(element, element_of(node), element_bytes(handle));
  return th__free_found(handle->heap, run, index, address, TH_BLOCK_NODE);
}

// ---- walking, under the lock ----

// Where a walk is: at no node before the first and behind the last.
typedef struct walk {
  search search;
  th_node *node;
  th_address address; // of the node, or 0
  th_address next;    // where its link leads
  uint64_t sequence;  // that the next one has to be beyond
} walk;

TH_INLINE walk walk_from_head(const th_handle *handle) {
  return (walk){.search = search_of(handle), .next = list_of(handle)->head};
}

TH_INLINE walk walk_from_tail(const th_handle *handle) {
  const th_list *list = list_of(handle);
  return (walk){.search = search_of(handle), .next = list->tail, .sequence = list->sequence + 1};
}

TH_INLINE void stand_at(walk *at, th_address address, th_node *node, uint64_t sequence,
                        bool forward) {
  at->node = node;
  at->address = address;
  at->next = th_load_relaxed(forward ? &node->next : &node->previous);
  at->sequence = sequence;
}

// Moves to the next node, from tail to head unless forward.
TH_INLINE th_status step(const th_handle *handle, walk *at, bool forward) {
  const th_list *list = at->search.list;
  if (at->address == (forward ? list->tail : list->head)) {
    at->node = NULL;
    at->address = 0;
    return TH_OK;
  }
  const th_address address = at->next;
  th_node *node = node_at(&at->search, address);
  if (!node) return corrupt(handle);
  const uint64_t sequence = th_load_relaxed(&node->sequence);
  const bool follows =
      th_load_relaxed(forward ? &node->previous : &node->next) == at->address &&
      (forward ? sequence > at->sequence && sequence <= list->sequence : sequence < at->sequence);
  if (!follows) return corrupt(handle);
  stand_at(at, address, node, sequence, forward);
  return TH_OK;
}

// Makes that many steps, to nodes which exist.
static inline th_status steps(const th_handle *handle, walk *at, uint32_t count, bool forward) {
  for (uint32_t i = 0; i < count; i++) {
    const th_status status = step(handle, at, forward);
    if (status != TH_OK) return status;
    if (!at->node) return corrupt(handle);
  }
  return TH_OK;
}

// The node at an index, which exists.
static inline th_status seek(const th_handle *handle, uint32_t index, walk *at) {
  const th_list *list = list_of(handle);
  const bool forward = index < list->length / 2;
  const uint32_t count = forward ? index : list->length - 1 - index;
  *at = forward ? walk_from_head(handle) : walk_from_tail(handle);
  return forward ? steps(handle, at, count + 1, true) : steps(handle, at, count + 1, false);
}

// The node at an index, counted from the end when negative; none when there is none.
static inline th_status seek_any(const th_handle *handle, int64_t index, walk *at) {
  const int64_t length = list_of(handle)->length;
  if (index < 0) index += length;
  at->node = NULL;
  return index < 0 || index >= length ? TH_OK : seek(handle, (uint32_t)index, at);
}

// ---- the public calls ----

TH_INLINE th_status append(const th_handle *handle, arrivals *added) {
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
  walk at = {0};
  status = seek_any(handle, index, &at);
  th__object_unlock(handle);
  if (status == TH_OK) *element = at.node ? at.address + (th_address)sizeof(th_node) : 0;
  return status;
}

// The first or the last node, and nothing else is looked at than what its removal changes.
static th_status remove_end(const th_handle *handle, th_address address, void *element,
                            bool *found) {
  *found = address != 0;
  if (!*found) return TH_OK;
  search s = search_of(handle);
  th_node *node = node_at(&s, address);
  return node ? remove_node(handle, &s, address, node, element) : corrupt(handle);
}

static th_status remove_inner(const th_handle *handle, int64_t index, void *element, bool *found) {
  walk at = {0};
  const th_status status = seek_any(handle, index, &at);
  if (status != TH_OK) return status;
  *found = at.node != NULL;
  return *found ? remove_node(handle, &at.search, at.address, at.node, element) : TH_OK;
}

th_status th_list_remove_at(const th_handle *handle, int64_t index, void *element, bool *found) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  const th_list *list = list_of(handle);
  if (index == 0 || index == -1) {
    status = remove_end(handle, index == 0 ? list->head : list->tail, element, found);
  } else {
    status = remove_inner(handle, index, element, found);
  }
  th__object_unlock(handle);
  return status;
}

// What is looked for, and how elements are compared with it.
typedef struct sought {
  const void *element;
  uint32_t count; // components
  th_element shape;
  uint32_t element_bytes;
  void *space; // for an element
  uint64_t word;
} sought;

typedef enum comparison { BY_VALUE, BY_4_BYTES, BY_8_BYTES } comparison;

static comparison comparison_of(sought *wanted) {
  const uint32_t bytes = wanted->count * th_element_component_bytes(&wanted->shape);
  if ((bytes != 4 && bytes != 8) ||
      !th_element_equals_by_bytes(&wanted->shape, wanted->element, wanted->count)) {
    return BY_VALUE;
  }
  uint32_t half;
  memcpy(&half, wanted->element, sizeof(half));
  wanted->word = half;
  if (bytes == 8) memcpy(&wanted->word, wanted->element, sizeof(wanted->word));
  return bytes == 4 ? BY_4_BYTES : BY_8_BYTES;
}

static inline bool is_sought(th_node *node, const sought *wanted, comparison by) {
  if (by == BY_8_BYTES) return th_load_acquire((th_atomic_u64 *)element_of(node)) == wanted->word;
  if (by == BY_4_BYTES) return th_load_acquire((th_atomic_u32 *)element_of(node)) == wanted->word;
  th_bytes_load_element(wanted->space, element_of(node), wanted->element_bytes);
  return th_element_equals(&wanted->shape, wanted->space, wanted->element, wanted->count);
}

TH_INLINE th_status find(const th_handle *handle, const sought *wanted, walk *at, comparison by) {
  th_status status = step(handle, at, true);
  while (status == TH_OK && at->node && !is_sought(at->node, wanted, by))
    status = step(handle, at, true);
  return status;
}

static th_status remove_equal(const th_handle *handle, const void *element_wanted, uint32_t count,
                              void *element, bool *found) {
  // `element` has room for a whole one, so it serves to compare in.
  sought wanted = {.element = element_wanted,
                   .count = count,
                   .shape = th_list_element(handle),
                   .element_bytes = element_bytes(handle),
                   .space = element};
  walk at = walk_from_head(handle);
  const comparison by = comparison_of(&wanted);
  const th_status status = by == BY_8_BYTES   ? find(handle, &wanted, &at, BY_8_BYTES)
                           : by == BY_4_BYTES ? find(handle, &wanted, &at, BY_4_BYTES)
                                              : find(handle, &wanted, &at, BY_VALUE);
  *found = status == TH_OK && at.node;
  return *found ? remove_node(handle, &at.search, at.address, at.node, element) : status;
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
static th_node *node_if_current(search *s, th_address address, uint64_t sequence) {
  th_node *node = node_at(s, address);
  return node && th_load_relaxed(&node->sequence) == sequence ? node : NULL;
}

th_status th_list_remove_node(const th_handle *handle, th_address address, uint64_t sequence,
                              void *element, bool *found) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  search s = search_of(handle);
  th_node *node = node_if_current(&s, address, sequence);
  *found = node != NULL;
  if (node) status = remove_node(handle, &s, address, node, element);
  th__object_unlock(handle);
  return status;
}

static uint64_t last_sequence(const th_list_batch *batch) {
  return batch->count ? batch->items[batch->count - 1].sequence : 0;
}

// Where an iteration goes on: at the last item of the batch that is still in the list. When none
// is, at the last node that is not newer than the last item.
static th_status resume(const th_handle *handle, const th_list_batch *batch, walk *at) {
  *at = walk_from_head(handle);
  for (uint32_t i = batch->count; i-- > 0;) {
    const th_list_place *place = &batch->items[i];
    th_node *node = node_if_current(&at->search, place->address, place->sequence);
    if (!node) continue;
    stand_at(at, place->address, node, place->sequence, true);
    return TH_OK;
  }
  walk next = *at;
  th_status status = step(handle, &next, true);
  while (status == TH_OK && next.node && next.sequence <= last_sequence(batch)) {
    *at = next;
    status = step(handle, &next, true);
  }
  return status;
}

static th_status next_batch(const th_handle *handle, th_list_batch *batch) {
  walk at = {0};
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
    if (at.sequence <= last) return corrupt(handle);
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
  walk at = walk_from_head(handle);
  for (uint32_t i = 0; i < count; i++, to += bytes) {
    const th_status status = step(handle, &at, true);
    if (status != TH_OK) return status;
    if (!at.node) return corrupt(handle);
    th_bytes_load_element(to, element_of(at.node), bytes);
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

// Frees all nodes, and leaves their links.
static th_status drop_nodes(const th_handle *handle) {
  walk at = walk_from_head(handle);
  th_status status = step(handle, &at, true);
  while (status == TH_OK && at.node) {
    const th_address address = at.address;
    th_node *node = at.node;
    status = step(handle, &at, true);
    unmark(node);
    th_free(handle->heap, address, TH_BLOCK_NODE);
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
  walk at = walk_from_head(handle);
  uint32_t nodes = 0;
  th_status status = step(handle, &at, true);
  for (; status == TH_OK && at.node; status = step(handle, &at, true))
    nodes++;
  reached->blocks[TH_BLOCK_NODE] += nodes;
  if (status == TH_OK && nodes != list_of(handle)->length) return corrupt(handle);
  return status;
}

th_status th_list_verify(const th_handle *handle, th_census *reached) {
  th_status status = th__object_lock(handle);
  if (status != TH_OK) return status;
  status = verify(handle, reached);
  th__object_unlock(handle);
  return status;
}
