'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { run } = require('./helpers/program');

const NAMES = ['SharedList', 'SharedVector', 'SharedMap'];
const LISTS = ['SharedList', 'SharedVector'];
const FLAGS = ['--expose-gc', '--no-flush-bytecode', '--trace-deopt'];

// A program whose `loop` V8 optimises before a garbage collection.
const program = (name, loop) => `
  const { MemoryHeap, ${name} } = require(${JSON.stringify(path.join(__dirname, '..'))});
  const heap = new MemoryHeap();
  ${loop}
  for (let pass = 0; pass < 60; pass++) loop();
  console.log('collected');
  gc();
`;

const iteration = (name) => `
  const container = new ${name}(heap);
  container.pushMany(new Uint32Array(20000));
  const loop = () => {
    let sum = 0;
    for (const element of container) sum += (element.data ?? element)[0];
    return sum;
  };
`;

const calls = (name) => `
  const loop = () => {
    const container = new ${name}(heap);
    for (let i = 0; i < 5000; i++) container.push(i);
    for (let i = 0; i < 5000; i++) container.pop();
    container.free();
  };
`;

const mapCalls = `
  const loop = () => {
    const container = new SharedMap(heap);
    for (let i = 0; i < 5000; i++) container.set(i, i);
    for (let i = 0; i < 5000; i++) container.get(i);
    for (let i = 0; i < 5000; i++) container.delete(i);
    container.free();
  };
`;

// Nothing is thrown away of what was optimised.
async function checkKept(source) {
  const said = await run([...FLAGS, '-e', source]);
  const [, after] = said.split('collected\n');
  assert.doesNotMatch(after, /<SharedFunctionInfo (loop|next|push|pop|get|set|delete|find)>.*weak objects/);
}

describe('code that is optimised outlives a garbage collection', () => {
  for (const name of LISTS) {
    it(`of a ${name} that finds no iterator`, () => checkKept(program(name, iteration(name))));
    it(`that finds no ${name}`, () => checkKept(program(name, calls(name))));
  }
  it('that finds no SharedMap', () => checkKept(program('SharedMap', mapCalls)));
});

describe('the heap of the first container of a class', () => {
  it('is not kept alive', async () => {
    const source = `
      const { MemoryHeap, ${NAMES} } = require(${JSON.stringify(path.join(__dirname, '..'))});
      const seen = [];
      (() => {
        const heap = new MemoryHeap();
        seen.push(new WeakRef(heap), new WeakRef(heap.getSharedMemory().memory));
        for (const Class of [${NAMES}]) seen.push(new WeakRef(new Class(heap)));
      })();
      setTimeout(() => {
        gc();
        console.log(seen.map((ref) => ref.deref() === undefined).join());
      });
    `;
    assert.equal(await run(['--expose-gc', '-e', source]), 'true,true,true,true,true\n');
  });
});
