'use strict';

const native = require('./binding');
const { typeError } = require('./errors');
const { KNOWN, Ref, callHeap, define, findNamed, idOf } = require('./ref');

const { REF_NUMBER } = native;

function checkNumber(number) {
  if (typeof number !== 'number') throw typeError('number', 'a number', number);
  return number;
}

class NumberRef extends Ref {
  constructor(id, origin) {
    super(REF_NUMBER, id, origin, 0);
  }

  static from(number) {
    return new NumberRef(callHeap(native.refCreate, REF_NUMBER, checkNumber(number)), KNOWN);
  }

  static named(name) {
    return new NumberRef(findNamed(REF_NUMBER, name, 0), KNOWN);
  }

  obtainValue() {
    return callHeap(native.refGet, REF_NUMBER, idOf(this, NumberRef));
  }

  setValue(number) {
    callHeap(native.refSet, REF_NUMBER, idOf(this, NumberRef), checkNumber(number));
  }
}

define(REF_NUMBER, NumberRef);

module.exports = { NumberRef };
