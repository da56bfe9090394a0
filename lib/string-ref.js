'use strict';

const native = require('./binding');
const { checkText } = require('./errors');
const { KNOWN, Ref, callHeap, define, findNamed, idOf } = require('./ref');

const { REF_STRING } = native;

class StringRef extends Ref {
  constructor(id, origin) {
    super(REF_STRING, id, origin, '');
  }

  static from(text) {
    return new StringRef(callHeap(native.refCreate, REF_STRING, checkText('text', text)), KNOWN);
  }

  static named(name) {
    return new StringRef(findNamed(REF_STRING, name, ''), KNOWN);
  }

  obtainValue() {
    return callHeap(native.refGet, REF_STRING, idOf(this, StringRef));
  }

  setValue(text) {
    callHeap(native.refSet, REF_STRING, idOf(this, StringRef), checkText('text', text));
  }
}

define(REF_STRING, StringRef);

module.exports = { StringRef };
