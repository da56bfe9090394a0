'use strict';

// Blocks as items of lists, which hold [value, ~value], and texts.

const { CachedItemList, SharedPointerList, SharedString, getPointer } = require('../../..');

class Blocks extends SharedPointerList {
  createItem(memory) {
    return { memory };
  }
}

class Names extends CachedItemList {
  initItem(pointer) {
    return new SharedString(this.heap, getPointer(pointer));
  }
}

function insert(heap, blocks, value) {
  const memory = heap.allocUI32(2);
  memory.data.set([value, ~value]);
  blocks.insert({ memory });
}

function valueOf({ memory }) {
  const [value, inverse] = memory.data;
  if (inverse !== ~value >>> 0) throw new Error(`torn block ${value}, ${inverse}`);
  return value;
}

// Inserts values of its own, and deletes two of three, whose blocks it keeps until nobody
// looks any more.
function churnBlocks({ heap, list }, { id, each, random, signals, count }) {
  const blocks = new Blocks(heap, list.getSharedMemory());
  const deleted = [];
  for (let i = 0; i < each; i++) {
    insert(heap, blocks, id * each + i);
    if (i % 3) continue;
    const own = blocks.find((item) => Math.floor(valueOf(item) / each) === id && random(2));
    if (!own) continue;
    if (!blocks.delete(own)) throw new Error('another thread deleted what is mine');
    deleted.push(own);
  }
  signals.meet(count + 1);
  for (const { memory } of deleted) memory.free();
  return deleted.length;
}

// Frees the items of the list beside others that do.
function freeBlocks({ heap, list }, { signals, count }) {
  const blocks = new Blocks(heap, list.getSharedMemory());
  signals.meet(count + 1);
  try {
    blocks.free();
    return 'freed';
  } catch (error) {
    return error.code;
  }
}

// Inserts texts, changes and deletes those of anybody; whoever deletes one frees it. What it reads
// is a text that somebody wrote. Returns how many it inserted and deleted.
function churnNames({ heap, list }, { id, each, random, signals, count }) {
  const names = new Names(heap, list.getSharedMemory());
  let inserted = 0;
  let deleted = 0;
  signals.meet(count + 1);
  for (let i = 0; i < each; i++) {
    names.insert(new SharedString(heap, `name ${id} ${i} ${'x'.repeat(random(30))}`));
    inserted++;
    let left = random(6);
    for (const { item, deleteCurrent } of names) {
      const text = read(item);
      if (text !== undefined && !/^name \d+ \d+ x*$/.test(text)) throw new Error(`torn: ${text}`);
      if (random(3) === 0 && deleteCurrent()) deleted++;
      if (left-- === 0) break;
    }
  }
  return inserted - deleted;
}

// Another thread may free the item between the look at the list and this.
function read(string) {
  try {
    return string.value;
  } catch (error) {
    if (error.code !== 'ERR_TH_FREED') throw error;
    return undefined;
  }
}

module.exports = { Blocks, Names, churnBlocks, churnNames, freeBlocks, insert, read, valueOf };
