'use strict';

// Objects of shapes that come into being while threads store and read them.

const KEYS = ['id', 'x', 'y', 'name', 'Ä', '語', 'toString', 'list'];

// Number n: its keys are those of the bits of n.
function objectOf(n) {
  const keys = KEYS.filter((_, bit) => (n >> bit) & 1);
  return Object.fromEntries(keys.map((key, i) => [key, i % 2 ? `${key} of ${n}` : [n, { [key]: n }]]));
}

const COUNT = 1 << KEYS.length;

// Stores and reads all objects, several times, beginning somewhere else in each thread; the keys say
// which thread it was. Returns how many were read.
function exchange({ map }, { id, count, rounds, random }) {
  let reads = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < COUNT; i++) {
      const n = (i + id * 50) % COUNT;
      map.set(`${id} ${n}`, objectOf(n));
      const other = random(COUNT);
      const read = map.get(`${random(count)} ${other}`);
      if (read === undefined) continue;
      if (JSON.stringify(read) !== JSON.stringify(objectOf(other))) return JSON.stringify(read);
      reads++;
    }
  }
  return reads;
}

module.exports = { COUNT, exchange, objectOf };
