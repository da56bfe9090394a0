'use strict';

// Looks int32 keys of a map up without a call, in views of the image. map.h in the core has the tables
// and the protocol. All arithmetic is in int32, of which V8 makes no objects.

const {
  types: { isSharedArrayBuffer },
} = require('node:util');
const { CONTROL_GENERATION, CONTROL_SIZE, ENTRY_KEY, ENTRY_META, ENTRY_VALUE, TABLE_HEADER_SIZE,
  TABLE_ID, TABLE_VERSION, TABULATION_SIZE, TYPE_NUMBER, heapTabulation, mapShow } =
  require('./binding');
const { keepAlive } = require('./exemplar');
const { loadLast } = require('./fence');
const { imageOf } = require('./image');
const { callHot, results } = require('./retry');
const { kBacking, kControl, kHandle, kHeap, kNumber } = require('./symbols');

// Only these processors keep the order of loads in which V8 makes them (fence.js).
const IS_ORDERED = ['x64', 'ia32'].includes(process.arch);

const SHARDS = 64;
const SHARD_SHIFT = 26; // the top 6 of the 32 bits of a hash choose the shard
const SHORT_SLOTS = 2 ** 16; // up to so many, slots have 16 bits
const PROBES_MAX = 64; // more are hardly ever needed, unless the image was overwritten
const LEARN_EACH = 4; // of a table that comes and goes
const TRIES = 2; // the first after a change only takes note of the version
const NUMBERS = (TYPE_NUMBER << 8) | TYPE_NUMBER; // the tags of an entry of two numbers

// Offsets in words.
const GENERATION_HIGH = CONTROL_GENERATION / 4 + 1;
const VERSION = TABLE_VERSION / 4;
const ENTRIES = TABLE_HEADER_SIZE / 4;
const META = ENTRY_META / 4;
// And in doubles.
const ID = TABLE_ID / 8;
const KEY = ENTRY_KEY / 8;
const VALUE = ENTRY_VALUE / 8;

// What a look-up comes to.
const ASK = 0; // something was changing, or the table is not known: the addon has to be asked
const ABSENT = 1;
const NUMBER = 2; // the value is in `found`
const OTHER = 3; // there is a value that is no number

// The number that was found last. If it were returned, V8 would make an object of it, for the sake of
// the undefined that may be in its place.
const found = new Float64Array(1);

const tabulations = new WeakMap(); // by heap

function tabulationOf(heap) {
  if (!tabulations.has(heap)) {
    const tabulation = new Int32Array(TABULATION_SIZE / 4);
    heapTabulation(heap[kNumber], tabulation);
    tabulations.set(heap, tabulation);
  }
  return tabulations.get(heap);
}

// th_tabulate in the core.
function hash(tabulation, key) {
  return (
    tabulation[key & 255] ^
    tabulation[256 | ((key >>> 8) & 255)] ^
    tabulation[512 | ((key >>> 16) & 255)] ^
    tabulation[768 | (key >>> 24)]
  );
}

// The table of a shard. Places are counted in what is read there, words if nothing else is said.
class Table {
  constructor(image, control, address, index, mask, stride, id) {
    this.words = image.view(Int32Array);
    this.doubles = image.view(Float64Array);
    this.slotLog = mask < SHORT_SLOTS ? 1 : 0; // of the slots in a word
    this.slotMask = mask < SHORT_SLOTS ? 0xffff : ~0;
    this.index = index >>> (2 - this.slotLog); // in slots
    this.mask = mask | 0;
    this.hashMask = ~mask & this.slotMask;
    this.stride = stride >>> 2;
    this.entries = ((address >>> 2) + ENTRIES - this.stride) | 0; // slots count entries from 1
    this.controlAt = ((control >>> 2) + GENERATION_HIGH) | 0;
    this.idAt = ((address >>> 3) + ID) | 0; // in doubles
    this.versionAt = ((address >>> 2) + VERSION) | 0;
    this.id = id;
    this.#noteVersion();
  }

  isCurrent() {
    return this.doubles[this.idAt] === this.id && this.words[this.controlAt] !== 0;
  }

  find(hashed, key) {
    for (let i = 0; i < TRIES; i++) {
      const outcome = this.#look(hashed, key);
      if (outcome === ASK || this.#isSame()) return outcome;
    }
    return ASK;
  }

  #look(hashed, key) {
    const { words, doubles, mask } = this;
    for (let i = 0; i < PROBES_MAX; i++) {
      const slot = this.#slot((this.index + ((hashed + i) & mask)) | 0);
      if (slot === 0) return ABSENT;
      if (((slot ^ hashed) & this.hashMask) !== 0) continue;
      const entry = (this.entries + Math.imul(slot & mask, this.stride)) | 0;
      if (doubles[((entry >>> 1) + KEY) | 0] !== key) continue;
      const tags = words[(entry + META) | 0] & 0xffff;
      if (tags === NUMBERS) {
        found[0] = doubles[((entry >>> 1) + VALUE) | 0];
        return NUMBER;
      }
      if (tags >> 8 === TYPE_NUMBER) return OTHER;
    }
    return ASK;
  }

  #slot(at) {
    const { words, slotLog } = this;
    return (words[at >>> slotLog] >>> ((at & slotLog) << 4)) & this.slotMask;
  }

  // Whether the table is as it was when that was asked last, after what was read since. That it is the
  // table still is read behind a branch on the version, and so after it.
  #isSame() {
    const version = loadLast(this.words, this.versionAt);
    if (version === this.version) return this.isCurrent();
    this.#noteVersion();
    return false;
  }

  // By Atomics.load, since what is looked up next has to be read after it.
  #noteVersion() {
    this.version = Atomics.load(this.words, this.versionAt) & ~1; // of an odd one nothing is right
  }
}

class MapReader {
  #map;
  #heap;
  #image;
  #tabulation;
  #tables = [undefined]; // by shard, as far as they are known
  #shardMask = 0; // shards - 1
  #asked = 0; // how often the addon was, for want of a table

  static {
    const image = { view: (Type) => new Type(8) };
    const table = new Table(image, 0, 0, 0, 0, 0, NaN);
    keepAlive(new MapReader({}, {}, image, table.words), table);
  }

  constructor(map, heap, image, tabulation) {
    this.#map = map;
    this.#heap = heap;
    this.#image = image;
    this.#tabulation = tabulation;
  }

  // One for a map, if it can be read like that.
  static for(map) {
    const heap = map[kHeap];
    if (!IS_ORDERED || !isSharedArrayBuffer(heap[kBacking].buffer)) return undefined;
    return new MapReader(map, heap, imageOf(heap), tabulationOf(heap));
  }

  find(key) {
    const integer = key | 0;
    if (integer !== key || this.#heap[kNumber] < 0) return ASK;
    const hashed = hash(this.#tabulation, integer);
    const table = this.#tableOf(hashed);
    return table === undefined ? ASK : table.find(hashed, integer);
  }

  // To be called when the addon was asked for a key. Now and then it takes note of the table that the
  // key is in, or would be; of a shard that has had none, only when the key is there.
  learn(key, isThere) {
    if ((key | 0) !== key) return;
    const hashed = hash(this.#tabulation, key | 0);
    const table = this.#tableOf(hashed);
    if (table === undefined ? !isThere : table.isCurrent()) return;
    if (++this.#asked % LEARN_EACH === 0) this.#note(hashed >>> SHARD_SHIFT);
  }

  #note(shard) {
    callHot(this.#heap, mapShow, this.#map[kHandle], shard);
    const [shards, address, index, mask, stride, id] = results;
    const control = this.#map[kControl];
    const end = index + (mask + 1) * (mask < SHORT_SLOTS ? 2 : 4);
    if (address === 0 || !this.#image.reach(Math.max(end, control + CONTROL_SIZE))) return;
    if (shards > 1 && this.#shardMask === 0) this.#split();
    const table = new Table(this.#image, control, address, index, mask, stride, id);
    this.#tables[shard & this.#shardMask] = table;
  }

  #split() {
    this.#tables = new Array(SHARDS).fill(undefined);
    this.#shardMask = SHARDS - 1;
  }

  #tableOf(hashed) {
    return this.#tables[(hashed >>> SHARD_SHIFT) & this.#shardMask];
  }
}

module.exports = { ABSENT, ASK, MapReader, NUMBER, OTHER, found };
