// The main thread of a game, in an ES module: what a program with many kinds of state looks like.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  MemoryHeap,
  SharedList,
  SharedMap,
  SharedString,
  SharedVector,
  type MemoryHeapMemory,
  type SharedListMemory,
  type SharedMapMemory,
  type SharedStringMemory,
  type SharedVectorMemory,
  type ThreadheapError,
} from 'threadheap';
import * as threadheap from 'threadheap';
// @ts-expect-error there is no default export
import everything from 'threadheap';

export interface Player {
  name: string;
  slot: number;
}

/** What a worker is started with. */
export interface Game {
  heap: MemoryHeapMemory;
  players: SharedMapMemory;
  scores: SharedMapMemory;
  positions: SharedVectorMemory;
  events: SharedListMemory;
  status: SharedStringMemory;
}

const heap = new MemoryHeap({ bufferSize: 2 ** 16, maxSize: 2 ** 28 });
const start = heap.currentUsed;
const players = new SharedMap<string, Player>(heap);
const scores = new SharedMap<string, number>(heap);
const positions = new SharedVector(heap, { type: Float32Array, dataLength: 2 });
const events = new SharedList(heap, { type: Float64Array, dataLength: 2 });
const status = new SharedString(heap, 'starting');

for (const name of ['Ada', 'Bob']) {
  players.set(name, { name, slot: positions.push([0, 0]) });
}

const game: Game = {
  heap: heap.getSharedMemory(),
  players: players.getSharedMemory(),
  scores: scores.getSharedMemory(),
  positions: positions.getSharedMemory(),
  events: events.getSharedMemory(),
  status: status.getSharedMemory(),
};
const workers = [1, 2].map(() => new Worker('./game-worker.js', { workerData: game }));

function show(): void {
  for (const { name, slot } of players.values()) {
    const [x, y] = positions.at(slot) ?? [0, 0];
    console.log(name, x.toFixed(1), y.toFixed(1), scores.get(name) ?? 0);
  }
  console.log(`${status}: ${events.length} events, ${heap.prettyMemory()}`);
}

status.value = 'running';
await Promise.race([sleep(3000), ...workers.map((worker) => once(worker, 'exit'))]);
await Promise.all(workers.map((worker) => worker.terminate()));
show();

events.onDelete = ([time, slot]) => console.log(new Date(time).toISOString(), slot);
for (const shared of [players, scores, positions, events, status]) shared.free();
try {
  status.value = 'over';
} catch (error) {
  if ((error as ThreadheapError).code !== 'ERR_TH_FREED') throw error;
}
console.log(heap.currentUsed === start, new threadheap.MemoryHeap().isClone, everything);
