'use strict';

// The core without Node, under AddressSanitizer: programs of calls and of writes into the image,
// which libFuzzer makes up from the kept ones.

const { attack } = require('./attack');
const { build, fuzz } = require('../../scripts/fuzz');

const EXECUTIONS = 5000; // of one round

describe('the core, driven by programs that overwrite its image,', () => {
  before('the fuzz target is built', function () {
    this.timeout(120_000);
    build();
  });

  attack(
    'keeps within the image, ends each call and says what can be true',
    { full: 120_000, unit: 'executions', share: 0.08 },
    async (random) => fuzz([`-runs=${EXECUTIONS}`, `-seed=${random.uint32()}`])
  );
});
