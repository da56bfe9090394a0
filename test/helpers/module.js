'use strict';

// A WebAssembly module, byte by byte. It imports a memory and exports
//   add(offset, value)  adds to an i32, atomically; returns what was there
//   sum(offset, count)  adds up that many i32
//   grow(pages)         enlarges the memory; returns how many pages there were, or -1
// and has static data.

const DATA = 'static data of the module';
const DATA_OFFSET = 16;

const I32 = 0x7f;
const FUNCTION = 0x60;

function leb128(number) {
  return number < 128 ? [number] : [(number & 127) | 128, ...leb128(number >>> 7)];
}

function vector(items) {
  return [...leb128(items.length), ...items.flat()];
}

function text(string) {
  return vector([...Buffer.from(string)]);
}

function section(id, items) {
  const content = vector(items);
  return [id, ...leb128(content.length), ...content];
}

function body(locals, ...code) {
  return vector([...vector(locals), ...code, 0x0b]);
}

const ADD = body([], 0x20, 0, 0x20, 1, 0xfe, 0x1e, 2, 0); // i32.atomic.rmw.add
const SUM = body(
  [[1, I32]],
  ...[0x02, 0x40, 0x03, 0x40, 0x20, 1, 0x45, 0x0d, 1], // block loop; leave it when count is 0
  ...[0x20, 2, 0x20, 0, 0x28, 2, 0, 0x6a, 0x21, 2], // sum += i32.load(offset)
  ...[0x20, 0, 0x41, 4, 0x6a, 0x21, 0], // offset += 4
  ...[0x20, 1, 0x41, 1, 0x6b, 0x21, 1], // count -= 1
  ...[0x0c, 0, 0x0b, 0x0b, 0x20, 2]
);
const GROW = body([], 0x20, 0, 0x40, 0);

function bytes(maximum, shared) {
  const memory = [shared ? 3 : 1, 1, ...leb128(maximum)];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [
      [FUNCTION, 2, I32, I32, 1, I32],
      [FUNCTION, 1, I32, 1, I32],
    ]),
    ...section(2, [[...text('env'), ...text('memory'), 2, ...memory]]),
    ...section(3, [[0], [0], [1]]),
    ...section(7, [
      [...text('add'), 0, 0],
      [...text('sum'), 0, 1],
      [...text('grow'), 0, 2],
    ]),
    ...section(10, [ADD, SUM, GROW]),
    ...section(11, [[0, 0x41, DATA_OFFSET, 0x0b, ...text(DATA)]]),
  ]);
}

// The functions of a new instance. `maximum` is the memory's, in pages.
function instantiate(memory, { maximum, shared = true }) {
  const module = new WebAssembly.Module(bytes(maximum, shared));
  return new WebAssembly.Instance(module, { env: { memory } }).exports;
}

module.exports = { DATA, DATA_OFFSET, instantiate };
