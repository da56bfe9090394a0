'use strict';

// A copy of an object in a block of the heap.
//
//   word 0   what tells such a block from others
//   word 1   bytes of the serialised object
//   word 2   a checksum over them
//   word 3   0
//   then the serialised object, padded with zeros to whole words

const { AllocatedMemory } = require('./memory');
const { badDescriptor, checkHeap, checkObject, corrupt, typeError } = require('./errors');
const { decode, serialize } = require('./map');
const { getPointer } = require('./pointer');

const MAGIC = 0x4a424f54;
const HEADER_WORDS = 4;

// FNV-1a by words, with a last mix.
function checksum(words) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function serializeObjectToMemory(heap, object) {
  checkHeap(heap);
  checkObject('object', object, 'an object');
  const bytes = serialize('object', object);
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  const memory = heap.allocUI32(HEADER_WORDS + words.length);
  memory.data.set([MAGIC, bytes.length, checksum(words)]);
  memory.data.set(words, HEADER_WORDS);
  return memory;
}

// From a copy, which no other thread can change meanwhile.
function createObjectFromMemory(memory) {
  if (!(memory instanceof AllocatedMemory)) throw typeError('memory', 'an AllocatedMemory', memory);
  const [magic, length, sum] = memory.data;
  if (magic !== MAGIC) throw badDescriptor('there is no serialised object at that place');
  const end = HEADER_WORDS + Math.ceil(length / 4);
  const words = memory.data.slice(HEADER_WORDS, end);
  if (end > memory.data.length || checksum(words) !== sum) throw corrupt('the serialised object');
  return decode(Buffer.from(words.buffer, 0, length));
}

function createObjectFromPointer(heap, pointer) {
  return createObjectFromMemory(new AllocatedMemory(heap, getPointer(pointer)));
}

module.exports = { createObjectFromMemory, createObjectFromPointer, serializeObjectToMemory };
