'use strict';

// What all refs share: an id, which is all that an object of these classes holds, and being dropped.
// The addon checks the id in every call.

const native = require('./binding');
const { checkInteger, checkText, typeError } = require('./errors');
const { processHeap } = require('./process-heap');
const { call, results } = require('./retry');
const { kKind, kNumber } = require('./symbols');

// Given to a constructor with an id that the addon returned just now: undefined, too, while this
// thread is being terminated, and then nothing more may be made.
const KNOWN = Symbol('known');

const classes = []; // by kind

// A call of the addon: method(heap, a, b, c).
function callHeap(method, a, b, c) {
  return call(processHeap, method, processHeap[kNumber], a, b, c);
}

function checkItem(name, item) {
  if (typeof item?.id === 'number') return item.id;
  throw typeError(name, 'a StringRef, NumberRef, MapRef, VectorRef or struct', item);
}

// The id of what a method of that class was called on.
function idOf(ref, Class) {
  if (ref instanceof Class && kKind in ref && typeof ref.id === 'number') return ref.id;
  throw typeError('this', `a ${Class.name}`, ref);
}

// The ref with the id that a call has returned, whose kind is result 0; undefined for none.
function refOf(id) {
  return id === undefined ? undefined : new classes[results[0]](id, KNOWN);
}

// Finds or makes the value with that name; returns its id.
function findNamed(kind, name, initial) {
  return callHeap(native.refNamed, kind, initial, checkText('name', name));
}

// The id of the value that a constructor was given, or of a new one.
function identify(kind, id, initial) {
  if (id === undefined) return callHeap(native.refCreate, kind, initial);
  checkInteger('id', id, 0, Number.MAX_SAFE_INTEGER);
  callHeap(native.refCheck, kind, id);
  return id;
}

class Ref {
  // `initial` is what a new one holds, if that is said.
  constructor(kind, id, origin, initial) {
    this.id = origin === KNOWN ? id : identify(kind, id, initial);
  }

  drop() {
    const id = idOf(this, Ref);
    callHeap(native.refDrop, this[kKind], id);
  }
}

// Says which class the refs of a kind have.
function define(kind, Class) {
  Object.defineProperty(Class.prototype, kKind, { value: kind });
  classes[kind] = Class;
}

module.exports = { KNOWN, Ref, callHeap, checkItem, define, findNamed, idOf, refOf };
