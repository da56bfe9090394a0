'use strict';

// The package is TypeScript without a build, so it is compiled as it is loaded. What Vite would
// put in place of import.meta.env is put in here.

const { readFileSync } = require('node:fs');
const Module = require('node:module');
const loops = require('../loops');

const { get, set, update, delete: remove, readBack } = loops.map;
const { push, pop, iterate, weigh } = loops.vector;

const NAME = '@daneren2005/shared-memory-objects';
const HEAP = { bufferSize: 2 ** 20 }; // as large as a buffer of it can be

function compile(module, filename) {
  const ts = require('typescript');
  const source = readFileSync(filename, 'utf8').replaceAll('import.meta.env.MODE', "'production'");
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  // pretty-bytes cannot be required, and nothing here prints bytes.
  module.require = (id) =>
    id === 'pretty-bytes' ? String : Module.prototype.require.call(module, id);
  module._compile(ts.transpileModule(source, { compilerOptions }).outputText, filename);
}

function load() {
  Module._extensions['.ts'] = compile;
  return require(NAME);
}

function container(name) {
  return { create: (library) => new library[name](new library.MemoryHeap(HEAP)) };
}

const map = {
  ...container('SharedMap'),
  get,
  set,
  update,
  delete: remove,
  readBack,
};

const memory = {
  entries({ MemoryHeap, SharedMap }, { size, keyOf }) {
    const heap = new MemoryHeap(HEAP);
    const before = heap.currentUsed;
    const made = new SharedMap(heap);
    for (let i = 0; i < size; i++) made.set(keyOf(i), i);
    return (heap.currentUsed - before) / made.length;
  },
  empty: ({ MemoryHeap }) => new MemoryHeap().totalAllocated,
};

const text = {
  create({ MemoryHeap, SharedString }, { count, length }) {
    const heap = new MemoryHeap(HEAP);
    const make = () => new SharedString(heap, 'x'.repeat(length));
    const writers = Array.from({ length: count }, make);
    const readers = writers.map((cell) => new SharedString(heap, cell.getSharedMemory()));
    return { writers, readers };
  },
  ...loops.cells,
};

const block = {
  create({ MemoryHeap }, { size, bytes }) {
    const heap = new MemoryHeap(HEAP);
    return { heap, next: 0, blocks: Array.from({ length: size }, () => heap.allocUI32(bytes / 4)) };
  },
  replace: loops.block.replace,
};

const lock = {
  create: ({ lock: take, unlock }) => ({
    take,
    unlock,
    words: new Int32Array(new SharedArrayBuffer(4)),
  }),
  pairs: loops.lock.pairs,
};

const list = {
  ...container('SharedList'),
  push: (made, { values, count }) => {
    for (let i = 0; i < count; i++) made.insert(values[i]);
  },
  deleteHead: loops.list.deleteHead,
  // It has no shift: the iteration stops after the first.
  shift: (made, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      for (const { data, deleteCurrent } of made) {
        sum += data[0];
        deleteCurrent();
        break;
      }
    }
    return sum;
  },
  iterate: loops.list.iterate,
  deleteValue: loops.list.deleteValue,
};

module.exports = {
  'shared-memory-objects': {
    load,
    slow: {
      'map.update': 200,
      'map.delete': 200,
      'list.deleteHead': 100,
      'list.shift': 100,
      'list.deleteValue': 5,
      'block.replace': 500,
    },
    largest: { map: 1e5 }, // it holds 327,680
    map,
    list,
    vector: { ...container('SharedVector'), push, pop, iterate, weigh },
    text,
    block,
    lock,
    memory,
  },
};
