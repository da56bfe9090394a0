'use strict';

// Workers that run tasks beside the main thread.

const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { generator, seed } = require('./random');
const { describeShared } = require('./shared');
const { Signals, withTimeout } = require('./sync');

const PROGRAM = path.join(__dirname, 'worker.js');
const WORKERS = 4;

const live = new Set(); // members whose workers have not ended
const errors = []; // of the members of one test

class Member {
  #settle;

  constructor(workerData, transferList = []) {
    this.worker = new Worker(PROGRAM, { workerData, transferList, stderr: false });
    live.add(this);
    this.ready = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.value = this.#result();
    this.ready.catch(() => {}); // who waits for them sees it
    this.value.catch(() => {});
  }

  // Ends the worker wherever it is.
  terminate() {
    return withTimeout(this.worker.terminate(), 'a worker to be terminated');
  }

  #result() {
    return new Promise((resolve, reject) => {
      const fail = (error) => {
        this.#settle.reject(error);
        reject(error);
      };
      this.worker.on('message', (message) => {
        if ('isReady' in message) this.#settle.resolve();
        if ('value' in message) resolve(message.value);
      });
      this.worker.on('error', (error) => {
        errors.push(error);
        fail(error);
      });
      this.worker.on('exit', (code) => {
        live.delete(this);
        fail(new Error(`the worker ended without a result, exit code ${code}`));
      });
    });
  }
}

class Team {
  constructor(objects, task, { count = WORKERS, signals = new Signals(), ports = [], ...args } = {}) {
    this.objects = objects;
    this.task = task;
    this.args = args;
    this.signals = signals;
    const shared = describeShared(objects);
    this.members = Array.from({ length: count }, (_, id) => {
      const port = ports[id];
      const data = { ...args, task, shared, signals: signals.buffer, seed, id, count };
      return new Member(port ? { ...data, port } : data, port ? [port] : []);
    });
  }

  go() {
    this.signals.set('go', 1);
  }

  ready() {
    return withTimeout(Promise.all(this.members.map(({ ready }) => ready)), 'workers to start');
  }

  // Waits for a signal, or for the error that keeps a worker from giving it.
  reach(name, least) {
    const failed = this.members.map(({ value }) => value.then(() => new Promise(() => {})));
    return Promise.race([this.signals.reach(name, least), ...failed]);
  }

  // What each task returned.
  values() {
    return withTimeout(Promise.all(this.members.map(({ value }) => value)), `${this.task} to end`);
  }

  async ended() {
    await withTimeout(Promise.all(this.members.map(({ exited }) => exited)), 'workers to exit');
  }

  // The same task in this thread.
  takePart(args) {
    const [noun, name] = this.task.split('.');
    const id = this.members.length;
    const own = { ...this.args, ...args, id, count: id, seed, signals: this.signals };
    return require(`./tasks/${noun}`)[name](this.objects, { ...own, random: generator(seed, id) });
  }
}

// Starts workers that run the task `noun.name` on the objects; they wait for go().
async function startTeam(objects, task, args) {
  const team = new Team(objects, task, args);
  await team.ready();
  return team;
}

// Runs the task in workers and in this thread at once; returns what each returned, this one last.
async function runTogether(objects, task, args) {
  const team = await startTeam(objects, task, args);
  team.go();
  const own = await team.takePart();
  const values = [...(await team.values()), own];
  await team.ended();
  return values;
}

// In a describe block: ends what a test left behind; for one that failed prints what is known.
function useTeams() {
  afterEach(async function () {
    await new Promise(setImmediate);
    if (this.currentTest.state === 'failed') {
      console.error(`      TEST_SEED=${seed}`);
      for (const { stack } of errors) console.error(`      in a worker: ${stack}`);
    }
    await Promise.all([...live].map((member) => member.terminate()));
    errors.length = 0;
  });
}

module.exports = { Member, Team, WORKERS, runTogether, startTeam, useTeams };
