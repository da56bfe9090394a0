import { Registry, bind, type RegistryData, type RegistryWaitOptions } from 'threadheap';
import { same } from './same';

interface Picture {
  name: string;
  pixels: Uint8Array;
}
declare const worker: { threadId: number; postMessage(value: any): void };
declare const picture: Picture;

// ---- making and binding ----

const anything = new Registry();
const pictures = new Registry<Picture>(1_000);
same<typeof anything, Registry<any>>(true);
const data: RegistryData = pictures.data;
const rebuilt = new Registry<Picture>(data);
same<typeof rebuilt, typeof pictures>(true);
const bound: Registry<Picture> = bind(pictures, worker);
bind(rebuilt);

// ---- calls ----

const options: RegistryWaitOptions = { timeout: 100, signal: new AbortController().signal };

async function use(): Promise<void> {
  same<Awaited<ReturnType<typeof pictures.get>>, Picture | undefined>(true);
  same<typeof pictures.size, number>(true);
  const same1: Registry<Picture> = await pictures.set(1, picture, options);
  const there: boolean = (await same1.has(1)) && (await pictures.delete(1, { timeout: 0 }));
  const name: string | undefined = (await pictures.get(1, {}))?.name;
  const updated: Picture = await pictures.update(1, (old) => old ?? picture, options);
  const inPlace: undefined = await pictures.update(1, async (old, key: number) => {
    if (old) old.pixels[0] = key;
    return undefined;
  });
  const count: number = await anything.update(2, (n = 0) => n + 1);
  for (const [key, value] of pictures) {
    same<typeof key, number>(true);
    same<typeof value, Promise<Picture | undefined>>(true);
  }
  for await (const value of pictures.values()) same<typeof value, Picture | undefined>(true);
  const keys: number[] = [...pictures.keys()];
  const entries: [number, Promise<Picture | undefined>][] = [...pictures.entries()];
  await pictures.forEach(async (value, key, registry) => {
    same<typeof registry, typeof pictures>(true);
    if (value) await registry.set(key + 1, value);
  });
  const remove: () => void = pictures.onSet((key, registry) => registry.get(key));
  remove();
  await pictures.clear();
  pictures.close();
  pictures[Symbol.dispose]();
  void [there, name, updated, inPlace, count, keys, entries];
}

// ---- wrong uses ----

async function misuse(): Promise<void> {
  // @ts-expect-error a key is a number
  await anything.get('1');
  // @ts-expect-error a value of another type
  await pictures.set(1, 'picture');
  // @ts-expect-error no value
  await pictures.set(1);
  // @ts-expect-error a value of another type
  await pictures.update(1, () => 'picture');
  // @ts-expect-error there may be none
  (await pictures.get(1)).name;
  // @ts-expect-error an option that does not exist
  await pictures.get(1, { wait: 1 });
  // @ts-expect-error no signal
  await pictures.get(1, { signal: {} });
  // @ts-expect-error no entries
  new Registry([[1, picture]]);
  // @ts-expect-error no worker
  bind(pictures, 1);
  // @ts-expect-error no registry
  bind(worker);
  // @ts-expect-error counted, not set
  pictures.size = 0;
}

export { bound, misuse, use };
