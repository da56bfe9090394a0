'use strict';

// Looks keys of a map up without a call, in views of the image: int32 numbers, and texts that are kept
// in the entry. map.h in the core has the tables and the protocol. All arithmetic is in int32, of
// which V8 makes no objects.

const {
  types: { isSharedArrayBuffer },
} = require('node:util');
const { CELL_LONG, CELL_SHORT, CONTROL_GENERATION, CONTROL_SIZE, ENTRY_KEY, ENTRY_KEY_TAIL,
  ENTRY_META, ENTRY_VALUE, TABLE_ID, TABLE_VERSION, TABULATION_SIZE, TYPE_LATIN1, TYPE_NUMBER,
  heapTabulation, mapShow } =
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
const PROBES_MAX = 256; // more are needed only where the image was overwritten
const LEARN_EACH = 4; // of a table that comes and goes
const TRIES = 2; // the first after a change only takes note of the version
const REST = 32; // texts that are left to the addon after one whose value was no number

// Offsets in words.
const GENERATION_HIGH = CONTROL_GENERATION / 4 + 1;
const VERSION = TABLE_VERSION / 4;
const META = ENTRY_META / 4;
const TEXT = ENTRY_KEY / 4;
const TAIL = ENTRY_KEY_TAIL / 4;
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

// The text that is looked up, as th_key in the core: what its entry has, and the hash.
const text = new Int32Array(6);
const [LOW, HIGH, TAIL_LOW, TAIL_HIGH, TAG, HASH] = text.keys();

// Reads a text into that, by th_tabulate_text; whether it is one that an entry holds. Four at a time,
// which takes two thirds of the time.
function readText(tabulation, key) {
  const { length } = key;
  if (length > CELL_LONG) return false;
  text[LOW] = text[HIGH] = text[TAIL_LOW] = text[TAIL_HIGH] = 0;
  let hashed = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const a = key.charCodeAt(i);
    const b = key.charCodeAt(i + 1);
    const c = key.charCodeAt(i + 2);
    const d = key.charCodeAt(i + 3);
    if ((a | b | c | d) > 255) return false;
    text[i >> 2] = a | (b << 8) | (c << 16) | (d << 24);
    hashed ^= tabulation[(i << 8) | a];
    hashed ^= tabulation[((i + 1) << 8) | b];
    hashed ^= tabulation[((i + 2) << 8) | c];
    hashed ^= tabulation[((i + 3) << 8) | d];
  }
  for (; i < length; i++) {
    const a = key.charCodeAt(i);
    if (a > 255) return false;
    text[i >> 2] |= a << (i << 3);
    hashed ^= tabulation[(i << 8) | a];
  }
  text[TAG] = TYPE_LATIN1 | (length << 4);
  text[HASH] = hashed;
  return true;
}

// The table of a shard. Places are counted in what is read there, words if nothing else is said.
class Table {
  constructor(image, control, address, entries, index, mask, stride, id) {
    this.words = image.view(Int32Array);
    this.doubles = image.view(Float64Array);
    this.slotLog = mask < SHORT_SLOTS ? 1 : 0; // of the slots in a word
    this.slotMask = mask < SHORT_SLOTS ? 0xffff : ~0;
    this.index = index >>> (2 - this.slotLog); // in slots
    this.mask = mask | 0;
    this.hashMask = ~mask & this.slotMask;
    this.stride = stride >>> 2;
    this.keyLength = this.stride > TAIL ? CELL_LONG : CELL_SHORT; // of texts that entries hold
    this.entries = ((entries >>> 2) - this.stride) | 0; // slots count entries from 1
    this.controlAt = ((control >>> 2) + GENERATION_HIGH) | 0;
    this.idAt = ((address >>> 3) + ID) | 0; // in doubles
    this.versionAt = ((address >>> 2) + VERSION) | 0;
    this.id = id;
    noteVersion(this);
  }
}

// What follows are functions and no methods: of those V8 would inline fewer.

function isCurrent(table) {
  return table.doubles[table.idAt] === table.id && table.words[table.controlAt] !== 0;
}

// By Atomics.load, since what is looked up next has to be read after it.
function noteVersion(table) {
  table.version = Atomics.load(table.words, table.versionAt) & ~1; // of an odd one nothing is right
}

// Whether the table is as it was when that was asked last, after what was read since. That it is the
// table still is read behind a branch on the version, and so after it.
function isSame(table) {
  if (loadLast(table.words, table.versionAt) === table.version) return isCurrent(table);
  noteVersion(table);
  return false;
}

function hasTail(words, entry) {
  const at = entry + TAIL;
  return ((words[at | 0] ^ text[TAIL_LOW]) | (words[(at + 1) | 0] ^ text[TAIL_HIGH])) === 0;
}

function hasText(words, entry, tag) {
  const at = entry + TEXT;
  const difference = (words[at | 0] ^ text[LOW]) | (words[(at + 1) | 0] ^ text[HIGH]);
  return difference === 0 && (tag >> 4 <= CELL_SHORT || hasTail(words, entry));
}

// The key is an integer, or undefined: what is in `text`.
function look(table, hashed, tag, key) {
  const { words, doubles, mask, slotLog } = table;
  for (let i = 0; i < PROBES_MAX; i++) {
    const at = (table.index + ((hashed + i) & mask)) | 0;
    const slot = (words[at >>> slotLog] >>> ((at & slotLog) << 4)) & table.slotMask;
    if (slot === 0) return ABSENT;
    if (((slot ^ hashed) & table.hashMask) !== 0) continue;
    const entry = (table.entries + Math.imul(slot & mask, table.stride)) | 0;
    const tags = words[(entry + META) | 0] & 0xffff;
    if (tags >> 8 !== tag) continue;
    const place = entry >>> 1;
    if (key === undefined ? !hasText(words, entry, tag) : doubles[(place + KEY) | 0] !== key) continue;
    if ((tags & 0xff) !== TYPE_NUMBER) return OTHER;
    found[0] = doubles[(place + VALUE) | 0];
    return NUMBER;
  }
  return ASK;
}

function find(table, hashed, tag, key) {
  for (let i = 0; i < TRIES; i++) {
    const outcome = look(table, hashed, tag, key);
    if (outcome === ASK || isSame(table)) return outcome;
  }
  return ASK;
}

class MapReader {
  #map;
  #heap;
  #image;
  #tabulation;
  #tables = [undefined]; // by shard, as far as they are known
  #shardMask = 0; // shards - 1
  #asked = 0; // how often the addon was, for want of a table
  #rest = 0; // texts to come that are not looked up here

  static {
    const image = { view: (Type) => new Type(8) };
    const table = new Table(image, 0, 0, 0, 0, 0, 0, NaN);
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
    return table === undefined ? ASK : find(table, hashed, TYPE_NUMBER, integer);
  }

  findText(key) {
    if (this.#rest > 0) {
      this.#rest--;
      return ASK;
    }
    if (!readText(this.#tabulation, key) || this.#heap[kNumber] < 0) return ASK;
    const table = this.#tableOf(text[HASH]);
    const tag = text[TAG];
    if (table === undefined || tag >> 4 > table.keyLength) return ASK;
    return find(table, text[HASH], tag);
  }

  // To be called when the addon was asked for a key. Now and then it takes note of the table that the
  // key is in, or would be; of a shard that has had none, only when the key is there.
  learn(key, isThere) {
    if ((key | 0) === key) this.#learn(hash(this.#tabulation, key | 0), isThere);
  }

  learnText(key, isThere) {
    if (this.#rest === 0 && readText(this.#tabulation, key)) this.#learn(text[HASH], isThere);
  }

  // To be called when the addon had a value for a text that is no number: others may be like that.
  rest() {
    this.#rest = REST;
  }

  #learn(hashed, isThere) {
    const table = this.#tableOf(hashed);
    if (table === undefined ? !isThere : isCurrent(table)) return;
    if (++this.#asked % LEARN_EACH === 0) this.#note(hashed >>> SHARD_SHIFT);
  }

  #note(shard) {
    callHot(this.#heap, mapShow, this.#map[kHandle], shard);
    const [shards, address, entries, index, mask, stride, id] = results;
    const control = this.#map[kControl];
    const end = index + (mask + 1) * (mask < SHORT_SLOTS ? 2 : 4);
    if (address === 0 || !this.#image.reach(Math.max(end, control + CONTROL_SIZE))) return;
    if (shards > 1 && this.#shardMask === 0) this.#split();
    const table = new Table(this.#image, control, address, entries, index, mask, stride, id);
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
