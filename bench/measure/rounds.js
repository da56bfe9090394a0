'use strict';

// Times of an operation: every competitor takes its turn in each round, so that what else the
// machine does meets all of them.

const { Contestant } = require('./contestant');

const ROUNDS = { normal: { warmUp: 2, timed: 7 }, quick: { warmUp: 1, timed: 3 } };
const LARGE = { size: 1e7, rounds: { warmUp: 0, timed: 1 } }; // takes a while
const FEWEST_TIMED = 3;
const BUDGET_MS = 6000; // of one competitor, after which the fewest rounds are enough

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function turn(entrant, { warmUp, timed }) {
  const { contestant } = entrant;
  if (contestant.times.length >= warmUp + Math.min(timed, FEWEST_TIMED)) {
    if (entrant.spentMs > BUDGET_MS) return;
  }
  globalThis.gc();
  const start = performance.now();
  try {
    contestant.round();
  } catch (error) {
    entrant.error = error;
    return;
  }
  entrant.spentMs += performance.now() - start;
}

function row({ name, contestant, error }, warmUp) {
  const { size, count } = contestant.data;
  if (error) {
    const status = error.isMissing ? 'missing' : 'error';
    return { peer: name, size, status, message: error.message.slice(0, 200) };
  }
  const times = contestant.times.slice(warmUp);
  return {
    peer: name,
    size,
    status: 'ok',
    ns: median(times),
    min: Math.min(...times),
    rounds: times.length,
    repeats: contestant.repeats,
    ...(count < size && { count }),
  };
}

// Fewer entries for who cannot hold them all.
function dataFor({ largest }, { noun, data }, all) {
  const most = largest?.[noun] ?? Infinity;
  return all.size > most ? data(most) : all;
}

function measureSize(trial, competitors, data, rounds) {
  const entrants = competitors.map(({ name, driver, module }) => ({
    name,
    contestant: new Contestant(driver, module, trial, dataFor(driver, trial, data)),
    spentMs: 0,
  }));
  for (let i = 0; i < rounds.warmUp + rounds.timed; i++) {
    for (const entrant of entrants) if (!entrant.error) turn(entrant, rounds);
  }
  for (const { contestant } of entrants) contestant.end();
  return entrants.map((entrant) => row(entrant, rounds.warmUp));
}

// `sizes` of a trial are measured one after the other, by all.
function measure(trial, competitors, { quick }) {
  const rounds = { ...ROUNDS[quick ? 'quick' : 'normal'], ...(!quick && trial.rounds) };
  const sizes = trial.sizes ?? [trial.size];
  return sizes.flatMap((size) => {
    const own = size < LARGE.size ? rounds : LARGE.rounds;
    return measureSize(trial, competitors, trial.data(size), own);
  });
}

module.exports = { measure, median };
