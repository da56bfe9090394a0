'use strict';

// The charts of the report, each the text of an SVG.

const { PRODUCT, evaluate, isOther, valueOf } = require('./evaluate');
const { number, times } = require('./format');
const { circle, drawing, line, logScale, polyline, rectangle, text } = require('./svg');

const WIDTH = 860;
const LABELS = 270; // of what is left of the axis
const ROW = 20;
const TOP = 64;

function axis(scale, ticks, height, show) {
  return ticks.map((tick) => {
    const x = scale(tick);
    const rule = line(x, TOP - 8, x, height - 12, tick === 1 ? 'one' : 'grid');
    return rule + text(x, TOP - 14, show(tick), 'small middle');
  });
}

function mark(scale, value, y, className) {
  return value === undefined ? '' : line(scale(value), y - 8, scale(value), y + 8, className);
}

function ratioRow(scale, { trial, evaluation }, i) {
  const { ratio, verdict } = evaluation;
  const y = TOP + i * ROW + ROW / 2;
  const [from, to] = [scale(1), scale(ratio)].sort((a, b) => a - b);
  return [
    text(LABELS - 8, y + 4, trial.name, 'end'),
    rectangle(from, y - 6, Math.max(to - from, 1), 12, verdict === 'miss' ? 'over' : 'ours'),
    mark(scale, trial.bar, y, 'bar'),
    mark(scale, trial.aim, y, 'aim'),
    text(WIDTH - 8, y + 4, times(ratio), 'small end'),
  ].join('');
}

// Ratios to the native structure: to the left of 1 is faster.
function ratioChart({ trials }) {
  const shown = trials
    .map((trial) => ({ trial, evaluation: evaluate(trial, trials) }))
    .filter(({ evaluation }) => evaluation.ratio !== undefined && evaluation.row.ns);
  const height = TOP + shown.length * ROW + 16;
  const scale = logScale(1 / 32, 64, LABELS, WIDTH - LABELS - 60);
  const ticks = [1 / 32, 1 / 8, 1 / 2, 1, 2, 4, 8, 16, 32, 64];
  return drawing(
    WIDTH,
    height,
    'Time of threadheap as a multiple of the native structure (solid mark: bar, dashed: aim)',
    ...axis(scale, ticks, height, (tick) => (tick < 1 ? `1/${1 / tick}` : `${tick}x`)),
    ...shown.map((entry, i) => ratioRow(scale, entry, i))
  );
}

function peerRow(scale, { trial, row, others }, i) {
  const y = TOP + i * ROW + ROW / 2;
  const furthest = others.at(-1);
  return [
    text(LABELS - 8, y + 4, trial.name, 'end'),
    line(scale(row.ns), y, scale(furthest.ns), y, 'grid'),
    ...others.map(({ ns }) => circle(scale(ns), y, 'other')),
    circle(scale(row.ns), y, 'ours'),
    text(WIDTH - 8, y + 4, `${others[0].peer} ${times(others[0].ns / row.ns)}`, 'small end'),
  ].join('');
}

// Times per operation beside those of the other packages.
function peerChart({ trials }) {
  const shown = trials
    .filter(({ slope, unit }) => slope === undefined && unit === undefined)
    .map((trial) => {
      const ok = trial.rows.filter(({ status }) => status === 'ok');
      const others = ok.filter(isOther).sort((a, b) => valueOf(a) - valueOf(b));
      return { trial, row: ok.find(({ peer }) => peer === PRODUCT), others };
    })
    .filter(({ row, others }) => row && others.length > 0);
  const height = TOP + shown.length * ROW + 16;
  const scale = logScale(1, 1e7, LABELS, WIDTH - LABELS - 170);
  const ticks = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7];
  return drawing(
    WIDTH,
    height,
    'ns per operation: threadheap (blue), others (grey); right: how many times ahead of the best',
    ...axis(scale, ticks, height, number),
    ...shown.map((entry, i) => peerRow(scale, entry, i))
  );
}

const PANEL = { width: 270, height: 170, left: 40, top: 40 };
const COLUMNS = 3;

function panelLine(rows, x, y, className) {
  const measured = rows.filter(({ status }) => status === 'ok');
  return polyline(measured.map(({ size, ns }) => [x(size), y(ns)]), className);
}

function power(tick) {
  return `1e${Math.log10(tick)}`;
}

function panelAxes(x, y, left, right, bottom) {
  const durations = [1, 100, 1e4, 1e6, 1e8].map((tick) => {
    const label = text(left - 4, y(tick) + 4, power(tick), 'small end');
    return line(left, y(tick), right, y(tick), 'grid') + label;
  });
  const sizes = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7].map((tick) =>
    text(x(tick), bottom + 14, power(tick), 'small middle')
  );
  return [...durations, ...sizes];
}

function growthPanel({ name, native, rows }, i) {
  const left = 12 + (i % COLUMNS) * (PANEL.width + 12) + PANEL.left;
  const top = 48 + Math.floor(i / COLUMNS) * (PANEL.height + 24) + 24;
  const [right, bottom] = [left + PANEL.width - PANEL.left, top + PANEL.height - PANEL.top];
  const x = logScale(1e2, 1e7, left, right - left);
  const y = logScale(1, 1e8, bottom, top - bottom);
  return [
    text(left, top - 8, `${name.replace('growth of ', '')} (dashed: ${native})`),
    ...panelAxes(x, y, left, right, bottom),
    panelLine(rows.filter(({ peer }) => peer === native), x, y, 'native'),
    panelLine(rows.filter(({ peer }) => peer === PRODUCT), x, y, 'line'),
  ].join('');
}

// Time per operation against the number of entries.
function growthChart({ trials }) {
  const grown = trials.filter(({ slope }) => slope !== undefined);
  const height = 60 + Math.ceil(grown.length / COLUMNS) * (PANEL.height + 24);
  return drawing(
    WIDTH,
    height,
    'ns per operation against the number of entries',
    ...grown.map(growthPanel)
  );
}

module.exports = { growthChart, peerChart, ratioChart };
