'use strict';

const fc = require('fast-check');
const { attack } = require('./attack');
const { behavesAsModel } = require('./models/commands');

// Each has a file in models/.
const kinds = ['list', 'vector', 'map', 'string', 'store', 'memory', 'pointer-list',
  'cached-item-list'].map((noun) => require(`./models/${noun}`));

const SEQUENCES = 50; // of one round
const SHRINK_LIMIT_MS = 20_000;

// Runs random commands against the models; returns how many.
async function runCommands(chosen, random) {
  let executed = 0;
  const property = behavesAsModel(chosen, kinds, (commands) => (executed += commands));
  await fc.assert(property, {
    seed: random.uint32() | 0,
    numRuns: SEQUENCES,
    interruptAfterTimeLimit: SHRINK_LIMIT_MS,
  });
  return executed;
}

describe('random calls', () => {
  for (const kind of kinds) {
    attack(
      `a ${kind.noun} does what its model does`,
      { full: 18_000, unit: 'commands', share: 0.02 },
      (random) => runCommands([kind], random)
    );
  }

  attack(
    'containers of all classes in one heap do what their models do',
    { full: 30_000, unit: 'commands', share: 0.05 },
    (random) => runCommands(kinds, random)
  );
});
