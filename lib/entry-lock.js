'use strict';

// Lets one call at a time, of all threads, do something to a key, first come, first served.
//
//   queues (a SharedMap): key -> 'id id id', the owner and those who wait, in order
//   words (shared):       one for the keys that share it; changes when an owner leaves
//
// Each step is one call of the map, so a thread may die between any two. Ids of threads that died
// are passed over by whoever looks. Calls of one thread wait for each other in that thread, so that
// a queue has as many ids as threads at most.

const { corrupt } = require('./errors');
const { changed, deferred, wake } = require('./wait');

// A step is repeated when another thread was first, which does not happen that often: the map was
// overwritten then.
const TRIES_MAX = 100000;

function idsOf(queue) {
  return typeof queue === 'string' ? queue.split(' ') : [];
}

class EntryLock {
  #queues;
  #words;
  #id;
  #isAlive;
  #lines = new Map(); // by key that a call of this thread is at: the calls behind it

  // `id` is this thread's; isAlive(id) tells of any.
  constructor(queues, words, id, isAlive) {
    this.#queues = queues;
    this.#words = words;
    this.#id = id;
    this.#isAlive = isAlive;
  }

  // What body() returns, which runs when it is its turn.
  async run(key, wait, body) {
    await this.#enter(key, wait);
    try {
      await this.#acquire(key, wait);
      try {
        return await body();
      } finally {
        this.#leave(key);
      }
    } finally {
      this.#next(key);
    }
  }

  // Removes what threads that died have left behind.
  sweep() {
    for (const [key, queue] of this.#queues) {
      if (idsOf(queue).some(this.#isAlive)) continue;
      this.#isFirst(key);
      this.#leave(key);
    }
  }

  // Comes to the front of this thread's calls.
  async #enter(key, wait) {
    const line = this.#lines.get(key);
    if (!line) {
      this.#lines.set(key, []);
      return;
    }
    const place = deferred();
    line.push(place);
    try {
      await wait.until(place.promise);
    } catch (error) {
      const index = line.indexOf(place);
      if (index >= 0) line.splice(index, 1);
      else this.#next(key); // its turn had come
      throw error;
    }
  }

  #next(key) {
    const place = this.#lines.get(key).shift();
    if (place) place.resolve();
    else this.#lines.delete(key);
  }

  async #acquire(key, wait) {
    const index = this.#indexOf(key);
    for (;;) {
      const seen = Atomics.load(this.#words, index); // before the look, so that no change is missed
      try {
        if (this.#isFirst(key)) return;
        await wait.sleep(changed(this.#words, index, seen));
      } catch (error) {
        while (!this.#leave(key)) await changed(this.#words, index, Atomics.load(this.#words, index));
        throw error;
      }
    }
  }

  // Stands in the queue, unless it does already. Whether it is its turn. When a full heap has no room
  // for it in the queue, it waits beside.
  #isFirst(key) {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const queue = this.#queues.get(key);
      const ids = idsOf(queue).filter(this.#isAlive);
      if (!ids.includes(this.#id)) ids.push(this.#id);
      const isMine = ids[0] === this.#id;
      const next = ids.join(' ');
      try {
        if (next === queue || this.#queues.compareAndSet(key, queue, next)) return isMine;
      } catch (error) {
        if (error.code !== 'ERR_TH_OUT_OF_MEMORY' || isMine) throw error;
        return false;
      }
    }
    throw corrupt(`the queue of key ${key}`);
  }

  // One that is alone deletes the queue. Whoever came in between that look and the deletion finds
  // itself missing, and stands there again. So do all when a full heap has no room for the queue
  // without its owner. One that only waited cannot leave then: false.
  #leave(key) {
    let isFull = false;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const queue = this.#queues.get(key);
      const ids = idsOf(queue);
      const rest = ids.filter((id) => id !== this.#id);
      const isHere = rest.length < ids.length;
      const isLast = isHere && (rest.length === 0 || (isFull && ids[0] === this.#id));
      if (isLast) this.#queues.delete(key);
      if (isLast || !isHere) {
        wake(this.#words, this.#indexOf(key));
        return true;
      }
      if (isFull) return false;
      try {
        if (this.#queues.compareAndSet(key, queue, rest.join(' '))) {
          wake(this.#words, this.#indexOf(key));
          return true;
        }
      } catch (error) {
        if (error.code !== 'ERR_TH_OUT_OF_MEMORY') throw error;
        isFull = true;
      }
    }
    throw corrupt(`the queue of key ${key}`);
  }

  #indexOf(key) {
    return key % this.#words.length;
  }
}

module.exports = { EntryLock };
