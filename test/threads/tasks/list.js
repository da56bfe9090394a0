'use strict';

// Elements are [value, ~value], so that one put together from two shows.

function element(value) {
  return [value, ~value];
}

function valueOf(data) {
  if (data[1] !== ~data[0]) throw new Error(`torn element ${data[0]}, ${data[1]}`);
  return data[0];
}

// Pushes values id * each ... (id + 1) * each - 1.
function push({ list }, { id, each }) {
  for (let i = 0; i < each; i++) list.push(element(id * each + i));
}

// Pushes the same in batches.
function pushMany({ list }, { id, each, batch }) {
  for (let i = 0; i < each; i += batch) {
    const values = Array.from({ length: batch }, (_, j) => id * each + i + j);
    list.pushMany(values.flatMap(element));
  }
}

// Pushes the same, and takes elements from both ends; returns what it took.
function pushAndTake({ list }, { id, each, random }) {
  const taken = [];
  for (let i = 0; i < each; i++) {
    list.push(element(id * each + i));
    if (random(3) === 0) continue;
    const data = random(2) ? list.pop() : list.shift();
    if (data) taken.push(valueOf(data));
  }
  return taken;
}

// Deletes the values that leave `id` when divided by `modulus`, in one of four ways.
function deleteOwn({ list }, { id, each, modulus, signals }) {
  const mine = (value) => value % modulus === id;
  let deleted = 0;
  signals.meet(modulus);
  if (id === 0) {
    for (let i = 0; i < each; i++) deleted += list.deleteValue(element(i * modulus)) ? 1 : 0;
  } else if (id === 1) {
    while (list.deleteMatch((data) => mine(data[0]))) deleted++;
  } else {
    for (const item of list) {
      if (mine(item.data[0]) && item.deleteCurrent()) deleted++;
    }
  }
  return deleted;
}

// Deletes whatever the iteration meets; returns the values that this thread was the one to delete.
function deleteAll({ list }, { count, signals }) {
  const deleted = [];
  list.onDelete = (data) => deleted.push(valueOf(data));
  signals.meet(count + 1);
  for (const item of list) item.deleteCurrent();
  return deleted;
}

// Until told to stop: pushes values from `first` on and deletes those, never one below `first`.
function churn({ list }, { id, first, random, signals }) {
  let next = first + id;
  while (signals.get('stop') === 0) {
    for (let i = random(8); i >= 0; i--, next += 16) list.push(element(next));
    if (random(2)) {
      list.deleteMatch((data) => data[0] >= first);
    } else {
      const most = random(8);
      let deleted = 0;
      for (const item of list) {
        if (item.data[0] >= first && item.deleteCurrent() && ++deleted > most) break;
      }
    }
    signals.add('progress');
  }
}

// At each turn deletes all values from `first` on and pushes as many others.
function replaceAtTurns({ list }, { first, go, turns, signals }) {
  for (let turn = 1; turn <= turns; turn++) {
    signals.wait('turn', turn);
    for (const item of list) {
      if (item.data[0] >= first) item.deleteCurrent();
    }
    for (let i = 0; i < go; i++) list.push(element(first + turn * go + i));
    signals.set('reply', turn);
  }
}

// Pushes until the list is freed; returns the code of the error that says so.
function pushUntilFreed({ list }, { signals }) {
  try {
    for (;;) {
      list.push(element(1));
      signals.add('progress');
    }
  } catch (error) {
    return error.code;
  }
}

// Takes its turn at clearing and pushing.
function pushAndClear({ list }, { each, random }) {
  for (let i = 0; i < each; i++) {
    if (random(100) === 0) list.clear();
    list.push(element(i));
  }
}

module.exports = {
  churn,
  deleteAll,
  deleteOwn,
  element,
  push,
  pushAndClear,
  pushAndTake,
  pushMany,
  pushUntilFreed,
  replaceAtTurns,
  valueOf,
};
