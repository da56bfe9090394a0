/**
 * A heap of shared memory, and a list, a vector, a map, a string and a store of objects in it,
 * which every thread of a Node.js process reads and writes in place.
 *
 * **Handles.** An object of one of these classes is a handle of one thread: it cannot be posted or
 * cloned. Its descriptor can: `getSharedMemory()` returns plain data that survives `postMessage`,
 * `workerData` and, except for the heap's, JSON. `new Class(heap, descriptor)` makes a handle of
 * the same thing in any thread. Garbage collection of a handle frees nothing in the heap.
 *
 * **Threads.** Every call of a container is thread-safe and atomic: another thread sees it done or
 * not begun. Where a description says "Weaker", that much is not promised. Callbacks run between
 * such calls and never under a lock. A call that finds a lock taken sleeps in slices of a
 * millisecond, which `worker.terminate()` can end; a thread that ends at any moment leaves every
 * container whole. "Under the lock" says that other threads' calls wait that long.
 *
 * **Errors.** What is thrown has a stable `code`, {@link ThreadheapErrorCode}. A call that throws
 * has changed nothing. Besides what is said there, each call of a container throws `ERR_TH_FREED`
 * once it is freed, by any thread, and `ERR_TH_CORRUPT` when something else wrote over its memory;
 * what never changes, such as `pointer`, can still be read. What is absent is `undefined` or
 * `false`, and no error.
 *
 * **Time** is O(1) unless a description says otherwise.
 *
 * @packageDocumentation
 */

declare global {
  interface SymbolConstructor {
    /** As in TypeScript's library `esnext.disposable`, for projects that do without it. */
    readonly dispose: unique symbol;
  }
}

/**
 * The `code` of an error.
 *
 * | code | class | when |
 * | --- | --- | --- |
 * | `ERR_TH_ARG_TYPE` | TypeError | an argument, or what a method is called on, has the wrong type |
 * | `ERR_TH_ARG_RANGE` | RangeError | a number is out of range, no integer, or misaligned |
 * | `ERR_TH_UNKNOWN_OPTION` | TypeError | an options object has a key that does not exist |
 * | `ERR_TH_UNKNOWN_KEY` | TypeError | a struct has no such key |
 * | `ERR_TH_NOT_A_NUMBER` | TypeError | {@link SharedMap.add} found a value that is no number |
 * | `ERR_TH_NOT_CLONEABLE` | TypeError | a value holds something that cannot be cloned, or is nested more than 1000 levels deep |
 * | `ERR_TH_TIMEOUT` | Error | what was waited for did not happen within the `timeout` |
 * | `ERR_TH_VALUE_LOST` | Error | a value that only threads held which have ended: {@link Registry} |
 * | `ERR_TH_BAD_DESCRIPTOR` | Error | a descriptor of another heap, another kind, or of nothing |
 * | `ERR_TH_OUT_OF_MEMORY` | Error | `maxSize` is reached, or the system has no memory |
 * | `ERR_TH_FREED` | Error | the block, container or heap was freed before the call |
 * | `ERR_TH_CORRUPT` | Error | a container's memory was overwritten; it stays unusable |
 * | `ERR_TH_NO_ADDON` | Error | loading the package finds no addon for this platform |
 * | `ERR_TH_NO_CODEC` | Error | the codec is `'bson'`, and the package bson is not installed |
 * | `ERR_TH_UNKNOWN_NAME` | Error | a {@link SharedObjectStore} has no object of that name |
 * | `ERR_TH_TIMEOUT` | Error | a wait took as long as it was allowed to |
 * | `ERR_TH_DEADLOCK` | Error | a lock that this thread holds was to be waited for |
 * | `ERR_TH_NOT_OWNER` | Error | a lock that this thread does not hold was to be given back |
 * | `ERR_TH_OWNER_DIED` | Error | a lock's thread has ended without giving it back |
 */
export type ThreadheapErrorCode =
  | 'ERR_TH_ARG_TYPE'
  | 'ERR_TH_ARG_RANGE'
  | 'ERR_TH_UNKNOWN_OPTION'
  | 'ERR_TH_UNKNOWN_KEY'
  | 'ERR_TH_NOT_A_NUMBER'
  | 'ERR_TH_NOT_CLONEABLE'
  | 'ERR_TH_TIMEOUT'
  | 'ERR_TH_VALUE_LOST'
  | 'ERR_TH_BAD_DESCRIPTOR'
  | 'ERR_TH_OUT_OF_MEMORY'
  | 'ERR_TH_FREED'
  | 'ERR_TH_CORRUPT'
  | 'ERR_TH_NO_ADDON'
  | 'ERR_TH_NO_CODEC'
  | 'ERR_TH_UNKNOWN_NAME'
  | 'ERR_TH_DEADLOCK'
  | 'ERR_TH_NOT_OWNER'
  | 'ERR_TH_OWNER_DIED';

/** What the calls of this package throw: a TypeError, RangeError or Error with a code. */
export interface ThreadheapError extends Error {
  /** Stays the same from version to version, as the message may not. */
  readonly code: ThreadheapErrorCode;
}

/** A typed array of any of the types that lists and vectors can have. */
export type TypedArray =
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | BigInt64Array
  | BigUint64Array;

/** A typed array of numbers. */
export type NumberArray = Exclude<TypedArray, BigInt64Array | BigUint64Array>;

/** The constructor of a typed array: `Float64Array` is a `TypedArrayConstructor<Float64Array>`. */
export interface TypedArrayConstructor<T extends TypedArray = TypedArray> {
  /** Size of one component in bytes. */
  readonly BYTES_PER_ELEMENT: number;
  /** What tells the constructors apart. */
  readonly prototype: T;
}

/**
 * What an element of a list or vector is given as: one number (a bigint for `BigInt64Array` and
 * `BigUint64Array`), or up to `dataLength` of them in an array or typed array. A shorter value is
 * padded with zeros. Numbers are converted as an assignment to a typed array converts them.
 */
export type ElementValues<T extends TypedArray> =
  | T[number]
  | readonly T[number][]
  | T
  | (TypedArray & ArrayLike<T[number]>);

/**
 * What several elements of a list or vector are given as: all their components, one after the other,
 * in an array or typed array whose length is a multiple of `dataLength`. Numbers are converted as
 * for {@link ElementValues}; a typed array of the container's own type is the fastest.
 */
export type BatchValues<T extends TypedArray> =
  | readonly T[number][]
  | T
  | (TypedArray & ArrayLike<T[number]>);

// ---- pointers ----

/**
 * A place in the heap, and the descriptor of a block. Plain data.
 */
export interface SharedAllocatedMemory {
  /** Top 12 bits of the byte address: 0 to 4095. */
  bufferPosition: number;
  /** Low 20 bits of the byte address: 0 to 1048575. */
  bufferByteOffset: number;
}

/** Bits of `bufferByteOffset` in a pointer: 20. */
export const BYTE_OFFSET_BIT_COUNT: number;

/** One more than the largest `bufferByteOffset`, and the largest `bufferSize`: 2 ** 20. */
export const MAX_BYTE_OFFSET_LENGTH: number;

/** One more than the largest `bufferPosition`: 2 ** 12. */
export const MAX_POSITION_LENGTH: number;

/** Bits of `bufferPosition` in a pointer: 12. */
export const POSITION_BIT_COUNT: number;

/**
 * Takes a pointer apart.
 *
 * @param value An integer from 0 to 2 ** 32 - 1; or from -(2 ** 31) on, read from an `Int32Array`,
 * which counts as the unsigned number with the same bits.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function getPointer(value: number): SharedAllocatedMemory;

/**
 * The pointer to a place: its byte address, an integer from 0 to 2 ** 32 - 1.
 *
 * @param bufferPosition 0 to 4095.
 * @param bufferByteOffset 0 to 1048575.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function createPointer(bufferPosition: number, bufferByteOffset: number): number;

/**
 * Reads a pointer from a word, atomically, and takes it apart.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function loadPointer(data: Uint32Array | Int32Array, index?: number): SharedAllocatedMemory;

/**
 * Reads a pointer from a word, atomically. It is never negative, also from an `Int32Array`.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function loadRawPointer(data: Uint32Array | Int32Array, index?: number): number;

/**
 * Writes the pointer to a place to a word, atomically.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word.
 * @param bufferPosition 0 to 4095.
 * @param bufferByteOffset 0 to 1048575.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function storePointer(
  data: Uint32Array | Int32Array,
  index: number,
  bufferPosition: number,
  bufferByteOffset: number
): void;

/**
 * Writes a pointer to a word, atomically.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word.
 * @param pointer An integer from 0 to 2 ** 32 - 1.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function storeRawPointer(
  data: Uint32Array | Int32Array,
  index: number,
  pointer: number
): void;

/**
 * Replaces the pointer in a word if it is the expected one, in one atomic step. Not guarded
 * against a block that was freed and allocated again at the same place in between.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word.
 * @returns Whether it was replaced.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function replacePointer(
  data: Uint32Array | Int32Array,
  index: number,
  newBufferPosition: number,
  newBufferByteOffset: number,
  oldBufferPosition: number,
  oldBufferByteOffset: number
): boolean;

/**
 * Replaces the pointer in a word if it is the expected one, in one atomic step. Not guarded
 * against a block that was freed and allocated again at the same place in between.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word.
 * @param newPointer An integer from 0 to 2 ** 32 - 1.
 * @param oldPointer An integer from 0 to 2 ** 32 - 1.
 * @returns Whether it was replaced.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function replaceRawPointer(
  data: Uint32Array | Int32Array,
  index: number,
  newPointer: number,
  oldPointer: number
): boolean;

/** What this package needs of a `WebAssembly.Memory`. */
export interface WebAssemblyMemory {
  /** The bytes: another object after each growth. */
  readonly buffer: ArrayBufferLike;
  /** Enlarges it by that many pages of 64 KiB; returns how many there were. */
  grow(delta: number): number;
}

// ---- the heap ----

/** Options of a {@link MemoryHeap} in a `WebAssembly.Memory`. */
export interface MemoryHeapInMemory {
  /** A shared memory: of this thread, or as it came in a message. */
  memory: WebAssemblyMemory;
  /**
   * Bytes at the beginning of the memory that the heap keeps away from, as for the static data and
   * the stack of a module; rounded up to 4096. Default as for the heap that is there, else 0. A
   * `pointer` counts from there: the byte offset in the memory is `pointer` plus `reserve` rounded
   * up.
   */
  reserve?: number;
  /** As {@link MemoryHeapConfig.autoGrowSize}. */
  autoGrowSize?: number;
}

/** Options of a new {@link MemoryHeap}. */
export interface MemoryHeapConfig {
  /** Bytes the heap grows by multiples of: 1 to 2 ** 20. Default 8192. Blocks may be larger. */
  bufferSize?: number;
  /** Buffers of `bufferSize` the heap begins with: 1 to `maxSize / bufferSize`. Default 1. */
  initialBuffers?: number;
  /**
   * Bytes the heap may grow to: `bufferSize` to 2 ** 32. Default 2 ** 32. Addresses are reserved at
   * once, but no memory: 10 GiB for each `WebAssembly.Memory`. Where the system refuses that, there is no
   * WebAssembly, or the process has 64 heaps already, the heap is in a growable `SharedArrayBuffer`,
   * whose views take V8 twice the time; that reserves so much, or less where the system refuses it, and
   * then {@link MemoryHeap.maxSize} is smaller.
   */
  maxSize?: number;
  /**
   * Percentage of use, 1 to 100, from which on `alloc` and `allocUI32` of this handle grow the heap
   * ahead of need. Left out, it grows when it is full.
   */
  autoGrowSize?: number;
}

/**
 * The descriptor of a {@link MemoryHeap}: goes through `postMessage` and `workerData`, not JSON.
 */
export interface MemoryHeapMemory {
  /**
   * What the heap lies in, if that is no {@link memory}: one growable buffer. It is so of a store with a
   * heap of its own, and where a heap could have no memory, see {@link MemoryHeapConfig.maxSize}.
   */
  buffers: SharedArrayBuffer[];
  /** The `WebAssembly.Memory` that the heap lies in. Modules may import it. */
  memory?: WebAssemblyMemory;
  /** With `memory`: where in it the heap begins, as {@link MemoryHeapInMemory.reserve}. */
  reserve?: number;
  /** Bytes, as {@link MemoryHeap.bufferSize}. For information: the heap itself knows. */
  bufferSize?: number;
  /** Tells heaps apart. For information: the heap itself knows. */
  heapId?: number;
}

/** An element of {@link MemoryHeap.buffers}. */
export interface MemoryHeapBuffer {
  /**
   * The whole heap as it was when `buffers` was read: all elements have the same, which is another
   * object when the heap has grown; one from before stays good for what it shows. A `pointer` is a byte
   * address in it, or counts from {@link MemoryHeapInMemory.reserve} on.
   */
  readonly buf: SharedArrayBuffer;
}

/** What a grow handler is told. */
export interface GrowBufferData {
  /** Index of the last element that {@link MemoryHeap.buffers} has now. */
  bufferPosition: number;
  /** The whole heap. */
  buffer: SharedArrayBuffer;
}

/** Numbers of a heap, in bytes unless said otherwise. */
export interface HeapStats {
  /** In live blocks, those of containers included. */
  used: number;
  /** The heap has now: live, cached and free. What {@link MemoryHeap.totalAllocated} says. */
  committed: number;
  /** The heap may grow to. */
  maximum: number;
  /** In free pages. The rest of `committed - used` is in partly used pages and thread caches. */
  free: number;
  /** In the largest run of free pages. */
  largestFree: number;
  /** Threads that have a handle of the heap: a count. */
  threads: number;
  /**
   * How often a call found an internal lock taken, since the heap was made: a count. High beside few
   * calls means that threads write to the same container all the time.
   */
  lockWaits: number;
  /**
   * Live blocks of up to 8 KiB by size class, smallest first: the bytes that each block of the class
   * takes, and how many there are. Elements, tables and texts of containers are among them.
   */
  blocks: { byteLength: number; count: number }[];
  /** Live blocks of whole pages: the bytes that they take together, and how many there are. */
  largeBlocks: { byteLength: number; count: number };
  /** Live containers of each kind. */
  containers: {
    lists: number;
    vectors: number;
    maps: number;
    strings: number;
    stores: number;
  };
}

/** What {@link MemoryHeap.verify} found. */
export interface HeapProblem {
  /** What is wrong. */
  problem: string;
  /** The page, block or container it is about; 0 for the heap as a whole. */
  pointer: number;
}

/**
 * Shared memory of up to 4 GiB that blocks and containers are allocated from.
 *
 * Any thread may allocate, free and grow it, also while all others are blocked. It never gives
 * memory back to the system while it lives, and is gone when no thread refers to its buffer.
 *
 * ```js
 * const heap = new MemoryHeap();
 * new Worker(file, { workerData: heap.getSharedMemory() }); // there: new MemoryHeap(workerData)
 * ```
 */
export class MemoryHeap {
  /**
   * Makes a new heap.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`;
   * `ERR_TH_OUT_OF_MEMORY` when the system has not even the initial size.
   */
  constructor(config?: MemoryHeapConfig);
  /**
   * Makes a handle of the heap that a descriptor names, in any thread of the same process.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_BAD_DESCRIPTOR` when its buffer is no heap, or one that
   * another copy of this package made.
   */
  constructor(memory: MemoryHeapMemory);
  /**
   * Makes a handle of the heap in a shared `WebAssembly.Memory`, and the heap if there is none: of
   * several threads that do so at once, all get the same heap. A {@link LocalSharedMemory} has one
   * already. It uses all of the memory from `reserve` on, and grows as far as the memory does.
   *
   * @throws `ERR_TH_ARG_TYPE` also for a memory that is not shared; `ERR_TH_ARG_RANGE`,
   * `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_BAD_DESCRIPTOR` when the memory has a heap with another
   * `reserve`, or of another copy of this package.
   */
  constructor(config: MemoryHeapInMemory);

  /** Whether this handle was made from a descriptor. */
  readonly isClone: boolean;

  /** Bytes that the heap grows by multiples of. */
  readonly bufferSize: number;

  /**
   * Bytes that {@link totalAllocated} may grow to: the option, less a page of the heap's own at
   * 4 GiB. Where the system refused to reserve that much, what it did reserve.
   */
  readonly maxSize: number;

  /**
   * One element per `bufferSize` bytes of {@link totalAllocated}, or part of them; all have the same
   * `buf`. For
   * programs that count buffers or look into them.
   */
  readonly buffers: readonly MemoryHeapBuffer[];

  /**
   * Bytes in live blocks, those of containers included, each rounded up to what the allocator gives
   * out. Exact when no call is in flight in another thread: freeing everything brings it back to
   * where it started. O(threads).
   *
   * @throws `ERR_TH_FREED` when the handle is closed.
   */
  readonly currentUsed: number;

  /** Bytes for blocks: `bufferSize * initialBuffers` at first, and never less than before. */
  readonly totalAllocated: number;

  /**
   * Allocates a zeroed block of 32-bit words, aligned to 16 bytes.
   *
   * @param count Words; a fraction rounds up, and 0 is allowed.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_FREED` when the
   * handle is closed. O(length), for the zeroing.
   */
  allocUI32(count: number): AllocatedMemory;

  /**
   * Allocates a zeroed block of bytes. It may be larger than `bufferSize`, up to what the heap has
   * room for. Blocks of up to 1 KiB may be zeroed some time before they are handed out: what is written
   * through views of freed blocks after that can be in them.
   *
   * @param byteLength An integer from 0 on.
   * @param align The block's address is a multiple of this: a power of two up to 2 ** 20. Default
   * 16, and at least that in any case.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_FREED` when the
   * handle is closed. O(length), for the zeroing.
   */
  alloc(byteLength: number, align?: number): AllocatedMemory;

  /**
   * As many calls of `alloc` in one, several times as fast. All or nothing: where there is no room
   * for all the blocks, none is allocated.
   *
   * @param count An integer from 0 to 2 ** 24.
   * @param byteLength Of each block, as for `alloc`.
   * @param align As for `alloc`.
   * @returns An array of the blocks, in no particular order of their addresses.
   * @throws As `alloc`. O(count * length).
   */
  allocMany(count: number, byteLength: number, align?: number): AllocatedMemory[];

  /**
   * As many calls of `free` in one, several times as fast. Thread-safe: of two threads that free a
   * block one does. Every block of the array that is live is freed, also when others are not; the
   * call throws after that.
   *
   * @param blocks Whole blocks of this heap, whichever of its handles made them.
   * @throws `ERR_TH_FREED` when a block was freed before this call, or comes twice: the message names
   * the index of the first, and no block of the array is live any more. `ERR_TH_ARG_TYPE` and, for a
   * part of a block, `ERR_TH_BAD_DESCRIPTOR`: then none is freed. `ERR_TH_FREED` when the handle is
   * closed. O(count).
   */
  freeMany(blocks: readonly AllocatedMemory[]): void;

  /**
   * The block at a place, as `new AllocatedMemory(heap, shared)`, or `undefined` when no live block
   * is there.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_FREED` when the handle is closed.
   */
  getSharedAlloc(shared: SharedAllocatedMemory): AllocatedMemory | undefined;

  /**
   * The descriptor of the heap, to post to other threads once: it stays good as the heap grows.
   *
   * @throws `ERR_TH_FREED` when the handle is closed.
   */
  getSharedMemory(): MemoryHeapMemory;

  /**
   * `currentUsed` and `totalAllocated` for people: `'2.3 KiB / 8.0 KiB'`.
   *
   * @throws `ERR_TH_FREED` when the handle is closed.
   */
  prettyMemory(): string;

  /**
   * Numbers of the heap, in bytes unless said otherwise. Weaker: beside other threads' calls they
   * need not fit each other. O(threads).
   *
   * @throws `ERR_TH_FREED` when the handle is closed.
   */
  stats(): HeapStats;

  /**
   * Walks the whole heap, reachable or not: the allocator's pages and blocks, every container and
   * all that hangs on it. A list of problems, empty when the heap is sound.
   *
   * May run beside other threads, and then checks what must hold at every moment; allocations wait
   * for one walk over the pages, a container's writers while it is walked. With `exclusive` the
   * caller vouches that no other thread uses the heap during the call, and the books must balance
   * too: bytes in use, blocks in caches, and that every block of a container hangs on exactly one.
   * A container that is found corrupt is marked so: later calls on it throw `ERR_TH_CORRUPT`.
   *
   * It cannot tell what JavaScript wrote into blocks and elements, which is theirs to say.
   * O(bytes allocated).
   *
   * @returns At most 64 problems.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_FREED` when the handle is closed;
   * `ERR_TH_OUT_OF_MEMORY` when the process has none to look at the keys of maps.
   */
  verify(options?: { exclusive?: boolean }): HeapProblem[];

  /**
   * Calls back whenever this handle has made the heap grow: a microtask later, and not for what
   * other threads do. Nothing needs it; it is here for programs that used to post new buffers.
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  addOnGrowBufferHandlers(handler: (data: GrowBufferData) => void): void;

  /**
   * Does nothing: every thread sees the heap grow by itself. It is here for programs that used to
   * receive new buffers.
   *
   * @throws `ERR_TH_ARG_TYPE` when `data` is no object.
   */
  addSharedBuffer(data: GrowBufferData): void;

  /**
   * Closes this handle; the second time does nothing. What is in the heap stays there for the other
   * handles. With the last handle of the heap in this thread, the thread gives back what it had
   * cached, and its handles of containers in the heap come to be freed ones.
   */
  [Symbol.dispose](): void;
}

/**
 * A block of raw memory in the heap.
 *
 * A typed array made here shows the bytes themselves. It stays usable after the block is freed, but
 * then shows and overwrites what comes to be there next: data of the program, none of the
 * allocator's.
 *
 * ```js
 * const block = heap.allocUI32(4);
 * block.data[2] = 5;
 * Atomics.add(block.data, 2, 1); // plain accesses of several threads race, Atomics do not
 * ```
 */
export class AllocatedMemory {
  /**
   * Makes a handle of the live block at a place; {@link MemoryHeap.allocUI32} makes new blocks. A
   * place within a block gives a handle of the rest of it from there on, which cannot be freed.
   *
   * A place names whatever block is there now: a stale one may find another block.
   *
   * @param memory A block's descriptor, another handle, or `getPointer(pointer)`; a multiple of 4.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_BAD_DESCRIPTOR` when no live block is
   * there; `ERR_TH_FREED` when the heap's handle is closed.
   */
  constructor(heap: MemoryHeap, memory: SharedAllocatedMemory);

  /**
   * The block as 32-bit words: exactly as many as were asked for, or the whole ones in as many
   * bytes. Always the same object.
   *
   * @throws `ERR_TH_FREED` when the block is freed, by any handle, or the heap's handle is closed.
   * Weaker: once it was read, only {@link free} of this handle is noticed.
   */
  readonly data: Uint32Array;

  /** Length in bytes. */
  readonly byteLength: number;

  /** Byte address in the heap: 0 to 2 ** 32 - 1. */
  readonly pointer: number;

  /** Top 12 bits of the address. */
  readonly bufferPosition: number;

  /** Low 20 bits of the address. */
  readonly bufferByteOffset: number;

  /**
   * A typed array over the block or a part of it. A new object each time.
   *
   * @param type Such as `Float64Array`.
   * @param offset Where it begins, in elements of `type`. Default 0.
   * @param length Elements of `type`. Default all from `offset` on.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it would not lie in the block, or the block
   * begins at no multiple of the element's size; `ERR_TH_FREED` when the block is freed, by any
   * handle, or the heap's handle is closed.
   */
  getArray<T extends TypedArray>(
    type: TypedArrayConstructor<T>,
    offset?: number,
    length?: number
  ): T;

  /**
   * The place of a part of the block, to make an {@link AllocatedMemory} of.
   *
   * @param offset Where it begins, in 32-bit words. Default 0.
   * @param length 32-bit words that must be there from `offset` on. Default all.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it would not lie in the block;
   * `ERR_TH_FREED`, as {@link getArray}.
   */
  getArrayMemory(offset?: number, length?: number): SharedAllocatedMemory;

  /**
   * The block's descriptor.
   *
   * @throws `ERR_TH_FREED`, as {@link getArray}.
   */
  getSharedMemory(): SharedAllocatedMemory;

  /**
   * Gives the block back to the heap. Of two threads that free it one succeeds.
   *
   * Weaker: a handle names a place. If another handle freed the block, and a new one is there by
   * now, that one is freed.
   *
   * @throws `ERR_TH_FREED` when it was freed before, by any handle, or the heap's handle is closed;
   * `ERR_TH_BAD_DESCRIPTOR` when this handle is of a part of a block.
   */
  free(): void;

  /**
   * {@link free}s the block for all threads, unless that has been done or this is a part of one:
   * `using` is for its owner, not for a thread that was handed it.
   */
  [Symbol.dispose](): void;
}

// ---- the list ----

/** Options of a new {@link SharedList}. */
export interface SharedListConfig<T extends TypedArray = Uint32Array> {
  /** Type of the components. Default `Uint32Array`. */
  type?: TypedArrayConstructor<T>;
  /** Components per element: 1 to 65535. Default 1. */
  dataLength?: number;
  /**
   * A block, or a place in one, of at least {@link SharedList.ALLOCATE_COUNT} words that is to name
   * the list: it is overwritten, and `getSharedMemory()` then returns its place. It stays the
   * caller's to free, after the list. Left out, the list has a place of its own.
   */
  initWithBlock?: SharedAllocatedMemory;
}

/** The descriptor of a {@link SharedList}. Plain data. */
export interface SharedListMemory {
  /** Where the list is. */
  firstBlock: SharedAllocatedMemory;
  /** Which heap it belongs to. If left out, that is not checked. */
  heapId?: number;
  /** Which list it is. If left out, whatever list is at that place is taken. */
  generation?: number;
}

/** What the iteration of a {@link SharedList} yields. */
export interface SharedListItem<T extends TypedArray = Uint32Array> {
  /** A live view of the element: see {@link SharedList.at}. */
  readonly data: T;
  /** How many elements this iteration has yielded before and not deleted by `deleteCurrent`. */
  readonly index: number;
  /**
   * Removes the element and tells `onDelete`. Needs no `this`. The iteration goes on unharmed.
   *
   * @returns Whether it was still there; `false` when it was removed before, by any thread.
   */
  readonly deleteCurrent: () => boolean;
}

/**
 * A doubly linked list, each element a fixed number of components of one numeric type.
 *
 * `push`, `shift` and `pop` are O(1) and never move an element. Calls that walk do so under the
 * lock, O(elements passed).
 *
 * ```js
 * const events = new SharedList(heap, { type: Float64Array, dataLength: 2 });
 * events.push([Date.now(), 7]);
 * for (const { data, deleteCurrent } of events) if (data[0] < deadline) deleteCurrent();
 * ```
 *
 * @typeParam T What elements are seen as: inferred from the option `type`, to be given when the
 * list is made from a descriptor. Components are bigints for `BigInt64Array` and `BigUint64Array`,
 * numbers for the others.
 */
export class SharedList<T extends TypedArray = Uint32Array> {
  /** 32-bit words of a block that can name a list: 4. */
  static readonly ALLOCATE_COUNT: number;

  /**
   * Makes an empty list.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`, `ERR_TH_OUT_OF_MEMORY`;
   * `ERR_TH_BAD_DESCRIPTOR` when `initWithBlock` is no live block of that length, or a container is
   * there; `ERR_TH_FREED` when the heap's handle is closed.
   */
  constructor(heap: MemoryHeap, config?: SharedListConfig<T>);
  /**
   * Makes a handle of an existing list. A zeroed block that it names becomes an empty list of
   * single Uint32 values; of several threads that do so at once, all get the same list.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_BAD_DESCRIPTOR` when it names no list of
   * this heap; `ERR_TH_FREED` when the list was freed, or the heap's handle is closed;
   * `ERR_TH_CORRUPT`; `ERR_TH_OUT_OF_MEMORY` for a zeroed block.
   */
  constructor(heap: MemoryHeap, memory: SharedListMemory);

  /** Elements now. */
  readonly length: number;

  /** Number of the component type, from 0: the order is that of {@link TypedArray}. */
  readonly type: number;

  /** Components per element. */
  readonly dataLength: number;

  /** Byte address of the list's place in the heap, which `getPointer` takes apart. */
  readonly pointer: number;

  /**
   * Called with a copy of each element that this handle removes by `deleteIndex`, `deleteValue`,
   * `deleteMatch`, `deleteCurrent`, `clear` and `free`, when it is out of the list already. Not
   * called for `shift` and `pop`, which hand the element to the caller, nor for other handles.
   * An error that it throws ends the call. `undefined`, the default, is none.
   *
   * @throws `ERR_TH_ARG_TYPE` when set to something else than a function or `undefined`.
   */
  onDelete: ((data: T) => void) | undefined;

  /**
   * Appends an element.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it has more than `dataLength` components;
   * `ERR_TH_OUT_OF_MEMORY`.
   */
  push(values: ElementValues<T>): void;

  /** The same as {@link push}. */
  insert(values: ElementValues<T>): void;

  /**
   * Appends several elements in one step: another thread sees all of them or none, and nothing
   * between them. O(elements), of which the lock is held for a few words each.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when their length is no multiple of `dataLength`;
   * `ERR_TH_OUT_OF_MEMORY`. Nothing is appended then.
   */
  pushMany(values: BatchValues<T>): void;

  /**
   * A live view of the element at an index, or `undefined` when there is none. O(distance to the
   * nearer end), under the lock.
   *
   * Weaker: the view is no copy. Reads and writes of it are as atomic as those of any shared typed
   * array: single components with `Atomics`, or plain ones. It is valid until the element is
   * removed, by any thread; after that it shows and overwrites whatever comes to be there.
   *
   * @param index An integer; counted from the end when negative.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  at(index: number): T | undefined;

  /** Removes the first element; returns a copy, or `undefined` when the list is empty. */
  shift(): T | undefined;

  /** Removes the last element; returns a copy, or `undefined` when the list is empty. */
  pop(): T | undefined;

  /**
   * Removes the element at an index. O(distance to the nearer end), under the lock.
   *
   * @param index An integer from 0 on; a negative one is never found.
   * @returns Whether there was one.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  deleteIndex(index: number): boolean;

  /**
   * Removes the first element that equals a value, converted as `push` converts it. O(n), under the
   * lock. NaN equals NaN, and 0 equals -0.
   *
   * @param values A single number is compared with the first component only; an array, padded with
   * zeros, with all components.
   * @returns Whether there was one.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE` as {@link push}.
   */
  deleteValue(values: ElementValues<T>): boolean;

  /**
   * Removes the first element for which the callback returns something truthy. O(n).
   *
   * Weaker: it is an iteration and then a removal. If another thread removes the element in
   * between, the search goes on behind it; if one changes it, it is removed all the same.
   *
   * @param callback Gets a live view, as from {@link at}.
   * @returns Whether there was one.
   * @throws `ERR_TH_ARG_TYPE`
   */
  deleteMatch(callback: (data: T, index: number) => unknown): boolean;

  /**
   * Calls back with a live view of each element, as the iteration yields them. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  forEach(callback: (data: T, index: number) => void): void;

  /**
   * A copy of all elements, one after the other: `length * dataLength` components. O(n), under the
   * lock: what it returns was the list at one moment.
   *
   * With `out`, a typed array of the list's type, they are copied into that, from its beginning, and
   * the part of it that they take is returned. Who copies a list again and again saves most of the
   * time by that.
   *
   * @throws with `out`, `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when the list is longer: what is in
   * `out` then are its first elements.
   */
  toArray(out?: T): T;

  /**
   * Removes all elements. O(n), under the lock.
   *
   * Weaker with `onDelete`: it removes one by one as many elements as there were when it began, and
   * tells `onDelete` of each.
   */
  clear(): void;

  /**
   * Iterates over the elements that are in the list at the first step, in order. O(n), with up to
   * 256 elements at a time found under the lock.
   *
   * Any thread may change the list meanwhile, and the body any element: an element that stays is
   * yielded once, one that is removed before its turn is not, nor is one that was pushed later.
   * Weaker: an element can be removed by another thread while the body looks at it: see {@link at}.
   */
  [Symbol.iterator](): Generator<SharedListItem<T>, undefined, unknown>;

  /** The list's descriptor. */
  getSharedMemory(): SharedListMemory;

  /**
   * Frees the list and its elements, for all threads. O(n), under the lock. With `onDelete`, as
   * {@link clear} first; what is pushed in between goes without.
   *
   * @throws `ERR_TH_FREED` when it was freed before, by any handle.
   */
  free(): void;

  /**
   * {@link free}s the list for all threads, unless that has been done: `using` is for its owner,
   * not for a thread that was handed it.
   */
  [Symbol.dispose](): void;
}

// ---- the vector ----

/** Options of a new {@link SharedVector}. */
export interface SharedVectorConfig<T extends TypedArray = Uint32Array> {
  /** Type of the components. Default `Uint32Array`. */
  type?: TypedArrayConstructor<T>;
  /** Components per element: 1 to 65535. Default 1. */
  dataLength?: number;
  /**
   * Elements to have room for from the first push on: 1 to 2 ** 31, rounded up to a power of two.
   * Default 4.
   */
  bufferLength?: number;
}

/** The descriptor of a {@link SharedVector}. Plain data. */
export interface SharedVectorMemory {
  /** Where the vector is. */
  firstBlock: SharedAllocatedMemory;
  /** Which heap it belongs to. If left out, that is not checked. */
  heapId?: number;
  /** Which vector it is. If left out, whatever vector is at that place is taken. */
  generation?: number;
}

/**
 * A growable array, each element a fixed number of components of one numeric type.
 *
 * Elements lie in chunks that double in size and never move, so a view stays valid until the vector
 * is freed. `get` and the views read shared memory without a call into the addon.
 *
 * ```js
 * const positions = new SharedVector(heap, { type: Float32Array, dataLength: 2 });
 * const player = positions.push([10, 20]);
 * const x = positions.get(player, 0);
 * ```
 *
 * @typeParam T What elements are seen as: inferred from the option `type`, to be given when the
 * vector is made from a descriptor. Components are bigints for `BigInt64Array` and
 * `BigUint64Array`, numbers for the others.
 */
export class SharedVector<T extends TypedArray = Uint32Array> {
  /** 32-bit words of a block that can name a vector: 4. */
  static readonly ALLOCATE_COUNT: number;

  /**
   * Makes an empty vector.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`, `ERR_TH_OUT_OF_MEMORY`;
   * `ERR_TH_FREED` when the heap's handle is closed.
   */
  constructor(heap: MemoryHeap, config?: SharedVectorConfig<T>);
  /**
   * Makes a handle of an existing vector. A zeroed block that it names becomes an empty vector of
   * single Uint32 values; of several threads that do so at once, all get the same vector.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_BAD_DESCRIPTOR` when it names no vector
   * of this heap; `ERR_TH_FREED` when the vector was freed, or the heap's handle is closed;
   * `ERR_TH_CORRUPT`; `ERR_TH_OUT_OF_MEMORY` for a zeroed block.
   */
  constructor(heap: MemoryHeap, memory: SharedVectorMemory);

  /** Elements now: at most 2 ** 32 - 1. Read atomically: a loop may wait for it to change. */
  readonly length: number;

  /** Number of the component type, from 0: the order is that of {@link TypedArray}. */
  readonly type: number;

  /** Components per element. */
  readonly dataLength: number;

  /** Elements there is room for: at first the option, rounded up; it never gets less. */
  readonly bufferLength: number;

  /** Byte address of the vector's place in the heap, which `getPointer` takes apart. */
  readonly pointer: number;

  /**
   * Appends an element. O(1) amortised, and no element is copied.
   *
   * @returns Its index. (`Array.prototype.push` returns the new length.)
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it has more than `dataLength` components;
   * `ERR_TH_OUT_OF_MEMORY`.
   */
  push(values: ElementValues<T>): number;

  /**
   * Appends several elements in one step: another thread sees all of them or none, and nothing
   * between them. O(elements), under the lock; no element that was there is copied.
   *
   * @returns The index of the first, or the length when there are none.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when their length is no multiple of `dataLength`;
   * `ERR_TH_OUT_OF_MEMORY`. Nothing is appended then.
   */
  pushMany(values: BatchValues<T>): number;

  /**
   * Removes the last element; returns a copy, or `undefined` when the vector is empty. Its memory
   * stays the vector's, for the next push.
   */
  pop(): T | undefined;

  /**
   * Reads one component, or `undefined` when there is no such element.
   *
   * Weaker: it uses plain loads. Each component is read whole, but two of one element may come from
   * before and after another thread's `set`; beside a `pop` or `clear` it can return, a moment
   * early, what the next `push` puts at the place; beside a `deleteIndex` an element can be seen
   * twice or not at all; beside a `free` it can return what the memory holds by then, once; and a
   * loop around nothing but `get` may not notice other threads' changes: look at {@link length}, or
   * use `Atomics` on a view.
   *
   * @param index An integer; a negative one is never found (see {@link at}).
   * @param component Which one: 0 to `dataLength - 1`. Default 0.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  get(index: number, component?: number): T[number] | undefined;

  /**
   * A live view of the element at an index, or `undefined` when there is none. The view is of that
   * place, whatever element comes to be there, and valid until the vector is freed.
   *
   * Weaker: reads and writes of it are as atomic as those of any shared typed array: single
   * components with `Atomics`, or plain ones.
   *
   * @param index An integer; counted from the end when negative.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  at(index: number): T | undefined;

  /**
   * Replaces an element whole. A value of fewer than `dataLength` components zeroes the others.
   *
   * @param index 0 to `length - 1`.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when there is no such element, or the value has
   * more than `dataLength` components.
   */
  set(index: number, values: ElementValues<T>): void;

  /**
   * Replaces the elements from an index on in one step. O(elements), under the lock.
   *
   * Weaker: a thread that reads by `get` or a view meanwhile can see some of them replaced.
   *
   * @param index 0 to `length` less the elements given.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when there are not as many elements from the index
   * on, or the length of the values is no multiple of `dataLength`. Nothing is replaced then.
   */
  setMany(index: number, values: BatchValues<T>): void;

  /**
   * Removes the element at an index and moves the later ones one place down. O(n), under the lock.
   *
   * Weaker: a thread that reads by `get` or a view meanwhile can see an element twice, or not at
   * all.
   *
   * @param index An integer from 0 on; a negative one is never found.
   * @returns Whether there was one.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  deleteIndex(index: number): boolean;

  /** Sets the length to 0. The memory stays the vector's until it is freed. */
  clear(): void;

  /**
   * Calls back with a live view of each element, as the iteration yields them. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  forEach(callback: (data: T, index: number) => void): void;

  /**
   * A copy of all elements, one after the other: `length * dataLength` components. O(n), under the
   * lock: what it returns was the vector at one moment. Weaker: but for writes to live views.
   */
  toTypedArray(): T;

  /**
   * The sum of one component of all elements, 0 (or 0n) when there are none. O(n), under the lock:
   * it is that of one moment. Weaker: but for writes to live views.
   *
   * Integers are added exactly: bigints give the exact bigint, however large; other integers are
   * rounded once, if the sum is beyond 2 ** 53. Floating-point numbers are added as doubles, several
   * sums side by side, so that the result can differ from that of a loop as roundings do.
   *
   * @param component Which one: 0 to `dataLength - 1`. Default 0.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  sum(component?: number): T[number];

  /**
   * The least value of one component of all elements, or `undefined` when there are none: NaN if one
   * is NaN, and -0 is less than 0, as for `Math.min`. O(n), under the lock: it is that of one moment.
   * Weaker: but for writes to live views.
   *
   * @param component Which one: 0 to `dataLength - 1`. Default 0.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  min(component?: number): T[number] | undefined;

  /** The greatest value, as {@link min} the least: NaN if one is NaN, as for `Math.max`. */
  max(component?: number): T[number] | undefined;

  /**
   * Sorts the elements by one component: ascending, -0 before 0, NaN last, as a typed array without
   * a callback. Elements in which it is equal stay in their order. O(n) in one step under the lock,
   * which other threads wait for; it takes native memory meanwhile, 18 bytes for each element and,
   * when there are several components, as much as the elements.
   *
   * Weaker: a thread that reads by `get` or a view meanwhile can see an element twice, or not at
   * all. What is written to live views meanwhile can be lost.
   *
   * @param component Which one: 0 to `dataLength - 1`. Default 0.
   * @returns The vector.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_OUT_OF_MEMORY` when there is no such
   * memory. Nothing is sorted then.
   */
  sort(component?: number): this;

  /**
   * Live views of the elements there are now, one after the other, in as few pieces as they lie in:
   * O(log n). The fastest way to go through all components. They are valid until the vector is
   * freed, and do not get longer when elements are pushed. Weaker: see {@link at}.
   */
  chunks(): T[];

  /**
   * Iterates over live views of the elements, by index: as for an array, elements that are pushed
   * meanwhile come too, and a `deleteIndex` makes it skip one.
   */
  [Symbol.iterator](): Generator<T, undefined, unknown>;

  /** The vector's descriptor. */
  getSharedMemory(): SharedVectorMemory;

  /**
   * Frees the vector and its elements, for all threads.
   *
   * @throws `ERR_TH_FREED` when it was freed before, by any handle.
   */
  free(): void;

  /**
   * {@link free}s the vector for all threads, unless that has been done: `using` is for its owner,
   * not for a thread that was handed it.
   */
  [Symbol.dispose](): void;
}

// ---- the map ----

/** A value of a {@link SharedMap} that is kept as it is. */
export type SharedMapPrimitive = number | string | boolean | bigint | null | undefined;

/**
 * What a {@link SharedMap} can hold: primitives, and objects that `structuredClone` takes and that
 * hold no SharedArrayBuffer. Functions and symbols are neither; what an object contains is checked
 * when it is stored.
 *
 * Plain data is written and read fastest: objects made by literals, arrays without holes, strings,
 * numbers, booleans, `null` and `undefined`, up to a million of each and 100 levels deep, of which
 * no object is there twice. Objects that have the same keys in the same order share these, of which
 * a process remembers up to 4096 lists. A long string that was read from such an object (13 units
 * or more) keeps the other strings of the object in memory while it lives. All else, and an object
 * with anything else inside, takes longer and means the same. A getter is called when its object is
 * stored; once more when values of the same keys had none before and the value is not plain.
 */
export type SharedMapValue =
  | SharedMapPrimitive
  | (object & { readonly [Symbol.hasInstance]?: never });

/** The descriptor of a {@link SharedMap}. Plain data. */
export interface SharedMapMemory {
  /** Where the map is. */
  firstBlock: SharedAllocatedMemory;
  /** Which heap it belongs to. If left out, that is not checked. */
  heapId?: number;
  /** Which map it is. If left out, whatever map is at that place is taken. */
  generation?: number;
}

/**
 * A hash map with the interface of `Map`, and some calls that change a value in one step.
 *
 * Reads take no lock, so they scale with threads; numbers whose keys are numbers, or texts of up to
 * 14 units below 256, are read without a call into the addon, where the heap is in a
 * `WebAssembly.Memory`. An insertion that fills a table makes a larger one, O(entries / 256) for a
 * large map; otherwise calls are O(1), besides the length of the strings and objects.
 *
 * An empty map has 32 bytes in the heap. One that has had more than a thousand entries keeps 8 KiB
 * besides until it is freed, also when it is empty again.
 *
 * A `SharedMap<K, V>` is assignable to `Map<K, V>` and `ReadonlyMap<K, V>`. It is no instance of
 * `Map`, and differs from one in this:
 *  - Keys are strings and numbers, compared as `Map` compares them.
 *  - Objects are stored by value: `set` takes a copy and `get` returns a new one each time, without
 *    its prototype. To change a stored object, `set` it again.
 *  - The order is that of insertion only up to about a thousand entries.
 *  - What is inserted or deleted while it is iterated: see {@link entries}.
 *
 * ```js
 * const players = new SharedMap(heap);
 * players.set('ada', { hp: 10 });
 * players.add('kills', 1);
 * ```
 *
 * @typeParam K Type of the keys.
 * @typeParam V Type of the values. It is the program's promise: what a thread reads is what any
 * thread has set.
 */
export class SharedMap<
  K extends string | number = string | number,
  V extends SharedMapValue = any
> {
  /** 32-bit words of a block that can name a map: 4. */
  static readonly ALLOCATE_COUNT: number;

  /**
   * Makes an empty map. There are no options.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_UNKNOWN_OPTION`, `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_FREED` when
   * the heap's handle is closed.
   */
  constructor(heap: MemoryHeap, config?: Record<string, never>);
  /**
   * Makes a handle of an existing map. A zeroed block that it names becomes an empty map; of
   * several threads that do so at once, all get the same map.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_BAD_DESCRIPTOR` when it names no map of
   * this heap; `ERR_TH_FREED` when the map was freed, or the heap's handle is closed;
   * `ERR_TH_CORRUPT`; `ERR_TH_OUT_OF_MEMORY` for a zeroed block.
   */
  constructor(heap: MemoryHeap, memory: SharedMapMemory);

  /**
   * Entries now. Weaker: it is counted beside the entries, and a large map sums up its 256 parts, so
   * beside writers the number need not have been true at any one moment, nor fit what `get` and
   * `has` show; when nobody writes, it is exact.
   */
  readonly size: number;

  /** The same as {@link size}. */
  readonly length: number;

  /** Slots of the hash tables: 0 when the map is empty. For information, and as weak as `size`. */
  readonly maxHash: number;

  /** Byte address of the map's place in the heap, which `getPointer` takes apart. */
  readonly pointer: number;

  /**
   * The value of a key, or `undefined`. An object is a new one each time: O(its length). Takes no
   * lock unless writers keep it from finishing.
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  get(key: K): V | undefined;

  /**
   * Whether there is an entry for a key. Takes no lock unless writers keep it from finishing.
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  has(key: K): boolean;

  /**
   * Sets the value of a key. The old value stays if this throws.
   *
   * @returns This map.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_NOT_CLONEABLE`, also for a `WebAssembly.Module`, or what only
   * messages carry, as a `Blob`, inside the value, and for one nested more than 1000 levels deep;
   * `ERR_TH_OUT_OF_MEMORY`, also for a string or object of 2 GiB and more.
   */
  set(key: K, value: V): this;

  /**
   * Removes the entry of a key.
   *
   * @returns Whether there was one.
   * @throws `ERR_TH_ARG_TYPE`
   */
  delete(key: K): boolean;

  /**
   * Removes all entries. O(n), mostly after the locks are given back. Weaker: of two reads that
   * another thread makes meanwhile, the first can find its key gone and the second still find its
   * own.
   */
  clear(): void;

  /**
   * Adds to a number in one step. An absent key counts as 0.
   *
   * @returns The sum, which is the value now.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_NOT_A_NUMBER` when the value is something else, also a
   * bigint; `ERR_TH_OUT_OF_MEMORY`.
   */
  add(key: K, delta: Extract<number, V>): number;

  /**
   * The numbers that many keys have for values, at about half the time of as many calls of {@link get}.
   * Each key is read in one step, without a lock; all together are not one step: what other threads
   * write meanwhile can show for some keys and not for others. O(n). Of strings, 16 or more that come
   * one after the other and have at most 64 units gain by it.
   *
   * @param keys A typed array of numbers, or an array of strings and numbers.
   * @param out What is filled, as long as `keys` or longer: a new one if left out, or `keys` itself.
   * What else shares memory with `keys` gives no useful result.
   * @param options `missing` is what stands for a key that has no entry, or undefined. Default: NaN.
   * @returns `out`: at each index the value of the key there.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when `out` is too short; `ERR_TH_NOT_A_NUMBER`
   * when a value is something else: the message names the index, and `out` is filled up to there.
   */
  getMany(
    keys: NumberArray | readonly K[],
    out?: Float64Array,
    options?: { missing?: number }
  ): Float64Array;

  /**
   * Sets the values of many keys, at less cost where all values are numbers. Each entry is set in one
   * step; all together are not one step: another thread can see some of them set and others not yet.
   * Of a key that comes more than once the last value stays. Arguments are checked, and objects
   * serialised, before anything is set. O(n).
   *
   * @param keys A typed array of numbers, or an array of strings and numbers.
   * @param values As many: a typed array of numbers, or an array of anything that {@link set} takes.
   * @returns This map.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_NOT_CLONEABLE`; `ERR_TH_ARG_RANGE` when there are not as many
   * values as keys; `ERR_TH_OUT_OF_MEMORY`: the message names the index, the entries before it are
   * set, and the others are as they were.
   */
  setMany(keys: NumberArray | readonly K[], values: NumberArray | readonly V[]): this;

  /**
   * Removes the entries of many keys, at less cost than as many calls of {@link delete}. Each is removed
   * in one step; all together are not one step. O(n).
   *
   * @param keys A typed array of numbers, or an array of strings and numbers.
   * @returns How many there were.
   * @throws `ERR_TH_ARG_TYPE`
   */
  deleteMany(keys: NumberArray | readonly K[]): number;

  /**
   * Sets the value of a key if it is the expected one, in one step.
   *
   * @param expected A primitive, compared as `Map` compares keys: NaN equals NaN, and 0 equals -0.
   * `undefined` also expects no entry. A stored object equals nothing.
   * @returns Whether the value was set.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_NOT_CLONEABLE`, `ERR_TH_OUT_OF_MEMORY`
   */
  compareAndSet(key: K, expected: Extract<V, SharedMapPrimitive> | undefined, value: V): boolean;

  /**
   * The value of a key, which is set first if there is no entry, in one step.
   *
   * @returns The present value as {@link get} returns it, or else the very `value` that was passed.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_NOT_CLONEABLE`, `ERR_TH_OUT_OF_MEMORY`
   */
  getOrInsert(key: K, value: V): V;

  /**
   * {@link getOrInsert} with a value that is computed when the key has none, or undefined. The
   * callback runs before the insertion and outside of it: of several threads that compute a value
   * for a key, one inserts its own, and all return that.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_NOT_CLONEABLE`, `ERR_TH_OUT_OF_MEMORY`
   */
  getOrInsertComputed(key: K, callback: (key: K) => V): V;

  /** Iterates over the keys: see {@link entries}. */
  keys(): Generator<K, undefined, unknown>;

  /** Iterates over the values: see {@link entries}. */
  values(): Generator<V, undefined, unknown>;

  /**
   * Iterates over the entries. Takes one part's lock at a time, for up to 64 entries.
   *
   * Any thread, and the body, may change the map meanwhile: no key comes twice, and every key that
   * is there throughout comes. What the body itself changes is seen as in a `Map`, but that a key it
   * inserts may come or not. Weaker beside other threads: a key that is inserted or deleted meanwhile
   * may come or not, and entries are read up to 64 ahead, so one can come with an older value, or
   * shortly after it was deleted; `get` tells the latest.
   */
  entries(): Generator<[K, V], undefined, unknown>;

  /**
   * Calls back for each entry, as {@link entries} yields them. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  forEach(callback: (value: V, key: K, map: SharedMap<K, V>) => void, thisArg?: any): void;

  /** The same as {@link entries}. */
  [Symbol.iterator](): Generator<[K, V], undefined, unknown>;

  /** `'SharedMap'` */
  readonly [Symbol.toStringTag]: string;

  /** The map's descriptor. */
  getSharedMemory(): SharedMapMemory;

  /**
   * Frees the map and its entries, for all threads. O(n), mostly after the locks are given back.
   *
   * @throws `ERR_TH_FREED` when it was freed before, by any handle.
   */
  free(): void;

  /**
   * {@link free}s the map for all threads, unless that has been done: `using` is for its owner,
   * not for a thread that was handed it.
   */
  [Symbol.dispose](): void;
}

// ---- the string ----

/** The descriptor of a {@link SharedString}. Plain data. */
export interface SharedStringMemory extends SharedAllocatedMemory {
  /** Which heap it belongs to. If left out, that is not checked. */
  heapId?: number;
  /** Which string it is. If left out, whatever string is at that place is taken. */
  generation?: number;
}

/** A text, and optionally the descriptor of the string that is to get it. */
export interface SharedStringConfig extends Partial<SharedStringMemory> {
  /** The text. */
  value: string;
}

/**
 * A text that is replaced whole. Reads take no lock, and are never torn nor stale.
 *
 * ```js
 * const status = new SharedString(heap, 'loading');
 * status.value = 'running';
 * ```
 */
export class SharedString {
  /** 32-bit words of a block that can name a string: 4. */
  static readonly ALLOCATE_COUNT: number;

  /**
   * Makes a string with a text.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_FREED` when the heap's handle is
   * closed.
   */
  constructor(heap: MemoryHeap, text: string);
  /**
   * Makes a string with a text or, if the place of one is given too, a handle of that string, which
   * gets the text.
   *
   * @throws As the other two forms, and `ERR_TH_UNKNOWN_OPTION`.
   */
  constructor(heap: MemoryHeap, config: SharedStringConfig);
  /**
   * Makes a handle of an existing string. A zeroed block that it names becomes an empty string; of
   * several threads that do so at once, all get the same string.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_BAD_DESCRIPTOR`
   * when it names no string of this heap; `ERR_TH_FREED` when the string was freed, or the heap's
   * handle is closed; `ERR_TH_CORRUPT`; `ERR_TH_OUT_OF_MEMORY` for a zeroed block.
   */
  constructor(heap: MemoryHeap, memory: SharedStringMemory);

  /**
   * The text: any length, any UTF-16 units, lone surrogates included. Reading is O(1) while it has
   * not changed since this handle read it last, otherwise O(length), and takes no lock unless
   * writers keep it from finishing. Writing is O(length).
   *
   * @throws When it is set: `ERR_TH_ARG_TYPE`, `ERR_TH_OUT_OF_MEMORY`; the old text stays.
   */
  value: string;

  /** UTF-16 units of the text now. */
  readonly length: number;

  /** Byte address of the string's place in the heap, which `getPointer` takes apart. */
  readonly pointer: number;

  /** The same as {@link value}. */
  toString(): string;

  /** The string's descriptor. */
  getSharedMemory(): SharedStringMemory;

  /**
   * Frees the string, for all threads.
   *
   * @throws `ERR_TH_FREED` when it was freed before, by any handle.
   */
  free(): void;

  /**
   * {@link free}s the string for all threads, unless that has been done: `using` is for its owner,
   * not for a thread that was handed it.
   */
  [Symbol.dispose](): void;
}

// ---- the store of objects ----

/**
 * How the objects of a {@link SharedObjectStore} become bytes and come back.
 *
 * | codec | what it keeps |
 * | --- | --- |
 * | `'bson'` | what the package bson keeps of an object; the program has to install it |
 * | `'json'` | what `JSON.stringify` keeps, as UTF-8 |
 * | `'structured'` | what {@link SharedMap} values keep: any cloneable value, cycles included |
 * | {@link SharedObjectCodec} | what its functions make of it |
 */
export type SharedObjectCodecOption = 'bson' | 'json' | 'structured' | SharedObjectCodec;

/** A codec of one's own. Every thread that opens the store has to give it. */
export interface SharedObjectCodec {
  /** Makes bytes or text of a value. Text is kept as UTF-8. What it throws goes to the caller. */
  encode(value: any): Uint8Array | string;
  /** Makes the value of what {@link encode} returned: bytes, in a new Buffer, or text. */
  decode(encoded: any): any;
}

/** Where an object lies in `sharedMem`. Plain data. */
export interface MemoryBounds {
  /** Byte offset of the encoded object. */
  index: number;
  /** Bytes of the encoded object. */
  size: number;
  /** In a memory map of a store that was made in a heap it was given: the store's descriptor. */
  store?: SharedObjectStoreMemory;
}

/** The names of a store, and where the objects lie. Plain data. */
export interface SharedObjectMemoryMap {
  /** By name. */
  [name: string]: MemoryBounds;
}

/** The descriptor of a {@link SharedObjectStore}. Plain data. */
export interface SharedObjectStoreMemory {
  /** Where the store is. */
  firstBlock: SharedAllocatedMemory;
  /** Which heap it belongs to. If left out, that is not checked. */
  heapId?: number;
  /** Which store it is. If left out, whatever store is at that place is taken. */
  generation?: number;
}

/** What is stored for a value of that type: of a {@link SharedObject}, the object in it. */
export type StoredObject<V> = V extends SharedObject<infer T> ? T : V;

/**
 * An encoded object, as {@link SharedObjectStore.fromObjects} takes it: a copy of the object at the
 * moment it was made. It belongs to its thread; nothing in it is shared.
 *
 * @typeParam T Type of the object.
 */
export class SharedObject<T = any> {
  /**
   * Copies an encoded object out of memory, such as `new Uint8Array(store.sharedMem)`.
   *
   * Weaker: the bytes are copied as they are. Beside a thread that replaces or removes that object
   * they can be of several objects, or of anything; {@link SharedObjectStore.get} is not like that.
   *
   * @param bounds What the store's memory map says.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`. O(size).
   */
  constructor(
    array: Uint8Array,
    bounds: MemoryBounds,
    options?: { codec?: SharedObjectCodecOption }
  );

  /**
   * Encodes an object. O(its size).
   *
   * @param options The codec is `'bson'` unless given. A store with another codec encodes
   * {@link obj} again.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_NOT_CLONEABLE` when the codec
   * refuses the object; `ERR_TH_NO_CODEC`.
   */
  static fromObject<T>(obj: T, options?: { codec?: SharedObjectCodecOption }): SharedObject<T>;

  /** The same as {@link fromObject}. */
  static fromObj<T>(obj: T, options?: { codec?: SharedObjectCodecOption }): SharedObject<T>;

  /** The same as `new SharedObject`. */
  static fromMemoryArray<T = any>(
    array: Uint8Array,
    bounds: MemoryBounds,
    options?: { codec?: SharedObjectCodecOption }
  ): SharedObject<T>;

  /** The encoded object: all of its bytes, in a Buffer. */
  readonly raw: Uint8Array;

  /**
   * The object, decoded when it is read first; the same each time.
   *
   * @throws `ERR_TH_CORRUPT` when the bytes are none of the codec's; `ERR_TH_NO_CODEC`.
   */
  readonly obj: T;
}

/**
 * Objects by name, which every thread gets, sets and deletes.
 *
 * They are kept encoded: `set` and `fromObjects` take a copy, and `get` decodes a new one each
 * time.
 * `get` beside another thread's `set` or `delete` of that name returns the old or the new object
 * whole, or throws that there is none.
 *
 * ```js
 * const store = SharedObjectStore.fromObjects({ config: SharedObject.fromObject({ retries: 3 }) });
 * const { sharedMem } = store;
 * new Worker(file, { workerData: { sharedMem, memoryMap: store.getMemoryMap() } });
 * // there
 * const store = SharedObjectStore.fromMemoryMap(workerData.sharedMem, workerData.memoryMap);
 * store.set('config', { retries: store.get('config').retries + 1 });
 * ```
 *
 * @typeParam T Type of the objects. It is the program's promise.
 */
export class SharedObjectStore<T = any> {
  /** 32-bit words of a block that can name a store: 4. */
  static readonly ALLOCATE_COUNT: number;

  /**
   * Makes an empty store. The codec is `'bson'` unless given.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_UNKNOWN_OPTION`, `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_FREED` when
   * the heap's handle is closed.
   */
  constructor(heap: MemoryHeap, config?: { codec?: SharedObjectCodecOption });
  /**
   * Makes a handle of an existing store. A zeroed block that it names becomes an empty store; of
   * several threads that do so at once, all get the same store.
   *
   * @param memory The store's descriptor. It can say the codec, too, and has to when that is one of
   * the program's own.
   * @throws `ERR_TH_ARG_TYPE`, also when the store has another codec; `ERR_TH_ARG_RANGE`;
   * `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_BAD_DESCRIPTOR` when it names no store of this heap;
   * `ERR_TH_FREED` when the store was freed, or the heap's handle is closed; `ERR_TH_CORRUPT`;
   * `ERR_TH_OUT_OF_MEMORY` for a zeroed block.
   */
  constructor(
    heap: MemoryHeap,
    memory: SharedObjectStoreMemory & { codec?: SharedObjectCodecOption }
  );

  /**
   * Makes a store with objects in it. O(their size).
   *
   * @param objects By name. What is no {@link SharedObject} is encoded as it is.
   * @param options Where the store is made: a heap of its own unless one is given. The codec is
   * `'bson'` unless given.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_NOT_CLONEABLE` when the codec
   * refuses an object; `ERR_TH_NO_CODEC`; `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_FREED` when the heap's
   * handle is closed.
   */
  static fromObjects<T = any>(
    objects: { readonly [name: string]: SharedObject<T> },
    options?: { heap?: MemoryHeap; codec?: SharedObjectCodecOption }
  ): SharedObjectStore<T>;
  static fromObjects<M extends { readonly [name: string]: unknown }>(
    objects: M,
    options?: { heap?: MemoryHeap; codec?: SharedObjectCodecOption }
  ): SharedObjectStore<StoredObject<M[keyof M]>>;

  /**
   * Opens the store that a memory map is of, in any thread of the same process. The store is seen
   * as it is, and not as it was when the memory map was made. O(names in the memory map).
   *
   * @param sharedMem What {@link sharedMem} was, of a store with a heap of its own; else that heap.
   * @param memoryMap What {@link getMemoryMap} returned, or a part of it. An empty one does for a
   * store with a heap of its own.
   * @param options The codec has to be given when it is one of the program's own.
   * @throws `ERR_TH_ARG_TYPE`, also when the store has another codec; `ERR_TH_ARG_RANGE`;
   * `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_BAD_DESCRIPTOR` when `sharedMem` is no heap, or there is no
   * way to tell the store; `ERR_TH_FREED` when the store was freed; `ERR_TH_CORRUPT`.
   */
  static fromMemoryMap<T = any>(
    sharedMem: SharedArrayBuffer | MemoryHeap,
    memoryMap: { readonly [name: string]: MemoryBounds },
    options?: { codec?: SharedObjectCodecOption }
  ): SharedObjectStore<T>;

  /** The heap that the store is in. */
  readonly heap: MemoryHeap;

  /**
   * The buffer of that heap: goes through `postMessage` and `workerData`, not JSON. In a heap that the
   * store was given it is `buf` of {@link MemoryHeap.buffers}, and another one after growth.
   */
  readonly sharedMem: SharedArrayBuffer;

  /** Name of the codec; `'custom'` for one of the program's own. */
  readonly codec: 'bson' | 'json' | 'structured' | 'custom';

  /** Names now. Weaker: as {@link SharedMap.size}. */
  readonly size: number;

  /** Byte address of the store's place in the heap, which `getPointer` takes apart. */
  readonly pointer: number;

  /**
   * The object of a name: a new one each time. O(its size). Takes no lock unless writers keep it
   * from finishing.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_UNKNOWN_NAME`; `ERR_TH_NO_CODEC`.
   */
  get(name: string): T;

  /**
   * Whether there is an object of that name. Takes no lock unless writers keep it from finishing.
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  has(name: string): boolean;

  /**
   * Sets or replaces the object of a name. The old one stays if this throws. O(size).
   *
   * @param value A {@link SharedObject}, or what is to be encoded.
   * @returns This store.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_NOT_CLONEABLE` when the codec refuses it; `ERR_TH_NO_CODEC`;
   * `ERR_TH_OUT_OF_MEMORY`, also for an object of 2 GiB and more.
   */
  set(name: string, value: T | SharedObject<T>): this;

  /**
   * Removes the object of a name.
   *
   * @returns Whether there was one.
   * @throws `ERR_TH_ARG_TYPE`
   */
  delete(name: string): boolean;

  /** Removes all objects. O(n), and as weak as {@link SharedMap.clear}. */
  clear(): void;

  /**
   * Where each object lies: what {@link fromMemoryMap} takes. Takes one lock at a time. O(n).
   *
   * Weaker: who reads the bytes in `sharedMem` has to know that nobody sets or deletes the name
   * meanwhile; {@link get} need not. A name that comes or goes meanwhile may be in it or not.
   */
  getMemoryMap(): SharedObjectMemoryMap;

  /** Iterates over the names: see {@link entries}. */
  keys(): Generator<string, undefined, unknown>;

  /** Iterates over the objects: see {@link entries}. */
  values(): Generator<T, undefined, unknown>;

  /**
   * Iterates over names and objects. Takes one part's lock at a time, for up to 64 names.
   *
   * Any thread, and the body, may change the store meanwhile: no name comes twice, and every name
   * that is there throughout comes, with what its object is when it comes. Weaker: a name that is
   * set or deleted meanwhile may come or not. The order is as in a {@link SharedMap}.
   */
  entries(): Generator<[string, T], undefined, unknown>;

  /**
   * Calls back for each object, as {@link entries} yields them. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  forEach(
    callback: (value: T, name: string, store: SharedObjectStore<T>) => void,
    thisArg?: any
  ): void;

  /** The same as {@link entries}. */
  [Symbol.iterator](): Generator<[string, T], undefined, unknown>;

  /** The store's descriptor. Its heap has another, `store.heap.getSharedMemory()`. */
  getSharedMemory(): SharedObjectStoreMemory;

  /**
   * Frees the store and its objects, for all threads. O(n), mostly after the locks are given back.
   *
   * @throws `ERR_TH_FREED` when it was freed before, by any handle.
   */
  free(): void;

  /**
   * {@link free}s the store for all threads, unless that has been done: `using` is for its owner,
   * not for a thread that was handed it.
   */
  [Symbol.dispose](): void;
}

export {};

// ---- refs: values in the heap of the process ----

/**
 * Which value a ref is, in any thread: a safe integer. No other value of the process ever has the
 * same, also not one that takes the memory of a value that was dropped. It means nothing in another
 * process.
 */
export type RefId = number;

/** Any ref, and so what maps and vectors of refs hold. */
export type AnyRef = StringRef | NumberRef | MapRef<any> | VectorRef<any> | StructRef<any>;

/**
 * A text in the heap of the process, which every thread reaches by its id alone.
 *
 * Refs. `new StringRef(id)` is the value with that id, in whichever thread, also when the thread
 * that made it has ended. An object of these classes holds nothing but the id; garbage collection
 * frees nothing: a value stays until somebody calls {@link drop}. After that every call on it, in
 * any thread, throws `ERR_TH_FREED`, "use after free".
 *
 * ```js
 * const text = StringRef.from('hello');
 * worker.postMessage(text.id); // there: new StringRef(id).obtainValue()
 * ```
 *
 * Each call besides throws `ERR_TH_OUT_OF_MEMORY` when the system or the heap of the process has
 * no more memory.
 */
export class StringRef {
  /**
   * Makes an empty text, or connects to the one with that id. To connect takes no lock.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_BAD_DESCRIPTOR` when the id is that of
   * a value of another class, or of none; `ERR_TH_FREED` when the value was dropped.
   */
  constructor(id?: RefId);

  /** Which value this is. */
  readonly id: RefId;

  /**
   * Makes a text. O(length).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  static from(text: string): StringRef;

  /**
   * The text with that name; makes an empty one if there is none. Of several threads that do so at
   * once, all get the same. A name lasts until its value is dropped; then it is free again.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_BAD_DESCRIPTOR` when a value of another class has the name.
   */
  static named(name: string): StringRef;

  /**
   * A copy of the text as it is now: any UTF-16 units, whole as one {@link setValue} left it. Takes
   * no lock unless writers keep it from finishing. O(length).
   *
   * @throws `ERR_TH_FREED`
   */
  obtainValue(): string;

  /**
   * Replaces the text. O(length).
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_FREED`
   */
  setValue(text: string): void;

  /**
   * Frees the value, for all threads.
   *
   * @throws `ERR_TH_FREED` when it was dropped before, by any thread.
   */
  drop(): void;
}

/** A number in the heap of the process: a 64-bit float. See {@link StringRef} on refs. */
export class NumberRef {
  /**
   * Makes a number, 0, or connects to the one with that id. To connect takes no lock.
   *
   * @throws As `new StringRef()`.
   */
  constructor(id?: RefId);

  /** Which value this is. */
  readonly id: RefId;

  /**
   * Makes a number.
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  static from(number: number): NumberRef;

  /**
   * The number with that name; makes one, 0, if there is none. As {@link StringRef.named}.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_BAD_DESCRIPTOR` when a value of another class has the name.
   */
  static named(name: string): NumberRef;

  /**
   * The number as it is now. Takes no lock unless writers keep it from finishing.
   *
   * @throws `ERR_TH_FREED`
   */
  obtainValue(): number;

  /**
   * Replaces the number. Weaker: what was obtained before may have changed meanwhile, so threads
   * that count up in this way lose counts.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_FREED`
   */
  setValue(number: number): void;

  /**
   * Frees the value, for all threads.
   *
   * @throws `ERR_TH_FREED` when it was dropped before, by any thread.
   */
  drop(): void;
}

/**
 * A map from strings to refs in the heap of the process. It holds ids: dropping the map leaves the
 * values as they are, and a value that is dropped stays in the map, where {@link get} finds it
 * dropped, until {@link remove} or {@link set}. A map can hold itself. See {@link StringRef} on
 * refs.
 *
 * ```js
 * const map = MapRef.named('players');
 * map.set('anna', StringRef.from('at the door'));
 * ```
 */
export class MapRef<T extends AnyRef = AnyRef> {
  /**
   * Makes an empty map, or connects to the one with that id. To connect takes no lock.
   *
   * @throws As `new StringRef()`.
   */
  constructor(id?: RefId);

  /** Which value this is. */
  readonly id: RefId;

  /**
   * The map with that name; makes an empty one if there is none. As {@link StringRef.named}.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_BAD_DESCRIPTOR` when a value of another class has the name.
   */
  static named<T extends AnyRef = AnyRef>(name: string): MapRef<T>;

  /**
   * A new ref of the value under the key, of the value's class; `undefined` when there is none.
   * Takes no lock unless writers keep it from finishing.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_FREED` when the map, or the value under the key, was dropped.
   */
  get(key: string): T | undefined;

  /**
   * Puts a value under the key, instead of the one that may be there, which is not dropped.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_BAD_DESCRIPTOR` when the item is no ref; `ERR_TH_FREED` when
   * the map or the item was dropped.
   */
  set(key: string, item: T): void;

  /** The same as {@link set}, which it was called at first. */
  add(key: string, item: T): void;

  /**
   * Removes the key; returns whether it was there. The value is not dropped.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_FREED`
   */
  remove(key: string): boolean;

  /**
   * How many keys there are. Weaker: beside writers it is counted in parts, one after the other.
   *
   * @throws `ERR_TH_FREED`
   */
  len(): number;

  /**
   * Frees the map, for all threads, and none of the values it holds. O(n).
   *
   * @throws `ERR_TH_FREED` when it was dropped before, by any thread.
   */
  drop(): void;
}

/**
 * A growing array of refs in the heap of the process. It holds ids, with the same consequences as
 * for a {@link MapRef}. See {@link StringRef} on refs.
 */
export class VectorRef<T extends AnyRef = AnyRef> {
  /**
   * Makes an empty vector, or connects to the one with that id. To connect takes no lock.
   *
   * @throws As `new StringRef()`.
   */
  constructor(id?: RefId);

  /** Which value this is. */
  readonly id: RefId;

  /**
   * The vector with that name; makes an empty one if there is none. As {@link StringRef.named}.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_BAD_DESCRIPTOR` when a value of another class has the name.
   */
  static named<T extends AnyRef = AnyRef>(name: string): VectorRef<T>;

  /**
   * Appends values, each in a step of its own.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_BAD_DESCRIPTOR` when an item is no ref; `ERR_TH_FREED` when
   * the vector or an item was dropped. The items before it are in the vector then.
   */
  push(...items: T[]): void;

  /**
   * A new ref of the value at the index, from 0 to 2 ** 32 - 1, of the value's class; `undefined`
   * when there is none. Takes no lock.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_FREED` when the vector, or the value at
   * the index, was dropped.
   */
  index(index: number): T | undefined;

  /**
   * How many values there are. Takes no lock.
   *
   * @throws `ERR_TH_FREED`
   */
  len(): number;

  /**
   * Frees the vector, for all threads, and none of the values it holds.
   *
   * @throws `ERR_TH_FREED` when it was dropped before, by any thread.
   */
  drop(): void;
}

/** The keys of a struct, and their types. */
export interface StructShape {
  [key: string]: 'string' | 'number';
}

/** What the keys of a struct of that shape hold. */
export type StructValues<S extends StructShape> = {
  -readonly [K in keyof S]: S[K] extends 'string' ? string : number;
};

/** A struct whose keys are its properties. */
export type StructProxy<S extends StructShape> = StructRef<S> & StructValues<S>;

/**
 * A struct in the heap of the process: keys that each hold a string or a number, for ever. A
 * {@link StructFactory} makes it. Every key is read and replaced by itself. See {@link StringRef} on
 * refs.
 */
export class StructRef<S extends StructShape = StructShape> {
  /**
   * Connects to the struct with that id, whatever its keys; without an id, makes one without keys.
   * {@link StructFactory.connect} also checks the keys.
   *
   * @throws As `new StringRef()`.
   */
  constructor(id?: RefId);

  /** Which value this is. */
  readonly id: RefId;

  /**
   * What the key holds now. Takes no lock unless writers keep it from finishing. O(length).
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_UNKNOWN_KEY`; `ERR_TH_FREED`
   */
  getKey<K extends keyof S & string>(key: K): StructValues<S>[K];

  /**
   * Replaces what the key holds. O(length).
   *
   * @throws `ERR_TH_ARG_TYPE`, also for a value of another type than the key's;
   * `ERR_TH_UNKNOWN_KEY`; `ERR_TH_FREED`
   */
  setKey<K extends keyof S & string>(key: K, value: StructValues<S>[K]): void;

  /**
   * Frees the struct and what it holds, for all threads. O(keys).
   *
   * @throws `ERR_TH_FREED` when it was dropped before, by any thread.
   */
  drop(): void;
}

/**
 * Makes structs of one shape. The factory is an object of this thread; what it makes is not, and
 * another thread connects to it with a factory of the same shape, or with `new StructRef(id)`.
 *
 * ```js
 * const Player = new StructFactory({ name: 'string', score: 'number' });
 * const anna = Player.new_proxy({ name: 'Anna' });
 * anna.score = 42;
 * worker.postMessage(anna.id); // there: Player.connect_proxy(id).score
 * ```
 *
 * A proxy has each key of the shape as a property, except for `id`, `getKey`, `setKey` and `drop`,
 * which are the struct's own. A property that does not exist throws `ERR_TH_UNKNOWN_KEY`, when it is
 * read, too.
 */
export class StructFactory<S extends StructShape> {
  /**
   * Makes a factory; it makes nothing in the heap.
   *
   * @param shape What the keys of the structs hold: `'string'` or `'number'`.
   * @throws `ERR_TH_ARG_TYPE`
   */
  constructor(shape: S);

  /**
   * Makes a struct with these values; the other keys hold `''` or 0. O(keys).
   *
   * @throws `ERR_TH_ARG_TYPE` for a value of the wrong type; `ERR_TH_UNKNOWN_KEY`
   */
  new(values?: Partial<StructValues<S>>): StructRef<S>;

  /** The same as {@link new}, as a proxy. */
  new_proxy(values?: Partial<StructValues<S>>): StructProxy<S>;

  /**
   * The struct with that id. O(keys).
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_BAD_DESCRIPTOR` when the id is that of no
   * struct, or of one with other keys or types; `ERR_TH_FREED` when the struct was dropped.
   */
  connect(id: RefId): StructRef<S>;

  /** The same as {@link connect}, as a proxy. */
  connect_proxy(id: RefId): StructProxy<S>;

  /**
   * The struct with that name; makes one with these values if there is none. As
   * {@link StringRef.named}. O(keys).
   *
   * @throws As {@link new}; `ERR_TH_BAD_DESCRIPTOR` when a value of another class, or a struct with
   * other keys or types, has the name.
   */
  named(name: string, values?: Partial<StructValues<S>>): StructRef<S>;

  /** The same as {@link named}, as a proxy. */
  named_proxy(name: string, values?: Partial<StructValues<S>>): StructProxy<S>;
}

/** The same class as {@link StructFactory}. */
export const StructDefinition: typeof StructFactory;
/** The same class as {@link StructFactory}. */
export type StructDefinition<S extends StructShape> = StructFactory<S>;

/**
 * The heap of the process, in which all refs are. It is made by the first thread that needs it and
 * lasts as long as the process; it reserves 4 GiB of address space (less where the system refuses)
 * and takes memory as it is used.
 */
export interface ProcessHeap {
  /**
   * Bytes of all live values, exact when no call is in flight. 64 when there are none, which is
   * where the names are kept.
   */
  readonly currentUsed: number;

  /**
   * Figures, as {@link MemoryHeap.stats}; of the maps among the containers, two keep the names.
   * Number and string refs are strings, structs are maps.
   */
  stats(): HeapStats;

  /** Walks the heap and lists what is wrong with it, as {@link MemoryHeap.verify}. */
  verify(options?: { exclusive?: boolean }): HeapProblem[];
}

/** The heap of the process: how much it holds, and whether it is in order. */
export const processHeap: ProcessHeap;

// ---- end of refs ----

export {};

// ---- LocalSharedMemory: an allocator for a WebAssembly.Memory ----

/** Options of a {@link LocalSharedMemory}. */
export interface LocalSharedMemoryOptions {
  /**
   * Bytes at the beginning of the memory that `malloc` keeps away from, as for the static data and
   * the stack of a module; rounded up to 4096. Default 0, or that of the allocator that the memory
   * has. One more page of 4096 bytes behind them is the allocator's.
   */
  reserve?: number;
}

/** One of {@link LocalSharedMemory.allocs}. */
export interface LocalSharedMemoryAllocation {
  /** Where it begins in the memory. */
  byteOffset: number;
  /** Bytes that were asked for. */
  byteLength: number;
  /** Bytes that are set aside for it. */
  bufferSize: number;
  /** A copy of its bytes, made when it is read: a new one each time. */
  readonly buffer: SharedArrayBuffer;
}

/** The constructor of a typed array that `Atomics` takes. */
export type AtomicArrayConstructor<T extends TypedArray> = T extends
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  ? TypedArrayConstructor<T>
  : never;

/** Options of a {@link MemoryBuffer}; all of them may be left out. */
export interface MemoryBufferOptions {
  /**
   * The buffer to allocate in; of 8192 bytes and more between `start` and `end`. One is made if this
   * is left out.
   */
  buf?: SharedArrayBuffer;
  /**
   * Bytes of blocks that a buffer which is made has room for, whatever their sizes: 1 to 2 ** 32.
   * Default 4096. The buffer is longer than that; what is not used of it takes no memory.
   */
  size?: number;
  /** Bytes of the buffer that are left alone: rounded up to a multiple of 4096. Default 0. */
  start?: number;
  /** Where the part of the buffer ends that is used. Default: its end. */
  end?: number;
  /**
   * Addresses of blocks are multiples of this: a power of 2 from 8 to 2 ** 20. They are multiples of 16
   * in any case. Default 8.
   */
  align?: number;
  /** Has no effect: freed neighbours always merge. */
  compact?: boolean;
  /** Has no effect: blocks are always as long as they have to be. */
  split?: boolean;
  /** Has no effect; 9 or more. */
  minSplit?: number;
  /**
   * Whether the buffer has an allocator, which another `MemoryBuffer` made, in whichever thread. If
   * not so, all blocks there are freed. Default false.
   */
  skipInitialization?: boolean;
}

/** What {@link MemoryBuffer.stats} returns: bytes, unless it says otherwise. */
export interface MemoryBufferStats {
  /** Gaps between blocks: how many, and their bytes. */
  free: { count: number; size: number };
  /** Blocks: how many, and the bytes set aside for them. */
  used: { count: number; size: number };
  /** Where the last block ends. */
  top: number;
  /** What is in no block. Blocks of one size do not use all gaps that blocks of another size leave. */
  available: number;
  /** Length of the buffer. */
  total: number;
}

/** Types of elements, as {@link MemoryBuffer.mallocAs} takes them. */
export interface MemoryBufferTypes {
  u8: Uint8Array;
  u8c: Uint8ClampedArray;
  i8: Int8Array;
  u16: Uint16Array;
  i16: Int16Array;
  u32: Uint32Array;
  i32: Int32Array;
  f32: Float32Array;
  f64: Float64Array;
}

/**
 * `malloc` and `free` in a `SharedArrayBuffer` of fixed length. An address is a byte offset in the
 * buffer; 0 is none. The allocator keeps its books outside of the buffer, so what is written into it
 * does no harm to them, and finds them by where the buffer is: in another thread of the process, not
 * in a copy of the bytes.
 *
 * It needs 4096 bytes for itself, and blocks of different sizes take pages of 4096 bytes of their
 * own, so the smallest buffer, of 8192 bytes, has blocks of one size at a time. A buffer that is made
 * has room for all sizes.
 *
 * **Threads.** All calls are thread-safe; `freeAll` and `stats` go block by block. A thread that ends
 * leaves its blocks allocated, and the allocator whole.
 *
 * ```js
 * const memory = new MemoryBuffer({ buf: new SharedArrayBuffer(2 ** 20) });
 * const numbers = memory.callocAs('f64', 100);
 * new Worker(file, { workerData: { buf: memory.buf, address: numbers.byteOffset } });
 * // there: new MemoryBuffer({ buf, skipInitialization: true }).free(address)
 * ```
 */
export class MemoryBuffer {
  /**
   * Opens the allocator of a buffer, or makes one.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, also when the buffer is too small;
   * `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_BAD_DESCRIPTOR` when `skipInitialization` is true and there is no
   * allocator, or there is one with another `start`; `ERR_TH_OUT_OF_MEMORY`
   */
  constructor(options?: MemoryBufferOptions);

  /** The buffer, to be posted to other threads. */
  readonly buf: SharedArrayBuffer;

  /**
   * Allocates a block, with any content.
   *
   * @param bytes Up to 2 ** 32; rounded up.
   * @returns Its address; 0 when there is no room, or `bytes` is 0 or less.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_FREED`
   */
  malloc(bytes: number): number;

  /**
   * Allocates a block and fills it with a byte.
   *
   * @param fill Default 0.
   * @returns As {@link malloc}.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_FREED`
   */
  calloc(bytes: number, fill?: number): number;

  /**
   * Allocates a block for an array.
   *
   * @param num Its elements.
   * @returns The array; `undefined` when there is no room, or `num` is 0.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_FREED`
   */
  mallocAs<T extends keyof MemoryBufferTypes>(type: T, num: number): MemoryBufferTypes[T] | undefined;

  /**
   * Allocates a block for an array and fills that.
   *
   * @param fill Default 0.
   * @returns As {@link mallocAs}.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_FREED`
   */
  callocAs<T extends keyof MemoryBufferTypes>(
    type: T,
    num: number,
    fill?: number
  ): MemoryBufferTypes[T] | undefined;

  /**
   * Makes a block longer or shorter, which may move it. O(its length).
   *
   * @returns Its address from now on. 0 when there is no room for a longer one, no block at the
   * address, or `bytes` is 0 or less; nothing has changed then.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_FREED`
   */
  realloc(address: number, bytes: number): number;

  /**
   * The same for an array that one of these calls returned.
   *
   * @param num Elements from now on.
   * @returns Another array, or `undefined` where {@link realloc} returns 0.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_FREED`
   */
  reallocArray<T extends TypedArray>(array: T, num: number): T | undefined;

  /**
   * Frees a block.
   *
   * @returns Whether there was one. Of several threads that free it, one is told so.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_FREED`
   */
  free(addressOrArray: number | TypedArray): boolean;

  /**
   * Bytes of a block that may be used: those asked for, in whole 8 bytes. `undefined` when there is no
   * block.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_FREED`
   */
  bytesFor(addressOrArray: number | TypedArray): number | undefined;

  /** The same in words of 4 bytes. */
  lengthOf(addressOrArray: number | TypedArray): number | undefined;

  /**
   * Frees all blocks. O(blocks). Weaker: one that another thread allocates meanwhile may stay.
   *
   * @throws `ERR_TH_FREED`
   */
  freeAll(): void;

  /**
   * Ends the use of the buffer by this object: later calls throw `ERR_TH_FREED`. Blocks stay, and
   * arrays and other objects can be used on.
   *
   * @returns true
   */
  release(): true;

  /**
   * How full the buffer is. O(blocks). Weaker: blocks are looked at one after the other.
   *
   * @throws `ERR_TH_FREED`
   */
  stats(): MemoryBufferStats;

  /** The same as {@link release}. */
  [Symbol.dispose](): void;
}

/**
 * A `WebAssembly.Memory` with `malloc` and `free`, for JavaScript threads and WebAssembly modules that
 * work on the same bytes. It goes wherever a `WebAssembly.Memory` goes.
 *
 * An offset is a byte offset in the memory, as a module's pointer: an integer from 0 to
 * 2 ** 32 - 1. The allocator keeps its books outside of the memory; what is written to it does no
 * harm to them. Values are little-endian, as WebAssembly's.
 *
 * In another thread the memory arrives as a plain `WebAssembly.Memory`: {@link from} makes it one of
 * these again. A {@link MemoryHeap} of the same memory has the same allocator, so containers and
 * allocations live side by side: its blocks of raw memory are allocations here and the other way
 * round, and what its containers hold is not.
 *
 * **Growth.** The memory grows when it is full, up to `maximum`, in any thread, and by the grow
 * instruction of a module. Offsets stay good. So do views of a shared memory; views of an unshared
 * one do not, and {@link buffer} is another object in both cases.
 *
 * **Threads.** `malloc`, `calloc`, `realloc` and `free` of a shared memory are thread-safe. Weaker:
 * `get` and `set`, views, `memcpy` and `memset` are as atomic as a typed array is. A memory that is
 * not shared is for one thread.
 *
 * ```js
 * const memory = new LocalSharedMemory(16, 1024);
 * const offset = memory.malloc(4);
 * memory.add(Uint32Array, offset / 4, 10);
 * new Worker(file, { workerData: { memory, offset } }); // there: LocalSharedMemory.from(memory)
 * memory.free(offset);
 * ```
 */
export class LocalSharedMemory implements WebAssemblyMemory {
  /**
   * Gives a memory the methods of this class; returns that very memory. Of threads that do so with
   * the same memory, all get the same allocator.
   *
   * @param memory Also one that a module exports; one that is not shared is for one thread.
   * @throws `ERR_TH_ARG_TYPE`, also for a frozen one; `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`;
   * `ERR_TH_BAD_DESCRIPTOR` when the memory has an allocator with another `reserve`, or of another
   * copy of this package; `ERR_TH_OUT_OF_MEMORY`
   */
  static from(memory: WebAssemblyMemory, options?: LocalSharedMemoryOptions): LocalSharedMemory;

  /**
   * Makes a memory.
   *
   * @param initial Pages of 64 KiB: 1 to 65536. Default 1000.
   * @param maximum Pages it may grow to: `initial` to 65536. Default `initial`. Address space for
   * them is reserved at once, but no memory.
   * @param shared Whether other threads may use it. Default true.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_OUT_OF_MEMORY`
   * when the system has no such memory.
   */
  constructor(
    initial?: number,
    maximum?: number,
    shared?: boolean,
    options?: LocalSharedMemoryOptions
  );

  /**
   * The bytes of the memory. A `SharedArrayBuffer` when it is shared, though TypeScript's library
   * knows of no such memory.
   */
  readonly buffer: ArrayBuffer;

  /**
   * Enlarges the memory, as for every `WebAssembly.Memory`; `malloc` does so by itself.
   *
   * @param delta Pages of 64 KiB.
   * @returns How many there were.
   */
  grow(delta: number): number;

  /** Always `'WebAssembly.Memory'`. */
  readonly [Symbol.toStringTag]: string;

  /**
   * Allocates a block. Its bytes are zero where no block was before, and else what was left there:
   * {@link calloc} clears them.
   *
   * @param byteLength An integer from 1 on.
   * @param alignBytes The offset is a multiple of this: a power of two up to 2 ** 20. Default 16, and
   * at least that in any case.
   * @returns The offset, which is never 0.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_OUT_OF_MEMORY` when `maximum` is reached.
   */
  malloc(byteLength: number, alignBytes?: number): number;

  /**
   * Allocates a block of zeros, of `count` times `byteLength` bytes, both integers from 1 on, aligned
   * to 16 bytes. O(length).
   *
   * @returns The offset.
   * @throws As {@link malloc}.
   */
  calloc(count: number, byteLength: number): number;

  /**
   * Gives an allocation another length. Its bytes stay, as far as both lengths go; it may have to
   * move, and the old offset is freed then. Weaker: what other threads write to it meanwhile may be
   * lost. O(length).
   *
   * @param alignBytes As for {@link malloc}, whatever it was then.
   * @returns The offset, old or new.
   * @throws As {@link malloc}, and then all is as before; `ERR_TH_FREED` as {@link free}.
   */
  realloc(offset: number, byteLength: number, alignBytes?: number): number;

  /**
   * Frees an allocation. Of two threads that free it one succeeds. What belongs to containers cannot
   * be freed.
   *
   * Weaker: an offset that was freed may be that of another allocation by now.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_FREED` when no allocation starts there.
   */
  free(offset: number): void;

  /**
   * All allocations, in the order of their offsets. Weaker: those that come or go meanwhile in other
   * threads may be among them or not. O(pages + allocations).
   */
  allocs(): LocalSharedMemoryAllocation[];

  /**
   * Bytes that were asked for.
   *
   * @throws As {@link free}.
   */
  sizeof(offset: number): number;

  /**
   * Bytes that are set aside for an allocation: `sizeof`, rounded up.
   *
   * @throws As {@link free}.
   */
  lengthof(offset: number): number;

  /**
   * Copies bytes within the memory; the ranges may overlap. O(length).
   *
   * @returns `to`
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE`, also when they do not lie in the memory.
   */
  memcpy(to: number, from: number, byteLength: number): number;

  /**
   * Sets bytes to a value from 0 to 255. O(length).
   *
   * @returns `offset`
   * @throws As {@link memcpy}.
   */
  memset(offset: number, value: number, byteLength: number): number;

  /**
   * A copy of a part of the memory that other threads do not see.
   *
   * @param offset Anywhere in the memory or, without a length, in an allocation.
   * @param byteLength Default all from `offset` to the end of the allocation.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE`, also when it does not lie in the memory;
   * `ERR_TH_FREED` without a length when no allocation is there.
   */
  arrayBuffer(offset: number, byteLength?: number): ArrayBuffer;

  /** The same as {@link arrayBuffer}, but a copy in a `SharedArrayBuffer`. */
  sharedArrayBuffer(offset: number, byteLength?: number): SharedArrayBuffer;

  /** A view of what {@link arrayBuffer} copies. */
  dataView(offset: number, byteLength?: number): DataView;

  /**
   * A view of a part of the memory, as of {@link arrayBuffer}.
   *
   * @param type Such as `Float64Array`.
   * @param offset A multiple of the element's size.
   * @param length In elements. Default all whole ones to the end of the allocation.
   * @throws As {@link arrayBuffer}.
   */
  arrayView<T extends TypedArray>(
    type: TypedArrayConstructor<T>,
    offset: number,
    length?: number
  ): T;

  /**
   * Reads an 8-bit integer, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getInt8(offset: number): number;

  /**
   * Writes an 8-bit integer, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getInt8}.
   */
  setInt8(offset: number, value: number): void;

  /**
   * Reads an 8-bit unsigned integer, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getUint8(offset: number): number;

  /**
   * Writes an 8-bit unsigned integer, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getUint8}.
   */
  setUint8(offset: number, value: number): void;

  /**
   * Reads a 16-bit integer, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getInt16(offset: number): number;

  /**
   * Writes a 16-bit integer, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getInt16}.
   */
  setInt16(offset: number, value: number): void;

  /**
   * Reads a 16-bit unsigned integer, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getUint16(offset: number): number;

  /**
   * Writes a 16-bit unsigned integer, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getUint16}.
   */
  setUint16(offset: number, value: number): void;

  /**
   * Reads a 32-bit integer, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getInt32(offset: number): number;

  /**
   * Writes a 32-bit integer, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getInt32}.
   */
  setInt32(offset: number, value: number): void;

  /**
   * Reads a 32-bit unsigned integer, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getUint32(offset: number): number;

  /**
   * Writes a 32-bit unsigned integer, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getUint32}.
   */
  setUint32(offset: number, value: number): void;

  /**
   * Reads a 32-bit float, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getFloat32(offset: number): number;

  /**
   * Writes a 32-bit float, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getFloat32}.
   */
  setFloat32(offset: number, value: number): void;

  /**
   * Reads a 64-bit float, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getFloat64(offset: number): number;

  /**
   * Writes a 64-bit float, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getFloat64}.
   */
  setFloat64(offset: number, value: number): void;

  /**
   * Reads a 64-bit integer, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getBigInt64(offset: number): bigint;

  /**
   * Writes a 64-bit integer, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getBigInt64}.
   */
  setBigInt64(offset: number, value: bigint): void;

  /**
   * Reads a 64-bit unsigned integer, at any offset.
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  getBigUint64(offset: number): bigint;

  /**
   * Writes a 64-bit unsigned integer, at any offset, converted as by a `DataView`.
   *
   * @throws As {@link getBigUint64}.
   */
  setBigUint64(offset: number, value: bigint): void;

  /**
   * Adds to an element, atomically, as `Atomics.add` does.
   *
   * @param type Any that `Atomics` takes, such as `Uint32Array`.
   * @param index In elements of `type` from the beginning of the memory: offset / size.
   * @returns What was there before.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  add<T extends TypedArray>(
    type: AtomicArrayConstructor<T>,
    index: number,
    value: T[number]
  ): T[number];

  /**
   * Subtracts from an element, atomically, as `Atomics.sub` does.
   *
   * @param type Any that `Atomics` takes, such as `Uint32Array`.
   * @param index In elements of `type` from the beginning of the memory: offset / size.
   * @returns What was there before.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  sub<T extends TypedArray>(
    type: AtomicArrayConstructor<T>,
    index: number,
    value: T[number]
  ): T[number];

  /**
   * Combines, by bitwise AND, an element, atomically, as `Atomics.and` does.
   *
   * @param type Any that `Atomics` takes, such as `Uint32Array`.
   * @param index In elements of `type` from the beginning of the memory: offset / size.
   * @returns What was there before.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  and<T extends TypedArray>(
    type: AtomicArrayConstructor<T>,
    index: number,
    value: T[number]
  ): T[number];

  /**
   * Combines, by bitwise OR, an element, atomically, as `Atomics.or` does.
   *
   * @param type Any that `Atomics` takes, such as `Uint32Array`.
   * @param index In elements of `type` from the beginning of the memory: offset / size.
   * @returns What was there before.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  or<T extends TypedArray>(
    type: AtomicArrayConstructor<T>,
    index: number,
    value: T[number]
  ): T[number];

  /**
   * Combines, by bitwise XOR, an element, atomically, as `Atomics.xor` does.
   *
   * @param type Any that `Atomics` takes, such as `Uint32Array`.
   * @param index In elements of `type` from the beginning of the memory: offset / size.
   * @returns What was there before.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  xor<T extends TypedArray>(
    type: AtomicArrayConstructor<T>,
    index: number,
    value: T[number]
  ): T[number];

  /**
   * Replaces an element, atomically, as `Atomics.exchange` does.
   *
   * @param type Any that `Atomics` takes, such as `Uint32Array`.
   * @param index In elements of `type` from the beginning of the memory: offset / size.
   * @returns What was there before.
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_ARG_RANGE` when it does not lie in the memory.
   */
  exchange<T extends TypedArray>(
    type: AtomicArrayConstructor<T>,
    index: number,
    value: T[number]
  ): T[number];

  /**
   * Replaces an element that has the expected value, atomically, as `Atomics.compareExchange` does.
   *
   * @returns What was there before: it was replaced if that is the expected value.
   * @throws As {@link add}.
   */
  compareExchange<T extends TypedArray>(
    type: AtomicArrayConstructor<T>,
    index: number,
    expected: T[number],
    value: T[number]
  ): T[number];

  /**
   * Reads an element, atomically, as `Atomics.load` does.
   *
   * @throws As {@link add}.
   */
  load<T extends TypedArray>(type: AtomicArrayConstructor<T>, index: number): T[number];

  /**
   * Writes an element, atomically, as `Atomics.store` does.
   *
   * @returns The value.
   * @throws As {@link add}.
   */
  store<T extends TypedArray>(
    type: AtomicArrayConstructor<T>,
    index: number,
    value: T[number]
  ): T[number];
}

export {};

// ---- the registry ----

/** The descriptor of a {@link Registry}: goes through `workerData` and `postMessage`, not JSON. */
export interface RegistryData {
  /** The heap of the registry. */
  readonly heap: MemoryHeapMemory;
  /** Its entries. */
  readonly entries: SharedMapMemory;
  /** Who may change which entry now, and who waits for that. */
  readonly locks: SharedMapMemory;
  /** The threads that have the registry. */
  readonly members: SharedMapMemory;
  /** Words that change when a wait may be over. */
  readonly words: SharedAllocatedMemory;
}

/** How long a call of a {@link Registry} may wait for other threads. */
export interface RegistryWaitOptions {
  /** Milliseconds from 0 on; at 0 it does not wait at all. Default: for ever. */
  timeout?: number;
  /**
   * An `AbortSignal`. When it is aborted, the wait ends within 20 ms with an `AbortError` as those of
   * Node.js: its `code` is `'ABORT_ERR'` and its `cause` the signal's reason. It has no effect once
   * there is nothing to wait for.
   */
  signal?: { readonly aborted: boolean; readonly reason?: any };
}

/**
 * An asynchronous map from positive integers to any value that `structuredClone` takes, which all
 * threads that have it share. A `SharedArrayBuffer` inside a value stays shared.
 *
 * **Keys and size** are in shared memory: current in every thread at once.
 *
 * **Values** are copies: `set` takes one and `get` returns a new one each time, whose shared buffers
 * are the same memory in every thread. A value without a `SharedArrayBuffer` is in shared memory, too,
 * and outlives the thread that set it. A value with one travels by message to every thread that has
 * the registry when it is set; a thread that comes later asks those for it. It is lost when all of
 * them have ended or closed the registry: then `get` rejects with `ERR_TH_VALUE_LOST` until the key is
 * set or deleted. The same goes for others that only messages can carry, such as a
 * `WebAssembly.Module`. Objects of Node.js itself, such as a `Blob`, a `KeyObject`, a `CryptoKey`, a
 * histogram or a `net.BlockList`, Node.js sends to one other thread only: while three threads or more
 * have the registry, setting one rejects with `ERR_TH_NOT_CLONEABLE`, and one that was set before
 * is lost (`ERR_TH_VALUE_LOST`) for threads that come later. Set their bytes instead, as of `blob.arrayBuffer()` or `key.export()`.
 *
 * **Exclusion**: `set`, `delete` and `update` of a key run one at a time, over all threads, in the
 * order in which the threads came. When the thread whose turn it is ends, the next one follows within
 * 20 ms, and the entry is as it was before or after its change. `get`, `has`, `clear` and iteration do
 * not wait for them.
 *
 * **Waiting** blocks no thread. A call that waits keeps its thread alive, and so does a listener
 * ({@link onSet}); a registry with neither does not. Calls return promises and reject where those of
 * the other classes throw; `ERR_TH_FREED` says that this registry was closed.
 *
 * ```js
 * const registry = new Registry();
 * const worker = new Worker(file, { workerData: registry.data }); // there: new Registry(workerData)
 * await registry.set(1, { pixels: new Uint8Array(new SharedArrayBuffer(1024)) });
 * await registry.update(2, (visits = 0) => visits + 1);
 * ```
 *
 * @typeParam V Type of the values. It is the program's promise.
 */
export class Registry<V = any> {
  /**
   * Makes an empty registry, on a heap of its own.
   *
   * @param size Entries that there will be, about: 0 to 2 ** 24. The heap begins with room for so
   * many small ones, and grows for more. Default 0.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_OUT_OF_MEMORY`
   */
  constructor(size?: number);
  /**
   * Connects to the registry that a descriptor names, in any thread of the same process.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_UNKNOWN_OPTION`, `ERR_TH_BAD_DESCRIPTOR`
   */
  constructor(data: RegistryData);

  /** The descriptor, for the `workerData` of any number of workers, which may pass it on. */
  readonly data: RegistryData;

  /** Entries now. Weaker: as {@link SharedMap.size}. */
  readonly size: number;

  /**
   * The value of a key, or `undefined` when it has none. It only ever waits for a value with a
   * `SharedArrayBuffer` that was set before this thread had the registry: then another thread has to
   * answer.
   *
   * @param key 1 to 2 ** 53 - 1.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_VALUE_LOST`;
   * `ERR_TH_TIMEOUT`, `ABORT_ERR`
   */
  get(key: number, options?: RegistryWaitOptions): Promise<V | undefined>;

  /**
   * Whether there is an entry for a key.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  has(key: number): Promise<boolean>;

  /**
   * Sets the value of a key, when no other call is at it.
   *
   * @param key 1 to 2 ** 53 - 1.
   * @returns This registry.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_NOT_CLONEABLE`;
   * `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_TIMEOUT`, `ABORT_ERR`
   */
  set(key: number, value: V, options?: RegistryWaitOptions): Promise<this>;

  /**
   * Removes the entry of a key, when no other call is at it.
   *
   * @returns Whether there was one.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_TIMEOUT`,
   * `ABORT_ERR`
   */
  delete(key: number, options?: RegistryWaitOptions): Promise<boolean>;

  /**
   * Changes the value of a key while no other call, of this or another thread, is at it: no change in
   * between is lost. Whatever else the callback does has the entry for itself, too, such as writing to
   * a shared buffer in the value.
   *
   * The callback must not await `set`, `delete` or `update` of the same key, which wait for it.
   *
   * @param callback Gets the value, or `undefined`, and returns the next one, or a promise of it.
   * When it returns `undefined`, the entry stays as it is; when it throws, that too, and `update`
   * rejects with what it threw.
   * @param options Of the wait for the entry and its value: they do not end a callback that runs.
   * @returns What the callback returned.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_VALUE_LOST`;
   * `ERR_TH_NOT_CLONEABLE`; `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_TIMEOUT`, `ABORT_ERR`
   */
  update<R extends V | undefined>(
    key: number,
    callback: (value: V | undefined, key: number) => R | PromiseLike<R>,
    options?: RegistryWaitOptions
  ): Promise<R>;

  /**
   * Removes all entries in one step; O(n). It waits for no other call, and an `update` that runs sets
   * its value afterwards.
   */
  clear(): Promise<void>;

  /** Iterates over the keys: see {@link SharedMap.entries} for what other threads change meanwhile. */
  keys(): Generator<number, undefined, unknown>;

  /**
   * Iterates over promises of the values, as {@link get} returns them. `for await` over them yields
   * the values.
   */
  values(): Generator<Promise<V | undefined>, void, unknown>;

  /** Iterates over keys and promises of the values, as {@link get} returns them. */
  entries(): Generator<[number, Promise<V | undefined>], void, unknown>;

  /**
   * Calls back for each key and value, one after the other: a promise that the callback returns is
   * awaited first. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_VALUE_LOST`; what the callback throws.
   */
  forEach(
    callback: (value: V | undefined, key: number, registry: Registry<V>) => unknown,
    thisArg?: any
  ): Promise<void>;

  /** The same as {@link entries}: `for (const [key, value] of registry) use(await value)`. */
  [Symbol.iterator](): Generator<[number, Promise<V | undefined>], void, unknown>;

  /**
   * Calls the listener after each `set` and `update` of an entry, by any thread, this one included:
   * once for each, and in their order for each key. What other threads do is told by message, so when
   * this thread is busy it hears of it later, and `get` may already return a newer value. A listener
   * keeps the thread alive until it is removed.
   *
   * @returns A function that removes the listener.
   * @throws `ERR_TH_ARG_TYPE`
   */
  onSet(listener: (key: number, registry: Registry<V>) => void): () => void;

  /**
   * Disconnects this thread: calls from now on, and those that wait, end with `ERR_TH_FREED`. An
   * `update` whose callback runs keeps its entry until that ends, but sets nothing. The entries stay;
   * but for those values that only this thread held.
   *
   * A registry that is never closed stays connected until its thread ends.
   */
  close(): void;

  /** {@link close}s the registry in this thread. */
  [Symbol.dispose](): void;

  /** `'Registry'` */
  readonly [Symbol.toStringTag]: string;
}

/**
 * Connects a registry with a worker or, without one, with the thread that has made this one. Both
 * only check their arguments: a registry is connected from its constructor on, so no entry is missed
 * in between, and also when a thread forgets to bind it.
 *
 * @param worker A `Worker` that got `registry.data` as its `workerData`.
 * @returns The registry.
 * @throws `ERR_TH_ARG_TYPE`
 */
export function bind<V>(
  registry: Registry<V>,
  worker?: { readonly threadId: number; postMessage(value: any): void }
): Registry<V>;

export {};

// ---- lists of pointers ----

/** Options of a new {@link SharedPointerList} or {@link CachedItemList}. */
export interface PointerListConfig {
  /** A block that is to name the list: see {@link SharedListConfig.initWithBlock}. */
  initWithBlock?: SharedAllocatedMemory;
}

/** The same as {@link PointerListConfig}. */
export type CachedListConfig = PointerListConfig;

/** What a {@link SharedPointerList} holds: an object of this thread that stands for a block. */
export interface PointerItem {
  /** The block. */
  readonly memory: AllocatedMemory;
}

/**
 * A list of blocks of the heap, by their pointers. A subclass says what object stands for a block.
 *
 * ```js
 * class Ships extends SharedPointerList {
 *   createItem(memory) {
 *     return new Ship(memory);
 *   }
 * }
 * const ships = new Ships(heap);
 * ships.insert(new Ship(heap.allocUI32(4)));
 * for (const ship of ships) ship.move();
 * ```
 *
 * It is kept in a {@link SharedList} of single Uint32 values, and each call is as thread-safe as the
 * call of that list it makes. Weaker: the list holds pointers, not blocks. Whoever deletes an item
 * decides whether and when its block is freed, and an item that another thread frees is a freed
 * block to all who still have it.
 *
 * @typeParam T The objects that `createItem` makes.
 */
export abstract class SharedPointerList<T extends PointerItem> {
  /**
   * Makes an empty list, or a handle of the list that a descriptor names.
   *
   * @throws As the constructors of {@link SharedList}; also `ERR_TH_BAD_DESCRIPTOR` when the
   * descriptor names a list of anything else than single Uint32 values.
   */
  constructor(heap: MemoryHeap, config?: PointerListConfig | SharedListMemory);

  /** Items now. */
  readonly length: number;

  /**
   * Appends the pointer of an item. Nothing keeps it from being in the list twice.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_BAD_DESCRIPTOR` when its block is freed
   * or of another heap; `ERR_TH_OUT_OF_MEMORY`.
   */
  insert(item: T): void;

  /**
   * Removes the first pointer to an item's block. Frees nothing. O(n), under the lock.
   *
   * @returns Whether there was one.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
   */
  delete(item: T): boolean;

  /**
   * Iterates as {@link SharedList} does, over an object that `createItem` makes for each pointer.
   * Pointers to freed blocks are passed over.
   */
  [Symbol.iterator](): Generator<T, undefined, unknown>;

  /**
   * Calls back for each item. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  forEach(callback: (item: T) => void): void;

  /**
   * The first item for which the callback returns something truthy, or `undefined`. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  find(callback: (item: T) => boolean): T | undefined;

  /** The list's descriptor. */
  getSharedMemory(): SharedListMemory;

  /** Makes the object that stands for a block. Called for each item that an iteration comes to. */
  protected abstract createItem(memory: AllocatedMemory): T;

  /**
   * Frees the items and the list, for all threads: of each item it calls `free()`, if there is one,
   * or else frees `memory`. Items come out of the list one by one, so that no other thread frees
   * them too. Weaker: those that other threads insert meanwhile are not freed. If the `free()` of an
   * item throws, this ends, and can be called again for the rest. O(n).
   *
   * Weaker: a thread that ends meanwhile can leave one item allocated, and in no list.
   *
   * @throws `ERR_TH_FREED` when it was freed before, by any handle.
   */
  free(): void;

  /** {@link free}s the list for all threads, unless that has been done. */
  [Symbol.dispose](): void;
}

/** What a {@link CachedItemList} holds: an object of this thread that stands for one in the heap. */
export interface CachedItem {
  /** The byte address by which `initItem` finds it. */
  readonly pointer: number;
  /** Frees it, for all threads. */
  free(): void;
}

/** What the iteration of a {@link CachedItemList} yields. */
export interface CachedListItem<T extends CachedItem> {
  /** The object that this handle of the list has for it. */
  readonly item: T;
  /**
   * Removes the item from the list and frees it. Needs no `this`.
   *
   * @returns Whether it was still there; `false` when it was removed before, by any thread.
   */
  readonly deleteCurrent: () => boolean;
}

/**
 * A list that owns objects in the heap, by their pointers. Each handle of the list makes one object
 * for each of them, once. A subclass says how.
 *
 * ```js
 * class Names extends CachedItemList {
 *   initItem(pointer) {
 *     return new SharedString(this.heap, getPointer(pointer));
 *   }
 * }
 * const names = new Names(heap);
 * names.insert(new SharedString(heap, 'Ada'));
 * names.find((name) => name.value === 'Ada');
 * ```
 *
 * It is kept in a {@link SharedList} of single Uint32 values, and each call is as thread-safe as the
 * call of that list it makes. An item that is removed from the list, by any call, is freed by the
 * one thread that removed it, right after. An object is remembered as long as its item is in the
 * list, and another item that has come to the same pointer gets one of its own.
 *
 * Weaker: to remove an item and to free it are two steps, as are to make and to insert one. A thread
 * that ends in between leaves the item allocated, and in no list.
 *
 * @typeParam T The objects that `initItem` makes.
 */
export abstract class CachedItemList<T extends CachedItem> {
  /** 32-bit words of a block that can name a list: 4. */
  static readonly ALLOCATE_COUNT: number;

  /**
   * Makes an empty list, or a handle of the list that a descriptor names.
   *
   * @throws As the constructors of {@link SharedList}; also `ERR_TH_BAD_DESCRIPTOR` when the
   * descriptor names a list of anything else than single Uint32 values.
   */
  constructor(heap: MemoryHeap, config?: PointerListConfig | SharedListMemory);

  /** The heap, for `initItem`. */
  protected readonly heap: MemoryHeap;

  /** The list of pointers. Its `onDelete` frees the items. */
  protected readonly list: SharedList;

  /** The objects that this handle remembers, by pointer. */
  protected readonly cache: Map<number, T>;

  /** Items now. */
  readonly length: number;

  /**
   * Appends an item, which is the list's from then on.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, `ERR_TH_OUT_OF_MEMORY`
   */
  insert(item: T): void;

  /**
   * Removes an item and frees it. O(1) for one that this handle has inserted or come to in an
   * iteration, otherwise O(n), under the lock.
   *
   * @returns Whether it was in the list.
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, and what `free()` of the item throws.
   */
  delete(item: T): boolean;

  /**
   * The object for a pointer: the one that is remembered, or else what `initItem` makes, which is
   * remembered then. Does not look whether the pointer is in the list.
   *
   * Weaker: until an iteration has come to its item, an object made here is taken for good, unless
   * it is a container of this package that was freed.
   *
   * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`, and what `initItem` throws.
   */
  getByPointer(pointer: number): T | undefined;

  /** Makes the object for a pointer, or returns `undefined` for one that is to be passed over. */
  protected abstract initItem(pointer: number): T | undefined;

  /**
   * Iterates as {@link SharedList} does. Throws what `initItem` throws, unless another thread has
   * deleted the item meanwhile.
   */
  [Symbol.iterator](): Generator<CachedListItem<T>, undefined, unknown>;

  /**
   * Calls back for each item, or for those for which `filter` returns something truthy. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  forEach(callback: (item: T) => void, filter?: (item: T) => boolean): void;

  /**
   * The first item for which the callback returns something truthy, or `undefined`. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  find(callback: (item: T) => boolean): T | undefined;

  /**
   * The items for which the callback returns something truthy. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  filter(callback: (item: T) => boolean): T[];

  /**
   * What the callback returns for each item. O(n).
   *
   * @throws `ERR_TH_ARG_TYPE`
   */
  map<X>(callback: (item: T) => X): X[];

  /** Removes and frees the items that are in the list now, one by one. O(n). */
  clear(): void;

  /** The list's descriptor. */
  getSharedMemory(): SharedListMemory;

  /**
   * Frees the items and the list, for all threads. If the `free()` of an item throws, this ends, and
   * can be called again for the rest. O(n).
   *
   * @throws `ERR_TH_FREED` when it was freed before, by any handle.
   */
  free(): void;

  /** {@link free}s the list for all threads, unless that has been done. */
  [Symbol.dispose](): void;
}

// ---- locks in words of shared memory ----

/** Options of the calls that wait for a lock. */
export interface LockOptions {
  /** Milliseconds from 0 on. Default `Infinity`. 0 takes the lock at once or throws. */
  timeout?: number;
}

/** 32-bit words that {@link lock} needs: 1. They have to be 0 at first. */
export const SIMPLE_LOCK_ALLOCATE_COUNT: number;

/** 32-bit words that {@link readLock} and {@link writeLock} need: 2. They have to be 0 at first. */
export const READ_WRITE_LOCK_ALLOCATE_COUNT: number;

/**
 * Takes a lock: from then on, until {@link unlock}, no other thread has it. Waits asleep, on any
 * thread, the main thread included, in slices of 10 ms, which `worker.terminate()` can end.
 *
 * The word says which thread holds the lock: 0, or `threadId + 1` in its low 30 bits. So a thread
 * that waits for itself, or for one that has ended, by whatever end, is told instead of waiting for
 * ever. What the lock was for may be half done then: see {@link takeOverLock}.
 *
 * Weaker: the word lies in memory that any program can write, and is as good as what it says. A
 * thread that never loaded this package, or loaded another copy of it only, is never seen to end.
 *
 * ```js
 * const { data } = heap.allocUI32(SIMPLE_LOCK_ALLOCATE_COUNT);
 * lock(data);
 * try {
 *   // alone
 * } finally {
 *   unlock(data);
 * }
 * ```
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, also when it would have to wait and the memory is not shared;
 * `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_TIMEOUT`; `ERR_TH_DEADLOCK` when this thread
 * holds it; `ERR_TH_OWNER_DIED` when the thread that holds it has ended.
 */
export function lock(data: Int32Array | Uint32Array, index?: number, options?: LockOptions): void;

/**
 * Gives a lock back, and wakes a thread that waits for it.
 *
 * @param data Where the word is.
 * @param index Which word; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_NOT_OWNER` when this thread does not hold
 * it.
 */
export function unlock(data: Int32Array | Uint32Array, index?: number): void;

/**
 * Takes a lock whose thread has ended, for this thread, which is to put in order what that one may
 * have left half done, and give it back. Of several threads one succeeds. For {@link lock} and
 * {@link writeLock}.
 *
 * ```js
 * try {
 *   lock(data);
 * } catch (error) {
 *   if (error.code !== 'ERR_TH_OWNER_DIED') throw error;
 *   if (takeOverLock(data)) repair();
 *   else lock(data);
 * }
 * ```
 *
 * @param data Where the word is.
 * @param index Which word; 0 if left out.
 * @returns Whether this thread holds it now; `false`, and nothing changed, when nobody holds the
 * lock, or a thread that lives, or readers.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function takeOverLock(data: Int32Array | Uint32Array, index?: number): boolean;

/**
 * Takes a lock together with all others who read: from then on, until {@link readUnlock}, no thread
 * has it for writing. A thread may take it several times, and has to give it back as often. Waits
 * as {@link lock} does; if only another thread waits to write, 10 ms at most.
 *
 * Weaker: the words say how many readers there are, not which. A reader that ends without giving
 * the lock back keeps writers out for good, so give a writer a timeout where that can happen. A
 * reader that takes the lock for writing waits for itself.
 *
 * @param data Where the two words are.
 * @param index Which is the first; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, also when it would have to wait and the memory is not shared;
 * `ERR_TH_ARG_RANGE`, `ERR_TH_UNKNOWN_OPTION`; `ERR_TH_TIMEOUT`; `ERR_TH_DEADLOCK` when this thread
 * has it for writing; `ERR_TH_OWNER_DIED` when the thread that has it for writing has ended.
 */
export function readLock(
  data: Int32Array | Uint32Array,
  index?: number,
  options?: LockOptions
): void;

/**
 * Gives back a lock that was taken for reading.
 *
 * Weaker: that this thread is one of the readers is not checked.
 *
 * @param data Where the two words are.
 * @param index Which is the first; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`; `ERR_TH_NOT_OWNER` when there are no readers.
 */
export function readUnlock(data: Int32Array | Uint32Array, index?: number): void;

/**
 * Takes a lock alone: from then on, until {@link writeUnlock}, no other thread has it. Waits as
 * {@link lock} does.
 *
 * @param data Where the two words are.
 * @param index Which is the first; 0 if left out.
 * @throws As {@link lock}.
 */
export function writeLock(
  data: Int32Array | Uint32Array,
  index?: number,
  options?: LockOptions
): void;

/**
 * Gives back a lock that was taken for writing.
 *
 * @param data Where the two words are.
 * @param index Which is the first; 0 if left out.
 * @throws As {@link unlock}.
 */
export function writeUnlock(data: Int32Array | Uint32Array, index?: number): void;

// ---- numbers in words ----

/**
 * The Float32 number with the same bits as a word.
 *
 * @param value An integer from -(2 ** 31) to 2 ** 32 - 1.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function convertInt32ToFloat32(value: number): number;

/**
 * The bits of a number, rounded to Float32, as an integer from -(2 ** 31) to 2 ** 31 - 1.
 *
 * @throws `ERR_TH_ARG_TYPE`
 */
export function convertFloat32ToInt32(value: number): number;

/**
 * Reads a Float32 number from a word, atomically.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function loadFloat32(data: Int32Array | Uint32Array, index?: number): number;

/**
 * Writes a number, rounded to Float32, to a word, atomically.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function storeFloat32(data: Int32Array | Uint32Array, index: number, value: number): void;

/**
 * Takes a word apart: its low 16 bits and its high ones, each from 0 to 65535.
 *
 * @param value An integer from -(2 ** 31) to 2 ** 32 - 1.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function convert32To16(value: number): [number, number];

/**
 * The other way: an integer from 0 to 2 ** 32 - 1.
 *
 * @param value1 The low 16 bits: an integer from -32768 to 65535.
 * @param value2 The high 16 bits, likewise.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function convert16To32(value1: number, value2: number): number;

/**
 * Reads two numbers of 16 bits from a word, atomically: as {@link convert32To16}.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function load16From32(data: Uint32Array | Int32Array, index?: number): [number, number];

/**
 * Writes two numbers of 16 bits to a word, atomically: as {@link convert16To32}.
 *
 * @param data Where the word is, such as the `data` of a block.
 * @param index Which word.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function store16In32(
  data: Uint32Array | Int32Array,
  index: number,
  value1: number,
  value2: number
): void;

/**
 * Reads four numbers of 16 bits from a word of 64, atomically, the lowest bits first; each from 0
 * to 65535.
 *
 * @param data Where the word is.
 * @param index Which word; 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function load16From64(
  data: BigUint64Array | BigInt64Array,
  index?: number
): [number, number, number, number];

/**
 * Writes four numbers of 16 bits, each an integer from -32768 to 65535, to a word of 64, atomically,
 * the lowest bits first.
 *
 * @param data Where the word is.
 * @param index Which word.
 * @param value4 0 if left out.
 * @throws `ERR_TH_ARG_TYPE`, `ERR_TH_ARG_RANGE`
 */
export function store16In64(
  data: BigUint64Array | BigInt64Array,
  index: number,
  value1: number,
  value2: number,
  value3: number,
  value4?: number
): void;

// ---- copies of objects in blocks ----

/**
 * Allocates a block with a copy of an object: whatever `structuredClone` copies, but for a
 * `SharedArrayBuffer`. The block is the caller's to free. O(size of the object).
 *
 * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_NOT_CLONEABLE`; `ERR_TH_OUT_OF_MEMORY`; `ERR_TH_FREED` when the
 * heap's handle is closed.
 */
export function serializeObjectToMemory(heap: MemoryHeap, object: object): AllocatedMemory;

/**
 * A copy of the object that {@link serializeObjectToMemory} put into a block, in any thread.
 * O(size of the object).
 *
 * @throws `ERR_TH_ARG_TYPE`; `ERR_TH_BAD_DESCRIPTOR` when no such object is there; `ERR_TH_CORRUPT`
 * when it was overwritten; `ERR_TH_FREED` when the block is freed, as far as {@link
 * AllocatedMemory.data} notices; `ERR_TH_OUT_OF_MEMORY`.
 */
export function createObjectFromMemory<T extends object = any>(memory: AllocatedMemory): T;

/**
 * The same of the block at a pointer.
 *
 * @param pointer As {@link AllocatedMemory.pointer} returns it.
 * @throws As {@link createObjectFromMemory}; `ERR_TH_ARG_RANGE`.
 */
export function createObjectFromPointer<T extends object = any>(
  heap: MemoryHeap,
  pointer: number
): T;

// ---- end of lists of pointers, locks and numbers in words ----

export {};
