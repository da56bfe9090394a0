'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { NumberRef, StringRef, StructDefinition, StructFactory, StructRef } = require('../lib');
const { assertCode } = require('./helpers/check');
const { Player, useProcessHeap } = require('./helpers/refs');

const SHAPE = { key_1: 'string', key_2: 'number' };

describe('StructFactory', () => {
  const Foo = new StructFactory(SHAPE);
  let made;

  useProcessHeap(() => {
    for (const id of made) new StructRef(id).drop();
  });

  function keep(struct) {
    made.push(struct.id);
    return struct;
  }

  beforeEach(() => {
    made = [];
  });

  it('is also called StructDefinition', () => {
    assert.equal(StructDefinition, StructFactory);
  });

  it('makes structs that hold what they were given, and otherwise nothing', () => {
    const all = keep(Foo.new({ key_1: 'foo', key_2: 42 }));
    const part = keep(Foo.new({ key_2: -0 }));
    const none = keep(Foo.new());
    const values = [all, part, none].map((foo) => [foo.getKey('key_1'), foo.getKey('key_2')]);
    assert.deepEqual(values, [['foo', 42], ['', -0], ['', 0]]);
    assert.ok(all instanceof StructRef);
    keep(new StructFactory({}).new());
  });

  it('makes structs of any key', () => {
    const keys = ['', '__proto__', 'toString', 'constructor', 'then', 'id', 'a\0b', '漢字'.repeat(99)];
    const shape = Object.fromEntries(keys.map((key) => [key, 'string']));
    const Odd = new StructFactory(shape);
    const values = Object.fromEntries(keys.map((key) => [key, `the value of ${key}`]));
    const odd = keep(Odd.new(values));
    for (const key of keys) assert.equal(odd.getKey(key), `the value of ${key}`);
    const proxy = Odd.connect_proxy(odd.id);
    for (const key of keys) {
      assert.equal(proxy[key], key === 'id' ? odd.id : `the value of ${key}`);
    }
  });

  it('refuses what is no shape', () => {
    for (const shape of [undefined, null, 1, 'string']) {
      assertCode('ERR_TH_ARG_TYPE', () => new StructFactory(shape), /^shape must/);
    }
    for (const type of ['boolean', 'String', 'toString', null, {}, String]) {
      assertCode('ERR_TH_ARG_TYPE', () => new StructFactory({ key: type }), /^shape\.key must/);
    }
  });

  it('refuses values of other keys or types', () => {
    for (const create of [(values) => Foo.new(values), (values) => Foo.named('foo', values)]) {
      assertCode('ERR_TH_UNKNOWN_KEY', () => create({ key_3: 1 }), /'key_3'.*key_1, key_2/);
      assertCode('ERR_TH_ARG_TYPE', () => create({ key_1: 1 }), /^values\.key_1 must be a string/);
      assertCode('ERR_TH_ARG_TYPE', () => create({ key_2: '1' }), /^values\.key_2 must be a num/);
      assertCode('ERR_TH_ARG_TYPE', () => create({ key_2: undefined }), /^values\.key_2/);
      assertCode('ERR_TH_ARG_TYPE', () => create(null), /^values must/);
    }
  });

  describe('a struct', () => {
    let foo;

    beforeEach(() => {
      foo = keep(Foo.new({ key_1: 'foo', key_2: 42 }));
    });

    it('replaces the value of a key', () => {
      foo.setKey('key_1', 'a text that needs a block');
      foo.setKey('key_2', NaN);
      assert.equal(foo.getKey('key_1'), 'a text that needs a block');
      assert.ok(Number.isNaN(foo.getKey('key_2')));
    });

    it('refuses other keys and types, whoever connects', () => {
      for (const struct of [foo, new StructRef(foo.id), Foo.connect(foo.id)]) {
        assertCode('ERR_TH_UNKNOWN_KEY', () => struct.getKey('key_3'), /'key_3'/);
        assertCode('ERR_TH_UNKNOWN_KEY', () => struct.setKey('key_3', 1), /'key_3'/);
        assertCode('ERR_TH_ARG_TYPE', () => struct.setKey('key_1', 1), /^value must be a string/);
        assertCode('ERR_TH_ARG_TYPE', () => struct.setKey('key_2', '1'), /^value must be a number/);
        for (const value of [undefined, null, 1n, true, {}, Symbol('v')]) {
          assertCode('ERR_TH_ARG_TYPE', () => struct.setKey('key_2', value), /^value must/);
        }
        assertCode('ERR_TH_ARG_TYPE', () => struct.getKey(1), /^key must/);
      }
      assert.deepEqual([foo.getKey('key_1'), foo.getKey('key_2')], ['foo', 42]);
    });

    it('is found by a factory of the same shape only', () => {
      assert.equal(new StructFactory({ key_2: 'number', key_1: 'string' }).connect(foo.id).id, foo.id);
      const shapes = [{}, { ...SHAPE, key_3: 'number' }, { key_1: 'string', key_3: 'number' }];
      for (const shape of [...shapes, { key_1: 'number', key_2: 'number' }]) {
        const Other = new StructFactory(shape);
        assertCode('ERR_TH_BAD_DESCRIPTOR', () => Other.connect(foo.id), /keys or types/);
      }
      const number = NumberRef.from(1);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => Foo.connect(number.id));
      number.drop();
    });

    it('can have a name, for a shape', () => {
      const anna = keep(Player.named('anna', { score: 3 }));
      assert.equal(Player.named('anna', { score: 4 }).getKey('score'), 3);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => Foo.named('anna'), /keys or types/);
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => StringRef.named('anna'));
      assert.equal(Player.named_proxy('anna').score, 3);
      assert.equal(anna.getKey('name'), '');
    });
  });

  describe('a proxy', () => {
    let foo;

    beforeEach(() => {
      foo = keep(Foo.new_proxy({ key_1: 'foo', key_2: 42 }));
    });

    it('has the keys as properties', () => {
      assert.deepEqual([foo.key_1, foo.key_2], ['foo', 42]);
      foo.key_1 = 'bar';
      foo.key_2++;
      assert.deepEqual([foo.key_1, foo.key_2], ['bar', 43]);
      assert.ok('key_1' in foo && !('key_3' in foo));
      assert.equal(new StructRef(foo.id).getKey('key_1'), 'bar');
    });

    it('has what a struct has', () => {
      assert.ok(foo instanceof StructRef);
      assert.equal(foo.getKey('key_1'), 'foo');
      foo.setKey('key_2', 1);
      assert.equal(foo.key_2, 1);
      assert.equal(inspect(foo).replace(/^Proxy\((.*)\)$/, '$1'), `StructRef { id: ${foo.id} }`);
    });

    it('refuses other keys and types', () => {
      assertCode('ERR_TH_UNKNOWN_KEY', () => foo.key_3, /'key_3'.*key_1, key_2/);
      assertCode('ERR_TH_UNKNOWN_KEY', () => (foo.key_3 = 1));
      for (const own of ['id', 'drop']) assertCode('ERR_TH_UNKNOWN_KEY', () => (foo[own] = 1));
      assertCode('ERR_TH_ARG_TYPE', () => (foo.key_1 = 1), /must be a string/);
      assertCode('ERR_TH_ARG_TYPE', () => (foo.key_2 = 'text'), /must be a number/);
    });

    it('can be awaited and written as JSON', async () => {
      assert.equal(await foo, foo);
      assert.equal(JSON.stringify(foo), `{"id":${foo.id}}`);
    });

    it('says that the struct was dropped', () => {
      const gone = Foo.new_proxy();
      gone.drop();
      assertCode('ERR_TH_FREED', () => gone.key_1, /use after free/);
      assertCode('ERR_TH_FREED', () => (gone.key_2 = 1), /use after free/);
    });
  });
});
