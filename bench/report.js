'use strict';

// Writes what was measured: to the terminal, and after a whole run to bench/results.json, of which
// the tables, the charts and the section of the README are made. `node bench/report.js` makes them
// again.

const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { growthChart, peerChart, ratioChart } = require('./charts');
const { evaluate } = require('./evaluate');
const { outcome, times } = require('./format');
const { fullTable, growthTable, summaryTable } = require('./table');

const RESULTS = join(__dirname, 'results.json');
const README = join(__dirname, '..', 'README.md');
const BEGIN = '<!-- bench: what follows is written by bench/report.js -->';
const END = '<!-- bench: end -->';

function describe({ machine, quick }) {
  const { cores, architecture, system, node, date, load } = machine;
  const where =
    `${cores} cores, ${architecture}, ${system}, Node.js ${node}, ${date}, ` +
    `load by other programs ${load.toFixed(1)}`;
  return quick ? `${where}; a quick run, with fewer rounds` : where;
}

// One line about a trial that has just ended.
function summarize(trial, { trials }) {
  const { row, ratio, scale, slope, verdict, other, ahead } = evaluate(trial, trials);
  const parts = [trial.name, outcome(row, trial.unit)];
  if (ratio !== undefined) parts.push(`${times(ratio)} ${trial.native}`);
  if (scale !== undefined) parts.push(`scales ${times(scale)}`);
  if (slope !== undefined) parts.push(`exponent ${slope.toFixed(2)}`);
  if (trial.bar !== undefined) parts.push(`bar ${trial.bar}, aim ${trial.aim ?? '–'}`);
  if (verdict !== undefined) parts.push(verdict);
  if (ahead !== undefined) parts.push(`${times(ahead)} ahead of ${other.peer}`);
  const failed = trial.rows.filter(({ status }) => status !== 'ok');
  for (const { peer, status } of failed) parts.push(`${peer}: ${status}`);
  return parts.join(' | ');
}

function bars({ trials }) {
  const judged = trials.map((trial) => evaluate(trial, trials));
  const held = judged.filter(({ verdict }) => verdict === 'pass' || verdict === 'aim').length;
  const all = judged.filter(({ verdict }) => verdict !== undefined).length;
  const first = judged.filter(({ ahead }) => ahead >= 1).length;
  const met = judged.filter(({ ahead }) => ahead !== undefined).length;
  return (
    `Of ${all} ratios that have a bar, ${held} are within it. Of ${met} operations that another ` +
    `package has, threadheap is ahead of all in ${first}.`
  );
}

// The section of the README between its two comments.
function readmeSection(results) {
  return `${BEGIN}

![Ratios to the native structures](bench/charts/ratio.svg)

![Beside other packages](bench/charts/peers.svg)

![Growth](bench/charts/growth.svg)

Measured with ${describe(results)}. Times are medians per operation and differ from machine to
machine: the ratios are what to look at. ${bars(results)}
[bench/results.md](bench/results.md) has everything that was measured.

<details>
<summary>All trials</summary>

${summaryTable(results)}

${growthTable(results)}

</details>

${END}`;
}

function writeReadme(results) {
  const readme = readFileSync(README, 'utf8');
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('README.md has no place for the results');
  const after = readme.slice(end + END.length);
  writeFileSync(README, readme.slice(0, begin) + readmeSection(results) + after);
}

function writeCharts(results) {
  const directory = join(__dirname, 'charts');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'ratio.svg'), ratioChart(results));
  writeFileSync(join(directory, 'peers.svg'), peerChart(results));
  writeFileSync(join(directory, 'growth.svg'), growthChart(results));
}

function writeReport(results) {
  const text = `# Results

${describe(results)}. ${bars(results)}

${summaryTable(results)}

## Growth

${growthTable(results)}

## Everything that was measured

${fullTable(results)}
`;
  writeFileSync(join(__dirname, 'results.md'), text);
  writeCharts(results);
  writeReadme(results);
}

function publish(results, { isWhole }) {
  console.log(`\n${describe(results)}\n\n${summaryTable(results)}\n\n${bars(results)}`);
  if (!isWhole) return;
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  writeReport(results);
  console.log('written: bench/results.json, bench/results.md, bench/charts, README.md');
}

if (require.main === module) writeReport(JSON.parse(readFileSync(RESULTS, 'utf8')));

module.exports = { publish, summarize };
