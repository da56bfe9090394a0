import {
  AllocatedMemory,
  CachedItemList,
  MemoryHeap,
  SharedList,
  SharedPointerList,
  SharedString,
  getPointer,
  type CachedItem,
  type CachedListConfig,
  type CachedListItem,
  type PointerItem,
  type PointerListConfig,
  type SharedListMemory,
} from 'threadheap';
import { same } from './same';

const heap = new MemoryHeap();

class Ship implements PointerItem {
  constructor(readonly memory: AllocatedMemory) {}
}

class Ships extends SharedPointerList<Ship> {
  protected createItem(memory: AllocatedMemory): Ship {
    return new Ship(memory);
  }
}

class Names extends CachedItemList<SharedString> {
  protected initItem(pointer: number): SharedString | undefined {
    this.cache.delete(pointer);
    this.list.length.toFixed();
    return new SharedString(this.heap, getPointer(pointer));
  }
}

const config: PointerListConfig & CachedListConfig = { initWithBlock: heap.allocUI32(4) };
const ships = new Ships(heap, config);
const descriptor: SharedListMemory = ships.getSharedMemory();
const ship = new Ship(heap.allocUI32(4));
new Ships(heap, descriptor).insert(ship);
const deleted: boolean = ships.delete(ship);
const found: Ship | undefined = ships.find(({ memory }) => memory.data[0] > 0);
ships.forEach((item) => same<typeof item, Ship>(true));
for (const item of ships) same<typeof item, Ship>(true);
ships.free();

const names = new Names(heap);
const item: CachedItem = new SharedString(heap, 'a');
names.insert(new SharedString(heap, 'b'));
const name: SharedString | undefined = names.getByPointer(item.pointer);
const items: CachedListItem<SharedString>[] = [...names];
const lengths: number[] = names.map(({ length }) => length);
const long: SharedString[] = names.filter(({ length }) => length > 10);
names.forEach(({ value }) => value.trim(), ({ length }) => length > 0);
for (const { deleteCurrent } of names) if (deleteCurrent()) break;
const words: number = Names.ALLOCATE_COUNT;
names.clear();
names[Symbol.dispose]();

// ---- wrong uses ----

// @ts-expect-error only a subclass can be made
new SharedPointerList(heap);
// @ts-expect-error only a subclass can be made
new CachedItemList(heap);
// @ts-expect-error a block is no item
ships.insert(heap.allocUI32(1));
// @ts-expect-error not an item of this list
names.insert(heap.allocUI32(1));
// @ts-expect-error a list of pointers has no type of its own
new Ships(heap, { type: Uint32Array });
// @ts-expect-error for subclasses only
names.heap;
// @ts-expect-error for subclasses only
names.initItem(16);
// @ts-expect-error there may be none
names.getByPointer(16).value;
// @ts-expect-error it is made with a heap
new Ships();

export { SharedList, deleted, found, items, lengths, long, name, words };
