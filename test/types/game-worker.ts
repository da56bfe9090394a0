// A worker of the same game, in a CommonJS module.

import { workerData } from 'node:worker_threads';
import threadheap = require('threadheap');
import { SharedList, SharedMap, SharedString, SharedVector } from 'threadheap';
import type { Game, Player } from './game-state.mjs' with { 'resolution-mode': 'import' };

const game: Game = workerData;
const heap = new threadheap.MemoryHeap(game.heap);
const players = new SharedMap<string, Player>(heap, game.players);
const scores = new SharedMap<string, number>(heap, game.scores);
const positions = new SharedVector<Float32Array>(heap, game.positions);
const events = new SharedList<Float64Array>(heap, game.events);
const status = new SharedString(heap, game.status);

// Both modules get the same classes.
const players2: threadheap.SharedMap<string, Player> = players;

while (status.value === 'running') {
  for (const [name, { slot }] of players2) {
    const [x = 0, y = 0] = positions.at(slot) ?? [];
    positions.set(slot, [x + Math.random(), y + Math.random()]);
    if (scores.add(name, 1) % 100 === 0) events.push([Date.now(), slot]);
  }
  for (const { data, deleteCurrent } of events) {
    if (data[0] < Date.now() - 1000) deleteCurrent();
  }
}

heap[Symbol.dispose]();
