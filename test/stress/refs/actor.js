'use strict';

// Random calls on refs, each checked against what they have to do: every ref made here has a model,
// { kind, ref, value }, whose value is a text, a number, a Map, an array or a plain object.

const assert = require('node:assert/strict');
const { MapRef, NumberRef, StringRef, StructFactory, VectorRef } = require('../../..');
const { assertCode } = require('../../helpers/check');

const LIVE_MAX = 40;
const DROPPED_MAX = 40;
const TEXT_MAX = 60;

const Pair = new StructFactory({ text: 'string', number: 'number' });

const someNumber = (random) => random.pick([0, -0, NaN, 1e300, random.uint32() / 7]);
const someKey = (random) => `key ${random.below(5)}`;

class Actor {
  #random;
  #live = [];
  #dropped = [];
  #onMade;

  // onMade(id) is told of each ref that was made.
  constructor(random, onMade = () => {}) {
    this.#random = random;
    this.#onMade = onMade;
  }

  act() {
    const isFull = this.#live.length >= LIVE_MAX;
    if (this.#live.length === 0 || (!isFull && this.#random.chance(0.2))) return this.#make();
    if (this.#dropped.length > 0 && this.#random.chance(0.1)) return this.#useDropped();
    const one = this.#random.pick(this.#live);
    if (isFull || this.#random.chance(0.1)) return this.#drop(one);
    // Any thread may connect by the id; here this one does.
    const ref = this.#random.chance(0.3) ? KINDS[one.kind].connect(one.ref.id) : one.ref;
    return KINDS[one.kind].use(ref, one, this.#random, this.#random.pick(this.#live));
  }

  dropAll() {
    for (const one of [...this.#live]) this.#drop(one);
  }

  #make() {
    const kind = this.#random.pick(Object.keys(KINDS));
    const one = { kind, ...KINDS[kind].make(this.#random) };
    this.#onMade(one.ref.id);
    this.#live.push(one);
  }

  #drop(one) {
    one.ref.drop();
    one.isDropped = true;
    this.#live.splice(this.#live.indexOf(one), 1);
    this.#dropped.push(one);
    if (this.#dropped.length > DROPPED_MAX) this.#dropped.shift();
  }

  // Its memory serves others by now.
  #useDropped() {
    const { kind, ref } = this.#random.pick(this.#dropped);
    const { connect, read } = KINDS[kind];
    const isFreed = (call) => assertCode('ERR_TH_FREED', call, /use after free/);
    isFreed(() => ref.drop());
    isFreed(() => read(ref));
    isFreed(() => connect(ref.id));
  }
}

function assertItem(found, item) {
  assert.equal(found.id, item.ref.id);
  assert.equal(found.constructor, item.ref.constructor);
}

// What a map or vector leads to: the item, or nothing any more.
function checkItem(get, item) {
  if (item === undefined) assert.equal(get(), undefined);
  else if (item.isDropped) assertCode('ERR_TH_FREED', get);
  else assertItem(get(), item);
}

const KINDS = {
  string: {
    make: (random) => {
      const value = random.text(TEXT_MAX);
      return { ref: StringRef.from(value), value };
    },
    connect: (id) => new StringRef(id),
    read: (ref) => ref.obtainValue(),
    use(ref, one, random) {
      assert.equal(ref.obtainValue(), one.value);
      if (random.chance(0.5)) ref.setValue((one.value = random.text(TEXT_MAX)));
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new NumberRef(ref.id));
    },
  },

  number: {
    make: (random) => {
      const value = someNumber(random);
      return { ref: NumberRef.from(value), value };
    },
    connect: (id) => new NumberRef(id),
    read: (ref) => ref.obtainValue(),
    use(ref, one, random) {
      assert.ok(Object.is(ref.obtainValue(), one.value));
      if (random.chance(0.5)) ref.setValue((one.value = someNumber(random)));
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new MapRef(ref.id));
    },
  },

  map: {
    make: () => ({ ref: new MapRef(), value: new Map() }),
    connect: (id) => new MapRef(id),
    read: (ref) => ref.len(),
    use(ref, one, random, item) {
      const key = someKey(random);
      checkItem(() => ref.get(key), one.value.get(key));
      if (random.chance(0.6)) {
        ref.set(key, item.ref);
        one.value.set(key, item);
      } else {
        ref.remove(key);
        one.value.delete(key);
      }
      assert.equal(ref.len(), one.value.size);
    },
  },

  vector: {
    make: () => ({ ref: new VectorRef(), value: [] }),
    connect: (id) => new VectorRef(id),
    read: (ref) => ref.len(),
    use(ref, one, random, item) {
      ref.push(item.ref);
      one.value.push(item);
      const index = random.below(one.value.length + 1);
      checkItem(() => ref.index(index), one.value[index]);
      assert.equal(ref.len(), one.value.length);
    },
  },

  struct: {
    make: (random) => {
      const value = { text: random.text(TEXT_MAX), number: someNumber(random) };
      return { ref: Pair.new(value), value };
    },
    connect: (id) => Pair.connect(id),
    read: (ref) => ref.getKey('text'),
    use(ref, one, random) {
      assert.equal(ref.getKey('text'), one.value.text);
      assert.ok(Object.is(ref.getKey('number'), one.value.number));
      if (random.chance(0.5)) ref.setKey('text', (one.value.text = random.text(TEXT_MAX)));
      else ref.setKey('number', (one.value.number = someNumber(random)));
    },
  },
};

module.exports = { Actor };
