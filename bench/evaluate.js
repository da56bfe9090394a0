'use strict';

// What the rows of a trial come to: a ratio to the native structure, and how far the best of the
// other packages is behind.

const { drivers } = require('./drivers');

const PRODUCT = 'threadheap';
const AHEAD = { bar: 1, aim: 5 };
const SLOPE_SLACK = 0.25; // more than the native structure, which leaves the caches as well
const SLOPE_FROM = 1e3; // below, calls and caches tell more than the structure

function isOther({ peer }) {
  return !peer.startsWith(PRODUCT) && !drivers.get(peer)?.isNative;
}

function valueOf(row) {
  return row?.bytes ?? row?.ns;
}

// Above the bar, below it or at the aim: of what should be small.
function judge(value, { bar, aim }) {
  if (bar === undefined) return undefined;
  if (aim !== undefined && value <= aim) return 'aim';
  return value <= bar ? 'pass' : 'miss';
}

// Of what should be large.
function judgeLarge(value, { bar, aim }) {
  return judge(-value, { bar: -bar, aim: -aim });
}

function bestOther({ rows }) {
  const others = rows.filter((row) => row.status === 'ok' && isOther(row));
  return others.sort((a, b) => valueOf(a) - valueOf(b))[0];
}

// How the time per operation grows with the size: 0 is not at all, 1 in proportion. Least squares
// of the logarithms.
function slopeOf(rows) {
  const points = rows
    .filter((row) => row.status === 'ok' && row.size >= SLOPE_FROM)
    .map(({ size, ns }) => [Math.log(size), Math.log(ns)]);
  const mean = (axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}

function evaluateGrowth(trial, rows) {
  const failed = rows.find(({ status }) => status !== 'ok');
  if (failed) return { row: failed };
  const slope = slopeOf(rows);
  const nativeSlope = slopeOf(trial.rows.filter(({ peer }) => peer === trial.native));
  const verdict = judge(slope, { bar: Math.max(trial.slope, nativeSlope) + SLOPE_SLACK });
  return { row: rows.at(-1), slope, nativeSlope, verdict };
}

// The native structure, which may be that of another trial of the run.
function nativeRow(trial, trials) {
  const { native, nativeOf } = trial;
  const from = nativeOf ? trials.find(({ name }) => name === nativeOf) : trial;
  return from?.rows.find(({ peer }) => peer === native);
}

function evaluate(trial, trials) {
  const rows = trial.rows.filter(({ peer }) => peer === PRODUCT);
  if (trial.slope !== undefined) return evaluateGrowth(trial, rows);
  const [row] = rows;
  const native = nativeRow(trial, trials);
  const other = bestOther(trial);
  if (row?.status !== 'ok') return { row, native, other };
  if (row.scale !== undefined) {
    const verdict = judgeLarge(row.scale, trial);
    return { row, other, scale: row.scale, verdict, ...lead(row, other) };
  }
  const ratio = native?.status === 'ok' ? valueOf(row) / valueOf(native) : undefined;
  const verdict = ratio === undefined ? undefined : judge(ratio, trial);
  return { row, native, other, ratio, verdict, ...(row.ns && lead(row, other)) };
}

function lead(row, other) {
  if (!other) return {};
  const ahead = other.ns / row.ns;
  return { ahead, aheadVerdict: judgeLarge(ahead, AHEAD) };
}

module.exports = { PRODUCT, evaluate, isOther, valueOf };
