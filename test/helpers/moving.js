'use strict';

// Enlarges a memory that is not shared, by malloc and by a module, in a process without the address
// space for its maximum: V8 moves it. The addon clears and copies blocks where it knows them to be.

const assert = require('node:assert/strict');
const { LocalSharedMemory } = require('../../lib');
const { instantiate } = require('./module');

const maximum = 65536;
const memory = new LocalSharedMemory(1, maximum, false);
const { grow } = instantiate(memory, { maximum, shared: false });

function check(offset, value) {
  const array = memory.arrayView(Uint8Array, offset);
  assert.ok(array.every((byte) => byte === value));
}

let kept = memory.calloc(1, 1000);
memory.memset(kept, 9, 1000);
for (let round = 0; round < 40; round++) {
  const large = memory.malloc(200_000);
  memory.memset(large, 255, 200_000);
  if (round % 2 === 0) memory.free(large);
  assert.notEqual(grow(round % 5), -1);
  check(memory.calloc(1, 150_000), 0);
  grow(1);
  kept = memory.realloc(kept, 1000, round % 2 === 0 ? 16 : 4096);
  check(kept, 9);
}
for (const { byteOffset } of memory.allocs()) memory.free(byteOffset);
assert.deepEqual(memory.allocs(), []);
console.log('ok');
