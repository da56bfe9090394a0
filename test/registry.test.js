'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MemoryHeap, Registry, SharedMap, bind } = require('../lib');
const { MAP_DIRECTORY, assertCode, assertRejects, assertSound, dispose, fill } =
  require('./helpers/check');
const { collectGarbage } = require('./helpers/garbage');

const LARGE = 2 ** 26;

const WRONG_KEYS = [
  ['ERR_TH_ARG_RANGE', [0, -1, 1.5, NaN, Infinity, 2 ** 53]],
  ['ERR_TH_ARG_TYPE', ['1', 1n, null, undefined, {}, [1]]],
];

const VALUES = {
  numbers: [0, -0, NaN, 1.5, -1, Infinity],
  texts: ['', 'suh', '漢字', 'long '.repeat(100), '\0', '\0\0', '\x001.1 2.3', '\0text'],
  'other primitives': [true, false, null, undefined, 2n ** 100n],
  objects: [{ a: [1, { b: null }] }, [1, , 3], new Map([[1, new Set('a')]]), new Date(5), /a/g], // eslint-disable-line no-sparse-arrays
  buffers: [new Uint8Array([1, 2]), new Float64Array([1.5]), new Uint8Array([1, 2, 3]).buffer],
};

// A registry over a heap that can be filled.
function createIn(heap) {
  const [entries, locks, members] = [1, 2, 3].map(() => new SharedMap(heap).getSharedMemory());
  const words = heap.allocUI32(64).getSharedMemory();
  return new Registry({ heap: heap.getSharedMemory(), entries, locks, members, words });
}

function bytesOf(length, ...values) {
  const bytes = new Uint8Array(new SharedArrayBuffer(length));
  bytes.set(values);
  return bytes;
}

// What array buffers, also shared ones, take in this process.
async function bufferBytes() {
  await collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

// A promise with its own resolve().
function deferred() {
  let resolve;
  const promise = new Promise((resolver) => (resolve = resolver));
  return { promise, resolve };
}

describe('Registry', () => {
  const opened = [];
  let registry;

  // One more object for the same registry, as another thread has it.
  function connect() {
    const other = new Registry(registry.data);
    opened.push(other);
    return other;
  }

  // Begins an update of key 1 that ends when told.
  async function hold(holder, key = 1) {
    const [begun, end] = [deferred(), deferred()];
    const update = holder.update(key, async (value) => {
      begun.resolve();
      await end.promise;
      return value;
    });
    await begun.promise;
    return async () => {
      end.resolve();
      await update;
    };
  }

  beforeEach(() => {
    registry = new Registry();
    opened.push(registry);
  });

  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });

  it('does what its documentation began with', async () => {
    const map = registry;
    assert.equal(await map.set(1, 'suh'), map);
    assert.equal(await map.get(1), 'suh');
    assert.deepEqual([...map.keys()], [1]);
    assert.deepEqual(await Promise.all(map.values()), ['suh']);
    const [[key, value]] = map.entries();
    assert.deepEqual([key, await value], [1, 'suh']);
    for (const [k, v] of map) assert.deepEqual([k, await v], [1, 'suh']);
  });

  describe('the constructor', () => {
    it('takes a size, which leaves the registry empty', async () => {
      for (const size of [0, 1, 1_000, 2 ** 16]) {
        const sized = new Registry(size);
        assert.equal(sized.size, 0);
        await sized.set(size + 1, size);
        assert.equal(await sized.get(size + 1), size);
        sized.close();
      }
    });

    it('refuses anything else', () => {
      assertCode('ERR_TH_ARG_RANGE', () => new Registry(-1), /size/);
      assertCode('ERR_TH_ARG_RANGE', () => new Registry(1.5), /size/);
      assertCode('ERR_TH_ARG_RANGE', () => new Registry(2 ** 24 + 1), /size/);
      for (const wrong of ['1', null, true, 1n]) {
        assertCode('ERR_TH_ARG_TYPE', () => new Registry(wrong), /size/);
      }
      assertCode('ERR_TH_ARG_TYPE', () => new Registry({}));
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new Registry({ maxSize: 1 }), /maxSize/);
      const { heap, ...others } = registry.data;
      assertCode('ERR_TH_ARG_TYPE', () => new Registry(others));
      const elsewhere = new MemoryHeap().getSharedMemory();
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new Registry({ ...others, heap: elsewhere }));
      assertCode('ERR_TH_ARG_TYPE', () => new Registry({ heap, ...others, locks: 1 }));
    });
  });

  describe('bind', () => {
    it('returns the registry', () => {
      assert.equal(bind(registry), registry);
    });

    it('refuses what is no registry or no worker', () => {
      assertCode('ERR_TH_ARG_TYPE', () => bind({}), /registry/);
      assertCode('ERR_TH_ARG_TYPE', () => bind(), /registry/);
      assertCode('ERR_TH_ARG_TYPE', () => bind(registry, {}), /worker/);
      assertCode('ERR_TH_ARG_TYPE', () => bind(registry, null), /worker/);
    });
  });

  describe('keys', () => {
    it('are positive integers up to 2 ** 53 - 1', async () => {
      for (const key of [1, 2, 2 ** 31, 2 ** 32 + 7, 2 ** 53 - 1]) {
        await registry.set(key, key);
        assert.equal(await registry.get(key), key);
      }
      assert.equal(registry.size, 5);
    });

    for (const [code, keys] of WRONG_KEYS) {
      it(`are nothing else: ${keys.map(inspect)}`, async () => {
        for (const key of keys) {
          await assertRejects(code, registry.set(key, 1), /key/);
          await assertRejects(code, registry.get(key), /key/);
          await assertRejects(code, registry.has(key), /key/);
          await assertRejects(code, registry.delete(key), /key/);
          await assertRejects(code, registry.update(key, () => 1), /key/);
        }
        assert.equal(registry.size, 0);
      });
    }
  });

  describe('values', () => {
    for (const [name, values] of Object.entries(VALUES)) {
      it(`can be ${name}`, async () => {
        const other = connect();
        for (const value of values) {
          await registry.set(1, value);
          assert.deepEqual(await registry.get(1), value);
          assert.deepEqual(await other.get(1), value);
          assert.equal(await registry.has(1), true);
        }
      });
    }

    it('keep a SharedArrayBuffer shared, wherever it is inside', async () => {
      const other = connect();
      const bytes = bytesOf(4, 1, 2);
      const views = [
        (value) => value,
        (value) => value.buffer,
        (value) => new Map([[{ key: [value] }, 1]]),
        (value) => ({ foo: 'bar', array: value, again: [value] }),
        (value) => new DataView(value.buffer, 1),
        (value) => new Float32Array(value.buffer),
      ];
      for (const view of views) {
        await registry.set(1, view(bytes));
        for (const reader of [registry, other]) {
          const value = await reader.get(1);
          assert.deepEqual(value, view(bytes));
        }
      }
      await registry.set(1, { foo: 'bar', array: bytes, again: bytes.buffer });
      const [own, others] = [await registry.get(1), await other.get(1)];
      others.array[0] = 5;
      assert.deepEqual([bytes[0], own.array[0]], [5, 5]);
      assert.equal(others.again, others.array.buffer);
    });

    it('keep what only messages can carry', async () => {
      const other = connect();
      await registry.set(1, { blob: new Blob(['text']) });
      const { blob } = await other.get(1);
      assert.equal(await blob.text(), 'text');
    });

    it('are refused when Node.js sends them to one thread only, and three are there', async () => {
      const other = connect();
      await registry.set(1, new Blob(['text']));
      const third = connect();
      await assertRejects('ERR_TH_NOT_CLONEABLE', registry.set(1, new Blob(['new'])), /Blob/);
      await assertRejects('ERR_TH_NOT_CLONEABLE', third.set(2, { deep: [new Blob(['new'])] }));
      assert.equal(await (await other.get(1)).text(), 'text'); // has it since it was set
      await assertRejects('ERR_TH_VALUE_LOST', third.get(1));
      assert.deepEqual([...third.keys()], [1]);
      await registry.set(1, new Uint8Array(await (await registry.get(1)).arrayBuffer()));
      assert.equal(Buffer.from(await third.get(1)).toString(), 'text');
    });

    it('are copied when they are set, and each time they are read', async () => {
      for (const array of [[1], bytesOf(1)]) {
        const value = { n: 1, array };
        const set = registry.set(1, value);
        value.n = 2;
        await set;
        const first = await registry.get(1);
        assert.equal(first.n, 1);
        first.n = 3;
        assert.equal((await registry.get(1)).n, 1);
      }
    });

    it('cannot be functions or hold any, and then the old one stays', async () => {
      await registry.set(1, 'old');
      const port = new MessageChannel().port1;
      for (const value of [{ f() {} }, { s: Symbol('s') }, [bytesOf(1), () => {}], { port }]) {
        await assertRejects('ERR_TH_NOT_CLONEABLE', registry.set(1, value), /value/);
        await assertRejects('ERR_TH_NOT_CLONEABLE', registry.update(1, () => value), /value/);
      }
      await assertRejects('ERR_TH_ARG_TYPE', registry.set(1, () => {}), /value/);
      await assertRejects('ERR_TH_ARG_TYPE', registry.set(1, Symbol('s')), /value/);
      assert.equal(await registry.get(1), 'old');
      port.close();
    });

    it('of absent keys are undefined', async () => {
      assert.equal(await registry.get(1), undefined);
      assert.equal(await registry.has(1), false);
      assert.equal(await registry.delete(1), false);
    });
  });

  describe('a value that is shared by message', () => {
    it('is asked for by one that comes later', async () => {
      await registry.set(1, bytesOf(2, 7));
      const late = connect();
      const value = await late.get(1);
      assert.deepEqual([...value], [7, 0]);
      value[1] = 8;
      assert.equal((await registry.get(1))[1], 8);
    });

    it('outlives its setter in those that have it', async () => {
      const setter = connect();
      await setter.set(1, bytesOf(1, 7));
      setter.close(); // registry has not looked at its messages yet
      assert.equal((await registry.get(1))[0], 7);
      const late = connect();
      assert.equal((await late.get(1))[0], 7);
      registry.close();
      assert.equal((await connect().get(1))[0], 7);
    });

    it('is lost with the last that had it, until it is set again', async () => {
      const setter = connect();
      registry.close();
      await setter.set(1, bytesOf(1));
      await setter.set(2, 'in shared memory');
      setter.close();
      const late = connect();
      await assertRejects('ERR_TH_VALUE_LOST', late.get(1), /key 1/);
      await assertRejects('ERR_TH_VALUE_LOST', late.update(1, () => 1), /key 1/);
      assert.equal(await late.has(1), true);
      assert.deepEqual([...late.keys()], [1, 2]);
      assert.equal(await late.get(2), 'in shared memory');
      for (const [key, value] of late) assert.ok(key && value); // an unheard rejection would throw
      await assertRejects('ERR_TH_VALUE_LOST', late.forEach(() => {}));
      await late.set(1, bytesOf(1, 3));
      assert.equal((await connect().get(1))[0], 3);
    });

    it('is lost when none of those that should have it has it', async () => {
      await registry.set(1, bytesOf(1));
      await registry.set(2, bytesOf(1));
      const entries = new SharedMap(new MemoryHeap(registry.data.heap), registry.data.entries);
      entries.set(1, entries.get(2).replace(/\d+ /, '999 ')); // written by something else
      await assertRejects('ERR_TH_VALUE_LOST', connect().get(1), /key 1/);
    });

    it('is dropped by all when it is replaced, deleted or cleared', async () => {
      const other = connect();
      const ends = [
        () => registry.set(1, 'inline'),
        () => registry.set(1, { message: bytesOf(8) }),
        () => registry.delete(1),
        () => registry.clear(),
      ];
      // Garbage of others may take several collections.
      let start = await bufferBytes();
      for (let last = Infinity; start < last; start = await bufferBytes()) last = start;
      for (const end of ends) {
        await registry.set(1, bytesOf(LARGE));
        await other.get(1);
        assert.ok((await bufferBytes()) - start > LARGE / 2);
        await end();
        await registry.set(2, bytesOf(8));
        await other.get(2); // reads its messages
        let left = Infinity;
        for (let tries = 0; tries < 10 && left > LARGE / 2; tries++) {
          left = (await bufferBytes()) - start;
        }
        assert.ok(left < LARGE / 2, `${left} bytes are left`);
      }
    });
  });

  describe('delete and clear', () => {
    it('remove entries, and give all their memory back', async () => {
      const heap = new MemoryHeap(registry.data.heap);
      const start = heap.currentUsed;
      for (let key = 1; key <= 3000; key++) {
        await registry.set(key, key % 3 ? 'a text of some length' : key % 2 ? { key } : bytesOf(1));
        if (key % 10 === 0) await registry.update(key, (value) => [value]);
      }
      assert.equal(registry.size, 3000);
      for (let key = 1; key <= 100; key++) assert.equal(await registry.delete(key), true);
      assert.equal(await registry.delete(1), false);
      assert.equal(await registry.get(1), undefined);
      assert.equal(registry.size, 2900);
      await registry.clear();
      assert.equal(registry.size, 0);
      assert.equal(heap.currentUsed, start + MAP_DIRECTORY);
      assertSound(heap);
    });
  });

  describe('in a full heap', () => {
    it('set is refused, and the old value stays', async () => {
      const heap = new MemoryHeap({ maxSize: 65536 });
      const full = createIn(heap);
      const other = new Registry(full.data);
      await full.set(1, 'old');
      const blocks = fill(heap);
      await assertRejects('ERR_TH_OUT_OF_MEMORY', full.set(1, 'x'.repeat(10000)));
      await assertRejects('ERR_TH_OUT_OF_MEMORY', full.update(2, () => bytesOf(4)));
      for (const block of blocks) block.free();
      assert.equal(await other.get(1), 'old');
      await full.set(2, bytesOf(4, 9));
      assert.equal((await other.get(2))[0], 9);
      full.close();
      other.close();
    });

    it('each comes to its turn, and nobody who gave up is waited for', async () => {
      const heap = new MemoryHeap({ maxSize: 65536 });
      const all = [createIn(heap)];
      for (let i = 0; i < 4; i++) all.push(new Registry(all[0].data));
      const release = await hold(all[0]);
      const controller = new AbortController();
      const { signal } = controller;
      const turns = [];
      const inTurn = all.slice(1, 4).map((one, i) => one.update(1, () => void turns.push(i)));
      const gaveUp = all[4].update(1, () => assert.fail('it gave up'), { signal });
      await new Promise(setImmediate); // all are in the queue
      const blocks = fill(heap);
      controller.abort();
      await release();
      await Promise.all(inTurn);
      await assert.rejects(gaveUp, { name: 'AbortError' });
      assert.deepEqual(turns.sort(), [0, 1, 2]);
      await all[4].update(1, () => {}, { timeout: 0 });
      for (const block of blocks) block.free();
      for (const one of all) one.close();
      assertSound(heap);
    });

    it('a value that is sent can still be had', async () => {
      const heap = new MemoryHeap({ maxSize: 65536 });
      const first = createIn(heap);
      await first.set(1, bytesOf(1, 7));
      const late = new Registry(first.data);
      const blocks = fill(heap);
      assert.equal((await late.get(1))[0], 7);
      for (const block of blocks) block.free();
      first.close();
      late.close();
    });
  });

  describe('iteration', () => {
    beforeEach(async () => {
      for (const key of [3, 1, 2]) await registry.set(key, key === 2 ? bytesOf(1, 2) : `of ${key}`);
    });

    const expected = [[3, 'of 3'], [1, 'of 1'], [2, bytesOf(1, 2)]];

    it('yields keys, and promises of the values', async () => {
      assert.deepEqual([...registry.keys()], [3, 1, 2]);
      const entries = [...registry].map(async ([key, value]) => {
        assert.ok(value instanceof Promise);
        return [key, await value];
      });
      assert.deepEqual(await Promise.all(entries), expected);
      assert.deepEqual(await Promise.all(registry.values()), expected.map(([, value]) => value));
    });

    it('yields values where it is awaited', async () => {
      const values = [];
      for await (const value of registry.values()) values.push(value);
      assert.deepEqual(values, expected.map(([, value]) => value));
    });

    it('calls back by forEach, and waits for each', async () => {
      const calls = [];
      await registry.forEach(async function (value, key, map) {
        calls.push([key, value]);
        await new Promise(setImmediate);
        calls.push(this === calls, map === registry);
      }, calls);
      const each = expected.flatMap((entry) => [entry, true, true]);
      assert.deepEqual(calls, each);
      await assertRejects('ERR_TH_ARG_TYPE', registry.forEach(), /callback/);
      await assert.rejects(registry.forEach(() => Promise.reject(new Error('mine'))), /mine/);
    });

    it('goes on when the body sets and deletes', async () => {
      for (const [key] of registry) {
        if (key === 3) await registry.delete(1);
        await registry.set(key, 'seen');
      }
      assert.deepEqual(await Promise.all(registry.values()), ['seen', 'seen']);
    });
  });

  describe('update', () => {
    it('gives the value and the key, and sets what is returned', async () => {
      const seen = [];
      const add = (value = 0, key = 0) => {
        seen.push([value, key]);
        return value + 1;
      };
      assert.equal(await registry.update(5, add), 1);
      assert.equal(await registry.update(5, async (...args) => add(...args)), 2);
      assert.deepEqual(seen, [[0, 5], [1, 5]]);
      assert.equal(await registry.get(5), 2);
    });

    it('loses nothing, in one object or several', async () => {
      const all = [registry, connect(), connect()];
      const updates = Array.from({ length: 300 }, (_, i) =>
        all[i % 3].update(1, async (n = 0) => {
          if (i % 5 === 0) await new Promise(setImmediate);
          return n + 1;
        })
      );
      await Promise.all(updates);
      assert.equal(await registry.get(1), 300);
    });

    it('comes to each in turn', async () => {
      const release = await hold(registry);
      const order = [];
      const others = Array.from({ length: 10 }, (_, i) => registry.update(1, () => order.push(i)));
      release();
      await Promise.all(others);
      assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('keeps set and delete out, not get, has and other keys', async () => {
      await registry.set(1, 'old');
      const other = connect();
      for (const holder of [registry, other]) {
        const release = await hold(holder);
        for (const one of [registry, other]) {
          await assertRejects('ERR_TH_TIMEOUT', one.set(1, 'new', { timeout: 1 }), /key 1/);
          await assertRejects('ERR_TH_TIMEOUT', one.delete(1, { timeout: 0 }), /key 1/);
          await assertRejects('ERR_TH_TIMEOUT', one.update(1, () => 1, { timeout: 1 }), /key 1/);
          assert.equal(await one.get(1), 'old');
          assert.equal(await one.has(1), true);
          await one.set(2, 'other key', { timeout: 0 });
          await one.set(65, 'that shares its word', { timeout: 0 });
        }
        await release();
        await other.set(1, 'old', { timeout: 0 });
      }
    });

    it('leaves the entry when the callback returns undefined', async () => {
      await registry.set(1, bytesOf(1, 1));
      await registry.update(1, (bytes) => void bytes[0]++);
      assert.equal((await registry.get(1))[0], 2);
      await registry.update(2, () => {});
      assert.equal(await registry.has(2), false);
    });

    it('leaves the entry, and lets others in, when the callback throws', async () => {
      await registry.set(1, 'old');
      const throws = () => {
        throw new Error('mine');
      };
      await assert.rejects(registry.update(1, throws), /mine/);
      await assert.rejects(registry.update(1, async () => throws()), /mine/);
      assert.equal(await registry.get(1), 'old');
      await connect().set(1, 'new', { timeout: 0 });
    });

    it('is not ended by clear, and sets its value afterwards', async () => {
      await registry.set(1, 'old');
      const release = await hold(registry);
      await registry.clear();
      assert.equal(registry.size, 0);
      await assertRejects('ERR_TH_TIMEOUT', connect().set(1, 'new', { timeout: 1 }));
      await release();
      assert.equal(await registry.get(1), 'old');
    });

    it('refuses what is no function', async () => {
      await assertRejects('ERR_TH_ARG_TYPE', registry.update(1), /callback/);
      await assertRejects('ERR_TH_ARG_TYPE', registry.update(1, {}), /callback/);
    });
  });

  describe('timeout and signal', () => {
    it('end a wait behind another object, or another call of the same', async () => {
      for (const waiter of [registry, connect()]) {
        const release = await hold(registry);
        await assertRejects('ERR_TH_TIMEOUT', waiter.update(1, () => 1, { timeout: 30 }), /30 ms/);
        const controller = new AbortController();
        const { signal } = controller;
        const waits = Array.from({ length: 20 }, () => waiter.update(1, () => 1, { signal }));
        controller.abort('because');
        for (const { reason } of await Promise.allSettled(waits)) {
          const { name, code, cause } = reason;
          assert.deepEqual([name, code, cause], ['AbortError', 'ABORT_ERR', 'because']);
        }
        await release();
        await waiter.update(1, () => 1, { timeout: 0 });
      }
    });

    it('let those behind take their turn', async () => {
      const [second, third] = [connect(), connect()];
      const release = await hold(registry);
      const gaveUp = assertRejects('ERR_TH_TIMEOUT', second.set(1, 2, { timeout: 1 }));
      const behind = third.set(1, 3);
      await gaveUp;
      await release();
      await behind;
      assert.equal(await registry.get(1), 3);
    });

    it('end a call at once when the signal was aborted before', async () => {
      const signal = AbortSignal.abort();
      for (const call of [
        () => registry.get(1, { signal }),
        () => registry.set(1, 1, { signal }),
        () => registry.delete(1, { signal }),
        () => registry.update(1, () => 1, { signal }),
      ]) {
        await assert.rejects(call(), { name: 'AbortError', code: 'ABORT_ERR' });
      }
      assert.equal(registry.size, 0);
    });

    it('have no effect where there is nothing to wait for', async () => {
      const signal = new AbortController().signal;
      await registry.set(1, 1, { timeout: 0, signal });
      assert.equal(await registry.get(1, { timeout: Infinity }), 1);
      assert.equal(await registry.update(1, (n) => n + 1, { timeout: 0 }), 2);
      assert.equal(await registry.delete(1, { timeout: 0 }), true);
    });

    it('are checked', async () => {
      for (const call of [
        (options) => registry.get(1, options),
        (options) => registry.set(1, 1, options),
        (options) => registry.delete(1, options),
        (options) => registry.update(1, () => 1, options),
      ]) {
        await assertRejects('ERR_TH_ARG_TYPE', call({ timeout: '1' }), /timeout/);
        await assertRejects('ERR_TH_ARG_RANGE', call({ timeout: -1 }), /timeout/);
        await assertRejects('ERR_TH_ARG_RANGE', call({ timeout: NaN }), /timeout/);
        await assertRejects('ERR_TH_ARG_TYPE', call({ signal: {} }), /signal/);
        await assertRejects('ERR_TH_ARG_TYPE', call({ signal: null }), /signal/);
        await assertRejects('ERR_TH_UNKNOWN_OPTION', call({ wait: 1 }), /wait/);
        await assertRejects('ERR_TH_ARG_TYPE', call(5), /options/);
      }
      assert.equal(registry.size, 0);
    });
  });

  describe('onSet', () => {
    it('tells of each set and update, in every object, in their order', async () => {
      const other = connect();
      const heard = { own: [], others: [] };
      registry.onSet((key, from) => heard.own.push(key) && assert.equal(from, registry));
      const all = new Promise((resolve) => {
        other.onSet((key) => heard.others.push(key) && key === 4 && resolve());
      });
      await registry.set(1, 'a');
      await registry.set(2, bytesOf(1));
      await other.set(3, 'b');
      await registry.update(1, () => 'c');
      await registry.update(1, () => {}); // sets nothing
      await registry.set(1, 'c');
      await registry.delete(1);
      await registry.set(4, 'd');
      await all;
      assert.deepEqual(heard.others, [1, 2, 3, 1, 1, 4]);
      assert.deepEqual(heard.own, [1, 2, 3, 1, 1, 4]);
    });

    it('calls each listener until it is removed', async () => {
      const heard = [];
      const listener = (key) => heard.push(key);
      const removes = [registry.onSet(listener), registry.onSet(listener)];
      await registry.set(1, 1);
      assert.deepEqual(heard, [1, 1]);
      removes[0]();
      removes[0]();
      await registry.set(2, 1);
      assert.deepEqual(heard, [1, 1, 2]);
      removes[1]();
      await registry.set(3, 1);
      assert.deepEqual(heard, [1, 1, 2]);
    });

    it('refuses what is no function', () => {
      assertCode('ERR_TH_ARG_TYPE', () => registry.onSet(), /listener/);
    });
  });

  describe('close', () => {
    it('ends all calls, here only', async () => {
      await registry.set(1, 'value');
      const other = connect();
      const remove = registry.onSet(() => assert.fail('it is closed'));
      registry.close();
      registry.close();
      registry[dispose]();
      remove();
      for (const call of [
        () => registry.get(1),
        () => registry.set(1, 1),
        () => registry.has(1),
        () => registry.delete(1),
        () => registry.update(1, () => 1),
        () => registry.clear(),
        () => registry.forEach(() => {}),
      ]) {
        await assertRejects('ERR_TH_FREED', call(), /registry/);
      }
      assertCode('ERR_TH_FREED', () => registry.size);
      assertCode('ERR_TH_FREED', () => registry.keys());
      assertCode('ERR_TH_FREED', () => [...registry]);
      assertCode('ERR_TH_FREED', () => registry.onSet(() => {}));
      assert.equal(inspect(registry), 'Registry { closed: true }');
      await other.set(2, 2);
      assert.equal(await other.get(1), 'value');
      assert.equal(await connect().get(1), 'value');
    });

    it('ends those that wait', async () => {
      const other = connect();
      const release = await hold(registry);
      const waits = [other.set(1, 1), other.update(1, () => 1), other.delete(1)];
      const ends = waits.map((wait) => assertRejects('ERR_TH_FREED', wait));
      other.close();
      await Promise.all(ends);
      await release();
      await registry.set(1, 1, { timeout: 0 });
    });

    it('ends those that wait for an update of the same object', async () => {
      const release = await hold(registry);
      const waits = [registry.set(1, 1), registry.update(1, () => 1)];
      const ends = waits.map((wait) => assertRejects('ERR_TH_FREED', wait));
      registry.close();
      await Promise.all(ends); // the update still runs
      await assertRejects('ERR_TH_FREED', release());
    });

    it('lets an update run to its end, which then sets nothing', async () => {
      await registry.set(1, 'old');
      const closing = connect();
      const release = await hold(closing);
      closing.close();
      await assertRejects('ERR_TH_TIMEOUT', registry.set(1, 'new', { timeout: 30 }));
      await assertRejects('ERR_TH_FREED', release());
      assert.equal(await registry.get(1), 'old');
      await registry.set(1, 'new', { timeout: 0 });
    });
  });

  it('shows itself by util.inspect', async () => {
    await registry.set(1, 1);
    assert.equal(inspect(registry), 'Registry(1)');
    assert.equal(String(registry), '[object Registry]');
  });
});
