import {
  MemoryHeap,
  READ_WRITE_LOCK_ALLOCATE_COUNT,
  SIMPLE_LOCK_ALLOCATE_COUNT,
  lock,
  readLock,
  readUnlock,
  takeOverLock,
  unlock,
  writeLock,
  writeUnlock,
  type LockOptions,
} from 'threadheap';

const { data } = new MemoryHeap().allocUI32(
  SIMPLE_LOCK_ALLOCATE_COUNT + READ_WRITE_LOCK_ALLOCATE_COUNT
);
const options: LockOptions = { timeout: 100 };

lock(data);
lock(new Int32Array(1), 0, options);
unlock(data, 0);
readLock(data, 1, options);
readUnlock(data, 1);
writeLock(data, 1);
writeUnlock(data, 1);
const isMine: boolean = takeOverLock(data, 1);

// @ts-expect-error words of 32 bits
lock(new BigInt64Array(1));
// @ts-expect-error the options, not a number
lock(data, 0, 100);
// @ts-expect-error an option that does not exist
readLock(data, 0, { time: 100 });
// @ts-expect-error a block is no array of words
unlock(new MemoryHeap().allocUI32(1));
// @ts-expect-error nothing that could be forgotten to look at
const taken: boolean = lock(data);

export { isMine, taken };
