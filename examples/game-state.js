'use strict';

// A game whose state lives in one shared heap. The main thread draws it; four workers play: they
// move their players, count the moves, and post events. Nothing is sent between the threads but the
// descriptors at the start and each worker's own account at the end, which the main thread then
// holds against the shared state: every move and every event must have arrived.

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { MemoryHeap, SharedList, SharedMap, SharedString, SharedVector, AllocatedMemory } =
  require('..');

const WORKERS = 4;
const SECONDS = 3;
const FIELD = 100; // width and height
const MOVES_PER_EVENT = 500;
const EVERYBODY = 'everybody';
const NAMES = ['Ada', 'Bo', 'Cleo', 'Dax', 'Edda', 'Finn', 'Gia', 'Hugo', 'Ines', 'Jon', 'Kaya', 'Lou'];

// ---- the main thread ----

async function main() {
  const heap = new MemoryHeap();
  const usedAtStart = heap.currentUsed;
  const state = createState(heap);
  state.status.value = 'running';

  const workers = startWorkers(heap, state);
  const journal = { events: new Array(WORKERS).fill(0), last: '', inOrder: true };
  const screen = setInterval(() => draw(heap, state, journal), 100);
  setTimeout(() => {
    state.status.value = 'game over';
    Atomics.store(state.stop.data, 0, 1);
  }, SECONDS * 1000);

  const accounts = await Promise.all(workers.map(finished));
  clearInterval(screen);
  draw(heap, state, journal);

  const checks = verify(state, journal, accounts);
  freeState(state);
  checks.push(['freeing everything gives all memory back', heap.currentUsed === usedAtStart]);
  report(checks);
}

function createState(heap) {
  const players = new SharedMap(heap).set(EVERYBODY, 0);
  const positions = new SharedVector(heap, { type: Float64Array, dataLength: 2 });
  for (const name of NAMES) {
    players.set(name, 0);
    positions.push([FIELD / 2, FIELD / 2]);
  }
  return {
    players, // name -> moves made
    positions, // x and y of each player
    events: new SharedList(heap, { dataLength: 3 }), // worker, number of its event, player
    status: new SharedString(heap, 'setting up'),
    stop: heap.allocUI32(1),
  };
}

function freeState(state) {
  for (const part of Object.values(state)) part.free();
}

function startWorkers(heap, state) {
  const descriptors = { heap: heap.getSharedMemory() };
  for (const [name, part] of Object.entries(state)) descriptors[name] = part.getSharedMemory();
  return Array.from(
    { length: WORKERS },
    (_, id) => new Worker(__filename, { workerData: { id, descriptors } })
  );
}

// The account that a worker sends when it has stopped.
function finished(worker) {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

// Takes the events that the workers have posted meanwhile.
function drain(events, journal) {
  for (let left = events.length; left > 0; left--) {
    const event = events.shift();
    if (!event) return;
    const [id, number, player] = event;
    if (number !== journal.events[id]++) journal.inOrder = false;
    journal.last = `worker ${id}: ${NAMES[player]} took a flag`;
  }
}

function draw(heap, state, journal) {
  drain(state.events, journal);
  const rows = NAMES.map((name, i) => {
    const [x, y] = state.positions.at(i);
    const moves = state.players.get(name).toLocaleString('en').padStart(12);
    const track = '.'.repeat(20).split('');
    track[Math.min(19, Math.floor((x / FIELD) * 20))] = 'o';
    return `  ${name.padEnd(6)} ${x.toFixed(1).padStart(6)} ${y.toFixed(1).padStart(6)} ${moves}   ${track.join('')}`;
  });
  const received = journal.events.reduce((sum, n) => sum + n, 0).toLocaleString('en');
  show([
    `threadheap: ${WORKERS} workers, one heap            status: ${state.status.value}`,
    '  player      x      y        moves   field',
    ...rows,
    `  everybody            ${state.players.get(EVERYBODY).toLocaleString('en').padStart(12)}`,
    `  events received: ${received}   ${journal.last}`,
    `  memory: ${heap.prettyMemory()}`,
  ]);
}

// Redraws in place on a terminal; elsewhere only the last picture is printed, by report.
let picture = [];

function show(lines) {
  if (process.stdout.isTTY) {
    const up = picture.length > 0 ? `\x1b[${picture.length}A` : '';
    process.stdout.write(up + lines.map((line) => `\x1b[2K${line}\n`).join(''));
  }
  picture = lines;
}

function verify(state, journal, accounts) {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const moves = sum(accounts.map((account) => account.moves));
  const counted = sum(NAMES.map((name) => state.players.get(name)));
  const total = state.players.get(EVERYBODY);
  const posted = sum(accounts.map((account) => account.events));
  const received = sum(journal.events);
  const placed = accounts.every((account) =>
    account.positions.every(({ player, x, y }) => {
      const [sharedX, sharedY] = state.positions.at(player);
      return sharedX === x && sharedY === y;
    })
  );
  const count = (n) => n.toLocaleString('en');
  return [
    [`${count(moves)} moves made, ${count(counted)} counted by player`, moves === counted],
    [`${count(total)} counted by everybody at once`, moves === total],
    [`${count(posted)} events posted, ${count(received)} received`, posted === received],
    ['the events of each worker came in order', journal.inOrder],
    ['every player stands where its worker left it', placed],
  ];
}

function report(checks) {
  if (!process.stdout.isTTY) console.log(picture.join('\n'));
  for (const [what, ok] of checks) console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}`);
  process.exitCode = checks.every(([, ok]) => ok) ? 0 : 1;
}

// ---- the workers ----

function work() {
  const { id, descriptors } = workerData;
  const heap = new MemoryHeap(descriptors.heap);
  const players = new SharedMap(heap, descriptors.players);
  const positions = new SharedVector(heap, descriptors.positions);
  const events = new SharedList(heap, descriptors.events);
  const stop = new AllocatedMemory(heap, descriptors.stop);

  const mine = [...NAMES.keys()].filter((i) => i % WORKERS === id);
  const account = { moves: 0, events: 0, positions: [] };
  while (Atomics.load(stop.data, 0) === 0) {
    const player = mine[account.moves % mine.length];
    const [x, y] = positions.at(player);
    positions.set(player, [step(x), step(y)]);
    players.add(NAMES[player], 1);
    players.add(EVERYBODY, 1); // all workers at once: add is atomic
    account.moves++;
    if (account.moves % MOVES_PER_EVENT === 0) events.push([id, account.events++, player]);
  }
  for (const player of mine) {
    const [x, y] = positions.at(player);
    account.positions.push({ player, x, y });
  }
  parentPort.postMessage(account);
}

function step(coordinate) {
  const next = coordinate + Math.random() * 2 - 1;
  return Math.min(FIELD, Math.max(0, next));
}

if (isMainThread) {
  main();
} else {
  work();
}
