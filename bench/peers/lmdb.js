'use strict';

const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const loops = require('../loops');

const MEMORY = '/dev/shm'; // where it is, files are memory

// What is open, and what is to be removed in the end.
const directories = [];
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function newDirectory() {
  let directory;
  try {
    directory = mkdtempSync(join(MEMORY, 'threadheap-bench-'));
  } catch {
    directory = mkdtempSync(join(tmpdir(), 'threadheap-bench-'));
  }
  directories.push(directory);
  return directory;
}

// Without waiting for a disk.
function open(lmdb, path) {
  return lmdb.open({ path, noSync: true, noMemInit: true });
}

const create = (lmdb) => {
  const path = newDirectory();
  return Object.assign(open(lmdb, path), { benchPath: path });
};

// The database is closed in its own time.
const dispose = (database) => {
  database.close();
  rmSync(database.benchPath, { recursive: true, force: true });
};

// All writes of a loop are one transaction, which is what it is fast at.
const map = {
  create,
  dispose,
  share: (database) => database.benchPath,
  join: open,
  set: (database, { keys, values, count }) => {
    database.transactionSync(() => {
      for (let i = 0; i < count; i++) database.putSync(keys[i], values[i]);
    });
  },
  get: loops.map.get,
  update: (database, { visits, values, count }) => {
    database.transactionSync(() => {
      for (let i = 0; i < count; i++) database.putSync(visits[i], values[i]);
    });
  },
  delete: (database, { visits, count }) =>
    database.transactionSync(() => {
      let deleted = 0;
      for (let i = 0; i < count; i++) if (database.removeSync(visits[i])) deleted++;
      return deleted;
    }),
  getMany: loops.map.get,
  setMany: (database, { keys, values, count }) => {
    database.transactionSync(() => {
      for (let i = 0; i < count; i++) database.putSync(keys[i], values[i]);
    });
  },
  deleteMany: (database, { visits, count }) => {
    database.transactionSync(() => {
      for (let i = 0; i < count; i++) database.removeSync(visits[i]);
    });
  },
  readBack: loops.map.readBack,
  left: loops.map.left,
};

// These are one transaction each: another thread is to see them.
const text = {
  create,
  dispose,
  set: (database, { names, texts, count }) => {
    for (let i = 0; i < count; i++) database.putSync(names[i], texts[i]);
  },
  get: loops.namedTexts.get,
};

const object = {
  create,
  dispose,
  set: (database, { names, objects, count }) => {
    for (let i = 0; i < count; i++) database.putSync(names[i], objects[i]);
  },
  get: loops.namedObjects.get,
  readBack: loops.namedObjects.readBack,
};

module.exports = {
  lmdb: {
    load: () => require('lmdb'),
    map,
    text,
    object,
  },
};
