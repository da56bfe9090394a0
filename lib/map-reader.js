'use strict';

// Looks keys of a map up in the image, without a call of the addon: numbers, and texts that are kept
// in the entry. A WebAssembly module does it, src/wasm/map_reader.c, by the protocol of
// core/map_peek.h. It is right in the memory model of WebAssembly, so on every processor.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { CELL_LONG, SECRET_WORDS, heapSecret, mapDirectory } = require('./binding');
const { keepAlive } = require('./exemplar');
const { call } = require('./retry');
const { kBacking, kControl, kGeneration, kHandle, kHeap, kNumber } = require('./symbols');

const REST = 32; // texts that are left to the addon after one whose value was no number

// What a look-up comes to: th_peek in the core.
const ASK = 0; // something was changing, or it is not for the reader: the addon has to be asked
const ABSENT = 1;
const NUMBER = 2; // the value is in `found`
const OTHER = 3; // there is a value that is no number
const SPLIT = 4; // the map has a directory

// The number that was found last. If it were returned, V8 would make an object of it, for the sake of
// the undefined that may be in its place.
const found = new Float64Array(1);

let compiled; // as soon as there is a map

function moduleOnce() {
  compiled ??= new WebAssembly.Module(fs.readFileSync(path.join(__dirname, 'map-reader.wasm')));
  return compiled;
}

function instantiate(heap) {
  const { anchor, origin } = heap[kBacking];
  const secret = new BigUint64Array(SECRET_WORDS);
  heapSecret(heap[kNumber], secret);
  const { exports } = new WebAssembly.Instance(moduleOnce(), { env: { memory: anchor } });
  exports.configure(origin, ...secret);
  return exports;
}

// Undefined where there is none, for whatever reason: the addon can do without.
function tryInstantiate(heap) {
  if (!heap[kBacking].isShared || os.endianness() !== 'LE') return undefined;
  try {
    return instantiate(heap);
  } catch {
    return undefined;
  }
}

const instances = new WeakMap(); // by heap

function instanceOf(heap) {
  if (!instances.has(heap)) instances.set(heap, tryInstantiate(heap));
  return instances.get(heap);
}

// A text is taken apart into arguments here. What putText in retry.js does, with a loop and by way of
// memory, makes a look-up of 12 units take a fifth longer.

// Each bit that is set in any unit that was taken. Too many are harmless: then the addon is asked.
let bits = 0;

// Four units of a text from i on in a word, the first one lowest.
function four(text, i) {
  const a = text.charCodeAt(i);
  const b = text.charCodeAt(i + 1);
  const c = text.charCodeAt(i + 2);
  const d = text.charCodeAt(i + 3);
  bits |= a | b | c | d;
  return a | (b << 8) | (c << 16) | (d << 24);
}

// The up to three that are left.
function few(text, i) {
  let word = 0;
  for (let shift = 0; i < text.length; i++, shift += 8) {
    const unit = text.charCodeAt(i);
    bits |= unit;
    word |= unit << shift;
  }
  return word;
}

// Whether all units that were taken are below 256. If they are not, the words are wrong, and the
// next ones may be right again.
function wereBytes() {
  if (bits < 256) return true;
  bits = 0;
  return false;
}

class MapReader {
  #map;
  #heap;
  #control;
  #directory = 0; // that a large map has
  #generation;
  #lastOutcome;
  #findNumber;
  #findNumberIn;
  #findText;
  #findTextIn;
  #rest = 0; // texts to come that are not looked up here

  static {
    const nothing = () => NaN;
    const instance = { findNumber: nothing, findText: nothing };
    keepAlive(new MapReader({ [kGeneration]: 0.5 }, instance));
  }

  constructor(map, instance) {
    this.#map = map;
    this.#heap = map[kHeap];
    this.#control = map[kControl] | 0;
    this.#generation = map[kGeneration];
    this.#lastOutcome = instance.lastOutcome;
    this.#findNumber = instance.findNumber;
    this.#findNumberIn = instance.findNumberIn;
    this.#findText = instance.findText;
    this.#findTextIn = instance.findTextIn;
  }

  // One for a map, if it can be read like that.
  static for(map) {
    const instance = instanceOf(map[kHeap]);
    return instance && new MapReader(map, instance);
  }

  // An access that traps was of an image that was overwritten, or of a map that was just freed.

  find(key) {
    if (this.#heap[kNumber] < 0) return ASK;
    const directory = this.#directory;
    const control = this.#control;
    const generation = this.#generation;
    try {
      return this.#outcome(
        directory === 0
          ? this.#findNumber(control, generation, key)
          : this.#findNumberIn(directory, control, generation, key)
      );
    } catch {
      return ASK;
    }
  }

  findText(key) {
    if (this.#rest > 0) {
      this.#rest--;
      return ASK;
    }
    const { length } = key;
    if (length > CELL_LONG || this.#heap[kNumber] < 0) return ASK;
    const a = length < 4 ? few(key, 0) : four(key, 0);
    if (!wereBytes()) return ASK; // most texts that are not of bytes begin like that
    const b = length < 8 ? few(key, 4) : four(key, 4);
    const c = length < 12 ? few(key, 8) : four(key, 8);
    const d = length > 12 ? few(key, 12) : 0;
    if (!wereBytes()) return ASK;
    try {
      return this.#outcome(
        this.#directory === 0
          ? this.#findText(this.#control, this.#generation, a, b, c, d, length)
          : this.#findTextIn(this.#directory, this.#control, this.#generation, a, b, c, d, length)
      );
    } catch {
      return ASK;
    }
  }

  // To be called when the addon had a value for a text that is no number: others may be like that.
  rest() {
    this.#rest = REST;
  }

  // Of what was found: a number, or NaN, which stands for all else, as well.
  #outcome(number) {
    found[0] = number;
    return number === number ? NUMBER : this.#other();
  }

  #other() {
    const outcome = this.#lastOutcome();
    if (outcome !== SPLIT) return outcome;
    this.#directory = call(this.#heap, mapDirectory, this.#map[kHandle]) | 0;
    return ASK;
  }
}

module.exports = { ABSENT, ASK, MapReader, NUMBER, OTHER, found };
