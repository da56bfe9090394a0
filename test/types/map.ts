import { MemoryHeap, SharedMap, type SharedMapMemory } from 'threadheap';
import { same } from './same';

declare const heap: MemoryHeap;

interface Player {
  name: string;
  hp: number;
  items?: string[];
}
type Level = 'low' | 'high';

// ---- types of keys and values ----

const anything = new SharedMap(heap);
const players = new SharedMap<string, Player>(heap);
const counters: SharedMap<string, number> = new SharedMap(heap, {});
const levels = new SharedMap<number, Level | null>(heap);
same<typeof anything, SharedMap<string | number, any>>(true);

const descriptor: SharedMapMemory = players.getSharedMemory();
const rebuilt = new SharedMap<string, Player>(heap, descriptor);
same<typeof rebuilt, typeof players>(true);
new SharedMap(heap, { firstBlock: heap.allocUI32(SharedMap.ALLOCATE_COUNT) });

// ---- calls ----

anything.set(1, 'one').set('two', [2n, { date: new Date() }]).set(NaN, null);
const hp: number = anything.get('ada').hp;
players.set('ada', { name: 'Ada', hp: 10 }).set('bob', { name: 'Bob', hp: 5, items: [] });
const sum: number = counters.add('moves', 1) + anything.add('moves', 1);

same<ReturnType<typeof counters.getMany>, Float64Array>(true);
counters.getMany(['a', 'b'], new Float64Array(2), { missing: 0 });
levels.getMany(Int32Array.of(1, 2));
counters.setMany(['a', 'b'], Float64Array.of(1, 2)).setMany(['c'], [3]);
players.setMany(['ada'], [{ name: 'Ada', hp: 9 }]);
same<ReturnType<typeof players.deleteMany>, number>(true);
// @ts-expect-error keys of this map are strings
players.getMany([1]);
// @ts-expect-error a player has a name
players.setMany(['ada'], [{ hp: 9 }]);
// @ts-expect-error no bigints
counters.getMany(BigInt64Array.of(1n));

same<ReturnType<typeof players.get>, Player | undefined>(true);
same<ReturnType<typeof players.getOrInsert>, Player>(true);
same<typeof players.size, number>(true);
same<typeof players.length, number>(true);
same<typeof players.maxHash, number>(true);
same<typeof players.pointer, number>(true);
same<(typeof players)[typeof Symbol.toStringTag], string>(true);

const answers: boolean[] = [
  players.has('ada'),
  players.delete('ada'),
  counters.compareAndSet('moves', 1, 2),
  counters.compareAndSet('moves', undefined, 2),
  levels.compareAndSet(1, null, 'low'),
  players.compareAndSet('ada', undefined, { name: 'Ada', hp: 1 }),
];

for (const [name, player] of players) {
  same<typeof name, string>(true);
  same<typeof player, Player>(true);
}
const keys: string[] = [...players.keys()];
const values: Player[] = Array.from(players.values());
const entries: [string, Player][] = [...players.entries()];
const copy: Map<string, Player> = new Map(players);
players.forEach((player, name, map) => {
  same<typeof map, typeof players>(true);
  map.set(name, { ...player, hp: player.hp + 1 });
});
players.forEach(function (this: { n: number }) {}, { n: 0 });

function count<K, V>(map: Map<K, V>): number {
  return map.size;
}
count(players);
const asMap: Map<string, Player> = players;
const readonly: ReadonlyMap<string, Player> = players;

players.clear();
players.free();
players[Symbol.dispose]();

// ---- wrong uses ----

// @ts-expect-error a key is a string or a number
anything.get({});
// @ts-expect-error a key is a string or a number
anything.set(Symbol('key'), 1);
// @ts-expect-error a key is a string or a number
new SharedMap<bigint, number>(heap);
// @ts-expect-error keys of another type
players.get(1);
// @ts-expect-error a value of another type
players.set('ada', 10);
// @ts-expect-error no value
players.set('ada');
// @ts-expect-error part of a value
players.set('ada', { name: 'Ada' });
// @ts-expect-error functions cannot be stored
new SharedMap<string, () => void>(heap);
// @ts-expect-error nor classes
new SharedMap<string, typeof Date>(heap);
// @ts-expect-error nor symbols
new SharedMap<string, symbol>(heap);
// @ts-expect-error there may be none
players.get('ada').hp;
// @ts-expect-error a number is added
counters.add('moves', '1');
// @ts-expect-error a number is added
counters.add('moves', 1n);
// @ts-expect-error how much is added
counters.add('moves');
// @ts-expect-error players are no numbers
players.add('ada', 1);
// @ts-expect-error a stored object equals nothing
players.compareAndSet('ada', { name: 'Ada', hp: 10 }, { name: 'Ada', hp: 11 });
// @ts-expect-error a value that it never has
counters.compareAndSet('moves', 'one', 1);
// @ts-expect-error counted, not set
players.size = 0;
// @ts-expect-error a map has no options
new SharedMap(heap, { type: Float64Array });
// @ts-expect-error entries are not taken
new SharedMap(heap, [['ada', 10]]);
// @ts-expect-error a Map is not shared
const shared: SharedMap<string, Player> = new Map<string, Player>();

export { answers, asMap, copy, entries, hp, keys, readonly, shared, sum, values };
