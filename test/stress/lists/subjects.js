'use strict';

// A list of blocks, a list of texts, and two locks each with two words that are equal while nobody has
// it. Blocks hold a number and its inverse.

const assert = require('node:assert/strict');
const { AllocatedMemory, SharedString, lock, readLock, readUnlock, takeOverLock, unlock, writeLock,
  writeUnlock } = require('../../..');
const { Blocks, Names, insert, read, valueOf } = require('../../threads/tasks/pointer-list');

const LENGTH_MAX = 200; // of a list, about
const LIMIT = { timeout: 10_000 };
const TEXT = /^name \d+ x*$/;

// The places of two locks and of the words each guards.
const ALONE = { at: 0, a: 1, b: 2, acquire: lock, release: unlock };
const SHARED = { at: 3, a: 5, b: 6, acquire: writeLock, release: writeUnlock };
const WORDS = 7;

function make(heap) {
  const words = heap.allocUI32(WORDS);
  return { heap, blocks: new Blocks(heap), names: new Names(heap), words };
}

function describe({ heap, ...others }) {
  const descriptors = Object.entries(others).map(([name, one]) => [name, one.getSharedMemory()]);
  return Object.fromEntries([['heap', heap.getSharedMemory()], ...descriptors]);
}

function open(heap, { blocks, names, words }) {
  return {
    heap,
    blocks: new Blocks(heap, blocks),
    names: new Names(heap, names),
    words: new AllocatedMemory(heap, words),
  };
}

function insertBlock({ heap, blocks }, random) {
  insert(heap, blocks, random.uint32());
}

// A block that was deleted stays allocated: others may be looking at it.
function deleteBlock({ blocks }, random) {
  let left = random.below(LENGTH_MAX);
  const item = blocks.find(() => left-- === 0);
  if (item) blocks.delete(item);
}

function checkBlocks({ blocks }) {
  blocks.forEach(valueOf);
}

function insertName({ heap, names }, random) {
  names.insert(new SharedString(heap, `name ${random.uint32()} ${'x'.repeat(random.below(40))}`));
}

function deleteName({ names }, random) {
  let left = random.below(LENGTH_MAX);
  for (const { deleteCurrent } of names) if (left-- === 0) return deleteCurrent();
}

function checkNames({ names }) {
  for (const { item } of names) assert.match(read(item) ?? 'name 0 ', TEXT);
}

// A lock is taken over from a thread that has ended, and what that one had half done is finished.
function enter(data, acquire, { at, a, b }) {
  try {
    acquire(data, at, LIMIT);
  } catch (error) {
    if (error.code !== 'ERR_TH_OWNER_DIED') throw error;
    if (!takeOverLock(data, at)) return false;
    data[b] = data[a];
  }
  assert.equal(data[a], data[b], 'what a lock guards is half done');
  return true;
}

function change({ words: { data } }, { acquire, release, ...guarded }) {
  if (!enter(data, acquire, guarded)) return;
  data[guarded.a]++;
  data[guarded.b]++;
  release(data, guarded.at);
}

// Nobody hears of a reader that ends, so only the thread that stays reads.
function readGuarded({ words: { data } }, { at, a, b }) {
  try {
    readLock(data, at, LIMIT);
  } catch (error) {
    if (error.code !== 'ERR_TH_OWNER_DIED') throw error;
    return;
  }
  assert.equal(data[a], data[b], 'what a lock guards is half done');
  readUnlock(data, at);
}

const changeAlone = (subjects) => change(subjects, ALONE);
const changeShared = (subjects) => change(subjects, SHARED);
const readShared = (subjects) => readGuarded(subjects, SHARED);

const uses = [
  [insertBlock, deleteBlock, checkBlocks],
  [insertName, deleteName, checkNames],
  [changeAlone, changeShared],
];

// Does one thing of one kind.
function use(subjects, random) {
  if (subjects.blocks.length > LENGTH_MAX) deleteBlock(subjects, random);
  if (subjects.names.length > LENGTH_MAX) deleteName(subjects, random);
  random.pick(random.pick(uses))(subjects, random);
}

// What has to hold whenever other threads ended.
function check(subjects) {
  for (const look of [checkBlocks, checkNames, changeAlone, changeShared, readShared]) look(subjects);
}

module.exports = { check, describe, make, open, use };
