'use strict';

const { STRESS, fault } = require('./plant');

const storm = {
  args: [...STRESS, '-g', '^a registry'],
  env: { STRESS_SECONDS: '25' },
};

describe('a storm on a registry finds', () => {
  fault('a thread that is waited for although it has ended', {
    ...storm,
    file: 'lib/exchange.js',
    find: 'return !hasEnded(parseInt(id, 10)) && this.#members.has(id);',
    replace: 'return hasEnded !== undefined && this.#members.has(id);',
    says: /ERR_TH_TIMEOUT|waited/,
  });
});
