'use strict';

const native = require('./binding');
const { checkText } = require('./errors');
const { KNOWN, Ref, callHeap, checkItem, define, findNamed, idOf, refOf } = require('./ref');

const { REF_MAP } = native;

class MapRef extends Ref {
  constructor(id, origin) {
    super(REF_MAP, id, origin);
  }

  static named(name) {
    return new MapRef(findNamed(REF_MAP, name), KNOWN);
  }

  get(key) {
    return refOf(callHeap(native.refMapGet, idOf(this, MapRef), checkText('key', key)));
  }

  set(key, item) {
    callHeap(native.refMapSet, idOf(this, MapRef), checkText('key', key), checkItem('item', item));
  }

  // What set was called first.
  add(key, item) {
    idOf(this, MapRef);
    this.set(key, item);
  }

  remove(key) {
    return callHeap(native.refMapRemove, idOf(this, MapRef), checkText('key', key));
  }

  len() {
    return callHeap(native.refMapLength, REF_MAP, idOf(this, MapRef));
  }
}

define(REF_MAP, MapRef);

module.exports = { MapRef };
