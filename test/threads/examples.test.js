'use strict';
/* eslint-disable prefer-const -- the examples are as in the documentation */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { MemoryHeap, SharedList, SharedMap, SharedString } = require('../..');
const { Names } = require('./tasks/pointer-list');
const { withTimeout } = require('./sync');

// The examples by which users know these classes, word for word but for indentation; the worker's half of each is in
// fixture/. `thread` is a Worker, `self` the scope of one.
describe('threads: examples', () => {
  let thread;

  function start(program) {
    thread = new Worker(path.join(__dirname, 'fixture', program));
  }

  afterEach(() => thread?.terminate());

  function handled() {
    return withTimeout(once(thread, 'message'), 'the worker to handle the message');
  }

  it('update blocks of memory from a thread', async () => {
    start('example-memory.js');

    let heap = new MemoryHeap();
    let memory = heap.allocUI32(4);

    // Pass memory to another thread
    thread.postMessage({
      heap: heap.getSharedMemory(),
      memory: memory.getSharedMemory()
    });

    await handled();
    assert.deepEqual(memory.data, new Uint32Array([0, 0, 5, 0]));
  });

  it('work with data structures from a thread', async () => {
    start('example-list.js');

    let heap = new MemoryHeap();
    let list = new SharedList(heap);

    // Pass memory to another thread
    thread.postMessage({
      heap: heap.getSharedMemory(),
      list: list.getSharedMemory()
    });

    await handled();
    assert.equal(list.length, 1);
    assert.deepEqual(Array.from(list, ({ data }) => data[0]), [5]);
  });

  // That of docs/coming-from-shared-memory-objects.md.
  it('a list of names and a map of scores', async () => {
    start('example-names.js');
    const heap = new MemoryHeap();
    const names = new Names(heap);
    const scores = new SharedMap(heap);
    for (const name of ['Ada', 'Grace']) names.insert(new SharedString(heap, name));

    thread.postMessage({
      heap: heap.getSharedMemory(),
      names: names.getSharedMemory(),
      scores: scores.getSharedMemory(),
    });
    scores.add('Ada', 1);

    await handled();
    assert.deepEqual([scores.get('Ada'), scores.get('Grace'), scores.size], [2, 1, 2]);
  });

  it('two objects for one list', () => {
    thread = undefined;
    let memory = new MemoryHeap();

    let mainList = new SharedList(memory);
    let secondList = new SharedList(memory, mainList.getSharedMemory());

    mainList.push(1);
    secondList.push(2);
    assert.deepEqual(Array.from(mainList.toArray()), [1, 2]);
    assert.deepEqual(Array.from(secondList.toArray()), [1, 2]);
  });
});
