'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { MemoryHeap, SharedMap } = require('..');
const { ABSENT, ASK, MapReader, NUMBER, OTHER, found } = require('../lib/map-reader');
const { SECRET_WORDS, heapSecret } = require('../lib/binding');
const { kControl, kDispose, kNumber } = require('../lib/symbols');
const { itRandomly } = require('./helpers/random');

const NAMES = new Map([
  [ASK, 'ask'],
  [ABSENT, 'absent'],
  [OTHER, 'other'],
]);
const EDGES = [0, 1, -1, 2, 3, -7, 255, 256, 65536, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) - 1, 2 ** 31,
  2 ** 32, -(2 ** 53), 0.5, -0.1, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, NaN];

// th_map_control in the core.
const VERSION = 8;
const INDEX = 16;
const ENTRIES = 20;
const MASK = 24;
const STRIDE = 28;
const META = 16; // of an entry

describe('MapReader', () => {
  let heap, map, reader;

  beforeEach(() => {
    // There may be too many heaps already for one that is in a memory.
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 8192, shared: true });
    heap = new MemoryHeap({ memory });
    map = new SharedMap(heap);
    reader = MapReader.for(map);
  });

  // The number, or what else came of it.
  function get(key) {
    const outcome = typeof key === 'string' ? reader.findText(key) : reader.find(key);
    return outcome === NUMBER ? found[0] : NAMES.get(outcome);
  }

  // Of a map that was split, the first look only tells that.
  function learnOfSplit() {
    assert.equal(get(0), 'ask');
  }

  function view(Type, address, length) {
    return new Type(heap.getSharedMemory().memory.buffer, address, length);
  }

  // The control block of a map.
  function controlOf(shown = map) {
    return new DataView(heap.getSharedMemory().memory.buffer, shown[kControl], 32);
  }

  // As th_hash_words in the core, of a text.
  function hasher() {
    const secret = new BigUint64Array(SECRET_WORDS);
    heapSecret(heap[kNumber], secret);
    const wrap = (n) => BigInt.asUintN(64, n);
    const half = (n) => n & 0xffffffffn;
    const part = (words, a, b) => wrap((half(words) + a) * wrap((words >> 32n) + b));
    return (text) => {
      const bytes = new Uint8Array(16);
      bytes.set(Buffer.from(text, 'latin1'));
      bytes[15] = 6 | (text.length << 4); // the tag
      const [low, high] = new BigUint64Array(bytes.buffer);
      let x = wrap(part(low, secret[0], secret[1]) + part(high, secret[2], secret[3]));
      x = wrap((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
      x = wrap((x ^ (x >> 27n)) * 0x94d049bb133111ebn);
      return x ^ (x >> 31n);
    };
  }

  it('finds what any number has', () => {
    EDGES.forEach((key, i) => map.set(key, i / 3));
    EDGES.forEach((key, i) => assert.equal(get(key), i / 3, key));
    assert.equal(get(-0), 0);
    const [nan] = new Float64Array(BigUint64Array.of(0xfff8000000012345n).buffer);
    assert.equal(get(nan), get(NaN));
  });

  for (const value of [0, -0, 0.1, NaN, Infinity, -Infinity, 2 ** 53, 5e-324]) {
    it(`finds ${Object.is(value, -0) ? '-0' : value} as it is`, () => {
      map.set(1, value);
      assert.ok(Object.is(get(1), value));
    });
  }

  it('tells what is absent from values that it leaves to the addon', () => {
    const values = ['text', '', true, null, undefined, 5n, { a: 1 }];
    assert.equal(get(0), 'absent');
    map.set('7', 1);
    values.forEach((value, i) => map.set(i, value));
    values.forEach((_, i) => assert.equal(get(i), 'other'));
    for (const key of [7, -1, 1e9, 0.5, NaN]) assert.equal(get(key), 'absent');
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
    for (const [text, value] of expected) assert.equal(get(text), value, JSON.stringify(text));
    for (const absent of ['nobody', 'ab\0\0', 'abcdefghijklmo']) assert.equal(get(absent), 'absent');
  });

  it('finds short texts in a map that has no longer ones', () => {
    for (let n = 0; n < 500; n++) map.set(`k${n}`, n);
    for (let n = 0; n < 500; n++) assert.equal(get(`k${n}`), n);
    for (const short of ['', 'k', 'k500', 'k4999999']) assert.equal(get(short), 'absent');
    assert.equal(get('more than 8'), 'absent');
    map.set('more than 8', 1);
    assert.equal(get('more than 8'), 1);
    assert.equal(get('more than 7'), 'absent');
  });

  // In a small table a slot has 16 bits, all of the hash, so keys that share those are compared.
  for (const start of ['', 'abcd', 'the same']) {
    it(`tells texts from '${start}' on apart that have the same slot`, () => {
      const hashOf = hasher();
      const seen = new Map();
      let pairs = 0;
      for (let n = 0; pairs < 3; n++) {
        const text = start + n.toString(36).padStart(6, '-');
        const hash = hashOf(text) & 0xffffn;
        if (seen.has(hash)) {
          pairs++;
          map.clear();
          map.set(seen.get(hash), 1);
          assert.deepEqual([get(seen.get(hash)), get(text)], [1, 'absent']);
          map.set(text, 2);
          assert.deepEqual([get(seen.get(hash)), get(text)], [1, 2]);
        }
        seen.set(hash, text);
      }
    });
  }

  it('finds texts however V8 keeps them', () => {
    const whole = 'one, and two and three';
    const [first, second] = ['alpha', 'beta'];
    map.set('and two', 1).set('alphabeta', 2).set('\xe9t\xe9', 3);
    assert.equal(get(whole.slice(5, 12)), 1);
    assert.equal(get(first + second), 2);
    assert.equal(get('\u0101\xe9t\xe9'.slice(1)), 3); // a part of one that has wide units
  });

  it('leaves texts that are longer, or not of bytes, to the addon', () => {
    const texts = ['fifteen letters', '\ud83d\ude00'];
    for (let length = 1; length <= 14; length++) {
      const text = 'abcdefghijklmn'.slice(0, length);
      for (const unit of text) texts.push(text.replace(unit, '\u0100'));
    }
    map.set('next', 2);
    for (const text of texts) {
      map.set(text, 1);
      assert.equal(get(text), 'ask', text);
      assert.equal(get('next'), 2);
      for (let i = 0; i < 8; i++) assert.equal(map.get(text), 1);
    }
  });

  it('leaves texts to the addon for a while when it has met a value that is no number', () => {
    map.set('name', 'Ada').set('age', 36);
    assert.equal(get('age'), 36);
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

  it('sees at once what is changed, by whatever call', () => {
    const other = new SharedMap(heap, map.getSharedMemory());
    map.set(1, 10).set(2, 20);
    assert.equal(get(1), 10);
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
    assert.equal(get(2), 'absent');
  });

  it('goes on as the map grows, splits and shrinks', () => {
    const most = 20000;
    for (let n = 0; n < most; n++) {
      map.set(n, n);
      if (n === 1194) learnOfSplit();
      assert.equal(get(n), n);
      assert.equal(get(n >> 1), n >> 1);
    }
    for (let n = 0; n < most; n++) {
      assert.equal(get(n), n);
      map.delete(n);
      assert.equal(get(n), 'absent');
    }
  });

  it('finds keys in wide tables', () => {
    for (let n = 0; n < 100; n++) map.set(n, n).set(`long key ${n}`, n);
    for (let n = 0; n < 100; n++) assert.equal(get(n), n);
  });

  it('finds keys in tables whose slots have 32 bits', () => {
    const count = 15e5;
    const keys = Int32Array.from({ length: count }, (_, n) => n);
    map.setMany(keys, keys);
    assert.ok(map.maxHash > 256 * 2 ** 13);
    learnOfSplit();
    for (let n = 0; n < count; n += 101) assert.equal(get(n), n);
    map.free();
  }).timeout(60000);

  it('finds keys that are as many in one table as they can be', () => {
    for (let n = 0; n < 1194; n++) map.set(n * 7919, n);
    for (let n = 0; n < 1194; n++) assert.equal(get(n * 7919), n);
  });

  it('reads in a heap that has grown since', () => {
    map.set(1, 1);
    assert.equal(get(1), 1);
    heap.alloc(2 ** 24);
    for (let n = 0; n < 5000; n++) map.set(n, n);
    learnOfSplit();
    for (let n = 0; n < 5000; n++) assert.equal(get(n), n);
  });

  it('leaves a map that is corrupt to the addon', () => {
    map.set(1, 5).set(2, 6).set(3, 7).set(4, 8);
    assert.equal(get(1), 5);
    const control = controlOf();
    const second = control.getUint32(ENTRIES, true) + control.getUint32(STRIDE, true);
    view(Uint8Array, second + META, 2)[1] = 9; // the key of an entry is of a type that no key has
    const grow = () => [97, 98, 99].forEach((key) => map.set(key, 1));
    assert.throws(grow, { code: 'ERR_TH_CORRUPT' });
    assert.equal(get(1), 'ask');
    assert.throws(() => map.get(1), { code: 'ERR_TH_CORRUPT' });
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

  it('leaves a map that is being changed to the addon', () => {
    map.set(1, 1);
    const control = controlOf();
    const version = control.getBigUint64(VERSION, true);
    control.setBigUint64(VERSION, version + 1n, true); // of a writer that is at work
    assert.equal(get(1), 'ask');
    assert.equal(map.get(1), 1);
    control.setBigUint64(VERSION, version, true);
    assert.equal(get(1), 1);
  });

  // The first is at no multiple of anything, the other behind the memory.
  for (const address of [0xf0000001, 0xf0000000]) {
    for (const place of [INDEX, ENTRIES]) {
      it(`leaves a table to the addon that is said to be at ${address}, by word ${place}`, () => {
        map.set(1, 1);
        controlOf().setUint32(place, address, true);
        for (const key of [1, 'text']) assert.match(get(key), /ask|absent/);
        assert.equal(get(1), 'ask');
        assert.equal(map.get(1), 1);
        assert.equal(map.has(1), true);
      });
    }

    it(`leaves the tables of a large map to the addon that are said to be at ${address}`, () => {
      for (let n = 0; n < 2000; n++) map.set(n, n);
      learnOfSplit();
      assert.equal(get(1), 1);
      const places = new DataView(controlOf().buffer, controlOf().getUint32(INDEX, true), 256 * 32);
      for (let shard = 0; shard < 256; shard++) {
        places.setUint32(shard * 32 + INDEX - VERSION, address, true);
      }
      for (let n = 0; n < 2000; n++) assert.deepEqual([get(n), map.get(n)], ['ask', n]);
    });
  }

  it('has the directory from the addon, whatever the control block says', () => {
    for (let n = 0; n < 2000; n++) map.set(n, n);
    controlOf().setUint32(INDEX, 4096, true);
    learnOfSplit();
    for (let n = 0; n < 2000; n++) assert.equal(get(n), n);
  });

  it('comes to an end in an index that has no empty slot', () => {
    map.set(1, 1);
    const control = controlOf();
    const slots = view(Uint16Array, control.getUint32(INDEX, true), control.getUint32(MASK, true) + 1);
    slots.fill(0xffff);
    assert.equal(get(12345), 'ask');
    assert.equal(get('text'), 'ask');
  });

  it('writes nothing to the memory', () => {
    for (let n = 0; n < 3000; n++) map.set(n, n).set(`text ${n}`, n);
    const before = view(Uint8Array, 0).slice();
    for (let n = -3000; n < 4000; n++) [n, `text ${n}`, 'a', n + 0.5].forEach(get);
    assert.deepEqual(Buffer.compare(view(Uint8Array, 0).slice(), before), 0);
  });

  it('is a module that has nothing of its own in the memory', () => {
    const module = new WebAssembly.Module(fs.readFileSync(require.resolve('../lib/map-reader.wasm')));
    assert.deepEqual(WebAssembly.Module.imports(module), [
      { module: 'env', name: 'memory', kind: 'memory' },
    ]);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    exports.configure(0, 1n, 2n, 3n, 4n);
    assert.ok(Number.isNaN(exports.findNumber(4096, 1, 7)));
    assert.equal(exports.lastOutcome(), ASK);
    assert.ok(new Uint8Array(memory.buffer).every((byte) => byte === 0));
  });

  it('reads in a memory of the program, behind what is reserved', () => {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 1000, shared: true });
    heap = new MemoryHeap({ memory, reserve: 65536 });
    map = new SharedMap(heap);
    reader = MapReader.for(map);
    for (let n = 0; n < 5000; n++) map.set(n, n / 2).set(`t${n}`, n);
    learnOfSplit();
    for (let n = 0; n < 5000; n++) assert.deepEqual([get(n), get(`t${n}`)], [n / 2, n]);
    assert.equal(get(-1), 'absent');
  });

  it('is not needed: a map goes without where none can be made', () => {
    const { Instance } = WebAssembly;
    WebAssembly.Instance = class {
      constructor() {
        throw new RangeError('WebAssembly.Instance(): Out of memory');
      }
    };
    try {
      const other = new SharedMap(new MemoryHeap());
      assert.equal(MapReader.for(other), undefined);
      other.set(1, 2).set('text', 3);
      assert.deepEqual([other.get(1), other.get('text'), other.has(2)], [2, 3, false]);
    } finally {
      WebAssembly.Instance = Instance;
    }
  });
});
