'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { inspect } = require('node:util');
const { AllocatedMemory, MemoryHeap, SharedList, SharedMap, SharedString, SharedVector, getPointer } =
  require('../lib');
const { assertCode, assertExact, assertFails, assertSound, dispose } = require('./helpers/check');
const { classes, containers, memory } = require('./helpers/classes');
const { heapOfBuffer } = require('../lib/heap');
const { collectGarbage } = require('./helpers/garbage');
const { itRandomly } = require('./helpers/random');

const sharedMemory = () => new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true });

const NO_NUMBERS = [undefined, null, '0', true, 0n, {}, [0], () => 0, Symbol('s')];
const NO_INDICES = [-1, 0.5, NaN, Infinity, 2 ** 53];

const withoutGeneration = ({ block, withBlock }, descriptor) => withBlock(block(descriptor), {});

// The code that a descriptor of something freed gives.
const staleCode = (kind) => (kind === memory ? 'ERR_TH_BAD_DESCRIPTOR' : 'ERR_TH_FREED');

for (const kind of classes) {
  const { Class, create, read, methods } = kind;
  const { name } = Class;
  const rebuild = (heap, descriptor) => new Class(heap, descriptor);

  describe(`a descriptor of a ${name}`, () => {
    let heap;
    let object;
    let descriptor;

    beforeEach(() => {
      heap = new MemoryHeap();
      object = create(heap);
      descriptor = object.getSharedMemory();
    });

    it('is plain data, which JSON and structuredClone keep', () => {
      const copies = [JSON.parse(JSON.stringify(descriptor)), structuredClone(descriptor)];
      for (const copy of [descriptor, ...copies]) {
        assert.deepEqual(copy, descriptor);
        assert.equal(Object.getPrototypeOf(copy), Object.prototype);
        assert.deepEqual(read(rebuild(heap, copy)), read(object));
        assert.deepEqual(rebuild(heap, copy).getSharedMemory(), descriptor);
      }
    });

    it('is the same each time, and for a clone of the heap too', () => {
      const clone = new MemoryHeap(heap.getSharedMemory());
      assert.deepEqual(object.getSharedMemory(), descriptor);
      assert.deepEqual(rebuild(clone, descriptor).getSharedMemory(), descriptor);
    });

    it('may name the block alone', () => {
      const { bufferPosition, bufferByteOffset } = getPointer(object.pointer);
      assert.deepEqual(kind.block(descriptor), { bufferPosition, bufferByteOffset });
      assert.deepEqual(read(rebuild(heap, withoutGeneration(kind, descriptor))), read(object));
    });

    it('names every part of it that is missing or of the wrong type', () => {
      for (const field of ['bufferPosition', 'bufferByteOffset']) {
        for (const value of NO_NUMBERS) {
          const block = { ...kind.block(descriptor), [field]: value };
          const rest = kind.withBlock(block, {});
          assertCode('ERR_TH_ARG_TYPE', () => rebuild(heap, rest), new RegExp(field));
        }
        const block = { ...kind.block(descriptor) };
        delete block[field];
        const rest = kind.withBlock(block, {});
        assertCode('ERR_TH_ARG_TYPE', () => rebuild(heap, rest), new RegExp(field));
      }
      if (!('firstBlock' in descriptor)) return;
      for (const firstBlock of [undefined, null, 1, 'text', [], {}]) {
        assertCode('ERR_TH_ARG_TYPE', () => rebuild(heap, { firstBlock }), /firstBlock/);
      }
    });

    it('names every number in it that is out of range', () => {
      const limits = { bufferPosition: 4096, bufferByteOffset: 2 ** 20 };
      for (const [field, limit] of Object.entries(limits)) {
        for (const value of [...NO_INDICES, limit]) {
          const rest = kind.withBlock({ ...kind.block(descriptor), [field]: value }, {});
          assertCode('ERR_TH_ARG_RANGE', () => rebuild(heap, rest), new RegExp(field));
        }
      }
      for (const offset of [1, 2, 3]) {
        const rest = kind.withBlock({ bufferPosition: 0, bufferByteOffset: 8192 + offset }, {});
        assertCode('ERR_TH_ARG_RANGE', () => rebuild(heap, rest), /multiple of 4/);
      }
    });

    it('is refused after the object was freed', () => {
      object.free();
      assertCode(staleCode(kind), () => rebuild(heap, descriptor));
      assertCode(staleCode(kind), () => rebuild(heap, withoutGeneration(kind, descriptor)));
      assertCode(staleCode(kind), () => rebuild(heap, structuredClone(descriptor)));
      assert.equal(heap.currentUsed, 0);
    });

    it('is refused by another heap', () => {
      const other = new MemoryHeap();
      for (const where of [other, new MemoryHeap(other.getSharedMemory())]) {
        assertCode('ERR_TH_BAD_DESCRIPTOR', () => rebuild(where, descriptor));
        for (let i = 0; i < 20 && kind !== memory; i++) {
          create(where);
          assertCode('ERR_TH_BAD_DESCRIPTOR', () => rebuild(where, descriptor));
        }
      }
    });

    it('is refused by every other class', () => {
      for (const other of classes) {
        if (other === kind) continue;
        const rest = kind === memory ? {} : { heapId: descriptor.heapId };
        const foreign = other.withBlock(kind.block(descriptor), other === memory ? {} : rest);
        const before = heap.currentUsed;
        // A block that is not zeroed holds no container.
        assertCode('ERR_TH_BAD_DESCRIPTOR', () => new other.Class(heap, foreign), /./);
        assert.equal(heap.currentUsed, before);
      }
      assert.deepEqual(read(object), read(create(heap)));
    });

    it('is no heap, and a heap is none', () => {
      for (const none of [undefined, null, 1, 'heap', {}, object, [], () => {}, heap.buffers[0]]) {
        assertCode('ERR_TH_ARG_TYPE', () => rebuild(none, descriptor), /heap/);
      }
      assertCode('ERR_TH_UNKNOWN_OPTION', () => new MemoryHeap(descriptor));
      assert.throws(() => rebuild(heap, heap.getSharedMemory()), TypeError);
    });

    it('is refused for a heap that is none and cannot be shown', () => {
      const none = Object.create(memory.create(heap)); // which is no block, but inherits its inspect
      assertCode('ERR_TH_ARG_TYPE', () => rebuild(none, descriptor), /heap/);
    });

    it('is refused when one of its getters closes the heap', () => {
      const clone = new MemoryHeap(heap.getSharedMemory());
      const copy = structuredClone(descriptor);
      const block = copy.firstBlock ?? copy;
      const { bufferByteOffset } = block;
      const closeHeap = () => {
        clone[dispose]();
        return bufferByteOffset;
      };
      Object.defineProperty(block, 'bufferByteOffset', { get: closeHeap, enumerable: true });
      assertCode('ERR_TH_FREED', () => rebuild(clone, copy), /heap/);
      assert.deepEqual(read(rebuild(heap, descriptor)), read(object));
    });

    it('is not the object itself', () => {
      if (kind === memory) {
        assert.deepEqual(read(rebuild(heap, object)), read(object)); // but for a block, which is one
        return;
      }
      assertExact(heap, () => {
        for (const config of [object, heap]) {
          assertCode('ERR_TH_ARG_TYPE', () => rebuild(heap, config), /config/);
        }
      });
      assertCode('ERR_TH_ARG_TYPE', () => new MemoryHeap(object), /config/);
    });

    it('is refused when the heap is closed', () => {
      heap[dispose]();
      assertCode('ERR_TH_FREED', () => rebuild(heap, descriptor), /heap/);
    });

    itRandomly('at a random place gives an error or what is there, and changes nothing', (random) => {
      for (const other of classes) other.create(heap);
      const expected = read(object);
      const size = heap.totalAllocated + 2 * 8192;
      assertExact(heap, () => {
        for (let i = 0; i < 2000; i++) {
          const address = random.below(random.pick([size, size, 2 ** 32])) & ~3;
          const place = kind.withBlock(getPointer(address >>> 0), {});
          try {
            read(rebuild(heap, place));
          } catch (error) {
            assertFails(() => {
              throw error;
            });
          }
        }
      });
      assert.deepEqual(read(object), expected);
      assertSound(heap);
    });

    if (kind !== memory) {
      it('with another heapId or generation is refused', () => {
        const { heapId, generation } = descriptor;
        for (const wrong of [1, heapId + 1, heapId - 1, Number.MAX_SAFE_INTEGER]) {
          assertCode('ERR_TH_BAD_DESCRIPTOR', () => rebuild(heap, { ...descriptor, heapId: wrong }));
        }
        for (const wrong of [generation + 1, generation + 256, Number.MAX_SAFE_INTEGER]) {
          assertCode('ERR_TH_FREED', () => rebuild(heap, { ...descriptor, generation: wrong }));
        }
      });

      it('with a heapId or generation that is no number of that kind is refused', () => {
        for (const field of ['heapId', 'generation']) {
          for (const value of NO_NUMBERS) {
            if (value === undefined) continue;
            const wrong = { ...descriptor, [field]: value };
            assertCode('ERR_TH_ARG_TYPE', () => rebuild(heap, wrong), new RegExp(field));
          }
          for (const value of NO_INDICES) {
            const wrong = { ...descriptor, [field]: value };
            assertCode('ERR_TH_ARG_RANGE', () => rebuild(heap, wrong), new RegExp(field));
          }
        }
      });

      it('with an unknown key is refused', () => {
        const wrong = { ...descriptor, genration: 1 };
        assertCode('ERR_TH_UNKNOWN_OPTION', () => rebuild(heap, wrong), /genration/);
      });

      it('does not name the object that came to the place of a freed one', () => {
        const stale = [];
        for (let i = 0; i < 600; i++) {
          object.free();
          stale.push(descriptor);
          object = create(heap);
          descriptor = object.getSharedMemory();
        }
        const expected = read(object);
        assert.equal(new Set(stale.map(({ generation }) => generation)).size, stale.length);
        for (const each of stale) assertCode('ERR_TH_FREED', () => rebuild(heap, each));
        assert.deepEqual(read(rebuild(heap, descriptor)), expected);
      });
    }
  });

  describe(`a ${name} that was freed`, () => {
    let heap;
    let object;
    let other;

    beforeEach(() => {
      heap = new MemoryHeap();
      object = create(heap);
      other = new Class(heap, object.getSharedMemory());
    });

    it('is used by a list of methods here that is complete', () => {
      const used = [...Object.keys(methods), ...Object.getOwnPropertySymbols(methods)];
      const known = new Set([...used, ...kind.constants, 'constructor', dispose, inspect.custom]);
      for (let proto = Class.prototype; proto !== Object.prototype; ) {
        const missing = Reflect.ownKeys(proto).filter(
          (key) => !known.has(key) && (typeof key === 'string' || key.description.includes('.'))
        );
        assert.deepEqual(missing, []);
        proto = Object.getPrototypeOf(proto);
      }
    });

    for (const key of Reflect.ownKeys(methods)) {
      it(`throws in ${String(key)}, whichever handle freed it`, () => {
        other.free();
        // A view that was handed out is raw memory, which nobody checks.
        const handles = kind === memory && key === 'data' ? [other] : [object, other];
        for (const handle of handles) assertCode('ERR_TH_FREED', () => methods[key](handle));
        if (kind === memory) return; // a bare address names what is there now
        const next = create(heap);
        const expected = read(next);
        for (const handle of handles) assertCode('ERR_TH_FREED', () => methods[key](handle));
        assert.deepEqual(read(next), expected);
      });

      it(`throws in ${String(key)} when the heap was closed`, () => {
        heap[dispose]();
        const handle = kind === memory && key === 'data' ? other : object;
        assertCode('ERR_TH_FREED', () => methods[key](handle));
      });

      it(`throws not in ${String(key)} when the heap was closed but a clone of it was not`, () => {
        const clone = new MemoryHeap(heap.getSharedMemory());
        heap[dispose]();
        if (kind !== memory) methods[key](object);
        methods[key](create(clone));
      });
    }

    it('still tells what never changes', () => {
      const constants = kind.constants.map((key) => object[key]);
      object.free();
      assert.deepEqual(kind.constants.map((key) => object[key]), constants);
    });

    it('can be disposed of and inspected', () => {
      object.free();
      for (const handle of [object, other, object, other]) {
        handle[dispose]();
        assert.match(inspect(handle), /freed/);
      }
      assert.equal(heap.currentUsed, 0);
    });

    it('can be disposed of and inspected when the heap was closed', () => {
      heap[dispose]();
      inspect(object);
      object[dispose]();
      inspect(object);
    });
  });
}

describe('what is garbage collected', () => {
  it('is handles only: containers and blocks stay, and keep their heap', async () => {
    let heap = new MemoryHeap();
    const kept = [];
    for (const kind of classes) {
      const object = kind.create(heap);
      kept.push({ kind, object, expected: kind.read(object) });
      const descriptor = object.getSharedMemory();
      for (let i = 0; i < 2000; i++) new kind.Class(heap, descriptor);
    }
    heap = undefined;
    for (let i = 0; i < 3; i++) await collectGarbage();
    for (const { kind, object, expected } of kept) {
      assert.deepEqual(kind.read(object), expected);
      object.free();
      assert.throws(() => kind.read(object), { code: 'ERR_TH_FREED' });
    }
  });

  it('can be a heap with all that is in it', async () => {
    for (let i = 0; i < 30; i++) {
      const heap = new MemoryHeap();
      for (const { create } of classes) create(heap);
    }
    for (let i = 0; i < 3; i++) await collectGarbage();
    assert.equal(new SharedList(new MemoryHeap()).length, 0);
  });

  it('is not a heap of which a descriptor is kept', async () => {
    const [descriptor, place] = (() => {
      const heap = new MemoryHeap();
      const list = new SharedList(heap);
      list.push(5);
      return [heap.getSharedMemory(), list.getSharedMemory()];
    })();
    for (let i = 0; i < 3; i++) await collectGarbage();
    const list = new SharedList(new MemoryHeap(descriptor), place);
    assert.deepEqual(Array.from(list.toArray()), [5]);
  });
});

describe('a method that is called on something else', () => {
  it('throws, or does what it does with the methods that are there; it harms nothing', () => {
    const heap = new MemoryHeap();
    for (const kind of classes) {
      for (const other of classes) {
        if (kind === other) continue;
        const object = other.create(heap);
        for (const key of Reflect.ownKeys(kind.methods)) {
          if (key === 'free') continue; // one container's free does for the others
          const descriptor = Object.getOwnPropertyDescriptor(kind.Class.prototype, key);
          for (const method of [descriptor?.value, descriptor?.get]) {
            if (!method) continue;
            for (const args of [[], [0], ['a', 1], [0, 1], [() => {}], [[1, 2]]]) {
              try {
                Array.from(method.apply(object, args) ?? []);
              } catch (error) {
                assert.ok(error instanceof TypeError || error.code, error.stack);
              }
            }
          }
        }
        other.read(object);
        assertSound(heap);
        object.free();
      }
    }
    assert.equal(heap.currentUsed, 0);
  });
});

describe('a container over a block', () => {
  let heap;
  let block;

  beforeEach(() => {
    heap = new MemoryHeap();
    block = heap.allocUI32(4);
  });

  for (const { Class, withBlock, read } of containers) {
    describe(`as a ${Class.name}`, () => {
      const over = (rest) => new Class(heap, withBlock(block.getSharedMemory(), rest));

      it('keeps every other class away', () => {
        const object = over({});
        for (const other of containers) {
          if (other.Class === Class) continue;
          const place = other.withBlock(block.getSharedMemory(), {});
          assertCode('ERR_TH_BAD_DESCRIPTOR', () => new other.Class(heap, place));
        }
        object.free();
      });

      it('is told from the one that was there before', () => {
        const first = over({});
        const stale = first.getSharedMemory();
        first.free();
        assertCode('ERR_TH_FREED', () => new Class(heap, stale));
        const second = over({});
        assertCode('ERR_TH_FREED', () => new Class(heap, stale));
        assertCode('ERR_TH_FREED', () => first.free());
        assert.deepEqual(read(new Class(heap, second.getSharedMemory())), read(second));
      });

      it('is not made from a block by a descriptor that names a container', () => {
        const { heapId } = over({}).getSharedMemory();
        const empty = heap.allocUI32(4).getSharedMemory();
        assertExact(heap, () => {
          const named = withBlock(empty, { heapId, generation: 5 });
          assertCode('ERR_TH_FREED', () => new Class(heap, named));
        });
      });

      itRandomly('is not made from a block of random words', (random) => {
        assertExact(heap, () => {
          for (let i = 0; i < 1000; i++) {
            for (let word = 0; word < 4; word++) block.data[word] = random.uint32();
            assertCode('ERR_TH_BAD_DESCRIPTOR', () => over({}));
          }
        });
      });

      itRandomly('is lost when a bit of the block is flipped, but not the heap', (random) => {
        const object = over({});
        for (let i = 0; i < 128; i++) {
          const word = i >>> 5;
          block.data[word] ^= 1 << (i & 31);
          assertFails(() => over({}));
          block.data[word] ^= 1 << (i & 31);
          assert.deepEqual(read(over({})), read(object));
        }
        block.data[random.below(4)] ^= 1 << random.below(32);
        object.free();
        block.free();
        assert.equal(heap.currentUsed, 0);
      });
    });
  }
});

describe('a descriptor of a MemoryHeap', () => {
  it('holds the memory or buffer, which JSON does not keep', () => {
    for (const heap of [new MemoryHeap({ memory: sharedMemory() }), heapOfBuffer()]) {
      const descriptor = heap.getSharedMemory();
      const json = JSON.parse(JSON.stringify(descriptor));
      assertCode('ERR_TH_ARG_TYPE', () => new MemoryHeap(json), /memory|buffers\[0\]/);
      const clone = new MemoryHeap(structuredClone(descriptor));
      clone.allocUI32(4).data.fill(3);
      assert.equal(heap.currentUsed, clone.currentUsed);
    }
  });

  it('may be the buffer alone, if that is growable', () => {
    const heap = heapOfBuffer();
    const clone = new MemoryHeap({ buffers: [heap.buffers[0].buf] });
    assert.equal(clone.bufferSize, heap.bufferSize);
    assert.deepEqual(clone.getSharedMemory(), heap.getSharedMemory());
  });

  it('is refused when it has only what a memory showed once', () => {
    const heap = new MemoryHeap({ memory: sharedMemory() });
    const buffers = [heap.buffers[0].buf];
    assertCode('ERR_TH_BAD_DESCRIPTOR', () => new MemoryHeap({ buffers }), /memory/);
    assert.equal(heap.stats().threads, 1);
  });

  it('names what is wrong with it', () => {
    for (const buffers of [undefined, null, 1, 'text', {}, [], new Uint8Array(8)]) {
      assertCode('ERR_TH_ARG_TYPE', () => new MemoryHeap({ buffers }), /buffers/);
    }
    const inherits = Object.create(SharedArrayBuffer.prototype);
    const views = [new ArrayBuffer(8192), new Uint8Array(8192)];
    for (const buffer of [undefined, null, 1, {}, inherits, ...views]) {
      assertCode('ERR_TH_ARG_TYPE', () => new MemoryHeap({ buffers: [buffer] }), /buffers\[0\]/);
    }
    const buffers = [new MemoryHeap().buffers[0].buf];
    assertCode('ERR_TH_UNKNOWN_OPTION', () => new MemoryHeap({ buffers, maxSize: 8192 }), /maxSize/);
  });

  it('is refused when its buffer is no heap', () => {
    const growable = { maxByteLength: 2 ** 20 };
    const none = [
      new SharedArrayBuffer(0),
      new SharedArrayBuffer(0, growable),
      new SharedArrayBuffer(100),
      new SharedArrayBuffer(4096),
      new SharedArrayBuffer(2 ** 20),
      new SharedArrayBuffer(8192, growable),
    ];
    for (const buffer of none) {
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new MemoryHeap({ buffers: [buffer] }));
    }
  });

  it('is refused when its buffer is a copy of a heap', () => {
    const heap = new MemoryHeap();
    const { buf } = heap.buffers[0];
    for (const options of [undefined, { maxByteLength: 2 ** 20 }]) {
      const copy = new SharedArrayBuffer(buf.byteLength, options);
      new Uint8Array(copy).set(new Uint8Array(buf));
      assertCode('ERR_TH_BAD_DESCRIPTOR', () => new MemoryHeap({ buffers: [copy] }));
    }
  });

  it('may leave its heapId out', () => {
    for (const heapId of [undefined, null]) {
      const heap = heapOfBuffer();
      const clone = new MemoryHeap({ ...heap.getSharedMemory(), heapId });
      assert.equal(clone.getSharedMemory().heapId, heap.getSharedMemory().heapId);
    }
  });

  it('is refused when its heapId is that of another heap', () => {
    const heap = new MemoryHeap();
    const { heapId } = new MemoryHeap().getSharedMemory();
    const wrong = { ...heap.getSharedMemory(), heapId };
    assertCode('ERR_TH_BAD_DESCRIPTOR', () => new MemoryHeap(wrong), /heapId/);
    assert.equal(new MemoryHeap(heap.getSharedMemory()).currentUsed, 0);
  });

  itRandomly('is refused or good when its header was overwritten, and the heap goes on', (random) => {
    const heap = new MemoryHeap();
    const list = new SharedList(heap);
    const header = new Uint32Array(heap.buffers[0].buf, 0, 1024);
    const original = header.slice();
    for (let i = 0; i < 300; i++) {
      for (let n = random.below(4); n >= 0; n--) {
        header[random.below(random.pick([8, 1024]))] = random.pick([0, ~0, random.uint32()]);
      }
      // Another object for the same buffer: the thread has to attach again.
      const descriptor = structuredClone(heap.getSharedMemory());
      try {
        new MemoryHeap(descriptor)[dispose]();
      } catch (error) {
        assert.equal(error.code, 'ERR_TH_BAD_DESCRIPTOR');
      }
      list.push(i);
      heap.alloc(i).free();
      if (random.chance(0.5)) header.set(original);
    }
    assert.equal(list.length, 300);
    header.set(original);
    assert.equal(new SharedList(new MemoryHeap(structuredClone(heap.getSharedMemory())),
      list.getSharedMemory()).length, 300);
    list.free();
    assert.equal(heap.currentUsed, 0);
  });
});

describe('the way of programs that know pointers only', () => {
  it('rebuilds blocks, lists and strings from words of memory', () => {
    const heap = new MemoryHeap();
    const root = heap.allocUI32(8);
    const list = new SharedList(heap, { initWithBlock: root.getArrayMemory(4), type: Uint32Array });
    const block = heap.allocUI32(3);
    root.data[0] = block.pointer;
    root.data[1] = new SharedString(heap, 'the name').pointer;
    root.data[2] = new SharedVector(heap).pointer;
    root.data[3] = new SharedMap(heap).pointer;
    list.push(7);
    block.data.set([1, 2, 3]);

    const other = new MemoryHeap(heap.getSharedMemory());
    const there = new AllocatedMemory(other, getPointer(root.pointer));
    const at = (i) => getPointer(there.data[i]);
    assert.deepEqual(Array.from(new AllocatedMemory(other, at(0)).data), [1, 2, 3]);
    assert.equal(new SharedString(other, at(1)).value, 'the name');
    new SharedVector(other, { firstBlock: at(2) }).push(5);
    new SharedMap(other, { firstBlock: at(3) }).set('a', 'b');
    const same = new SharedList(other, { firstBlock: there.getArrayMemory(4) });
    assert.deepEqual(Array.from(same.toArray()), [7]);

    same.free();
    new SharedString(other, at(1)).free();
    new SharedVector(other, { firstBlock: at(2) }).free();
    new SharedMap(other, { firstBlock: at(3) }).free();
    new AllocatedMemory(other, at(0)).free();
    there.free();
    assert.equal(heap.currentUsed, 0);
  });
});

// Runs in a process of its own, since what it tries can only crash.
describe('a copied header', () => {
  it('in a buffer that took the place of its heap is not that heap', function () {
    const program = `
      const { MemoryHeap } = require(${JSON.stringify(require.resolve('..'))});
      const maxSize = 2 ** 30;
      const headers = Array.from({ length: 20 }, () => {
        const heap = new MemoryHeap({ maxSize });
        heap.alloc(2 ** 26).free();
        return new Uint8Array(heap.buffers[0].buf, 0, 4096).slice();
      });
      const forge = () => {
        const buffer = new SharedArrayBuffer(8192, { maxByteLength: maxSize + 4096 });
        for (const header of headers) {
          new Uint8Array(buffer).set(header);
          try {
            new MemoryHeap({ buffers: [buffer] }).alloc(2 ** 25);
            process.exitCode = 1;
          } catch (error) {
            if (error.code !== 'ERR_TH_BAD_DESCRIPTOR') throw error;
          }
        }
      };
      global.gc();
      setImmediate(() => {
        for (let i = 0; i < 200; i++) forge();
      });`;
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', '--eval', program],
      { encoding: 'utf8', timeout: 15000 }
    );
    assert.deepEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
  });
});
