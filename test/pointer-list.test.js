'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, SharedList, SharedPointerList } = require('../lib');
const { assertCode, assertExact, assertSound, dispose, fill } = require('./helpers/check');

class Ship {
  constructor(memory) {
    this.memory = memory;
  }

  get name() {
    return this.memory.data[0];
  }
}

class Ships extends SharedPointerList {
  createItem(memory) {
    return new Ship(memory);
  }
}

describe('SharedPointerList', () => {
  let heap, ships;

  beforeEach(() => {
    heap = new MemoryHeap();
    ships = new Ships(heap);
  });

  afterEach(() => assertSound(heap));

  function launch(name, words = 4) {
    const memory = heap.allocUI32(words);
    memory.data[0] = name;
    const ship = new Ship(memory);
    ships.insert(ship);
    return ship;
  }

  function names(list = ships) {
    return Array.from(list, ({ name }) => name);
  }

  it('holds items in the order in which they came', () => {
    for (let i = 0; i < 600; i++) launch(i);
    assert.equal(ships.length, 600);
    assert.deepEqual(names(), Array.from({ length: 600 }, (_, i) => i));
    assert.ok([...ships].every((ship) => ship instanceof Ship));
    const seen = [];
    ships.forEach(({ name }) => seen.push(name));
    assert.deepEqual(seen, names());
    assert.equal(ships.find(({ name }) => name > 41).name, 42);
    assert.equal(ships.find(() => false), undefined);
  });

  it('is the same in every handle', () => {
    const other = new Ships(new MemoryHeap(heap.getSharedMemory()), ships.getSharedMemory());
    launch(1).memory.data[1] = 5;
    assert.deepEqual(names(other), [1]);
    const [ship] = other;
    ship.memory.data[1]++;
    assert.equal([...ships][0].memory.data[1], 6);
    assert.equal(other.delete(ship), true);
    assert.equal(ships.length, 0);
  });

  it('deletes the pointer and leaves the block', () => {
    const [one, two] = [launch(1), launch(2)];
    assert.equal(ships.delete(one), true);
    assert.equal(ships.delete(one), false);
    assert.deepEqual(names(), [2]);
    assert.equal(one.name, 1);
    one.memory.free();
    assert.equal(ships.delete(new Ship(two.memory)), true, 'another object for the block');
  });

  it('passes over blocks that are freed, and can be freed itself then', () => {
    const [, two] = [launch(1), launch(2), launch(3)];
    two.memory.free();
    assert.deepEqual(names(), [1, 3]);
    assert.equal(ships.length, 3);
    ships.free();
  });

  it('goes on when an item is deleted in the body', () => {
    for (let i = 0; i < 10; i++) launch(i);
    const seen = [];
    for (const ship of ships) {
      seen.push(ship.name);
      if (ship.name % 2) assert.equal(ships.delete(ship), true);
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(names(), [0, 2, 4, 6, 8]);
  });

  describe('free', () => {
    it('gives back the items and the list', () => {
      assertExact(heap, () => {
        const list = new Ships(heap);
        for (let i = 0; i < 100; i++) list.insert(new Ship(heap.allocUI32(i)));
        list.free();
      });
    });

    it('leaves nothing to use', () => {
      const { memory } = launch(1);
      ships.free();
      const spare = heap.allocUI32(1);
      for (const call of [
        () => ships.free(),
        () => ships.length,
        () => ships.insert(new Ship(spare)),
        () => ships.delete(new Ship(spare)),
        () => [...ships],
        () => ships.getSharedMemory(),
        () => memory.getSharedMemory(),
      ]) {
        assertCode('ERR_TH_FREED', call);
      }
    });

    it('calls free of those that have one', () => {
      const freed = [];
      class Fleet extends SharedPointerList {
        createItem(memory) {
          return { memory, free: () => freed.push(memory.pointer) };
        }
      }
      const fleet = new Fleet(heap);
      const blocks = [heap.allocUI32(1), heap.allocUI32(2)];
      for (const memory of blocks) fleet.insert({ memory });
      fleet.free();
      assert.deepEqual(freed, blocks.map(({ pointer }) => pointer));
      for (const block of blocks) block.free();
    });

    it('can go on after an item that could not be freed', () => {
      let failures = 1;
      class Fleet extends SharedPointerList {
        createItem(memory) {
          const free = () => {
            if (failures-- > 0) throw new Error('not now');
            memory.free();
          };
          return { memory, free };
        }
      }
      const fleet = new Fleet(heap);
      for (let i = 0; i < 3; i++) fleet.insert({ memory: heap.allocUI32(1) });
      assert.throws(() => fleet.free(), /not now/);
      assert.equal(fleet.length, 2);
      fleet.free();
    });
  });

  it('can have its name in a block of the user', () => {
    const block = heap.allocUI32(SharedList.ALLOCATE_COUNT);
    const list = new Ships(heap, { initWithBlock: block.getSharedMemory() });
    list.insert(new Ship(heap.allocUI32(1)));
    assert.equal(new Ships(heap, { firstBlock: block.getSharedMemory() }).length, 1);
    list.free();
    block.free();
  });

  it('refuses what is no item', () => {
    const { memory } = launch(1);
    for (const item of [undefined, null, 1, 'ship']) {
      assertCode('ERR_TH_ARG_TYPE', () => ships.insert(item), /item/);
      assertCode('ERR_TH_ARG_TYPE', () => ships.delete(item), /item/);
    }
    for (const item of [{}, { memory: null }, { memory: {} }, { pointer: memory.pointer }]) {
      assertCode('ERR_TH_ARG_TYPE', () => ships.insert(item), /item\.memory/);
    }
    const foreign = new MemoryHeap({ bufferSize: 2 ** 20 }).alloc(900_000);
    const far = { bufferPosition: 9, bufferByteOffset: foreign.bufferByteOffset };
    assertCode('ERR_TH_BAD_DESCRIPTOR', () => ships.insert({ memory: far }), /heap/);
    const gone = heap.allocUI32(1);
    gone.free();
    assertCode('ERR_TH_BAD_DESCRIPTOR', () => ships.insert(new Ship(gone)));
    assert.deepEqual(names(), [1]);
  });

  it('refuses what is no list of pointers', () => {
    const pairs = new SharedList(heap, { dataLength: 2 });
    const signed = new SharedList(heap, { type: Int32Array });
    for (const list of [pairs, signed]) {
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new Ships(heap, list.getSharedMemory()));
    }
    assert.equal(new Ships(heap, new SharedList(heap).getSharedMemory()).length, 0);
    assertCode('ERR_TH_ARG_TYPE', () => new Ships(heap, null), /config/);
    assertCode('ERR_TH_UNKNOWN_OPTION', () => new Ships(heap, { type: Uint32Array }), /type/);
    assertCode('ERR_TH_ARG_TYPE', () => new Ships({}), /heap/);
  });

  it('needs createItem and callbacks', () => {
    launch(1);
    const list = new SharedPointerList(heap, ships.getSharedMemory());
    assertCode('ERR_TH_ARG_TYPE', () => [...list], /createItem/);
    assertCode('ERR_TH_ARG_TYPE', () => ships.forEach(), /callback/);
    assertCode('ERR_TH_ARG_TYPE', () => ships.find(1), /callback/);
    const error = new Error('of the subclass');
    ships.createItem = () => {
      throw error;
    };
    assert.throws(() => [...ships], error);
  });

  it('takes no item into a full heap, and keeps those it has', () => {
    heap = new MemoryHeap({ maxSize: 65536 });
    ships = new Ships(heap);
    const ship = launch(7);
    const blocks = fill(heap);
    const more = new Ship(blocks[0]);
    assertCode('ERR_TH_OUT_OF_MEMORY', () => {
      for (;;) ships.insert(more);
    });
    assert.equal(names()[0], 7);
    while (ships.delete(more));
    for (const block of blocks) block.free();
    assert.equal(ships.delete(ship), true);
  });

  it('is freed by Symbol.dispose, once', () => {
    launch(1);
    const other = new Ships(heap, ships.getSharedMemory());
    other[dispose]();
    ships[dispose]();
    ships[dispose]();
    assertCode('ERR_TH_FREED', () => ships.length);
  });

  it('shows what it is', () => {
    assert.match(inspect(ships), /^Ships SharedList\(0\)/);
    ships.free();
    assert.match(inspect(ships), /^Ships SharedList <freed>/);
  });
});
