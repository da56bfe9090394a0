'use strict';

const { attack, fault } = require('./plant');

const storm = attack('^a registry');

describe('a storm on a registry finds', () => {
  fault('a thread that is waited for although it has ended', {
    ...storm,
    file: 'lib/exchange.js',
    find: 'return !hasEnded(parseInt(id, 10)) && this.#members.has(id);',
    replace: 'return hasEnded !== undefined && this.#members.has(id);',
    says: /ERR_TH_TIMEOUT|waited/,
  });
});
