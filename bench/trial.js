'use strict';

// One trial, in a process of its own: `node --expose-gc --no-flush-bytecode trial.js <name> [--quick]`.
// Sends what it measured to the process that started it, or prints it.

const { competitorsOf } = require('./drivers');
const { trials } = require('./trials');

async function load(name, driver) {
  try {
    return { name, driver, module: await driver.load?.() };
  } catch (error) {
    return { name, driver, error };
  }
}

async function run(trial, options) {
  const entered = competitorsOf(trial);
  const loaded = await Promise.all(entered.map(([name, driver]) => load(name, driver)));
  const absent = loaded.filter(({ error }) => error).map(({ name, error }) => {
    const [message] = error.message.split('\n');
    return { peer: name, status: 'absent', message };
  });
  const { measure } = require(`./measure/${trial.measure ?? 'rounds'}`);
  const rows = await measure(trial, loaded.filter(({ error }) => !error), options);
  return [...rows, ...absent];
}

const [name, ...flags] = process.argv.slice(2);
const trial = trials.find((candidate) => candidate.name === name);
run(trial, { quick: flags.includes('--quick') }).then((rows) => {
  if (process.send) process.send(rows);
  else console.log(rows);
});
