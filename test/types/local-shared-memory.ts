import { LocalSharedMemory, MemoryHeap, type LocalSharedMemoryAllocation } from 'threadheap';
import { same } from './same';

const memory = new LocalSharedMemory();
new LocalSharedMemory(1);
new LocalSharedMemory(1, 10, false, { reserve: 65536 });
declare const plain: { buffer: SharedArrayBuffer; grow(delta: number): number };
const again: LocalSharedMemory = LocalSharedMemory.from(plain, { reserve: 1 });
new MemoryHeap({ memory });
new MemoryHeap({ memory: plain, reserve: 4096, autoGrowSize: 90 });
new MemoryHeap(new MemoryHeap({ memory }).getSharedMemory());

const offset = memory.malloc(8, 64);
same<typeof offset, number>(true);
const more: number = memory.realloc(memory.calloc(2, 8), 32, 16);
const allocs: LocalSharedMemoryAllocation[] = again.allocs();
same<(typeof allocs)[number]['buffer'], SharedArrayBuffer>(true);
const size: number = memory.sizeof(offset) + memory.lengthof(more);
const doubles = memory.arrayView(Float64Array, offset);
same<typeof doubles, Float64Array>(true);
const copy: ArrayBuffer = memory.arrayBuffer(offset, size);
const shared: SharedArrayBuffer = memory.sharedArrayBuffer(offset);
const view: DataView = memory.dataView(offset, 4);
memory.memset(memory.memcpy(offset, more, 8), 255, 8);
memory.setUint32(offset, memory.getUint8(more));
memory.setBigInt64(offset, memory.getBigUint64(more));
const before: number = memory.add(Uint32Array, 0, 1);
const big: bigint = memory.compareExchange(BigInt64Array, 0, 1n, 2n);
memory.free(offset);

// @ts-expect-error no atomics of floats
memory.add(Float64Array, 0, 1);
// @ts-expect-error bigints for a BigInt64Array
memory.store(BigInt64Array, 0, 1);
// @ts-expect-error a bigint
memory.setBigInt64(0, 1);
// @ts-expect-error the class, not an array
memory.arrayView(doubles, 0);
// @ts-expect-error an option that does not exist
new LocalSharedMemory(1, 1, true, { reserved: 1 });

export { before, big, copy, shared, view };
