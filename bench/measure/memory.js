'use strict';

// Bytes, as each competitor counts them.

function row({ name, driver, module }, { noun, operation, data }) {
  try {
    return { peer: name, status: 'ok', bytes: driver[noun][operation](module, data) };
  } catch (error) {
    return { peer: name, status: 'error', message: error.message.slice(0, 200) };
  }
}

function measure(trial, competitors) {
  return competitors.map((competitor) => row(competitor, trial));
}

module.exports = { measure };
