import {
  BYTE_OFFSET_BIT_COUNT,
  MAX_BYTE_OFFSET_LENGTH,
  MAX_POSITION_LENGTH,
  POSITION_BIT_COUNT,
  createPointer,
  getPointer,
  loadPointer,
  loadRawPointer,
  replacePointer,
  replaceRawPointer,
  storePointer,
  storeRawPointer,
  type SharedAllocatedMemory,
} from 'threadheap';
import { same } from './same';

const words = new Uint32Array(new SharedArrayBuffer(16));
const place: SharedAllocatedMemory = { bufferPosition: 1, bufferByteOffset: 16 };
const { bufferPosition, bufferByteOffset } = place;

const pointer: number = createPointer(bufferPosition, bufferByteOffset);
same<ReturnType<typeof getPointer>, SharedAllocatedMemory>(true);
getPointer(pointer).bufferPosition.toFixed();

storePointer(words, 1, bufferPosition, bufferByteOffset);
storeRawPointer(words, 1, pointer);
const raw: number = loadRawPointer(words, 1) + loadRawPointer(new Int32Array(4));
const apart: SharedAllocatedMemory[] = [loadPointer(words), loadPointer(words, 1)];
const replaced: boolean = replaceRawPointer(words, 1, 0, pointer);
const replacedToo: boolean = replacePointer(words, 1, 0, 0, bufferPosition, bufferByteOffset);
const constants: number[] = [
  BYTE_OFFSET_BIT_COUNT,
  MAX_BYTE_OFFSET_LENGTH,
  MAX_POSITION_LENGTH,
  POSITION_BIT_COUNT,
];

// @ts-expect-error a place is already apart
getPointer(place);
// @ts-expect-error two numbers, not a place
createPointer(place);
// @ts-expect-error a number, not a place
storeRawPointer(words, 1, place);
// @ts-expect-error which word is not optional here
storeRawPointer(words, pointer);
// @ts-expect-error a pointer needs 32 bits
loadPointer(new Uint16Array(4));
// @ts-expect-error no typed array
loadRawPointer([pointer]);

export { apart, constants, raw, replaced, replacedToo };
