'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { CachedItemList, MemoryHeap, SharedList, SharedString, getPointer } = require('../lib');
const { assertCode, assertExact, assertSound, dispose, fill } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

class Names extends CachedItemList {
  made = 0;

  initItem(pointer) {
    this.made++;
    return new SharedString(this.heap, getPointer(pointer));
  }

  get remembered() {
    return this.cache;
  }

  get pointers() {
    return this.list;
  }
}

// An object that is told by its pointer alone.
class Box {
  constructor(memory) {
    this.memory = memory;
    this.pointer = memory.pointer;
  }

  free() {
    this.memory.free();
  }
}

class Boxes extends CachedItemList {
  initItem(pointer) {
    return new Box(this.heap.getSharedAlloc(getPointer(pointer)));
  }
}

describe('CachedItemList', () => {
  let heap, names, start;

  beforeEach(() => {
    heap = new MemoryHeap();
    start = heap.currentUsed;
    names = new Names(heap);
  });

  afterEach(() => assertSound(heap));

  function add(text, list = names) {
    const string = new SharedString(heap, text);
    list.insert(string);
    return string;
  }

  function texts(list = names) {
    return list.map(({ value }) => value);
  }

  function items(list) {
    return Array.from(list, ({ item }) => item);
  }

  function openOther() {
    return new Names(heap, names.getSharedMemory());
  }

  it('holds the very objects that were inserted', () => {
    const strings = ['a', 'b', 'c'].map((text) => add(text));
    assert.equal(names.length, 3);
    assert.deepEqual(items(names), strings);
    assert.ok(items(names).every((item, i) => item === strings[i]));
    assert.equal(names.getByPointer(strings[1].pointer), strings[1]);
    assert.equal(names.remembered.size, 3);
    assert.equal(names.made, 0);
  });

  it('makes one object for each item in another handle', () => {
    const strings = ['a', 'b', 'c'].map((text) => add(text));
    const other = openOther();
    assert.equal(other.remembered.size, 0);
    const made = other.getByPointer(strings[0].pointer);
    assert.notEqual(made, strings[0]);
    assert.equal(other.getByPointer(strings[0].pointer), made);
    assert.equal(items(other)[0], made);
    assert.deepEqual(items(other), items(other));
    assert.equal(other.made, 3);
    strings[0].value = 'changed';
    assert.equal(made.value, 'changed');
  });

  it('finds, filters, maps and calls back', () => {
    for (const text of ['one', 'two', 'three']) add(text);
    assert.equal(names.find(({ value }) => value.startsWith('t')).value, 'two');
    assert.equal(names.find(() => false), undefined);
    const long = names.filter(({ length }) => length > 3);
    assert.deepEqual(long.map(({ value }) => value), ['three']);
    assert.deepEqual(names.map(({ length }) => length), [3, 3, 5]);
    const seen = [];
    names.forEach(({ value }) => seen.push(value));
    names.forEach(({ value }) => seen.push(value), ({ length }) => length > 3);
    assert.deepEqual(seen, ['one', 'two', 'three', 'three']);
  });

  it('passes over what initItem knows nothing of', () => {
    add('a');
    const pointer = add('b').pointer;
    const other = openOther();
    const { initItem } = Names.prototype;
    other.initItem = (p) => (p === pointer ? undefined : initItem.call(other, p));
    assert.deepEqual(texts(other), ['a']);
    assert.equal(other.getByPointer(pointer), undefined);
    assert.equal(other.length, 2);
  });

  describe('delete', () => {
    it('frees the item, exactly', () => {
      const string = new SharedString(heap, 'text, long enough for a block of its own');
      const before = heap.currentUsed;
      names.insert(string);
      assert.equal(names.delete(string), true);
      assertCode('ERR_TH_FREED', () => string.value);
      assert.equal(names.delete(string), false);
      assert.equal(names.length, 0);
      assert.equal(names.remembered.size, 0);
      assert.ok(heap.currentUsed < before);
    });

    it('takes another object for the item, too', () => {
      const string = add('a');
      const object = new SharedString(heap, string.getSharedMemory());
      assert.equal(openOther().delete(object), true);
      assertCode('ERR_TH_FREED', () => string.value);
      assert.deepEqual(texts(), []);
    });

    it('is done by deleteCurrent as the iteration goes on', () => {
      for (let i = 0; i < 600; i++) add(`${i}`);
      for (const { item, deleteCurrent } of openOther()) {
        if (Number(item.value) % 3) assert.equal(deleteCurrent(), true);
      }
      assert.deepEqual(texts(), Array.from({ length: 200 }, (_, i) => `${3 * i}`));
      assert.equal(names.remembered.size, 200, 'of the others nothing is remembered');
    });

    it('does not find in a list what another one holds', () => {
      const other = new Names(heap);
      const string = add('a', other);
      assert.equal(names.delete(string), false);
      assert.equal(string.value, 'a');
      other.free();
    });
  });

  // At the pointer of an object that another thread deleted, there may be another one by now.
  it('makes a new object for a new item at the pointer of an old one', () => {
    const other = openOther();
    const pointers = new Set();
    for (let round = 0; round < 50; round++) {
      const text = `round ${round}`;
      const string = add(text);
      pointers.add(string.pointer);
      assert.deepEqual(texts(other), [text]);
      assert.equal(other.getByPointer(string.pointer).value, text);
      assert.equal(names.delete(string), true);
      const next = add(`after ${text}`);
      assert.equal(other.getByPointer(next.pointer).value, `after ${text}`);
      assert.equal(other.delete(next), true);
      assert.deepEqual(texts(), []);
    }
    assert.ok(pointers.size < 50, 'the pointers were not used again');
  });

  it('makes a new object for a new block at the pointer of an old one', () => {
    const boxes = new Boxes(heap);
    const other = new Boxes(heap, boxes.getSharedMemory());
    let repeats = 0;
    for (let words = 1; words < 5; words++) {
      const box = new Box(heap.allocUI32(words));
      boxes.insert(box);
      const [seen] = items(other);
      assert.equal(seen.memory.data.length, words);
      const { pointer } = box;
      boxes.delete(box);
      const next = new Box(heap.allocUI32(words));
      boxes.insert(next);
      if (next.pointer === pointer) {
        assert.notEqual(items(other)[0], seen);
        repeats++;
      }
      boxes.delete(next);
    }
    assert.ok(repeats > 0, 'no pointer was used again');
    boxes.free();
  });

  describe('clear', () => {
    it('frees the items that any handle inserted', () => {
      const other = openOther();
      const empty = heap.currentUsed;
      for (let i = 0; i < 100; i++) add(`text number ${i}, long enough`, i % 2 ? names : other);
      names.clear();
      assert.equal(names.length, 0);
      assert.equal(names.remembered.size, 0);
      assert.equal(heap.currentUsed, empty);
      add('again');
      assert.deepEqual(texts(other), ['again']);
    });

    it('goes on behind an item that could not be freed', () => {
      const [string] = [add('a'), add('b')];
      string.free();
      assertCode('ERR_TH_FREED', () => names.clear());
      assert.deepEqual(texts(), ['b']);
      names.clear();
      assert.equal(names.length, 0);
    });
  });

  describe('free', () => {
    it('gives back the items and the list', () => {
      for (let i = 0; i < 10; i++) add(`${i}`);
      const other = openOther();
      assert.equal(texts(other).length, 10);
      other.free();
      assert.equal(heap.currentUsed, start);
      assertCode('ERR_TH_FREED', () => names.free());
      assertCode('ERR_TH_FREED', () => names.length);
      assertCode('ERR_TH_FREED', () => [...names]);
      assertCode('ERR_TH_FREED', () => names.clear());
    });

    it('is what Symbol.dispose does, once', () => {
      add('a');
      const other = openOther();
      other[dispose]();
      names[dispose]();
      other[dispose]();
      assert.equal(heap.currentUsed, start);
    });
  });

  it('can have its name in a block of the user', () => {
    const block = heap.allocUI32(CachedItemList.ALLOCATE_COUNT);
    assert.equal(CachedItemList.ALLOCATE_COUNT, SharedList.ALLOCATE_COUNT);
    const list = new Names(heap, { initWithBlock: block.getSharedMemory() });
    add('a', list);
    assert.deepEqual(texts(new Names(heap, { firstBlock: block.getSharedMemory() })), ['a']);
    list.free();
    block.free();
  });

  it('throws what initItem throws, and loses nothing', () => {
    const { pointer } = add('a');
    const error = new Error('of the subclass');
    const other = openOther();
    other.initItem = () => {
      throw error;
    };
    assert.throws(() => [...other], error);
    assert.throws(() => other.getByPointer(pointer), error);
    assert.deepEqual(texts(), ['a']);
    const base = new CachedItemList(heap, names.getSharedMemory());
    assertCode('ERR_TH_ARG_TYPE', () => [...base], /initItem/);
  });

  it('refuses what is no item, and callbacks that are none', () => {
    for (const item of [undefined, null, 1, 'a']) {
      assertCode('ERR_TH_ARG_TYPE', () => names.insert(item), /item/);
      assertCode('ERR_TH_ARG_TYPE', () => names.delete(item), /item/);
    }
    assertCode('ERR_TH_ARG_TYPE', () => names.insert({ pointer: 16 }), /item\.free/);
    assertCode('ERR_TH_ARG_TYPE', () => names.insert({ pointer: '16', free() {} }), /pointer/);
    for (const pointer of [0, -16, 1.5, 2 ** 32]) {
      assertCode('ERR_TH_ARG_RANGE', () => names.insert({ pointer, free() {} }), /pointer/);
      assertCode('ERR_TH_ARG_RANGE', () => names.getByPointer(pointer), /pointer/);
    }
    for (const method of ['forEach', 'find', 'filter', 'map']) {
      assertCode('ERR_TH_ARG_TYPE', () => names[method](), /callback/);
    }
    assertCode('ERR_TH_ARG_TYPE', () => names.forEach(() => {}, 1), /filter/);
    assert.equal(names.length, 0);
    const pairs = new SharedList(heap, { dataLength: 2 });
    assertCode('ERR_TH_BAD_DESCRIPTOR', () => new Names(heap, pairs.getSharedMemory()));
  });

  it('takes no item into a full heap, which stays the caller\'s', () => {
    heap = new MemoryHeap({ maxSize: 65536 });
    names = new Names(heap);
    add('a');
    const string = new SharedString(heap, 'b');
    const blocks = fill(heap);
    const pushed = names.length;
    assertCode('ERR_TH_OUT_OF_MEMORY', () => {
      for (;;) names.pointers.push(string.pointer);
    });
    assertCode('ERR_TH_OUT_OF_MEMORY', () => names.insert(string));
    assert.equal(names.remembered.size, 1);
    while (names.length > pushed) names.pointers.pop();
    for (const block of blocks) block.free();
    names.insert(string);
    assert.deepEqual(texts(), ['a', 'b']);
  });

  // Several handles, of which some are asked seldom; freed strings give their places to new ones.
  itRandomly('does what an array of texts does, in every handle', (random) => {
    const model = [];
    const handles = [names, openOther(), openOther()];
    for (let i = 0; i < 3000; i++) {
      const handle = random.pick(handles);
      const at = random.below(model.length + 1);
      const item = items(handle)[at];
      const ways = {
        insert: () => model.push(add(`text ${i}`, handle).value),
        delete: () => assert.equal(handle.delete(item), model.splice(at, 1).length === 1),
        deleteCurrent: () => {
          let index = 0;
          for (const { deleteCurrent } of handle) if (index++ === at) assert.ok(deleteCurrent());
          model.splice(at, 1);
        },
        write: () => (item.value = model[at] = `changed ${i}`),
        getByPointer: () => assert.equal(handle.getByPointer(item.pointer), item),
        find: () => assert.equal(handle.find(({ value }) => value === model[at]), item),
        clear: () => {
          if (random.chance(0.95)) return;
          handle.clear();
          model.length = 0;
        },
      };
      const way = item ? random.pick(Object.keys(ways)) : 'insert';
      ways[way]();
      assert.deepEqual(texts(handle), model);
      assert.equal(handle.remembered.size, model.length);
    }
    for (const handle of handles) assert.deepEqual(texts(handle), model);
    names.free();
    assert.equal(heap.currentUsed, start);
  });

  it('shows what it is', () => {
    assert.match(inspect(names), /^Names SharedList\(0\)/);
  });

  it('frees no more than it took', () => {
    assertExact(heap, () => {
      const list = new Names(heap);
      for (let i = 0; i < 10; i++) add(`item ${i}`, list);
      list.free();
    });
  });
});
