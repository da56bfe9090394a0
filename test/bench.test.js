'use strict';

const assert = require('node:assert');
const { competitorsOf } = require('../bench/drivers');
const { trials } = require('../bench/trials');

describe('benchmark', () => {
  it('gives every trial a name of its own', () => {
    const names = trials.map(({ name }) => name);
    assert.deepStrictEqual(names, [...new Set(names)]);
  });

  it('has threadheap and what it is compared with in every trial', () => {
    for (const trial of trials) {
      const names = competitorsOf(trial).map(([name]) => name);
      assert.ok(names.includes('threadheap'), trial.name);
      if (!trial.native || trial.nativeOf) continue;
      assert.ok(names.includes(trial.native), `${trial.name}: ${trial.native}`);
    }
  });

  it('has every loop that a competitor of a trial needs', () => {
    for (const trial of trials) {
      const { name, noun, fill, before, verify } = trial;
      const wanted = [fill, before, verify?.operation].filter((loop) => loop !== undefined);
      for (const [competitor, driver] of competitorsOf(trial)) {
        for (const loop of wanted) {
          assert.ok(loop in driver[noun], `${competitor} has no ${loop} for ${name}`);
        }
      }
    }
  });

  it('compares with a trial that exists where it compares with another', () => {
    const borrowing = trials.filter(({ nativeOf }) => nativeOf !== undefined);
    assert.notStrictEqual(borrowing.length, 0);
    for (const { name, native, nativeOf } of borrowing) {
      const lender = trials.find((trial) => trial.name === nativeOf);
      const names = competitorsOf(lender).map(([competitor]) => competitor);
      assert.ok(names.includes(native), name);
    }
  });
});
