'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedList, SharedMap, SharedString, SharedVector } = require('..');

// A heap with one container of each kind, filled, and blocks of many sizes.
function fill() {
  const heap = new MemoryHeap();
  const list = new SharedList(heap);
  const map = new SharedMap(heap);
  const vector = new SharedVector(heap, { type: Float64Array, dataLength: 3 });
  const string = new SharedString(heap, 'a text that is not kept inline');
  const blocks = [];
  for (let i = 0; i < 2000; i++) {
    list.push(i);
    vector.push([i, i, i]);
    map.set(`key number ${i}`, `value number ${i}`).set(i, { i });
    blocks.push(heap.alloc(i * 7));
  }
  return { heap, list, map, vector, string, blocks };
}

describe('heap.verify', () => {
  it('has nothing to say of a heap that is sound, filled or emptied', () => {
    const { heap, blocks, ...containers } = fill();
    assert.deepEqual(heap.verify(), []);
    assert.deepEqual(heap.verify({ exclusive: true }), []);
    for (const part of [...blocks, ...Object.values(containers)]) part.free();
    assert.deepEqual(heap.verify({ exclusive: true }), []);
  });

  it('names a container whose memory was overwritten', () => {
    const { heap, list } = fill();
    const image = new Uint8Array(heap.buffers[0].buf);
    image.fill(255, list.at(5).byteOffset - 24, list.at(5).byteOffset);
    const [first] = heap.verify();
    assert.deepEqual(first, { problem: 'a container is corrupt', pointer: list.pointer });
    assert.throws(() => list.at(5), { code: 'ERR_TH_CORRUPT' });
  });

  it('refuses what is no option', () => {
    const heap = new MemoryHeap();
    assert.throws(() => heap.verify({ deep: true }), { code: 'ERR_TH_UNKNOWN_OPTION' });
    assert.throws(() => heap.verify({ exclusive: 1 }), { code: 'ERR_TH_ARG_TYPE' });
    assert.throws(() => heap.verify(7), { code: 'ERR_TH_ARG_TYPE' });
  });
});
