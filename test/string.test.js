'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, SharedList, SharedString, getPointer } = require('../lib');
const { assertCode, assertExact, assertSound, dispose, fill } = require('./helpers/check');
const { itRandomly } = require('./helpers/random');

const TEXTS = {
  'the empty text': '',
  'one unit': 'a',
  'eight units': '12345678',
  'nine units': '123456789',
  'four wide units': '漢字漢字',
  'five wide units': '漢字漢字漢',
  'Latin-1': 'Ünïcödé ÿ and more of it',
  'a text with a NUL in it': 'a\0b and so on',
  'only NULs': '\0'.repeat(20),
  'pairs of surrogates': '😀 and 👩‍👩‍👧 and more',
  'lone surrogates': '\ud800 x \udfff \ude00\ud83d',
  'every Latin-1 unit': String.fromCharCode(...Array(256).keys()),
  'a million units': 'abcdefghij'.repeat(100_000),
  'a million wide units': '漢字かな交じり文。😀'.repeat(100_000),
  'one wide unit behind a million others': `${'a'.repeat(1_000_000)}漢`,
};

describe('SharedString', () => {
  let heap;

  beforeEach(() => {
    heap = new MemoryHeap();
  });

  afterEach(() => assertSound(heap));

  describe('value', () => {
    for (const [what, text] of Object.entries(TEXTS)) {
      it(`can be ${what}`, () => {
        const string = new SharedString(heap, text);
        const other = new SharedString(heap, string.getSharedMemory());
        assert.equal(string.length, text.length);
        assert.ok(string.value === text && other.value === text);
        string.value = 'something else';
        assert.equal(other.value, 'something else');
        other.value = text;
        assert.ok(string.value === text);
        assert.equal(string.length, text.length);
        assertExact(heap, () => new SharedString(heap, text).free());
      });
    }

    it('can be given as text or as { value }', () => {
      assert.equal(new SharedString(heap, 'text').value, 'text');
      assert.equal(new SharedString(heap, { value: 'text' }).value, 'text');
      assert.equal(new SharedString(heap, { value: '' }).value, '');
    });

    it('is nothing but a string', () => {
      const string = new SharedString(heap, 'old');
      for (const value of [undefined, null, 1, 1n, true, {}, ['a'], Symbol('s'), Object('a')]) {
        assertCode('ERR_TH_ARG_TYPE', () => (string.value = value), /value/);
        assertCode('ERR_TH_ARG_TYPE', () => new SharedString(heap, { value }), /value/);
      }
      assert.equal(string.value, 'old');
    });

    it('is never stale, though blocks and lengths are the same again', () => {
      const writer = new SharedString(heap, 'aaaa aaaa aaaa');
      const reader = new SharedString(heap, writer.getSharedMemory());
      assert.equal(reader.value, 'aaaa aaaa aaaa');
      for (const letter of 'bcdefghijklmnopqrstuvwxyz'.repeat(20)) {
        writer.value = 'x'.repeat(14);
        writer.value = letter.repeat(14);
        assert.equal(reader.value, letter.repeat(14));
        assert.equal(writer.value, letter.repeat(14));
      }
    });

    it('is never stale when another string has come to the same place', () => {
      for (let i = 0; i < 100; i++) {
        const string = new SharedString(heap, `text number ${i}`);
        assert.equal(string.value, `text number ${i}`);
        string.free();
      }
    });

    itRandomly('is what any handle has set last', (random) => {
      const handles = [new SharedString(heap, 'first')];
      for (let i = 0; i < 4; i++) handles.push(new SharedString(heap, handles[0].getSharedMemory()));
      let expected = 'first';
      for (let i = 0; i < 5000; i++) {
        if (random.chance(0.5)) {
          expected = random.text(random.pick([4, 10, 300]));
          random.pick(handles).value = expected;
        }
        assert.equal(random.pick(handles).value, expected);
        assert.equal(random.pick(handles).length, expected.length);
      }
      handles[3].free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('the argument', () => {
    it('is a string or an object, without unknown keys', () => {
      for (const config of [undefined, null, 1, true, 1n, () => {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedString(heap, config), /config/);
      }
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new SharedString(heap, { valeu: 'a' }), /valeu/);
      assertCode('ERR_TH_ARG_TYPE', () => new SharedString(heap, {}), /bufferPosition/);
      for (const none of [undefined, null, {}, 1, new SharedString(heap, '')]) {
        assertCode('ERR_TH_ARG_TYPE', () => new SharedString(none, 'text'), /heap/);
      }
    });
  });

  describe('pointer', () => {
    it('rebuilds the string by itself', () => {
      const string = new SharedString(heap, 'text');
      assert.equal(new SharedString(heap, getPointer(string.pointer)).value, 'text');
      const { bufferPosition, bufferByteOffset } = string.getSharedMemory();
      assert.deepEqual(getPointer(string.pointer), { bufferPosition, bufferByteOffset });
    });

    it('can be kept in a list, which frees the string', () => {
      const names = new SharedList(heap, { type: Uint32Array });
      names.onDelete = (data) => new SharedString(heap, getPointer(data[0])).free();
      for (const name of ['Ada', 'Grace', 'a longer name than these']) {
        names.push(new SharedString(heap, name).pointer);
      }
      const read = Array.from(names, ({ data }) => `${new SharedString(heap, getPointer(data[0]))}`);
      assert.deepEqual(read, ['Ada', 'Grace', 'a longer name than these']);
      names.clear();
      names.free();
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('over a block', () => {
    it('of zeros is the empty string, for every handle the same', () => {
      const block = heap.allocUI32(SharedString.ALLOCATE_COUNT);
      const a = new SharedString(heap, block.getSharedMemory());
      const b = new SharedString(heap, getPointer(block.pointer));
      assert.equal(a.value, '');
      assert.equal(a.length, 0);
      b.value = 'a text that needs a block';
      assert.equal(a.value, 'a text that needs a block');
      assert.equal(new SharedString(heap, a.getSharedMemory()).value, b.value);
      assert.equal(a.pointer, block.pointer);
    });

    it('and given a value, gets that value', () => {
      const block = heap.allocUI32(SharedString.ALLOCATE_COUNT);
      const a = new SharedString(heap, { ...block.getSharedMemory(), value: 'first' });
      assert.equal(a.value, 'first');
      const b = new SharedString(heap, { ...block.getSharedMemory(), value: 'second' });
      assert.equal(a.value, 'second');
      const c = new SharedString(heap, { ...b.getSharedMemory(), value: '' });
      assert.equal(a.value, '');
      c.value = 'third';
      assert.equal(b.value, 'third');
    });

    it('leaves the block to the user, zeroed, when it is freed', () => {
      const block = heap.allocUI32(8);
      const place = block.getArrayMemory(4, SharedString.ALLOCATE_COUNT);
      assertExact(heap, () => {
        const string = new SharedString(heap, { ...place, value: 'a text that needs a block' });
        string.value = 'another text that needs one';
        string.free();
      });
      assert.ok(block.data.every((word) => word === 0));
      assert.equal(new SharedString(heap, place).value, '');
    });

    it('that holds something else is refused, and stays as it is', () => {
      const block = heap.allocUI32(4);
      block.data.set([1, 2, 3, 4]);
      assertExact(heap, () => {
        const config = { ...block.getSharedMemory(), value: 'text' };
        assertCode('ERR_TH_BAD_DESCRIPTOR', () => new SharedString(heap, config));
      });
      assert.deepEqual(Array.from(block.data), [1, 2, 3, 4]);
      const list = new SharedList(heap, { initWithBlock: block });
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new SharedString(heap, block.getSharedMemory()));
      list.push(1);
      assert.equal(list.length, 1);
    });
  });

  describe('free', () => {
    it('gives back what the string took, exactly', () => {
      for (const text of Object.values(TEXTS)) {
        assertExact(heap, () => {
          const string = new SharedString(heap, text);
          string.value = 'another';
          string.value = text;
          string.free();
        });
      }
      assert.equal(heap.currentUsed, 0);
    });
  });

  describe('in a full heap', () => {
    it('refuses a text, keeps the old one, and goes on after something was freed', () => {
      const small = new MemoryHeap({ maxSize: 64 * 1024 });
      const string = new SharedString(small, 'old text, in a block');
      const blocks = fill(small);
      const long = 'long'.repeat(5000);
      assertExact(small, () => {
        assertCode('ERR_TH_OUT_OF_MEMORY', () => (string.value = long));
        assertCode('ERR_TH_OUT_OF_MEMORY', () => new SharedString(small, long));
        assertCode('ERR_TH_OUT_OF_MEMORY', () => new SharedString(small, { value: long }));
      });
      assert.equal(string.value, 'old text, in a block');
      string.value = 'short';
      assert.equal(string.value, 'short');
      for (const block of blocks) block.free();
      string.value = long;
      assert.equal(string.value, long);
      string.free();
      assert.equal(small.currentUsed, 0);
    });

    it('leaves a zeroed block as it is when there is no room for its text', () => {
      const small = new MemoryHeap({ maxSize: 64 * 1024 });
      const block = small.allocUI32(SharedString.ALLOCATE_COUNT);
      const config = { ...block.getSharedMemory(), value: 'long'.repeat(50_000) };
      assertExact(small, () => {
        assertCode('ERR_TH_OUT_OF_MEMORY', () => new SharedString(small, config));
      });
      assert.deepEqual(Array.from(block.data), [0, 0, 0, 0]);
    });

    it('does not fail for texts longer than 125,000 units when there is room', () => {
      const string = new SharedString(heap, '');
      for (const length of [125_000, 200_000, 500_000]) {
        string.value = 'x'.repeat(length);
        assert.equal(string.value.length, length);
      }
    });
  });

  describe('toString', () => {
    it('is the value', () => {
      const string = new SharedString(heap, 'text');
      assert.equal(string.toString(), 'text');
      assert.equal(`${string}`, 'text');
    });
  });

  describe('Symbol.dispose', () => {
    it('frees the string, and does nothing when it is freed already', () => {
      const string = new SharedString(heap, 'a text that needs a block');
      const other = new SharedString(heap, string.getSharedMemory());
      string[dispose]();
      assert.equal(heap.currentUsed, 0);
      string[dispose]();
      other[dispose]();
      assertCode('ERR_TH_FREED', () => other.value);
    });
  });

  describe('util.inspect', () => {
    it('shows the text, and that it is freed', () => {
      const string = new SharedString(heap, "it's");
      assert.equal(inspect(string), `SharedString "it's"`);
      assert.equal(inspect({ string }), `{ string: SharedString "it's" }`);
      string.free();
      assert.equal(inspect(string), 'SharedString <freed>');
    });
  });
});
