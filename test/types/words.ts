import {
  MemoryHeap,
  convert16To32,
  convert32To16,
  convertFloat32ToInt32,
  convertInt32ToFloat32,
  createObjectFromMemory,
  createObjectFromPointer,
  load16From32,
  load16From64,
  loadFloat32,
  serializeObjectToMemory,
  store16In32,
  store16In64,
  storeFloat32,
  type AllocatedMemory,
} from 'threadheap';
import { same } from './same';

const heap = new MemoryHeap();
const { data } = heap.allocUI32(4);
const longs = new BigUint64Array(2);

storeFloat32(data, 0, 1.5);
const float: number = loadFloat32(data) + convertInt32ToFloat32(convertFloat32ToInt32(1));
store16In32(data, 0, 1, 2);
const [low, high] = load16From32(data);
same<ReturnType<typeof convert32To16>, [number, number]>(true);
const word: number = convert16To32(low, high);
store16In64(longs, 0, 1, 2, 3);
store16In64(new BigInt64Array(1), 0, 1, 2, 3, 4);
const [, , , fourth] = load16From64(longs, 1);

interface Settings {
  volume: number;
}
const settings: Settings = { volume: 1 };
const memory: AllocatedMemory = serializeObjectToMemory(heap, settings);
const copy: Settings = createObjectFromMemory<Settings>(memory);
const other: Settings = createObjectFromPointer<Settings>(heap, memory.pointer);

// @ts-expect-error floats have no Atomics
loadFloat32(new Float32Array(1));
// @ts-expect-error three are needed
store16In64(longs, 0, 1, 2);
// @ts-expect-error words of 32 bits
load16From64(data);
// @ts-expect-error an object, not a number
serializeObjectToMemory(heap, 1);
// @ts-expect-error a block, not its words
createObjectFromMemory(data);
// @ts-expect-error which word is not optional here
storeFloat32(data, 1.5);

export { copy, float, fourth, other, word };
