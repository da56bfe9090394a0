import {
  MemoryHeap,
  SharedObject,
  SharedObjectStore,
  type MemoryBounds,
  type SharedObjectCodec,
  type SharedObjectMemoryMap,
  type SharedObjectStoreMemory,
} from 'threadheap';
import { same } from './same';

interface Account {
  account: string;
  delta: number;
}

declare const heap: MemoryHeap;
declare const account: Account;

const shared = SharedObject.fromObject(account);
same<typeof shared, SharedObject<Account>>(true);
same<typeof shared.obj, Account>(true);
same<typeof shared.raw, Uint8Array>(true);
SharedObject.fromObj(account, { codec: 'json' });
SharedObject.fromObject<Account>({ account: 'a', delta: 1 });
SharedObject.fromMemoryArray<Account>(shared.raw, { index: 0, size: 10 }).obj.delta;
new SharedObject<Account>(shared.raw, { index: 0, size: 10 }, { codec: 'structured' });

const store = SharedObjectStore.fromObjects({ a: shared, b: SharedObject.fromObject(account) });
same<typeof store, SharedObjectStore<Account>>(true);
const other = SharedObjectStore.fromObjects<Account>({ a: shared }, { heap, codec: 'structured' });
same<typeof other, SharedObjectStore<Account>>(true);
const mixed = SharedObjectStore.fromObjects({ a: shared, n: { n: 1 } });
same<typeof mixed, SharedObjectStore<Account | { n: number }>>(true);
SharedObjectStore.fromObjects({});

const map: SharedObjectMemoryMap = store.getMemoryMap();
const { index, size, store: descriptor }: MemoryBounds = map.a;
same<typeof descriptor, SharedObjectStoreMemory | undefined>(true);
const seen: { [key: string]: { index: number; size: number } } = map;
const opened = SharedObjectStore.fromMemoryMap<Account>(store.sharedMem, seen);
same<typeof opened, SharedObjectStore<Account>>(true);
SharedObjectStore.fromMemoryMap<Account>(store.heap, seen);
SharedObjectStore.fromMemoryMap(store.sharedMem, { a: { index, size } }).get('a').whatever;

const codec: SharedObjectCodec = {
  encode: (value: Account) => `${value.account}=${value.delta}`,
  decode: (text: string) => ({ account: text, delta: 0 }),
};
new SharedObjectStore<Account>(heap);
new SharedObjectStore<Account>(heap, { codec });
new SharedObjectStore<Account>(heap, store.getSharedMemory());
new SharedObjectStore<Account>(heap, { ...store.getSharedMemory(), codec });
new SharedObjectStore(heap, { firstBlock: heap.allocUI32(SharedObjectStore.ALLOCATE_COUNT) });

same<typeof store.heap, MemoryHeap>(true);
same<typeof store.sharedMem, SharedArrayBuffer>(true);
same<typeof store.codec, 'bson' | 'json' | 'structured' | 'custom'>(true);
same<typeof store.size, number>(true);
same<ReturnType<typeof store.get>, Account>(true);
const has: boolean = store.set('a', account).set('b', shared).has('a') && store.delete('a');
for (const [name, { delta }] of store) name.length + delta;
for (const name of store.keys()) name.length;
for (const { delta } of store.values()) delta + 1;
store.forEach((value, name, where) => where.set(name, { ...value, delta: 0 }));
store.clear();
store.free();
store[Symbol.dispose]();

// @ts-expect-error no heap
new SharedObjectStore();
// @ts-expect-error no such codec
new SharedObjectStore(heap, { codec: 'yaml' });
// @ts-expect-error a codec that cannot decode
new SharedObjectStore(heap, { codec: { encode: () => '' } });
// @ts-expect-error a codec that makes neither bytes nor text
SharedObject.fromObject(account, { codec: { encode: () => 5, decode: () => account } });
// @ts-expect-error a misspelt option
SharedObjectStore.fromObjects({}, { heep: heap });
// @ts-expect-error a name that is no text
store.get(5);
// @ts-expect-error an object of another type
store.set('a', { account: 5 });
// @ts-expect-error no memory map
SharedObjectStore.fromMemoryMap(store.sharedMem);
// @ts-expect-error no size
SharedObjectStore.fromMemoryMap(store.sharedMem, { a: { index: 5 } });
// @ts-expect-error it is what it was made of
shared.obj = account;

export { has };
