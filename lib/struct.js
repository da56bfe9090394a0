'use strict';

// Structs: a fixed set of keys, each a string or a number for ever. The addon holds a struct to its
// keys and types, whichever thread writes; a factory is what one thread knows of them.

const native = require('./binding');
const { badDescriptor, checkObject, checkText, typeError, unknownKey } = require('./errors');
const { KNOWN, Ref, callHeap, define, findNamed, idOf } = require('./ref');

const { REF_STRUCT } = native;
const INITIAL = { string: '', number: 0 }; // by type
// A proxy has them as its ref has, whatever the keys.
const OWN = new Set(['id', 'getKey', 'setKey', 'drop']);
// What JavaScript itself looks for in any object; a struct without such a key has none.
const PROBED = new Set(['then', 'toJSON']);

class StructRef extends Ref {
  constructor(id, origin) {
    super(REF_STRUCT, id, origin, []);
  }

  getKey(key) {
    const value = callHeap(native.refStructGet, idOf(this, StructRef), checkText('key', key));
    if (value === undefined) throw unknownKey(key);
    return value;
  }

  setKey(key, value) {
    checkText('key', key);
    if (!(typeof value in INITIAL)) throw typeError('value', 'a string or a number', value);
    const isStored = callHeap(native.refStructSet, idOf(this, StructRef), key, value);
    if (isStored) return;
    if (isStored === undefined) throw unknownKey(key);
    throw typeError('value', typeof value === 'string' ? 'a number' : 'a string', value);
  }
}

define(REF_STRUCT, StructRef);

function readShape(shape) {
  const types = new Map(Object.entries(checkObject('shape', shape, 'an object')));
  for (const [key, type] of types) {
    if (!Object.hasOwn(INITIAL, type)) throw typeError(`shape.${key}`, "'string' or 'number'", type);
  }
  return types;
}

let own; // has to see what is private to StructFactory

class StructFactory {
  #types; // key -> 'string' or 'number'
  #handler = {
    get: (struct, key) => {
      if (this.#isKey(key)) return struct.getKey(key);
      if (key in struct || typeof key === 'symbol' || PROBED.has(key)) return struct[key];
      throw this.#unknown(key);
    },
    set: (struct, key, value) => {
      if (!this.#isKey(key)) throw this.#unknown(key);
      struct.setKey(key, value);
      return true;
    },
    has: (struct, key) => this.#isKey(key) || key in struct,
  };

  static {
    // What a method was called on.
    own = (factory) => {
      if (#types in Object(factory)) return factory;
      throw typeError('this', 'a StructFactory', factory);
    };
  }

  constructor(shape) {
    this.#types = readShape(shape);
  }

  new(values = {}) {
    return new StructRef(callHeap(native.refCreate, REF_STRUCT, own(this).#fill(values)), KNOWN);
  }

  connect(id) {
    return own(this).#checkShape(new StructRef(id));
  }

  named(name, values = {}) {
    const id = findNamed(REF_STRUCT, name, own(this).#fill(values));
    return this.#checkShape(new StructRef(id, KNOWN));
  }

  new_proxy(values) {
    return own(this).#proxy(this.new(values));
  }

  connect_proxy(id) {
    return own(this).#proxy(this.connect(id));
  }

  named_proxy(name, values) {
    return own(this).#proxy(this.named(name, values));
  }

  #proxy(struct) {
    return new Proxy(struct, this.#handler);
  }

  #isKey(key) {
    return this.#types.has(key) && !OWN.has(key);
  }

  #unknown(key) {
    return unknownKey(key, [...this.#types.keys()]);
  }

  // All keys with what they hold first, as the addon takes them.
  #fill(values) {
    checkObject('values', values, 'an object');
    const filled = new Map();
    for (const [key, type] of this.#types) filled.set(key, INITIAL[type]);
    for (const [key, value] of Object.entries(values)) {
      const type = this.#types.get(key);
      if (type === undefined) throw this.#unknown(key);
      if (typeof value !== type) throw typeError(`values.${key}`, `a ${type}`, value);
      filled.set(key, value);
    }
    return [...filled].flat();
  }

  #checkShape(struct) {
    const { id } = struct;
    let fits = callHeap(native.refMapLength, REF_STRUCT, id) === this.#types.size;
    for (const [key, type] of this.#types) {
      fits &&= typeof callHeap(native.refStructGet, id, key) === type;
    }
    if (!fits) throw badDescriptor(`the struct ${id} has other keys or types than this factory`);
    return struct;
  }
}

module.exports = { StructFactory, StructRef };
