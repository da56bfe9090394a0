'use strict';

// The competitors, by the name they have in the report: { load, isNative, slow, largest, <noun> }.
// `load` gives what `create` of a noun gets, `isNative` says that nothing is shared, `slow` has the
// most operations of a round for what would take minutes, `largest` the most entries that a noun
// holds. A noun is { create, dispose, methodsOf } and a loop for every operation that there is;
// `methodsOf` gives the object that may lack the method of a trial.

const FILES = ['javascript', 'threadheap', 'shared-memory-objects', 'sharedmap', 'objectbuffer',
  'lmdb', 'malloc', 'shm-store', 'multithreading'];

const drivers = new Map(FILES.flatMap((file) => Object.entries(require(`./peers/${file}`))));

// Those that take part in a trial, as [name, driver].
function competitorsOf({ noun, operation, needs = [], only }) {
  return [...drivers].filter(([name, driver]) => {
    if (only && !only.includes(name)) return false;
    return [operation, ...needs].every((part) => part in (driver[noun] ?? {}));
  });
}

module.exports = { competitorsOf, drivers };
