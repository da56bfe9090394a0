'use strict';

// The threads of a registry, and the values that they send each other because shared memory cannot
// hold them: those with a SharedArrayBuffer inside, and others that only messages can carry.
//
//   members (a SharedMap): id of each thread that has the registry -> true
//   entries (a SharedMap): key -> the value, or 'MARK<value id> <member id> <member id> ...' for a
//                          value that those members hold, who answer whoever asks for it
//
// A member opens its channel before it becomes a member, and a value is posted before its entry is
// set. So each member that the setter counts as a holder has the value, if only in its queue of
// messages, from the moment at which the entry names it.
//
// A member drops what it holds and no entry names. Values whose entry may be about to be set it keeps:
// they are coming until a message says that a set or deletion of their key is over, which the one that
// has the entry's lock posts ('set' and 'over') before it gives the lock back, or until their setter
// is a member no more. A clear, which has no lock, says only that entries are gone ('clear').

const { BroadcastChannel, receiveMessageOnPort } = require('node:worker_threads');
const { withCode } = require('./errors');
const { encode } = require('./map');
const { kHeapId, kSetEncoded } = require('./symbols');
const { SELF, hasEnded } = require('./thread');
const { deferred } = require('./wait');

const TRIES_MAX = 1000; // of a thread to become a holder, which is only useful to others
const MARK = '\0'; // a text that begins with it is stored with one more

let count = 0; // numbers the members that this thread has been, and values that it has sent

// A clone, in which buffers that are shared stay shared.
function clone(value) {
  try {
    return structuredClone(value);
  } catch (error) {
    throw withCode(
      new TypeError(`value cannot be stored: ${error?.message}`, { cause: error }),
      'ERR_TH_NOT_CLONEABLE'
    );
  }
}

function isHeld(stored) {
  return typeof stored === 'string' && stored[0] === MARK && stored[1] !== MARK;
}

function parse(stored) {
  const [id, ...holders] = stored.slice(MARK.length).split(' ');
  return { id, holders };
}

function format({ id, holders }) {
  return MARK + [id, ...holders].join(' ');
}

// The member that made the value id.
function setterOf(id) {
  return id.slice(0, id.lastIndexOf('.'));
}

function escape(value) {
  return typeof value === 'string' && value[0] === MARK ? MARK + value : value;
}

function unescape(stored) {
  return typeof stored === 'string' && stored[0] === MARK ? stored.slice(MARK.length) : stored;
}

// The value as it is now: { stored } for shared memory, or { held } for messages.
function pack(value) {
  try {
    return { stored: escape(encode('value', value)) };
  } catch (error) {
    if (error.code !== 'ERR_TH_NOT_CLONEABLE') throw error;
    return { held: clone(value) };
  }
}

class Exchange {
  #entries;
  #members;
  #id;
  #channel;
  #onSet;
  #held = new Map(); // by key: { id, value, isComing } of the current value, and of one to come
  #denied = new Set(); // '<value id> <member id>' where the member said that it has no such value
  #message = deferred(); // the next one

  // onSet(key) is called for each message that says that an entry was set.
  constructor(heap, entries, members, onSet) {
    this.#entries = entries;
    this.#members = members;
    this.#onSet = onSet;
    this.#id = `${SELF}.${++count}`;
    this.#channel = new BroadcastChannel(`threadheap.registry.${heap[kHeapId]}`);
    this.#channel.onmessage = ({ data }) => this.#receiveAlone(data);
    this.#channel.unref();
    try {
      members.set(this.#id, true);
    } catch (error) {
      this.#channel.close();
      throw error;
    }
  }

  get id() {
    return this.#id;
  }

  // Of any id that the maps hold, also one that something else wrote there.
  isAlive = (id) => {
    return !hasEnded(parseInt(id, 10)) && this.#members.has(id);
  };

  // Whether a thread that waits for nothing but messages is to go on.
  keepAlive(isWanted) {
    if (isWanted) this.#channel.ref();
    else this.#channel.unref();
  }

  // The caller holds the entry's lock.
  set(key, { stored, held }) {
    if (held === undefined) this.#entries[kSetEncoded](key, stored);
    else this.#setHeld(key, held);
    this.#finish(key);
    this.#post({ type: 'set', key });
  }

  delete(key) {
    const isDeleted = this.#entries.delete(key);
    this.#giveUp(key);
    return isDeleted;
  }

  clear() {
    this.#entries.clear();
    this.#dropAll();
    this.#post({ type: 'clear' });
    this.#livingMembers();
  }

  // The value of a key, undefined when it has none.
  async get(key, wait) {
    const asked = new Set();
    try {
      return await this.#get(key, wait, asked);
    } finally {
      for (const one of asked) this.#denied.delete(one);
    }
  }

  async #get(key, wait, asked) {
    for (;;) {
      const stored = this.#entries.get(key);
      if (!isHeld(stored)) return unescape(stored);
      const held = parse(stored);
      this.drain();
      const own = this.#find(key, held.id);
      if (own) return structuredClone(own.value);
      if (this.#ask(key, held, asked)) await wait.sleep(this.#message.promise);
      else if (this.#entries.get(key) === stored) throw this.#lost(key);
    }
  }

  // Takes the messages that wait in the queue of this thread.
  drain() {
    for (;;) {
      const received = receiveMessageOnPort(this.#channel);
      if (!received) return;
      this.#receive(received.message);
    }
  }

  leave() {
    try {
      this.#members.delete(this.#id);
    } finally {
      this.#channel.close();
      this.#held.clear();
    }
  }

  #setHeld(key, value) {
    const id = `${this.#id}.${++count}`;
    const holders = this.#livingMembers();
    if (!this.#tryPost({ type: 'value', key, id, value })) {
      throw withCode(
        new TypeError(
          'value holds an object, such as a Blob or a key, that Node.js sends to one other thread ' +
            'only, and several have the registry'
        ),
        'ERR_TH_NOT_CLONEABLE'
      );
    }
    this.#hold(key, { id, value });
    try {
      this.#entries.set(key, format({ id, holders }));
    } catch (error) {
      this.#giveUp(key);
      throw error;
    }
  }

  // The caller, which holds the entry's lock, sets no value.
  #giveUp(key) {
    this.#finish(key);
    this.#post({ type: 'over', key });
  }

  // Those that died are members no more.
  #livingMembers() {
    const living = [];
    for (const id of this.#members.keys()) {
      if (this.isAlive(id)) living.push(id);
      else this.#members.delete(id);
    }
    return living;
  }

  // Asks one more living holder each time, in case that the ones before are busy. Whether there is
  // any, as far as is known.
  #ask(key, { id, holders }, asked) {
    const living = holders.filter(
      (one) => one !== this.#id && this.isAlive(one) && !this.#denied.has(`${id} ${one}`)
    );
    const holder = living.find((one) => !asked.has(`${id} ${one}`));
    if (holder) {
      asked.add(`${id} ${holder}`);
      this.#post({ type: 'ask', key, id, from: this.#id, to: holder });
    }
    return living.length > 0;
  }

  // Between calls: an error of the maps is for the next call, which will meet it, too.
  #receiveAlone(message) {
    try {
      this.#receive(message);
    } catch (error) {
      if (!/^ERR_TH_/.test(error.code)) throw error;
    }
  }

  #receive(message) {
    const { type, key, id } = message;
    if (type === 'ask') this.#answer(message);
    else if (type === 'value') this.#hold(key, { id, value: message.value, isComing: true });
    else if (type === 'answer') this.#take(message);
    else if (type === 'deny') this.#believe(message);
    else if (type === 'clear') this.#dropAll();
    else this.#finish(key);
    if (type === 'set') this.#onSet(key);
    this.#message.resolve();
    this.#message = deferred();
  }

  #answer({ key, id, from, to }) {
    if (to !== this.#id) return;
    const own = this.#find(key, id);
    if (!own || !this.#tryPost({ type: 'answer', key, id, to: from, value: own.value })) {
      this.#post({ type: 'deny', id, from: to, to: from });
    }
  }

  #believe({ id, from, to }) {
    if (to === this.#id) this.#denied.add(`${id} ${from}`);
  }

  #take({ key, id, to, value }) {
    if (to !== this.#id || this.#find(key, id)) return;
    this.#hold(key, { id, value });
    this.#becomeHolder(key, id);
  }

  // A full heap may have no room to say so: then nobody asks this thread.
  #becomeHolder(key, id) {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const stored = this.#entries.get(key);
      const holding = isHeld(stored) ? parse(stored) : undefined;
      if (holding?.id !== id) {
        this.#drop(key);
        return;
      }
      const holders = [...holding.holders.filter(this.isAlive), this.#id];
      try {
        if (this.#entries.compareAndSet(key, stored, format({ id, holders }))) return;
      } catch (error) {
        if (error.code !== 'ERR_TH_OUT_OF_MEMORY') throw error;
        return;
      }
    }
  }

  // Beside what was held: an answer with the current value may come after the value to come.
  #hold(key, own) {
    this.#held.set(key, [...(this.#held.get(key) ?? []), own]);
  }

  #find(key, id) {
    return this.#held.get(key)?.find((own) => own.id === id);
  }

  // Nothing is coming for the key any more.
  #finish(key) {
    for (const own of this.#held.get(key) ?? []) own.isComing = false;
    this.#drop(key);
  }

  #drop(key) {
    const held = this.#held.get(key);
    if (!held) return;
    const coming = held.filter((own) => this.#isComing(own)); // before the look at the entry
    const stored = this.#entries.get(key);
    const current = isHeld(stored) ? parse(stored).id : undefined;
    const kept = held.filter((own) => own.id === current || coming.includes(own));
    if (kept.length > 0) this.#held.set(key, kept);
    else this.#held.delete(key);
  }

  #dropAll() {
    for (const key of [...this.#held.keys()]) this.#drop(key);
  }

  #isComing({ id, isComing }) {
    return isComing && this.isAlive(setterOf(id));
  }

  #post(message) {
    if (this.#members.size > 1) this.#channel.postMessage(message);
  }

  // Whether it could be posted: some objects can go to one other thread, but not to several.
  #tryPost(message) {
    try {
      this.#post(message);
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return false;
    }
  }

  #lost(key) {
    return withCode(
      new Error(`the value of key ${key} went with the threads that held it`),
      'ERR_TH_VALUE_LOST'
    );
  }
}

module.exports = { Exchange, pack };
