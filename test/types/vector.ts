import {
  type BatchValues,
  MemoryHeap,
  SharedVector,
  type SharedVectorConfig,
  type SharedVectorMemory,
  type TypedArray,
} from 'threadheap';
import { same } from './same';

declare const heap: MemoryHeap;

// ---- types of elements ----

const words = new SharedVector(heap);
const config: SharedVectorConfig<Float32Array> = { type: Float32Array, dataLength: 2 };
const pairs = new SharedVector(heap, { ...config, bufferLength: 1024 });
const longs = new SharedVector(heap, { type: BigUint64Array });
same<typeof words, SharedVector<Uint32Array>>(true);
same<typeof pairs, SharedVector<Float32Array>>(true);
same<typeof longs, SharedVector<BigUint64Array>>(true);

const descriptor: SharedVectorMemory = pairs.getSharedMemory();
const rebuilt = new SharedVector<Float32Array>(heap, descriptor);
same<typeof rebuilt, SharedVector<Float32Array>>(true);
new SharedVector(heap, { firstBlock: heap.allocUI32(SharedVector.ALLOCATE_COUNT) });

// ---- calls ----

const index: number = pairs.push([1, 2]);
pairs.push(1);
pairs.set(index, new Float64Array(2));
longs.set(longs.push(1n), [2n]);

const first: number = pairs.pushMany([1, 2, 3, 4]);
pairs.pushMany(new Float32Array(4));
pairs.setMany(first, new Float64Array(4));
longs.setMany(longs.pushMany([1n]), new BigInt64Array(1));
const values: BatchValues<BigUint64Array> = [1n, 2n] as const;
longs.pushMany(values);
same<ReturnType<typeof pairs.sum>, number>(true);
same<ReturnType<typeof longs.sum>, bigint>(true);
same<ReturnType<typeof pairs.min>, number | undefined>(true);
same<ReturnType<typeof longs.max>, bigint | undefined>(true);
const sorted: SharedVector<Float32Array> = pairs.sort().sort(1);
const total: number = pairs.sum(1);

same<typeof pairs.length, number>(true);
same<typeof pairs.type, number>(true);
same<typeof pairs.dataLength, number>(true);
same<typeof pairs.bufferLength, number>(true);
same<typeof pairs.pointer, number>(true);
same<ReturnType<typeof pairs.pop>, Float32Array | undefined>(true);
same<ReturnType<typeof pairs.get>, number | undefined>(true);
same<ReturnType<typeof longs.get>, bigint | undefined>(true);
same<ReturnType<typeof longs.at>, BigUint64Array | undefined>(true);
same<ReturnType<typeof pairs.toTypedArray>, Float32Array>(true);
same<ReturnType<typeof pairs.chunks>, Float32Array[]>(true);

const x: number = pairs.get(index) ?? 0;
const y: number = pairs.get(index, 1) ?? 0;
const deleted: boolean = pairs.deleteIndex(index);
for (const view of pairs) view[1] += 1;
for (const [value] of longs) same<typeof value, bigint>(true);
for (const chunk of pairs.chunks()) chunk.fill(0);
const views: Float32Array[] = [...pairs];
pairs.forEach((data, at) => data.set([at, at]));

pairs.clear();
pairs.free();
pairs[Symbol.dispose]();

function last<T extends TypedArray>(vector: SharedVector<T>): T[number] | undefined {
  return vector.get(vector.length - 1);
}
const long: bigint | undefined = last(longs);

// ---- wrong uses ----

// @ts-expect-error text
words.push('1');
// @ts-expect-error bigints in a vector of numbers
words.set(0, 1n);
// @ts-expect-error numbers in a vector of bigints
longs.set(0, 1);
// @ts-expect-error no value
words.set(0);
// @ts-expect-error a single number is no batch
words.pushMany(1);
// @ts-expect-error numbers in a vector of bigints
longs.pushMany([1]);
// @ts-expect-error bigints in a vector of numbers
words.setMany(0, new BigInt64Array(1));
// @ts-expect-error there may be none
pairs.min().toFixed();
// @ts-expect-error it sorts by a component, not by a callback
words.sort((a, b) => a - b);
// @ts-expect-error components are set together
pairs.set(0, 1, 2);
// @ts-expect-error there may be none
pairs.get(0).toFixed();
// @ts-expect-error bigints
const number: number | undefined = longs.get(0);
// @ts-expect-error what is there is no number
pairs.at(0) + 1;
// @ts-expect-error text
pairs.get('0');
// @ts-expect-error the constructor, not its name
new SharedVector(heap, { type: 'Float32Array' });
// @ts-expect-error an option of another class
new SharedVector(heap, { initWithBlock: heap.allocUI32(4) });
// @ts-expect-error the vector that the descriptor names has its type already
new SharedVector(heap, { firstBlock: descriptor.firstBlock, type: Float32Array });
// @ts-expect-error a vector without a heap
new SharedVector({ type: Float32Array });
// @ts-expect-error only what changes the vector changes it
words.length = 0;
// @ts-expect-error a vector has no index signature
words[0];

export { deleted, long, number, sorted, total, views, x, y };
