import { MemoryHeap, SharedList, SharedMap, SharedString, SharedVector } from 'threadheap';

{
  using heap = new MemoryHeap();
  using block = heap.allocUI32(4);
  using list = new SharedList(heap, { initWithBlock: block });
  using vector = new SharedVector(heap);
  using map = new SharedMap(heap);
  using text = new SharedString(heap, '');
  const disposables: Disposable[] = [heap, block, list, vector, map, text];
  for (const disposable of disposables.reverse()) disposable[Symbol.dispose]();

  // @ts-expect-error a descriptor owns nothing
  using descriptor = list.getSharedMemory();
}

async function asynchronous(heap: MemoryHeap): Promise<void> {
  // @ts-expect-error nothing is awaited where nothing is disposed of asynchronously
  heap[Symbol.asyncDispose]();
}

export { asynchronous };
