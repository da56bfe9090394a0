'use strict';

// JavaScript can write any byte of a heap. Whatever it writes, the process goes on: calls return
// or throw an error with a code, and what was not overwritten is still whole.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, SharedList, SharedMap, SharedString, SharedVector } = require('../lib');
const { CONTROL_GENERATION, CONTROL_LENGTH, CONTROL_SIZE, HEADER_SIZE, NODE_SIZE, NODE_SEQUENCE } =
  require('../lib/binding');
const { assertCode, assertExact, assertSound, dispose } = require('./helpers/check');
const { classes, containers } = require('./helpers/classes');
const { runProgram } = require('./helpers/program');
const { Random, SEED, itRandomly } = require('./helpers/random');

const ROUNDS = 12;

const upTo = (count) => Array.from({ length: count }, (_, i) => i);

// The words of the heap, as they are now.
function wordsOf(heap) {
  return new Uint32Array(heap.buffers[0].buf, 0, (HEADER_SIZE + heap.totalAllocated) / 4);
}

// Where in the heap the bytes of a text are; a copy of it.
function find(heap, text) {
  const bytes = Buffer.from(heap.buffers[0].buf, 0, HEADER_SIZE + heap.totalAllocated);
  const at = bytes.indexOf(text, 0, 'latin1');
  assert.ok(at > 0 && bytes.indexOf(text, at + 1, 'latin1') < 0, `${text} is not there once`);
  return { bytes, at };
}

describe('a heap that is overwritten while it is used', () => {
  const ways = {
    words: 'with random words',
    bytes: 'with random bytes',
    bits: 'by flipped bits',
    fill: 'with one word, in long stretches',
    copies: 'with copies of itself',
    header: 'in its header',
    control: 'in its control blocks',
    nodes: 'with links to other nodes',
    beside: 'by another thread, during calls',
  };
  for (const [way, what] of Object.entries(ways)) {
    it(`${what} neither crashes nor hangs, and goes on allocating soundly`, async () => {
      await runProgram('overwrite.js', way, SEED, ROUNDS);
    }).timeout(70_000);
  }

  it('and is that of a registry keeps none of its calls waiting', async () => {
    await runProgram('overwrite-registry.js', SEED, ROUNDS);
  }).timeout(70_000);
});

describe('a control block that is overwritten', () => {
  for (const { Class, create, read } of containers) {
    describe(`of a ${Class.name}`, () => {
      let heap;
      let object;
      let control;

      beforeEach(() => {
        heap = new MemoryHeap();
        object = create(heap);
        control = wordsOf(heap).subarray(object.pointer / 4, (object.pointer + CONTROL_SIZE) / 4);
      });

      it('in its generation makes no difference', () => {
        const expected = read(object);
        for (const value of [0, 1, 2 ** 32 - 1]) {
          control.fill(value, CONTROL_GENERATION / 4, CONTROL_GENERATION / 4 + 2);
          assert.deepEqual(read(object), expected);
          assert.deepEqual(read(new Class(heap, object.getSharedMemory())), expected);
          assert.doesNotMatch(inspect(object), /freed/);
        }
        object.free();
        assertCode('ERR_TH_FREED', () => read(object));
        assert.equal(heap.currentUsed, 0);
      });

      it('in its length lengthens no copy, and no loop', () => {
        const expected = read(object);
        for (const length of [0, 1, 200, 1000, 2 ** 31, 2 ** 32 - 1]) {
          control[CONTROL_LENGTH / 4] = length;
          assert.deepEqual(read(object), expected);
          inspect(object);
          for (const walk of [
            () => object.forEach?.(() => {}),
            () => object.chunks?.(),
            () => Array.from(object[Symbol.iterator]?.() ?? []),
          ]) {
            try {
              walk();
            } catch (error) {
              assert.equal(error.code, 'ERR_TH_CORRUPT');
            }
          }
        }
        object.free();
        assert.equal(heap.currentUsed, 0);
      });
    });
  }

  it('of a vector shows get and at no element beyond its chunks', () => {
    const heap = new MemoryHeap();
    const vector = new SharedVector(heap);
    for (const i of upTo(5)) vector.push(i);
    wordsOf(heap)[(vector.pointer + CONTROL_LENGTH) / 4] = 2 ** 32 - 1;
    assert.equal(vector.get(4), 4);
    for (const index of [8, 1000, 2 ** 31, 2 ** 32 - 2]) {
      assertCode('ERR_TH_CORRUPT', () => vector.get(index));
      assertCode('ERR_TH_CORRUPT', () => vector.at(index));
    }
    assert.deepEqual(Array.from(vector.pop()), [4]);
    assert.equal(vector.length, 4);
    assert.equal(vector.get(1000), undefined);
  });
});

describe('a list whose nodes are overwritten', () => {
  let heap;
  let list;
  let words;

  // Index of the first word of the i-th node.
  const node = (i) => (list.at(i).byteOffset - NODE_SIZE) / 4;
  const calls = {
    toArray: () => list.toArray(),
    iteration: () => Array.from(list),
    deleteValue: () => list.deleteValue(1e9),
    at: () => upTo(10).map((i) => list.at(i)),
    clear: () => list.clear(),
    free: () => list.free(),
  };

  beforeEach(() => {
    heap = new MemoryHeap();
    list = new SharedList(heap);
    for (const i of upTo(10)) list.push(i);
    words = wordsOf(heap);
  });

  const faults = {
    'lead back to the head': (at) => (words[at(8)] = at(0) * 4),
    'lead back to the head, from both sides': (at) => {
      words[at(5)] = at(0) * 4;
      words[at(4) + 1] = at(9) * 4;
    },
    'lead to themselves': (at) => (words[at(3)] = words[at(3) + 1] = at(3) * 4),
    'lead into another node': (at) => (words[at(3)] = words[at(3) + 1] = at(5) * 4 + 16),
    'lead out of the heap': (at) => (words[at(3)] = words[at(3) + 1] = 2 ** 32 - 16),
    'lead into the header': (at) => (words[at(3)] = words[at(3) + 1] = 16),
    'have equal sequences': (at) => upTo(10).forEach((i) => (words[at(i) + NODE_SEQUENCE / 4] = 1)),
    'are all zero': (at) => upTo(10).forEach((i) => words.fill(0, at(i), at(i) + NODE_SIZE / 4)),
    'are all ones': (at) => upTo(10).forEach((i) => words.fill(~0, at(i), at(i) + NODE_SIZE / 4)),
  };
  for (const [what, apply] of Object.entries(faults)) {
    for (const [name, call] of Object.entries(calls)) {
      it(`so that they ${what} is found corrupt by ${name}, and by every later call`, () => {
        const nodes = upTo(10).map(node);
        apply((i) => nodes[i]);
        assertCode('ERR_TH_CORRUPT', call);
        assertCode('ERR_TH_CORRUPT', () => list.push(1));
        assertCode('ERR_TH_CORRUPT', () => list.shift());
        assertCode('ERR_TH_CORRUPT', () => new SharedList(heap, list.getSharedMemory()));
        assertExact(heap, () => {
          const other = new SharedList(heap);
          for (const i of upTo(100)) other.push(i);
          assert.deepEqual(Array.from(other.toArray()), upTo(100));
          other.free();
        });
      });
    }
  }

  it('so that they lead to the nodes of another list harms neither that list nor the heap', () => {
    const other = new SharedList(heap);
    for (const i of upTo(10)) other.push(i + 100);
    words[node(3)] = other.at(5).byteOffset - NODE_SIZE;
    assertCode('ERR_TH_CORRUPT', () => list.clear());
    assert.deepEqual(Array.from(other.toArray()), upTo(10).map((i) => i + 100));
  });

  it('is still walked to its end by an iteration that began before, or found corrupt', () => {
    const iterator = list[Symbol.iterator]();
    iterator.next();
    words.fill(0, node(0), node(0) + NODE_SIZE / 4);
    let steps = 0;
    try {
      for (const { data } of iterator) steps += data.length;
    } catch (error) {
      assert.equal(error.code, 'ERR_TH_CORRUPT');
    }
    assert.ok(steps < 10);
  });
});

describe('a map whose entries are overwritten', () => {
  it('never returns a stored object that is not as it was stored', () => {
    const heap = new MemoryHeap();
    const map = new SharedMap(heap);
    const value = { name: 'find me in the heap', list: [1, 2, 3] };
    map.set('key', value);
    const { bytes, at } = find(heap, 'find me in the heap');
    for (let i = at - 16; i < at + 30; i++) {
      const original = bytes[i];
      bytes[i] ^= 1;
      assertCode('ERR_TH_CORRUPT', () => new SharedMap(heap, map.getSharedMemory()).get('key'));
      bytes[i] = original;
    }
    assert.deepEqual(map.get('key'), value);
  });

  it('loses the keys that were overwritten, and no other', () => {
    const heap = new MemoryHeap();
    const map = new SharedMap(heap);
    for (const i of upTo(100)) map.set(`the key with the number ${i}!`, i);
    const { bytes, at } = find(heap, 'the key with the number 50!');
    bytes.write('T', at);
    assert.equal(map.get('the key with the number 50!'), undefined);
    for (const i of upTo(100)) {
      if (i !== 50) assert.equal(map.get(`the key with the number ${i}!`), i);
    }
    assert.equal([...map.keys()].length, 100);
    map.clear();
    map.free();
    assert.equal(heap.currentUsed, 0);
  });
});

describe('a string whose text is overwritten', () => {
  it('is that other text, of the same length', () => {
    const heap = new MemoryHeap();
    const string = new SharedString(heap, 'a text to be found in the heap');
    const { bytes, at } = find(heap, 'a text to be found in the heap');
    bytes.write('A', at);
    const other = new SharedString(heap, string.getSharedMemory());
    assert.equal(other.value, 'A text to be found in the heap');
    string.value = 'new';
    assert.equal(other.value, 'new');
  });
});

describe('a freed block or container that is written to', () => {
  itRandomly('damages no allocator state', (random) => {
    const heap = new MemoryHeap();
    for (let round = 0; round < 20; round++) {
      const stale = [];
      for (const { create } of classes) {
        for (let i = 0; i < 10; i++) {
          const object = create(heap);
          const length = random.pick([4, 8]);
          stale.push(new Uint32Array(heap.buffers[0].buf, object.pointer, length));
          object.free();
        }
      }
      for (const view of stale) for (let i = 0; i < view.length; i++) view[i] = random.uint32();
      const blocks = upTo(100).map((i) => heap.allocUI32(i % 9));
      for (const view of stale) view.fill(0);
      assert.equal(new Set(blocks.map(({ pointer }) => pointer)).size, 100);
      for (const block of blocks) {
        assert.equal(block.data.length, blocks.indexOf(block) % 9);
        block.free();
      }
      assertSound(heap);
      assert.equal(heap.currentUsed, 0);
    }
    heap[dispose]();
  });

  it('is seen by none of the containers that came to its place', () => {
    const heap = new MemoryHeap();
    const random = new Random();
    for (const { create, read } of containers) {
      const old = create(heap);
      const kept = new Uint32Array(heap.buffers[0].buf, old.pointer, CONTROL_SIZE / 4);
      old.free();
      const next = create(heap);
      const expected = read(next);
      const { length } = next;
      for (let i = 0; i < kept.length; i++) {
        const word = kept[i];
        kept[i] = random.uint32();
        assert.deepEqual(read(new next.constructor(heap, next.getSharedMemory())), expected);
        kept[i] = word;
      }
      assert.equal(next.length, length);
    }
  });
});
