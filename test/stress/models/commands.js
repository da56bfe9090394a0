'use strict';

// Commands on a world. The model of fast-check is the world, which has both sides.

const assert = require('node:assert/strict');
const fc = require('fast-check');
const { MemoryHeap, getPointer } = require('../../..');
const { CODES, assertCode } = require('../../helpers/check');
const { FULL, outcomeOf, outcomeOfHeap, resolve } = require('./call');
const memory = require('./memory');
const { World } = require('./world');

const WEIGHT = 4;
const HANDLES_MAX = 4;
const COMMANDS_MAX = 200;

const show = (args) => args.map(fc.stringify).join(', ');

// A command that is made for any subject of a class.
class Command {
  constructor(kind, number, ...rest) {
    Object.assign(this, { kind, number, rest });
  }

  check(world) {
    const subject = world.find(this.kind, this.number);
    return subject !== undefined && this.suits(subject);
  }

  run(world) {
    world.executed++;
    this.act(world, world.find(this.kind, this.number));
  }

  toString() {
    return `${this.constructor.name} ${this.kind.noun} ${this.number} ${show(this.rest)}`;
  }
}

// A call of the class's table, by one of the handles.
class Call extends Command {
  constructor(kind, name, number, handle, args) {
    super(kind, number);
    Object.assign(this, { name, handle, args, call: kind.calls[name] });
  }

  suits(subject) {
    const { when } = this.call;
    return when === undefined || when(subject.handle(this.handle).model);
  }

  act(world, subject) {
    const handle = subject.handle(this.handle);
    const args = resolve(this.args, handle.model);
    const wasFreed = subject.isFreed;
    const used = world.heap.currentUsed;
    const full = []; // of each attempt, whether it found the heap full
    const outcome = outcomeOfHeap(() => this.#runOnHeap(world, subject, handle, args, full));
    if (wasFreed && !this.call.worksFreed) {
      this.#expectFreed(outcome, () => this.#runOnModel(handle, args, full));
    } else {
      this.#compare(outcome, handle, args, full);
    }
    if (!this.call.run && outcome.thrown in CODES) {
      assert.equal(world.heap.currentUsed, used, 'the bytes in use after an error');
    }
    if (!wasFreed && subject.isFreed) return world.settle(subject, handle);
    if (full.includes(true)) subject.check();
  }

  #runOnHeap(world, subject, { real }, args, full) {
    const attempt = (call) => {
      const at = full.push(false) - 1;
      const returned = world.attempt(call);
      full[at] = returned === FULL;
      return returned;
    };
    const reopen = (options) => subject.kind.open(world.heap, real, options);
    return this.#make(real, args, { attempt, reopen });
  }

  // Where the heap was full, the model does nothing.
  #runOnModel({ model }, args, full) {
    const left = [...full];
    const attempt = (call) => (left.shift() ? FULL : call());
    return this.#make(model, args, { attempt, reopen: (options) => model.reopened(options) });
  }

  #make(handle, args, tools) {
    const { run, fills } = this.call;
    if (run) return run(handle, args, tools);
    const call = () => handle[this.name](...args);
    return fills ? tools.attempt(call) : call();
  }

  #compare(outcome, handle, args, full) {
    const { judge } = this.call;
    if (judge) {
      assert.ok('returned' in outcome, `${outcome.thrown} was thrown`);
      judge(handle.model, outcome.returned, args);
    } else {
      assert.deepEqual(outcome, outcomeOf(() => this.#runOnModel(handle, args, full)));
    }
    const { length } = this.kind;
    if (!handle.model.isFreed) assert.equal(length(handle.real), length(handle.model));
  }

  // A wrong argument may be found before that.
  #expectFreed({ thrown }, runOnModel) {
    if (thrown === 'ERR_TH_FREED') return;
    assert.match(thrown ?? 'nothing', /ERR_TH_ARG|NOT_CLONEABLE/, 'thrown by what was freed');
    assert.equal(thrown, outcomeOf(runOnModel).thrown);
  }

  toString() {
    return `${this.kind.noun} ${this.number}/${this.handle}.${this.name}(${show(this.args)})`;
  }
}

class Make {
  constructor(kind, form, options, block, word, heap) {
    Object.assign(this, { kind, form, options, block, word, heap });
  }

  check(world) {
    return world.hasRoomFor(this.kind) && (!this.#isPlaced || this.#place(world) !== undefined);
  }

  run(world) {
    world.executed++;
    const place = this.#isPlaced ? this.#place(world) : undefined;
    world.make(this.kind, this.kind.forms[this.form], this.options, place, this.heap);
  }

  get #isPlaced() {
    return this.kind.forms[this.form].isPlaced;
  }

  #place(world) {
    return world.findPlace(this.block, this.word);
  }

  toString() {
    const place = this.#isPlaced ? ` in memory ${this.block} at word ${this.word}` : '';
    return `make ${this.kind.noun} (${this.form})${place} ${fc.stringify(this.options)}`;
  }
}

// Another handle, by a descriptor of one there is.
class Reopen extends Command {
  suits({ isFreed, handles }) {
    return !isFreed && handles.length < HANDLES_MAX;
  }

  act(world, subject) {
    const [handle, options, heap] = this.rest;
    world.reopen(subject, handle, options, heap);
  }
}

// Opens the place of a container as one of another class, and in another heap.
class Mistake extends Command {
  suits({ isFreed }) {
    return !isFreed;
  }

  act(world, { pointer, descriptor }) {
    const [{ Class, placed }] = this.rest;
    const place = placed(getPointer(pointer));
    assertCode('ERR_TH_BAD_DESCRIPTOR', () => new Class(world.heap, place));
    const other = new MemoryHeap({ maxSize: 2 ** 16 });
    assertCode('ERR_TH_BAD_DESCRIPTOR', () => new this.kind.Class(other, descriptor));
  }

  toString() {
    return `open ${this.kind.noun} ${this.number} as a ${this.rest[0].noun}`;
  }
}

// Opens a descriptor of what was freed.
class OpenFreed extends Command {
  suits({ isFreed, host }) {
    return isFreed && !host;
  }

  act(world, { kind, descriptor }) {
    assertCode('ERR_TH_FREED', () => new kind.Class(world.heap, descriptor));
  }
}

// A command on the heap as a whole: a method of the world.
class OnHeap {
  constructor(name) {
    this.name = name;
  }

  check(world) {
    return this.name !== 'fill' || world.canBeFilled;
  }

  run(world) {
    world.executed++;
    world[this.name]();
  }

  toString() {
    return `${this.name} (the heap)`;
  }
}

// ---- arbitraries ----

const number = fc.nat(15);
const heap = fc.nat(1);
const weighted = (weight, arbitrary) => ({ weight, arbitrary });
const onHeap = ['checkHeap', 'fill', 'relieve'].map((name) =>
  weighted(2, fc.constant(new OnHeap(name)))
);

function callsOf(kind) {
  return Object.entries(kind.calls).map(([name, { args = [], weight = WEIGHT }]) =>
    weighted(
      weight,
      fc.tuple(number, number, fc.tuple(...args)).map((given) => new Call(kind, name, ...given))
    )
  );
}

function lifeOf(kind, kinds) {
  const form = fc.constantFrom(...Object.keys(kind.forms));
  const make = fc
    .tuple(form, kind.options, fc.nat(9), fc.nat(40), heap)
    .map((args) => new Make(kind, ...args));
  const reopen = fc
    .tuple(number, number, kind.reopenings, heap)
    .map((args) => new Reopen(kind, ...args));
  return [weighted(12, make), weighted(4, reopen), ...mistakesOf(kind, kinds)];
}

function mistakesOf(kind, kinds) {
  if (!kind.placed) return [];
  const others = kinds.filter((other) => other.placed && other !== kind);
  const mistake = fc
    .tuple(number, fc.constantFrom(...others))
    .map((args) => new Mistake(kind, ...args));
  return [
    weighted(1, mistake),
    weighted(2, number.map((n) => new OpenFreed(kind, n))),
  ];
}

const autoGrowSize = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });

// Heaps that fill up, and one that has room for everything.
const bufferOptions = fc.record({
  bufferSize: fc.constantFrom(8192, 4096, 1000, 1),
  initialBuffers: fc.integer({ min: 1, max: 3 }),
  maxSize: fc.oneof(
    weighted(2, fc.constant(2 ** 26)),
    weighted(1, fc.integer({ min: 2 ** 15, max: 2 ** 19 }))
  ),
  autoGrowSize,
});

// The same in a WebAssembly.Memory, which has `pages`.
const memoryOptions = fc.record({
  pages: fc.record({
    initial: fc.integer({ min: 1, max: 3 }),
    maximum: fc.constantFrom(1024, 3, 8),
    shared: fc.constant(true),
  }),
  reserve: fc.constantFrom(0, 5000),
  autoGrowSize,
});

const heapOptions = fc.oneof(weighted(3, bufferOptions), weighted(1, memoryOptions));

/**
 * A property: whatever is done to some containers of these classes and to blocks in one heap, they
 * behave as their models. `all` are the classes there are; `done(commands)` is told how many
 * commands were executed.
 */
function behavesAsModel(kinds, all, done) {
  const used = new Set([memory, ...kinds]);
  const life = [...used].flatMap((kind) => lifeOf(kind, all));
  const calls = kinds.flatMap(callsOf);
  const command = fc.oneof(...life, ...calls, ...onHeap);
  const commands = fc.commands([command], { maxCommands: COMMANDS_MAX, size: 'max' });
  return fc.asyncProperty(heapOptions, commands, async (options, chosen) => {
    const world = new World(options);
    fc.modelRun(() => ({ model: world, real: world.heap }), chosen);
    await world.end();
    done(world.executed);
  });
}

module.exports = { behavesAsModel };
