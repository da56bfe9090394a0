'use strict';

// Read-only once it is made: `fromObjects` sets all objects at once, and is what `set` measures.
const object = {
  create: (library) => ({ ...library, store: undefined }),
  set: (container, { names, objects, count }) => {
    const { SharedObject, SharedObjectStore } = container;
    const shared = {};
    for (let i = 0; i < count; i++) shared[names[i]] = SharedObject.fromObject(objects[i]);
    container.store = SharedObjectStore.fromObjects(shared);
  },
  get: ({ store }, { names, count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += store.get(names[i]).id;
    return sum;
  },
  readBack: ({ store }, { names }) => names.map((name) => store.get(name)),
};

module.exports = {
  'shm-store': { load: () => import('shm-store'), object },
};
