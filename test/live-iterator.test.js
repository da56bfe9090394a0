'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { run } = require('./helpers/program');

// A loop that V8 optimises, of a container of that class; then a garbage collection.
const program = (name) => `
  const { MemoryHeap, ${name} } = require(${JSON.stringify(path.join(__dirname, '..'))});
  const container = new ${name}(new MemoryHeap());
  container.pushMany(new Uint32Array(20000));
  const loop = () => {
    let sum = 0;
    for (const element of container) sum += (element.data ?? element)[0];
    return sum;
  };
  for (let pass = 0; pass < 60; pass++) loop();
  console.log('collected');
  gc();
`;

describe('iteration over live views', () => {
  for (const name of ['SharedList', 'SharedVector']) {
    it(`of a ${name} is as fast after a garbage collection that finds no iterator`, async () => {
      const flags = ['--expose-gc', '--no-flush-bytecode', '--trace-deopt'];
      const said = await run([...flags, '-e', program(name)]);
      const [, after] = said.split('collected\n');
      assert.doesNotMatch(after, /<SharedFunctionInfo (loop|next)>.*weak objects/);
    });
  }
});
