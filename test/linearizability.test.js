'use strict';

const assert = require('node:assert/strict');
const { assertLinearizable, explain, isLinearizable } = require('./helpers/linearizability');
const { Random, itRandomly } = require('./helpers/random');

const PENDING = undefined;

// An operation: thread, start, end, what was called with which arguments, and what it returned.
function op(thread, start, end, call, args = [], result = undefined) {
  return { thread, start, end, call, args, result };
}

const register = {
  reads: ['read'],
  apply(state, { call, args: [value, next] }) {
    switch (call) {
      case 'write':
        return { state: value };
      case 'add':
        return { state: state + value, result: state + value };
      case 'replace':
        return { state: state === value ? next : state, result: state === value };
      default:
        return { state, result: state };
    }
  },
};

const sequence = {
  reads: ['length'],
  apply(state, { call, args: [value] }) {
    switch (call) {
      case 'push':
        return { state: [...state, value] };
      case 'pop':
        return { state: state.slice(0, -1), result: state.at(-1) };
      case 'shift':
        return { state: state.slice(1), result: state[0] };
      default:
        return { state, result: state.length };
    }
  },
};

// Registers by name; the first argument is the name.
const registers = {
  reads: ['read'],
  apply: (state, { call, args }) => register.apply(state, { call, args: args.slice(1) }),
  split: ({ initial, operations }) =>
    Object.keys(initial).map((key) => ({
      initial: initial[key],
      operations: operations.filter(({ args }) => args[0] === key),
    })),
};

const accepts = (model, initial, ...operations) =>
  assert.ok(isLinearizable({ initial, operations }, model));

const refuses = (model, initial, ...operations) => {
  assert.ok(!isLinearizable({ initial, operations }, model));
  assert.throws(() => assertLinearizable({ initial, operations }, model), /^Error: not linearizable/);
};

describe('linearizability checker', () => {
  describe('accepts', () => {
    it('an empty history', () => accepts(register, 0));

    it('what one thread does', () =>
      accepts(register, 0, op(0, 0, 1, 'write', [5]), op(0, 1, 2, 'read', [], 5)));

    it('either order of two writes at once', () => {
      const writes = [op(0, 0, 3, 'write', [1]), op(1, 1, 2, 'write', [2])];
      accepts(register, 0, ...writes, op(0, 3, 4, 'read', [], 1));
      accepts(register, 0, ...writes, op(0, 3, 4, 'read', [], 2));
    });

    it('a read that sees a write at once, or does not', () => {
      const write = op(0, 0, 5, 'write', [1]);
      accepts(register, 0, write, op(1, 1, 2, 'read', [], 0), op(1, 3, 4, 'read', [], 1));
      accepts(register, 0, write, op(1, 1, 2, 'read', [], 1), op(2, 1, 3, 'read', [], 0));
    });

    it('a late beginner that happens first', () =>
      accepts(
        register,
        0,
        op(0, 0, 9, 'read', [], 2),
        op(1, 1, 3, 'write', [1]),
        op(1, 4, 8, 'write', [2]),
        op(2, 5, 7, 'read', [], 1)
      ));

    it('a pending write that happened, and one that did not', () => {
      const write = op(0, 0, PENDING, 'write', [1]);
      accepts(register, 0, write, op(1, 1, 2, 'read', [], 1));
      accepts(register, 0, write, op(1, 1, 2, 'read', [], 0), op(1, 3, 4, 'read', [], 1));
      accepts(register, 0, write, op(1, 1, 2, 'read', [], 0), op(1, 3, 4, 'read', [], 0));
    });

    it('only pending operations', () => accepts(register, 0, op(0, 0, PENDING, 'read')));

    it('two pops at once of two elements, in either order', () => {
      const pops = (a, b) => [op(0, 0, 3, 'pop', [], a), op(1, 1, 2, 'pop', [], b)];
      accepts(sequence, [1, 2], ...pops(1, 2));
      accepts(sequence, [1, 2], ...pops(2, 1));
      accepts(sequence, [1], ...pops(undefined, 1));
    });

    it('parts that are linearizable each for itself', () =>
      accepts(
        registers,
        { a: 0, b: 0 },
        op(0, 0, 5, 'write', ['a', 1]),
        op(1, 1, 2, 'read', ['b'], 0),
        op(1, 3, 4, 'read', ['a'], 1)
      ));
  });

  describe('refuses', () => {
    it('a lost update', () =>
      refuses(register, 0, op(0, 0, 3, 'add', [1], 1), op(1, 1, 2, 'add', [1], 1)));

    it('two replacements of one value', () =>
      refuses(
        register,
        0,
        op(0, 0, 3, 'replace', [0, 1], true),
        op(1, 1, 2, 'replace', [0, 2], true)
      ));

    it('a stale read', () =>
      refuses(register, 0, op(0, 0, 1, 'write', [1]), op(1, 1, 2, 'read', [], 0)));

    it('a read of the old value after one of the new', () =>
      refuses(
        register,
        0,
        op(0, 0, 9, 'write', [1]),
        op(1, 1, 2, 'read', [], 1),
        op(2, 2, 3, 'read', [], 0)
      ));

    it('a read of what is written only later', () =>
      refuses(register, 0, op(0, 0, 1, 'read', [], 1), op(1, 1, 2, 'write', [1])));

    it('a read of a value that was never written, or torn', () => {
      const writes = [op(0, 0, 3, 'write', ['aaaa']), op(1, 0, 3, 'write', ['bbbb'])];
      refuses(register, '', ...writes, op(2, 1, 2, 'read', [], 'cccc'));
      refuses(register, '', ...writes, op(2, 1, 2, 'read', [], 'aabb'));
    });

    it('an element that is popped twice', () =>
      refuses(sequence, [1, 2], op(0, 0, 3, 'pop', [], 2), op(1, 1, 2, 'pop', [], 2)));

    it('an element that was never there for either end', () =>
      refuses(sequence, [1, 2, 3], op(0, 0, 3, 'shift', [], 2), op(1, 1, 2, 'pop', [], 3)));

    it('pops in the wrong order', () =>
      refuses(
        sequence,
        [],
        op(0, 0, 1, 'push', [1]),
        op(0, 1, 2, 'push', [2]),
        op(1, 2, 3, 'shift', [], 2),
        op(1, 3, 4, 'shift', [], 1)
      ));

    it('an empty list while an element is there throughout', () =>
      refuses(
        sequence,
        [1],
        op(0, 0, 9, 'push', [2]),
        op(1, 1, 8, 'shift', [], 1),
        op(2, 2, 3, 'length', [], 2),
        op(2, 3, 4, 'length', [], 0)
      ));

    it('an order that only the times forbid', () => {
      const pushes = (end) => [op(0, 0, end, 'push', [1]), op(1, 2, 3, 'push', [2])];
      const shifts = [op(0, 4, 5, 'shift', [], 2), op(0, 5, 6, 'shift', [], 1)];
      accepts(sequence, [], ...pushes(3), ...shifts);
      refuses(sequence, [], ...pushes(2), ...shifts);
    });

    it('a pending write that is there and gone again', () =>
      refuses(
        register,
        0,
        op(0, 0, PENDING, 'write', [1]),
        op(1, 1, 2, 'read', [], 1),
        op(1, 2, 3, 'read', [], 0)
      ));

    it('a pending write that is seen before it began', () =>
      refuses(register, 0, op(1, 0, 1, 'read', [], 1), op(0, 1, PENDING, 'write', [1])));

    it('one wrong part among right ones', () =>
      refuses(
        registers,
        { a: 0, b: 0 },
        op(0, 0, 1, 'write', ['a', 1]),
        op(1, 1, 2, 'read', ['b'], 0),
        op(1, 3, 4, 'read', ['a'], 0)
      ));
  });

  // Whether some order of the operations keeps the times and gives the results.
  function hasOrder(model, state, operations) {
    if (operations.length === 0) return true;
    return operations.some((first) => {
      const others = operations.filter((other) => other !== first);
      if (others.some((other) => other.end <= first.start)) return false;
      const next = model.apply(state, first);
      return next.result === first.result && hasOrder(model, next.state, others);
    });
  }

  function randomHistory(random) {
    return Array.from({ length: 6 }, (_, i) => {
      const start = random.below(12);
      const end = start + 1 + random.below(6);
      const call = random.pick(['write', 'read', 'read', 'add']);
      const result = call === 'write' ? undefined : random.below(5);
      return op(i, start, end, call, call === 'read' ? [] : [1 + random.below(2)], result);
    });
  }

  itRandomly('says what trying every order says', () => {
    const random = new Random();
    const seen = { true: 0, false: 0 };
    for (let i = 0; i < 20000; i++) {
      const operations = randomHistory(random);
      const expected = hasOrder(register, 0, operations);
      seen[expected]++;
      assert.equal(isLinearizable({ initial: 0, operations }, register), expected);
    }
    assert.ok(seen.true > 100 && seen.false > 100);
  });

  it('is quick about a long history of which nothing is certain', () => {
    const operations = [];
    for (let i = 0; i < 400; i++) {
      operations.push(op(i % 2, i, i + 2, 'write', [i]), op(2 + (i % 2), i, i + 2, 'read', [], i));
    }
    accepts(register, 0, ...operations);
    refuses(register, 0, ...operations, op(9, 500, 501, 'read', [], 1));
  });

  it('reports the least that is wrong, in one column for each thread', () => {
    const operations = [
      op(0, 0, 1, 'read', [], 0),
      op(2, 0, 8, 'write', [7]),
      op(0, 1, 6, 'write', [1]),
      op(1, 2, 3, 'read', [], 1),
      op(1, 3, 4, 'read', [], 0),
      op(1, 6, 7, 'read', [], 99),
    ];
    const report = [
      'not linearizable, from the state 0:',
      'time          thread 0      thread 1     thread 2',
      '0 to                                     write(7) ...',
      '1 to          write(1) ...',
      '2 to 3                      read() -> 1',
      '3 to 4                      read() -> 0',
      'the longest order that fits:',
      'thread 2: write(7) ...',
      'thread 0: write(1) ...',
      'thread 1: read() -> 1',
      'leaves the state 1, where these do not fit:',
      'thread 1: read() -> 0, not 1',
    ];
    assert.equal(explain({ initial: 0, operations }, register), report.join('\n  '));
  });
});
