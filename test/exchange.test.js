'use strict';

const assert = require('node:assert/strict');
const { MemoryHeap, SharedMap } = require('../lib');
const { Exchange, pack } = require('../lib/exchange');
const { Wait } = require('../lib/wait');
const { assertRejects } = require('./helpers/check');

// A map in which something happens just before a value is set.
class Interrupted extends SharedMap {
  interrupt = () => {};
  last; // value that was about to be set

  set(key, value) {
    this.last = value;
    this.interrupt();
    return super.set(key, value);
  }
}

function fail() {
  throw new Error('on purpose');
}

// Three members, as three threads have them. What no test of the registry can bring about at will.
describe('Exchange', () => {
  let members;
  let plain;
  let entries; // the same map, of the setter
  let setter;
  let holder;
  let other;

  function shared(value) {
    return pack(new Uint8Array(new SharedArrayBuffer(1)).fill(value));
  }

  function read(member, key = 1) {
    return member.get(key, new Wait('the value', { timeout: 2000 }, () => {}));
  }

  beforeEach(() => {
    const heap = new MemoryHeap();
    members = new SharedMap(heap);
    plain = new SharedMap(heap);
    entries = new Interrupted(heap, plain.getSharedMemory());
    [setter, holder, other] = [entries, plain, plain].map(
      (map) => new Exchange(heap, map, members, () => {})
    );
  });

  afterEach(() => {
    for (const member of [setter, holder, other]) member.leave();
  });

  it('keeps a value when there is a clear before it has its entry', async () => {
    setter.set(1, shared(1)); // which the clear is for
    entries.interrupt = () => {
      other.clear();
      holder.drain(); // has the value, and hears that entries are gone
    };
    setter.set(1, shared(2));
    setter.leave();
    other.leave();
    assert.deepEqual(await read(holder), Uint8Array.of(2));
  });

  describe('drops a value that was to come', () => {
    // Whether the holder has it shows when an entry names it.
    async function assertDropped() {
      entries.interrupt = () => {};
      holder.drain();
      setter.leave();
      other.leave();
      entries.set(1, entries.last);
      await assertRejects('ERR_TH_VALUE_LOST', read(holder), /key 1/);
    }

    it('when its setter says that it failed', async () => {
      entries.interrupt = fail;
      assert.throws(() => setter.set(1, shared(1)), /on purpose/);
      await assertDropped();
    });

    for (const end of ['set', 'delete']) {
      it(`when there is a ${end} of its key`, async () => {
        setter.set(1, shared(1));
        if (end === 'set') other.set(1, shared(2));
        else other.delete(1);
        await assertDropped();
      });
    }

    it('when there is a clear after its setter has ended', async () => {
      let lost;
      entries.interrupt = () => {
        members.delete(setter.id); // all that others see of its end
        other.clear();
        other.leave();
        holder.drain();
        plain.set(1, entries.last);
        lost = assertRejects('ERR_TH_VALUE_LOST', read(holder), /key 1/);
        fail();
      };
      assert.throws(() => setter.set(1, shared(1)), /on purpose/);
      await lost;
    });
  });
});
