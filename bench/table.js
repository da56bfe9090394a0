'use strict';

// Markdown tables of results.

const { evaluate } = require('./evaluate');
const { limits, number, outcome, times, verdict } = require('./format');

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((title, i) => (i === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map(line).join('\n');
}

function nativeCell({ native, nativeOf, unit }, evaluation) {
  if (evaluation.scale !== undefined) return `one thread ${number(evaluation.row.alone.ns)} ns`;
  if (native === undefined) return '–';
  const of = nativeOf ? ` (${nativeOf})` : '';
  return `${native}${of} ${outcome(evaluation.native, unit)}`;
}

function otherSize(other, row) {
  return other.size < row.size ? ` (of ${number(other.size)})` : '';
}

function summaryRow(trial, trials) {
  const evaluation = evaluate(trial, trials);
  const { row, other, ratio, scale, ahead } = evaluation;
  return [
    trial.name,
    outcome(row, trial.unit),
    nativeCell(trial, evaluation),
    times(ratio ?? scale),
    limits(trial),
    verdict(evaluation.verdict),
    other ? `${other.peer} ${outcome(other, trial.unit)}${otherSize(other, row)}` : '–',
    times(ahead),
    verdict(evaluation.aheadVerdict),
  ];
}

const SUMMARY_HEAD = ['operation', 'threadheap', 'in JavaScript', 'ratio', 'bar / aim', '',
  'best other package', 'ahead', ''];

// One line for each trial but those of growth.
function summaryTable({ trials }) {
  const shown = trials.filter(({ slope }) => slope === undefined);
  return table(SUMMARY_HEAD, shown.map((trial) => summaryRow(trial, trials)));
}

function growthTable({ trials }) {
  const grown = trials.filter(({ slope }) => slope !== undefined);
  const rows = grown.map((trial) => {
    const { row, slope, nativeSlope, verdict: judged } = evaluate(trial, trials);
    const documented = trial.slope === 0 ? 'O(1)' : 'O(n)';
    const measured = slope === undefined ? outcome(row) : slope.toFixed(2);
    const native = nativeSlope === undefined ? '–' : `${trial.native} ${nativeSlope.toFixed(2)}`;
    return [trial.name, documented, measured, native, verdict(judged)];
  });
  return table(['operation', 'documented', 'exponent', 'in JavaScript', ''], rows);
}

function note({ status, message, count }) {
  if (status !== 'ok') return message.replaceAll('|', '\\|');
  return count === undefined ? '' : `${number(count)} operations a round`;
}

function everyRow({ name, unit = 'ns', rows }) {
  return rows.map((row) => [
    row.size && unit === 'ns' ? `${name} (${number(row.size)})` : name,
    row.peer,
    outcome(row, unit),
    number(row.min),
    row.rounds ?? '–',
    note(row),
  ]);
}

// All that was measured.
function fullTable({ trials }) {
  const head = ['trial (entries)', 'competitor', 'median', 'least', 'rounds', 'note'];
  return table(head, trials.flatMap(everyRow));
}

module.exports = { fullTable, growthTable, summaryTable };
