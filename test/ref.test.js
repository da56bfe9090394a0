'use strict';

// What all refs have in common.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { MapRef, VectorRef } = require('../lib');
const { assertCode } = require('./helpers/check');
const { refs, useProcessHeap } = require('./helpers/refs');

const MASK = 2 ** 26;

for (const { Class, create, named, read, methods } of refs) {
  describe(Class.name, () => {
    let ref;

    useProcessHeap(() => {
      try {
        ref.drop();
      } catch (error) {
        assert.equal(error.code, 'ERR_TH_FREED');
      }
    });

    beforeEach(() => {
      ref = create();
    });

    it('is found by its id', () => {
      assert.ok(Number.isSafeInteger(ref.id) && ref.id > 0);
      const same = new Class(ref.id);
      assert.ok(same instanceof Class);
      assert.equal(same.id, ref.id);
      assert.deepEqual(read(same), read(ref));
    });

    it('shows its id, and nothing else', () => {
      assert.equal(inspect(ref), `${Class.name} { id: ${ref.id} }`);
      assert.deepEqual(structuredClone(ref), { id: ref.id });
      assert.equal(JSON.stringify(ref), `{"id":${ref.id}}`);
    });

    it('has none of the methods left when it was dropped', () => {
      const other = new Class(ref.id);
      ref.drop();
      for (const method of Object.keys(methods)) {
        for (const dropped of [ref, other]) {
          assertCode('ERR_TH_FREED', () => methods[method](dropped), /use after free/);
        }
      }
      assertCode('ERR_TH_FREED', () => new Class(ref.id), /use after free/);
    });

    it('is not mistaken for what takes its memory', () => {
      const old = new Class(ref.id);
      for (let life = 0; life < 100; life++) {
        ref.drop();
        ref = create();
        assert.equal(Math.floor(ref.id / MASK), Math.floor(old.id / MASK), 'other memory');
        assert.ok(ref.id > old.id);
        for (const method of Object.keys(methods)) {
          assertCode('ERR_TH_FREED', () => methods[method](old), /use after free/);
        }
        assert.deepEqual(read(ref), read(new Class(ref.id)));
      }
    });

    it('has an id that the other classes refuse', () => {
      for (const other of refs) {
        if (other.Class === Class) continue;
        assertCode('ERR_TH_BAD_DESCRIPTOR', () => new other.Class(ref.id), RegExp(`${ref.id}`));
        for (const use of Object.values(other.methods)) {
          const disguised = Object.create(other.Class.prototype, { id: { value: ref.id } });
          assertCode('ERR_TH_BAD_DESCRIPTOR', () => use(disguised));
        }
      }
      read(ref);
    });

    it('refuses what is no id', () => {
      const never = [0, 1, 342, ref.id + 1, ref.id + MASK / 2, Number.MAX_SAFE_INTEGER];
      for (const id of never) assertCode('ERR_TH_BAD_DESCRIPTOR', () => new Class(id));
      for (const id of [-1, 1.5, NaN, Infinity, 2 ** 53, 2 ** 64]) {
        assertCode('ERR_TH_ARG_RANGE', () => new Class(id), /^id must/);
      }
      for (const id of [null, 'text', {}, ref, [ref.id], 1n, true, Symbol('id')]) {
        assertCode('ERR_TH_ARG_TYPE', () => new Class(id), /^id must/);
      }
    });

    it('has methods that refuse an object without an id', () => {
      for (const method of Object.keys(methods)) {
        for (const self of [{}, { id: 'text' }, { id: 1.5 }, { id: -1 }, { id: 2 ** 53 }]) {
          const disguised = Object.create(Class.prototype, { id: { value: self.id } });
          assertCode('ERR_TH_ARG_TYPE', () => methods[method](disguised));
        }
      }
    });

    describe('named', () => {
      it('makes a value, and finds it from then on', () => {
        const first = named('the name of a value, of some length');
        assert.ok(first instanceof Class);
        assert.equal(named('the name of a value, of some length').id, first.id);
        const other = named('the name of another');
        assert.notEqual(other.id, first.id);
        first.drop();
        other.drop();
      });

      it('takes any string', () => {
        for (const name of ['', 'a', 'a\0b', '漢字', '\ud800', '__proto__', 'x'.repeat(100_000)]) {
          const value = named(name);
          assert.equal(named(name).id, value.id);
          value.drop();
        }
        for (const name of [undefined, null, 1, {}, Symbol('name')]) {
          assertCode('ERR_TH_ARG_TYPE', () => named(name), /^name must/);
        }
      });

      it('makes a new value when the old one was dropped', () => {
        const old = named('name');
        old.drop();
        const value = named('name');
        assert.notEqual(value.id, old.id);
        assertCode('ERR_TH_FREED', () => old.drop());
        assert.equal(named('name').id, value.id);
        value.drop();
      });

      it('refuses a name that a value of another class has, until that is dropped', () => {
        const value = named('name');
        for (const other of refs) {
          if (other.Class === Class) continue;
          assertCode('ERR_TH_BAD_DESCRIPTOR', () => other.named('name'), /name/);
        }
        assert.equal(named('name').id, value.id);
        value.drop();
        for (const other of refs) other.named('name').drop();
      });
    });

    it('can be held by a map and a vector, which return its class', () => {
      const map = new MapRef();
      const vector = new VectorRef();
      map.set('key', ref);
      vector.push(ref);
      for (const found of [map.get('key'), vector.index(0)]) {
        assert.ok(found instanceof Class && found !== ref);
        assert.equal(found.id, ref.id);
        assert.deepEqual(read(found), read(ref));
      }
      map.drop();
      vector.drop();
      read(ref); // is still there
    });
  });
}
