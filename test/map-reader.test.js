'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('..');
const { ABSENT, ASK, MapReader, NUMBER, OTHER, found } = require('../lib/map-reader');
const { ENTRY_META, TABLE_ID, TABLE_VERSION, TABULATION_SIZE, heapTabulation, mapShow } =
  require('../lib/binding');
const { imageOf } = require('../lib/image');
const { callHot, results } = require('../lib/retry');
const { kControl, kDispose, kHandle, kNumber, kReader } = require('../lib/symbols');
const { itRandomly } = require('./helpers/random');

const NAMES = new Map([
  [ASK, 'ask'],
  [ABSENT, 'absent'],
  [OTHER, 'other'],
]);
const EDGES = [0, 1, -1, 2, 3, -7, 255, 256, 65536, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1, 2 ** 30];

describe('MapReader', () => {
  let heap, map, reader;

  beforeEach(() => {
    heap = new MemoryHeap();
    map = new SharedMap(heap);
    reader = MapReader.for(map);
    if (!reader) this.skip(); // not on this processor
  });

  // What the reader finds when it knows the table.
  function read(key) {
    const learn = typeof key === 'string' ? 'learnText' : 'learn';
    for (let i = 0; i < 4; i++) reader[learn](key, true); // one of them does
    return get(key);
  }

  // The number, or what else came of it.
  function get(key) {
    const outcome = typeof key === 'string' ? reader.findText(key) : reader.find(key);
    return outcome === NUMBER ? found[0] : NAMES.get(outcome);
  }

  function addressOfTable(shard = 0) {
    callHot(heap, mapShow, map[kHandle], shard);
    return results[1];
  }

  it('finds the numbers of int32 keys, up to the ends of their range', () => {
    for (const key of EDGES) map.set(key, key / 3);
    for (const key of EDGES) assert.equal(read(key), key / 3, key);
    assert.equal(get(-0), 0);
  });

  for (const value of [0, -0, 0.1, NaN, Infinity, -Infinity, 2 ** 53, 5e-324]) {
    it(`finds ${Object.is(value, -0) ? '-0' : value} as it is`, () => {
      map.set(1, value);
      assert.ok(Object.is(read(1), value));
    });
  }

  it('tells what is absent from values and keys that it leaves to the addon', () => {
    const values = ['text', '', true, null, undefined, 5n, { a: 1 }];
    map.set(2 ** 31, 1).set(0.5, 1).set('7', 1);
    values.forEach((value, i) => map.set(i, value));
    values.forEach((_, i) => assert.equal(read(i), 'other'));
    for (const key of [2 ** 31, 0.5, NaN, Infinity]) assert.equal(read(key), 'ask');
    for (const key of [7, -1, 1e9]) assert.equal(read(key), 'absent');
  });

  it('finds the numbers of texts of up to 14 units below 256, whatever they are', () => {
    const texts = [''];
    for (let unit = 0; unit < 256; unit++) texts.push(String.fromCharCode(unit));
    for (let at = 0; at < 14; at++) {
      const padded = 'abcdefghijklmn'.slice(0, at);
      for (const unit of [0, 1, 127, 128, 255]) {
        texts.push(padded + String.fromCharCode(unit), padded.padEnd(13, String.fromCharCode(unit)));
      }
    }
    const expected = new Map([...new Set(texts)].map((text, i) => [text, i / 3]));
    for (const [text, value] of expected) map.set(text, value);
    for (const [text, value] of expected) assert.equal(read(text), value, JSON.stringify(text));
    for (const absent of ['nobody', 'ab\0\0', 'abcdefghijklmo']) assert.equal(read(absent), 'absent');
  });

  it('finds short texts in a map that has no longer ones', () => {
    for (let n = 0; n < 500; n++) map.set(`k${n}`, n);
    for (let n = 0; n < 500; n++) assert.equal(read(`k${n}`), n);
    for (const short of ['', 'k', 'k500', 'k4999999']) assert.equal(read(short), 'absent');
    assert.equal(read('more than 8'), 'ask');
    map.set('more than 8', 1);
    assert.equal(read('more than 8'), 1);
    assert.equal(read('more than 7'), 'absent');
  });

  // By what the end of a text adds to its hash.
  for (const start of ['', 'the same']) {
    it(`tells texts from '${start}' on apart that have the same hash`, () => {
      const words = new Uint32Array(TABULATION_SIZE / 4);
      heapTabulation(heap[kNumber], words);
      const seen = new Map();
      let [one, other] = [];
      for (let n = 0; other === undefined; n++) {
        const end = n.toString(36).padStart(6, '-');
        let hash = 0;
        for (let i = 0; i < 6; i++) hash ^= words[(start.length + i) * 256 + end.charCodeAt(i)];
        if (seen.has(hash)) [one, other] = [start + seen.get(hash), start + end];
        seen.set(hash, end);
      }
      map.set(one, 1);
      assert.equal(read(one), 1);
      assert.equal(read(other), 'absent');
      map.set(other, 2);
      assert.deepEqual([get(one), get(other)], [1, 2]);
    });
  }

  it('finds texts however V8 keeps them', () => {
    const whole = 'one, and two and three';
    const [first, second] = ['alpha', 'beta'];
    map.set('and two', 1).set('alphabeta', 2).set('\xe9t\xe9', 3);
    assert.equal(read(whole.slice(5, 12)), 1);
    assert.equal(read(first + second), 2);
    assert.equal(read('\u0101\xe9t\xe9'.slice(1)), 3); // a part of one that has wide units
  });

  it('leaves texts that are longer, or not of bytes, to the addon', () => {
    for (const text of ['fifteen letters', '\u0100', 'abcd\u0100', 'abc\u0100ef', '\ud83d\ude00']) {
      map.set(text, 1);
      assert.equal(read(text), 'ask', text);
      for (let i = 0; i < 8; i++) assert.equal(map.get(text), 1);
    }
  });

  it('leaves texts to the addon for a while when it has met a value that is no number', () => {
    map.set('name', 'Ada').set('age', 36);
    assert.equal(read('age'), 36);
    assert.equal(get('name'), 'other');
    assert.equal(get('age'), 36);
    reader.rest(); // as map.get('name') has its own do
    let asked = 0;
    while (get('age') === 'ask') asked++;
    assert.equal(asked, 32);
    assert.equal(get('age'), 36);
  });

  itRandomly('agrees with the addon on any text', (random) => {
    const expected = new Map();
    for (let round = 0; round < 3000; round++) {
      const text = random.text(16);
      map.set(text, round);
      expected.set(text, round);
    }
    for (let pass = 0; pass < 5; pass++) {
      for (const [text, value] of expected) assert.equal(map.get(text), value);
    }
    for (let i = 0; i < 3000; i++) {
      const text = random.text(16);
      assert.equal(map.get(text), expected.get(text));
      assert.equal(map.has(text), expected.has(text));
    }
  });

  it('knows no table before it was told', () => {
    map.set(1, 1);
    assert.equal(get(1), 'ask');
    assert.equal(map.get(2), undefined);
    assert.equal(read(1), 1);
  });

  it('sees at once what is changed, by whatever call', () => {
    const other = new SharedMap(heap, map.getSharedMemory());
    map.set(1, 10).set(2, 20);
    assert.equal(read(1), 10);
    other.set(1, 11);
    assert.equal(get(1), 11);
    other.add(1, 1);
    assert.equal(get(1), 12);
    other.setMany([1], [13]);
    assert.equal(get(1), 13);
    other.set(1, 'text');
    assert.equal(get(1), 'other');
    other.set(1, 14);
    assert.equal(get(1), 14);
    other.delete(1);
    assert.equal(get(1), 'absent');
    assert.equal(get(2), 20);
    other.clear();
    assert.equal(read(2), 'ask'); // there is no table
  });

  it('goes on as the map grows, splits and shrinks', () => {
    const most = 20000;
    for (let n = 0; n < most; n++) {
      map.set(n, n);
      assert.equal(read(n), n);
      assert.equal(read(n >> 1), n >> 1);
    }
    for (let n = 0; n < most; n++) {
      assert.equal(read(n), n);
      map.delete(n);
      assert.match(String(read(n)), /absent|ask/);
    }
  });

  it('finds keys in wide tables', () => {
    for (let n = 0; n < 100; n++) map.set(n, n).set(`long key ${n}`, n);
    for (let n = 0; n < 100; n++) assert.equal(read(n), n);
  });

  it('finds keys in tables whose slots have 32 bits', () => {
    const count = 3e6;
    const keys = Int32Array.from({ length: count }, (_, n) => n);
    map.setMany(keys, keys);
    assert.ok(map.maxHash > 64 * 2 ** 16);
    for (let n = 0; n < count; n += 101) assert.equal(read(n), n);
    map.free();
  }).timeout(60000);

  it('finds keys that are as many in one table as they can be', () => {
    for (let n = 0; n < 1023; n++) map.set(n * 7919, n);
    for (let n = 0; n < 1023; n++) assert.equal(read(n * 7919), n);
  });

  it('reads in a heap that has grown since', () => {
    map.set(1, 1);
    assert.equal(read(1), 1);
    heap.alloc(2 ** 24);
    for (let n = 0; n < 5000; n++) map.set(n, n);
    for (let n = 0; n < 5000; n++) assert.equal(read(n), n);
  });

  it('is told of tables by `has`, too', () => {
    map.set(1, 'text');
    for (let i = 0; i < 4; i++) assert.equal(map.has(1), true);
    assert.equal(map[kReader].find(1), OTHER);
    assert.equal(map[kReader].find(2), ABSENT);
  });

  it('leaves a map that is corrupt to the addon, wherever its control block is', () => {
    const { byteLength } = imageOf(heap);
    const first = new SharedMap(heap).set(1, 1); // whose table is free when the last one needs one
    let last;
    do last = new SharedMap(heap);
    while (last[kControl] < byteLength);
    first.delete(1);
    last.set(1, 5).set(2, 6).set(3, 7).set(4, 8);
    for (let i = 0; i < 5; i++) assert.equal(last.get(1), 5);
    callHot(heap, mapShow, last[kHandle], 0);
    const [, , entries, , , stride] = results;
    const image = heap.buffers[0].buf;
    const meta = new Uint8Array(image, entries + 2 * stride + ENTRY_META, 2);
    meta[1] = 9; // the key of an entry is of a type that no key has
    assert.throws(() => last.set(99, 1), { code: 'ERR_TH_CORRUPT' });
    assert.throws(() => last.get(1), { code: 'ERR_TH_CORRUPT' });
  });

  it('is not needed for a map that is seen through another object', () => {
    map.set(1, 1);
    for (const seen of [new Proxy(map, {}), Object.create(map)]) {
      for (let i = 0; i < 5; i++) assert.ok(seen.get(1) === 1 && seen.has(1) && !seen.has(2));
    }
    for (const other of [{}, [], () => {}]) {
      for (const name of ['get', 'has']) {
        assert.throws(() => map[name].call(other, 1), { code: 'ERR_TH_ARG_TYPE' });
      }
    }
  });

  it('leaves a map that was freed, and a heap that was closed, to the addon', () => {
    const other = new SharedMap(heap, map.getSharedMemory());
    map.set(1, 1);
    assert.equal(other.get(1), 1);
    assert.equal(other.get(1), 1);
    map.free();
    assert.throws(() => other.get(1), { code: 'ERR_TH_FREED' });
    const last = new SharedMap(heap).set(1, 1);
    assert.equal(last.get(1), 1);
    assert.equal(last.get(1), 1);
    heap[kDispose]();
    assert.throws(() => last.get(1), { code: 'ERR_TH_FREED' });
  });

  // What lies where a table was, when there is no other.
  it('takes nothing for a table that has another id, or is being changed', () => {
    map.set(1, 1);
    assert.equal(read(1), 1);
    const table = addressOfTable();
    const image = heap.buffers[0].buf;
    const version = new Int32Array(image, table + TABLE_VERSION, 1);
    const id = new Float64Array(image, table + TABLE_ID, 1);
    const [rightVersion] = version;
    const [rightId] = id;
    id[0] = 1.5;
    assert.equal(get(1), 'ask');
    id[0] = rightId;
    assert.equal(get(1), 1);
    version[0] = rightVersion + 1; // of a writer that is at work
    assert.equal(get(1), 'ask');
    version[0] = rightVersion;
    assert.equal(get(1), 1);
  });

  it('takes no table that was freed for one, whatever is written over its version', () => {
    for (let n = 0; n < 4; n++) map.set(n, n);
    assert.equal(read(1), 1);
    const table = addressOfTable();
    const image = heap.buffers[0].buf;
    const [version] = new Int32Array(image, table + TABLE_VERSION, 1);
    for (let n = 4; n < 100; n++) map.set(n, n);
    map.set(1, 'text');
    new Int32Array(image, table + TABLE_VERSION, 1)[0] = version;
    assert.equal(get(1), 'ask');
  });
});
