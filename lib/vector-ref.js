'use strict';

const native = require('./binding');
const { checkInteger } = require('./errors');
const { KNOWN, Ref, callHeap, checkItem, define, findNamed, idOf, refOf } = require('./ref');

const { REF_VECTOR } = native;

class VectorRef extends Ref {
  constructor(id, origin) {
    super(REF_VECTOR, id, origin);
  }

  static named(name) {
    return new VectorRef(findNamed(REF_VECTOR, name), KNOWN);
  }

  push(...items) {
    const ids = items.map((item) => checkItem('item', item));
    for (const id of ids) callHeap(native.refVectorPush, idOf(this, VectorRef), id);
  }

  index(index) {
    checkInteger('index', index, 0, 2 ** 32 - 1);
    return refOf(callHeap(native.refVectorIndex, idOf(this, VectorRef), index));
  }

  len() {
    return callHeap(native.refVectorLength, idOf(this, VectorRef));
  }
}

define(REF_VECTOR, VectorRef);

module.exports = { VectorRef };
