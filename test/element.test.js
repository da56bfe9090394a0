'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedList, SharedVector } = require('..');

describe('a value given as an array', () => {
  // Values are handed to the addon through memory that all containers of a thread share.
  for (const Container of [SharedList, SharedVector]) {
    it(`is stored in a ${Container.name} as it shows itself, whatever its getters do`, () => {
      const heap = new MemoryHeap();
      const [container, other] = [1, 2].map(() => new Container(heap, { dataLength: 3 }));
      const values = [1, 2, 3];
      Object.defineProperty(values, 1, { get: () => (other.push([9, 9, 9]), 2) });
      container.push(values);
      assert.deepEqual(Array.from(container.at(0)), [1, 2, 3]);
      assert.deepEqual(Array.from(other.at(0)), [9, 9, 9]);
    });
  }

  it('is read before anything is changed: one bad component and nothing is stored', () => {
    const list = new SharedList(new MemoryHeap(), { dataLength: 3 });
    assert.throws(() => list.push([1, 2, '3']), { code: 'ERR_TH_ARG_TYPE' });
    assert.throws(() => list.push([1, 2n]), { code: 'ERR_TH_ARG_TYPE' });
    assert.equal(list.length, 0);
  });
});
