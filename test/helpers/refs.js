'use strict';

// The classes of refs as data, and the heap they share: a test leaves it as it was.

const assert = require('node:assert/strict');
const { MapRef, NumberRef, StringRef, StructFactory, StructRef, VectorRef, processHeap } =
  require('../../lib');
const { assertSound } = require('./check');

const Player = new StructFactory({ name: 'string', score: 'number' });

const refs = [
  {
    Class: StringRef,
    create: () => StringRef.from('a text that needs a block'),
    named: (name) => StringRef.named(name),
    read: (ref) => ref.obtainValue(),
    methods: {
      obtainValue: (ref) => ref.obtainValue(),
      setValue: (ref) => ref.setValue('another text that needs a block'),
      drop: (ref) => ref.drop(),
    },
  },
  {
    Class: NumberRef,
    create: () => NumberRef.from(1.5),
    named: (name) => NumberRef.named(name),
    read: (ref) => ref.obtainValue(),
    methods: {
      obtainValue: (ref) => ref.obtainValue(),
      setValue: (ref) => ref.setValue(2),
      drop: (ref) => ref.drop(),
    },
  },
  {
    Class: MapRef,
    create: () => new MapRef(),
    named: (name) => MapRef.named(name),
    read: (ref) => ref.len(),
    methods: {
      get: (ref) => ref.get('key'),
      set: (ref) => ref.set('self', ref),
      add: (ref) => ref.add('self', ref),
      remove: (ref) => ref.remove('self'),
      len: (ref) => ref.len(),
      drop: (ref) => ref.drop(),
    },
  },
  {
    Class: VectorRef,
    create: () => new VectorRef(),
    named: (name) => VectorRef.named(name),
    read: (ref) => ref.len(),
    methods: {
      push: (ref) => ref.push(ref),
      index: (ref) => ref.index(0),
      len: (ref) => ref.len(),
      drop: (ref) => ref.drop(),
    },
  },
  {
    Class: StructRef,
    create: () => Player.new({ name: 'Anna, who has a long name', score: 1 }),
    named: (name) => Player.named(name),
    read: (ref) => [ref.getKey('name'), ref.getKey('score')],
    methods: {
      getKey: (ref) => ref.getKey('name'),
      setKey: (ref) => ref.setKey('score', 2),
      drop: (ref) => ref.drop(),
    },
  },
];

// In a describe block: the tests drop what they make, or `drop` does so after each.
function useProcessHeap(drop = () => {}) {
  let start;

  beforeEach(() => {
    start = processHeap.currentUsed;
  });

  afterEach(() => {
    drop();
    assertSound(processHeap);
    assert.equal(processHeap.currentUsed, start, 'something was not dropped');
  });
}

module.exports = { Player, refs, useProcessHeap };
