import { MemoryBuffer, type MemoryBufferOptions, type MemoryBufferStats } from 'threadheap';
import { same } from './same';

const options: MemoryBufferOptions = {
  buf: new SharedArrayBuffer(65536),
  start: 32,
  end: 65536,
  align: 16,
  compact: true,
  split: true,
  minSplit: 16,
  skipInitialization: false,
};
new MemoryBuffer();
new MemoryBuffer({ size: 4096 });
const memory = new MemoryBuffer(options);
same<typeof memory.buf, SharedArrayBuffer>(true);

const address: number = memory.realloc(memory.malloc(8), memory.calloc(8, 255));
const doubles = memory.callocAs('f64', 10, 1.5);
same<typeof doubles, Float64Array | undefined>(true);
const bytes = memory.mallocAs('u8', 10);
same<typeof bytes, Uint8Array | undefined>(true);
if (bytes) {
  const more = memory.reallocArray(bytes, 20);
  same<typeof more, Uint8Array | undefined>(true);
}
const isFreed: boolean = memory.free(address) || memory.free(new Uint8Array(memory.buf));
const length: number | undefined = memory.bytesFor(address) ?? memory.lengthOf(address);
const { free, used, top, available, total }: MemoryBufferStats = memory.stats();
same<typeof used, { count: number; size: number }>(true);
memory.freeAll();
const done: true = memory.release();

// @ts-expect-error -- the buffer has to be shared
new MemoryBuffer({ buf: new Uint8Array(8192) });
// @ts-expect-error -- no such type
memory.mallocAs('i64', 1);

export { available, done, free, isFreed, length, top, total };
