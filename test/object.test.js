'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { BSON, Binary, Int32, Long, ObjectId } = require('bson');
const { SharedObject } = require('../lib');
const { assertCode } = require('./helpers/check');

const CODECS = ['bson', 'json', 'structured'];

const NESTED = {
  text: 'Łódź 漢字 😀',
  'a key': { 'another key': [[1, [2.5, -0]], [], [{}], [null, true, false]] },
  empty: '',
  numbers: [0, -1, 2 ** 31, 2 ** 53 - 1, 1e308, 5e-324],
};

describe('SharedObject', () => {
  for (const codec of CODECS) {
    it(`keeps an object deeply: ${codec}`, () => {
      const expected = codec === 'json' ? JSON.parse(JSON.stringify(NESTED)) : NESTED;
      const shared = SharedObject.fromObject(NESTED, { codec });
      assert.deepEqual(shared.obj, expected);
      assert.notEqual(shared.obj, NESTED);
      assert.equal(shared.obj, shared.obj);
    });

    it(`has all its bytes in raw, wherever it is in memory: ${codec}`, () => {
      const { raw } = SharedObject.fromObject(NESTED, { codec });
      assert.ok(raw.length > 100);
      const memory = new Uint8Array(new SharedArrayBuffer(3 * raw.length)).fill(7);
      for (const index of [0, 1, raw.length, 2 * raw.length]) {
        memory.set(raw, index);
        const shared = SharedObject.fromMemoryArray(memory, { index, size: raw.length }, { codec });
        assert.deepEqual(shared.raw, raw);
        assert.deepEqual(shared.obj, SharedObject.fromObject(NESTED, { codec }).obj);
        assert.ok(shared.raw.buffer instanceof ArrayBuffer);
      }
    });
  }

  it('is what the object was when it was made', () => {
    const obj = { n: 1 };
    const shared = SharedObject.fromObject(obj);
    obj.n = 2;
    assert.deepEqual(shared.obj, { n: 1 });
  });

  it('can be made by fromObj, and by new from memory', () => {
    const { raw, obj } = SharedObject.fromObj(NESTED);
    assert.deepEqual(obj, NESTED);
    assert.deepEqual(new SharedObject(raw, { index: 0, size: raw.length }).obj, NESTED);
    assert.deepEqual(SharedObject.fromObj([1], { codec: 'json' }).obj, [1]);
  });

  it('is inspected as the object', () => {
    assert.equal(inspect(SharedObject.fromObject({ a: 1 })), 'SharedObject bson { a: 1 }');
  });

  describe('as BSON', () => {
    it('has the bytes of the package bson', () => {
      assert.deepEqual(SharedObject.fromObject(NESTED).raw, BSON.serialize(NESTED));
    });

    it('keeps what BSON has types for, and returns it as the package bson does', () => {
      const obj = {
        date: new Date(86_400_000),
        dates: [[new Date(0)]],
        id: new ObjectId('0123456789abcdef01234567'),
        binary: new Binary(Buffer.from('bytes')),
        bytes: new Uint8Array([1, 2, 3]),
        long: Long.fromString('9007199254740993'),
        int: new Int32(5),
        bigint: 2n ** 60n,
        pattern: /a+/i,
        not: undefined,
        map: new Map([['a', 1]]),
      };
      const read = SharedObject.fromObject(obj).obj;
      assert.deepEqual(read, BSON.deserialize(BSON.serialize(obj)));
      assert.deepEqual(read.date, obj.date);
      assert.deepEqual(read.dates, obj.dates);
      assert.ok(read.id.equals(obj.id) && read.long.equals(obj.long));
      assert.deepEqual(Buffer.from(read.bytes.buffer), Buffer.from([1, 2, 3]));
      assert.equal(read.int, 5);
      assert.ok(!('not' in read));
    });

    // 17 MiB is the room that the package bson has at first; beyond, it cuts off.
    for (const [what, obj] of Object.entries({
      'of one long text': { text: 'x'.repeat(18 * 2 ** 20), last: 1 },
      'of a text that ends on a wide unit': { text: '漢'.repeat(6 * 2 ** 20) },
      'of many numbers': { numbers: Array.from(Array(1_500_000).keys()), last: 1 },
      'of bytes': { bytes: Buffer.alloc(18 * 2 ** 20, 7), last: 1 },
      'that just fills it': { text: 'x'.repeat(17 * 2 ** 20 - 16) },
      'that just does not fill it': { text: 'x'.repeat(17 * 2 ** 20 - 24) },
    })) {
      it(`keeps an object ${what} whole`, () => {
        const { obj: read } = SharedObject.fromObject(obj);
        assert.deepEqual(Object.keys(read), Object.keys(obj));
        assert.ok(read.text === obj.text);
        assert.ok(Buffer.compare(read.bytes?.buffer ?? Buffer.of(), obj.bytes ?? Buffer.of()) === 0);
        assert.deepEqual(read.numbers, obj.numbers);
        assert.equal(read.last, obj.last);
      });
    }

    it('refuses what is no object, and what BSON cannot hold', () => {
      const circular = {};
      circular.self = circular;
      for (const none of [undefined, null, 5, 'text', true, () => {}, [1], circular]) {
        assertCode('ERR_TH_NOT_CLONEABLE', () => SharedObject.fromObject(none), /^obj cannot be/);
      }
    });
  });

  describe('as JSON', () => {
    it('has the text as UTF-8', () => {
      const { raw } = SharedObject.fromObject(NESTED, { codec: 'json' });
      assert.equal(raw.toString(), JSON.stringify(NESTED));
    });

    it('keeps any JSON, and refuses what is none', () => {
      for (const value of [null, 5, 'text', true, [1, [2]], '']) {
        assert.deepEqual(SharedObject.fromObject(value, { codec: 'json' }).obj, value);
      }
      const circular = {};
      circular.self = circular;
      for (const none of [undefined, () => {}, 5n, circular]) {
        assertCode('ERR_TH_NOT_CLONEABLE', () => SharedObject.fromObject(none, { codec: 'json' }));
      }
    });
  });

  describe('structured', () => {
    it('keeps any cloneable value, and refuses what is none', () => {
      const cycle = { map: new Map([[{}, new Set([1n])]]), error: new RangeError('e') };
      cycle.self = cycle;
      for (const value of [undefined, null, 5, 'text', 5n, new Date(3), new Array(2), cycle]) {
        assert.deepEqual(SharedObject.fromObject(value, { codec: 'structured' }).obj, value);
      }
      for (const none of [() => {}, { f() {} }, new SharedArrayBuffer(1), Symbol('s')]) {
        assertCode('ERR_TH_NOT_CLONEABLE', () =>
          SharedObject.fromObject(none, { codec: 'structured' })
        );
      }
    });
  });

  describe('with a codec of its own', () => {
    it('gets back what it gave: text or bytes', () => {
      const seen = [];
      const codec = {
        encode: (value) => (typeof value === 'string' ? value : Uint8Array.from(value)),
        decode: (encoded) => {
          seen.push(typeof encoded);
          return typeof encoded === 'string' ? encoded : [...encoded];
        },
      };
      for (const value of ['', 'text 漢字 😀', [], [1, 2, 255]]) {
        assert.deepEqual(SharedObject.fromObject(value, { codec }).obj, value);
      }
      assert.deepEqual(seen, ['string', 'string', 'object', 'object']);
    });

    it('is called as a method, and its errors pass', () => {
      const codec = {
        encode(value) {
          if (value === 'refused') throw new RangeError('mine');
          return this === codec ? 'yes' : 'no';
        },
        decode(text) {
          assert.equal(text, 'yes');
          throw new RangeError('mine, too');
        },
      };
      assert.throws(() => SharedObject.fromObject('refused', { codec }), { message: 'mine' });
      assert.throws(() => SharedObject.fromObject(1, { codec }).obj, { message: 'mine, too' });
    });

    it('may return nothing but bytes and well-formed text', () => {
      const codec = { encode: (value) => value, decode: () => {} };
      for (const none of [undefined, null, 1, [1], {}, new Uint16Array(1), new ArrayBuffer(1)]) {
        assertCode('ERR_TH_ARG_TYPE', () => SharedObject.fromObject(none, { codec }), /codec.encode/);
      }
      assertCode('ERR_TH_NOT_CLONEABLE', () => SharedObject.fromObject('\ud800', { codec }));
    });
  });

  it('names the argument that is wrong', () => {
    const array = new Uint8Array(8);
    const [encode, decode] = [() => '', () => {}];
    for (const codec of [null, 5, 'yaml', 'toString', 'custom', () => {}, {}, { encode }]) {
      assertCode('ERR_TH_ARG_TYPE', () => SharedObject.fromObject({}, { codec }), /codec/);
    }
    const codec = { encode, decode, name: 'mine' };
    assertCode('ERR_TH_UNKNOWN_OPTION', () => SharedObject.fromObject({}, { codec }), /name/);
    assertCode('ERR_TH_UNKNOWN_OPTION', () => SharedObject.fromObject({}, { code: 'json' }), /code/);
    for (const none of [undefined, [1], new ArrayBuffer(8), new Uint16Array(8)]) {
      assertCode('ERR_TH_ARG_TYPE', () => new SharedObject(none, { index: 0, size: 8 }), /array/);
    }
    assertCode('ERR_TH_ARG_TYPE', () => new SharedObject(array), /bounds/);
    assertCode('ERR_TH_ARG_TYPE', () => new SharedObject(array, { index: 0 }), /bounds.size/);
    for (const bounds of [{ index: 9, size: 0 }, { index: -1, size: 1 }, { index: 4, size: 5 }]) {
      assertCode('ERR_TH_ARG_RANGE', () => new SharedObject(array, bounds), /bounds/);
    }
  });

  it('says of bytes that are no object that they are none', () => {
    const array = new Uint8Array(8).fill(0xff);
    for (const codec of CODECS) {
      const shared = new SharedObject(array, { index: 0, size: 8 }, { codec });
      assertCode('ERR_TH_CORRUPT', () => shared.obj);
    }
  });
});
