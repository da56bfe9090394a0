import { AllocatedMemory, MemoryHeap, getPointer, type SharedAllocatedMemory } from 'threadheap';
import { same } from './same';

declare const heap: MemoryHeap;
const block = heap.allocUI32(4);
const place: SharedAllocatedMemory = block.getSharedMemory();

new AllocatedMemory(heap, place);
new AllocatedMemory(heap, block);
new AllocatedMemory(heap, getPointer(block.pointer));
new AllocatedMemory(heap, block.getArrayMemory(1, 2));
new AllocatedMemory(heap, { bufferPosition: 0, bufferByteOffset: 4096 });

same<typeof block.data, Uint32Array>(true);
same<typeof block.byteLength, number>(true);
same<typeof block.pointer, number>(true);
same<typeof block.bufferPosition, number>(true);
same<typeof block.bufferByteOffset, number>(true);

const doubles = block.getArray(Float64Array);
const longs = block.getArray(BigUint64Array, 1);
const bytes = block.getArray(Uint8ClampedArray, 0, 4);
same<typeof doubles, Float64Array>(true);
same<typeof longs, BigUint64Array>(true);
same<typeof bytes, Uint8ClampedArray>(true);
block.data[2] = 5;
Atomics.add(block.data, 2, 1);
Atomics.or(longs, 0, 1n);

block.free();
block[Symbol.dispose]();

// @ts-expect-error a pointer is no descriptor: getPointer makes one of it
new AllocatedMemory(heap, block.pointer);
// @ts-expect-error half a place
new AllocatedMemory(heap, { bufferPosition: 0 });
// @ts-expect-error no heap
new AllocatedMemory(place);
// @ts-expect-error the constructor, not an array
block.getArray(new Float64Array(1));
// @ts-expect-error the constructor, not its name
block.getArray('Float64Array');
// @ts-expect-error no typed array
block.getArray(DataView);
// @ts-expect-error no typed array
block.getArray(Array);
// @ts-expect-error the block's own
block.data = new Uint32Array(4);
// @ts-expect-error words are numbers
block.data[0] = 1n;
// @ts-expect-error numbers are no bigints
longs[0] = 1;
