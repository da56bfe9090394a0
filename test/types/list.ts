import {
  MemoryHeap,
  SharedList,
  type SharedListConfig,
  type SharedListItem,
  type SharedListMemory,
  type TypedArray,
} from 'threadheap';
import { same } from './same';

declare const heap: MemoryHeap;

// ---- types of elements ----

const words = new SharedList(heap);
const config: SharedListConfig<Float64Array> = { type: Float64Array, dataLength: 3 };
const triples = new SharedList(heap, config);
const longs = new SharedList(heap, { type: BigInt64Array });
const placed = new SharedList(heap, { initWithBlock: heap.allocUI32(SharedList.ALLOCATE_COUNT) });
same<typeof words, SharedList<Uint32Array>>(true);
same<typeof triples, SharedList<Float64Array>>(true);
same<typeof longs, SharedList<BigInt64Array>>(true);
same<typeof placed, SharedList<Uint32Array>>(true);

const descriptor: SharedListMemory = triples.getSharedMemory();
const rebuilt = new SharedList<Float64Array>(heap, descriptor);
same<typeof rebuilt, SharedList<Float64Array>>(true);
new SharedList(heap, { firstBlock: heap.allocUI32(4).getSharedMemory() });

// ---- calls ----

words.push(1);
triples.insert([1, 2, 3]);
triples.push([1, 2] as const);
triples.push(new Float32Array(3));
longs.push(1n);
longs.push(new BigUint64Array(1));
triples.pushMany([1, 2, 3, 4, 5, 6]);
triples.pushMany(new Int8Array(3));
longs.pushMany(new BigInt64Array(2));
same<ReturnType<typeof triples.pushMany>, void>(true);
// @ts-expect-error a single number is no batch
triples.pushMany(1);
// @ts-expect-error numbers in a list of bigints
longs.pushMany([1]);

same<typeof triples.length, number>(true);
same<typeof triples.type, number>(true);
same<typeof triples.dataLength, number>(true);
same<typeof triples.pointer, number>(true);
same<ReturnType<typeof triples.at>, Float64Array | undefined>(true);
same<ReturnType<typeof triples.shift>, Float64Array | undefined>(true);
same<ReturnType<typeof longs.pop>, BigInt64Array | undefined>(true);
same<ReturnType<typeof longs.toArray>, BigInt64Array>(true);
longs.toArray(new BigInt64Array(4));
// @ts-expect-error of another type
longs.toArray(new Float64Array(4));

const deleted: boolean[] = [
  words.deleteIndex(0),
  words.deleteValue(1),
  triples.deleteValue([1, 2, 3]),
  triples.deleteMatch((data, index) => data[0] > index),
  longs.deleteMatch(([value]) => value === 1n),
];

for (const { data, index, deleteCurrent } of triples) {
  same<typeof data, Float64Array>(true);
  if (data[index] === 0 && deleteCurrent()) break;
}
const items: SharedListItem<Float64Array>[] = [...triples];
triples.forEach((data, index) => data.fill(index));
longs.forEach(([value]) => value * 2n);

triples.onDelete = (data) => data.fill(0);
triples.onDelete = undefined;
words.clear();
words.free();
words[Symbol.dispose]();

function first<T extends TypedArray>(list: SharedList<T>): T | undefined {
  const element = list.at(0);
  if (element) list.push(element);
  return element;
}
const copy: Float64Array | undefined = first(triples);

// ---- wrong uses ----

// @ts-expect-error text
words.push('1');
// @ts-expect-error texts
words.push(['1']);
// @ts-expect-error nothing
words.push();
// @ts-expect-error several elements: an element of several components is one array
words.push(1, 2);
// @ts-expect-error bigints in a list of numbers
words.push(1n);
// @ts-expect-error bigints in a list of numbers
words.push(new BigInt64Array(1));
// @ts-expect-error numbers in a list of bigints
longs.push(1);
// @ts-expect-error numbers in a list of bigints
longs.push([1]);
// @ts-expect-error numbers in a list of bigints
longs.deleteValue(1);
// @ts-expect-error numbers in a list of bigints
longs.push(new Uint32Array(1));
// @ts-expect-error not an array
words.push(new Set([1]));
// @ts-expect-error not numbers
words.push(new DataView(new ArrayBuffer(4)));
// @ts-expect-error the constructor, not its name
new SharedList(heap, { type: 'Float64Array' });
// @ts-expect-error the constructor, not its number
new SharedList(heap, { type: triples.type });
// @ts-expect-error no typed array
new SharedList(heap, { type: Array });
// @ts-expect-error an option of another class
new SharedList(heap, { bufferLength: 4 });
// @ts-expect-error the list that the descriptor names has its type already
new SharedList(heap, { firstBlock: descriptor.firstBlock, type: Float64Array });
// @ts-expect-error a block's descriptor, not a list's
new SharedList(heap, heap.allocUI32(4));
// @ts-expect-error a list that is not shared anywhere
new SharedList();
// @ts-expect-error the heap's descriptor
new SharedList(heap.getSharedMemory());
// @ts-expect-error words, not doubles
const wrong: SharedList<Float64Array> = words;
// @ts-expect-error elements are no plain numbers
words.at(0)?.toFixed();
// @ts-expect-error there may be none
words.at(0)[0];
// @ts-expect-error only what changes the list changes it
words.length = 0;
// @ts-expect-error null is no function
words.onDelete = null;
// @ts-expect-error a list has no index signature
words[0];

export { copy, deleted, items, wrong };
