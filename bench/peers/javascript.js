'use strict';

// What a program of one thread would use, and how it would send it to another.

const { MessageChannel, receiveMessageOnPort } = require('node:worker_threads');
const loops = require('../loops');

class Node {
  constructor(value) {
    this.value = value;
    this.next = undefined;
  }
}

// A list of objects that are linked, with its first and its last.
class LinkedList {
  constructor() {
    this.head = undefined;
    this.tail = undefined;
  }

  push(value) {
    const node = new Node(value);
    if (this.tail === undefined) this.head = node;
    else this.tail.next = node;
    this.tail = node;
  }

  shift() {
    const node = this.head;
    this.head = node.next;
    if (this.head === undefined) this.tail = undefined;
    return node.value;
  }

  deleteValue(value) {
    let previous;
    for (let node = this.head; node !== undefined; previous = node, node = node.next) {
      if (node.value !== value) continue;
      if (previous === undefined) this.head = node.next;
      else previous.next = node.next;
      if (node === this.tail) this.tail = previous;
      return true;
    }
    return false;
  }
}

const iterateNodes = ({ head }) => {
  let sum = 0;
  for (let node = head; node !== undefined; node = node.next) sum += node.value;
  return sum;
};

const linkedList = {
  ...loops.list,
  create: () => new LinkedList(),
  shift: (list, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += list.shift();
    return sum;
  },
  deleteHead: (list, { count }) => {
    for (let i = 0; i < count; i++) list.shift();
    return count;
  },
  iterate: iterateNodes,
  toArray: iterateNodes,
  toGivenArray: iterateNodes,
  pushMany: loops.list.push,
};

const arrayLoops = {
  create: () => [],
  push: loops.list.push,
  pushMany: loops.list.push,
};

const iterateArray = (array) => {
  let sum = 0;
  for (const value of array) sum += value;
  return sum;
};

const arrayAsList = {
  ...arrayLoops,
  shift: (array, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += array.shift();
    return sum;
  },
  deleteHead: (array, { count }) => {
    for (let i = 0; i < count; i++) array.shift();
    return count;
  },
  iterate: iterateArray,
  deleteValue: (array, { order, count }) => {
    let deleted = 0;
    for (let i = 0; i < count; i++) {
      const index = array.indexOf(order[i]);
      if (index >= 0) deleted += array.splice(index, 1).length;
    }
    return deleted;
  },
};

const arrayAsVector = {
  ...arrayLoops,
  pop: (array, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += array.pop();
    return sum;
  },
  iterate: iterateArray,
  ...loops.indexed,
};

const typedArray = {
  create: (_, { size }) => new Float64Array(new SharedArrayBuffer(size * 8)),
  push: (array, { values, count }) => {
    for (let i = 0; i < count; i++) array[i] = values[i];
  },
  iterate: iterateArray,
  ...loops.indexed,
  chunks: loops.indexed.get,
  pushMany: (array, { valueArray }) => {
    array.set(valueArray);
  },
  setMany: (array, { valueArray }) => {
    array.set(valueArray);
  },
  sort: (array) => {
    array.sort();
  },
  sum: loops.indexed.get,
  min: (array, { count }) => {
    let min = Infinity;
    for (let i = 0; i < count; i++) if (array[i] < min) min = array[i];
    return min;
  },
  max: (array, { count }) => {
    let max = -Infinity;
    for (let i = 0; i < count; i++) if (array[i] > max) max = array[i];
    return max;
  },
  fill: (array) => {
    array.fill(7);
  },
  indexOf: (array, { values, count }) => array.indexOf(values[count - 1]),
};

const newArrays = {
  create: (_, { size, bytes }) => ({
    next: 0,
    blocks: Array.from({ length: size }, () => new Uint8Array(bytes)),
  }),
  replace: (container, { bytes, order, count }) => {
    const { blocks } = container;
    let { next } = container;
    for (let i = 0; i < count; i++) {
      blocks[order[next]] = new Uint8Array(bytes);
      if (++next === order.length) next = 0;
    }
    container.next = next;
    return blocks.length;
  },
  replaceMany: (container, { bytes, count }) => {
    const { blocks } = container;
    for (let i = 0; i < count; i++) blocks[i] = new Uint8Array(bytes);
    return blocks.length;
  },
};

// Cells of a SharedArrayBuffer: the number of bytes of a text, and the text in UTF-8.
const buffers = {
  create(_, { count, length }) {
    const cellBytes = 4 + length * 3;
    const bytes = Buffer.from(new SharedArrayBuffer(count * cellBytes));
    return { bytes, cellBytes };
  },
  set: ({ bytes, cellBytes }, { texts, count }) => {
    for (let i = 0; i < count; i++) {
      const start = i * cellBytes;
      bytes.writeUInt32LE(bytes.write(texts[i], start + 4, cellBytes - 4, 'utf8'), start);
    }
  },
  get: ({ bytes, cellBytes }, { count, length }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const start = i * cellBytes + 4;
      const text = bytes.toString('utf8', start, start + bytes.readUInt32LE(start - 4));
      sum += text.charCodeAt(length - 1);
    }
    return sum;
  },
};

const json = {
  create: () => [],
  set: (container, { objects, count }) => {
    for (let i = 0; i < count; i++) container[i] = JSON.stringify(objects[i]);
  },
  get: (container, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += JSON.parse(container[i]).id;
    return sum;
  },
  readBack: (container) => container.map((text) => JSON.parse(text)),
};

const cloned = {
  create: () => [],
  set: (container, { objects, count }) => {
    for (let i = 0; i < count; i++) container[i] = objects[i];
  },
  get: (container, { count }) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += structuredClone(container[i]).id;
    return sum;
  },
  readBack: (container) => container.map((object) => structuredClone(object)),
};

// Sets the word from 0 to 1 and back, as a lock that nobody else wants would.
const atomics = {
  create: () => new Int32Array(new SharedArrayBuffer(4)),
  pairs: (words, { count }) => {
    for (let i = 0; i < count; i++) {
      if (Atomics.compareExchange(words, 0, 0, 1) === 0) Atomics.exchange(words, 0, 0);
    }
    return words[0];
  },
};

function bytesInUse() {
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function bytesPerEntry({ size, keyOf }) {
  const map = new Map();
  const before = bytesInUse();
  for (let i = 0; i < size; i++) map.set(keyOf(i), i);
  return (bytesInUse() - before) / map.size;
}

const memory = {
  // The second time: some of what the process has loaded is let go of only during the first, and
  // would be subtracted.
  entries(_, trial) {
    bytesPerEntry(trial);
    return bytesPerEntry(trial);
  },
};

function entriesOf({ keys, values }) {
  return new Map(keys.map((key, i) => [key, values[i]]));
}

module.exports = {
  Map: {
    isNative: true,
    map: { create: () => new Map(), ...loops.map, ...loops.mapLoopsForBatches },
    memory,
  },
  Array: { isNative: true, list: arrayAsList, vector: arrayAsVector },
  'linked objects': { isNative: true, list: linkedList },
  Float64Array: { isNative: true, vector: typedArray },
  'new Uint8Array': { isNative: true, block: newArrays },
  Buffer: { isNative: true, text: buffers },
  JSON: { isNative: true, object: json },
  structuredClone: {
    isNative: true,
    object: cloned,
    handover: {
      create: (_, data) => entriesOf(data),
      hand: (map) => structuredClone(map).size,
    },
  },
  postMessage: {
    isNative: true,
    handover: {
      create(_, data) {
        const { port1, port2 } = new MessageChannel();
        return { map: entriesOf(data), receiveMessageOnPort, port1, port2 };
      },
      hand: ({ map, receiveMessageOnPort: receive, port1, port2 }) => {
        port1.postMessage(map);
        return receive(port2).message.size;
      },
      dispose: ({ port1 }) => port1.close(),
    },
  },
  '64 KiB': { isNative: true, memory: { empty: () => 64 * 1024 } },
  Atomics: { isNative: true, lock: atomics },
};
