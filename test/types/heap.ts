import {
  AllocatedMemory,
  MemoryHeap,
  type GrowBufferData,
  type HeapStats,
  type MemoryHeapConfig,
  type MemoryHeapMemory,
  type ThreadheapError,
  type ThreadheapErrorCode,
} from 'threadheap';
import { same } from './same';

const config: MemoryHeapConfig = { bufferSize: 4096, initialBuffers: 2, maxSize: 2 ** 20 };
const heap = new MemoryHeap({ ...config, autoGrowSize: 80 });
new MemoryHeap();
new MemoryHeap({});

const descriptor: MemoryHeapMemory = heap.getSharedMemory();
new MemoryHeap(descriptor);
new MemoryHeap({ buffers: [new SharedArrayBuffer(8192)] });

same<typeof heap.bufferSize, number>(true);
same<typeof heap.maxSize, number>(true);
same<typeof heap.currentUsed, number>(true);
same<typeof heap.totalAllocated, number>(true);
same<typeof heap.isClone, boolean>(true);
same<ReturnType<typeof heap.prettyMemory>, string>(true);
same<ReturnType<typeof heap.stats>, HeapStats>(true);
same<ReturnType<typeof heap.allocUI32>, AllocatedMemory>(true);
same<ReturnType<typeof heap.getSharedAlloc>, AllocatedMemory | undefined>(true);
const total: SharedArrayBuffer = heap.buffers[heap.buffers.length - 1].buf;
const { used, committed, maximum, free, largestFree, threads }: HeapStats = heap.stats();

heap.alloc(100);
heap.alloc(100, 64);
heap.allocMany(10, 100, 64);
heap.freeMany(Object.freeze(heap.allocMany(10, 100)));
same<ReturnType<typeof heap.allocMany>, AllocatedMemory[]>(true);
same<ReturnType<typeof heap.freeMany>, void>(true);
heap.allocUI32(4)[Symbol.dispose]();
heap.addOnGrowBufferHandlers((data: GrowBufferData) => heap.addSharedBuffer(data));
heap.addOnGrowBufferHandlers(({ bufferPosition, buffer }) => [bufferPosition + 1, buffer.byteLength]);
heap[Symbol.dispose]();

function isFull(error: unknown): boolean {
  return (error as ThreadheapError).code === 'ERR_TH_OUT_OF_MEMORY';
}
const codes: ThreadheapErrorCode[] = ['ERR_TH_FREED', 'ERR_TH_CORRUPT'];

// @ts-expect-error a misspelt option
new MemoryHeap({ buffersize: 4096 });
// @ts-expect-error an option of the wrong type
new MemoryHeap({ bufferSize: '4096' });
// @ts-expect-error options and a descriptor at once
new MemoryHeap({ buffers: [total], maxSize: 2 ** 20 });
// @ts-expect-error not shared
new MemoryHeap({ buffers: [new ArrayBuffer(8192)] });
// @ts-expect-error the buffer, but not in a descriptor
new MemoryHeap(total);
// @ts-expect-error it is a class
MemoryHeap();
// @ts-expect-error words are counted in numbers
heap.allocUI32('4');
// @ts-expect-error no length
heap.alloc();
// @ts-expect-error no length
heap.allocMany(10);
// @ts-expect-error blocks, not their pointers
heap.freeMany([4096]);
// @ts-expect-error a pointer is no descriptor: getPointer makes one of it
heap.getSharedAlloc(4096);
// @ts-expect-error only growing changes it
heap.totalAllocated = 0;
// @ts-expect-error buffers are the heap's to add
heap.buffers.push({ buf: total });
// @ts-expect-error a handler takes one object
heap.addOnGrowBufferHandlers((bufferPosition: number, buffer: SharedArrayBuffer) => {});
// @ts-expect-error blocks are freed, not heaps
heap.free();
// @ts-expect-error no such code
codes.push('ERR_TH_BUSY');

export { committed, free, isFull, largestFree, maximum, threads, used };
