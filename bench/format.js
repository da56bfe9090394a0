'use strict';

// Numbers and judgements as text.

const VERDICTS = { aim: 'aim', pass: 'pass', miss: '**miss**' };

// Three digits that count, and thousands as such.
function number(value) {
  if (value === undefined) return '–';
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

function times(value) {
  if (value === undefined) return '–';
  if (value < 0.1) return `${value.toPrecision(2)}x`;
  return value >= 100 ? `${Math.round(value).toLocaleString('en-US')}x` : `${value.toFixed(2)}x`;
}

function verdict(value) {
  return VERDICTS[value] ?? '–';
}

// What a row came to, or why it did not.
function outcome(row, unit = 'ns') {
  if (row === undefined) return '–';
  if (row.status === 'ok') return `${number(row.bytes ?? row.ns)} ${unit}`;
  return row.status === 'missing' ? 'not there' : row.status;
}

function limits({ bar, aim }) {
  if (bar === undefined) return '–';
  return aim === undefined ? `${bar}x` : `${bar}x / ${aim}x`;
}

module.exports = { limits, number, outcome, times, verdict };
