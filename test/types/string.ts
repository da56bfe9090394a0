import {
  MemoryHeap,
  SharedString,
  type SharedStringConfig,
  type SharedStringMemory,
} from 'threadheap';
import { same } from './same';

declare const heap: MemoryHeap;

const status = new SharedString(heap, 'loading');
const descriptor: SharedStringMemory = status.getSharedMemory();
const config: SharedStringConfig = { ...descriptor, value: 'running' };
new SharedString(heap, '');
new SharedString(heap, { value: 'loading' });
new SharedString(heap, descriptor);
new SharedString(heap, config);
new SharedString(heap, heap.allocUI32(SharedString.ALLOCATE_COUNT));

status.value = `${status.value}, ${status}`;
same<typeof status.value, string>(true);
same<typeof status.length, number>(true);
same<typeof status.pointer, number>(true);
same<ReturnType<typeof status.toString>, string>(true);
status.free();
status[Symbol.dispose]();

// @ts-expect-error no text
new SharedString(heap);
// @ts-expect-error neither a text nor a place
new SharedString(heap, {});
// @ts-expect-error no text
new SharedString(heap, 5);
// @ts-expect-error no text
new SharedString(heap, { value: 5 });
// @ts-expect-error a misspelt option
new SharedString(heap, { text: 'loading' });
// @ts-expect-error a container's descriptor
new SharedString(heap, { firstBlock: descriptor });
// @ts-expect-error no text
status.value = undefined;
// @ts-expect-error it has the length of its text
status.length = 0;
// @ts-expect-error a handle, not a text
const text: string = status;

export { text };
